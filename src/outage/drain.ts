/**
 * How fast a destination drains after an outage, and when what had piled up is gone.
 *
 * The owner measures every few seconds: the rate is what the count of held messages fell by since the last time, so no message
 * costs anything for it, and what comes in meanwhile counts against it. Drained is a destination when every message that it
 * held at the outage's end has ended, or was deferred for its own sake and waits on its own clock; these are counted then.
 * Instants alone do not say it: what was tried while the clock was ahead would look like what waits for a slot.
 */
import type { Sql } from '../db/client.ts';
import { type DrainedOutage, heldNow, recordDrained } from './lifecycle.ts';
import type { Owner } from './owner.ts';

export interface DrainGauge {
  /** Measures what this node drains. Returns the outages that have drained now. */
  measure(): Promise<DrainedOutage[]>;
}

interface Reading {
  readonly heldCount: number;
  readonly at: number;
}

export function createDrainGauge(deps: { readonly sql: Sql; readonly owner: () => Owner | null }): DrainGauge {
  const { sql } = deps;
  /** The destinations that drain here; replaced at each measurement, so it holds as many as drain. */
  let readings = new Map<string, Reading>();

  return {
    measure: async () => {
      const owner = deps.owner();
      if (owner === null) return [];
      const draining = await readDraining(sql);
      const now = new Map<string, Reading>();
      const rates = new Map<string, number>();
      for (const { destinationId, node, heldCount, at } of draining) {
        const last = readings.get(destinationId);
        if (node !== owner.node && (node !== null || last === undefined)) continue;
        now.set(destinationId, { heldCount, at });
        const seconds = last === undefined ? 0 : at - last.at;
        if (last !== undefined && seconds > 0)
          rates.set(destinationId, Math.max(0, (last.heldCount - heldCount) / seconds));
      }
      readings = now;
      if (rates.size > 0) await storeRates(sql, rates);
      const done = draining.filter(({ isWaiting }) => !isWaiting).map(({ outageId }) => outageId);
      return done.length === 0 ? [] : recordDrained(sql, done);
    },
  };
}

interface Draining extends Reading {
  readonly outageId: string;
  readonly destinationId: string;
  readonly node: number | null;
  readonly isWaiting: boolean;
}

/** Ended outages that are not known to have drained; what ended long ago is not looked for any more. O(those). */
async function readDraining(sql: Sql): Promise<Draining[]> {
  return sql<Draining[]>`
    select o.id as "outageId", d.id as "destinationId", d.owner_node as node,
      ${heldNow(sql)} as "heldCount",
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
