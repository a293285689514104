/** The operator's verbs on a domain: flush, also of many, pause, resume, a longer hold; the breaker released, or what it suspects ended. */
import { wholeUnits } from '../../mail/duration.ts';
import { type DomainChange, noSuchDomain, refuse } from '../../domains/change.ts';
import { findDomain } from '../../domains/domains.ts';
import { noSuchTenant } from '../../domains/owner.ts';
import type { RelayDomain } from '../../domains/relay-domain.ts';
import { bad, type Checked, invalid, refused, shown, type UserError } from '../../input/checked.ts';
import { askedId } from '../../mail/id.ts';
import { releaseBreaker } from '../../outage/breaker-state.ts';
import { requestFlush } from '../../outage/clock.ts';
import { type FlushedDomains, flushMany, parseNextHop } from '../../outage/flush-many.ts';
import { extendHold, MAX_HOLD_HOURS } from '../../outage/hold.ts';
import { pauseDestination, resumeDestination } from '../../outage/pause.ts';
import { bounceSuspected } from '../../queue/verbs/commands.ts';
import { findOperation } from '../../queue/verbs/operations.ts';
import { findTenants } from '../../tenants/tenants.ts';
import type { Context } from '../context.ts';
import type { DomainBounceHeldInput, DomainsFlushBy, DomainsFlushInput, MutationResolvers } from '../generated.ts';
import { checkReason, type DomainPayload, findServed, type Given, once, onDelivery, onDomain } from '../mutate.ts';
import { tooManyOperations } from './message-mutations.ts';

interface NamedInput {
  readonly name: string;
  readonly reason?: string | null;
}

export const domainVerbs: MutationResolvers = {
  domainFlush: (_parent, { input }, context) =>
    onAny(context, input, ({ destinationId }) => requestFlush(context.sql, context.viewer, destinationId)),
  domainsFlush: (_parent, { input }, context) => flushDomains(context, input),
  domainReleaseBreaker: (_parent, { input }, context) =>
    onAny(context, input, async ({ destinationId, name }) => {
      const released = await releaseBreaker(context.sql, context.viewer, destinationId);
      if (released === null) return false;
      context.events.breakerMoved(name, { to: 'CLOSED' });
      if (released.closedOutage !== null) context.events.outageClosed(name, released.closedOutage);
      return true;
    }),
  domainPause: (_parent, { input }, context) =>
    onServed(context, input, async ({ destinationId }, reason) => {
      const window = { from: input.from ?? null, until: input.until ?? null, reason };
      if (await pauseDestination(context.sql, context.viewer, destinationId, window)) return null;
      return invalid(
        ['until'],
        'The pause would be over: until must lie in the future and after from.',
        'OUT_OF_RANGE',
      );
    }),
  domainResume: (_parent, { input }, context) =>
    onDelivery(context, input, async ({ name, reason: given }) => {
      const checked = checkReason(given, 'by the operator');
      if (checked.kind === 'BAD') return refuse(checked.error);
      const domain = await findServed(context, name);
      if ('errors' in domain) return domain;
      const { sql, viewer } = context;
      return asked(context, domain, await resumeDestination(sql, viewer, domain.destinationId, checked.reason));
    }),
  domainExtendHold: (_parent, { input }, context) =>
    onServed(context, input, (domain) => extend(context, domain, input.by)),
  domainBounceHeld: (_parent, { input }, context) => bounceHeld(context, input),
};

async function flushDomains(context: Context, input: Given<DomainsFlushInput>) {
  const { sql, viewer } = context;
  const done = await once(context, input, async ({ by }) => {
    const which = await checkWhich(context, by);
    if (which.kind === 'BAD') return refused(...which.errors);
    const { skipped, ...counts } = await flushMany(sql, viewer, which.value);
    const reasons = [...skipped].map(([reason, domainCount]) => ({ reason, domainCount }));
    return { kind: 'DONE', skipped: reasons.filter(({ domainCount }) => domainCount > 0), ...counts } as const;
  });
  if (done.kind === 'DONE') return { ...done, userErrors: [] };
  return { requestedCount: null, skipped: [], hasMore: null, userErrors: done.errors };
}

async function checkWhich({ load, viewer }: Context, by: DomainsFlushBy): Promise<Checked<FlushedDomains>> {
  const { tenantId, nextHop: host, all } = by;
  if (tenantId != null) {
    const id = askedId(tenantId.toLowerCase());
    const isKnown = (viewer.isOperator || id === viewer.tenantId) && (await load.byId(findTenants, id)) !== null;
    if (isKnown) return { kind: 'OK', value: { tenantId: id, nextHop: null } };
    return bad({ ...noSuchTenant(tenantId), path: ['by', 'tenantId'] });
  }
  if (host != null) {
    const nextHop = parseNextHop(host);
    if (nextHop !== null) return { kind: 'OK', value: { tenantId: null, nextHop } };
    const message = `"${shown(host)}" is neither a host name nor an IP address. Enter one, such as mail.example.org.`;
    return bad(invalid(['by', 'nextHop'], message, 'NOT_A_HOST'));
  }
  if (all) return { kind: 'OK', value: { tenantId: null, nextHop: null } };
  return bad(invalid(['by', 'all'], 'all is true, or another field is given.', 'INVALID'));
}

