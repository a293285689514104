/**
 * Webhooks: where a tenant wants to be told what happens. Their secrets are told once.
 *
 * A delivery is signed, so secrets are kept as they are, in a table of their own that nothing but the signing reads. A rotation
 * signs with both secrets for a while, so that a receiver can be changed without a gap. What is changed holds for the next
 * attempt; a deleted webhook gets nothing more.
 */
import type { Sql, SqlExecutor } from '../db/client.ts';
import { type EventKind, recordEvent } from '../events/record.ts';
import { askedId, newId } from '../mail/id.ts';
import { narrowed, type Viewer } from '../mail/viewer.ts';
import { endpointOf, type HttpEndpoint } from '../http/connection.ts';
import { type Change, errorsOf, invalid, refused, shown, type UserError } from '../input/checked.ts';
import { type SqlFragment, tenantCheck, tenantScope } from '../db/fragments.ts';
import { emptySlice, type PageRequest, readWalkOf, SETTINGS_COUNT_LIMIT, type Slice, underViewer } from '../db/walk.ts';
import { lockOwner } from '../domains/owner.ts';
import { checkQuota } from '../domains/quotas.ts';
import { checkOverlap } from '../tenants/tokens.ts';
import { checkDomains } from './watched-domains.ts';
import { checkDescription, checkKinds, checkUrl, type ShownKind } from './webhook-input.ts';
import { makeWebhookSecret, secretText } from './webhook-message.ts';

/** NO_SECRET: it came from another database, and secrets do not travel. */
export type DisabledReason = 'BY_USER' | 'GONE' | 'FAILING' | 'NO_SECRET';

export interface Webhook {
  readonly id: string;
  readonly tenantId: string;
  readonly url: string;
  readonly description: string;
  /** Words that this version may not know. */
  readonly events: readonly string[];
  /** Null: all of the tenant. */
  readonly domains: readonly string[] | null;
  readonly status: 'ENABLED' | 'DISABLED';
  readonly disabledReason: DisabledReason | null;
  readonly disabledAt: Date | null;
  /** Since when no attempt succeeds. */
  readonly failingSince: Date | null;
  /** Until when the secret before signs as well. */
  readonly previousSecretUntil: Date | null;
  readonly rotatedAt: Date | null;
  readonly revision: number;
  readonly createdAt: Date;
}

export interface WebhookCreateInput {
  /** Absent or null: the viewer's own. */
  readonly tenantId?: string | null | undefined;
  readonly url: string;
  readonly description?: string | null | undefined;
  readonly events: readonly ShownKind[];
  readonly domains?: readonly string[] | null | undefined;
}

/** Absent: as it was. */
export interface WebhookUpdateInput {
  readonly id: string;
  readonly url?: string | null | undefined;
  readonly description?: string | null | undefined;
  readonly events?: readonly ShownKind[] | null | undefined;
  readonly domains?: readonly string[] | null | undefined;
  readonly isEnabled?: boolean | null | undefined;
  readonly expectedRevision?: number | null | undefined;
}

export interface SecretRotateInput {
  readonly id: string;
  readonly overlapSeconds: number;
}

/** `secret`: what a new or rotated webhook signs with, told once. */
export type WebhookChange = Change<Webhook> & { readonly secret?: string };

export interface WebhookRules {
  /** ALLOW_PRIVATE_NEXT_HOPS. */
  readonly allowPrivate: boolean;
  /** Whether a host leads to this service itself, as far as the DNS says within a moment. */
  readonly leadsToUs: (endpoint: HttpEndpoint) => Promise<boolean>;
}

/** The DNS is asked before a transaction holds anything. */
async function findOwnUrl(url: string | null | undefined, rules: WebhookRules): Promise<WebhookChange | null> {
  const checked = url == null ? null : checkUrl(url, rules.allowPrivate);
  if (checked?.kind !== 'OK') return null;
  const endpoint = endpointOf(new URL(checked.value));
  if (!(await rules.leadsToUs(endpoint))) return null;
  const message = `${endpoint.host} port ${endpoint.port} is this service itself. Name the server that is to receive the events.`;
  return refused(invalid(['url'], message, 'OWN_ADDRESS'));
}

