/**
 * Builds delivery from its parts, and says in log and metrics what it does.
 */
import type { Config } from '../config/config.ts';
import { wallClock } from '../clock.ts';
import type { Database } from '../db/client.ts';
import { attempt } from '../delivery/attempt.ts';
import { createGivingWay } from '../delivery/giving-way.ts';
import type { HostMemory } from '../delivery/host-memory.ts';
import { routeOf } from '../delivery/route.ts';
import { demandTls } from '../delivery/route-tls.ts';
import type { TlsSources } from '../tls/sources.ts';
import { createSessions } from '../delivery/sessions.ts';
import {
  type Attempts,
  type AttemptsOptions,
  createDelivery,
  type Delivery,
  type DeliveryEvents,
} from '../delivery/worker.ts';
import { classifyCalloutReply } from '../mail/callout-verdict.ts';
import type { AttemptRecord } from '../mail/outcome.ts';
import { parseReply } from '../mail/reply.ts';
import { tellBreaker } from './breaker.ts';
import { outageEvents } from './outage.ts';
import type { Verification } from '../verification/verification.ts';
import type { NextHops } from '../dns/next-hop.ts';
import { openSession } from '../smtp/client.ts';
import { DEFAULT_SMTP_TIMEOUTS } from '../smtp/timeouts.ts';
import type { Holder } from '../queue/claim.ts';
import type { MessageResult } from '../queue/outcome.ts';
import type { RecipientResult } from '../queue/finalize.ts';
import type { DestinationState } from '../outage/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Trace } from '../telemetry/trace.ts';

export interface DeliveryParts {
  readonly config: Config;
  readonly database: Database;
  readonly verification: Pick<Verification, 'learned' | 'primaries'>;
  readonly holder: () => Holder | null;
  readonly hosts: HostMemory;
  readonly cpuMs: () => number;
  readonly tls: TlsSources;
  readonly findHops: (
    destination: Pick<DestinationState, 'name' | 'deliverTo'> & Partial<Pick<DestinationState, 'dialTurn' | 'kind'>>,
  ) => Promise<NextHops>;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly trace: Trace | null;
  readonly acceptedWork: () => number;
}

export function buildDelivery(parts: DeliveryParts): Delivery {
  return createDelivery({
    sql: parts.database.queueSql,
    holder: parts.holder,
    findRoute: async (destination) => {
      const route = routeOf(await parts.findHops(destination), destination.kind);
      return demandTls(route, destination, parts.tls);
    },
    openAttempts: (options) => openAttempts(parts, options),
    cpuMs: parts.cpuMs,
    hosts: parts.hosts,
    givingWay: createGivingWay(parts),
    events: deliveryEvents(parts),
  });
}

function openAttempts({ config, verification, tls }: DeliveryParts, options: AttemptsOptions): Attempts {
  const { destinationId, signal, most, mayFinish } = options;
  const sessions = createSessions({
    most,
    open: (target, sessionSignal) =>
      openSession({
        ...target,
        ehloName: config.mxHostname,
        timeouts: DEFAULT_SMTP_TIMEOUTS,
        onTestingFault: (fault) => tls.onTestingFault(target.host, fault),
        signal: sessionSignal,
      }),
  });
  return {
    attempt: (message, hosts, content, mayDeliver) =>
      attempt({
        message: { ...message, content },
        hosts,
        sessions,
        ownAddresses: config.egressAddresses,
        onOffers: ({ sizeLimitBytes }) => verification.primaries.noteOffer(destinationId, sizeLimitBytes),
        signal,
        mayFinish: () => {
          if (!mayFinish()) return false;
          const mayGo = mayDeliver();
          // After a wait the claims may be another's.
          return typeof mayGo === 'boolean' ? mayGo : mayGo.then((isFree) => isFree && mayFinish());
        },
      }),
    openCount: sessions.openCount,
    close: () => sessions.closeAll(),
  };
}

