/** MX records written into a domain's zone and taken out again. */
import { checkMxInput, type MxInput, type MxRecordChange, type MxRequest } from '../../doctor/set-mx.ts';
import { findDomain } from '../../domains/domains.ts';
import type { RelayDomain } from '../../domains/relay-domain.ts';
import { refused } from '../../input/change.ts';
import type { UserError } from '../../input/user-error.ts';
import type { Context } from '../context.ts';
import type { MutationResolvers } from '../generated.ts';
import { findServed, once } from '../mutate.ts';

export const setMxMutations: MutationResolvers = {
  domainSetMx: (_parent, { input }, context) => {
    const wish = { preference: input.preference ?? null, isSandwich: input.sandwich ?? null };
    return changeZone(context, input, wish);
  },
  domainUnsetMx: (_parent, { input }, context) => changeZone(context, input, null),
};

interface ZoneInput extends MxInput {
  readonly name: string;
  readonly idempotencyKey?: string | null;
}

interface MxPayload {
  readonly domain: RelayDomain | null;
  readonly zone: string | null;
  readonly records: readonly MxRecordChange[];
  readonly userErrors: readonly UserError[];
}

/** The secret of the key is part of nothing that is kept: the repetition of a request is known by the rest of it. */
async function changeZone(context: Context, input: ZoneInput, wish: MxRequest['wish']): Promise<MxPayload> {
  const { sql, viewer } = context;
  const nothing = { domain: null, zone: null, records: [] };
  const checked = checkMxInput(input);
  if (checked.kind === 'BAD') return { ...nothing, userErrors: [checked.error] };
  const { name, dnsServer, dryRun, idempotencyKey = null } = input;
  const told = { name, dnsServer, dryRun, wish, keyName: input.tsig?.keyName, idempotencyKey };
  const result = await once(context, told, async () => {
    const domain = await findServed(context, name);
    if ('errors' in domain) return domain;
    const change = await context.setMx(viewer, domain, { ...checked.request, wish });
    return change.kind === 'DONE' ? change : refused(change.error);
  });
  if (result.kind === 'REFUSED') return { ...nothing, userErrors: result.errors };
  const { zone, records } = result;
  return { domain: await findDomain(sql, viewer, name), zone, records, userErrors: [] };
}
