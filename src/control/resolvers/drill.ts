/** Fire drills: asked for, let go, scheduled; their reports on the domain. */
import { isAddress, normalizeDomain } from '../../mail/address.ts';
import type { DrillView } from '../../queue/drills/drills.ts';
import { shown } from '../../input/checked.ts';
import type { RelayDomain } from '../../domains/relay-domain.ts';
import { tryAgainAfter } from '../../db/bounded-counts.ts';
import { invalid, type UserError } from '../../input/user-error.ts';
import { connectionOfRows, idOfCursor, pageSize } from '../connection.ts';
import type { Context } from '../context.ts';
import type { DomainResolvers, MutationResolvers } from '../generated.ts';
import { type Call, once } from '../once.ts';

const MAX_HOLD_MINUTES = 1440;
const MAX_DAYS = 366;

export const drillsOfDomain = {
  drills: async ({ destinationId }, { first, after }, { deps, viewer }) => {
    const page = { destinationId, limit: pageSize(first) + 1, beforeId: idOfCursor(after) };
    return connectionOfRows(await deps.drills.listDrills(viewer, page), { first, after });
  },
  drillSchedule: ({ id }, _args, { deps, viewer }) => deps.drills.readSchedule(viewer, id),
} satisfies DomainResolvers;

interface DrillInput {
  readonly name: string;
  readonly deliver?: 'AT_ONCE' | 'ON_COMMAND';
  readonly holdMinutes?: number;
  readonly recipient?: string | null | undefined;
}

type Started =
  | { readonly kind: 'DONE'; readonly drillId: string }
  | { readonly kind: 'REFUSED'; readonly error: UserError };

type Scheduled = { readonly kind: 'DONE' } | { readonly kind: 'REFUSED'; readonly error: UserError };

interface DrillPayload {
  readonly drill: DrillView | null;
  readonly userErrors: readonly UserError[];
}

/** A domain that is in service, or what is wrong with it. */
async function servedDomain({ deps, viewer }: Context, name: string): Promise<RelayDomain | UserError> {
  const domain = await deps.domains.findDomain(viewer, name);
  if (domain === null) {
    return { field: ['name'], message: `You have no domain "${shown(name)}".`, code: 'NOT_FOUND' };
  }
  if (domain.status !== 'PENDING') return domain;
  return invalid(['name'], `${domain.name} is not in service yet: its ownership is to be proven first.`);
}

async function onDrill<I extends { readonly name: string }>(
  context: Context,
  call: Call<I>,
  work: (domain: RelayDomain, input: Omit<Call<I>['input'], 'idempotencyKey'>) => Promise<Started>,
): Promise<DrillPayload> {
  const answer = await once(context, call, async (input): Promise<Started> => {
    const domain = await servedDomain(context, call.input.name);
    return 'code' in domain ? { kind: 'REFUSED', error: domain } : work(domain, input);
  });
  const started = answer.kind === 'REFUSED' ? answer : answer.value;
  if (started.kind === 'REFUSED') return { drill: null, userErrors: [started.error] };
  return { drill: await context.deps.drills.findDrill(context.viewer, started.drillId), userErrors: [] };
}

/** The recipient as it is said in RCPT, or what is wrong with it. */
function recipientOf(given: string | null | undefined, { name }: RelayDomain): string | UserError {
  if (given == null) return `postmaster@${name}`;
  const at = given.lastIndexOf('@');
  const isPlain = /^[\x21-\x7e]{3,254}$/.test(given) && isAddress(given);
  if (isPlain && normalizeDomain(given.slice(at + 1)) === name) return given;
  return invalid(
    ['recipient'],
    `"${shown(given)}" is no address at ${name} that a drill can go to: one in ASCII, user@${name}.`,
  );
}

function startDrill(context: Context, call: Call<DrillInput>): Promise<DrillPayload> {
  return onDrill(context, call, async (domain, { deliver = 'AT_ONCE', holdMinutes = 15, recipient: given }) => {
    const recipient = recipientOf(given, domain);
    if (typeof recipient !== 'string') return { kind: 'REFUSED', error: recipient };
    if (holdMinutes < 1 || holdMinutes > MAX_HOLD_MINUTES) {
      const error = invalid(['holdMinutes'], `holdMinutes lies between 1 and ${MAX_HOLD_MINUTES}.`);
      return { kind: 'REFUSED', error };
    }
    const request = await context.deps.drills.request(context.viewer, {
      destinationId: domain.destinationId,
      domainName: domain.name,
      recipient,
      holdMinutes: deliver === 'AT_ONCE' ? 0 : holdMinutes,
    });
    if (request.kind === 'DONE') return request;
    if (request.kind === 'TOO_MANY') {
      const message = `${domain.name} had ${request.most} drills within an hour. ${tryAgainAfter(request.until)}`;
      return { kind: 'REFUSED', error: { field: ['name'], message, code: 'TOO_MANY' } };
    }
    const message = `A drill of ${domain.name} is under way. Let it go with domainDrillDeliver, or wait for its end.`;
    return { kind: 'REFUSED', error: { field: ['name'], message, code: 'CONFLICT' } };
  });
}

function deliverDrill(context: Context, call: Call<{ readonly name: string }>): Promise<DrillPayload> {
  return onDrill(context, call, async ({ destinationId, name }) => {
    const drillId = await context.deps.drills.deliver(context.viewer, destinationId);
    if (drillId !== null) return { kind: 'DONE', drillId };
    const message = `No drill of ${name} holds a message. Start one with domainDrill and deliver: ON_COMMAND.`;
    return { kind: 'REFUSED', error: invalid(['name'], message) };
  });
}

async function scheduleDrills(
  context: Context,
  call: Call<{ readonly name: string; readonly everyDays?: number | null | undefined }>,
) {
  const answer = await once(context, call, async ({ name, everyDays = null }): Promise<Scheduled> => {
    const domain = await servedDomain(context, name);
    if ('code' in domain) return { kind: 'REFUSED', error: domain };
    if (everyDays !== null && (everyDays < 1 || everyDays > MAX_DAYS)) {
      const message = `everyDays lies between 1 and ${MAX_DAYS}; null: no more drills by themselves.`;
      return { kind: 'REFUSED', error: invalid(['everyDays'], message) };
    }
    await context.deps.drills.setSchedule(context.viewer, domain.id, everyDays);
    return { kind: 'DONE' };
  });
  const scheduled = answer.kind === 'REFUSED' ? answer : answer.value;
  if (scheduled.kind === 'REFUSED') return { domain: null, userErrors: [scheduled.error] };
  return { domain: await context.deps.domains.findDomain(context.viewer, call.input.name), userErrors: [] };
}

export const drillMutations: MutationResolvers = {
  domainDrill: (_parent, { input }, context) => startDrill(context, { mutation: 'domainDrill', input }),
  domainDrillDeliver: (_parent, { input }, context) => deliverDrill(context, { mutation: 'domainDrillDeliver', input }),
  domainDrillSchedule: (_parent, { input }, context) =>
    scheduleDrills(context, { mutation: 'domainDrillSchedule', input }),
};
