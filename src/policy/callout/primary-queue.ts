/**
 * The callouts to one primary: a queue of questions, and at most two sessions that put them, one question after another.
 *
 * Promises:
 *  - no question is put without its share of the callout budget, and none after its deadline;
 *  - a session serves what waits, and a moment longer what comes; a host that did not answer is not dialled again for up to
 *    a minute: all who ask meanwhile, and all who were waiting, get that answer at once;
 *  - the queue is bounded, and everybody in it gets an answer.
 * Does not judge replies.
 */
import type { CalloutOpenResult, CalloutSession, CalloutTarget } from '../../smtp/callout-session.ts';
import type { CalloutAnswer } from '../../smtp/callout-commands.ts';
import type { CalloutBudget } from '../../verification/budget.ts';

/** The outcome of a question. */
export type CalloutOutcome =
  /** It was put. */
  | { readonly kind: 'REPLY'; readonly reply: CalloutAnswer; readonly localAddress: string | null }
  /** The host talked, and took no question: a greeting of 421, say. */
  | { readonly kind: 'TURNED_AWAY'; readonly text: string }
  /** The host said nothing. */
  | { readonly kind: 'SILENT' }
  /** It was not put: the budget is spent, or too many wait. */
  | { readonly kind: 'UNASKED' };

interface PrimaryQueueDeps {
  readonly open: (target: CalloutTarget, address: string, openMs: number) => Promise<CalloutOpenResult>;
  readonly budget: CalloutBudget;
  readonly monotonicMs: () => number;
  /** The SIZE offered in the session of a question. */
  readonly onOffer: (destinationId: string, sizeLimitBytes: number | null) => void;
}

interface Question {
  readonly target: CalloutTarget;
  readonly destinationId: string;
  /** `local@domain`. */
  readonly address: string;
  /** On the monotonic clock: after it no sender waits. */
  readonly deadlineMs: number;
}

export interface PrimaryQueue {
  /** Rejects when the database cannot say whether there is budget left. */
  ask(question: Question): Promise<CalloutOutcome>;
  /** No question waits, no session is open, and nothing is remembered. */
  isIdle(): boolean;
  /** All that wait are answered UNASKED; sessions send QUIT. */
  close(): Promise<void>;
}

/** More sessions than that would be a load; a queue longer than that is not worth waiting in. */
const MOST_SESSIONS = 2;
const MOST_WAITING = 100;
/** A question may take so many RCPT commands: under `<>`, with a fresh transaction, with the callout sender. */
const MOST_RCPTS = 3;
const MOST_ADDRESSES = 3;
/** From the first dial to the first question, all addresses together, and one of them. */
const OPEN_MS = 12_000;
const OPEN_ONE_MS = 8000;
/** How long a session waits for another question. */
const IDLE_MS = 3000;
/** A host that let us wait is left alone for so long; one that was found away at once may be back at any moment. */
const SILENCE_MS = 60_000;
const QUICK_SILENCE_MS = 10_000;
const QUICK_MS = 1000;

interface Waiter extends Question {
  readonly settle: (outcome: CalloutOutcome) => void;
  readonly fail: (error: unknown) => void;
}

type Opened = { readonly kind: 'OPEN'; readonly session: CalloutSession } | Exclude<CalloutOutcome, { kind: 'REPLY' }>;

