/**
 * Every mutation in the audit log: an entry before it is done, completed with its result.
 *
 * What cannot be written down is not done. A dry run changes nothing and is not written, unless it asks a server that the caller
 * names: its input says that it was one.
 */
import type { GraphQLFieldResolver, GraphQLSchema } from 'graphql';
import { findRejection } from '../domains/allow.ts';
import { findDomain, findDomainsByDestination } from '../domains/domains.ts';
import { type RelayDomain, settingsOf } from '../domains/relay-domain.ts';
import { type AuditEnd, type AuditSubject, beginAudit, endAudit } from '../events/audit.ts';
import { findContact } from '../notify/contacts.ts';
import { findDelivery } from '../notify/deliveries.ts';
import { findWebhook } from '../notify/webhooks.ts';
import { findPauses } from '../outage/pause.ts';
import { askedId } from '../mail/id.ts';
import { findMessage } from '../queue/read/inspect.ts';
import { findOperation } from '../queue/verbs/operations.ts';
import { findTenants, type Tenant } from '../tenants/tenants.ts';
import { findToken } from '../tenants/tokens.ts';
import { isUuid } from './page.ts';
import type { Context } from './context.ts';

/** Their dry runs ask strangers. */
const ASKING: ReadonlySet<string> = new Set(['domainSetMx', 'domainUnsetMx']);
/** Kept of a list in an input; the count says the rest. */
const LIST_SAMPLES = 20;

interface Payload {
  readonly userErrors: readonly { readonly code: string }[];
  /** The object that was made, of mutations that know no id before. */
  readonly token?: { readonly id: string } | null;
  readonly tenant?: { readonly id: string } | null;
  readonly webhook?: { readonly id: string } | null;
  readonly alertContact?: { readonly id: string } | null;
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
    const { sql, caller } = context;
    const input = (args as { readonly input: AuditedInput }).input;
    Object.assign(context.mutation, { name: mutation, hasRun: false });
    if (input.dryRun === true && !ASKING.has(mutation)) return resolve(parent, args, context, info);
    const { idempotencyKey: key, ...told } = input;
    let made: { readonly id: string } | null = null;
    const find = () => findSubject(context, mutation, made === null ? input : { ...input, id: made.id });
    const id = await beginAudit(sql, {
      actor: caller.actor,
      mutation,
      input: shorten(withoutSecrets(told)),
      subject: await find(),
    });
    let end: Omit<AuditEnd, 'id' | 'subject'> = { outcome: 'FAULT', userErrorCodes: [] };
    try {
      const payload = (await resolve(parent, args, context, info)) as Payload;
      const userErrorCodes = payload.userErrors.map(({ code }) => code);
      if (userErrorCodes.length === 0)
        made = payload.token ?? payload.tenant ?? payload.webhook ?? payload.alertContact ?? null;
      const isReplay = key != null && !context.mutation.hasRun;
      end = { outcome: userErrorCodes.length > 0 ? 'REFUSED' : isReplay ? 'REPLAYED' : 'DONE', userErrorCodes };
      return payload;
    } finally {
      await endAudit(sql, { ...end, id, subject: await find() });
    }
  };
}

/** The input with a URL in it cut to its origin, without the code of a contact, and the secrets of a token and of a DNS key. */
function withoutSecrets(input: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { code: _code, tsig, ...rest } = input;
  const told: Record<string, unknown> = { ...rest };
  if (told['secret'] != null) told['secret'] = '[secret]';
  if (typeof tsig === 'object' && tsig !== null) told['tsig'] = { ...tsig, secret: '[secret]' };
  return typeof told['url'] === 'string' ? { ...told, url: originOf(told['url']) } : told;
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

export interface AuditedInput {
  readonly name?: unknown;
  readonly tenantId?: unknown;
  readonly id?: unknown;
  readonly domain?: unknown;
  readonly address?: unknown;
  readonly filter?: { readonly domain?: unknown };
  readonly by?: { readonly tenantId?: unknown };
  readonly dryRun?: unknown;
  readonly [field: string]: unknown;
}

/** The thing that a mutation is about, as the log keeps it before and after the mutation. */
async function findSubject(context: Context, mutation: string, input: AuditedInput): Promise<AuditSubject | null> {
  const id = typeof input.id === 'string' ? input.id : '';
  if (mutation.startsWith('tenant')) return tenantSubject(context, input);
  if (mutation.startsWith('token')) return tokenSubject(context, input, id);
  if (mutation.startsWith('webhook')) return webhookSubject(context, mutation, input, id);
  if (mutation.startsWith('alertContact')) return contactSubject(context, input, id);
  if (mutation.startsWith('message') && typeof input.id === 'string') return messageSubject(context, id);
  if (mutation === 'domainsFlush')
    return input.by?.tenantId == null ? null : tenantSubject(context, { id: input.by.tenantId });
  if (mutation === 'rejectionAllow') {
    const { destinationId = null } = (await findRejection(context.domains, context.viewer, id)) ?? {};
    const domain = destinationId === null ? null : await context.load.byId(findDomainsByDestination, destinationId);
    return domain === null ? null : domainSubject(context, domain.name, domain.tenantId);
  }
  if (mutation.startsWith('operation')) return operationSubject(context, id);
  const named = input.domain ?? input.filter?.domain ?? domainOf(input.address) ?? input.name;
  return typeof named === 'string' ? domainSubject(context, named, input.tenantId) : null;
}

/** The kept state of a domain: its settings, and the length of its User List. */
export function domainState(domain: RelayDomain): Record<string, unknown> {
  const { status, revision, recipientList } = domain;
  return { status, revision, ...settingsOf(domain), recipientCount: recipientList.count };
}

/** The path of a webhook's URL may be a secret between its owner and the receiver. A text that is no URL is not shown at all. */
function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : '[no URL]';
}

