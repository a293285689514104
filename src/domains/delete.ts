/**
 * Removes a relay domain: no more mail is accepted for it. What it holds needs a decision, so none is lost by accident.
 *
 * The destination stays, with its clock and what it still holds: DELIVER_FIRST mail goes on being tried until it ends.
 */
import type { SqlExecutor } from '../db/client.ts';
import { insertEvents } from '../events/record.ts';
import { actorOf, type Viewer } from '../mail/viewer.ts';
import { closeBreaker } from '../outage/breaker.ts';
import { heldNow } from '../outage/lifecycle.ts';
import { askedNow, endPause } from '../outage/pause.ts';
import { changeDomain, type ChangingDomains, type DomainChange, recordOf, refuse } from './change.ts';
import type { RelayDomain } from './relay-domain.ts';
import { deleteEntries } from './user-list/store.ts';
import { tenantScope } from '../db/fragments.ts';

/** DELIVER_FIRST: keep trying to hand over what is held. CANCEL: end it without report to its senders. */
export type HeldMailChoice = 'DELIVER_FIRST' | 'CANCEL';

export interface DomainDeleteInput {
  readonly name: string;
  readonly held?: HeldMailChoice | null | undefined;
}

/** Removes the domain. With CANCEL the caller cancels what is held after that, so that nothing is accepted while it is cancelled. */
export function deleteDomain(
  domains: ChangingDomains,
  viewer: Viewer,
  { name, held = null }: DomainDeleteInput,
): Promise<DomainChange> {
  return changeDomain(domains, viewer, { name, withDestination: true }, (sql, domain) =>
    removeDomain(sql, viewer, { domain, held }),
  );
}

/** Removes a locked domain; what it holds is not cancelled yet. */
export async function removeDomain(
  sql: SqlExecutor,
  viewer: Viewer,
  { domain, held }: { readonly domain: RelayDomain; readonly held: HeldMailChoice | null },
): Promise<DomainChange> {
  if (domain.status === 'SUSPENDED' && !viewer.isOperator) return refuseSuspended(domain);
  // A claim that was never served holds nothing: what its destination holds is another's.
  const heldCount = domain.status === 'PENDING' ? 0 : await countHeld(sql, viewer, domain.destinationId);
  if (heldCount > 0 && held === null) return refuseHeld(domain, heldCount);
  await sql`delete from domains where id = ${domain.id}`;
  await deleteEntries(sql, domain.id);
  const hasClosedBreaker = domain.status !== 'PENDING' && (await freeDestination(sql, viewer, domain.destinationId));
  await recordOf(sql, domain, 'DOMAIN_DELETED', { ...actorOf(viewer), heldCount, held });
  return { kind: 'DONE', domain, hasClosedBreaker };
}

/**
 * A pause and an open breaker, which only the domain's owner could end, go with the domain. Held mail is still tried, and
 * who adds the name next begins without them. True: a breaker was open or in trial.
 */
async function freeDestination(sql: SqlExecutor, viewer: Viewer, destinationId: string): Promise<boolean> {
  const closing = sql`
    select tenant_id, id, null::uuid, 'BREAKER_CLOSED', jsonb_build_object('reason', 'the domain was deleted', 'from', breaker)
    from before where breaker <> 'CLOSED'`;
  const [row] = await sql<{ has_closed: boolean }[]>`
    with before as materialized (
      select id, tenant_id, breaker from destinations
      where id = ${destinationId} and ${tenantScope(sql, viewer)} for update
    ), recorded as (
      ${insertEvents(sql, closing)}
    )
    update destinations d
    set ${askedNow(sql, sql`(d.first_failure_at is not null and (d.is_paused or d.breaker = 'OPEN'))`)},
        ${endPause(sql)}, ${closeBreaker(sql)}
    from before where d.id = before.id
    returning before.breaker <> 'CLOSED' as has_closed`;
  return row?.has_closed === true;
}

/** Exact: the folded total and what is not yet folded, in one snapshot. */
async function countHeld(sql: SqlExecutor, viewer: Viewer, destinationId: string): Promise<number> {
  const [row] = await sql<{ held_count: number }[]>`
    select ${heldNow(sql)} as held_count from destinations d
    where id = ${destinationId} and ${tenantScope(sql, viewer)}`;
  return row?.held_count ?? 0;
}

/** Added and proven anew, it would be in service again. */
function refuseSuspended(domain: RelayDomain): DomainChange {
  const message = `${domain.name} is suspended by the operator, who alone can remove it now. Ask the operator of this service.`;
  return refuse({ path: [], message, code: 'FORBIDDEN' }, domain);
}

function refuseHeld(domain: RelayDomain, heldCount: number): DomainChange {
  const mail = heldCount === 1 ? '1 message is held' : `${heldCount} messages are held`;
  const message =
    `${mail} for ${domain.name}. Repeat with held: DELIVER_FIRST to stop accepting mail and go on delivering these, ` +
    'or with held: CANCEL to throw them away; their senders are not told.';
  return refuse({ path: ['held'], message, code: 'HELD_MAIL' }, domain);
}
