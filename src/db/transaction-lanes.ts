/**
 * Transactions side by side, each on a client of its own: at most so many at once, the others wait in turn. A client whose
 * connection was lost is thrown away; who waits then has a new one. Does not repeat a transaction.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isConnectionLost } from './connection-lost.ts';
import { lossOf } from './followed-statement.ts';
import {
  type Open,
  openTransactionClient,
  runTransaction,
  type TransactionClient,
  type Work,
} from './transaction-client.ts';

export interface TransactionLanes {
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

export function createTransactionLanes(open: Open, max: number, connectMs: number): TransactionLanes {
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
      await (timeoutS === null
        ? allEnded
        : Promise.race([allEnded, sleep(timeoutS * 1000, undefined, { ref: false })]));
      await Promise.all(
        [...clients].map(async (client) => {
          if (client.pending.size > 0) client.lose(lossOf('CONNECTION_DESTROYED', 'the pool has ended'));
          await client.sql.end({ timeout: 0 }).catch(() => undefined);
        }),
      );
    },
  };
}
