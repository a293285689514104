/**
 * Every mutation in the audit log: an entry before it is done, completed with what it came to.
 *
 * What cannot be written down is not done. A dry run changes nothing and is not written, unless it asks a server that the caller
 * names: its input says that it was one.
 */
import type { GraphQLFieldResolver, GraphQLSchema } from 'graphql';
import type { AuditEnd, AuditSubject } from '../events/audit.ts';
import type { RelayDomain } from '../domains/relay-domain.ts';
import type { Tenant } from '../tenants/tenants.ts';
import { absent, domainState, lower } from './audit-subject.ts';
import { isUuid } from './connection.ts';
import type { Context } from './context.ts';
import { notifySubject, withoutSecrets } from './notify-audit.ts';

/** Dry runs of them ask strangers. */
const ASKING: ReadonlySet<string> = new Set(['domainSetMx', 'domainUnsetMx']);
/** Of a list in an input; the count says the rest. */
const LIST_SAMPLES = 20;

interface Input {
  readonly name?: unknown;
  readonly tenantId?: unknown;
  readonly id?: unknown;
  readonly domain?: unknown;
  readonly address?: unknown;
  readonly filter?: { readonly domain?: unknown };
  readonly dryRun?: unknown;
  readonly [field: string]: unknown;
}

interface Payload {
  readonly userErrors: readonly { readonly code: string }[];
  /** What was made, of mutations that know no id before. */
  readonly token?: { readonly id: string } | null;
  readonly tenant?: { readonly id: string } | null;
  readonly webhook?: { readonly id: string } | null;
}

/** Puts the audit log around each mutation. */
export function auditMutations(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const { resolve } = field;
    if (resolve === undefined) throw new Error(`the mutation ${field.name} does nothing`);
    field.resolve = audited(field.name, resolve);
  }
}

function audited(
  mutation: string,
  resolve: GraphQLFieldResolver<unknown, Context>,
): GraphQLFieldResolver<unknown, Context> {
  return async (parent, args, context, info) => {
    const input = (args as { readonly input: Input }).input;
    if (input.dryRun === true && !ASKING.has(mutation)) return resolve(parent, args, context, info);
    const { audit } = context.deps;
    const { idempotencyKey: _key, ...told } = input;
    let made: { readonly id: string } | null = null;
    const find = () => findSubject(context, mutation, made === null ? input : { ...input, id: made.id });
    const id = await audit.begin({
      actor: context.caller.actor,
      mutation,
      input: shorten(withoutSecrets(told)),
      subject: await find(),
    });
    context.once.hasRun = false;
    let end: Omit<AuditEnd, 'id' | 'subject'> = { outcome: 'FAULT', userErrorCodes: [] };
    try {
      const payload = (await resolve(parent, args, context, info)) as Payload;
      const userErrorCodes = payload.userErrors.map(({ code }) => code);
      if (userErrorCodes.length === 0) made = payload.token ?? payload.tenant ?? payload.webhook ?? null;
      const isReplay = input['idempotencyKey'] != null && !context.once.hasRun;
      end = { outcome: userErrorCodes.length > 0 ? 'REFUSED' : isReplay ? 'REPLAYED' : 'DONE', userErrorCodes };
      return payload;
    } finally {
      await audit.end({ ...end, id, subject: await find() });
    }
  };
}

/** Long lists, wherever they stand, by their first entries and their length. */
function shorten(value: unknown): unknown {
  if (Array.isArray(value)) {
    const first = value.slice(0, LIST_SAMPLES).map(shorten);
    return value.length > LIST_SAMPLES ? { count: value.length, first } : first;
  }
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, shorten(inner)]));
}

async function findSubject(context: Context, mutation: string, input: Input): Promise<AuditSubject | null> {
  const { deps, viewer } = context;
  if (mutation.startsWith('tenant')) return tenantSubject(context, input);
  if (mutation.startsWith('token')) {
    const token = typeof input.id === 'string' ? await deps.tokens.findToken(viewer, input.id) : null;
    if (token === null) return { ...absent('TOKEN', lower(input.name)), tenantId: await givenTenant(context, input) };
    const { id, name, tenantId, scopes, prefix, expiresAt } = token;
    return { kind: 'TOKEN', id, name: lower(name), tenantId, state: { name, scopes, prefix, expiresAt } };
  }
  if (mutation.startsWith('webhook') || mutation.startsWith('alertContact'))
    return notifySubject(context, mutation, input);
  if (mutation.startsWith('message') && typeof input.id === 'string') {
    const message = await deps.messages.findMessage(viewer, input.id.toLowerCase());
    if (message === null) return absent('MESSAGE', input.id.slice(0, 40));
    const recipients = message.recipients.map(({ address, state }) => ({ address, state }));
    const { id, domainName, tenantId } = message;
    return { kind: 'MESSAGE', id, name: domainName, tenantId, state: { recipients } };
  }
  const named = input.domain ?? input.filter?.domain ?? domainOf(input.address) ?? input.name;
  if (typeof named !== 'string') return null;
  const domain = await deps.domains.findDomain(viewer, named);
  if (domain === null) return absent('DOMAIN', lower(named));
  const { id, name, tenantId } = domain;
  return { kind: 'DOMAIN', id, name, tenantId, state: await stateOf(context, domain) };
}

/** For whom a token is to be made, where the caller may name him. */
async function givenTenant({ load }: Context, { tenantId }: Input): Promise<string | null> {
  return (await tenantOf(load, tenantId))?.id ?? null;
}

function tenantOf(load: Context['load'], id: unknown): Promise<Tenant | null> {
  const normal = typeof id === 'string' ? id.toLowerCase() : '';
  return isUuid(normal) ? load.tenant(normal) : Promise.resolve(null);
}

async function tenantSubject({ load }: Context, { id, name }: Input): Promise<AuditSubject> {
  const known = await tenantOf(load, id);
  if (known === null) return absent('TENANT', lower(name));
  const state = { name: known.name, quotas: known.quotas };
  return { kind: 'TENANT', id: known.id, name: lower(known.name), tenantId: known.id, state };
}

async function stateOf({ load }: Context, domain: RelayDomain): Promise<Record<string, unknown>> {
  return { ...domainState(domain), pause: await load.pause(domain.destinationId) };
}

function domainOf(address: unknown): string | undefined {
  return typeof address === 'string' ? address.slice(address.lastIndexOf('@') + 1) : undefined;
}
