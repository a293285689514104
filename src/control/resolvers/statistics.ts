/** Statistics: `flow` of a domain, a tenant and the service, and `rejectionCounts`. */
import { GraphQLError } from 'graphql';
import type { RelayDomain } from '../../domains/relay-domain.ts';
import { findDomain } from '../../domains/domains.ts';
import { OPERATOR_TENANT_ID, type Viewer } from '../../mail/viewer.ts';
import { type FlowSlot, readDestinationFlows, readServiceFlow, readTenantFlows } from '../../stats/flow.ts';
import { readRejectionCounts, type RejectionSlot } from '../../stats/rejection-counts.ts';
import { SERVICE_SUBJECT, type SlotQuestion } from '../../stats/slots.ts';
import type { Tenant } from '../../tenants/tenants.ts';
import type { Context } from '../context.ts';
import { RejectionCode, type RejectionCountResolvers } from '../generated.ts';
import { storedValue } from '../stored-values.ts';
import { MAX_SLOTS } from '../admission/limits.ts';

interface RangeArgs {
  readonly since: Date;
  readonly until?: Date | null;
  readonly slots: number;
}

export function domainFlow(domain: RelayDomain, args: RangeArgs, { load }: Context): Promise<readonly FlowSlot[]> {
  const { destinationId: subjectId, tenantId } = domain;
  return load.each(readDestinationFlows, { ...rangeOf(args), subjectId, tenantId });
}

export function tenantFlow({ id }: Tenant, args: RangeArgs, { load }: Context): Promise<readonly FlowSlot[]> {
  return load.each(readTenantFlows, { ...rangeOf(args), subjectId: id, tenantId: id });
}

/** Null for anybody but the operator. */
export async function serviceFlow(args: RangeArgs, { sql, viewer }: Context): Promise<readonly FlowSlot[] | null> {
  return viewer.isOperator ? readServiceFlow(sql, viewer, rangeOf(args)) : null;
}

export const RejectionCount: RejectionCountResolvers = { code: ({ code }) => storedValue(RejectionCode, code) };

/** The refusals for one domain, or for all that the viewer sees. Null: the viewer has no such domain. */
export async function rejectionCounts(
  { domain: name, ...args }: RangeArgs & { readonly domain?: string | null },
  { sql, viewer }: Context,
): Promise<readonly RejectionSlot[] | null> {
  const range = rangeOf(args);
  if (name === null || name === undefined) return readRejectionCounts(sql, viewer, { ...range, ...allOf(viewer) });
  const domain = await findDomain(sql, viewer, name);
  if (domain === null) return null;
  const { destinationId: subjectId, tenantId } = domain;
  return readRejectionCounts(sql, viewer, { ...range, subjectId, tenantId });
}

function allOf({ isOperator, tenantId }: Viewer): Pick<SlotQuestion, 'subjectId' | 'tenantId'> {
  return isOperator ? { subjectId: SERVICE_SUBJECT, tenantId: OPERATOR_TENANT_ID } : { subjectId: tenantId, tenantId };
}

/** Throws the error the caller sees when the range has no length, or `slots` is out of bounds. */
function rangeOf({ since, until = null, slots }: RangeArgs): Pick<SlotQuestion, 'since' | 'until' | 'slots'> {
  if (slots < 1 || slots > MAX_SLOTS) throw badRange('slots', `must lie between 1 and ${MAX_SLOTS}.`);
  if (until !== null && until.getTime() <= since.getTime()) throw badRange('until', 'must be later than since.');
  return { since, until, slots };
}

function badRange(argument: string, rule: string): GraphQLError {
  return new GraphQLError(`${argument} ${rule}`, { extensions: { code: 'BAD_USER_INPUT', path: [argument] } });
}
