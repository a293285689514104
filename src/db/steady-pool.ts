/**
 * A pool that survives the loss of its connections, which postgres.js 3.4.9 by itself does not:
 *
 * - a statement written to a connection after it closed ends the whole process, and postgres.js writes one itself, the
 *   ROLLBACK or COMMIT of the transaction that the loss cut off (github.com/porsager/postgres issues 1066, 1154, 1208);
 * - a connection that closes while a statement waits to be written keeps that statement's bytes, and its later attempts to
 *   connect hang until they time out.
 *
 * - what reaches a connection between its error and its end is forgotten, and so is all that waits for a connection when the
 *   driver believes its pool has ended.
 *
 * - a BEGIN written far behind other statements, or to a socket that is full, does not reserve its connection, which then goes
 *   on in a transaction that nobody ends, with other people's statements in it (issues 823 and 1189).
 *
 * So transactions have connections of their own, where a BEGIN is never written behind anything. They are wrapped: once their
 * connection is gone nothing more is written for them. And a pool that lost a connection is retired: what runs on its other
 * connections may finish, new statements go to a new pool.
 *
 * Promises that no statement and no transaction stays open for ever once a connection was lost: what the retired pool has not
 * answered six seconds later rejects, and its connections close. Does not notice a peer that fell silent without a word.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type postgres from 'postgres';
import { isConnectionLost } from './connection-lost.ts';

/** A postgres.js pool with our types. */
export type Sql = postgres.Sql<{ bigint: number }>;

/** One of its transactions, as `sql.begin` passes it. */
export type TransactionSql = postgres.TransactionSql<{ bigint: number }>;

/** For the statements that a retired pool still runs. Then the driver closes their connections. */
const RETIREMENT_S = 5;

/** After that, what the driver forgot rejects, and connections close that it opened meanwhile. */
const ABANDON_MS = 1_000;

/** From one attempt to connect to the next in a retired pool; a new one has no history. The driver's own grows to 20 s. */
export const BACKOFF_S = 0.1;

/** At the end of the whole pool: the driver waits in vain for connections that were lost in the middle of a statement. */
const LEFTOVERS_MS = 250;

/** At most this passes between the error of a lost connection and its end. Without an error the end comes first. */
const CLOSING_MS = 1_000;

interface Generation {
  /** For statements, each its own transaction. */
  readonly sql: Sql;
  /** For `begin` and nothing else; the same as `sql` where that is one session on purpose, which has one user. */
  readonly transactions: Sql;
  /** What rejects each statement and transaction that has begun and not ended, and whether it has reached the server. */
  readonly pending: Map<(error: unknown) => void, () => boolean>;
  /** True once a statement has been answered. */
  isConnected: boolean;
  /** True once any of its connections was lost. */
  isRetired: boolean;
  retire(): void;
  /** Sees to it that a first connection comes, or that the pool is retired. */
  awaitConnection(): void;
}

/** `close` is missing in the driver's types. */
type ClosableSql = Sql & { close(): Promise<void> };

const USES = new WeakMap<Sql, () => number>();

/** Statements and transactions of a pool made here that have begun and not ended. In memory. */
export function statementsUnderWay(sql: Sql): number {
  return USES.get(sql)?.() ?? 0;
}

type Work = (transaction: TransactionSql) => unknown;

const NEVER = new Promise<never>(() => {});

/** What the driver's `Query` has beside its types: `handler` is called once, when someone waits for the result. */
interface DriverQuery {
  /** Null until it is written to a connection. */
  readonly state: unknown;
  handler: (query: unknown) => unknown;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

/** Follows a statement from its start to its end. Fragments, which never start, and helpers are passed on as they are. */
function follow<Made>(generation: Generation, onLost: () => void, made: Made): Made {
  if (!(made instanceof Promise && 'handler' in made)) {
    return made;
  }
  const query = made as unknown as DriverQuery;
  const { handler } = query;
  const { pending } = generation;
  query.handler = (self) => {
    const { resolve, reject } = query;
    query.resolve = (result) => {
      generation.isConnected = true;
      pending.delete(query.reject);
      resolve(result);
    };
    query.reject = (error) => {
      pending.delete(query.reject);
      if (isConnectionLost(error)) {
        onLost();
      }
      reject(error);
    };
    pending.set(query.reject, () => query.state !== null);
    generation.awaitConnection();
    return handler(self);
  };
  return made;
}

async function endBoth({ sql, transactions }: Generation, options?: { timeout?: number }): Promise<void> {
  await Promise.all([sql.end(options), transactions.end(options)]);
}

function abandon({ pending }: Generation): void {
  for (const reject of pending.keys()) {
    reject(
      Object.assign(new Error('the connection was lost, and the answer with it'), { code: 'CONNECTION_DESTROYED' }),
    );
  }
  pending.clear();
}

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
  // Only a statement of its own tells: in a retired pool the statements of a sound transaction are refused as well.
  let isSuspect = false;
  const suspect = (): void => {
    isSuspect = true;
    generation.retire();
  };

