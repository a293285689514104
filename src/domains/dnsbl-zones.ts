/**
 * The DNS lists that domains use, as their self-tests found them last; which are to be tested, and the events of a change.
 *
 * A zone is on until tests say otherwise: one that cannot be a list at once, one that is in trouble when the next test finds
 * it so again. It is on again with the first test that it passes. One node tests at a time, whichever comes first.
 * Events go to every tenant with a domain that uses the zone. Does not ask the DNS: policy/dnsbl/watch.ts does.
 */
import { ADVISORY_LOCKS } from '../db/advisory-locks.ts';
import type { Sql, SqlExecutor } from '../db/client.ts';
import { type EventKind, insertEvents } from '../events/record.ts';

/** A zone that is to be tested now. */
export interface DueZone {
  readonly zone: string;
  readonly isOn: boolean;
  /** Why it is off, or what made it suspicious. */
  readonly reason: string | null;
  /** It is its time; false when it is tested early. */
  readonly isRegular: boolean;
  /** The instant of the test before, as PostgreSQL writes it. */
  readonly checkedAt: string | null;
}

/** The result of a zone's test. */
export interface ZoneState {
  readonly zone: string;
  readonly isOn: boolean;
  readonly reason: string | null;
}

/** The result of a zone's test, and its reason when it was claimed for that test. */
export interface TestedZone extends ZoneState {
  readonly reasonBefore: string | null;
}

/** A zone that was switched on or off. */
export interface ZoneChange extends ZoneState {
  readonly kind: Extract<EventKind, 'DNSBL_ZONE_ON' | 'DNSBL_ZONE_OFF'>;
}

/** How the reason of a zone begins that is on and has failed a test: the next one decides. */
export const SUSPECT = 'Self-test failed once: ';
const MAX_ZONES_AT_ONCE = 100;

/** The zones of all domains, each once per tenant; several thousand domains are some milliseconds. */
const zonesInUse = (sql: SqlExecutor) => sql`
  select distinct tenant_id, entry ->> 'zone' as zone
  from domains, jsonb_array_elements(
    coalesce(dnsbl -> 'zones', '[]') || coalesce(dnsbl -> 'allowZones', '[]')) as entry
  where dnsbl <> '{}'`;

/**
 * The zones whose test is due, taken so that no other node has them too: new ones; every hour those that are well, every
 * five minutes those that are off; suspicious ones with the next round, `soon` at once. Zones that no domain uses are dropped.
 */
export async function claimDueZones(sql: Sql, soon: readonly string[]): Promise<DueZone[]> {
  return sql.begin(async (transaction) => {
    const [lock] = await transaction<{ is_ours: boolean }[]>`
      select pg_try_advisory_xact_lock(${ADVISORY_LOCKS.ZONE_TEST}) as is_ours`;
    if (lock?.is_ours !== true) return [];
    await transaction`
      with used as materialized (select distinct zone from (${zonesInUse(transaction)}) as by_tenant),
           gone as (delete from dnsbl_zones where not exists (select from used where used.zone = dnsbl_zones.zone))
      insert into dnsbl_zones (zone) select zone from used on conflict do nothing`;
    const due = await transaction<DueZone[]>`
      with states as (
        select *, checked_at is null or checked_at < bmx_now() - case
            when not is_on then interval '5 minutes'
            when starts_with(reason, ${SUSPECT}) then interval '20 seconds'
            else interval '1 hour' end as is_regular
        from dnsbl_zones)
      select zone, is_on as "isOn", reason, is_regular as "isRegular", states.checked_at::text as "checkedAt" from states
      where is_regular or zone = any(${[...soon]}::text[])
      order by checked_at nulls first, zone
      limit ${MAX_ZONES_AT_ONCE}`;
    await transaction`
      update dnsbl_zones set checked_at = bmx_now() where zone = any(${due.map(({ zone }) => zone)}::text[])`;
    return [...due];
  });
}

