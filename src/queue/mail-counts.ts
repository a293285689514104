/**
 * How much ended badly, for digests: counted in the transaction in which it ends, and told once an hour as an event a domain.
 *
 * What is delivered costs nothing here: only who has failed or expired, and reports that are not made, leave a row.
 */
import type { SqlExecutor } from '../db/client.ts';
import { insertEvents } from '../events/record.ts';

export type CountedKind = 'FAILED' | 'EXPIRED' | 'REPORT_SUPPRESSED';

/** Counts mail of one destination. Writes no row when all counts are 0. */
export async function countMail(
  sql: SqlExecutor,
  destinationId: string,
  counts: Readonly<Partial<Record<CountedKind, number>>>,
): Promise<void> {
  const counted = Object.entries(counts).filter(([, count]) => count > 0);
  if (counted.length === 0) return;
  await sql`
    insert into mail_counts (destination_id, tenant_id, kind, count)
    select d.id, d.tenant_id, c.kind, c.count
    from destinations d, unnest(${counted.map(([kind]) => kind)}::text[], ${counted.map(([, count]) => count)}::integer[])
           as c (kind, count)
    where d.id = ${destinationId}`;
}

/** Recipients of mail that an attempt, an expiry or a verb has ended so. */
export function countEnded(
  sql: SqlExecutor,
  destinationId: string,
  results: readonly { readonly state: string; readonly isReport: boolean }[],
): Promise<void> {
  const mail = results.filter(({ isReport }) => !isReport);
  const failed = mail.filter(({ state }) => state === 'FAILED').length;
  const expired = mail.filter(({ state }) => state === 'EXPIRED').length;
  return countMail(sql, destinationId, { FAILED: failed, EXPIRED: expired });
}

const DIGEST_EVERY = '1 hour';
/** In one transaction. */
const MOST_DESTINATIONS = 100;
const MOST_ROWS = 100_000;

/**
 * Makes one event of each destination whose oldest count is an hour old, up to a bound; returns how many. Any number of nodes may
 * call it.
 */
export async function makeDigests(sql: SqlExecutor): Promise<number> {
  const digests = sql`
    select tenant_id, destination_id, null::uuid, 'MAIL_DIGEST', jsonb_build_object(
      'failedCount', coalesce(sum(count) filter (where kind = 'FAILED'), 0),
      'expiredCount', coalesce(sum(count) filter (where kind = 'EXPIRED'), 0),
      'reportsSuppressedCount', coalesce(sum(count) filter (where kind = 'REPORT_SUPPRESSED'), 0),
      'since', min(at), 'until', bmx_now())
    from taken group by destination_id, tenant_id`;
  const rows = await sql`
    with due as (
      select distinct destination_id from mail_counts
      where at <= bmx_now() - ${DIGEST_EVERY}::text::interval limit ${MOST_DESTINATIONS}
    ), taken as (
      delete from mail_counts where ctid = any(array(
        select m.ctid from mail_counts m join due using (destination_id) limit ${MOST_ROWS} for update of m skip locked))
      returning destination_id, tenant_id, kind, count, at
    )
    ${insertEvents(sql, digests)}`;
  return rows.count;
}