export function createPrimaryQueue(deps: PrimaryQueueDeps): PrimaryQueue {
  const { budget, monotonicMs } = deps;
  const waiting: Waiter[] = [];
  const idle = new Set<() => void>();
  const sessions = new Set<Promise<void>>();
  let silentUntilMs = Number.NEGATIVE_INFINITY;
  let isClosed = false;

  const isSilent = (): boolean => silentUntilMs > monotonicMs();
  const noteSilence = (forMs: number): CalloutOutcome & { kind: 'SILENT' } => {
    silentUntilMs = monotonicMs() + forMs;
    return { kind: 'SILENT' };
  };
  const settleAll = (outcome: CalloutOutcome): void => {
    for (const waiter of waiting.splice(0)) waiter.settle(outcome);
  };
  /** Until a question comes, for so long. */
  const rest = (patienceMs: number): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        idle.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, patienceMs);
      idle.add(wake);
    });

  /** The next question that somebody still waits for; null when none came for a while. */
  const next = async (patienceMs: number): Promise<Waiter | null> => {
    if (waiting.length === 0 && patienceMs > 0 && !isClosed) await rest(patienceMs);
    for (let waiter = waiting.shift(); waiter !== undefined; waiter = waiting.shift()) {
      if (waiter.deadlineMs > monotonicMs()) return waiter;
      waiter.settle({ kind: 'UNASKED' });
    }
    return null;
  };

  const open = async (target: CalloutTarget): Promise<Opened> => {
    const beganAtMs = monotonicMs();
    for (const address of target.addresses.slice(0, MOST_ADDRESSES)) {
      const openMs = Math.min(OPEN_ONE_MS, beganAtMs + OPEN_MS - monotonicMs());
      if (openMs <= 0) break;
      const opened = await deps.open(target, address, openMs);
      if (opened.kind === 'STOPPED') return { kind: 'UNASKED' };
      if (opened.kind === 'OPEN') return opened;
      // The peer's words begin with a code, ours with a bracket. A host that refuses to talk will not at its next address.
      if (/^[2-5]\d\d/.test(opened.reply)) return { kind: 'TURNED_AWAY', text: opened.reply };
    }
    return noteSilence(monotonicMs() - beganAtMs < QUICK_MS ? QUICK_SILENCE_MS : SILENCE_MS);
  };

  /** Puts one question. Resolves with the session it leaves open, if any. */
  const serve = async (waiter: Waiter, kept: CalloutSession | null): Promise<CalloutSession | null> => {
    if (!(await budget.take(waiter.target.key, MOST_RCPTS))) {
      settleAll({ kind: 'UNASKED' });
      waiter.settle({ kind: 'UNASKED' });
      return kept;
    }
    let cost = 0;
    let session = kept;
    try {
      for (;;) {
        if (session === null || !session.canAsk()) {
          await session?.close();
          const opened = await open(waiter.target);
          if (opened.kind !== 'OPEN') {
            waiter.settle(opened);
            settleAll(opened);
            return null;
          }
          ({ session } = opened);
        }
        const reply = await session.ask(waiter.address);
        cost += reply.rcptCount;
        // Only an old session can be: the next one is new.
        if (reply.isStale) continue;
        deps.onOffer(waiter.destinationId, session.offers.sizeLimitBytes);
        const outcome = read(reply, session);
        waiter.settle(outcome);
        if (reply.silence === 'TIMEOUT') settleAll(outcome);
        return session;
      }
    } finally {
      budget.giveBack(waiter.target.key, MOST_RCPTS - cost);
    }
  };
  const read = (reply: CalloutAnswer, session: CalloutSession): CalloutOutcome => {
    if (reply.silence === 'STOPPED') return { kind: 'UNASKED' };
    if (reply.silence === 'TIMEOUT') return noteSilence(SILENCE_MS);
    // A connection lost over one question may be about that recipient: the others are asked.
    if (reply.silence === 'DROPPED') return { kind: 'SILENT' };
    return { kind: 'REPLY', reply, localAddress: session.localAddress };
  };

  const runSession = async (): Promise<void> => {
    let session: CalloutSession | null = null;
    for (;;) {
      const waiter = await next(session === null ? 0 : IDLE_MS);
      if (waiter === null) break;
      try {
        session = await serve(waiter, session);
      } catch (error) {
        waiter.fail(error);
      }
    }
    await session?.close();
  };

  return {
    ask: (question) =>
      new Promise((settle, fail) => {
        if (isClosed || waiting.length >= MOST_WAITING) return settle({ kind: 'UNASKED' });
        if (isSilent()) return settle({ kind: 'SILENT' });
        waiting.push({ ...question, settle, fail });
        const [wake] = idle;
        if (wake !== undefined) return wake();
        if (sessions.size >= MOST_SESSIONS) return undefined;
        const session = runSession().finally(() => sessions.delete(session));
        sessions.add(session);
        return undefined;
      }),
    isIdle: () => waiting.length === 0 && sessions.size === 0 && !isSilent(),
    close: async () => {
      isClosed = true;
      settleAll({ kind: 'UNASKED' });
      for (const wake of idle) wake();
      await Promise.all(sessions);
    },
  };
}
