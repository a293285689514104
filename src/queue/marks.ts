/**
 * Deliveries that are known before they are finalized: a mark is one small row a group, written soon after the hosts' replies, so that
 * finalizing (finalize.ts), which costs a group of ten nearly what it costs a hundred, can wait until it is worth while (decisions/0028).
 *
 * Promises: what is marked is not delivered again, whichever node dies: its marks are finalized in the transaction that frees its
 * claims. A deferral or refusal leaves no mark: if it is not finalized it is tried again, which does no harm.
 */
import type { Sql, SqlExecutor, TransactionSql } from '../db/client.ts';
import { newId } from '../mail/id.ts';
import type { AttemptRecord } from '../mail/outcome.ts';
import type { BreakerStep } from '../outage/breaker-state.ts';
import { feedBreakerFrom } from './breaker-feed.ts';
import { type Holder, releaseLeftovers, releaseToSchedule } from './claim.ts';
import { type FinalizeInput, finalizeWithin, type RecipientResult, type Verdict } from './finalize.ts';

/** The content of a mark: attempts at hosts that accepted the message for a recipient. */
export type Deliveries = FinalizeInput['attempts'];

export interface Marked {
  readonly destinationId: string;
  /** The holder of the messages' claims. */
  readonly holder: Holder;
}

/**
 * Makes a mark; returns its id. It does not wait for the disk or for a standby: a mark matters only when its node is lost, and
 * without one deliveries are repeated, never lost. Finalizing waits for both.
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

/** Deletes marks: in the transaction that finalizes their deliveries, or when that is not possible. */
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

/** The result of one mark: to be told and learned by whoever finalized it, after COMMIT (delivery/destination-records.ts). */
export interface FinalizedMark {
  readonly destination: { readonly id: string; readonly name: string; readonly kind: 'RELAY' | 'INTERNAL' };
  readonly results: readonly RecipientResult[];
  /** The attempts that delivered: they have not been told of either. */
  readonly attempts: readonly { readonly messageId: string; readonly records: readonly AttemptRecord[] }[];
  /** Null if the breaker took no step by it. */
  readonly step: BreakerStep | null;
}

/** Deletes the marks of a holder, at one destination or all, and returns them. */
async function takeMarks(
  transaction: TransactionSql,
  holder: Holder,
  destinationId: string | null,
): Promise<{ readonly destination: FinalizedMark['destination']; readonly deliveries: Deliveries }[]> {
  const rows = await transaction<(FinalizedMark['destination'] & { readonly deliveries: string })[]>`
    with taken as (
      delete from delivery_marks
      where epoch = ${holder.epoch} and (${destinationId}::uuid is null or destination_id = ${destinationId}::uuid)
      returning destination_id, id, deliveries
    )
    select d.id, d.name, d.kind, t.deliveries from taken t join destinations d on d.id = t.destination_id order by t.id`;
  return rows.map(({ deliveries, ...destination }) => ({
    destination,
    deliveries: JSON.parse(deliveries) as Deliveries,
  }));
}

/** The holders that have marks. Few rows, of few holders. */
export async function findMarkers(sql: Sql): Promise<Holder[]> {
  const rows = await sql<Holder[]>`select distinct node, epoch from delivery_marks`;
  return [...rows];
}

/** Finalizes the marks of one destination, or of all. The results are the caller's to tell, once its transaction is committed. */
export async function finalizeMarked(
  transaction: TransactionSql,
  holder: Holder,
  destinationId: string | null = null,
): Promise<FinalizedMark[]> {
  const finalized: FinalizedMark[] = [];
  for (const { destination, deliveries } of await takeMarks(transaction, holder, destinationId)) {
    const byMessage = Map.groupBy(deliveries, ({ messageId }) => messageId);
    const attempts = [...byMessage].map(([messageId, of]) => ({ messageId, records: of.map(({ record }) => record) }));
    const results = await finalizeWithin(transaction, {
      destinationId: destination.id,
      verdicts: deliveries.flatMap(verdictsOf),
      attempts: deliveries,
      routeGeneration: null,
      by: { kind: 'ATTEMPT', holder },
      // Recipients of whom the mark does not speak are due again at once.
      messages: attempts.map(({ messageId }) => ({ messageId, isHostLevel: true })),
    });
    const step = await feedBreakerFrom(transaction, destination.id, results);
    finalized.push({ destination, results, attempts, step });
  }
  return finalized;
}

function verdictsOf({ messageId, record }: Deliveries[number]): Verdict[] {
  const { reply, host, offersDsn, recipientNumbers } = record;
  const origin = { status: null, host, isRelayed: offersDsn === false };
  return recipientNumbers.map((number) => ({ messageId, number, outcome: 'DELIVERED', reply, origin }));
}

/** Releases what an earlier round of this node left claimed at a destination; finalizes what that had delivered, and returns it. */
export async function finalizeLeftovers(sql: Sql, { destinationId, holder }: Marked): Promise<FinalizedMark[]> {
  if (await releaseLeftovers(sql, holder, destinationId)) return [];
  return sql.begin(async (transaction) => {
    const finalized = await finalizeMarked(transaction, holder, destinationId);
    await releaseLeftovers(transaction, holder, destinationId);
    return finalized;
  });
}

/** Gives up what cannot be finalized: it waits for the slot that its claim stored, and is delivered again. */
export async function giveUpMarked(
  sql: Sql,
  marked: Marked,
  { ids, mark }: { readonly ids: readonly string[]; readonly mark: string | null },
): Promise<void> {
  await sql.begin(async (transaction) => {
    await dropMarks(transaction, marked, mark === null ? [] : [mark]);
    await releaseToSchedule(transaction, marked.holder, ids);
  });
}
