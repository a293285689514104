/**
 * News that alert contacts do not know yet: outages that have lasted, changes of those they know, and notices.
 *
 * A contact that stands inside a domain hears nothing of it: the mail could not arrive. Read from the outages themselves and
 * from what each contact was told, so nothing is lost if no node checks for a while.
 */
import type { SqlExecutor } from '../db/client.ts';
import type { SqlFragment } from '../db/fragments.ts';
import { heldNow } from '../outage/lifecycle.ts';
import type { OtherNews, OutageNews } from './alert-text.ts';

/** A restart of a primary is not news. */
const FIRST_AFTER = '5 minutes';
/** The end is told when what was held is delivered, or after this. */
const END_TOLD_AFTER = '1 hour';
/** In one mail; the next brings the rest. */
const MOST_OUTAGES = 50;
const MOST_OTHERS = 50;
const MOST_CONTACTS = 200;

/** Whether a contact's domain is the other one, or below it. */
export function liesIn(sql: SqlExecutor, contactDomain: SqlFragment, domain: SqlFragment): SqlFragment {
  return sql`(${contactDomain} = ${domain} or right(${contactDomain}, length(${domain}) + 1) = '.' || ${domain})`;
}

/** Whether somebody is told of a domain whose address does not lie in it. */
export async function isAlertedOutside(sql: SqlExecutor, domainId: string): Promise<boolean> {
  const rows = await sql`
    select from domains d join alert_contacts c on c.tenant_id = d.tenant_id
    where d.id = ${domainId} and c.confirmed_at is not null and (c.domains is null or d.name = any(c.domains))
      and not ${liesIn(sql, sql`c.address_domain`, sql`d.name`)}
    limit 1`;
  return rows.length > 0;
}

/** Outages `o` (open, or told to somebody as open: few) of destinations `d` that the contacts `c` are told of, with what they know `n`. */
function news(sql: SqlExecutor) {
  return sql`
    from (
      select * from outages where ended_at is null
      union all
      select * from outages where ended_at is not null and id in (select outage_id from alert_notices where closed_at is null)
    ) o
    join alert_contacts c on c.tenant_id = o.tenant_id
    join destinations d on d.id = o.destination_id and d.kind = 'RELAY'
    left join alert_notices n on n.contact_id = c.id and n.outage_id = o.id
    where c.confirmed_at is not null and (c.domains is null or d.name = any(c.domains))
      and not ${liesIn(sql, sql`c.address_domain`, sql`d.name`)}
      and (
        (o.ended_at is null and n.outage_id is null and o.started_at <= bmx_now() - ${FIRST_AFTER}::text::interval)
        or (o.ended_at is null and (n.told_class <> o.class or coalesce(o.threshold_hours, 0) > coalesce(n.told_hours, 0)))
        or (o.ended_at is not null and n.outage_id is not null and n.closed_at is null
            and (o.drained_at is not null or o.ended_at <= bmx_now() - ${END_TOLD_AFTER}::text::interval))
      )`;
}

/** Whether the service itself is cut off: then outages are its own, and no mail of ours would arrive. */
export async function isOurTrouble(sql: SqlExecutor): Promise<boolean> {
  const rows = await sql`select from service_presence where own_trouble_since is not null`;
  return rows.length > 0;
}

/** Confirmed contacts for whom there may be something, in any order. */
export async function contactsWithNews(sql: SqlExecutor): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    (select distinct c.id ${news(sql)} limit ${MOST_CONTACTS})
    union (select contact_id from alert_items limit ${MOST_CONTACTS})`;
  return rows.map(({ id }) => id);
}

/** Reads the news of outages for one contact, the newest first. */
export async function readOutageNews(sql: SqlExecutor, contactId: string): Promise<OutageNews[]> {
  return sql<OutageNews[]>`
    select case when o.ended_at is not null then 'CLOSED' when n.outage_id is null then 'OPENED' else 'CHANGED' end as news,
      o.id as "outageId", d.id as "destinationId", d.name as domain, o.class as "outageClass",
      o.threshold_hours as "thresholdHours", o.started_at as "startedAt", o.ended_at as "endedAt", o.last_reply as "lastReply",
      ${heldNow(sql)}::integer as "heldCount",
      (d.held_bytes + coalesce((select sum(held_bytes) from queue_delta q where q.destination_id = d.id), 0))::float8 as "heldBytes",
      o.held_at_end::integer as "heldAtEnd",
      (coalesce((select sum(count) from mail_counts m
                 where m.destination_id = d.id and m.kind in ('FAILED', 'EXPIRED') and m.at >= o.started_at), 0)
       + coalesce((select sum((facts ->> 'failedCount')::integer + (facts ->> 'expiredCount')::integer) from events e
                   where e.destination_id = d.id and e.kind = 'MAIL_DIGEST' and e.at >= o.started_at
                     and e.id >= uuid_floor(clock_timestamp() - (bmx_now() - o.started_at) - interval '1 hour')), 0))::integer as "failedCount",
      d.next_attempt_at as "nextAttemptAt",
      (select m.accepted_at + l.lifetime + d.hold_extension from messages m, queue_limits l
       where m.destination_id = d.id order by m.id limit 1) as "keptUntil"
    ${news(sql)} and c.id = ${contactId}
    order by o.ended_at is not null, o.started_at desc
    limit ${MOST_OUTAGES}`;
}

export async function readOtherNews(
  sql: SqlExecutor,
  contactId: string,
): Promise<readonly (OtherNews & { readonly eventId: string })[]> {
  return sql<(OtherNews & { eventId: string })[]>`
    select e.id as "eventId", e.kind, e.at, coalesce(d.name, e.facts ->> 'name') as domain, e.facts
    from alert_items i join events e on e.id = i.event_id left join destinations d on d.id = e.destination_id
    where i.contact_id = ${contactId} order by i.event_id limit ${MOST_OTHERS}`;
}

/** Writes down that the contact knows it. */
export async function recordNotified(
  sql: SqlExecutor,
  contact: { readonly id: string; readonly tenantId: string },
  news: { readonly outages: readonly OutageNews[]; readonly eventIds: readonly string[] },
): Promise<void> {
  const rows = news.outages.map((outage) => ({
    outage_id: outage.outageId,
    destination_id: outage.destinationId,
    told_class: outage.outageClass,
    told_hours: outage.thresholdHours,
    is_closed: outage.news === 'CLOSED',
  }));
  await sql`
    insert into alert_notices (contact_id, tenant_id, outage_id, destination_id, told_class, told_hours, closed_at)
    select ${contact.id}, ${contact.tenantId}, outage_id, destination_id, told_class, told_hours,
      case when is_closed then bmx_now() end
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb)
           as r (outage_id uuid, destination_id uuid, told_class text, told_hours integer, is_closed boolean)
    on conflict (contact_id, outage_id) do update
    set told_class = excluded.told_class, told_hours = excluded.told_hours, told_at = bmx_now(), closed_at = excluded.closed_at`;
  await sql`delete from alert_items where contact_id = ${contact.id} and event_id = any(${[...news.eventIds]}::uuid[])`;
}

/** Deletes notes of outages that ended long ago. Any number of nodes may call it. */
export async function dropOldNotices(sql: SqlExecutor, limit: number): Promise<void> {
  await sql`
    delete from alert_notices where (contact_id, outage_id) in (
      select contact_id, outage_id from alert_notices
      where closed_at < bmx_now() - interval '30 days' limit ${limit} for update skip locked)`;
  await sql`delete from alert_items where created_at < bmx_now() - interval '30 days'`;
}
