/**
 * The situation of a domain, in one word: what a person who looks after many wants to know of each. And the figures of all domains
 * of a viewer together.
 *
 * `situation` is the only place that derives it; the field and the counts use it. It reads columns that others keep: no mail is
 * read. What is held is known about a second late (queue/counts.ts). O(domains that are not well), and a count of the others.
 */
import type { SqlExecutor } from '../../db/client.ts';
import { type SqlFragment, tenantCheck, tenantScope } from '../../db/fragments.ts';
import { plannedAnew } from '../../db/planned-anew.ts';
import type { Viewer } from '../../mail/viewer.ts';
import { isPausedNow } from '../../outage/pause.ts';

/** The most urgent first. */
export const SITUATIONS = [
  'EXPIRING',
  'BREAKER_OPEN',
  'OUTAGE',
  'DRAINING',
  'HOLDING',
  'PAUSED',
  'SUSPENDED',
  'PENDING',
  'CHECK_FAILED',
  'FINE',
] as const;
export type Situation = (typeof SITUATIONS)[number];

/** Mail that expires so soon is mail that somebody has to act for. */
const SOON = '48 hours';

/** An expression over domains `m` and `d` (domainsWithDestinations). The first that fits decides. */
export function situation(sql: SqlExecutor): SqlFragment {
  return sql`
    case
      when m.status = 'PENDING' then 'PENDING'
      when d.oldest_accepted_at + d.hold_extension + (select lifetime from queue_limits) < bmx_now() + ${SOON}::text::interval
        then 'EXPIRING'
      when m.status = 'SUSPENDED' or m.tenant_id in (select id from tenants where suspended_at is not null) then 'SUSPENDED'
      when d.id is not null and ${isPausedNow(sql)} then 'PAUSED'
      when d.breaker = 'OPEN' then 'BREAKER_OPEN'
      when d.outage_id is not null then 'OUTAGE'
      when d.oldest_accepted_at is not null then case when exists (
        select from outages o
        where o.destination_id = d.id and o.ended_at is not null and o.drained_at is null and o.held_at_end > 0
      ) then 'DRAINING' else 'HOLDING' end
      when exists (select from doctor_reports r where r.domain_id = m.id and ${isIll(sql)}) then 'CHECK_FAILED'
      else 'FINE' end`;
}

/** The same of a row of `domains m`. */
export const situationOf = (sql: SqlExecutor): SqlFragment => sql`(
  select ${situation(sql)} from (select) as one
  left join destinations d on d.id = m.destination_id and d.tenant_id = m.tenant_id)`;

/** Nothing that happens now: most domains are so, and no index knows them. */
export const isHealthy = (name: Situation): boolean => name === 'CHECK_FAILED' || name === 'FINE';

/** The destinations of all relay domains that are in service and in another situation, and of few others. */
const unwellDestinations = (sql: SqlExecutor, viewer: Viewer): SqlFragment => sql`
  select id from destinations where oldest_accepted_at is not null and kind = 'RELAY' and ${tenantScope(sql, viewer)}
  union select id from destinations where is_paused and ${tenantScope(sql, viewer)}
  union select id from destinations where breaker <> 'CLOSED' and ${tenantScope(sql, viewer)}
  union select destination_id from outages where ended_at is null and ${tenantScope(sql, viewer)}`;

/** The ids of the viewer's domains that are in a situation which is not healthy, and of few others. O(these). */
export const unwellDomains = (sql: SqlExecutor, viewer: Viewer): SqlFragment => sql`
  select id from domains where status <> 'ACTIVE' and ${tenantScope(sql, viewer)}
  union select id from domains
    where tenant_id in (select id from tenants where suspended_at is not null) and ${tenantScope(sql, viewer)}
  union select m.id from (${unwellDestinations(sql, viewer)}) as unwell join domains m on m.destination_id = unwell.id
  where ${tenantCheck(sql, viewer, sql`m.tenant_id`)}`;