  /** Passes the work's end on to postgres.js, which then writes: not when the connection is gone. */
  const guardEnd = async (inner: TransactionSql): Promise<unknown> => {
    generation.isConnected = true;
    try {
      const result = work(guardStatements(inner));
      return await (Array.isArray(result) ? Promise.all(result) : result);
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
      apply: (_target, _this, args) =>
        generation.isRetired
          ? Reflect.apply(closedSql, undefined, args)
          : follow(generation, suspect, Reflect.apply(inner, undefined, args)),
      get: (_target, property) => {
        if (property === 'savepoint') {
          return savepoint;
        }
        if (property === 'unsafe' && !generation.isRetired) {
          return (...args: Parameters<Sql['unsafe']>) => follow(generation, suspect, inner.unsafe(...args));
        }
        return Reflect.get(generation.isRetired && property in closedSql ? closedSql : inner, property) as unknown;
      },
    });

  let abandonThis = (_error: unknown): void => {};
  const abandoned = new Promise<never>((_resolve, reject) => {
    abandonThis = reject;
  });
  generation.pending.set(abandonThis, () => generation.isConnected);
  generation.awaitConnection();
  try {
    return await Promise.race([generation.transactions.begin(options, guardEnd), abandoned]);
  } catch (error) {
    markLost();
    throw error;
  } finally {
    generation.pending.delete(abandonThis);
  }
}

/**
 * @param open opens a pool of the driver, which calls back when one of its connections closes
 * @param connectMs a pool that has no connection after this is retired
 * @returns a pool that can be used as the driver's, but for `reserve` and savepoints
 */
export function steadyPool(open: (onClose: () => void) => Sql, connectMs: number): Sql {
  const closedSql = open(() => {});
  void closedSql.end();
  // LISTEN has a connection of its own, which the driver restores, and which must not be retired with a pool.
  const listenSql = open(() => {});
  const openGeneration = (): Generation => {
    const sql = open(() => retire(generation));
    const generation: Generation = {
      sql,
      transactions: sql.options.max === 1 ? sql : open(() => retire(generation)),
      pending: new Map(),
      isConnected: false,
      isRetired: false,
      retire: () => retire(generation),
      awaitConnection: () => awaitConnection(generation),
    };
    return generation;
  };
  let current = openGeneration();
  const retiring = new Set<Promise<void>>();
  const retired = new Set<Generation>();
  const watched = new Set<Generation>();
  let isEnded = false;

  function retire(generation: Generation): void {
    if (generation.isRetired || isEnded) {
      return;
    }
    generation.isRetired = true;
    current = openGeneration();
    const ending = endBoth(generation, { timeout: RETIREMENT_S }).finally(() => retiring.delete(ending));
    retiring.add(ending);
    retired.add(generation);
    setTimeout(
      () => {
        retired.delete(generation);
        abandon(generation);
        for (const sql of [generation.sql, generation.transactions]) void (sql as ClosableSql).close();
      },
      RETIREMENT_S * 1000 + ABANDON_MS,
    ).unref();
  }

  /** The driver tries again and again, without end, where a peer accepts a connection and closes it before it is ready. */
  function awaitConnection(generation: Generation): void {
    if (generation.isConnected || watched.has(generation)) {
      return;
    }
    watched.add(generation);
    setTimeout(() => {
      watched.delete(generation);
      const { pending, isConnected } = generation;
      if (!isConnected && pending.size > 0 && ![...pending.values()].some((isSent) => isSent())) {
        generation.retire();
      }
    }, connectMs).unref();
  }

  const followCurrent = <Made>(made: Made): Made => follow(current, current.retire, made);

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
      await Promise.all([endBoth(current, options), listenSql.end({ timeout: 0 }), leftovers]);
      [...retired, current].forEach(abandon);
    },
    unsafe: (...args: Parameters<Sql['unsafe']>) => followCurrent(current.sql.unsafe(...args)),
    listen: listenSql.listen,
    reserve: () => {
      throw new Error('a reserved connection does not survive its loss: use a pool of one connection');
    },
  };

  const pool = new Proxy(current.sql, {
    apply: (_target, _this, args) => followCurrent(Reflect.apply(current.sql, undefined, args) as unknown),
    get: (_target, property) =>
      (typeof property === 'string' ? replaced[property] : undefined) ??
      (Reflect.get(current.sql, property) as unknown),
  });
  USES.set(pool, () => [...retired, current].reduce((sum, { pending }) => sum + pending.size, 0));
  return pool;
}