function deliveryEvents({ config, verification, log, metrics, trace }: DeliveryParts): DeliveryEvents {
  return {
    settled: (destination, messageResults, results) => {
      const drills = new Set(
        messageResults.filter(({ isDrill }) => isDrill === true).map(({ messageId }) => messageId),
      );
      const learned = results.filter(({ messageId }) => !drills.has(messageId));
      learnResults(verification, destination, { results: learned, ownAddresses: config.egressAddresses });
      const transactions = new Map(results.map(({ messageId, transactionId }) => [messageId, transactionId]));
      for (const { messageId, records } of messageResults) {
        for (const { host, address, tls, outcome, reply, latencyMs, recipientNumbers } of records) {
          metrics.attempted({ outcome, reply, latencyMs });
          const attempted = {
            messageId,
            transactionId: transactions.get(messageId) ?? null,
            domain: destination.name,
            host,
            address,
            tls,
            outcome,
            recipientCount: recipientNumbers.length,
            reply,
            latencyMs: Math.round(latencyMs),
          };
          log.attempt(attempted);
          trace?.attempted(attempted);
        }
      }
      logResults({ log, metrics, trace }, destination.name, results, placesOf(messageResults));
    },
    ...outageEvents(log, metrics),
    breakerMoved: (destination, step) => tellBreaker(log, metrics, destination, step),
    fault: (where, error) => {
      log.fault({ where, error });
    },
  };
}

/** What was delivered exists; who refuses a mailbox is no primary that takes any. Of no drill. */
function learnResults(
  { learned, primaries }: DeliveryParts['verification'],
  { id, kind }: DestinationState,
  told: { readonly results: readonly RecipientResult[]; readonly ownAddresses: readonly string[] },
): void {
  if (kind !== 'RELAY') return;
  for (const { state, address, reply } of told.results) {
    if (state === 'DELIVERED') learned.note(id, address);
    if (state !== 'FAILED') continue;
    const { verdict } = classifyCalloutReply({ stage: 'RCPT', reply: parseReply(reply) }, told.ownAddresses);
    if (verdict === 'NEGATIVE') primaries.noteNegative(id);
  }
}

/** Who hears of the ends of messages. */
export interface ResultListeners {
  readonly log: Pick<Log, 'delivered' | 'deferred' | 'failed' | 'expired' | 'cancelled'>;
  readonly metrics: Metrics;
  readonly trace: Trace | null;
}

/** Where a recipient's last word was said, by `messageId number`. */
type Places = ReadonlyMap<string, Pick<AttemptRecord, 'host' | 'address'>>;

function placesOf(messageResults: readonly MessageResult[]): Places {
  return new Map(
    messageResults.flatMap(({ messageId, records }) =>
      records.flatMap(({ recipientNumbers, host, address }) =>
        recipientNumbers.map((number) => [`${messageId} ${number}`, { host, address }] as const),
      ),
    ),
  );
}

/** One line and one span per message, state and reply. */
export function logResults(
  { log, metrics, trace }: ResultListeners,
  domain: string,
  results: readonly RecipientResult[],
  places: Places = new Map(),
): void {
  const groups = Map.groupBy(results, (fate) => `${fate.messageId} ${fate.state} ${fate.reply}`);
  for (const group of groups.values()) {
    const [first] = group;
    if (first === undefined) continue;
    const { messageId, transactionId, number, state, isReport, reply, nextAttemptAt, ageSeconds } = first;
    const { host = null, address = null } = places.get(`${messageId} ${number}`) ?? {};
    if (isReport && (state === 'FAILED' || state === 'EXPIRED')) metrics.reportDropped();
    const common = { messageId, transactionId, domain, recipientCount: group.length };
    trace?.settled({ ...common, state });
    switch (state) {
      case 'DELIVERED':
        metrics.delivered(group.length);
        log.delivered({ ...common, host, address, reply, heldMs: Math.round(ageSeconds * 1000) });
        break;
      case 'HELD':
        metrics.deferred(group.length);
        log.deferred({ ...common, reply, nextAttemptAt });
        break;
      case 'FAILED':
        metrics.failed(group.length);
        log.failed({ ...common, reply });
        break;
      case 'EXPIRED':
        metrics.expired(group.length);
        log.expired({ ...common, acceptedAt: new Date(wallClock().getTime() - ageSeconds * 1000), reply });
        break;
      case 'CANCELLED':
        metrics.cancelled(group.length);
        log.cancelled({ ...common, reason: reply });
        break;
      default:
        state satisfies never;
    }
  }
}
