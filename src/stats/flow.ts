/**
 * The flow of mail: what was accepted, tried and ended in each step of time, and what was held at the end of it.
 *
 * It is a ledger: what is held now, less what has come since, and what has ended since, was held then. So the level needs no row
 * of its own. A message counts once where it ends, by the worst end of its recipients: expired, failed, cancelled, delivered.
 * Written by the fold of the counts (queue/counts.ts), in its transaction, so the two always agree.
 */
import type { SqlExecutor } from '../db/client.ts';
import type { SqlFragment } from '../db/fragments.ts';
import { OPERATOR_TENANT_ID, type Viewer } from '../mail/viewer.ts';
import {
  askedRanges,
  presentInstant,
  rangeOf,
  SERVICE_SUBJECT,
  type Slot,
  type SlotQuestion,
  type SlotRange,
  slotNumber,
  stepBegin,
  stepsFrom,
  visibleTo,
} from './slots.ts';

export interface FlowSlot extends Slot {
  readonly acceptedCount: number;
  readonly acceptedSize: number;
  readonly deliveredCount: number;
  readonly failedCount: number;
  readonly expiredCount: number;
  readonly cancelledCount: number;
  readonly attemptCount: number;
  readonly deferralCount: number;
  /** At the end of the slot; of the present one now. */
  readonly heldCount: number;
  readonly heldSize: number;
}

/**
 * Adds sums to the present steps of their destinations, their tenants and the service. O(destinations and tenants among them).
 *
 * @param sums a row set with the columns of `flow_slots` that count, by destination_id and tenant_id
 */
export function addToFlow(sql: SqlExecutor, sums: SqlFragment): SqlFragment {
  return sql`
    insert into flow_slots as f (subject_id, tenant_id, step_minutes, began_at, accepted_count, accepted_bytes, ended_count,
      ended_bytes, delivered_count, failed_count, expired_count, cancelled_count, attempt_count, deferral_count)
    select s.subject_id, s.tenant_id, t.minutes, ${stepBegin(sql, sql`t.minutes`)}, sum(accepted_count), sum(accepted_bytes),
      sum(ended_count), sum(ended_bytes), sum(delivered_count), sum(failed_count), sum(expired_count), sum(cancelled_count),
      sum(attempt_count), sum(deferral_count)
    from (
      select destination_id as subject_id, s.* from ${sums} s
      union all select tenant_id, s.* from ${sums} s
      union all select ${SERVICE_SUBJECT}::uuid, destination_id, ${OPERATOR_TENANT_ID}::uuid,
        accepted_count, accepted_bytes, ended_count, ended_bytes, delivered_count, failed_count, expired_count, cancelled_count,
        attempt_count, deferral_count from ${sums} s
    ) s cross join ${stepsFrom(sql)} as t (minutes)
    group by s.subject_id, s.tenant_id, t.minutes
    on conflict (subject_id, tenant_id, step_minutes, began_at) do update set
      accepted_count = f.accepted_count + excluded.accepted_count, accepted_bytes = f.accepted_bytes + excluded.accepted_bytes,
      ended_count = f.ended_count + excluded.ended_count, ended_bytes = f.ended_bytes + excluded.ended_bytes,
      delivered_count = f.delivered_count + excluded.delivered_count, failed_count = f.failed_count + excluded.failed_count,
      expired_count = f.expired_count + excluded.expired_count,
      cancelled_count = f.cancelled_count + excluded.cancelled_count,
      attempt_count = f.attempt_count + excluded.attempt_count, deferral_count = f.deferral_count + excluded.deferral_count`;
}

interface FlowRow {
  readonly position: number;
  /** Null: nothing has happened since the range began. */
  readonly slot: number | null;
  readonly held_count: number;
  readonly held_bytes: number;
  readonly accepted_count: number;
  readonly accepted_bytes: number;
  readonly ended_count: number;
  readonly ended_bytes: number;
  readonly delivered_count: number;
  readonly failed_count: number;
  readonly expired_count: number;
  readonly cancelled_count: number;
  readonly attempt_count: number;
  readonly deferral_count: number;
}

/** The flows of destinations, in the order of the questions. O(steps of their ranges until now). */
export function readDestinationFlows(sql: SqlExecutor, viewer: Viewer, questions: readonly SlotQuestion[]) {
  const held = sql`
    select q.position, d.held_count, d.held_bytes from q join destinations d on d.id = q.subject_id and d.tenant_id = q.tenant_id`;
  return readFlows(sql, viewer, { questions, held });
}

