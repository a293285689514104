/**
 * Limits of one node's doctor: questions to the DNS and connections to primaries, so many a minute.
 *
 * Whoever takes one waits for its turn; a minute's share is spread over the minute, but for the first of them. Lives in memory.
 */

export interface DoctorBudget {
  /** Resolves when one more question may go out. */
  question(): Promise<void>;
  /** The same for a connection. */
  connection(): Promise<void>;
}

export interface DoctorBudgetOptions {
  readonly questionsPerMinute?: number;
  readonly connectionsPerMinute?: number;
  readonly monotonicMs: () => number;
}

/** A thousand domains in a minute have room in it; a resolver serves a hundred times as much. */
const QUESTIONS_PER_MINUTE = 24_000;
const CONNECTIONS_PER_MINUTE = 2000;
/** A burst after a rest: two seconds' worth. */
const BURST_MS = 2000;

export function createDoctorBudget(options: DoctorBudgetOptions): DoctorBudget {
  const { questionsPerMinute = QUESTIONS_PER_MINUTE, connectionsPerMinute = CONNECTIONS_PER_MINUTE } = options;
  return {
    question: createTurns(questionsPerMinute, options.monotonicMs),
    connection: createTurns(connectionsPerMinute, options.monotonicMs),
  };
}

function createTurns(perMinute: number, monotonicMs: () => number): () => Promise<void> {
  const everyMs = 60_000 / perMinute;
  /** When the next turn is, if all were spread evenly. */
  let nextMs = Number.NEGATIVE_INFINITY;
  return async () => {
    const nowMs = monotonicMs();
    const turnMs = Math.max(nextMs, nowMs - BURST_MS);
    nextMs = turnMs + everyMs;
    if (turnMs > nowMs) await new Promise((resolve) => setTimeout(resolve, turnMs - nowMs));
  };
}
