/**
 * Conditions of a primary that takes mail all the same, greylisting and tarpitting, and outages that have no clock.
 *
 * Such an outage stands for a primary that speaks and yet accepts nobody: every message keeps its own clock, since a greylist
 * wants each of them to come again. Decides nothing: who attempts knows what was met.
 */
import type { Sql } from '../db/client.ts';
import { newId } from '../mail/id.ts';
import { boundEvidence, type Evidence, type OutageClass } from './class.ts';
import { atNow, mergedEvidence } from './evidence.ts';

export interface Conditions {
  readonly isGreylisting: boolean;
  readonly isTarpitting: boolean;
}

/** Keeps when a condition was met last. */
export async function recordConditions(sql: Sql, destinationId: string, conditions: Conditions): Promise<void> {
  const { isGreylisting, isTarpitting } = conditions;
  await sql`
    update destinations
    set greylisting_at = case when ${isGreylisting} then bmx_now() else greylisting_at end,
        tarpitting_at = case when ${isTarpitting} then bmx_now() else tarpitting_at end
    where id = ${destinationId}`;
}

export interface ClocklessOutage {
  readonly destinationId: string;
  readonly outageClass: OutageClass;
  readonly reply: string;
  readonly evidence: readonly Evidence[];
  /** Since when, as text with microseconds. */
  readonly since: string;
  /** Opened only when the first interval of the retry schedule has passed since. */
  readonly waitsInterval: boolean;
}

export interface ClocklessRecorded {
  readonly openedOutageId: string | null;
  /** The class of the outage that was open already, when it was another one. */
  readonly formerClass: OutageClass | null;
}

/**
 * Opens an outage without a clock, or gives the open one its class and evidence. Null when it has to wait still, and for
 * a destination that is no relay domain's. recordSuccess ends it.
 */
export async function openClockless(sql: Sql, outage: ClocklessOutage): Promise<ClocklessRecorded | null> {
  const { destinationId, outageClass, reply, since, waitsInterval } = outage;
  const [row] = await sql<{ opened: string | null; former: OutageClass | null }[]>`
    with before as (
      select d.id, d.tenant_id, d.outage_id, o.class as former
      from destinations d left join outages o on o.id = d.outage_id
      where d.id = ${destinationId} and d.kind = 'RELAY'
        and (${!waitsInterval}
          or ${since}::text::timestamptz + (select every from retry_schedule order by stage limit 1) <= bmx_now())
      for update of d
    ), met as (
      select ${atNow(sql, boundEvidence(outage.evidence))} as evidence
    ), opened as (
      insert into outages (id, tenant_id, destination_id, started_at, class, last_reply, evidence)
      select ${newId()}::uuid, tenant_id, id, ${since}::text::timestamptz, ${outageClass}, ${reply}, evidence
      from before, met where outage_id is null
      returning id, destination_id
    ), linked as (
      update destinations d set outage_id = opened.id from opened where d.id = opened.destination_id
    ), continued as (
      update outages o set class = ${outageClass}, last_reply = ${reply}, attempt_count = attempt_count + 1,
        evidence = ${mergedEvidence(sql)}
      from before, met where o.id = before.outage_id
    ), told as (
      insert into events (id, tenant_id, destination_id, kind, facts)
      select new_id(), tenant_id, before.id,
        case when former is null then 'OUTAGE_OPENED' else 'OUTAGE_RECLASSIFIED' end,
        jsonb_strip_nulls(jsonb_build_object('outageId', coalesce(outage_id, (select id from opened)),
          'class', ${outageClass}::text, 'formerClass', former, 'reply', ${reply}::text))
      from before where former is distinct from ${outageClass}::text
    )
    select (select id from opened) as opened, former from before`;
  if (row === undefined) return null;
  return { openedOutageId: row.opened, formerClass: row.former === outageClass ? null : row.former };
}
