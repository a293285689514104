/**
 * Schedules destinations: so many are delivered to at once, the others wait, and no tenant's many come before another's few.
 *
 * Promises: one run per destination; a poke during a run makes it run again. Free places go round the tenants, and within a
 * tenant to the destination that has waited longest. A run that has lasted long while others wait is told that its time is over.
 */
import { monotonicMs } from '../clock.ts';

/** The time of one run while others wait. */
const SLICE_MS = 30_000;

export interface TimeSlice {
  /** Others wait, and it was long enough. */
  readonly isOver: () => boolean;
}

export interface DestinationSchedulerOptions {
  /** Destinations at once. */
  readonly most: number;
  /** Must not throw. */
  readonly run: (id: string, slice: TimeSlice) => Promise<void>;
  readonly sliceMs?: number | undefined;
}

export interface DestinationScheduler {
  /** Asks for a run as soon as there is room; repeats merge. A destination without a named tenant is its own. */
  poke(id: string, tenantId?: string): void;
  isRunning(id: string): boolean;
  runningCount(): number;
  /** Starts nothing any more; resolves when the last run has ended. */
  stop(): Promise<void>;
}

export function createDestinationScheduler({
  most,
  run,
  sliceMs = SLICE_MS,
}: DestinationSchedulerOptions): DestinationScheduler {
  /** True: poked again meanwhile. */
  const running = new Map<string, { isPokedAgain: boolean; readonly tenantId: string }>();
  /** By tenant; the next one is first. */
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
    const slice = { isOver: () => tenants.size > 0 && monotonicMs() - startedAt > sliceMs };
    const ended = run(id, slice).finally(() => {
      // After those that wait already: mail that never stops coming for some must not keep the others waiting.
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
