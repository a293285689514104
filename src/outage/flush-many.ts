/**
 * Attempts requested for many domains at once: those of a tenant, those whose mail goes to one next hop, or all of a viewer.
 *
 * Promises: what happens to each is what requestFlush does (clock.ts), so a pause or an open breaker is treated the same. Only
 * domains that hold mail are asked for, which an index tells; counts are about a second late. A domain whose
 * requested attempt waits, or began within the last ten seconds, is left out: repetitions do not dial a primary again and again. Rows are written in groups, each in a
 * statement of its own; what is committed stays. A row that is locked at the moment is waited for alone: no two can wait crosswise.
 */
import type { Sql } from '../db/client.ts';
import { actor, allOf, type SqlFragment, tenantScope } from '../db/fragments.ts';
import { insertEvents } from '../events/record.ts';
import { normalizeDomain } from '../mail/domain.ts';
import { FIRST_ID } from '../mail/id.ts';
import { normalizeAddress } from '../mail/ip.ts';
import type { Viewer } from '../mail/viewer.ts';
import { askedNow } from './pause.ts';

/** Domains of one request; whoever has more repeats it. */
export const MOST_FLUSHED = 10_000;
/** Rows of a statement. */
const GROUP = 500;

/** A primary by its host name in the form of the DNS, or by its address. */
export type FlushedHop =
  | { readonly kind: 'NAME'; readonly name: string }
  | { readonly kind: 'ADDRESS'; readonly address: string };

/** Null: everything that the viewer may see. */
export interface FlushedDomains {
  readonly tenantId: string | null;
  readonly nextHop: FlushedHop | null;
}

/** `ALREADY_REQUESTED`: a requested attempt waits, or began within the last ten seconds. */
export type SkipReason = 'NOTHING_HELD' | 'ALREADY_REQUESTED';

export interface FlushedMany {
  readonly requestedCount: number;
  /** By reason; NOTHING_HELD is not counted for a next hop, which only held mail knows. */
  readonly skipped: ReadonlyMap<SkipReason, number>;
  /** There were more than MOST_FLUSHED. */
  readonly hasMore: boolean;
}

/** A next hop as a person types it; null if it is neither a host name nor an address. */
export function parseNextHop(text: string): FlushedHop | null {
  const given = text.trim();
  const address = normalizeAddress(given.replace(/^\[(?:ipv6:)?(.*)\]$/i, '$1'));
  if (address !== null) return { kind: 'ADDRESS', address };
  const name = normalizeDomain(given.replace(/\.$/, ''));
  return name === null ? null : { kind: 'NAME', name };
}

/** Requests an attempt for each of these domains that holds mail. O(domains that hold mail). */
export async function flushMany(sql: Sql, viewer: Viewer, which: FlushedDomains): Promise<FlushedMany> {
  const scope = scopeOf(sql, viewer, which.tenantId);
  let requestedCount = 0;
  let askedCount = 0;
  let from = { tenantId: FIRST_ID, id: FIRST_ID };
  for (;;) {
    const found = await sql<{ id: string; tenantId: string; isAsked: boolean }[]>`
      select id, tenant_id as "tenantId", coalesce(flush_requested_at is not null or asked_began_at > bmx_now() - interval '10 seconds', false) as "isAsked"
      from destinations d
      where oldest_accepted_at is not null and kind = 'RELAY' and ${scope} and ${goesTo(sql, which.nextHop)}
        and (tenant_id, id) > (${from.tenantId}::uuid, ${from.id}::uuid)
      order by tenant_id, id limit ${GROUP}`;
    const wanted = found.filter(({ isAsked }) => !isAsked).map(({ id }) => id);
    const taken = wanted.slice(0, MOST_FLUSHED - requestedCount);
    requestedCount += await requestAll(sql, viewer, scope, taken);
    askedCount += found.length - wanted.length;
    const last = found.at(-1);
    const hasMore = taken.length < wanted.length;
    if (hasMore || found.length < GROUP || last === undefined) {
      const idle = which.nextHop === null ? await countIdle(sql, scope) : 0;
      const skipped = new Map<SkipReason, number>([
        ['ALREADY_REQUESTED', askedCount],
        ['NOTHING_HELD', idle],
      ]);
      return { requestedCount, skipped, hasMore };
    }
    from = last;
  }
}

/** On a table with `tenant_id`, and no other with one. */
function scopeOf(sql: Sql, viewer: Viewer, tenantId: string | null): SqlFragment {
  const own = tenantScope(sql, viewer);
  return tenantId === null ? own : allOf(sql, [own, sql`tenant_id = ${tenantId}`]);
}

/** Returns how many were requested: of a domain that has another owner by now none is. */
async function requestAll(sql: Sql, viewer: Viewer, scope: SqlFragment, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  const request = async (some: readonly string[], lock: SqlFragment): Promise<readonly string[]> => {
    const event = sql`select tenant_id, id, null::uuid, 'DOMAIN_FLUSHED', ${actor(sql, viewer)} from flushed`;
    const rows = await sql<{ id: string }[]>`
      with locked as materialized (
        select id as locked_id from destinations where id = any(${[...some]}::uuid[]) and ${scope} ${lock}
      ), flushed as (
        update destinations d set ${askedNow(sql)} from locked where id = locked_id returning id, tenant_id
      ), recorded as (${insertEvents(sql, event)})
      select id from flushed`;
    return rows.map(({ id }) => id);
  };
  const done = new Set(await request(ids, sql`for no key update skip locked`));
  let count = done.size;
  for (const id of ids.filter((one) => !done.has(one))) count += (await request([id], sql`for no key update`)).length;
  return count;
}

/** Mail goes to it by settings, or the last attempt went there, or one of the open outage; `d` is a destination. */
function goesTo(sql: Sql, hop: FlushedHop | null): SqlFragment {
  if (hop === null) return sql`true`;
  const host = hop.kind === 'NAME' ? hop.name : hop.address;
  const isDialled = (dialled: SqlFragment) =>
    hop.kind === 'NAME'
      ? sql`${dialled} ->> 'host' = ${hop.name}`
      : sql`(starts_with(${dialled} ->> 'address', ${`${hop.address}:`}) or starts_with(${dialled} ->> 'address', ${`[${hop.address}]:`}))`;
  return sql`(
    deliver_to @> ${JSON.stringify([{ host }])}::text::jsonb
    or (deliver_to = '[]' or ${hop.kind === 'ADDRESS'}) and (
      last_attempt ->> 'tenantId' = tenant_id::text and ${isDialled(sql`last_attempt`)}
      or outage_id is not null and exists (
        select from outages o cross join jsonb_array_elements(o.evidence) as dial
        where o.id = d.outage_id and ${isDialled(sql`dial`)})))`;
}

/** Domains in service that hold no mail. */
async function countIdle(sql: Sql, scope: SqlFragment): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select ((select count(*) from domains where status <> 'PENDING' and ${scope})
      - (select count(*) from destinations where oldest_accepted_at is not null and kind = 'RELAY' and ${scope}))::integer as count`;
  return Math.max(row?.count ?? 0, 0);
}