/** A condition on the doctor's reports `r`. */
const isIll = (sql: SqlExecutor): SqlFragment => sql`r.status in ('WARNING', 'PROBLEM')`;

/** A domain that is only claimed has nothing to do with what its destination holds for another tenant. */
export const domainsWithDestinations = (sql: SqlExecutor): SqlFragment =>
  sql`domains m left join destinations d on d.id = m.destination_id and d.tenant_id = m.tenant_id`;

/** By domain id; those the viewer may not see are missing. */
export async function readSituations(
  sql: SqlExecutor,
  viewer: Viewer,
  domainIds: readonly string[],
): Promise<Map<string, Situation>> {
  const rows = await sql<{ id: string; situation: Situation }[]>`
    select m.id, ${situation(sql)} as situation from ${domainsWithDestinations(sql)}
    where m.id = any(${[...domainIds]}::uuid[]) and ${tenantCheck(sql, viewer, sql`m.tenant_id`)}`;
  return new Map(rows.map(({ id, situation: found }) => [id, found]));
}

export interface Summary {
  readonly domainCount: number;
  readonly heldCount: number;
  readonly heldSize: number;
  /** Null when nothing is held. */
  readonly firstExpiryAt: Date | null;
  /** Those that a domain is in, the most urgent first. */
  readonly situations: readonly { readonly situation: Situation; readonly count: number }[];
}

type Totals = Omit<Summary, 'situations'> & { readonly illCount: number };

/** All that the viewer has, in figures. */
export async function readSummary(sql: SqlExecutor, viewer: Viewer): Promise<Summary> {
  const scope = tenantScope(sql, viewer);
  const rows = await plannedAnew(sql<
    (Totals & { readonly situation: Situation; readonly count: number; readonly ill: number })[]
  >`
    with held as materialized (
      select held_count, held_bytes, oldest_accepted_at + hold_extension as since
      from destinations where oldest_accepted_at is not null and kind = 'RELAY' and ${scope}
    ), found as materialized (
      select m.id, ${situation(sql)} as situation, exists (select from doctor_reports r where r.domain_id = m.id and ${isIll(sql)}) as is_ill
      from ${domainsWithDestinations(sql)}
      where m.id = any(array(${unwellDomains(sql, viewer)})) and ${tenantCheck(sql, viewer, sql`m.tenant_id`)}
    ), totals as (
      select (select count(*) from domains where ${scope})::bigint as "domainCount",
        (select count(*) from doctor_reports r where ${isIll(sql)} and ${scope})::bigint as "illCount",
        coalesce(sum(held_count), 0)::bigint as "heldCount", coalesce(sum(held_bytes), 0)::bigint as "heldSize",
        min(since) + (select lifetime from queue_limits) as "firstExpiryAt"
      from held
    )
    select totals.*, f.situation, coalesce(f.count, 0)::bigint as count, coalesce(f.ill, 0)::bigint as ill
    from totals left join (
      select situation, count(*) as count, count(*) filter (where is_ill) as ill from found group by situation
    ) f on true`);
  const [first] = rows;
  if (first === undefined) throw new Error('a summary has no totals');
  const { domainCount, heldCount, heldSize, firstExpiryAt, illCount } = first;
  const counts = new Map(rows.map(({ situation: name, count }) => [name, count]));
  // Most domains are well, or only ill: these are counted together, without a look at each.
  const otherIll = illCount - rows.reduce((sum, { ill }) => sum + ill, 0);
  counts.set('CHECK_FAILED', (counts.get('CHECK_FAILED') ?? 0) + otherIll);
  const special = rows.reduce((sum, { count }) => sum + count, 0);
  counts.set('FINE', (counts.get('FINE') ?? 0) + domainCount - special - otherIll);
  const situations = SITUATIONS.map((name) => ({ situation: name, count: counts.get(name) ?? 0 }));
  return { domainCount, heldCount, heldSize, firstExpiryAt, situations: situations.filter(({ count }) => count > 0) };
}
