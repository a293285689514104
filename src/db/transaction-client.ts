/**
 * One connection that one transaction has for itself, through a client of postgres.js that has no other connection and no other
 * user until the transaction has ended.
 *
 * The driver's pools hand a connection to a second transaction in several ways: after a loss that the first one has not noticed,
 * at a `drain` in its middle, after a BEGIN that was written ahead (github.com/porsager/postgres issues 823, 1189, 1204). Here
 * there is no second one. What a transaction starts after the loss of its connection, or after its own end, is never written:
 * neither a statement, nor COMMIT or ROLLBACK, which on a lost connection would end the process (issues 1066, 1154, 1208).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { within } from '../clock.ts';
import { abandon, follow, lossOf, type Pending, type Sql, type TransactionSql } from './followed-statement.ts';
import { isConnectionLost } from './connection-lost.ts';

/** At most this passes between the error of a lost connection and its end. Without an error the end comes first. */
const CLOSING_MS = 1_000;

/** A connection that the driver opens after its own end closes after this time. */
const ABANDON_MS = 1_000;

export type Work = (transaction: TransactionSql) => unknown;

/** Opens a client of the driver with so many connections. It calls back when one of them ends, for whatever reason. */
export type Open = (onClose: () => void, max: number) => Sql;

/** `close` is missing in the driver's types. */
export type ClosableSql = Sql & { close(): Promise<void> };

export interface TransactionClient {
  readonly sql: Sql;
  readonly pending: Pending;
  isConnected: boolean;
  /** Why nothing is written to its connection any more; null while it is sound. */
  loss: unknown;
  /** A statement failed as it does when the connection is lost: its end is at hand, or is made. */
  suspect(error: unknown): void;
  /** Its connection is gone, or must not be used again. What has no answer rejects. */
  lose(error: unknown): void;
}

/** @param onLost called once, when it must not be used again */
function openTransactionClient(open: Open, onLost: (client: TransactionClient) => void): TransactionClient {
  const pending: Pending = new Map();
  const client: TransactionClient = {
    sql: open(() => client.lose(lossOf('CONNECTION_CLOSED', 'the connection was lost in a transaction')), 1),
    pending,
    isConnected: false,
    loss: null,
    suspect: (error) => {
      setTimeout(() => client.lose(error), CLOSING_MS);
    },
    lose: (error) => {
      if (client.loss !== null) return;
      client.loss = error;
      onLost(client);
      // The driver's own errors say more, and come first.
      setImmediate(() => abandon(pending, error));
      void endForGood(client.sql);
    },
  };
  return client;
}

/** The driver may be about to connect again, and then has a connection that is not used. */
async function endForGood(sql: Sql): Promise<void> {
  await sql.end({ timeout: 0 }).catch(() => undefined);
  await sleep(ABANDON_MS, undefined, { ref: false });
  await (sql as ClosableSql).close().catch(() => undefined);
}

/** Each time another: what waits for one that lives on could never be collected, a message's content included. */
const never = (): Promise<never> => new Promise(() => {});

export interface TransactionTask {
  readonly client: TransactionClient;
  /** As for `begin`: `isolation level serializable`. */
  readonly options: string;
  readonly work: Work;
  /** A client that has no connection after this is lost. */
  readonly connectMs: number;
}

/**
 * Runs the work in a transaction. The client must have no other user until then.
 *
 * @throws what the work throws, a statement's error even when the work has caught it, or a lost connection's
 */
