/**
 * Delivery gives way to acceptance: held mail can wait for a moment, a client that wants to hand over a message should not.
 *
 * Both live on one event loop and share the machine's cores with the database. While the listener has something to do, a new
 * message is begun a quarter of the time only; as soon as it has had nothing to do for a moment, at any time. So a drain beside
 * a flood keeps about a quarter of its own rate, or more where the primary is what it waits for, and a drain beside little
 * mail is not slowed. Promises: order, and that nobody waits for ever. Knows neither SMTP nor the queue.
 */
import { monotonicMs } from '../clock.ts';

/** Without work for so long acceptance is calm: longer than clients of one group are silent while their mail is committed. */
const CALM_MS = 20;
/** Delivery rests for so long, then has a third of the time it rested: also where a busy loop wakes it late. */
const REST_MS = 15;
const SHARE_OF_REST = 1 / 3;
/** Of those that wait, begun in one turn of the loop: what has come in is seen to in between. */
const PER_TURN = 4;

export interface GivingWay {
  /** Resolves when the next message may be begun; undefined: at once. */
  turn(): Promise<void> | undefined;
}

export interface GivingWayDeps {
  /** How much acceptance has had to do so far: grows with each chunk and reply. */
  readonly acceptedWork: () => number;
  readonly nowMs?: () => number;
  /** Calls back after so many milliseconds; 0: in the loop's next turn. */
  readonly later?: (look: () => void, delayMs: number) => void;
}

function callLater(look: () => void, delayMs: number): void {
  if (delayMs === 0) setImmediate(look);
  else setTimeout(look, Math.ceil(delayMs));
}

export function createGivingWay({ acceptedWork, nowMs = monotonicMs, later = callLater }: GivingWayDeps): GivingWay {
  const waiting: (() => void)[] = [];
  let seen = acceptedWork();
  let busyUntilMs = Number.NEGATIVE_INFINITY;
  let ownTimeUntilMs = Number.NEGATIVE_INFINITY;
  let restedFromMs: number | null = null;

  /** Milliseconds until messages may be begun. */
  const delayMs = (): number => {
    const [now, work] = [nowMs(), acceptedWork()];
    if (work !== seen) busyUntilMs = now + CALM_MS;
    seen = work;
    if (now >= busyUntilMs || now < ownTimeUntilMs) return 0;
    restedFromMs ??= now;
    const leftMs = restedFromMs + REST_MS - now;
    if (leftMs > 0) return Math.min(leftMs, busyUntilMs - now);
    ownTimeUntilMs = now + (now - restedFromMs) * SHARE_OF_REST;
    restedFromMs = null;
    return 0;
  };
  const look = (): void => {
    const delay = delayMs();
    if (delay === 0) for (const begin of waiting.splice(0, PER_TURN)) begin();
    if (waiting.length > 0) later(look, delay);
  };

  return {
    turn: () => {
      const delay = delayMs();
      if (delay === 0 && waiting.length === 0) return undefined;
      return new Promise((resolve) => {
        if (waiting.push(resolve) === 1) later(look, delay);
      });
    },
  };
}
