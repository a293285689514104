/**
 * Claims the deliveries that this node makes now, and records their results and when they are tried again.
 *
 * A claim is a lease: it moves the next attempt to when another node may make it, should this one die before it tells. So a
 * delivery is made at least once, and in normal life by one node. Only a few of each webhook and each tenant are taken, so that
 * a slow receiver holds up no one else; of one that fails, one at a time. Webhooks are walked by a loose index scan, beginning
 * after the one that was taken last.
 */
import type { Sql, SqlExecutor } from '../db/client.ts';
import { recordEvent } from '../events/record.ts';
import { endpointOf } from '../http/connection.ts';
import { giveUpPending } from './webhooks.ts';

/** Longer than an attempt lasts, its record included. */
export const LEASE_SECONDS = 60;
const MOST_OF_WEBHOOK = 2;

export interface ClaimedDelivery {
  readonly id: string;
  readonly webhookId: string;
  readonly tenantId: string;
  readonly kind: string;
  readonly url: string;
  readonly body: string;
  readonly attemptCount: number;
  /** On the database's clock. */
  readonly at: Date;
  readonly secret: Uint8Array;
  /** Still taken beside it; null: none. */
  readonly previousSecret: Uint8Array | null;
}

export interface ClaimRequest {
  readonly limit: number;
  /** Claims of this node that are under way. */
  readonly underWay: readonly { readonly webhookId: string; readonly tenantId: string }[];
  readonly mostOfTenant: number;
  /** Walks webhooks after this one; null: from the beginning. */
  readonly afterWebhookId: string | null;
}

export async function claimDeliveries(sql: SqlExecutor, request: ClaimRequest): Promise<ClaimedDelivery[]> {
  const { limit, underWay, mostOfTenant, afterWebhookId } = request;
  const after = afterWebhookId === null ? sql`` : sql`and webhook_id > ${afterWebhookId}`;
  return sql<ClaimedDelivery[]>`
    with recursive busy as materialized (
      select * from unnest(${underWay.map(({ webhookId }) => webhookId)}::uuid[],
                           ${underWay.map(({ tenantId }) => tenantId)}::uuid[]) as b (webhook_id, tenant_id)
    ), pending as (
      (select webhook_id from webhook_deliveries where state = 'PENDING' ${after} order by webhook_id limit 1)
      union all
      select (select d.webhook_id from webhook_deliveries d
              where d.state = 'PENDING' and d.webhook_id > p.webhook_id order by d.webhook_id limit 1)
      from pending p where p.webhook_id is not null
    ), due as materialized (
      select d.id, w.id as webhook_id, w.url, s.secret, s.previous_secret, s.previous_until,
        row_number() over (partition by w.tenant_id order by d.next_attempt_at)
          + (select count(*) from busy where busy.tenant_id = w.tenant_id) as place
      from pending p
        join webhooks w on w.id = p.webhook_id and w.is_enabled
          -- Rows of a tenant that has no room are not even locked.
          and (select count(*) from busy where busy.tenant_id = w.tenant_id) < ${mostOfTenant}
        join webhook_secrets s on s.webhook_id = w.id
        cross join lateral (
          select id, next_attempt_at from webhook_deliveries
          where webhook_id = w.id and state = 'PENDING' and next_attempt_at <= bmx_now()
          order by next_attempt_at
          limit greatest(0, case when w.failing_since is null then ${MOST_OF_WEBHOOK}::integer else 1 end
                            - (select count(*) from busy where busy.webhook_id = w.id))
          for update skip locked) d
    ), chosen as (
      select * from due where place <= ${mostOfTenant} order by webhook_id limit ${limit}
    )
    update webhook_deliveries d
    set attempt_count = attempt_count + 1, last_attempt_at = bmx_now(),
        next_attempt_at = bmx_now() + make_interval(secs => ${LEASE_SECONDS})
    from chosen c where d.id = c.id
    returning d.id, d.webhook_id as "webhookId", d.tenant_id as "tenantId", d.kind, c.url, d.body,
      d.attempt_count as "attemptCount", bmx_now() as at, c.secret,
      case when c.previous_until > bmx_now() then c.previous_secret end as "previousSecret"`;
}

/** The result of an attempt. */
export type AttemptOutcome =
  | { readonly kind: 'DELIVERED'; readonly status: number; readonly text: string }
  | {
      readonly kind: 'FAILED';
      /** Null: no answer came. */
      readonly status: number | null;
      readonly text: string;
      /** Null: it is not tried again. */
      readonly retryAfterSeconds: number | null;
      /** The receiver wants nothing more. */
      readonly isGone: boolean;
    };

export type Disabled = 'GONE' | 'FAILING' | null;

/**
 * Records the result of a claimed delivery. A success always counts; a failure only if no node has claimed the delivery
 * since. Says whether that has disabled the webhook, and why.
 */
