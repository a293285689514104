/**
 * Changes a relay domain: its route, its labels. What the input leaves out stays; null puts the default back.
 *
 * A new route raises the destination's generation, so that a refusal by a host of the old one counts as a deferral only.
 */
import { isDeepStrictEqual } from 'node:util';
import type { SqlExecutor } from '../db/client.ts';
import { recordEvent } from '../events/record.ts';
import type { Viewer } from '../mail/viewer.ts';
import { checkDeliverTo, checkLabels, errorsOf, type HostInput, type LabelInput } from './domain-input.ts';
import { type DomainChange, noSuchDomain, type RunChange } from './domain-change.ts';
import { lockDomain } from './domain-lock.ts';
import { DOMAIN_COLUMNS, type DomainRow, type RelayDomain, relayDomainOf } from './relay-domain.ts';
import type { UserError } from './user-error.ts';

export interface DomainUpdateInput {
  readonly name: string;
  /** Absent: unchanged. Null or empty: the MX records decide. */
  readonly deliverTo?: readonly HostInput[] | null | undefined;
  /** Absent: unchanged. Null or empty: none. */
  readonly labels?: readonly LabelInput[] | null | undefined;
  /** Refuse with CONFLICT unless the domain has this revision. */
  readonly expectedRevision?: number | null | undefined;
}

interface UpdateDependencies {
  readonly change: RunChange;
}

export function createDomainUpdate(deps: UpdateDependencies) {
  return async (viewer: Viewer, input: DomainUpdateInput): Promise<DomainChange> => {
    const deliverTo = input.deliverTo === undefined ? undefined : checkDeliverTo(input.deliverTo ?? []);
    const labels = input.labels === undefined ? undefined : checkLabels(input.labels ?? []);
    if (deliverTo?.kind === 'BAD' || labels?.kind === 'BAD') {
      const checks = [deliverTo, labels].filter((check) => check !== undefined);
      return { kind: 'REFUSED', errors: errorsOf(...checks), domain: null };
    }
    return lockDomain({ ...deps, viewer, name: input.name }, async (sql, domain) => {
      const conflict = checkRevision(domain, input.expectedRevision);
      if (conflict !== null) return { kind: 'REFUSED', errors: [conflict], domain };
      const wanted = {
        ...domain,
        deliverTo: deliverTo?.value ?? domain.deliverTo,
        labels: labels?.value ?? domain.labels,
      };
      // Writing what is there already is no change: its revision stays, so that a replayed plan is a no-op.
      if (isDeepStrictEqual(wanted, domain)) return { kind: 'DONE', domain };
      return store(sql, viewer, domain, wanted);
    });
  };
}

function checkRevision(domain: RelayDomain, expected: number | null | undefined): UserError | null {
  if (expected === undefined || expected === null || expected === domain.revision) return null;
  const message =
    `${domain.name} has revision ${domain.revision}, not ${expected}: somebody changed it meanwhile. ` +
    'Read it again and repeat with its revision.';
  return { field: ['expectedRevision'], message, code: 'CONFLICT' };
}

async function store(
  sql: SqlExecutor,
  viewer: Viewer,
  before: RelayDomain,
  wanted: RelayDomain,
): Promise<DomainChange> {
  const route = JSON.stringify(wanted.deliverTo);
  const [row] = await sql<DomainRow[]>`
    update domains
    set deliver_to = ${route}::text::jsonb,
        labels = ${JSON.stringify(wanted.labels)}::text::jsonb,
        revision = revision + 1,
        updated_at = bmx_now()
    where id = ${before.id}
    returning ${sql(DOMAIN_COLUMNS)}`;
  if (row === undefined) return noSuchDomain(before.name);

  // A claim that is not served yet has no say in where the mail of its name goes.
  if (before.status !== 'PENDING') {
    await sql`
      update destinations
      set deliver_to = ${route}::text::jsonb, route_generation = route_generation + 1
      where id = ${before.destinationId} and deliver_to is distinct from ${route}::text::jsonb`;
  }
  await recordEvent(sql, {
    tenantId: before.tenantId,
    destinationId: before.destinationId,
    messageId: null,
    kind: 'DOMAIN_UPDATED',
    facts: {
      name: before.name,
      by: viewer.tenantId,
      before: { deliverTo: before.deliverTo, labels: before.labels },
      after: { deliverTo: wanted.deliverTo, labels: wanted.labels },
    },
  });
  return { kind: 'DONE', domain: relayDomainOf(row) };
}
