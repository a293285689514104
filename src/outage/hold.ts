/**
 * How much longer than its lifetime a destination's mail is held: an operator's word for one outage.
 *
 * Expiry and what the API shows are computed from it, so it is in force at once for all that is held. It ends when what was
 * held in the outage is gone. Expires nothing: queue/expiry.ts does.
 */
import type { Sql } from '../db/client.ts';
import { insertEvents } from '../events/record.ts';
import { FIRST_ID, LAST_ID } from '../mail/id.ts';
import type { Viewer } from '../mail/viewer.ts';
import { actor, tenantScope } from '../db/fragments.ts';

/** From acceptance, lifetime and extension together: whoever is away for longer has moved away. */
export const MAX_HOLD_HOURS = 60 * 24;

export type HoldExtension =
  | { readonly kind: 'DONE' }
  /** No outage is open, or the destination is not the viewer's. */
  | { readonly kind: 'NO_OUTAGE' }
  /** Hours that mail is held now, the extension so far included. */
  | { readonly kind: 'TOO_LONG'; readonly presentHours: number };

/** Adds `hours`, a whole number above 0, to the hold of the outage that is open. */
export async function extendHold(
  sql: Sql,
  viewer: Viewer,
  destinationId: string,
  hours: number,
): Promise<HoldExtension> {
  const event = sql`
    select before.tenant_id, before.id, null::uuid, 'HOLD_EXTENDED', jsonb_build_object('outageId', before.outage_id,
      'hours', ${hours}::integer) || ${actor(sql, viewer)}
    from before join extended on extended.id = before.id`;
  const [row] = await sql<{ present_hours: number; is_done: boolean }[]>`
    with before as materialized (
      select d.id, d.tenant_id, d.outage_id, (extract(epoch from q.lifetime + d.hold_extension) / 3600)::float8 as present_hours
      from (select * from destinations where id = ${destinationId} and ${tenantScope(sql, viewer)} for update) as d
      cross join queue_limits q
      where d.outage_id is not null
    ), extended as (
      update destinations d set hold_extension = d.hold_extension + make_interval(hours => ${hours})
      from before where d.id = before.id and before.present_hours + ${hours} <= ${MAX_HOLD_HOURS}
      returning d.id
    ), recorded as (
      ${insertEvents(sql, event)}
    )
    select present_hours, exists (select from extended) as is_done from before`;
  if (row === undefined) return { kind: 'NO_OUTAGE' };
  return row.is_done ? { kind: 'DONE' } : { kind: 'TOO_LONG', presentHours: row.present_hours };
}

/** Ends the extensions of outages that are over and drained: no message is left from before their end. */
export async function endHoldExtensions(sql: Sql): Promise<void> {
  await sql`
    with drained as (
      select d.id, d.tenant_id from destinations d
      where d.hold_extension > interval '0' and d.outage_id is null
        and coalesce((
          -- By ids: an instant of a clock that was ahead says nothing of before and after.
          select case when o.held_through is null then oldest.accepted_at >= o.ended_at else oldest.id > o.held_through end
          from (
            select m.id, m.accepted_at from messages m
            where (m.destination_id, m.id) >= (d.id, ${FIRST_ID}::uuid) and (m.destination_id, m.id) <= (d.id, ${LAST_ID}::uuid)
            order by m.destination_id, m.id limit 1
          ) as oldest cross join (
            select ended_at, held_through from outages where destination_id = d.id
            order by destination_id desc, id desc limit 1
          ) as o
        ), true)
      for update of d skip locked
    ), ended as (
      update destinations d set hold_extension = interval '0' from drained where d.id = drained.id
    )
    ${insertEvents(sql, sql`select tenant_id, id, null::uuid, 'HOLD_EXTENSION_ENDED', '{}'::jsonb from drained`)}`;
}
