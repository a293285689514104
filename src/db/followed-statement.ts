/**
 * A statement of postgres.js followed from its start to its end, so that whoever owns its connection can refuse it before it is
 * written, and reject it when its answer will never come.
 */
import type postgres from 'postgres';
import { isConnectionLost } from './connection-lost.ts';

/** A postgres.js pool with our types. */
export type Sql = postgres.Sql<{ bigint: number }>;

/** One of its transactions, as `sql.begin` passes it. */
export type TransactionSql = postgres.TransactionSql<{ bigint: number }>;

/** By the function that rejects it, each open statement or transaction: whether it has reached the server. */
export type Pending = Map<(error: unknown) => void, () => boolean>;

/** The owner of a statement's connection. */
export interface Owner {
  readonly pending: Pending;
  /** Why a statement that starts now must not be written; null when it may. */
  readonly refusal: () => Error | null;
  readonly onStart: () => void;
  readonly onAnswer: () => void;
  /** The statement failed because its connection is lost. */
  readonly onLost: (error: unknown) => void;
}

/** The members of the driver's `Query` that its types omit: `handler` is called once, when someone waits for the result. */
interface DriverQuery {
  /** Null until it is written to a connection. */
  readonly state: unknown;
  handler: (query: unknown) => unknown;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

/** Follows a statement. Fragments, which never start, and helpers are passed on as they are. */
export function follow<Made>(made: Made, owner: Owner): Made {
  if (!(made instanceof Promise && 'handler' in made)) return made;
  const query = made as unknown as DriverQuery;
  const { handler } = query;
  const { pending } = owner;
  query.handler = (self) => {
    const { resolve, reject } = query;
    const refusal = owner.refusal();
    if (refusal !== null) return reject(refusal);
    query.resolve = (result) => {
      pending.delete(query.reject);
      owner.onAnswer();
      resolve(result);
    };
    query.reject = (error) => {
      pending.delete(query.reject);
      if (isConnectionLost(error)) owner.onLost(error);
      reject(error);
    };
    pending.set(query.reject, () => query.state !== null);
    owner.onStart();
    return handler(self);
  };
  return made;
}

/** Rejects all that has no answer, with the same error. */
export function abandon(pending: Pending, error: unknown): void {
  for (const reject of pending.keys()) reject(error);
  pending.clear();
}

/** An error with a code of the driver, which `isConnectionLost` knows. */
export function lossOf(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
