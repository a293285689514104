/**
 * Inbound mail has priority over delivery: held mail can wait for a moment, a client that hands over a message should not.
 *
 * Both run on one event loop and share the machine's cores with the database. While the listener has work, a new message is begun
 * a quarter of the time only. As soon as it has had no work for a moment, messages are begun at any time. So a drain beside a
 * flood keeps about a quarter of its own rate, or more where the primary is the bound, and a drain beside little mail is not
 * slowed. Promises: order, and that no message waits for ever. Knows neither SMTP nor the queue.
 */
import { monotonicMs } from '../../clock.ts';

/** Acceptance is calm after so long without work: longer than clients of one group are silent while their mail is committed. */
const CALM_MS = 20;
/** Delivery rests for so long, then has a third of the time it rested: also where a busy loop wakes it late. */
const REST_MS = 15;
const SHARE_OF_REST = 1 / 3;
/** Waiting messages that are begun in one turn of the loop: what has come in is handled in between. */
const PER_TURN = 4;

export interface InboundPriority {
  /** Resolves when the next message may be begun; undefined: at once. */
  wait(): Promise<void> | undefined;
}

export interface InboundPriorityDeps {
  /** How much acceptance has had to do so far: grows with each chunk and reply. */
  readonly acceptedWork: () => number;
  readonly nowMs?: () => number;
  /** Calls back after so many milliseconds; 0: in the loop's next turn. */
  readonly later?: (check: () => void, delayMs: number) => void;
}

function callLater(check: () => void, delayMs: number): void {
  if (delayMs === 0) setImmediate(check);
  else setTimeout(check, Math.ceil(delayMs));
}

export function createInboundPriority({
  acceptedWork,
  nowMs = monotonicMs,
  later = callLater,
}: InboundPriorityDeps): InboundPriority {
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
  const check = (): void => {
    const delay = delayMs();
    if (delay === 0) for (const begin of waiting.splice(0, PER_TURN)) begin();
    if (waiting.length > 0) later(check, delay);
  };

  return {
    wait: () => {
      const delay = delayMs();
      if (delay === 0 && waiting.length === 0) return undefined;
      return new Promise((resolve) => {
        if (waiting.push(resolve) === 1) later(check, delay);
      });
    },
  };
}
