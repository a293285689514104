/**
 * Connects delivery: the sources of TLS demands, the attempts, the work on outages, and the reports.
 */
import { monotonicMs } from '../clock.ts';
import type { WakeUps } from '../cluster/jobs.ts';
import type { Nodes } from '../cluster/nodes.ts';
import { attemptHosts } from '../delivery/attempt.ts';
import { createInboundPriority } from '../delivery/concurrency/inbound-priority.ts';
import { createConnectionPool } from '../delivery/connections.ts';
import type { Attempts, AttemptsOptions } from '../delivery/delivering-node.ts';
import { createDelivery, type Delivery } from '../delivery/delivery.ts';
import { createHostMemory, createRecoveryChecks, type HostMemory } from '../delivery/recovery-checks.ts';
import { createRouteSearch, routeOf } from '../delivery/route.ts';
import { loadStsPolicy, saveStsPolicy } from '../domains/mta-sts-policies.ts';
import { createDrainGauge } from '../outage/drain.ts';
import { checkLocalFailure } from '../outage/local-failure.ts';
import { maintainOutages } from '../outage/maintenance.ts';
import { proveSender } from '../policy/authentication/bounce-firewall.ts';
import { foldDeltas } from '../queue/counts.ts';
import { createDelayWalk } from '../queue/reports/due-rows.ts';
import { makeDueReports } from '../queue/reports/reports.ts';
import { answersGreeting, openSession } from '../smtp/client.ts';
import { DEFAULT_SMTP_TIMEOUTS } from '../smtp/session.ts';
import { createTlsSearch, type TlsSearch } from '../tls/demand.ts';
import { learnFromResults } from '../verification/learned.ts';
import type { NodeCore } from './core.ts';

const SWEEP_EVERY_MS = 1000;
const FOLD_EVERY_MS = 1000;
const REPORTS_EVERY_MS = 1000;
const DELAYS_EVERY_MS = 5000;
const CHECKS_EVERY_MS = 1000;
const OUTAGES_EVERY_MS = 3000;
const LOCAL_FAILURE_EVERY_MS = 5000;
/** Besides the grace: a delivery that waits for a database without an answer is left after this. */
const STOP_WITHIN_MS = 3000;

/** Starts delivery, and the work on outages and reports that no attempt does. With DELIVERY_HOLD nothing is delivered. */
export async function startDelivery(core: NodeCore, { lease }: Nodes, wakeUps: WakeUps): Promise<Delivery> {
  const { config, sql, queueSql, events, log, metrics, timers, routing } = core;
  const hosts = createHostMemory();
  const tls = createTlsSearch({
    trust: config,
    allowPrivate: config.allowPrivateNextHops,
    store: {
      load: (domain) => loadStsPolicy(sql, domain),
      save: (domain, id, { mode, mx, maxAgeSeconds }) => saveStsPolicy(sql, { domain, id, mode, mx, maxAgeSeconds }),
    },
    warn: (message) => log.warning({ where: 'tls', message }),
    onFault: (error) => log.fault({ where: 'MTA-STS', error }),
  });
  const delivery = createDelivery({
    sql: queueSql,
    holder: lease,
    findRoute: createRouteSearch(routing, tls),
    openAttempts: (options) => openAttempts(core, tls, options),
    hosts,
    inboundPriority: createInboundPriority({ acceptedWork: () => core.started.inbound?.workCount() ?? 0 }),
    events,
    learn: learnFromResults(core.verification, config.egressAddresses),
  });
  metrics.gauge('destinations_in_hand', 'Destinations that this node is delivering to', delivery.destinationCount);
  core.onStop(() => delivery.stop(config.shutdownGraceMs), config.shutdownGraceMs + STOP_WITHIN_MS);
  startReports(core);
  timers.every(FOLD_EVERY_MS, 'counts', () => foldDeltas(queueSql));
  const drain = createDrainGauge({ sql: queueSql, owner: lease });
  timers.every(OUTAGES_EVERY_MS, 'outages', async () => {
    await maintainOutages(queueSql, events);
    for (const drained of await drain.measure()) events.outageDrained(drained);
  });
  if (config.deliveryHold) {
    const message = 'delivery held: DELIVERY_HOLD is set, mail is accepted but not delivered';
    log.warning({ where: 'settings', message });
    return delivery;
  }
  startRecoveryChecks(core, { lease, hosts, poke: delivery.poke });
  let sweptAtMs: number | null = null;
  timers.every(SWEEP_EVERY_MS, 'sweep', async () => {
    await delivery.sweep();
    sweptAtMs = monotonicMs();
  });
  metrics.gauge('sweep_age_seconds', 'Since this node last looked for destinations that are due', () =>
    sweptAtMs === null ? null : (monotonicMs() - sweptAtMs) / 1000,
  );
  await wakeUps.handle(delivery.poke);
  return delivery;
}

function openAttempts({ config, verification }: NodeCore, tls: TlsSearch, options: AttemptsOptions): Attempts {
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

/** Checks for greetings of hosts in an outage, and for local failures. */
function startRecoveryChecks(
  { config, queueSql: sql, events, timers, routing, started, onStop }: NodeCore,
  { lease, hosts, poke }: Pick<Nodes, 'lease'> & { readonly hosts: HostMemory; readonly poke: Delivery['poke'] },
): void {
  timers.every(LOCAL_FAILURE_EVERY_MS, 'own trouble', async () => {
    ({ since: started.localFailureSince } = await checkLocalFailure(sql, events));
  });
  const checks = createRecoveryChecks({
    sql,
    holder: lease,
    findRoute: async (target) => routeOf(await routing.findHops(target), 'RELAY'),
    greet: (target, signal) => answersGreeting({ ...target, ehloName: config.mxHostname, signal }),
    hosts,
    poke,
    onFault: (where, error) => events.fault({ where, error }),
  });
  timers.every(CHECKS_EVERY_MS, 'checks', () => checks.poll());
  onStop(() => checks.stop());
}

/** Makes reports as they fall due. With DELIVERY_HOLD no sender gets a report of a delay: the operator knows best. */
function startReports({ config, sql, events, timers, lookupFor }: NodeCore): void {
  timers.every(REPORTS_EVERY_MS, 'reports', () =>
    makeDueReports({
      sql,
      checkSender: ({ transactionId, facts, head }, readContent) =>
        proveSender(
          { ...facts, transactionId, acceptedAt: new Date(facts.acceptedAt), head, readContent },
          lookupFor(facts.clientAddress),
        ),
      ehloName: config.mxHostname,
      events,
    }),
  );
  if (!config.deliveryHold) timers.every(DELAYS_EVERY_MS, 'delays', createDelayWalk(sql));
}
