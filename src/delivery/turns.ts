/**
 * Whose turn it is: so many destinations are tried at once, the others wait, and no tenant's many before another's few.
 *
 * Promises: one run per destination; a poke while it runs gives it another turn; free places go round the tenants, within a
 * tenant to who has waited longest; a run that has lasted long while others wait is told that its turn is over.
 */
import { monotonicMs } from '../clock.ts';

/** What a destination may take at one go while others wait. */
const TURN_MS = 30_000;

export interface Turn {
  /** Others wait, and it was long enough. */
  readonly isOver: () => boolean;
}

export interface TurnsDeps {
  /** Destinations at once. */
  readonly most: number;
  /** Must not throw. */
  readonly run: (id: string, turn: Turn) => Promise<void>;
  readonly turnMs?: number | undefined;
}

export interface Turns {
  /** Asks for a turn as soon as there is room; repeats merge. A tenant that is not named is the destination's own. */
  poke(id: string, tenantId?: string): void;
  isRunning(id: string): boolean;
  runningCount(): number;
  /** Starts nothing any more; resolves when the last run has ended. */
  stop(): Promise<void>;
}

export function createTurns({ most, run, turnMs = TURN_MS }: TurnsDeps): Turns {
  /** True: poked again meanwhile. */
  const running = new Map<string, { isPokedAgain: boolean; readonly tenantId: string }>();
  /** By tenant, the one whose turn is next first. */
  const waiting = new Map<string, Set<string>>();
  const tenants = new Map<string, string>();
  const runs = new Set<Promise<void>>();
  let isStopping = false;

  const wait = (id: string, tenantId: string): void => {
    const before = tenants.get(id);
    if (before === tenantId) return;
    if (before !== undefined) leave(id, before);
    tenants.set(id, tenantId);
    const group = waiting.get(tenantId);
    if (group === undefined) waiting.set(tenantId, new Set([id]));
    else group.add(id);
  };
  const leave = (id: string, tenantId: string): void => {
    tenants.delete(id);
    const group = waiting.get(tenantId);
    group?.delete(id);
    if (group?.size === 0) waiting.delete(tenantId);
  };
  const startNext = (): void => {
    const [first] = waiting;
    if (first === undefined || isStopping) return;
    const [tenantId, group] = first;
    const [id = ''] = group;
    leave(id, tenantId);
    if (waiting.delete(tenantId)) waiting.set(tenantId, group);
    start(id, tenantId);
  };
  const start = (id: string, tenantId: string): void => {
    const startedAt = monotonicMs();
    running.set(id, { isPokedAgain: false, tenantId });
    const turn = { isOver: () => tenants.size > 0 && monotonicMs() - startedAt > turnMs };
    const ended = run(id, turn).finally(() => {
      // Behind those that wait already: mail that never ceases to come for some must not keep the others waiting.
      if (running.get(id)?.isPokedAgain === true) wait(id, tenantId);
      running.delete(id);
      runs.delete(ended);
      startNext();
    });
    runs.add(ended);
  };

  return {
    poke: (id, tenantId) => {
      if (isStopping) return;
      const current = running.get(id);
      if (current !== undefined) current.isPokedAgain = true;
      else if (running.size < most) start(id, tenantId ?? id);
      else if (tenantId !== undefined || !tenants.has(id)) wait(id, tenantId ?? id);
    },
    isRunning: (id) => running.has(id),
    runningCount: () => running.size,
    stop: async () => {
      isStopping = true;
      await Promise.all(runs);
    },
  };
}
