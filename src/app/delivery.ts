/**
 * Builds delivery from its parts, and starts the work on outages.
 */
import type { Config } from '../config/config.ts';
import type { Database } from '../db/client.ts';
import { attemptHosts } from '../delivery/attempt.ts';
import { createInboundPriority } from '../delivery/concurrency/inbound-priority.ts';
import { createRecoveryChecks, type HostMemory } from '../delivery/recovery-checks.ts';
import { demandTls, routeOf } from '../delivery/route.ts';
import type { TlsSources } from '../tls/demand.ts';
import { createConnectionPool } from '../delivery/connections.ts';
import { type Attempts, type AttemptsOptions, createDelivery, type Delivery } from '../delivery/delivery.ts';
import { learnFromResults } from '../verification/delivery-results.ts';
import type { Verification } from '../verification/verification.ts';
import type { NextHops } from '../dns/next-hop.ts';
import { createDrainGauge } from '../outage/drain.ts';
import { checkLocalFailure, type LocalFailure } from '../outage/local-failure.ts';
import { maintainOutages } from '../outage/maintenance.ts';
import { answersGreeting, openSession } from '../smtp/client.ts';
import { DEFAULT_SMTP_TIMEOUTS } from '../smtp/session.ts';
import type { Holder } from '../queue/claim.ts';
import type { DestinationState } from '../outage/clock.ts';
import { createDelayWalk } from '../queue/reports/delayed.ts';
import { makeDueReports } from '../queue/reports/reports.ts';
import type { Lookup } from '../policy/authentication/sender-auth.ts';
import { proveSender } from '../policy/authentication/bounce-firewall.ts';
import type { Timers } from './timers.ts';
import type { MailEvents } from '../telemetry/events.ts';

const REPORTS_EVERY_MS = 1000;
const DELAYS_EVERY_MS = 5000;
const CHECKS_EVERY_MS = 1000;
const OUTAGES_EVERY_MS = 3000;
const LOCAL_FAILURE_EVERY_MS = 5000;

export interface DeliveryParts {
  readonly config: Config;
  readonly database: Database;
  readonly verification: Pick<Verification, 'learned' | 'primaries'>;
  readonly holder: () => Holder | null;
  readonly hosts: HostMemory;
  readonly tls: TlsSources;
  readonly findHops: (
    destination: Pick<DestinationState, 'name' | 'deliverTo'> & Partial<Pick<DestinationState, 'dialTurn' | 'kind'>>,
  ) => Promise<NextHops>;
  readonly events: MailEvents;
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
    hosts: parts.hosts,
    inboundPriority: createInboundPriority(parts),
    events: parts.events,
    learn: learnFromResults(parts.verification, parts.config.egressAddresses),
  });
}

function openAttempts({ config, verification, tls }: DeliveryParts, options: AttemptsOptions): Attempts {
  const { destinationId, signal, mayFinish } = options;
  const sessions = createConnectionPool({
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
      attemptHosts({
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
    close: () => sessions.closeAll(),
  };
}

/** Starts the work on outages that no attempt does. Stopping it ends the recovery checks that are under way. */
export function startOutageWork(
  parts: DeliveryParts,
  { delivery, timers, onLocalFailure }: OutageWork,
): { stop(): Promise<void> } {
  const { config, events, holder } = parts;
  const sql = parts.database.queueSql;
  const gauge = createDrainGauge({ sql, owner: holder });
  timers.every(OUTAGES_EVERY_MS, 'outages', async () => {
    await maintainOutages(sql, events);
    for (const drained of await gauge.measure()) events.outageDrained(drained);
  });
  if (config.deliveryHold) return { stop: () => Promise.resolve() };

  timers.every(LOCAL_FAILURE_EVERY_MS, 'own trouble', async () => onLocalFailure(await checkLocalFailure(sql, events)));
  const checks = createRecoveryChecks({
    sql,
    holder,
    findRoute: async (target) => routeOf(await parts.findHops(target), 'RELAY'),
    greet: (target, signal) => answersGreeting({ ...target, ehloName: config.mxHostname, signal }),
    hosts: parts.hosts,
    poke: delivery.poke,
    onFault: (where, error) => {
      events.fault({ where, error });
    },
  });
  timers.every(CHECKS_EVERY_MS, 'checks', () => checks.poll());
  return checks;
}

export interface OutageWork {
  readonly delivery: Delivery;
  readonly timers: Timers;
  /** Gets each reading. */
  readonly onLocalFailure: (reading: LocalFailure) => void;
}

/** Makes reports as they fall due. While delivery is held no sender is told of a delay: the operator knows best. */
export function startReports(
  { config, database: { sql }, events }: Pick<DeliveryParts, 'config' | 'database' | 'events'>,
  { timers, lookup }: { readonly timers: Timers; readonly lookup: Lookup },
): void {
  timers.every(REPORTS_EVERY_MS, 'reports', () =>
    makeDueReports({
      sql,
      checkSender: ({ transactionId, facts, head }, readContent) =>
        proveSender({ ...facts, transactionId, acceptedAt: new Date(facts.acceptedAt), head, readContent }, lookup),
      ehloName: config.mxHostname,
      events,
    }),
  );
  const walk = createDelayWalk(sql);
  if (!config.deliveryHold) timers.every(DELAYS_EVERY_MS, 'delays', walk);
}