async function domainSubject(context: Context, named: string, owner: unknown): Promise<AuditSubject> {
  const { sql, viewer, load } = context;
  const domain = await findDomain(sql, viewer, named);
  if (domain === null) return { ...absent('DOMAIN', lower(named)), tenantId: await ownerOf(context, owner) };
  const { id, name, tenantId } = domain;
  const state = { ...domainState(domain), pause: await load.byId(findPauses, domain.destinationId) };
  return { kind: 'DOMAIN', id, name, tenantId, state };
}

async function tokenSubject(context: Context, input: AuditedInput, given: string): Promise<AuditSubject> {
  const token = given === '' ? null : await findToken(context.sql, context.viewer, given);
  if (token === null) {
    return { ...absent('TOKEN', lower(input.name)), tenantId: await ownerOf(context, input.tenantId) };
  }
  const { id, name, tenantId, scopes, prefix, expiresAt } = token;
  return { kind: 'TOKEN', id, name: lower(name), tenantId, state: { name, scopes, prefix, expiresAt } };
}

async function messageSubject({ sql, viewer }: Context, given: string): Promise<AuditSubject> {
  const message = await findMessage(sql, viewer, given);
  if (message === null) return absent('MESSAGE', given.slice(0, 40));
  const recipients = message.recipients.map(({ address, state }) => ({ address, state }));
  const { id, domainName, tenantId } = message;
  return { kind: 'MESSAGE', id, name: domainName, tenantId, state: { recipients } };
}

/** The domain whose mail the operation changes, and how far it is. */
async function operationSubject({ sql, viewer }: Context, given: string): Promise<AuditSubject | null> {
  const operation = await findOperation(sql, viewer, askedId(given));
  if (operation === null) return null;
  const { id: operationId, domainName, verb, state, totalCount, doneCount } = operation;
  const domain = await findDomain(sql, viewer, domainName);
  const { id, tenantId } = domain ?? { id: null, tenantId: null };
  return { kind: 'DOMAIN', id, name: domainName, tenantId, state: { operationId, verb, state, totalCount, doneCount } };
}

/** For whom something is to be made, where the caller may name him. */
async function ownerOf(context: Context, tenantId: unknown): Promise<string | null> {
  return (await tenantOf(context, tenantId))?.id ?? null;
}

function tenantOf({ load }: Context, id: unknown): Promise<Tenant | null> {
  const normal = typeof id === 'string' ? id.toLowerCase() : '';
  return isUuid(normal) ? load.byId(findTenants, normal) : Promise.resolve(null);
}

async function tenantSubject(context: Context, { id, name }: AuditedInput): Promise<AuditSubject> {
  const known = await tenantOf(context, id);
  if (known === null) return absent('TENANT', lower(name));
  const state = { name: known.name, quotas: known.quotas, suspension: known.suspension };
  return { kind: 'TENANT', id: known.id, name: lower(known.name), tenantId: known.id, state };
}

async function webhookSubject(
  context: Context,
  mutation: string,
  { tenantId: owner }: AuditedInput,
  given: string,
): Promise<AuditSubject> {
  const { sql, viewer } = context;
  const isDelivery = mutation === 'webhookRedeliver';
  const id = isDelivery ? ((await findDelivery(sql, viewer, given))?.webhookId ?? '') : given;
  const webhook = await findWebhook(sql, viewer, id);
  if (webhook === null) return { ...absent('WEBHOOK', null), tenantId: await ownerOf(context, owner) };
  const { tenantId, url, events, domains, description, status, disabledReason, revision, rotatedAt } = webhook;
  const host = new URL(url).hostname;
  const state = { url: originOf(url), description, events, domains, status, disabledReason, revision, rotatedAt };
  return { kind: 'WEBHOOK', id: webhook.id, name: lower(host), tenantId, state };
}

async function contactSubject(context: Context, input: AuditedInput, given: string): Promise<AuditSubject> {
  const contact = given === '' ? null : await findContact(context.sql, context.viewer, given);
  if (contact === null) {
    return { ...absent('ALERT_CONTACT', lower(input.address)), tenantId: await ownerOf(context, input.tenantId) };
  }
  const { id, tenantId, domains, status } = contact;
  return { kind: 'ALERT_CONTACT', id, name: lower(contact.address), tenantId, state: { domains, status } };
}

/** To be made, or not there. */
function absent(kind: AuditSubject['kind'], name: string | null): AuditSubject {
  return { kind, id: null, name, tenantId: null, state: null };
}

function lower(name: unknown): string | null {
  return typeof name === 'string' ? name.trim().toLowerCase().slice(0, 253) : null;
}

function domainOf(address: unknown): string | undefined {
  return typeof address === 'string' ? address.slice(address.lastIndexOf('@') + 1) : undefined;
}
