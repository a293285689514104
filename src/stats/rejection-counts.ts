/**
 * How much was refused, by code and DNS list: added up in memory, written every few seconds, in steps of an hour and a day.
 *
 * Each refusal counts, also one in a flood that is not recorded by itself (events/rejections.ts). Counting never waits or fails.
 * What cannot be written is tried again with the next, up to a bound, beyond which it is lost: no mail depends on it.
 */
import type { SqlExecutor } from '../db/client.ts';
import { createPendingSums } from '../db/pending-sums.ts';
import { OPERATOR_TENANT_ID, type Viewer } from '../mail/viewer.ts';
import {
  askedRanges,
  presentInstant,
  rangeOf,
  SERVICE_SUBJECT,
  type Slot,
  type SlotQuestion,
  slotNumber,
  stepBegin,
  stepsFrom,
  visibleTo,
} from './slots.ts';

export interface CountedRejection {
  /** Both null when no served domain was concerned. */
  readonly destinationId: string | null;
  readonly tenantId: string | null;
  /** The stable code, `BMX-USER`. */
  readonly rejection: string;
  /** The DNS list that listed the client. */
  readonly zone: string | null;
  /** Nothing was refused: the zone is on trial. */
  readonly isDryRun: boolean;
}

export interface RejectionCounts {
  readonly count: (rejection: CountedRejection) => void;
  /** Writes what has come together. Rejects when the database does; the figures stay for the next time. */
  readonly flush: () => Promise<void>;
}

/** Refusals are looked at by hours and days. */
const LEAST_MINUTES = 60;

interface Sum extends CountedRejection {
  count: number;
}

export function createRejectionCounts(sql: SqlExecutor): RejectionCounts {
  const sums = createPendingSums<Sum>({
    keyOf: ({ destinationId, tenantId, rejection, zone, isDryRun }) =>
      [destinationId, tenantId, rejection, zone, isDryRun].join(' '),
    join(sum, { count }) {
      sum.count += count;
    },
    write: (written) => write(sql, written),
  });
  return {
    count: ({ destinationId, tenantId, rejection, zone, isDryRun }) =>
      sums.add({ destinationId, tenantId, rejection, zone, isDryRun, count: 1 }),
    flush: sums.flush,
  };
}

/** Always in the same order: two nodes must not wait for each other crosswise. */
async function write(sql: SqlExecutor, sums: readonly Sum[]): Promise<void> {
  await sql`
    with s as materialized (
      select * from unnest(
        ${sums.map(({ destinationId }) => destinationId)}::uuid[], ${sums.map(({ tenantId }) => tenantId)}::uuid[],
        ${sums.map(({ rejection }) => rejection)}::text[], ${sums.map(({ zone }) => zone ?? '')}::text[],
        ${sums.map(({ isDryRun }) => String(isDryRun))}::text[]::boolean[], ${sums.map(({ count }) => count)}::bigint[]
      ) as s (destination_id, tenant_id, code, zone, is_dry_run, count)
    )
    insert into rejection_slots as f (subject_id, tenant_id, step_minutes, began_at, code, zone, is_dry_run, rejection_count)
    select r.subject_id, r.tenant_id, t.minutes, ${stepBegin(sql, sql`t.minutes`)}, code, zone, is_dry_run, sum(count)
    from (
      select destination_id as subject_id, s.tenant_id, code, zone, is_dry_run, count from s where destination_id is not null
      union all select s.tenant_id, s.tenant_id, code, zone, is_dry_run, count from s where s.tenant_id is not null
      union all select ${SERVICE_SUBJECT}::uuid, ${OPERATOR_TENANT_ID}::uuid, code, zone, is_dry_run, count from s
    ) r cross join ${stepsFrom(sql, LEAST_MINUTES)} as t (minutes)
    group by 1, 2, 3, code, zone, is_dry_run
    order by 1, 2, 3, code, zone, is_dry_run
    on conflict (subject_id, tenant_id, step_minutes, began_at, code, zone, is_dry_run)
      do update set rejection_count = f.rejection_count + excluded.rejection_count`;
}

export interface RejectionSlot extends Slot {
  readonly code: string;
  readonly zone: string | null;
  readonly isDryRun: boolean;
  readonly count: number;
}

/** The refusals of one subject by slot, code and list, the most frequent of a slot first. O(steps × codes of the range). */
export async function readRejectionCounts(
  sql: SqlExecutor,
  viewer: Viewer,
  question: SlotQuestion,
): Promise<RejectionSlot[]> {
  const range = rangeOf(question, await presentInstant(sql), LEAST_MINUTES);
  const rows = await sql<{ slot: number; code: string; zone: string; is_dry_run: boolean; count: number }[]>`
    select ${slotNumber(sql)} as slot, f.code, f.zone, f.is_dry_run, sum(f.rejection_count)::bigint as count
    from ${askedRanges(sql, [question], [range])}
    join rejection_slots f on f.subject_id = q.subject_id and f.tenant_id = q.tenant_id and f.step_minutes = q.step_minutes
      and f.began_at >= q.began_at
    where ${visibleTo(sql, viewer)}
    group by 1, 2, 3, 4
    order by 1, 5 desc, 2, 3, 4`;
  return rows.flatMap(({ slot, code, zone, is_dry_run: isDryRun, count }) => {
    const told = range.slots[slot];
    return told === undefined ? [] : [{ ...told, code, zone: zone === '' ? null : zone, isDryRun, count }];
  });
}
