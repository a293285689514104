/** The operator's verbs on a domain: change with its dry run, flush, pause, resume, a longer hold. */
import type { DomainChange } from '../../domains/change.ts';
import { noSuchDomain } from '../../domains/change.ts';
import type { DomainUpdateInput } from '../../domains/update.ts';
import type { RelayDomain } from '../../domains/relay-domain.ts';
import { invalid, type UserError } from '../../input/user-error.ts';
import type { Context } from '../context.ts';
import type { DomainResolvers, MutationResolvers } from '../generated.ts';
import { onDomain } from '../on-domain.ts';
import type { Call } from '../once.ts';
import { checkReason } from '../reason.ts';

export const pauseOfDomain = {
  pause: (domain, _args, { load }) => load.pause(domain.destinationId),
} satisfies DomainResolvers;

function refuse(error: UserError): DomainChange {
  return { kind: 'REFUSED', errors: [error], domain: null };
}

/** A domain that is in service: a mere claim has no say in what becomes of the mail of its name. */
async function onServed(
  { deps, viewer }: Context,
  name: string,
  work: (domain: RelayDomain) => Promise<UserError | null>,
): Promise<DomainChange> {
  const domain = await deps.domains.findDomain(viewer, name);
  if (domain === null) return noSuchDomain(name);
  if (domain.status === 'PENDING') {
    return refuse(invalid(['name'], `${domain.name} is not in service yet: its ownership is to be proven first.`));
  }
  const error = await work(domain);
  return error === null ? { kind: 'DONE', domain } : refuse(error);
}

/** `dryRun`: what the change would do, nothing being changed. */
async function updateDomain(
  context: Context,
  { mutation, input: given }: Call<DomainUpdateInput & { readonly dryRun?: boolean | null | undefined }>,
) {
  const { dryRun, ...input } = given;
  const { deps, viewer, load } = context;
  if (dryRun !== true) {
    const change = await onDomain(context, { mutation, input }, (changes) =>
      deps.domains.updateDomain(viewer, changes),
    );
    return { ...change, preview: null };
  }
  const preview = await deps.domains.previewUpdate(viewer, input);
  if (preview.kind === 'REFUSED') return { domain: preview.domain, preview: null, userErrors: preview.errors };
  const queue = await load.queue(preview.domain.destinationId);
  const { hosts, domain } = preview;
  const { heldCount = 0, heldBytes = 0 } = queue ?? {};
  return { domain, preview: { hosts, heldCount, heldBytes }, userErrors: [] };
}

async function pauseDomain(context: Context, call: Call<PauseInput>) {
  const reason = checkReason(call.input.reason, 'by the operator');
  if (reason.kind === 'BAD') return { domain: null, userErrors: [reason.error] };
  return onDomain(context, call, ({ name, from = null, until = null }) =>
    onServed(context, name, async ({ destinationId }) => {
      const window = { from, until, reason: reason.reason };
      if (await context.deps.domainVerbs.pause(context.viewer, destinationId, window)) return null;
      return invalid(['until'], 'The pause would be over: until must lie in the future and behind from.');
    }),
  );
}

interface PauseInput {
  readonly name: string;
  readonly from?: Date | null | undefined;
  readonly until?: Date | null | undefined;
  readonly reason?: string | null | undefined;
}

async function resumeDomain(context: Context, call: Call<Omit<PauseInput, 'from' | 'until'>>) {
  const reason = checkReason(call.input.reason, 'by the operator');
  if (reason.kind === 'BAD') return { domain: null, userErrors: [reason.error] };
  return onDomain(context, call, ({ name }) =>
    onServed(context, name, async ({ destinationId }) => {
      await context.deps.domainVerbs.resume(context.viewer, destinationId, reason.reason);
      return null;
    }),
  );
}

function extendHold(context: Context, call: Call<{ readonly name: string; readonly hours: number }>) {
  const { deps, viewer } = context;
  const { extendHold: extend, maxHoldHours } = deps.domainVerbs;
  return onDomain(context, call, ({ name, hours }) =>
    onServed(context, name, async (domain) => {
      if (hours < 1 || hours > maxHoldHours) {
        return invalid(['hours'], `hours lies between 1 and ${maxHoldHours}.`);
      }
      const result = await extend(viewer, domain.destinationId, hours);
      if (result.kind === 'DONE') return null;
      if (result.kind === 'NO_OUTAGE') {
        const message = `No outage of ${domain.name} is open. Mail is held longer for an outage only: repeat it when there is one.`;
        return invalid(['name'], message);
      }
      const room = maxHoldHours - Math.ceil(result.presentHours);
      const message =
        `Mail is held ${maxHoldHours} hours at the most, and already ${Math.ceil(result.presentHours)}. ` +
        (room > 0 ? `Add at most ${room}.` : 'Give it another next hop with domainUpdate and deliverTo, or return it.');
      return invalid(['hours'], message);
    }),
  );
}

export const domainVerbMutations: MutationResolvers = {
  domainUpdate: (_parent, { input }, context) => updateDomain(context, { mutation: 'domainUpdate', input }),
  domainFlush: (_parent, { input }, context) =>
    onDomain(context, { mutation: 'domainFlush', input }, async ({ name }) => {
      const { deps, viewer } = context;
      const domain = await deps.domains.findDomain(viewer, name);
      if (domain === null) return noSuchDomain(name);
      await deps.flushDestination(viewer, domain.destinationId);
      return { kind: 'DONE', domain };
    }),
  domainPause: (_parent, { input }, context) => pauseDomain(context, { mutation: 'domainPause', input }),
  domainResume: (_parent, { input }, context) => resumeDomain(context, { mutation: 'domainResume', input }),
  domainExtendHold: (_parent, { input }, context) => extendHold(context, { mutation: 'domainExtendHold', input }),
};
