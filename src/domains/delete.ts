/**
 * Removes a relay domain: no more mail is accepted for it. What it holds needs a decision, so none is lost by accident.
 *
 * The destination stays, with its clock and what it still holds: DELIVER_FIRST mail goes on being tried until it ends.
 */
import type { SqlExecutor } from '../db/client.ts';
import { recordEvent } from '../events/record.ts';
import { actorOf, type Viewer } from '../mail/viewer.ts';
import type { RecipientListWork } from './create.ts';
import { lockDomain } from './lock.ts';
import { askedNow } from './asked-attempt.ts';
import type { DomainChange, RunChange } from './change.ts';
import type { RelayDomain } from './relay-domain.ts';
import { tenantScope } from '../db/fragments.ts';

/** DELIVER_FIRST: keep trying to hand over what is held. CANCEL: end it without report to its senders. */
export type HeldMailChoice = 'DELIVER_FIRST' | 'CANCEL';

export interface DomainDeleteInput {
  readonly name: string;
  readonly held?: HeldMailChoice | null | undefined;
}

/** Cancels all that the viewer's destination holds, in transactions of its own. */
export type CancelHeld = (viewer: Viewer, destinationId: string, reason: string) => Promise<unknown>;

interface DeletionDependencies {
  readonly cancelHeld: CancelHeld;
  readonly recipientLists: RecipientListWork;
  readonly change: RunChange;
}

export function createDomainDeletion(deps: DeletionDependencies) {
  return async (viewer: Viewer, input: DomainDeleteInput): Promise<DomainChange> => {
    const result = await lockDomain(
      { ...deps, viewer, name: input.name, withDestination: true },
      async (sql, domain) => {
        return removeDomain(sql, viewer, { domain, held: input.held ?? null, lists: deps.recipientLists });
      },
    );
    // After the domain is gone, so that nothing is accepted behind the back of the cancelling. A node that dies in the
    // middle of it leaves the rest held, and it is delivered: the safe side.
    if (result.kind === 'DONE' && result.domain.status !== 'PENDING' && input.held === 'CANCEL') {
      await deps.cancelHeld(viewer, result.domain.destinationId, `domain ${result.domain.name} deleted`);
    }
    return result;
  };
}

interface Removal {
  readonly domain: RelayDomain;
  readonly held: HeldMailChoice | null;
  readonly lists: Pick<RecipientListWork, 'remove'>;
}

/** Removes a locked domain; what it holds is not cancelled yet. */
export async function removeDomain(
  sql: SqlExecutor,
  viewer: Viewer,
  { domain, held, lists }: Removal,
): Promise<DomainChange> {
  if (domain.status === 'SUSPENDED' && !viewer.isOperator) return refuseSuspended(domain);
  // A claim that was never served holds nothing: what its destination holds is another's.
  const heldCount = domain.status === 'PENDING' ? 0 : await countHeld(sql, viewer, domain.destinationId);
  if (heldCount > 0 && held === null) return refuseHeld(domain, heldCount);
  await sql`delete from domains where id = ${domain.id}`;
  await lists.remove(sql, domain.id);
  if (domain.status !== 'PENDING') await freeDestination(sql, viewer, domain.destinationId);
  await recordEvent(sql, {
    tenantId: domain.tenantId,
    destinationId: domain.destinationId,
    messageId: null,
    kind: 'DOMAIN_DELETED',
    facts: { name: domain.name, ...actorOf(viewer), heldCount, held },
  });
  return { kind: 'DONE', domain };
}

/**
 * What only the domain's owner could end goes with the domain: a pause, an open breaker. What is held goes on being tried, and
 * who adds the name next begins without them.
 */
async function freeDestination(sql: SqlExecutor, viewer: Viewer, destinationId: string): Promise<void> {
  await sql`
    update destinations d
    set ${askedNow(sql, sql`(d.first_failure_at is not null and (d.is_paused or d.breaker = 'OPEN'))`)},
        is_paused = false, pause_from = null, pause_until = null, pause_reason = null,
        breaker = 'CLOSED', breaker_since = null, breaker_reply = null, trial_count = 0
    where id = ${destinationId} and ${tenantScope(sql, viewer)}`;
}

/** Exact: the folded total and what is not yet folded, in one snapshot. */
async function countHeld(sql: SqlExecutor, viewer: Viewer, destinationId: string): Promise<number> {
  const [row] = await sql<{ held_count: number }[]>`
    select (held_count + coalesce((select sum(held_count) from queue_delta where destination_id = ${destinationId}), 0))::bigint
             as held_count
    from destinations
    where id = ${destinationId} and ${tenantScope(sql, viewer)}`;
  return row?.held_count ?? 0;
}

/** Added and proven anew, it would be in service again. */
function refuseSuspended(domain: RelayDomain): DomainChange {
  const message = `${domain.name} is suspended by the operator, who alone can remove it now. Ask the operator of this service.`;
  return { kind: 'REFUSED', errors: [{ field: [], message, code: 'FORBIDDEN' }], domain };
}

function refuseHeld(domain: RelayDomain, heldCount: number): DomainChange {
  const mail = heldCount === 1 ? '1 message is held' : `${heldCount} messages are held`;
  const message =
    `${mail} for ${domain.name}. Repeat with held: DELIVER_FIRST to stop accepting mail and go on delivering these, ` +
    'or with held: CANCEL to throw them away; their senders are not told.';
  return { kind: 'REFUSED', errors: [{ field: ['held'], message, code: 'HELD_MAIL' }], domain };
}