export async function createWebhook(
  sql: Sql,
  viewer: Viewer,
  input: WebhookCreateInput,
  rules: WebhookRules,
): Promise<WebhookChange> {
  const own = await findOwnUrl(input.url, rules);
  return own ?? sql.begin((transaction) => insertWebhook(transaction, viewer, { ...input, ...rules }));
}

export async function updateWebhook(
  sql: Sql,
  viewer: Viewer,
  input: WebhookUpdateInput,
  rules: WebhookRules,
): Promise<WebhookChange> {
  const own = await findOwnUrl(input.url, rules);
  return own ?? sql.begin((transaction) => changeWebhook(transaction, viewer, { ...input, ...rules }));
}

export function rotateSecret(sql: Sql, viewer: Viewer, input: SecretRotateInput): Promise<WebhookChange> {
  return sql.begin((transaction) => changeSecret(transaction, viewer, input));
}

/** Deletes its deliveries with it. */
export function deleteWebhook(sql: Sql, viewer: Viewer, { id }: { readonly id: string }): Promise<WebhookChange> {
  return sql.begin((transaction) => removeWebhook(transaction, viewer, id));
}

type WebhookRow = Omit<Webhook, 'status' | 'disabledReason'> & {
  readonly isEnabled: boolean;
  readonly hasSecret: boolean;
  readonly storedReason: 'GONE' | 'FAILING' | null;
};

/** Never a secret: whether there is one, and until when there are two. */
function columns(sql: SqlExecutor) {
  return sql`id, tenant_id as "tenantId", url, description, kinds as events, domains, is_enabled as "isEnabled",
    disabled_reason as "storedReason", disabled_at as "disabledAt", failing_since as "failingSince", revision,
    rotated_at as "rotatedAt", created_at as "createdAt",
    exists (select from webhook_secrets s where s.webhook_id = webhooks.id) as "hasSecret",
    (select previous_until from webhook_secrets s
     where s.webhook_id = webhooks.id and previous_until > bmx_now()) as "previousSecretUntil"`;
}

/** Whether the status of a row is ENABLED. */
const isEnabled = (sql: SqlExecutor): SqlFragment =>
  sql`(is_enabled and exists (select from webhook_secrets s where s.webhook_id = webhooks.id))`;

function webhookOf({ isEnabled, hasSecret, storedReason, ...webhook }: WebhookRow): Webhook {
  const reason = isEnabled ? (hasSecret ? null : 'NO_SECRET') : (storedReason ?? 'BY_USER');
  return { ...webhook, status: reason === null ? 'ENABLED' : 'DISABLED', disabledReason: reason };
}

export async function findWebhook(sql: SqlExecutor, viewer: Viewer, id: string): Promise<Webhook | null> {
  const [row] = await sql<WebhookRow[]>`
    select ${columns(sql)} from webhooks where id = ${askedId(id)} and ${tenantScope(sql, viewer)}`;
  return row === undefined ? null : webhookOf(row);
}

async function findWebhooks(sql: SqlExecutor, viewer: Viewer, ids: readonly string[]): Promise<Map<string, Webhook>> {
  const rows = await sql<WebhookRow[]>`
    select ${columns(sql)} from webhooks where id = any(${[...ids]}::uuid[]) and ${tenantCheck(sql, viewer)}`;
  return new Map(rows.map((row) => [row.id, webhookOf(row)]));
}

/** All that is given must hold. */
export interface WebhookFilter {
  readonly tenantId?: string | null | undefined;
  readonly status?: Webhook['status'] | null | undefined;
}

export interface WebhookPageRequest extends PageRequest {
  readonly filter: WebhookFilter;
}

const SCAN_LIMIT = 5_000;

