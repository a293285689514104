/**
 * A domain's destination, as far as settings are concerned: who owns it, and where its mail goes.
 *
 * A mere claim owns nothing: what waits for that name is the service's own mail or another's.
 */
import type { SqlExecutor } from '../db/client.ts';
import { OPERATOR_TENANT_ID } from '../mail/viewer.ts';
import { type ClosedOutage, endOutagesOfOthers } from '../outage/lifecycle.ts';
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

/**
 * Gives destinations to served domains: our reports went there before, or earlier domains left them. Returns the outages of
 * former owners that it ended.
 */
export async function adoptDestinations(
  sql: SqlExecutor,
  adoptions: readonly Adoption[],
): Promise<readonly ClosedOutage[]> {
  const rows = JSON.stringify(
    adoptions.map(({ tenantId, destinationId, settings: { deliverTo, tlsPolicy, drainPerMinute } }) => ({
      id: destinationId,
      tenant_id: tenantId,
      deliver_to: deliverTo,
      tls_policy: tlsPolicy,
      drain_per_minute: drainPerMinute,
    })),
  );
  const ended = await endOutagesOfOthers(sql, rows);
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
  return ended;
}

/**
 * REFUSALS: the mailboxes that the primary of before did not know, and its limits; what it knew goes on to count, which is the
 * safe side. ALL: a domain that is added anew, perhaps by somebody else, begins with nothing.
 */
export type Forgotten = 'REFUSALS' | 'ALL';

/** Clears what callouts have shown of these recipients; deliveries stay. */
export async function clearAnswers(
  sql: SqlExecutor,
  destinationId: string,
  localParts: readonly string[],
): Promise<void> {
  await sql`
    update recipient_answers
    set answer = null, answered_at = null, refresh_at = null, expires_at = null, reply = null, suspected_at = null
    where destination_id = ${destinationId} and local_part = any(${[...localParts]}::text[])`;
}

/**
 * Part of the transaction that changes the route or makes the domain anew. Nodes drop what they have in memory when they see the
 * domain as it is then (policy/recipient.ts).
 */
export async function forgetAnswers(
  sql: SqlExecutor,
  destinationIds: readonly string[],
  what: Forgotten,
): Promise<void> {
  const ids = sql`${[...destinationIds]}::uuid[]`;
  await sql`
    with old as materialized (
      select destination_id, local_part, delivered_at is null and answer is distinct from 'POSITIVE' or ${what === 'ALL'} as is_all
      from recipient_answers
      where destination_id = any(${ids})
        and (${what === 'ALL'} or answer = 'NEGATIVE' or suspected_at is not null)
      order by destination_id, local_part
      for update
    ), kept as (
      update recipient_answers r
      set suspected_at = null, answer = nullif(r.answer, 'NEGATIVE'), reply = case when r.answer = 'POSITIVE' then r.reply end,
          answered_at = case when r.answer = 'POSITIVE' then r.answered_at end,
          refresh_at = case when r.answer = 'POSITIVE' then r.refresh_at end,
          expires_at = case when r.answer = 'POSITIVE' then r.expires_at end
      from old where not old.is_all and r.destination_id = old.destination_id and r.local_part = old.local_part
    )
    delete from recipient_answers r
    using old where old.is_all and r.destination_id = old.destination_id and r.local_part = old.local_part`;
  await sql`delete from primaries where destination_id = any(${ids})`;
}
