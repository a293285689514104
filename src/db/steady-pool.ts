/**
 * A pool that survives the loss of its connections, which postgres.js 3.4.9 by itself does not:
 *
 * - a statement written to a connection after it closed ends the whole process, and postgres.js writes one itself, the
 *   ROLLBACK or COMMIT of the transaction that the loss cut off (github.com/porsager/postgres issues 1066, 1154, 1208);
 * - a connection that closes while a statement waits to be written keeps that statement's bytes, and its later attempts to
 *   connect hang until they time out.
 *
 * So transactions are wrapped: once their connection is gone nothing more is written for them. And a pool that lost a
 * connection is retired: what runs on its other connections may finish, new statements go to a new pool.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type postgres from 'postgres';
import { isConnectionLost } from './connection-lost.ts';

/** A postgres.js pool with our types. */
export type Sql = postgres.Sql<{ bigint: number }>;

/** One of its transactions, as `sql.begin` passes it. */
export type TransactionSql = postgres.TransactionSql<{ bigint: number }>;

/** For the statements that a retired pool still runs, and those the driver forgot when their connection broke: then they reject. */
const RETIREMENT_S = 5;

/** At the end of the whole pool: the driver waits in vain for connections that were lost in the middle of a statement. */
const LEFTOVERS_MS = 250;

/** At most this passes between the error of a lost connection and its end. Without an error the end comes first. */
const CLOSING_MS = 1_000;

interface Generation {
  readonly sql: Sql;
  /** True once any of its connections has closed. */
  isRetired: boolean;
}

type Work = (transaction: TransactionSql) => unknown;

const NEVER = new Promise<never>(() => {});

interface GuardedTransaction {
  readonly generation: Generation;
  /** A pool that is closed: its statements reject and are never written. */
  readonly closedSql: Sql;
  readonly options: string;
  readonly work: Work;
}

async function begin({ generation, closedSql, options, work }: GuardedTransaction): Promise<unknown> {
  let markLost = (): void => {};
  const lost = new Promise<void>((resolve) => {
    markLost = resolve;
  });

  /** Passes the work's end on to postgres.js, which then writes: not when the connection is gone. */
  const guardEnd = async (inner: TransactionSql, step: Work): Promise<unknown> => {
    let isSuspect = false;
    try {
      const result = step(guardStatements(inner));
      return await (Array.isArray(result) ? Promise.all(result) : result);
    } catch (error) {
      isSuspect = isConnectionLost(error);
      throw error;
    } finally {
      if (isSuspect || generation.isRetired) {
        const isLost = await Promise.race([lost.then(() => true), sleep(isSuspect ? CLOSING_MS : 0, false)]);
        if (isLost) {
          await NEVER;
        }
      }
    }
  };
  const savepoint = (): never => {
    throw new Error('savepoints are not supported: make the steps transactions of their own');
  };
  const guardStatements = (inner: TransactionSql): TransactionSql =>
    new Proxy(inner, {
      apply: (_target, _this, args) => Reflect.apply(generation.isRetired ? closedSql : inner, undefined, args),
      get: (_target, property) => {
        if (property === 'savepoint') {
          return savepoint;
        }
        return Reflect.get(generation.isRetired && property in closedSql ? closedSql : inner, property) as unknown;
      },
    });

  try {
    return await generation.sql.begin(options, async (transaction) => await guardEnd(transaction, work));
  } catch (error) {
    markLost();
    throw error;
  }
}

/**
 * @param open opens a pool of the driver, which calls back when one of its connections closes
 * @returns a pool that can be used as the driver's, but for `reserve` and savepoints
 */
export function steadyPool(open: (onClose: () => void) => Sql): Sql {
  const closedSql = open(() => {});
  void closedSql.end();
  // LISTEN has a connection of its own, which the driver restores, and which must not be retired with a pool.
  const listenSql = open(() => {});
  const openGeneration = (): Generation => {
    const generation: Generation = { sql: open(() => retire(generation)), isRetired: false };
    return generation;
  };
  let current = openGeneration();
  const retiring = new Set<Promise<void>>();
  let isEnded = false;

  function retire(generation: Generation): void {
    if (generation.isRetired || isEnded) {
      return;
    }
    generation.isRetired = true;
    current = openGeneration();
    const ending = generation.sql.end({ timeout: RETIREMENT_S }).finally(() => retiring.delete(ending));
    retiring.add(ending);
  }

  const replaced: Readonly<Record<string, unknown>> = {
    begin: async (first: string | Work, second?: Work) => {
      const [options, work] = typeof first === 'string' ? [first, second] : ['', first];
      if (work === undefined) {
        throw new TypeError('a transaction needs work');
      }
      return await begin({ generation: current, closedSql, options, work });
    },
    end: async (options?: { timeout?: number }) => {
      isEnded = true;
      const leftovers = Promise.race([Promise.all(retiring), sleep(LEFTOVERS_MS)]);
      await Promise.all([current.sql.end(options), listenSql.end({ timeout: 0 }), leftovers]);
    },
    listen: listenSql.listen,
    reserve: () => {
      throw new Error('a reserved connection does not survive its loss: use a pool of one connection');
    },
  };

  return new Proxy(current.sql, {
    apply: (_target, _this, args) => Reflect.apply(current.sql, undefined, args) as unknown,
    get: (_target, property) =>
      (typeof property === 'string' ? replaced[property] : undefined) ??
      (Reflect.get(current.sql, property) as unknown),
  });
}
