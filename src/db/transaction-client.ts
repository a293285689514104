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
import { abandon, follow, lossOf, type Pending, type Sql, type TransactionSql } from './followed-statement.ts';

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
export function openTransactionClient(open: Open, onLost: (client: TransactionClient) => void): TransactionClient {
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
