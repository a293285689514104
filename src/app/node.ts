/**
 * One node of the service: its rooms in the order in which they start, and the reverse in which they stop.
 */
import type { AddressInfo } from 'node:net';
import { monotonicMs, within } from '../clock.ts';
import { badSetting, type Config } from '../config/config.ts';
import { statementsUnderWay } from '../db/client.ts';
import { isDatabaseAway } from '../db/connection-lost.ts';
import { findOldestSnapshot } from '../db/oldest-snapshot.ts';
import { registerDoctorGauges } from '../doctor/reports.ts';
import type { Inbound } from '../inbound/listener-state.ts';
import type { Dnsbl } from '../policy/dnsbl/lists.ts';
import { listenTo, SETTINGS_CHANNEL } from '../db/listen.ts';
import { StartError } from '../db/start-error.ts';
import { createHostMemory } from '../delivery/recovery-checks.ts';
import type { Delivery } from '../delivery/delivery.ts';
import { joinNodes, type Nodes } from '../cluster/nodes.ts';
import { startJobs, type WakeUps } from '../cluster/jobs.ts';
import { startMaintenance, startOperationWork } from './maintenance.ts';
import { readOperatorToken } from '../control/operator-token.ts';
import { openControl } from './control.ts';
import { type OpenedDatabase, openMainDatabase } from './database.ts';
import { buildDelivery, startOutageWork, startReports } from './delivery.ts';
import { type InboundParts, openInbound, openSpool } from './inbound.ts';
import { startDoctor, startDrills } from './doctor.ts';
import { startNotify } from './notify.ts';
import { checkPlaces, type ReadinessWatch, watchNames, watchReadiness } from './health.ts';
import { openVerification, type Verification } from '../verification/verification.ts';
import { createRouting, type Routing } from '../dns/routing.ts';
import { createTimers, type Timers, watchEventLoop } from './timers.ts';
import type { LocalFailure } from '../outage/local-failure.ts';
import { dropDeadOwnership, findOwners } from '../outage/owner.ts';
import { findClaimants, releaseDeadClaims } from '../queue/claim.ts';
import { findMarkers } from '../queue/marks.ts';
import { finalizeMarked } from '../queue/finalize-marks.ts';
import { makePartitions } from '../queue/retention.ts';
import { foldDeltas, registerQueueGauges } from '../queue/counts.ts';
import { registerDrillGauges } from '../queue/drills/drill-facts.ts';
import { listNodes } from '../queue/read/nodes.ts';
import { registerOutageGauges } from '../outage/inspect.ts';
import { createListLookup, type ListLookup } from '../domains/user-list/lookup.ts';
import { loadStsPolicy, saveStsPolicy } from '../domains/mta-sts-policies.ts';
import { createDomains, type Domains } from '../domains/domains.ts';
import { createTokenCache, TOKEN_NOTICE, type TokenCache } from '../tenants/token-cache.ts';
import { readLimits } from '../queue/limits.ts';
import { createTlsSources } from '../tls/demand.ts';
import { endpointOf, jsonPoster } from '../http/connection.ts';
import { countFaults, createMailEvents, type MailEvents } from '../telemetry/events.ts';
import type { Log } from '../telemetry/log.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import type { Trace } from '../telemetry/trace.ts';

const SWEEP_EVERY_MS = 1000;
const FOLD_EVERY_MS = 1000;
const LIMITS_EVERY_MS = 60_000;
const TOKEN_USES_EVERY_MS = 60_000;
/** A room that waits for a database that says nothing is left after this. */
const STOP_WITHIN_MS = 3000;
/** Mail that waits for the database after its dot has its own deadline; the embedded database writes out what it has. */
const STOP_PATIENTLY_MS = 60_000;

export interface NodeOptions {
  readonly config: Config;
  readonly log: Log;
  readonly version: string;
  readonly runtime: string;
  readonly interfaceAddresses: readonly string[];
  /** Asks the runtime to give back what is no longer used. */
  readonly collectGarbage: () => void;
}

