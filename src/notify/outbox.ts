/**
 * From the record to the deliveries: each event that was put into the outbox becomes one delivery for each webhook that wants it.
 *
 * Taking an event off and making its deliveries is one transaction, and an event is in the outbox once its own has committed:
 * so none is missed and none is made twice, with any number of nodes at work. What came to pass before a webhook was made is
 * not told to it, and nothing that is older than a delivery is tried for.
 */
import type { Sql, SqlExecutor } from '../db/client.ts';
import type { EventKind } from '../events/record.ts';
import { newId } from '../mail/id.ts';
import { GIVE_UP_AFTER_SECONDS } from './claim.ts';
import { isWatched } from './watched-domains.ts';
import { eventKindsOf, type WebhookKind, webhookKindOf } from './webhook-input.ts';
import { bodyOf } from './webhook-message.ts';

/** In one transaction. */
const MOST_EVENTS = 200;

/** An event as it is read from the record. */
export interface RecordedEvent {
  readonly id: string;
  readonly tenantId: string;
  readonly kind: EventKind;
  readonly at: Date;
  /** The relay domain it is about; null when about none. */
  readonly domain: string | null;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A webhook that is to be told. */
interface Receiver {
  readonly id: string;
  readonly tenantId: string;
  readonly kinds: readonly string[];
  readonly domains: readonly string[] | null;
  readonly createdAt: Date;
}

/**
 * Takes off what is in the outbox, up to a bound; returns how many events that were. `onEvents` is told of them in the same
 * transaction.
 */
export async function emptyOutbox(
  sql: Sql,
  publicUrl: string,
  onEvents: (transaction: SqlExecutor, events: readonly RecordedEvent[]) => Promise<void>,
): Promise<number> {
  return sql.begin(async (transaction) => {
    const taken = await transaction<{ id: string }[]>`
      delete from event_outbox where event_id in (
        select event_id from event_outbox order by event_id limit ${MOST_EVENTS} for update skip locked)
      returning event_id as id`;
    if (taken.length === 0) return 0;
    const events = await readEvents(
      transaction,
      taken.map(({ id }) => id),
    );
    await makeDeliveries(transaction, events, publicUrl);
    await onEvents(transaction, events);
    return taken.length;
  });
}

async function readEvents(sql: SqlExecutor, ids: readonly string[]): Promise<readonly RecordedEvent[]> {
  const sorted = [...ids].sort();
  return sql<RecordedEvent[]>`
    select e.id, e.tenant_id as "tenantId", e.kind, e.at, coalesce(d.name, e.facts ->> 'name') as domain, e.facts
    from events e left join destinations d on d.id = e.destination_id
    where e.id = any(${sorted}::uuid[]) and e.id between ${sorted[0] ?? ''} and ${sorted.at(-1) ?? ''}
      and e.at > bmx_now() - make_interval(secs => ${GIVE_UP_AFTER_SECONDS})
    order by e.id`;
}

async function makeDeliveries(sql: SqlExecutor, events: readonly RecordedEvent[], publicUrl: string): Promise<void> {
  const tenantIds = [...new Set(events.map(({ tenantId }) => tenantId))];
  const receivers = await sql<Receiver[]>`
    select id, tenant_id as "tenantId", kinds, domains, created_at as "createdAt" from webhooks
    where tenant_id = any(${tenantIds}::uuid[]) and is_enabled`;
  await insertDeliveries(
    sql,
    events.flatMap((event) => deliveriesOf(event, receivers, publicUrl)),
  );
}

interface NewDelivery {
  readonly id: string;
  readonly webhook_id: string;
  readonly event_id: string;
  readonly kind: WebhookKind;
  readonly body: string;
}

function deliveriesOf(event: RecordedEvent, receivers: readonly Receiver[], publicUrl: string): NewDelivery[] {
  const kind = webhookKindOf(event.kind);
  if (kind === null) return [];
  return receivers
    .filter(
      (receiver) =>
        receiver.tenantId === event.tenantId &&
        receiver.createdAt <= event.at &&
        receiver.kinds.includes(kind) &&
        isWatched(receiver.domains, event.domain) &&
        // That it is disabled a webhook is not told itself.
        event.facts['webhookId'] !== receiver.id,
    )
    .map(({ id }) => ({
      id: newId(),
      webhook_id: id,
      event_id: event.id,
      kind,
      body: bodyOf({ ...event, kind }, publicUrl),
    }));
}

/** One that is there already is asked for again. A webhook that is gone or disabled meanwhile gets none. Returns how many. */
async function insertDeliveries(sql: SqlExecutor, deliveries: readonly NewDelivery[]): Promise<number> {
  if (deliveries.length === 0) return 0;
  const rows = await sql`
    insert into webhook_deliveries (id, webhook_id, tenant_id, event_id, kind, body)
    select r.id, w.id, w.tenant_id, r.event_id, r.kind, r.body
    from jsonb_to_recordset(${JSON.stringify(deliveries)}::text::jsonb)
           as r (id uuid, webhook_id uuid, event_id uuid, kind text, body text)
      join webhooks w on w.id = r.webhook_id and w.is_enabled
    order by r.id
    for key share of w
    on conflict (webhook_id, event_id) do update
      set state = 'PENDING', attempt_count = 0, next_attempt_at = bmx_now(), begun_at = bmx_now()`;
  return rows.count;
}

/** Most events that one replay asks for. */
const MOST_REPLAYED = 10_000;

/** Makes or renews the deliveries of what a webhook wants from the record since then, oldest first; how many, and whether that is all. */
export async function replayEvents(
  sql: SqlExecutor,
  webhook: Omit<Receiver, 'createdAt'>,
  { since, publicUrl }: { readonly since: Date; readonly publicUrl: string },
): Promise<{ readonly count: number; readonly isWhole: boolean }> {
  const rows = await sql<RecordedEvent[]>`
    select e.id, e.tenant_id as "tenantId", e.kind, e.at, coalesce(d.name, e.facts ->> 'name') as domain, e.facts
    from events e left join destinations d on d.id = e.destination_id
    where e.tenant_id = ${webhook.tenantId} and e.at >= ${since}
      and e.id >= uuid_floor(clock_timestamp() - (bmx_now() - ${since}) - interval '1 hour')
      and e.kind = any(${eventKindsOf(webhook.kinds)}::text[])
      and (${webhook.domains === null} or d.name = any(${[...(webhook.domains ?? [])]}::text[]))
    order by e.id limit ${MOST_REPLAYED + 1}`;
  const replayed = rows.slice(0, MOST_REPLAYED);
  const receiver = { ...webhook, createdAt: since };
  const count = await insertDeliveries(
    sql,
    replayed.flatMap((event) => deliveriesOf(event, [receiver], publicUrl)),
  );
  return { count, isWhole: rows.length <= MOST_REPLAYED };
}
