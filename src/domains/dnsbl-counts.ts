/**
 * How often a domain's senders were looked up in a DNS list, and listed, by destination, zone and day (UTC): added up in memory
 * (db/pending-sums.ts), written every few seconds.
 */
import type { SqlExecutor } from '../db/client.ts';
import type { Viewer } from '../mail/viewer.ts';
import { tenantScope } from '../db/fragments.ts';
import { createPendingSums } from '../db/pending-sums.ts';

export interface DnsblUse {
  readonly destinationId: string;
  readonly tenantId: string;
  readonly zone: string;
  readonly isListed: boolean;
}

export interface DnsblCounts {
  readonly count: (use: DnsblUse) => void;
  /** Writes what has come together. Rejects when the database does; the figures stay for the next time. */
  readonly flush: () => Promise<void>;
}

interface Sum extends Omit<DnsblUse, 'isListed'> {
  checked: number;
  listed: number;
}

export function createDnsblCounts(sql: SqlExecutor): DnsblCounts {
  const sums = createPendingSums<Sum>({
    keyOf: ({ destinationId, zone }) => `${destinationId} ${zone}`,
    join(sum, { checked, listed }) {
      sum.checked += checked;
      sum.listed += listed;
    },
    write: (written) => write(sql, written),
  });
  return {
    count: ({ isListed, ...use }) => sums.add({ ...use, checked: 1, listed: isListed ? 1 : 0 }),
    flush: sums.flush,
  };
}

/** Always in the same order: two nodes must not wait for each other crosswise. */
async function write(sql: SqlExecutor, sums: readonly Sum[]): Promise<void> {
  await sql`
    insert into dnsbl_counts as c (destination_id, tenant_id, zone, day, checked_count, listed_count)
    select destination_id, tenant_id, zone, (bmx_now() at time zone 'UTC')::date, checked, listed
    from unnest(${sums.map(({ destinationId }) => destinationId)}::uuid[], ${sums.map(({ tenantId }) => tenantId)}::uuid[],
                ${sums.map(({ zone }) => zone)}::text[], ${sums.map(({ checked }) => checked)}::bigint[],
                ${sums.map(({ listed }) => listed)}::bigint[]) as s (destination_id, tenant_id, zone, checked, listed)
    order by destination_id, zone
    on conflict (destination_id, zone, day) do update
      set checked_count = c.checked_count + excluded.checked_count, listed_count = c.listed_count + excluded.listed_count`;
}

/** Drops the figures of days more than 30 days ago. */
export async function dropOldDnsblCounts(sql: SqlExecutor): Promise<void> {
  await sql`delete from dnsbl_counts where day < (bmx_now() at time zone 'UTC')::date - 30`;
}

/** A zone as one destination uses it. */
export interface ZoneUseQuestion {
  readonly destinationId: string;
  readonly zone: string;
}

/** How a zone fares. */
export interface ZoneStanding {
  readonly isOn: boolean;
  /** Why it is off, or what it answered oddly. */
  readonly reason: string | null;
  /** The last self-test; null before the first. */
  readonly checkedAt: Date | null;
  /** Today and yesterday (UTC). */
  readonly checkedCount: number;
  readonly listedCount: number;
}

/** In the order of the questions; the figures of destinations that are not the viewer's are 0. */
export async function readZoneStandings(
  sql: SqlExecutor,
  viewer: Viewer,
  questions: readonly ZoneUseQuestion[],
): Promise<ZoneStanding[]> {
  return sql<ZoneStanding[]>`
    select coalesce(z.is_on, true) as "isOn", z.reason, z.checked_at as "checkedAt", c.checked_count as "checkedCount",
      c.listed_count as "listedCount"
    from unnest(${questions.map(({ destinationId }) => destinationId)}::uuid[],
                ${questions.map(({ zone }) => zone)}::text[]) with ordinality as asked (destination_id, zone, place)
    left join dnsbl_zones z using (zone)
    cross join lateral (
      select coalesce(sum(checked_count), 0)::bigint as checked_count, coalesce(sum(listed_count), 0)::bigint as listed_count
      from dnsbl_counts
      where destination_id = asked.destination_id and zone = asked.zone
        and day >= (bmx_now() at time zone 'UTC')::date - 1 and ${tenantScope(sql, viewer)}) as c
    order by asked.place`;
}
