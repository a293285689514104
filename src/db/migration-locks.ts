/**
 * The locks of a migration, all of them before its first change, and within less time than PostgreSQL takes to look for deadlocks.
 *
 * A migration changes tables one after the other, and nodes of the release before use them in another order: each would hold
 * what the other wants, and after `deadlock_timeout` the server would end one of both, as a rule the node's work. So whoever
 * migrates waits for tables only while it holds none for long, and gives all back when it does not get them in time. After
 * that it does not wait for a lock. Tables are those that the migrations name.
 */
import { monotonicMs } from '../clock.ts';
import type { TransactionSql } from './steady-pool.ts';

/** The share of `deadlock_timeout` (1 s by default) for which all tables together may be waited for. */
const SHARE_OF_DEADLOCK_TIMEOUT = 0.5;

/**
 * Locks the tables that exist and that the statements name.
 *
 * @param contended the tables that earlier tries did not get, which come first; this try adds its own. So the order becomes that
 *   of the sessions that use the tables meanwhile.
 * @throws SQLSTATE 55P03 or 57014 when they are not all free in time
 */
export async function lockTablesOf(
  transaction: TransactionSql,
  statements: readonly string[],
  contended: string[],
): Promise<void> {
  const words = [
    ...new Set(
      statements
        .join('\n')
        .replace(/--.*$/gm, '')
        .match(/[a-z_][a-z0-9_]*/gi),
    ),
  ];
  // Partitions come with their parents.
  const tables = await transaction<{ name: string }[]>`
    select c.relname as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname = any(${words}::text[])
    order by array_position(${contended}::text[], c.relname::text), c.oid`;
  const [row] = await transaction<{ ms: number }[]>`
    select extract(epoch from current_setting('deadlock_timeout')::interval)::float8 * 1000 as ms`;
  const deadlineAt = monotonicMs() + (row?.ms ?? 1000) * SHARE_OF_DEADLOCK_TIMEOUT;
  for (const { name } of tables) {
    // Zero would be no limit.
    const leftMs = Math.max(1, Math.floor(deadlineAt - monotonicMs()));
    // The first is for each of its partitions, the second for all of them.
    await transaction.unsafe(`set local lock_timeout = ${leftMs}; set local statement_timeout = ${leftMs}`);
    try {
      await transaction`lock table ${transaction(name)} in access exclusive mode`;
    } catch (error) {
      contended.splice(0, contended.length, name, ...contended.filter((other) => other !== name));
      throw error;
    }
  }
  await transaction`set local statement_timeout = 0`;
}