/** In order of creation. */
export function listWebhooks(
  sql: SqlExecutor,
  viewer: Viewer,
  { filter, ...page }: WebhookPageRequest,
): Promise<Slice<Webhook>> {
  const asked = narrowed(viewer, filter.tenantId);
  if (asked === null) return Promise.resolve(emptySlice());
  const { status } = filter;
  const walk = {
    table: sql`webhooks`,
    range: { under: underViewer(sql, asked), isDescending: false },
    page,
    // As webhookOf says it.
    matches: status == null ? [] : [status === 'ENABLED' ? sql`${isEnabled(sql)}` : sql`not ${isEnabled(sql)}`],
    scanLimit: SCAN_LIMIT,
    countLimit: SETTINGS_COUNT_LIMIT,
  };
  return readWalkOf(sql, walk, (ids) => findWebhooks(sql, viewer, ids));
}

async function insertWebhook(
  sql: SqlExecutor,
  viewer: Viewer,
  input: WebhookCreateInput & WebhookRules,
): Promise<WebhookChange> {
  const owner = await lockOwner(sql, viewer, input.tenantId);
  if (owner.kind === 'BAD') return refused(...owner.errors);
  const tenantId = owner.value;
  const url = checkUrl(input.url, input.allowPrivate);
  const description = checkDescription(input.description ?? '');
  const kinds = checkKinds(input.events);
  const domains = await checkDomains(sql, tenantId, input.domains ?? null);
  if (url.kind === 'BAD' || description.kind === 'BAD' || kinds.kind === 'BAD' || domains.kind === 'BAD') {
    return refused(...errorsOf(url, description, kinds, domains));
  }
  const tooMany = await checkQuota(sql, { tenantId, quota: 'webhooks', more: 1, path: ['url'] });
  if (tooMany !== null) return refused(tooMany);
  const id = newId();
  await sql`
    insert into webhooks (id, tenant_id, url, description, kinds, domains)
    values (${id}, ${tenantId}, ${url.value}, ${description.value}, ${[...kinds.value]}::text[],
            ${domains.value === null ? null : [...domains.value]}::text[])`;
  const secret = makeWebhookSecret();
  await sql`insert into webhook_secrets (webhook_id, tenant_id, secret) values (${id}, ${tenantId}, ${secret})`;
  return done(sql, id, 'WEBHOOK_CREATED', secret);
}

async function changeWebhook(
  sql: SqlExecutor,
  viewer: Viewer,
  input: WebhookUpdateInput & WebhookRules,
): Promise<WebhookChange> {
  const before = await lockWebhook(sql, viewer, input.id);
  if (before === null) return refused(noSuchWebhook(input.id));
  const expected = input.expectedRevision ?? before.revision;
  if (expected !== before.revision) {
    const message = `The webhook has revision ${before.revision}, not ${expected}: look at it again, and repeat with that.`;
    return { kind: 'REFUSED', errors: [{ path: ['expectedRevision'], message, code: 'CONFLICT' }], object: before };
  }
  const url = checkUrl(input.url ?? before.url, input.allowPrivate);
  const description = checkDescription(
    input.description === undefined ? before.description : (input.description ?? ''),
  );
  // What a newer version wrote stays, unless the set is given anew.
  const kinds = input.events == null ? { kind: 'OK' as const, value: before.events } : checkKinds(input.events);
  const domains =
    input.domains === undefined
      ? { kind: 'OK' as const, value: before.domains }
      : await checkDomains(sql, before.tenantId, input.domains);
  if (url.kind === 'BAD' || description.kind === 'BAD' || kinds.kind === 'BAD' || domains.kind === 'BAD') {
    return refused(...errorsOf(url, description, kinds, domains));
  }
  const isEnabled = input.isEnabled ?? null;
  await sql`
    update webhooks set url = ${url.value}, description = ${description.value}, kinds = ${[...kinds.value]}::text[],
      domains = ${domains.value === null ? null : [...domains.value]}::text[], revision = revision + 1,
      is_enabled = coalesce(${isEnabled}::boolean, is_enabled),
      disabled_reason = case when ${isEnabled}::boolean is null then disabled_reason end,
      disabled_at = case when ${isEnabled}::boolean is null then disabled_at
                         when not ${isEnabled}::boolean then coalesce(disabled_at, bmx_now()) end,
      failing_since = case when ${isEnabled}::boolean then null else failing_since end
    where id = ${before.id}`;
  if (isEnabled === false) await giveUpPending(sql, before.id);
  return done(sql, before.id, 'WEBHOOK_UPDATED');
}

