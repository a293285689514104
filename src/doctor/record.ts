/**
 * The service's own records of a domain's primary and recipients lately, as far as the doctor looks at them.
 *
 * Every part names the domain's tenant: a destination that had another owner, or has one beside a mere claim, shows nothing of
 * what was his. Bounded: the newest of each kind, by an index.
 */
import type { SqlExecutor } from '../db/client.ts';
import type { OutageClass } from '../outage/class.ts';
import type { RelayDomain } from '../domains/relay-domain.ts';
import { isKnownBy } from '../domains/user-list/known-good.ts';

export interface SeenReply {
  readonly at: Date;
  /** Verbatim. */
  readonly reply: string;
}

export interface DomainRecord {
  /** The outage that is open. */
  readonly outage: { readonly startedAt: Date; readonly class: OutageClass; readonly lastReply: string } | null;
  /** Met last, within 7 days; null: not. */
  readonly greylistingAt: Date | null;
  readonly tarpittingAt: Date | null;
  /** Why the breaker is open; null: it is not. */
  readonly breakerReply: string | null;
  /** Its openings within 7 days, the newest first. */
  readonly breakerOpenings: readonly SeenReply[];
  /** SIZE as offered within 7 days; null: none, or not seen. */
  readonly sizeLimitBytes: number | null;
  /** As a call-ahead found within 7 days; null: none has asked. */
  readonly isCatchAll: boolean | null;
  /** Sessions that the primary ended with 421 within 7 days. */
  readonly closings: readonly SeenReply[];
  /** Refusals for SPF or DMARC within 7 days, of recipients held and ended. */
  readonly authenticationRefusals: readonly SeenReply[];
  /** When a domain of this name was deleted, within 7 days. */
  readonly deletions: readonly Date[];
  /** Local parts delivered to within 90 days that the User List lacks; a sample. */
  readonly unlisted: readonly string[];
}

export type IsListed = (domain: RelayDomain, localPart: string) => boolean | Promise<boolean>;

const RECENT = '7 days';
const MOST_SEEN = 5;
/** Rows looked through for a refusal. */
const MOST_READ = 200;
/** Local parts compared with the list, and those looked up in it one by one. */
const MOST_DELIVERED = 5000;
const MOST_LOOKED_UP = 500;
const MOST_NAMED = 20;
/** Never refused by a User List. */
const ALWAYS_TAKEN = ['postmaster', 'abuse'];
const AUTHENTICATION_WORDS = '\\m(spf|dmarc)\\M';

/** As jsonb has it: times are text. */
type SeenRow = { at: string; reply: string };
type RecordRow = Pick<
  DomainRecord,
  'greylistingAt' | 'tarpittingAt' | 'breakerReply' | 'sizeLimitBytes' | 'isCatchAll'
> & {
  outageStartedAt: Date | null;
  outageClass: OutageClass | null;
  outageReply: string | null;
  openings: SeenRow[];
  closings: SeenRow[];
  deletions: string[];
};

export async function readRecord(sql: SqlExecutor, domain: RelayDomain, isListed: IsListed): Promise<DomainRecord> {
  const [row, refusals, unlisted] = await Promise.all([
    readState(sql, domain),
    readRefusals(sql, domain),
    findUnlisted(sql, domain, isListed),
  ]);
  const { outageStartedAt, outageClass, outageReply, openings, closings, deletions, ...facts } = row;
  return {
    ...facts,
    outage:
      outageStartedAt === null || outageClass === null
        ? null
        : { startedAt: outageStartedAt, class: outageClass, lastReply: outageReply ?? '' },
    breakerOpenings: openings.map(seen),
    closings: closings.map(seen),
    authenticationRefusals: refusals,
    deletions: deletions.map((at) => new Date(at)),
    unlisted,
  };
}

function seen({ at, reply }: SeenRow): SeenReply {
  return { at: new Date(at), reply };
}

