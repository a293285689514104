/**
 * A domain's destination, as far as settings are concerned: who owns it, and where its mail goes.
 *
 * A mere claim owns nothing: what waits for that name is the service's own mail or another's.
 */
import type { SqlExecutor } from '../db/client.ts';
import { OPERATOR_TENANT_ID } from '../mail/viewer.ts';
import { endOutagesOfOthers } from '../outage/lifecycle.ts';
import type { DomainSettings } from './relay-domain.ts';

/**
 * Locks the destinations of these names until COMMIT, where there are any: before their domains, and those before their tenant.
 * One order for all who change domains, so that none waits for another crosswise. `made`: names whose destinations are to be there.
 * Returns ids by name.
 */
export async function lockDestinations(
  sql: SqlExecutor,
  names: readonly string[],
  made: readonly string[] = [],
): Promise<ReadonlyMap<string, string>> {
  if (made.length > 0) {
    await sql`
      insert into destinations (id, tenant_id, name, kind)
      select new_id(), ${OPERATOR_TENANT_ID}::uuid, name, 'INTERNAL' from unnest(${[...made]}::text[]) as name order by name
      on conflict do nothing`;
  }
  const rows = await sql<{ name: string; id: string }[]>`
    select name, id from destinations where name = any(${[...names]}::text[]) order by name for no key update`;
  return new Map(rows.map(({ name, id }) => [name, id]));
}

interface Adoption {
  readonly tenantId: string;
  readonly destinationId: string;
  readonly settings: DomainSettings;
}

/** From now on served domains': where our reports went before, or what earlier domains left behind. */
export async function adoptDestinations(sql: SqlExecutor, adoptions: readonly Adoption[]): Promise<void> {
  const rows = JSON.stringify(
    adoptions.map(({ tenantId, destinationId, settings: { deliverTo, tlsPolicy, drainPerMinute } }) => ({
      id: destinationId,
      tenant_id: tenantId,
      deliver_to: deliverTo,
      tls_policy: tlsPolicy,
      drain_per_minute: drainPerMinute,
    })),
  );
  await endOutagesOfOthers(sql, rows);
  await sql`
    update destinations d
    set kind = 'RELAY',
        tenant_id = a.tenant_id,
        deliver_to = a.deliver_to,
        tls_policy = a.tls_policy,
        drain_per_minute = a.drain_per_minute,
        route_generation = route_generation + (d.deliver_to is distinct from a.deliver_to)::integer
    from jsonb_to_recordset(${rows}::text::jsonb)
      as a (id uuid, tenant_id uuid, deliver_to jsonb, tls_policy text, drain_per_minute integer)
    where d.id = a.id`;
}