/** Gives up what a disabled webhook was still to be sent; it can be asked for again later. */
export async function giveUpPending(sql: SqlExecutor, webhookId: string): Promise<void> {
  await sql`
    update webhook_deliveries
    set state = 'FAILED', next_attempt_at = null, response_status = null, response_text = '[the webhook was disabled]'
    where webhook_id = ${webhookId} and state = 'PENDING'`;
}

async function changeSecret(
  sql: SqlExecutor,
  viewer: Viewer,
  { id, overlapSeconds }: SecretRotateInput,
): Promise<WebhookChange> {
  const error = checkOverlap(overlapSeconds);
  if (error !== null) return refused(error);
  const before = await lockWebhook(sql, viewer, id);
  if (before === null) return refused(noSuchWebhook(id));
  const secret = makeWebhookSecret();
  await sql`
    insert into webhook_secrets as s (webhook_id, tenant_id, secret) values (${before.id}, ${before.tenantId}, ${secret})
    on conflict (webhook_id) do update
    set previous_secret = s.secret, previous_until = bmx_now() + make_interval(secs => ${overlapSeconds}),
        secret = excluded.secret`;
  await sql`update webhooks set rotated_at = bmx_now(), revision = revision + 1 where id = ${before.id}`;
  return done(sql, before.id, 'WEBHOOK_ROTATED', secret);
}

async function removeWebhook(sql: SqlExecutor, viewer: Viewer, id: string): Promise<WebhookChange> {
  const before = await lockWebhook(sql, viewer, id);
  if (before === null) return refused(noSuchWebhook(id));
  await sql`delete from webhook_secrets where webhook_id = ${before.id}`;
  await sql`delete from webhooks where id = ${before.id}`;
  await record(sql, before, 'WEBHOOK_DELETED');
  return { kind: 'DONE', object: before };
}

/** Until COMMIT. */
async function lockWebhook(sql: SqlExecutor, viewer: Viewer, id: string): Promise<Webhook | null> {
  const [row] = await sql<WebhookRow[]>`
    select ${columns(sql)} from webhooks where id = ${askedId(id)} and ${tenantScope(sql, viewer)} for update`;
  return row === undefined ? null : webhookOf(row);
}

async function done(sql: SqlExecutor, id: string, kind: EventKind, secret?: Uint8Array): Promise<WebhookChange> {
  const [row] = await sql<WebhookRow[]>`select ${columns(sql)} from webhooks where id = ${id}`;
  if (row === undefined) throw new Error('a locked webhook is gone');
  const object = webhookOf(row);
  await record(sql, object, kind);
  return { kind: 'DONE', object, ...(secret === undefined ? {} : { secret: secretText(secret) }) };
}

export function noSuchWebhook(id: string): UserError {
  const message = `You have no webhook "${shown(id)}". The query "webhooks" lists those you have.`;
  return { path: ['id'], message, code: 'NOT_FOUND' };
}

/** Records the event with only the host of the address: the path may be a secret of tenant and receiver. */
function record(sql: SqlExecutor, { tenantId, id, url, events }: Webhook, kind: EventKind): Promise<void> {
  const facts = { webhookId: id, host: endpointOf(new URL(url)).host, events };
  return recordEvent(sql, { tenantId, destinationId: null, messageId: null, kind, facts });
}