async function readState(sql: SqlExecutor, { destinationId, tenantId }: RelayDomain): Promise<RecordRow> {
  const since = sql`bmx_now() - ${RECENT}::text::interval`;
  const events = (kind: string) => sql`
    from events e where e.destination_id = d.id and e.tenant_id = d.tenant_id and e.message_id is null
      and e.kind = ${kind} and e.at > ${since} order by e.id desc limit ${MOST_SEEN}`;
  const [row] = await sql<[RecordRow]>`
    select o.started_at as "outageStartedAt", o.class as "outageClass", o.last_reply as "outageReply",
      case when d.greylisting_at > ${since} then d.greylisting_at end as "greylistingAt",
      case when d.tarpitting_at > ${since} then d.tarpitting_at end as "tarpittingAt",
      case when d.breaker = 'OPEN' then coalesce(d.breaker_reply, '') end as "breakerReply",
      case when p.size_seen_at > ${since} then p.size_limit_bytes end as "sizeLimitBytes",
      case when p.catch_all_tested_at > ${since} then p.is_catch_all end as "isCatchAll",
      (select coalesce(jsonb_agg(found), '[]') from (
        select e.at, coalesce(e.facts ->> 'reply', '') as reply ${events('BREAKER_OPENED')}) as found) as openings,
      (select coalesce(jsonb_agg(found.at), '[]') from (select e.at ${events('DOMAIN_DELETED')}) as found) as deletions,
      (select coalesce(jsonb_agg(closing), '[]') from (
        select at, reply from (
          select at, reply from attempts a
          where a.destination_id = d.id and a.tenant_id = d.tenant_id and a.is_host_level and a.at > ${since}
          order by a.id desc limit ${MOST_READ}) as latest
        where reply like '421%' limit ${MOST_SEEN}) as closing) as closings
    from (select) as always
    left join destinations d on d.id = ${destinationId} and d.tenant_id = ${tenantId}
    left join outages o on o.id = d.outage_id and o.ended_at is null
    left join primaries p on p.destination_id = d.id and p.tenant_id = d.tenant_id`;
  return row;
}

async function readRefusals(sql: SqlExecutor, { destinationId, tenantId }: RelayDomain): Promise<SeenReply[]> {
  const rows = await sql<SeenReply[]>`
    select at, reply from (
      (select h.ended_at as at, r.reply
       from (select ended_at, recipients from history
             where destination_id = ${destinationId} and tenant_id = ${tenantId} order by id desc limit ${MOST_READ}) as h
       cross join lateral jsonb_path_query(h.recipients, '$[*].lastReply') as said (value)
       cross join lateral (select said.value #>> '{}' as reply) as r)
      union all
      -- Whatever they say: of a million held ones no more are read.
      (select last_attempt_at as at, last_reply as reply from recipients
       where destination_id = ${destinationId} and tenant_id = ${tenantId} limit ${MOST_READ})
    ) as seen
    where at > bmx_now() - ${RECENT}::text::interval and reply ~ '^[45]' and reply ~* ${AUTHENTICATION_WORDS}
    order by at desc limit ${MOST_SEEN}`;
  return [...rows];
}

async function findUnlisted(sql: SqlExecutor, domain: RelayDomain, isListed: IsListed): Promise<string[]> {
  if (domain.recipientList.count === 0) return [];
  const rows = await sql<{ local_part: string }[]>`
    select a.local_part from (
      select local_part from recipient_answers
      where destination_id = ${domain.destinationId} and tenant_id = ${domain.tenantId}
        and ${isKnownBy(sql, sql`delivered_at`)} and local_part <> all(${ALWAYS_TAKEN}::text[])
      limit ${MOST_DELIVERED}) as a
    where not exists (
      select from recipient_entries e where e.domain_id = ${domain.id} and e.local_part = a.local_part)
    limit ${MOST_LOOKED_UP}`;
  const unlisted: string[] = [];
  for (const { local_part: localPart } of rows) {
    if (unlisted.length >= MOST_NAMED) break;
    // What the list has by a delimiter or a wildcard.
    if (!(await isListed(domain, localPart))) unlisted.push(localPart);
  }
  return unlisted.sort();
}
