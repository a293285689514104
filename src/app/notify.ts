/**
 * Builds webhooks and alert contacts, and what tells them by timers of every node that serves the control plane.
 */
import type { Config } from '../config/config.ts';
import type { ServiceParts } from '../control/context.ts';
import type { Database } from '../db/client.ts';
import type { Routing } from '../dns/routing.ts';
import type { Timers } from './timers.ts';
import { exchange, leadsToUs } from '../http/exchange.ts';
import { noteEvents, sendAlerts } from '../notify/alerts.ts';
import { emptyOutbox } from '../notify/outbox.ts';
import { ATTEMPT_TIMEOUT_MS, createWebhookSender, MOST_ANSWER_BYTES } from '../notify/sender.ts';
import type { MailEvents } from '../telemetry/events.ts';

/** A person waits for the answer. */
const LOOK_TIMEOUT_MS = 2000;
const SEND_EVERY_MS = 1000;
const ALERTS_EVERY_MS = 5000;

export interface NotifyParts {
  readonly config: Pick<Config, 'roles' | 'deliveryHold' | 'allowPrivateNextHops' | 'mxHostname'>;
  readonly database: Pick<Database, 'sql'>;
  readonly routing: Pick<Routing, 'resolver' | 'isOwnServer'>;
  readonly timers: Timers;
  readonly events: MailEvents;
}

export interface Notify {
  readonly webhooks: ServiceParts['webhooks'];
  stop(): Promise<void>;
}

export function startNotify(parts: NotifyParts): Notify {
  const { config, timers, events } = parts;
  const { sql } = parts.database;
  const allowPrivate = config.allowPrivateNextHops;
  const { resolver, isOwnServer: isOwn } = parts.routing;
  const onFault = (error: unknown): void => {
    events.fault({ where: 'webhooks', error });
  };
  const sender = createWebhookSender({
    sql,
    post: (request, signal) =>
      exchange(request, {
        resolver,
        allowPrivate,
        isOwn,
        signal,
        timeoutMs: ATTEMPT_TIMEOUT_MS,
        maxBytes: MOST_ANSWER_BYTES,
      }),
    events,
    onFault,
  });
  const isSending = config.roles.has('control') && !config.deliveryHold;
  const poke = (): void => {
    if (isSending) sender.poll().catch(onFault);
  };
  if (isSending) {
    timers.every(SEND_EVERY_MS, 'webhooks', async () => {
      while ((await emptyOutbox(sql, noteEvents)) > 0);
      await sender.poll();
    });
    const withheld = new Set<string>();
    timers.every(ALERTS_EVERY_MS, 'alerts', () => sendAlerts({ sql, mxHostname: config.mxHostname, events, withheld }));
  }
  return {
    webhooks: {
      allowPrivate,
      leadsToUs: (endpoint) => leadsToUs(endpoint, { resolver, isOwn, timeoutMs: LOOK_TIMEOUT_MS }),
      send: sender.send,
      poke,
    },
    stop: sender.stop,
  };
}
