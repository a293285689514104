/**
 * A domain's destination, as far as settings are concerned: who owns it, and where its mail goes.
 *
 * A mere claim owns nothing: what waits for that name is the service's own mail or another's.
 */
import type { SqlExecutor } from '../db/client.ts';
import { newId } from '../mail/id.ts';
import { OPERATOR_TENANT_ID } from '../mail/viewer.ts';
import type { DomainSettings } from './domain-settings.ts';

/**
 * Locks the destinations of these names until COMMIT, where there are any: before their domains, and those before their tenant.
 * One order for all who change domains, so that none waits for another crosswise. `made`: names whose destinations are to be there.
 */
export async function lockDestinations(
  sql: SqlExecutor,
  names: readonly string[],
  made: readonly string[] = [],
): Promise<void> {
  if (made.length > 0) {
    await sql`
      insert into destinations (id, tenant_id, name, kind)
      select new_id(), ${OPERATOR_TENANT_ID}::uuid, name, 'INTERNAL' from unnest(${[...made]}::text[]) as name order by name
      on conflict do nothing`;
  }
  await sql`select from destinations where name = any(${[...names]}::text[]) order by name for no key update`;
}

/** The destination of this name, made if need be, locked against another change at the same time. Returns its id. */
export async function lockDestination(sql: SqlExecutor, name: string): Promise<string> {
  const [row] = await sql<{ id: string }[]>`
    insert into destinations (id, tenant_id, name, kind)
    values (${newId()}, ${OPERATOR_TENANT_ID}, ${name}, 'INTERNAL')
    on conflict (name) do update set name = excluded.name
    returning id`;
  if (row === undefined) throw new Error('an upsert returned no row');
  return row.id;
}

interface Adoption {
  readonly tenantId: string;
  readonly destinationId: string;
  readonly settings: DomainSettings;
}

/** From now on a served domain's: where our reports went before, or what an earlier domain left behind. */
export async function adoptDestination(
  sql: SqlExecutor,
  { tenantId, destinationId, settings: { deliverTo, tlsPolicy, drainPerMinute } }: Adoption,
): Promise<void> {
  await endOutages(sql, tenantId, destinationId);
  const route = JSON.stringify(deliverTo);
  await sql`
    update destinations
    set kind = 'RELAY',
        tenant_id = ${tenantId},
        deliver_to = ${route}::text::jsonb,
        tls_policy = ${tlsPolicy},
        drain_per_minute = ${drainPerMinute},
        route_generation = route_generation + (deliver_to is distinct from ${route}::text::jsonb)::integer
    where id = ${destinationId}`;
}

/**
 * Another owner's outages are over for him: what the primary says from now on is not his to know. The clock begins anew, so that
 * the new owner has an outage of his own if the primary is still away.
 */
async function endOutages(sql: SqlExecutor, tenantId: string, destinationId: string): Promise<void> {
  await sql`
    with others as (
      select id, tenant_id, ended_at is null as is_open from outages
      where destination_id = ${destinationId} and tenant_id <> ${tenantId} and (ended_at is null or drained_at is null)
    ), stopped as (
      update destinations d
      set first_failure_at = null, next_attempt_at = null, outage_id = null, probe_cursor = null
      from others where others.is_open and d.id = ${destinationId}
    ), told as (
      insert into events (id, tenant_id, destination_id, kind, facts)
      select new_id(), tenant_id, ${destinationId}::uuid, 'OUTAGE_CLOSED',
        jsonb_build_object('outageId', id, 'reason', 'the domain has another owner')
      from others where is_open
    )
    update outages o set ended_at = coalesce(o.ended_at, bmx_now()), drained_at = bmx_now()
    from others where o.id = others.id`;
}