/** The flows of tenants: of all their domains together. */
export function readTenantFlows(sql: SqlExecutor, viewer: Viewer, questions: readonly SlotQuestion[]) {
  const held = sql`
    select q.position, coalesce(sum(d.held_count), 0)::bigint as held_count, coalesce(sum(d.held_bytes), 0)::bigint as held_bytes
    from q left join destinations d on d.tenant_id = q.subject_id group by q.position`;
  return readFlows(sql, viewer, { questions, held });
}

/** The flow of the whole service, for its operator. */
export async function readServiceFlow(
  sql: SqlExecutor,
  viewer: Viewer,
  asked: Pick<SlotQuestion, 'since' | 'until' | 'slots'>,
): Promise<readonly FlowSlot[]> {
  const questions = [{ ...asked, subjectId: SERVICE_SUBJECT, tenantId: OPERATOR_TENANT_ID }];
  const held = sql`
    select q.position, (select coalesce(sum(held_count), 0)::bigint from destinations where held_count > 0) as held_count,
      (select coalesce(sum(held_bytes), 0)::bigint from destinations where held_count > 0) as held_bytes
    from q`;
  const [flow = []] = await readFlows(sql, viewer, { questions, held });
  return flow;
}

async function readFlows(
  sql: SqlExecutor,
  viewer: Viewer,
  { questions, held }: { readonly questions: readonly SlotQuestion[]; readonly held: SqlFragment },
): Promise<(readonly FlowSlot[])[]> {
  const now = await presentInstant(sql);
  const ranges = questions.map((question) => rangeOf(question, now));
  const rows = await sql<FlowRow[]>`
    with q as materialized (select * from ${askedRanges(sql, questions, ranges)} where ${visibleTo(sql, viewer)}), held as (${held})
    select held.position::integer, held.held_count, held.held_bytes, s.*
    from q join held using (position) left join lateral (
      select least(${slotNumber(sql)}, q.slot_count) as slot, sum(accepted_count)::bigint as accepted_count,
        sum(accepted_bytes)::bigint as accepted_bytes, sum(ended_count)::bigint as ended_count,
        sum(ended_bytes)::bigint as ended_bytes, sum(delivered_count)::bigint as delivered_count,
        sum(failed_count)::bigint as failed_count, sum(expired_count)::bigint as expired_count,
        sum(cancelled_count)::bigint as cancelled_count, sum(attempt_count)::bigint as attempt_count,
        sum(deferral_count)::bigint as deferral_count
      from flow_slots f
      where f.subject_id = q.subject_id and f.tenant_id = q.tenant_id and f.step_minutes = q.step_minutes
        and f.began_at >= q.began_at
      group by 1
    ) s on true`;
  const byQuestion = Map.groupBy(rows, ({ position }) => position - 1);
  return ranges.map((range, index) => flowOf(range, byQuestion.get(index) ?? []));
}

const NOTHING = {
  accepted_count: 0,
  accepted_bytes: 0,
  ended_count: 0,
  ended_bytes: 0,
  delivered_count: 0,
  failed_count: 0,
  expired_count: 0,
  cancelled_count: 0,
  attempt_count: 0,
  deferral_count: 0,
};

/** From the present back to the beginning: each slot is undone in what is held. */
function flowOf({ slots }: SlotRange, rows: readonly FlowRow[]): readonly FlowSlot[] {
  const bySlot = new Map(rows.map((row) => [row.slot, row]));
  // What came after the range is undone first.
  const later = bySlot.get(slots.length) ?? NOTHING;
  let heldCount = (rows[0]?.held_count ?? 0) - later.accepted_count + later.ended_count;
  let heldSize = (rows[0]?.held_bytes ?? 0) - later.accepted_bytes + later.ended_bytes;
  const flow = slots.map((slot, index) => ({ slot, row: bySlot.get(index) ?? NOTHING })).reverse();
  return flow
    .map(({ slot, row }) => {
      const told = {
        ...slot,
        acceptedCount: row.accepted_count,
        acceptedSize: row.accepted_bytes,
        deliveredCount: row.delivered_count,
        failedCount: row.failed_count,
        expiredCount: row.expired_count,
        cancelledCount: row.cancelled_count,
        attemptCount: row.attempt_count,
        deferralCount: row.deferral_count,
        // What a former owner of a domain has left is in no step of the present one.
        heldCount: Math.max(heldCount, 0),
        heldSize: Math.max(heldSize, 0),
      };
      heldCount += row.ended_count - row.accepted_count;
      heldSize += row.ended_bytes - row.accepted_bytes;
      return told;
    })
    .reverse();
}
