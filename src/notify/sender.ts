/**
 * Sends what is due to webhooks: claims, signs, posts, writes down what came of it.
 *
 * Promises: bounded numbers under way, in all, for each tenant and for each webhook; an end of every attempt within fifteen
 * seconds; a crash between the sending and its record means that it is sent again with the same webhook-id. The status alone
 * decides: 2xx is success, whatever becomes of the body. Its first characters are kept for people.
 */
import { Buffer } from 'node:buffer';
import type { Sql } from '../db/client.ts';
import { sanitizeText } from '../mail/reply.ts';
import { endpointOf, type Exchange, type HttpRequest } from '../http/connection.ts';
import {
  type AttemptOutcome,
  type ClaimedDelivery,
  claimDeliveries,
  recordAttempt,
  retryAfterSeconds,
  secondsToNext,
} from './claim.ts';
import type { MailEvents } from '../telemetry/events.ts';
import { PING } from './webhook-input.ts';
import { headersOf } from './webhook-message.ts';

export const ATTEMPT_TIMEOUT_MS = 15_000;
/** Bytes read of an answer's body. */
export const MOST_ANSWER_BYTES = 1000;
const MOST_UNDER_WAY = 64;
const MOST_OF_TENANT = 8;
const GONE = 410;

export interface SenderOptions {
  readonly sql: Sql;
  /** Within `ATTEMPT_TIMEOUT_MS`, taking `MOST_ANSWER_BYTES`; ends early when the signal says so. */
  readonly post: (request: HttpRequest, signal: AbortSignal) => Promise<Exchange>;
  /** From 0 to 1. */
  readonly random?: () => number;
  readonly events: Pick<MailEvents, 'webhookAttempted'>;
  /** A bug or lost infrastructure; the delivery is made again. */
  readonly onFault: (error: unknown) => void;
  readonly mostUnderWay?: number;
}

export interface WebhookSender {
  /** Begins what is due, as far as there is room; resolves when that is begun. */
  poll(): Promise<void>;
  /** Makes a delivery that the caller has claimed; resolves when it is written down. */
  send(claimed: ClaimedDelivery): Promise<void>;
  /** Gives up what is under way: it is made again by another node. */
  stop(): Promise<void>;
}

export function createWebhookSender(options: SenderOptions): WebhookSender {
  const { sql, post, random = Math.random, events, onFault, mostUnderWay = MOST_UNDER_WAY } = options;
  const underWay = new Map<ClaimedDelivery, Promise<void>>();
  const stopping = new AbortController();
  let afterWebhookId: string | null = null;
  let polling: Promise<void> | null = null;

  const send = async (claimed: ClaimedDelivery): Promise<void> => {
    const answer = await post(requestOf(claimed), stopping.signal);
    // Given up by us, not by the receiver: the lease runs out.
    if (stopping.signal.aborted && answer.kind === 'FAILED') return;
    const outcome = outcomeOf(claimed, answer, random());
    const disabledReason = await recordAttempt(sql, claimed, outcome);
    const { webhookId, url, kind } = claimed;
    const { host } = endpointOf(new URL(url));
    const isDelivered = outcome.kind === 'DELIVERED';
    events.webhookAttempted({ webhookId, host, kind, isDelivered, status: outcome.status, disabledReason });
  };
  const begin = (claimed: ClaimedDelivery): void => {
    const work = send(claimed)
      .catch(onFault)
      .finally(() => {
        underWay.delete(claimed);
        // The next delivery need not wait for the next poll.
        void self.poll().catch(onFault);
      });
    underWay.set(claimed, work);
  };
  const claim = async (): Promise<void> => {
    const limit = mostUnderWay - underWay.size;
    if (limit <= 0 || stopping.signal.aborted) return;
    const request = { limit, underWay: [...underWay.keys()], mostOfTenant: MOST_OF_TENANT };
    let claimed = await claimDeliveries(sql, { ...request, afterWebhookId });
    if (claimed.length === 0 && afterWebhookId !== null) {
      claimed = await claimDeliveries(sql, { ...request, afterWebhookId: null });
    }
    afterWebhookId = claimed.map(({ webhookId }) => webhookId).reduce(later, null);
    for (const delivery of claimed) begin(delivery);
  };
  const self: WebhookSender = {
    send,
    poll() {
      polling ??= claim().finally(() => {
        polling = null;
      });
      return polling;
    },
    async stop() {
      stopping.abort();
      await polling;
      await Promise.all(underWay.values());
    },
  };
  return self;
}

function later(one: string | null, other: string): string {
  return one !== null && one > other ? one : other;
}

function requestOf({ id, url, body, at, secret, previousSecret }: ClaimedDelivery): HttpRequest {
  const secrets = previousSecret === null ? [secret] : [secret, previousSecret];
  const headers = headersOf({ id, timestamp: Math.floor(at.getTime() / 1000), body, secrets });
  return { ...endpointOf(new URL(url)), method: 'POST', headers, body };
}

function outcomeOf(claimed: ClaimedDelivery, answer: Exchange, random: number): AttemptOutcome {
  const isRetried = claimed.kind !== PING;
  const seconds = (askedFor: number | null) =>
    isRetried ? secondsToNext(claimed.attemptCount, random, askedFor) : null;
  if (answer.kind === 'FAILED') {
    return {
      kind: 'FAILED',
      status: null,
      text: `[${answer.reason}]`,
      retryAfterSeconds: seconds(null),
      isGone: false,
    };
  }
  const { status, headers, body } = answer;
  const text = sanitizeText(Buffer.from(body).toString('utf8'), MOST_ANSWER_BYTES);
  if (status >= 200 && status < 300) return { kind: 'DELIVERED', status, text };
  const askedFor = retryAfterSeconds(headers.get('retry-after'), claimed.at.getTime());
  return { kind: 'FAILED', status, text, retryAfterSeconds: seconds(askedFor), isGone: status === GONE };
}