/** Puts zones back that could not be tested: they are as due as they were. */
export async function releaseDueZones(sql: SqlExecutor, zones: readonly DueZone[]): Promise<void> {
  await sql`
    update dnsbl_zones as z set checked_at = was.checked_at::timestamptz
    from unnest(${zones.map(({ zone }) => zone)}::text[], ${zones.map(({ checkedAt }) => checkedAt)}::text[])
      as was (zone, checked_at)
    where z.zone = was.zone`;
}

/**
 * Stores what the tests found, with the events of it. Returns the zones that are on now and were off, or the reverse.
 * What was noted of a zone meanwhile outlives a test that it passed: the test knows nothing of it.
 */
export async function storeZoneStates(sql: Sql, states: readonly TestedZone[]): Promise<ZoneChange[]> {
  return sql.begin(async (transaction) => {
    const zones = states.map(({ zone }) => zone);
    const rows = await transaction<{ zone: string; is_on: boolean }[]>`
      select zone, is_on from dnsbl_zones where zone = any(${zones}::text[]) order by zone for update`;
    const before = new Map(rows.map((row) => [row.zone, row.is_on]));
    await transaction`
      update dnsbl_zones as z
      set is_on = r.is_on, checked_at = bmx_now(),
          reason = case
            when r.is_on and starts_with(r.reason, ${SUSPECT}) is not true and z.reason is distinct from r.reason_before
            then z.reason else r.reason end,
          changed_at = case when z.is_on <> r.is_on then bmx_now() else z.changed_at end
      from unnest(${zones}::text[], ${states.map(({ isOn }) => String(isOn))}::text[]::bool[],
                  ${states.map(({ reason }) => reason)}::text[],
                  ${states.map(({ reasonBefore }) => reasonBefore)}::text[]) as r (zone, is_on, reason, reason_before)
      where z.zone = r.zone`;
    const changes = states
      .filter(({ zone, isOn }) => before.has(zone) && before.get(zone) !== isOn)
      .map(({ zone, isOn, reason }): ZoneChange => {
        return { zone, isOn, reason, kind: isOn ? 'DNSBL_ZONE_ON' : 'DNSBL_ZONE_OFF' };
      });
    await insertEvents(
      transaction,
      transaction`
        select used.tenant_id, null::uuid, null::uuid, c.kind, jsonb_build_object('zone', c.zone, 'reason', c.reason)
        from unnest(${changes.map(({ zone }) => zone)}::text[], ${changes.map(({ kind }) => kind)}::text[],
                    ${changes.map(({ reason }) => reason)}::text[]) as c (zone, kind, reason)
        join (${zonesInUse(transaction)}) as used on used.zone = c.zone`,
    );
    return changes;
  });
}

/** The zones that are off. */
export async function readOffZones(sql: SqlExecutor): Promise<string[]> {
  const rows = await sql<{ zone: string }[]>`select zone from dnsbl_zones where not is_on`;
  return rows.map(({ zone }) => zone);
}

/**
 * A zone answered about a client with what is no listing: stands as its reason until its next regular test, and as an event,
 * once an hour for each tenant.
 */
export async function noteZoneError(sql: Sql, zone: string, answer: string): Promise<void> {
  const kind: EventKind = 'DNSBL_ZONE_ERROR';
  await sql.begin(async (transaction) => {
    await transaction`
      update dnsbl_zones set reason = ${`Answered ${answer} about a client, which is no listing.`}
      where zone = ${zone} and is_on and (reason is null or not starts_with(reason, ${SUSPECT}))`;
    await insertEvents(
      transaction,
      transaction`
        select used.tenant_id, null::uuid, null::uuid, ${kind}::text,
          jsonb_build_object('zone', ${zone}::text, 'answer', ${answer}::text)
        from (${zonesInUse(transaction)}) as used
        where used.zone = ${zone} and not exists (
          select from events e
          where e.tenant_id = used.tenant_id and e.id > uuid_floor(clock_timestamp() - interval '1 hour')
            and e.kind = ${kind} and e.facts ->> 'zone' = ${zone})`,
    );
  });
}
