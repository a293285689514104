/**
 * Deliveries as people see them: pages of a webhook's, one sent on request, those of before sent again. Kept for thirty days.
 */
import type { Sql, SqlExecutor, TransactionSql } from '../db/client.ts';
import { askedId, LAST_ID, newId } from '../mail/id.ts';
import { organizationOf } from '../mail/organization.ts';
import type { Viewer } from '../mail/viewer.ts';
import { endpointOf } from '../http/connection.ts';
import { type Full, takePlaces, tryAgainAfter } from '../db/bounded-counts.ts';
import { tenantScope } from '../db/fragments.ts';
import { type Change, refused, shown, type UserError } from '../input/checked.ts';
import { type ClaimedDelivery, LEASE_SECONDS } from './claim.ts';
import { replayEvents } from './outbox.ts';
import { PING, type ShownKind, WEBHOOK_KINDS } from './webhook-input.ts';
import { pingBody } from './webhook-message.ts';
import { findWebhook, noSuchWebhook, type Webhook } from './webhooks.ts';

export type DeliveryState = 'PENDING' | 'DELIVERED' | 'FAILED';

export interface Delivery {
  /** The webhook-id that the receiver sees. */
  readonly id: string;
  readonly webhookId: string;
  /** Null: a ping. */
  readonly kind: ShownKind | null;
  readonly status: DeliveryState;
  readonly body: string;
  readonly attemptCount: number;
  readonly createdAt: Date;
  readonly lastAttemptAt: Date | null;
  readonly nextAttemptAt: Date | null;
  readonly responseStatus: number | null;
  readonly responseText: string | null;
}

export interface DeliveryPageRequest {
  readonly webhookId: string;
  readonly limit: number;
  /** Only those with a smaller id. */
  readonly beforeId: string | null;
  readonly status?: DeliveryState | null | undefined;
}

export interface Replay {
  readonly webhook: Webhook;
  readonly count: number;
  /** False: there is more than one replay asks for. */
  readonly isWhole: boolean;
}

const DAYS_KEPT = 30;
const MOST_PINGS_A_MINUTE = 10;

/** Sends a ping and waits for what comes of it. `send` makes a delivery that was claimed, and stores its result. */
export async function sendPing(
  sql: Sql,
  viewer: Viewer,
  { id }: { readonly id: string },
  send: (claimed: ClaimedDelivery) => Promise<void>,
): Promise<Change<Delivery>> {
  const webhook = await findWebhook(sql, viewer, id);
  if (webhook === null) return refused(noSuchWebhook(id));
  const claimed = await sql.begin((transaction) => claimPing(transaction, webhook));
  if (claimed === 'NO_SECRET') return refused(conflict('The webhook has no secret: rotate it first.'));
  if ('bound' in claimed) return refused(tooManyPings(claimed));
  await send(claimed);
  const delivery = await findDelivery(sql, viewer, claimed.id);
  return delivery === null ? refused(noSuchWebhook(id)) : { kind: 'DONE', object: delivery };
}

/** Makes the delivery due again. */
export function redeliver(sql: Sql, viewer: Viewer, { id }: { readonly id: string }): Promise<Change<Delivery>> {
  return sql.begin((transaction) => makeDue(transaction, viewer, id));
}

/** Makes deliveries of what has happened since then due again. */
export async function replay(
  sql: Sql,
  viewer: Viewer,
  { id, since, publicUrl }: { readonly id: string; readonly since: Date; readonly publicUrl: string },
): Promise<Change<Replay>> {
  const webhook = await findWebhook(sql, viewer, id);
  if (webhook === null) return refused(noSuchWebhook(id));
  if (webhook.status === 'DISABLED') return refused(isDisabled());
  const earliest = await earliestReplay(sql, since);
  const { tenantId, events: kinds, domains } = webhook;
  const replayed = await sql.begin((transaction) =>
    replayEvents(transaction, { id: webhook.id, tenantId, kinds, domains }, { since: earliest, publicUrl }),
  );
  return { kind: 'DONE', object: { webhook, ...replayed } };
}

function columns(sql: SqlExecutor) {
  return sql`id, webhook_id as "webhookId", kind, state as status, body, attempt_count as "attemptCount",
    created_at as "createdAt", last_attempt_at as "lastAttemptAt", next_attempt_at as "nextAttemptAt",
    response_status as "responseStatus", response_text as "responseText"`;
}

type DeliveryRow = Omit<Delivery, 'kind'> & { readonly kind: string };

function deliveryOf({ kind, ...row }: DeliveryRow): Delivery {
  return { ...row, kind: kind === PING ? null : (WEBHOOK_KINDS.find((known) => known === kind) ?? 'OTHER') };
}

/** The deliveries of webhooks, newest first: a list for each question, in their order. */
export async function listDeliveries(
  sql: SqlExecutor,
  viewer: Viewer,
  questions: readonly DeliveryPageRequest[],
): Promise<Delivery[][]> {
  const rows = await sql<{ position: number; id: string }[]>`
    select (q.number - 1)::integer as position, found.id
    from unnest(
      ${questions.map(({ webhookId }) => webhookId)}::uuid[],
      ${questions.map(({ beforeId }) => beforeId ?? LAST_ID)}::uuid[],
      ${questions.map(({ status }) => status ?? null)}::text[],
      ${questions.map(({ limit }) => limit)}::integer[]
    ) with ordinality as q (webhook_id, before_id, state, count, number)
    cross join lateral (
      select id from webhook_deliveries
      where webhook_id = q.webhook_id and id < q.before_id and coalesce(state = q.state, true) and ${tenantScope(sql, viewer)}
      order by webhook_id desc, id desc limit q.count
    ) as found
    order by q.number, found.id desc`;
  const found = await findDeliveries(sql, viewer, [...new Set(rows.map(({ id }) => id))]);
  const byQuestion = Map.groupBy(rows, ({ position }) => position);
  return questions.map((_question, index) => (byQuestion.get(index) ?? []).flatMap(({ id }) => found.get(id) ?? []));
}

