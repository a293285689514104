/** Fire drills: asked for, released, scheduled. */
import { tryAgainAfter } from '../../db/bounded-counts.ts';
import { findDomain } from '../../domains/domains.ts';
import type { RelayDomain } from '../../domains/relay-domain.ts';
import { invalid, refused, shown, type UserError } from '../../input/checked.ts';
import { isAddress } from '../../mail/address.ts';
import { normalizeDomain } from '../../mail/domain.ts';
import { formatDuration, UNIT_MS, wholeUnits } from '../../mail/duration.ts';
import { deliverDrill, type DrillView, findDrill, requestDrill, setDrillSchedule } from '../../queue/drills/drills.ts';
import type { Context } from '../context.ts';
import type { DomainDrillInput, DrillStepResolvers, MutationResolvers } from '../generated.ts';
import { errorsOf, findServed, type Given, once } from '../mutate.ts';

/** A quarter of an hour, as the schema says. */
const DEFAULT_HOLD_MS = 15 * UNIT_MS.m;
const MAX_HOLD_MINUTES = 1440;
const MAX_DAYS = 366;

export const drillMutations: MutationResolvers = {
  domainDrill: (_parent, { input }, context) => onDrill(context, input, (domain) => start(context, domain, input)),
  domainDrillDeliver: (_parent, { input }, context) =>
    onDrill(context, input, async ({ destinationId, name }) => {
      const drillId = await deliverDrill(context.sql, context.viewer, destinationId);
      if (drillId !== null) return { kind: 'DONE', drillId };
      const message = `No drill of ${name} holds a message. Start one with domainDrill and deliver: ON_COMMAND.`;
      return refused(invalid(['name'], message, 'NO_MATCH'));
    }),
  domainDrillSchedule: async (_parent, { input }, context) => {
    const { sql, viewer } = context;
    const scheduled = await once(context, input, async ({ name, interval = null }) => {
      const domain = await findServed(context, name);
      if ('errors' in domain) return domain;
      const everyDays = interval === null ? null : wholeUnits(interval, 'd', MAX_DAYS);
      if (interval !== null && everyDays === null) {
        const message = `interval is a number of whole days, P1D to P${MAX_DAYS}D; null: no more drills by themselves.`;
        return refused(invalid(['interval'], message, 'OUT_OF_RANGE'));
      }
      await setDrillSchedule(sql, viewer, domain.id, everyDays);
      return { kind: 'DONE' } as const;
    });
    if (scheduled.kind === 'REFUSED') return { domain: null, userErrors: scheduled.errors };
    return { domain: await findDomain(sql, viewer, input.name), userErrors: [] };
  },
};

type Started = { readonly kind: 'DONE'; readonly drillId: string } | ReturnType<typeof refused>;

interface DrillPayload {
  readonly drill: DrillView | null;
  readonly userErrors: readonly UserError[];
}

async function onDrill(
  context: Context,
  input: Given<{ readonly name: string }>,
  work: (domain: RelayDomain) => Promise<Started>,
): Promise<DrillPayload> {
  const started = await once(context, input, async ({ name }) => {
    const domain = await findServed(context, name);
    return 'errors' in domain ? domain : work(domain);
  });
  const drill = started.kind === 'DONE' ? await findDrill(context.sql, context.viewer, started.drillId) : null;
  return { drill, userErrors: errorsOf(started) };
}

export const DrillStep: DrillStepResolvers = {
  endedAfter: ({ afterMs }) => formatDuration(afterMs),
  latency: ({ latencyMs }) => formatDuration(latencyMs),
};

async function start({ sql, viewer }: Context, domain: RelayDomain, input: DomainDrillInput): Promise<Started> {
  const { deliver = 'AT_ONCE', holdFor = DEFAULT_HOLD_MS, recipient: given } = input;
  const recipient = recipientOf(given, domain);
  if (typeof recipient !== 'string') return refused(recipient);
  const holdMinutes = wholeUnits(holdFor, 'm', MAX_HOLD_MINUTES);
  if (holdMinutes === null) {
    return refused(
      invalid(['holdFor'], `holdFor is a number of whole minutes, PT1M to PT${MAX_HOLD_MINUTES}M.`, 'OUT_OF_RANGE'),
    );
  }
  const request = await requestDrill(sql, viewer, {
    destinationId: domain.destinationId,
    domainName: domain.name,
    recipient,
    holdMinutes: deliver === 'AT_ONCE' ? 0 : holdMinutes,
  });
  if (request.kind === 'DONE') return request;
  if (request.kind === 'TOO_MANY') {
    const message = `${domain.name} had ${request.most} drills within an hour. ${tryAgainAfter(request.until)}`;
    return refused({ path: ['name'], message, code: 'TOO_MANY' });
  }
  const message = `A drill of ${domain.name} is under way. Let it go with domainDrillDeliver, or wait for its end.`;
  return refused({ path: ['name'], message, code: 'CONFLICT' });
}

/** The recipient as it is given in RCPT, or what is wrong with it. */
function recipientOf(given: string | null | undefined, { name }: RelayDomain): string | UserError {
  if (given == null) return `postmaster@${name}`;
  const at = given.lastIndexOf('@');
  const isPlain = /^[\x21-\x7e]{3,254}$/.test(given) && isAddress(given);
  if (isPlain && normalizeDomain(given.slice(at + 1)) === name) return given;
  const message = `"${shown(given)}" is no address at ${name} that a drill can go to: one in ASCII, user@${name}.`;
  return invalid(['recipient'], message, 'NOT_AN_ADDRESS');
}
