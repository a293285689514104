/**
 * A pool that survives the loss of its connections, which postgres.js 3.4.9 by itself does not:
 *
 * - a statement written to a connection after it closed ends the whole process, and postgres.js writes one itself, the
 *   ROLLBACK or COMMIT of the transaction that the loss cut off (github.com/porsager/postgres issues 1066, 1154, 1208);
 * - a connection that closes while a statement waits to be written keeps that statement's bytes, and its later attempts to
 *   connect hang until they time out;
 * - what reaches a connection between its error and its end is forgotten, and so is all that waits for a connection when the
 *   driver believes its pool has ended;
 * - a connection of a pool can come to a second transaction while the first is open (issues 823, 1189, 1204).
 *
 * So a transaction has a client of the driver for itself (transaction-client.ts). And a pool of statements that lost a connection
 * is retired: what runs on its other connections may finish, new statements go to a new pool.
 *
 * Promises that no statement and no transaction stays open for ever once a connection was lost: what the retired pool has not
 * answered six seconds later rejects, and its connections close. Does not notice a peer that fell silent without a word.
 */
import { within } from '../clock.ts';
import { abandon, follow, lossOf, type Sql } from './followed-statement.ts';
import {
  type ClosableSql,
  createTransactionPool,
  type Open,
  runTransaction,
  type TransactionClient,
  type TransactionPool,
  type Work,
} from './transaction-client.ts';

export type { Sql, TransactionSql } from './followed-statement.ts';

/** For the statements that a retired pool still runs. Then the driver closes their connections. */
const RETIREMENT_S = 5;

/** After that, what the driver forgot rejects, and connections close that it opened meanwhile. */
const ABANDON_MS = 1_000;

/** From one attempt to connect to the next in a retired pool; a new one has no history. The driver's own grows to 20 s. */
export const BACKOFF_S = 0.1;

/** At the end of the whole pool: the driver waits in vain for connections that were lost in the middle of a statement. */
const LEFTOVERS_MS = 250;

export interface SteadyOptions {
  /** Connections for statements, and as many again for transactions. With one, both share that one session, which has one user. */
  readonly max: number;
  /** A statement without a connection after this time is given up. */
  readonly connectMs: number;
}

/** A pool of the driver, until it loses a connection. With one connection its transactions run on it as well. */
interface Generation extends TransactionClient {
  /** True once any of its connections was lost. */
  isRetired: boolean;
}

const USES = new WeakMap<Sql, () => number>();

/** Statements and transactions of a pool made here that have begun and not ended. In memory. */
export function statementsUnderWay(sql: Sql): number {
  return USES.get(sql)?.() ?? 0;
}

/**
 * @param open opens a client of the driver
 * @returns a pool that can be used as the driver's, but for `reserve` and savepoints
 */
export function steadyPool(open: Open, { max, connectMs }: SteadyOptions): Sql {
  // LISTEN has a connection of its own, which the driver restores, and which must not be retired with a pool.
  const listenSql = open(() => {}, 1);
  const openGeneration = (): Generation => {
    const generation: Generation = {
      sql: open(() => generation.lose(lossOf('CONNECTION_CLOSED', 'the connection was lost')), max),
      pending: new Map(),
      isConnected: false,
      isRetired: false,
      loss: null,
      suspect: () => retire(generation),
      lose: (error) => {
        retire(generation);
        if (max > 1) return;
        // The one session is gone, and with it whatever it was asked; on another it would be another's.
        generation.loss ??= error;
        abandon(generation.pending, error);
      },
    };
    return generation;
  };
  let current = openGeneration();
  const transactions: TransactionPool | null = max === 1 ? null : createTransactionPool(open, max, connectMs);
  const retiring = new Set<Promise<void>>();
  const retired = new Set<Generation>();
  const watches = new Map<Generation, ReturnType<typeof setTimeout>>();
  let isEnded = false;

  function retire(generation: Generation): void {
    if (generation.isRetired || isEnded) return;
    generation.isRetired = true;
    current = openGeneration();
    const ending = generation.sql.end({ timeout: RETIREMENT_S }).finally(() => retiring.delete(ending));
    retiring.add(ending);
    retired.add(generation);
    setTimeout(
      () => {
        retired.delete(generation);
        const error = lossOf('CONNECTION_DESTROYED', 'the connection was lost, and the answer with it');
        generation.loss ??= error;
        abandon(generation.pending, error);
        void (generation.sql as ClosableSql).close();
      },
      RETIREMENT_S * 1000 + ABANDON_MS,
    ).unref();
  }

  /** The driver tries again and again, without end, where a peer accepts a connection and closes it before it is ready. */
  function awaitConnection(generation: Generation): void {
    if (generation.isConnected || watches.has(generation)) return;
    const watch = setTimeout(() => {
      watches.delete(generation);
      const { pending, isConnected } = generation;
      if (!isConnected && pending.size > 0 && ![...pending.values()].some((isSent) => isSent())) retire(generation);
    }, connectMs);
    watches.set(generation, watch.unref());
  }

  const followCurrent = <Made>(makeIn: (sql: Sql) => Made): Made => {
    const generation = current;
    return follow(makeIn(generation.sql), {
      pending: generation.pending,
      refusal: () => null,
      onStart: () => awaitConnection(generation),
      onAnswer: () => {
        generation.isConnected = true;
      },
      onLost: () => retire(generation),
    });
  };

  const replaced: Readonly<Record<string, unknown>> = {
    begin: async (first: string | Work, second?: Work) => {
      const [options, work] = typeof first === 'string' ? [first, second] : ['', first];
      if (work === undefined) throw new TypeError('a transaction needs work');
      if (transactions !== null) return await transactions.begin(options, work);
      return await runTransaction({ client: current, options, work, connectMs });
    },
    end: async (options?: { timeout?: number }) => {
      isEnded = true;
      // A timer holds its pool in memory, and with the pool the node.
      for (const watch of watches.values()) clearTimeout(watch);
      const leftovers = within(LEFTOVERS_MS, Promise.all(retiring), () => undefined);
      await Promise.all([
        current.sql.end(options),
        transactions?.end(options?.timeout ?? null),
        listenSql.end({ timeout: 0 }),
        leftovers,
      ]);
      const error = lossOf('CONNECTION_DESTROYED', 'the pool has ended');
      for (const { pending } of [...retired, current]) abandon(pending, error);
    },
    unsafe: (...args: Parameters<Sql['unsafe']>) => followCurrent((sql) => sql.unsafe(...args)),
    listen: listenSql.listen,
    reserve: () => {
      throw new Error('a reserved connection does not survive its loss: use a pool of one connection');
    },
  };

  const pool = new Proxy(current.sql, {
    apply: (_target, _this, args) => followCurrent((sql) => Reflect.apply(sql, undefined, args) as unknown),
    get: (_target, property) =>
      (typeof property === 'string' ? replaced[property] : undefined) ??
      (Reflect.get(current.sql, property) as unknown),
  });
  USES.set(pool, () => {
    return [...retired, current].reduce((sum, { pending }) => sum + pending.size, transactions?.count() ?? 0);
  });
  return pool;
}
