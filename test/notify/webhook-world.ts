/** Webhooks at work on a real database: nodes that send, receivers that are real HTTP servers, events as the service records them. */
import type { Sql } from '../../src/db/client.ts';
import { type EventKind, recordEvent } from '../../src/events/record.ts';
import { OPERATOR_TENANT_ID, OPERATOR_VIEWER, type Viewer } from '../../src/mail/viewer.ts';
import type { DnsAnswer } from '../../src/dns/answer.ts';
import { exchange } from '../../src/http/exchange.ts';
import { type Delivery, listDeliveries } from '../../src/notify/deliveries.ts';
import { emptyOutbox } from '../../src/notify/outbox.ts';
import { createWebhookSender, MOST_ANSWER_BYTES, type WebhookSender } from '../../src/notify/sender.ts';
import { createWebhook, type Webhook, type WebhookCreateInput, type WebhookRules } from '../../src/notify/webhooks.ts';
import { until } from '../helpers/child.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { type Receiver, startReceiver } from '../helpers/webhook-receiver.ts';
import { domainsOn } from '../control/harness.ts';
import { createDomain } from '../../src/domains/create.ts';

export type { TestDatabase };
export const OPERATOR = OPERATOR_VIEWER;

/** Any host may be named. */
export const LENIENT: WebhookRules = { allowPrivate: true, leadsToUs: async () => false };

export interface Attempt {
  readonly node: string;
}

export interface SendingNode {
  readonly sender: WebhookSender;
  /** The outbox emptied and what is due begun. */
  tick(): Promise<void>;
}

export interface World {
  readonly database: TestDatabase;
  readonly sql: Sql;
  node: SendingNode;
  readonly attempts: Attempt[];
  readonly faults: unknown[];
  /** What the DNS says of each name. */
  readonly dns: Record<string, readonly string[]>;
  startNode(name: string, changes?: NodeChanges): SendingNode;
  receiver(host?: string, port?: number): Promise<Receiver>;
  webhook(input: Partial<WebhookCreateInput> & { url: string }, viewer?: Viewer): Promise<Webhook & { secret: string }>;
  /** A relay domain; its destination's id. */
  domain(name: string, viewer?: Viewer): Promise<string>;
  event(
    kind: EventKind,
    destinationId: string | null,
    facts?: Record<string, unknown>,
    tenantId?: string,
  ): Promise<void>;
  delivered(webhookId: string): Promise<Delivery[]>;
  /** Ticks until so many attempts have been written down. */
  untilAttempts(count: number, what?: string): Promise<void>;
  /** Ends what is under way and forgets all webhooks; nodes and receivers of before are gone. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export interface NodeChanges {
  readonly sql?: Sql;
  readonly timeoutMs?: number;
  readonly allowPrivate?: boolean;
  readonly mostUnderWay?: number;
}

export async function startWorld(): Promise<World> {
  const database = await createTestDatabase();
  const { sql } = database;
  const domains = domainsOn(database);
  const attempts: Attempt[] = [];
  const faults: unknown[] = [];
  const dns: World['dns'] = {};
  const receivers: Receiver[] = [];
  const senders: WebhookSender[] = [];
  const resolveAddresses = async (name: string): Promise<DnsAnswer<string>> => {
    const records = dns[name];
    if (records === undefined) return { kind: 'NXDOMAIN' };
    return { kind: 'FOUND', records, canonicalName: name, ttlSeconds: 60, isAuthenticated: false };
  };
  const startNode = (name: string, changes: NodeChanges = {}): SendingNode => {
    const { timeoutMs = 30_000, allowPrivate = true } = changes;
    const own = changes.sql ?? sql;
    const sender = createWebhookSender({
      sql: own,
      random: () => 0,
      post: (request, signal) =>
        exchange(request, {
          resolver: { resolveAddresses },
          allowPrivate,
          timeoutMs,
          maxBytes: MOST_ANSWER_BYTES,
          signal,
        }),
      events: { webhookAttempted: () => void attempts.push({ node: name }) },
      onFault: (error) => void faults.push(error),
      ...(changes.mostUnderWay === undefined ? {} : { mostUnderWay: changes.mostUnderWay }),
    });
    senders.push(sender);
    return {
      sender,
      tick: async () => {
        while ((await emptyOutbox(own, 'https://mx.test.example', async () => undefined)) > 0);
        await sender.poll();
      },
    };
  };
  const stop = async (): Promise<void> => {
    await Promise.all(senders.splice(0).map((sender) => sender.stop()));
    await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
  };
  const world: World = {
    database,
    sql,
    node: startNode('first'),
    attempts,
    faults,
    dns,
    startNode,
    async receiver(host, port) {
      const receiver = await startReceiver(host, port);
      receivers.push(receiver);
      return receiver;
    },
    async webhook(input, viewer = OPERATOR) {
      const change = await createWebhook(
        sql,
        viewer,
        { events: ['OUTAGE_OPENED', 'OUTAGE_CLOSED'], ...input },
        LENIENT,
      );
      if (change.kind !== 'DONE') throw new Error(JSON.stringify(change.errors));
      return { ...change.object, secret: change.secret ?? '' };
    },
    async domain(name, viewer = OPERATOR) {
      const change = await createDomain(domains, viewer, { name });
      if (change.kind !== 'DONE') throw new Error(JSON.stringify(change.errors));
      return change.domain.destinationId;
    },
    event: (kind, destinationId, facts = {}, tenantId = OPERATOR_TENANT_ID) =>
      recordEvent(sql, { tenantId, destinationId, messageId: null, kind, facts }),
    delivered: async (webhookId) =>
      (await listDeliveries(sql, OPERATOR, [{ webhookId, limit: 1000, beforeId: null }]))[0] ?? [],
    async untilAttempts(count, what = `${count} attempts`) {
      await until(what, 30_000, async () => {
        await world.node.tick();
        return attempts.length >= count;
      });
    },
    async reset() {
      await stop();
      await sql`delete from webhooks`;
      await sql`delete from webhook_secrets`;
      await sql`delete from event_outbox`;
      attempts.splice(0);
      faults.splice(0);
      world.node = startNode('first');
    },
    async close() {
      await stop();
      await database.close();
    },
  };
  return world;
}