/** Modules of a node that are there once they have started. */
interface Rooms {
  readonly inbound: { current: Inbound | null };
  readonly dnsbl: { current: Dnsbl | null };
  readonly delivery: { current: Delivery | null };
  /** Since when most primaries fail at once, as this node read it last. */
  readonly localFailure: { since: Date | null };
}

/** Registers how a room stops; rooms stop in the reverse order of their start. One that does not in time is left. */
type OnStop = (stop: () => Promise<unknown>, withinMs?: number) => void;

/** What every later room stands on. */
interface Ground extends NodeOptions, Rooms {
  readonly events: MailEvents;
  readonly opened: OpenedDatabase;
  readonly metrics: Metrics;
  readonly timers: Timers;
  readonly ready: ReadinessWatch;
  readonly routing: Routing;
  readonly domains: Domains;
  readonly tokens: TokenCache;
  readonly userLists: ListLookup;
  readonly verification: Verification;
  readonly messageSizeLimit: () => number;
  readonly onStop: OnStop;
}

/**
 * Starts all that the roles of this process need. Throws StartError for what the operator can mend.
 *
 * @returns with the log whose faults the node's metrics count
 */
export async function startNode(options: NodeOptions): Promise<{ readonly log: Log; stop(): Promise<void> }> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const stopRoom of stops.splice(0).toReversed()) {
      await stopRoom().catch((error: unknown) => options.log.fault({ where: 'stop', error }));
    }
  };
  try {
    const log = await startRooms(options, (stopRoom, withinMs = STOP_WITHIN_MS) => {
      stops.push(() =>
        within(withinMs, stopRoom(), () => {
          throw new Error(`did not stop within ${withinMs} ms`);
        }),
      );
    });
    return { log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startRooms(options: NodeOptions, onStop: OnStop): Promise<Log> {
  const { config, version, runtime } = options;
  await checkPlaces(config);
  const ground = await layGround(options, onStop);
  const operator = await readOperatorToken(config);
  const { opened, domains, metrics, log } = ground;

  const { delivery } = ground;
  const nodes = await joinCluster(ground, () => delivery.current?.abort());
  watchNames({ ...ground, sql: opened.database.sql });
  const jobs = await startJobs({
    target: opened.database.pgTarget,
    onTrouble: (message) => log.warning({ where: 'wake-ups', message }),
    onFault: (where, error) => log.fault({ where, error }),
  });
  onStop(() => jobs.stop());
  const { wakeUps } = jobs;
  await startMaintenance({ ...ground, sql: opened.database.sql, jobs });
  if (config.roles.has('delivery')) delivery.current = await startDelivery(ground, nodes, wakeUps);
  const poke = (destinationId: string): void => {
    if (!config.deliveryHold) delivery.current?.poke(destinationId);
  };
  startOperationWork({ ...ground, queueSql: opened.database.queueSql, poke });
  const notify = startNotify({ ...ground, database: opened.database });
  onStop(() => notify.stop());
  onStop(() => ground.timers.stop());
  const doctor = startDoctor({ ...ground, sql: opened.database.sql, isListed: ground.userLists.isListed });
  onStop(async () => doctor.stop());

  const control = await openControl({
    config,
    version,
    runtime,
    operatorToken: operator.token,
    database: opened.database,
    domains,
    tokens: ground.tokens,
    doctor,
    webhooks: notify.webhooks,
    standings: ground.verification.standings,
    poke,
    routing: ground.routing,
    readiness: async () => readinessReasons(ground, nodes),
    events: ground.events,
    metrics,
    timers: ground.timers,
  });
  metrics.gauge('ready', '1 when this node is ready, as /readyz says', () =>
    readinessReasons(ground, nodes).length === 0 ? 1 : 0,
  );
  metrics.gauge('subscriptions', 'GraphQL subscriptions that are open on this node', control.subscriptionCount);
  onStop(() => control.close());
  if (config.roles.has('inbound')) {
    await startInbound(ground, { wakeUps, poke });
    startDrills({
      ...ground,
      database: opened.database,
      addresses: () => ground.inbound.current?.addresses ?? [],
      readiness: () => readinessReasons(ground, nodes),
      poke,
    });
  }
  tellStarted(ground, { http: control.address, operatorTokenFile: operator.file });
  return log;
}

async function layGround(options: NodeOptions, onStop: OnStop): Promise<Ground> {
  const { config, version, runtime } = options;
  const opened = await openMainDatabase(config, options.log);
  onStop(() => opened.stop(), STOP_PATIENTLY_MS);
  const { sql } = opened.database;
  const rooms: Rooms = {
    inbound: { current: null },
    dnsbl: { current: null },
    delivery: { current: null },
    localFailure: { since: null },
  };
  const { inbound, dnsbl } = rooms;
  const metrics = createMetrics({ version, runtime, withProcessMetrics: true });
  registerServiceGauges(metrics, opened, rooms);
  const log = countFaults(options.log, metrics, isDatabaseAway);
  const trace = await openTrace(options, metrics);
  if (trace !== null) onStop(() => trace.close());
  const events = createMailEvents({ log, metrics, trace });
  const timers = createTimers((where, error) => log.fault({ where, error }));
  watchEventLoop(timers, metrics.eventLoopLag);
  const { freeBytes } = opened;
  const ready = watchReadiness({ sql, freeBytes, minFreeBytes: config.minFreeBytes, timers, log });

  let limits = await readLimits(sql);
  const ownLimit = config.messageSizeLimitBytes;
  if (ownLimit !== null && ownLimit > limits.messageSizeLimitBytes) {
    const expected = `at most the ${limits.messageSizeLimitBytes} bytes of the database's own limit`;
    throw new StartError(badSetting('MESSAGE_SIZE_LIMIT', String(ownLimit), expected).message);
  }
  timers.every(LIMITS_EVERY_MS, 'limits', async () => {
    limits = await readLimits(sql);
  });
  const messageSizeLimit = () => Math.min(limits.messageSizeLimitBytes, config.messageSizeLimitBytes ?? Infinity);
  await makePartitions(sql);

  const routing = openRouting(options, () => inbound.current?.addresses ?? []);
  onStop(async () => routing.close());
  const domains = createDomains({
    sql,
    ownNames: new Set(config.mxNames),
    findMxHosts: routing.findMxHosts,
    checkRoute: routing.checkRoute,
  });
  const { queueSql } = opened.database;
  const userLists = createListLookup({ sql: queueSql });
  const { isListed } = userLists;
  const verification = openVerification({ sql, queueSql, isListed, every: timers.every });
  onStop(() => verification.close());
  const tokens = createTokenCache(sql);
  timers.every(TOKEN_USES_EVERY_MS, 'tokens', () => tokens.storeUses());
  const listener = await listenTo({
    sql,
    channel: SETTINGS_CHANNEL,
    onPayload: (payload) => {
      if (payload === TOKEN_NOTICE) return tokens.dropAll();
      if (verification.onNotice(payload)) return;
      domains.onSettingsNotice(payload);
      dnsbl.current?.testSoon();
    },
    onReset: () => {
      userLists.dropAll();
      verification.onReset();
      domains.onReset();
      tokens.dropAll();
    },
  });
  onStop(() => listener.close());
  return {
    ...options,
    ...rooms,
    log,
    events,
    opened,
    metrics,
    timers,
    ready,
    routing,
    domains,
    tokens,
    userLists,
    verification,
    messageSizeLimit,
    onStop,
  };
}

function openRouting({ config, interfaceAddresses }: NodeOptions, listeners: () => readonly AddressInfo[]): Routing {
  const web = endpointOf(new URL(config.publicUrl));
  return createRouting({
    servers: config.dnsServers,
    self: () => ({
      names: config.mxNames,
      addresses: config.selfAddresses,
      listeners: [...listeners().map(({ address, port }) => ({ address, port })), config.httpListen],
      interfaceAddresses,
      web,
    }),
    otherAddresses: [...config.mxAddresses, ...config.egressAddresses],
    deliveryPort: config.deliveryPort,
    allowPrivate: config.allowPrivateNextHops,
  });
}

/** The gauges of the whole service, and of the node itself; what asks the database looks at what is held or open only. */
function registerServiceGauges(
  metrics: Metrics,
  { database, freeBytes }: OpenedDatabase,
  { localFailure }: Rooms,
): void {
  const { sql, queueSql } = database;
  registerQueueGauges(metrics, queueSql);
  registerOutageGauges(metrics, sql);
  registerDoctorGauges(metrics, sql);
  registerDrillGauges(metrics, sql);
  metrics.gauge('nodes', 'Living nodes of the whole service', async () => (await listNodes(sql)).length);
  const localFailureHelp = '1 while most primaries fail at once: the fault is ours, and nothing expires';
  metrics.gauge('own_trouble', localFailureHelp, () => (localFailure.since === null ? 0 : 1));
  const statementsHelp = 'Statements and transactions of this node that are under way, by pool of connections';
  metrics.gauge('database_statements', { help: statementsHelp, label: 'pool' }, () => ({
    general: statementsUnderWay(sql),
    queue: statementsUnderWay(queueSql),
  }));
  const snapshotHelp = 'Age of the longest open transaction, which keeps vacuum back';
  metrics.gauge('oldest_snapshot_seconds', snapshotHelp, async () => {
    const oldest = await findOldestSnapshot(sql);
    return (oldest?.ageMs ?? 0) / 1000;
  });
  if (freeBytes !== null) metrics.gauge('free_bytes', 'Free bytes where the embedded database lies', freeBytes);
}

/** Loaded only where it is wanted. */
async function openTrace({ config, log, version }: NodeOptions, metrics: Metrics): Promise<Trace | null> {
  const { tracing } = config;
  if (tracing === null) return null;
  const { createTrace } = await import('../telemetry/trace.ts');
  const { serviceName, ratio } = tracing;
  return createTrace({
    ratio,
    post: jsonPoster(tracing),
    addresses: config.logAddresses,
    resource: { 'service.name': serviceName, 'service.version': version, 'service.instance.id': config.mxHostname },
    onTrouble: (message) => log.warning({ where: 'traces', message }),
    onDropped: metrics.spansDropped,
    monotonicMs,
  });
}

async function joinCluster(ground: Ground, onLost: () => void): Promise<Nodes> {
  const { config, log } = ground;
  const nodes = await joinNodes({
    address: ground.opened.address,
    name: config.mxHostname,
    version: ground.version,
    runtime: ground.runtime,
    roles: [...config.roles],
    isDelivering: config.roles.has('delivery') && !config.deliveryHold,
    onLost: (reason) => {
      log.warning({ where: 'node', message: `lease lost: ${reason}` });
      onLost();
    },
    free: async (sql, lease) => {
      await finalizeMarked(sql, lease);
      const freed = await releaseDeadClaims(sql, lease);
      await dropDeadOwnership(sql, lease);
      return freed;
    },
    onExpired: (dead, freed) =>
      log.warning({ where: 'node', message: `node ${dead.node} expired: released ${freed} claimed messages` }),
    findHolders: async (sql) => [
      ...(await findClaimants(sql)),
      ...(await findMarkers(sql)),
      ...(await findOwners(sql)),
    ],
    onFault: (error) => log.fault({ where: 'node expiry', error }),
  });
  ground.onStop(() => nodes.close());
  return nodes;
}

async function startDelivery(ground: Ground, nodes: Nodes, wakeUps: WakeUps): Promise<Delivery> {
  const { config, log, events, metrics, timers, routing, verification } = ground;
  const { database } = ground.opened;
  const hosts = createHostMemory();
  const { resolver, findHops } = routing;
  const { sql } = database;
  const tls = createTlsSources({
    resolver,
    trust: config,
    allowPrivate: config.allowPrivateNextHops,
    store: {
      load: (domain) => loadStsPolicy(sql, domain),
      save: (domain, id, { mode, mx, maxAgeSeconds }) => saveStsPolicy(sql, { domain, id, mode, mx, maxAgeSeconds }),
    },
    warn: (message) => log.warning({ where: 'tls', message }),
    onFault: (error) => {
      log.fault({ where: 'MTA-STS', error });
    },
  });
  const acceptedWork = () => ground.inbound.current?.workCount() ?? 0;
  const holder = nodes.lease;
  const parts = {
    config,
    database,
    verification,
    holder,
    findHops,
    tls,
    hosts,
    events,
    acceptedWork,
  };
  const delivery = buildDelivery(parts);
  metrics.gauge('destinations_in_hand', 'Destinations that this node is delivering to', delivery.destinationCount);
  ground.onStop(() => delivery.stop(config.shutdownGraceMs), config.shutdownGraceMs + STOP_WITHIN_MS);
  startReports(parts, { timers, lookup: routing.strangersResolver.query });
  const onLocalFailure = ({ since }: LocalFailure) => {
    ground.localFailure.since = since;
  };
  const outageWork = startOutageWork(parts, { delivery, timers, onLocalFailure });
  ground.onStop(() => outageWork.stop());
  timers.every(FOLD_EVERY_MS, 'counts', () => foldDeltas(database.queueSql));
  if (config.deliveryHold) {
    log.warning({
      where: 'settings',
      message: 'delivery held: DELIVERY_HOLD is set, mail is accepted but not delivered',
    });
  } else {
    let sweptAtMs: number | null = null;
    timers.every(SWEEP_EVERY_MS, 'sweep', async () => {
      await delivery.sweep();
      sweptAtMs = monotonicMs();
    });
    metrics.gauge('sweep_age_seconds', 'Since this node last looked for destinations that are due', () =>
      sweptAtMs === null ? null : (monotonicMs() - sweptAtMs) / 1000,
    );
    await wakeUps.handle(delivery.poke);
  }
  return delivery;
}

async function startInbound(
  ground: Ground,
  { wakeUps, poke }: { readonly wakeUps: WakeUps; readonly poke: (destinationId: string) => void },
): Promise<void> {
  const { config, userLists, onStop } = ground;
  const { database } = ground.opened;
  const parts: InboundParts = { ...ground, database, isListed: userLists.isListed, wakeUps, poke };
  const spool = openSpool(parts);
  onStop(() => spool.close(), STOP_PATIENTLY_MS);
  const inbound = await openInbound(parts, spool);
  ground.inbound.current = inbound;
  onStop(() => inbound.close(config.shutdownGraceMs), config.shutdownGraceMs + STOP_WITHIN_MS);
}

function tellStarted(ground: Ground, started: { http: string; operatorTokenFile: string | null }): void {
  const { config, log, version, runtime, opened, inbound } = ground;
  log.started({
    version,
    runtime,
    mxHostname: config.mxHostname,
    roles: [...config.roles],
    smtp: (inbound.current?.addresses ?? []).map(({ address, port, family }) =>
      family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`,
    ),
    database: opened.description,
    ...started,
  });
  if (config.inFlightBytes < ground.messageSizeLimit() && config.roles.has('inbound')) {
    const message = 'IN_FLIGHT_BYTES is below the message size limit: larger messages are always deferred with 452';
    log.warning({ where: 'settings', message });
  }
  if (config.postmasterAddress === null && config.roles.has('inbound')) {
    const message = 'POSTMASTER_ADDRESS is unset: mail to the postmaster of this server is refused';
    log.warning({ where: 'settings', message });
  }
}

function readinessReasons({ config, inbound, ready, localFailure }: Ground, nodes: Nodes): string[] {
  const readiness = ready.readiness();
  const reasons: string[] = [];
  if (config.roles.has('inbound') && inbound.current === null) reasons.push('SMTP is not listened to yet.');
  if (readiness === 'DOWN') reasons.push('The database does not answer.');
  if (localFailure.since !== null) {
    reasons.push('Most primaries fail at once: the network, the DNS or the addresses of this service are at fault.');
  }
  if (readiness === 'FULL') reasons.push('Free space is below MIN_FREE_BYTES.');
  if (nodes.lease() === null) reasons.push('This node has no lease: it cannot reach the database.');
  return reasons;
}
