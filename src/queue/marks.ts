/**
 * Deliveries that are known before they are finalized: a mark is one small row a group, written soon after the hosts' replies, so that
 * finalizing (finalize.ts), which costs a group of ten nearly what it costs a hundred, can wait until it is worth while (decisions/0028).
 *
 * Promises: what is marked is not delivered again, whoever dies: who frees the claims of a hand finalizes its marks first
 * (finalize-marks.ts). Says nothing of what was put off or refused: where that is not finalized it is tried again, and does no harm.
 */
import type { Sql, SqlExecutor, TransactionSql } from '../db/client.ts';
import { newId } from '../mail/id.ts';
import type { Holder } from './claim.ts';
import type { FinalizeInput } from './verdict.ts';

/** What a mark says: tries at hosts that took the message for somebody. */
export type Deliveries = FinalizeInput['attempts'];

export interface Marked {
  readonly destinationId: string;
  /** In whose hand the messages are. */
  readonly holder: Holder;
}

/**
 * Makes a mark; returns its id. It does not wait for the disk or for a standby: a mark matters only when its node is lost, and
 * without one deliveries are repeated, never lost. Settling waits for both.
 */
export async function insertMark(sql: Sql, { destinationId, holder }: Marked, deliveries: Deliveries): Promise<string> {
  const id = newId();
  await sql`
    with asynchronous as materialized (select set_config('synchronous_commit', 'off', true))
    insert into delivery_marks (epoch, destination_id, id, node, deliveries)
    select ${holder.epoch}::int8, ${destinationId}::uuid, ${id}::uuid, ${holder.node}::int4, ${JSON.stringify(deliveries)}::text
    from asynchronous`;
  return id;
}

/** Takes marks away: in the transaction that finalizes what they speak of, or when that cannot be. */
export async function dropMarks(
  sql: SqlExecutor,
  { destinationId, holder }: Marked,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  await sql`
    delete from delivery_marks
    where epoch = ${holder.epoch} and destination_id = ${destinationId} and id = any(${ids as string[]}::uuid[])`;
}

/** Takes away the marks of a hand, at one destination or all, and returns what they said. */
export async function takeMarks(
  transaction: TransactionSql,
  holder: Holder,
  destinationId: string | null,
): Promise<{ readonly destinationId: string; readonly deliveries: Deliveries }[]> {
  const rows = await transaction<{ destination_id: string; deliveries: string }[]>`
    delete from delivery_marks
    where epoch = ${holder.epoch} and (${destinationId}::uuid is null or destination_id = ${destinationId}::uuid)
    returning destination_id, deliveries`;
  return rows.map((row) => ({
    destinationId: row.destination_id,
    deliveries: JSON.parse(row.deliveries) as Deliveries,
  }));
}

/** In whose name something is marked. Few rows, of few hands. */
export async function findMarkers(sql: Sql): Promise<Holder[]> {
  const rows = await sql<{ node: number; epoch: number }[]>`select distinct node, epoch from delivery_marks`;
  return [...rows];
}
