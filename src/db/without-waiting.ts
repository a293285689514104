/**
 * Work that needs a whole table for an instant, and gives way instead of waiting for it: what queues behind a lock that
 * waits would wait as long.
 */
import type { Sql, TransactionSql } from './steady-pool.ts';

/** SQLSTATE lock_not_available, and undefined_table: another node has dropped it in the meantime. */
const GIVES_WAY: readonly unknown[] = ['55P03', '42P01'];

/** The work in a transaction of its own; null when a lock was not free at once or a table is gone, and nothing is done then. */
export async function withoutWaiting<T>(
  sql: Sql,
  work: (transaction: TransactionSql) => Promise<T>,
): Promise<T | null> {
  try {
    const { result } = await sql.begin(async (transaction) => {
      await transaction`set local lock_timeout = '200ms'`;
      return { result: await work(transaction) };
    });
    return result;
  } catch (error) {
    if (error instanceof Error && 'code' in error && GIVES_WAY.includes(error.code)) return null;
    throw error;
  }
}