export async function recordAttempt(sql: Sql, claimed: ClaimedDelivery, outcome: AttemptOutcome): Promise<Disabled> {
  return sql.begin(async (transaction): Promise<Disabled> => {
    // One at a time for each webhook; gone with it.
    const [webhook] = await transaction<{ is_enabled: boolean }[]>`
      select is_enabled from webhooks where id = ${claimed.webhookId} for no key update`;
    if (webhook === undefined) return null;
    if (outcome.kind === 'DELIVERED') {
      await transaction`
        update webhook_deliveries
        set state = 'DELIVERED', next_attempt_at = null, response_status = ${outcome.status}, response_text = ${outcome.text}
        where id = ${claimed.id}`;
      await transaction`
        update webhooks set failing_since = null where id = ${claimed.webhookId} and failing_since is not null`;
      return null;
    }
    const isGivenUp = await recordFailure(transaction, claimed, outcome);
    if (!webhook.is_enabled) return null;
    return noteFailure(transaction, claimed, { isGone: outcome.isGone, isGivenUp });
  });
}

/** True when the delivery is given up after all its time. */
async function recordFailure(
  sql: SqlExecutor,
  claimed: ClaimedDelivery,
  { status, text, retryAfterSeconds, isGone }: Extract<AttemptOutcome, { kind: 'FAILED' }>,
): Promise<boolean> {
  const seconds = isGone ? null : retryAfterSeconds;
  const rows = await sql<{ state: string }[]>`
    with next as (
      select id, bmx_now() + make_interval(secs => ${seconds}::double precision) as at,
        begun_at + make_interval(secs => ${GIVE_UP_AFTER_SECONDS}) as until
      from webhook_deliveries
      where id = ${claimed.id} and state = 'PENDING' and attempt_count = ${claimed.attemptCount}
    )
    update webhook_deliveries d
    set response_status = ${status}, response_text = ${text},
        state = case when next.at <= next.until then 'PENDING' else 'FAILED' end,
        next_attempt_at = case when next.at <= next.until then next.at end
    from next where d.id = next.id returning d.state`;
  return seconds !== null && rows[0]?.state === 'FAILED';
}

interface Failure {
  readonly isGone: boolean;
  readonly isGivenUp: boolean;
}

/** A webhook is disabled when its receiver says so, or when a delivery is given up and nothing else has succeeded for days. */
async function noteFailure(
  sql: SqlExecutor,
  { webhookId, tenantId, url }: ClaimedDelivery,
  { isGone, isGivenUp }: Failure,
): Promise<Disabled> {
  const [row] = await sql<{ reason: 'GONE' | 'FAILING' | null }[]>`
    with judged as (
      select id, case when ${isGone} then 'GONE'
                      when ${isGivenUp} and failing_since <= bmx_now() - ${LOST_AFTER}::text::interval then 'FAILING'
                 end as reason
      from webhooks where id = ${webhookId}
    )
    update webhooks w
    set failing_since = coalesce(w.failing_since, bmx_now()), is_enabled = reason is null, disabled_reason = reason,
        disabled_at = case when reason is not null then bmx_now() end
    from judged where w.id = judged.id returning reason`;
  const reason = row?.reason ?? null;
  if (reason === null) return null;
  await giveUpPending(sql, webhookId);
  const facts = { webhookId, host: endpointOf(new URL(url)).host, reason };
  await recordEvent(sql, { tenantId, destinationId: null, messageId: null, kind: 'WEBHOOK_DISABLED', facts });
  return reason;
}

/** The last attempt of a delivery comes up to half a day before its end. */
const LOST_AFTER = '4 days';

const MINUTE = 60;
const HOUR = 3600;
/** The steps of the Standard Webhooks specification. */
const STEPS = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR];
/** A receiver that is tried with others at once shall not meet them all again at once. */
const JITTER = 0.1;
const MOST_ASKED_FOR = 24 * HOUR;

/** A delivery that has not succeeded by then is given up, and a webhook that has not for so long is disabled. */
export const GIVE_UP_AFTER_SECONDS = 120 * HOUR;

/** After the attempt with this number, from 1 on. `random`: from 0 to 1. `askedFor`: of Retry-After, or null. */
export function secondsToNext(attemptCount: number, random: number, askedFor: number | null): number {
  const step = STEPS[Math.min(attemptCount, STEPS.length) - 1] ?? 0;
  return Math.max(step * (1 + random * JITTER), Math.min(askedFor ?? 0, MOST_ASKED_FOR));
}

/** The wait of a Retry-After field: seconds, or a date (RFC 9110 §10.2.3). Null if it is neither. */
export function retryAfterSeconds(field: string | undefined, nowMs: number): number | null {
  const text = field?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const atMs = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? null : Math.max(0, (atMs - nowMs) / 1000);
}
