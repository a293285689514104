/** MX records written into a domain's zone and taken out again; the records as text for those who write them by hand. */
import { checkMxInput, type MxInput } from '../../doctor/mx-input.ts';
import type { MxRecordChange, MxRequest, SetMxResult } from '../../doctor/set-mx.ts';
import { shown } from '../../input/checked.ts';
import type { RelayDomain } from '../../domains/relay-domain.ts';
import { invalid, type UserError } from '../../input/user-error.ts';
import type { Context } from '../context.ts';
import type { MutationResolvers } from '../generated.ts';
import { once } from '../once.ts';

interface ZoneInput extends MxInput {
  readonly name: string;
  readonly idempotencyKey?: string | null | undefined;
}

interface MxPayload {
  readonly domain: RelayDomain | null;
  readonly zone: string | null;
  readonly records: readonly MxRecordChange[];
  readonly userErrors: readonly UserError[];
}

const payloadOf = (error: UserError): MxPayload => ({ domain: null, zone: null, records: [], userErrors: [error] });
const refused = (error: UserError): SetMxResult => ({ kind: 'REFUSED', error });

/** The secret of the key is part of nothing that is kept: the repetition of a request is known by the rest of it. */
async function changeZone(
  context: Context,
  mutation: string,
  { input, wish }: { readonly input: ZoneInput; readonly wish: MxRequest['wish'] },
): Promise<MxPayload> {
  const { deps, viewer } = context;
  const checked = checkMxInput(input);
  if (checked.kind === 'BAD') return payloadOf(checked.error);
  const { name, dnsServer, dryRun, idempotencyKey = null } = input;
  const told = { name, dnsServer, dryRun, wish, keyName: input.tsig?.keyName, idempotencyKey };
  const answer = await once(context, { mutation, input: told }, async (): Promise<SetMxResult> => {
    const domain = await deps.domains.findDomain(viewer, name);
    if (domain === null) {
      return refused({ field: ['name'], message: `You have no domain "${shown(name)}".`, code: 'NOT_FOUND' });
    }
    if (domain.status === 'PENDING') {
      return refused(invalid(['name'], `${domain.name} is not in service yet: its ownership is to be proven first.`));
    }
    return deps.setMx(viewer, domain, { ...checked.request, wish });
  });
  const result = answer.kind === 'REFUSED' ? answer : answer.value;
  if (result.kind === 'REFUSED') return payloadOf(result.error);
  const { zone, records } = result;
  return { domain: await deps.domains.findDomain(viewer, name), zone, records, userErrors: [] };
}

export const setMxMutations: MutationResolvers = {
  domainSetMx: (_parent, { input }, context) => {
    const wish = { preference: input.preference ?? null, isSandwich: input.sandwich ?? null };
    return changeZone(context, 'domainSetMx', { input, wish });
  },
  domainUnsetMx: (_parent, { input }, context) => changeZone(context, 'domainUnsetMx', { input, wish: null }),
};