/** By their ids. */
export async function findDeliveries(
  sql: SqlExecutor,
  viewer: Viewer,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Delivery>> {
  const rows = await sql<DeliveryRow[]>`
    select ${columns(sql)} from webhook_deliveries where id = any(${[...ids]}::uuid[]) and ${tenantScope(sql, viewer)}`;
  return new Map(rows.map((row) => [row.id, deliveryOf(row)]));
}

export async function findDelivery(sql: SqlExecutor, viewer: Viewer, id: string): Promise<Delivery | null> {
  const asked = askedId(id);
  return (await findDeliveries(sql, viewer, [asked])).get(asked) ?? null;
}

/** A ping that is in the hands of this node from the beginning. Counted by the owner of the host: another webhook or name gives no more. */
async function claimPing(
  sql: TransactionSql,
  { id: webhookId, tenantId, url }: Pick<Webhook, 'id' | 'tenantId' | 'url'>,
): Promise<ClaimedDelivery | Full | 'NO_SECRET'> {
  const subject = `${organizationOf(endpointOf(new URL(url)).host)} ${tenantId}`;
  const bound = { kind: 'PING_ORGANIZATION', subject, most: MOST_PINGS_A_MINUTE, windowSeconds: 60 };
  const place = await takePlaces(sql, [bound]);
  if (place.kind === 'FULL') return place;
  const [now] = await sql<{ at: Date }[]>`select bmx_now() as at`;
  if (now === undefined) throw new Error('a clock without a time');
  const [claimed] = await sql<ClaimedDelivery[]>`
    with source as (
      select w.id, w.tenant_id, w.url, s.secret, case when s.previous_until > bmx_now() then s.previous_secret end as previous
      from webhooks w join webhook_secrets s on s.webhook_id = w.id where w.id = ${webhookId}
    ), ping as (
      insert into webhook_deliveries (id, webhook_id, tenant_id, kind, body, attempt_count, last_attempt_at, next_attempt_at)
      select ${newId()}, id, tenant_id, ${PING}, ${pingBody(now.at)}, 1, bmx_now(),
             bmx_now() + make_interval(secs => ${LEASE_SECONDS})
      from source
      returning *
    )
    select ping.id, ping.webhook_id as "webhookId", ping.tenant_id as "tenantId", ping.kind, source.url, ping.body,
      ping.attempt_count as "attemptCount", bmx_now() as at, source.secret, source.previous as "previousSecret"
    from ping, source`;
  return claimed ?? 'NO_SECRET';
}

async function makeDue(sql: SqlExecutor, viewer: Viewer, id: string): Promise<Change<Delivery>> {
  const [found] = await sql<{ id: string; is_enabled: boolean }[]>`
    select d.id, (select is_enabled from webhooks w where w.id = d.webhook_id) as is_enabled
    from webhook_deliveries d where d.id = ${askedId(id)} and ${tenantScope(sql, viewer)} for update`;
  if (found === undefined) {
    const message = `You have no delivery "${shown(id)}". Webhook.deliveries lists those of the last ${DAYS_KEPT} days.`;
    return refused({ path: ['id'], message, code: 'NOT_FOUND' });
  }
  if (!found.is_enabled) return refused(isDisabled());
  const [row] = await sql<DeliveryRow[]>`
    update webhook_deliveries set state = 'PENDING', attempt_count = 0, next_attempt_at = bmx_now(), begun_at = bmx_now()
    where id = ${found.id} returning ${columns(sql)}`;
  if (row === undefined) throw new Error('a locked delivery is gone');
  return { kind: 'DONE', object: deliveryOf(row) };
}

/** Events older than deliveries are kept for are not sent again. */
async function earliestReplay(sql: SqlExecutor, since: Date): Promise<Date> {
  const [row] = await sql<{ since: Date }[]>`
    select greatest(${since}::timestamptz, bmx_now() - make_interval(days => ${DAYS_KEPT})) as since`;
  return row?.since ?? since;
}

/** Deletes deliveries past their time, up to `limit`, also those that wait for a secret no one asks for. Any number of nodes may call it. */
export async function dropOldDeliveries(sql: SqlExecutor, limit: number): Promise<void> {
  await sql`
    delete from webhook_deliveries where id in (
      select id from webhook_deliveries
      where created_at < bmx_now() - make_interval(days => ${DAYS_KEPT})
      order by created_at limit ${limit} for update skip locked)`;
}

function conflict(message: string): UserError {
  return { path: ['id'], message, code: 'CONFLICT' };
}

function isDisabled(): UserError {
  return conflict('The webhook is disabled. Enable it first (webhookUpdate with isEnabled), then repeat.');
}

function tooManyPings({ until }: Full): UserError {
  const message = `${MOST_PINGS_A_MINUTE} pings a minute to one host are enough. ${tryAgainAfter(until)}`;
  return { path: ['id'], message, code: 'TOO_MANY' };
}