/** Also of a domain that is merely claimed. `work` says whether it has requested an attempt. */
function onAny(context: Context, input: Given<NamedInput>, work: (domain: RelayDomain) => Promise<boolean>) {
  return onDelivery(context, input, async ({ name }) => {
    const domain = await findDomain(context.sql, context.viewer, name);
    if (domain === null) return noSuchDomain(name);
    return asked(context, domain, await work(domain));
  });
}

function asked({ poke }: Context, domain: RelayDomain, isAsked: boolean): DomainChange {
  if (isAsked) poke(domain.destinationId);
  return { kind: 'DONE', domain, isAsked };
}

/** `work` says what is wrong, or null. */
async function onServed(
  context: Context,
  input: Given<NamedInput>,
  work: (domain: RelayDomain, reason: string) => Promise<UserError | null>,
): Promise<DomainPayload> {
  const checked = checkReason(input.reason, 'by the operator');
  if (checked.kind === 'BAD') return { domain: null, userErrors: [checked.error] };
  return onDomain(context, input, async ({ name }) => {
    const domain = await findServed(context, name);
    if ('errors' in domain) return domain;
    const error = await work(domain, checked.reason);
    return error === null ? { kind: 'DONE', domain } : refuse(error);
  });
}

async function extend({ sql, viewer }: Context, domain: RelayDomain, by: number): Promise<UserError | null> {
  const hours = wholeUnits(by, 'h', MAX_HOLD_HOURS);
  if (hours === null)
    return invalid(['by'], `by is a number of whole hours, PT1H to PT${MAX_HOLD_HOURS}H.`, 'OUT_OF_RANGE');
  const result = await extendHold(sql, viewer, domain.destinationId, hours);
  if (result.kind === 'DONE') return null;
  if (result.kind === 'NO_OUTAGE') {
    const message = `No outage of ${domain.name} is open. Mail is held longer for an outage only: repeat it when there is one.`;
    return invalid(['name'], message, 'NO_MATCH');
  }
  const present = Math.ceil(result.presentHours);
  const room = MAX_HOLD_HOURS - present;
  const message =
    `Mail is held ${MAX_HOLD_HOURS} hours at the most, and already ${present}. ` +
    (room > 0 ? `Add at most ${room}.` : 'Give it another next hop with domainUpdate and deliverTo, or return it.');
  return invalid(['by'], message, 'OUT_OF_RANGE');
}

/** Ends what is held and suspected as FAILED, by an operation. */
async function bounceHeld(context: Context, input: Given<DomainBounceHeldInput>) {
  const { sql, viewer } = context;
  const { reason: given, expectedCount = null } = input;
  const nothing = { domain: null, operation: null, recipientCount: 0 };
  const checked = checkReason(given, 'refused by the primary');
  if (checked.kind === 'BAD') return { ...nothing, userErrors: [checked.error] };
  if (expectedCount !== null && expectedCount < 0) {
    return { ...nothing, userErrors: [invalid(['expectedCount'], 'A count is 0 or more.', 'OUT_OF_RANGE')] };
  }
  const begun = await once(context, input, async ({ name }) => {
    const domain = await findDomain(sql, viewer, name);
    if (domain === null) return noSuchDomain(name);
    const { destinationId } = domain;
    const wish = { domain: domain.name, destinationId, reason: checked.reason, expectedCount };
    const result = await bounceSuspected(sql, viewer, wish);
    switch (result.kind) {
      case 'DONE':
        return { ...result, domain };
      case 'CONFLICT': {
        const message = `Held and suspected are ${result.recipientCount} recipients; nothing was changed.`;
        const refused = refuse({ path: ['expectedCount'], message, code: 'CONFLICT' }, domain);
        return { ...refused, recipientCount: result.recipientCount };
      }
      case 'TOO_MANY':
        return refuse(tooManyOperations(['name']), domain);
      default:
        return result satisfies never;
    }
  });
  if (begun.kind === 'REFUSED') {
    const counted = 'recipientCount' in begun ? begun.recipientCount : 0;
    const domain = 'domain' in begun ? begun.domain : null;
    return { ...nothing, domain, recipientCount: counted, userErrors: begun.errors };
  }
  const { domain, operationId, recipientCount } = begun;
  const operation = operationId === null ? null : await findOperation(sql, viewer, operationId);
  return { domain, operation, recipientCount, userErrors: [] };
}
