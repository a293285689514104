/**
 * How fast a destination drains after an outage, and when what had piled up is gone.
 *
 * The owner looks every few seconds: the rate is what the count of held messages fell by since its last look, so no message
 * costs anything for it, and what comes in meanwhile counts against it. Drained is a destination none of whose messages has
 * waited since before the outage's end, in hand or not; those deferred since for their own sake wait on their own clocks.
 */
import type { Sql } from '../db/client.ts';
import type { Owner } from './owner.ts';

export interface DrainedOutage {
  readonly domain: string;
  /** From the end of the outage. */
  readonly durationMs: number;
}

export interface DrainGauge {
  /** Measures what this node drains. Returns the outages whose mail is gone now. */
  measure(): Promise<DrainedOutage[]>;
}

interface Look {
  readonly heldCount: number;
  readonly at: number;
}

export function createDrainGauge(deps: { readonly sql: Sql; readonly owner: () => Owner | null }): DrainGauge {
  const { sql } = deps;
  /** Of the destinations that drain here; replaced at each look, so as many as drain. */
  let looks = new Map<string, Look>();

  return {
    measure: async () => {
      const owner = deps.owner();
      if (owner === null) return [];
      const draining = await readDraining(sql);
      const now = new Map<string, Look>();
      const rates = new Map<string, number>();
      for (const { destinationId, node, heldCount, at } of draining) {
        const last = looks.get(destinationId);
        if (node !== owner.node && (node !== null || last === undefined)) continue;
        now.set(destinationId, { heldCount, at });
        const seconds = last === undefined ? 0 : at - last.at;
        if (last !== undefined && seconds > 0)
          rates.set(destinationId, Math.max(0, (last.heldCount - heldCount) / seconds));
      }
      looks = now;
      if (rates.size > 0) await storeRates(sql, rates);
      const gone = draining.filter(({ isWaiting }) => !isWaiting).map(({ outageId }) => outageId);
      return gone.length === 0 ? [] : recordDrained(sql, gone);
    },
  };
}

interface Draining extends Look {
  readonly outageId: string;
  readonly destinationId: string;
  readonly node: number | null;
  readonly isWaiting: boolean;
}

/** Ended outages whose mail is not known to be gone; what ended long ago is not looked for any more. O(those). */
async function readDraining(sql: Sql): Promise<Draining[]> {
  return sql<Draining[]>`
    select o.id as "outageId", d.id as "destinationId", d.owner_node as node,
      (d.held_count + coalesce((
        select sum(q.held_count) from queue_delta q where q.destination_id = d.id), 0))::bigint as "heldCount",
      extract(epoch from clock_timestamp())::float8 as at,
      coalesce((
        select m.next_attempt_at <= o.ended_at from messages m
        where m.destination_id = d.id order by m.next_attempt_at, m.id limit 1), false)
        -- What is in hand has its next attempt stored already.
        or exists (
          select from messages m
          where m.claimed_by is not null and m.destination_id = d.id and m.accepted_at <= o.ended_at) as "isWaiting"
    from outages o join destinations d on d.id = o.destination_id
    where o.id > uuid_floor(bmx_now() - interval '60 days') and o.ended_at is not null and o.drained_at is null
      and o.held_at_end is not null`;
}

async function storeRates(sql: Sql, rates: ReadonlyMap<string, number>): Promise<void> {
  await sql`
    update destinations d set drain_rate = r.rate, drain_measured_at = bmx_now()
    from unnest(${[...rates.keys()]}::uuid[], ${[...rates.values()]}::float8[]) as r (id, rate)
    where d.id = r.id`;
}

async function recordDrained(sql: Sql, outageIds: readonly string[]): Promise<DrainedOutage[]> {
  const rows = await sql<{ domain: string; duration_ms: number }[]>`
    with drained as (
      update outages o set drained_at = bmx_now()
      from destinations d
      where o.id = any(${[...outageIds]}::uuid[]) and o.drained_at is null and d.id = o.destination_id
      returning o.id, o.tenant_id, o.destination_id, d.name, o.drained_at - o.ended_at as lasted
    ), told as (
      insert into events (id, tenant_id, destination_id, kind, facts)
      select new_id(), tenant_id, destination_id, 'OUTAGE_DRAINED', jsonb_build_object('outageId', id) from drained
    )
    select name as domain, (extract(epoch from lasted) * 1000)::float8 as duration_ms from drained`;
  return rows.map((row) => ({ domain: row.domain, durationMs: Math.round(row.duration_ms) }));
}