export async function runTransaction({ client, options, work, connectMs }: TransactionTask): Promise<unknown> {
  let hasEnded = false;
  let suspicion: unknown = null;
  const owner = {
    pending: client.pending,
    refusal: () => {
      if (client.loss !== null) return lossOf('CONNECTION_CLOSED', 'the connection of the transaction was lost');
      return hasEnded ? new Error('a statement of a transaction that has ended') : null;
    },
    onStart: () => undefined,
    onAnswer: () => undefined,
    onLost: (error: unknown) => {
      suspicion ??= error;
      client.suspect(error);
    },
  };

  /** Passes the work's end on to postgres.js, which then writes: not when the connection is gone, or about to go. */
  const guardEnd = async (inner: TransactionSql): Promise<unknown> => {
    client.isConnected = true;
    try {
      const result = work(guardStatements(inner));
      return await (Array.isArray(result) ? Promise.all(result) : result);
    } finally {
      hasEnded = true;
      if (suspicion !== null || client.loss !== null) await never();
    }
  };
  const savepoint = (): never => {
    throw new Error('savepoints are not supported: make the steps transactions of their own');
  };
  const guardStatements = (inner: TransactionSql): TransactionSql =>
    new Proxy(inner, {
      apply: (_target, _this, args) => follow(Reflect.apply(inner, undefined, args), owner),
      get: (_target, property) => {
        if (property === 'savepoint') return savepoint;
        if (property === 'unsafe') {
          return (...args: Parameters<Sql['unsafe']>) => follow(inner.unsafe(...args), owner);
        }
        return Reflect.get(inner, property) as unknown;
      },
    });

  let abandonThis = (_error: unknown): void => {};
  const abandoned = new Promise<never>((_resolve, reject) => {
    abandonThis = reject;
  });
  client.pending.set(abandonThis, () => client.isConnected);
  const timer = setTimeout(() => {
    if (!client.isConnected) client.lose(lossOf('CONNECT_TIMEOUT', `no connection within ${connectMs} ms`));
  }, connectMs);
  try {
    return await Promise.race([client.sql.begin(options, guardEnd), abandoned]);
  } finally {
    clearTimeout(timer);
    hasEnded = true;
    client.pending.delete(abandonThis);
  }
}

/**
 * Transactions side by side, each on a client of its own: at most so many at once, the others wait in turn. A client whose
 * connection was lost is thrown away; who waits then has a new one. Does not repeat a transaction.
 */
export interface TransactionPool {
  begin(options: string, work: Work): Promise<unknown>;
  /** Transactions and their statements that have begun and not ended, those that wait included. */
  count(): number;
  /** Lets transactions end for so many seconds, then cuts them; without a time for as long as they take. */
  end(timeoutS: number | null): Promise<void>;
}

interface Waiter {
  readonly resolve: (client: TransactionClient) => void;
  readonly reject: (error: unknown) => void;
}

export function createTransactionPool(open: Open, max: number, connectMs: number): TransactionPool {
  const clients = new Set<TransactionClient>();
  const running = new Set<Promise<unknown>>();
  const waiters: Waiter[] = [];
  let idle: TransactionClient[] = [];
  let isEnded = false;

  const openOne = (): TransactionClient => {
    const client = openTransactionClient(open, (lost) => {
      clients.delete(lost);
      idle = idle.filter((one) => one !== lost);
      if (!isEnded) waiters.shift()?.resolve(openOne());
    });
    clients.add(client);
    return client;
  };
  const takeAtOnce = (): TransactionClient | null => idle.pop() ?? (clients.size < max ? openOne() : null);
  const take = (): Promise<TransactionClient> => new Promise((resolve, reject) => waiters.push({ resolve, reject }));
  const giveBack = (client: TransactionClient): void => {
    if (client.loss !== null) return;
    const next = waiters.shift();
    if (next === undefined) idle.push(client);
    else next.resolve(client);
  };

  const run = async (options: string, work: Work): Promise<unknown> => {
    const client = takeAtOnce() ?? (await take());
    try {
      return await runTransaction({ client, options, work, connectMs });
    } catch (error) {
      // Its end may be still to come, and the next transaction would meet it.
      if (isConnectionLost(error)) client.lose(error);
      throw error;
    } finally {
      giveBack(client);
    }
  };

  return {
    begin: async (options, work) => {
      if (isEnded) throw lossOf('CONNECTION_ENDED', 'the pool has ended');
      const transaction = run(options, work);
      running.add(transaction);
      return await transaction.finally(() => running.delete(transaction));
    },
    count: () => waiters.length + [...clients].reduce((sum, { pending }) => sum + pending.size, 0),
    end: async (timeoutS) => {
      isEnded = true;
      const ending = lossOf('CONNECTION_ENDED', 'the pool has ended');
      for (const { reject } of waiters.splice(0)) reject(ending);
      const allEnded = Promise.allSettled(running);
      await (timeoutS === null ? allEnded : within(timeoutS * 1000, allEnded, () => undefined));
      await Promise.all(
        [...clients].map(async (client) => {
          if (client.pending.size > 0) client.lose(lossOf('CONNECTION_DESTROYED', 'the pool has ended'));
          await client.sql.end({ timeout: 0 }).catch(() => undefined);
        }),
      );
    },
  };
}
