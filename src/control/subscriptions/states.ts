/**
 * Subscriptions to what is, and not to what happens: a state is read for all who watch the same, and told when it has changed.
 *
 * Of each state one reading serves every watcher that may see the same. Those that are due longest are read first, a few at a tick,
 * so that many states hold up no event. Only the latest waits for its reader.
 */
import { monotonicMs } from '../../clock.ts';
import type { Viewer } from '../../mail/viewer.ts';
import type { Outbox } from './outbox.ts';

export interface StateKind<Q, T> {
  /** Equal texts see the same, and share a reading. */
  readonly keyOf: (viewer: Viewer, question: Q) => string;
  /** Null: it is not there, or not for this viewer, any more. */
  readonly read: (viewer: Viewer, question: Q) => Promise<T | null>;
  /** A state that does not change any more. */
  readonly isLast: (state: T) => boolean;
  readonly everyMs: number;
}

export interface StateWatcher<Q, T> {
  readonly viewer: Viewer;
  readonly question: Q;
  readonly outbox: Outbox<T>;
}

export interface StateWatch<Q, T> {
  readonly tick: () => Promise<void>;
  /** The first item is told at the next tick. Ends when the state is the last one, or is not the viewer's any more. */
  readonly join: (watcher: StateWatcher<Q, T>) => void;
  readonly leave: (outbox: Outbox<T>) => void;
}

interface Watched<Q, T> {
  readonly viewer: Viewer;
  readonly question: Q;
  /** By outbox, what it was told last. */
  readonly told: Map<Outbox<T>, string | null>;
  dueAtMs: number;
}

const MOST_READ = 10;
const ITEM_BYTES = 1_000;

export function createStateWatch<Q, T>({ keyOf, read, isLast, everyMs }: StateKind<Q, T>): StateWatch<Q, T> {
  const states = new Map<string, Watched<Q, T>>();

  async function tell(state: Watched<Q, T>): Promise<void> {
    const found = await read(state.viewer, state.question);
    state.dueAtMs = monotonicMs() + everyMs;
    const text = JSON.stringify(found);
    for (const [outbox, before] of state.told) {
      if (found !== null && text !== before) outbox.push(found, ITEM_BYTES);
      state.told.set(outbox, text);
      if (found === null || isLast(found)) outbox.end(null);
    }
  }

  return {
    async tick() {
      const nowMs = monotonicMs();
      const due = [...states.values()].filter(({ dueAtMs }) => dueAtMs <= nowMs);
      const first = due.toSorted((one, other) => one.dueAtMs - other.dueAtMs).slice(0, MOST_READ);
      for (const state of first) await tell(state);
    },
    join({ viewer, question, outbox }) {
      const key = keyOf(viewer, question);
      const state = states.get(key) ?? { viewer, question, told: new Map(), dueAtMs: 0 };
      // Who comes new is told at once.
      state.dueAtMs = 0;
      state.told.set(outbox, null);
      states.set(key, state);
    },
    leave(outbox) {
      for (const [key, { told }] of states) {
        told.delete(outbox);
        if (told.size === 0) states.delete(key);
      }
    },
  };
}

/** For all operators the same. */
export function viewerKey({ isOperator, tenantId }: Viewer): string {
  return isOperator ? '' : tenantId;
}
