/**
 * The core of a node, on which its roles stand: database, log, metrics, timers, routing, domains, tokens and verification.
 */
import type { AddressInfo } from 'node:net';
import { createTimers, monotonicMs, type Timers, watchEventLoop } from '../clock.ts';
import { badSetting, type Config } from '../config/config.ts';
import { type Sql, statementsUnderWay } from '../db/client.ts';
import { isDatabaseAway } from '../db/connection-lost.ts';
import { listenTo, SETTINGS_CHANNEL } from '../db/listen.ts';
import { findOldestSnapshot } from '../db/oldest-snapshot.ts';
import { StartError } from '../db/start-error.ts';
import type { Delivery } from '../delivery/delivery.ts';
import { createRouting, type Routing } from '../dns/routing.ts';
import { registerDoctorGauges } from '../doctor/reports.ts';
import { createDomains, type Domains } from '../domains/domains.ts';
import { createListLookup, type ListLookup } from '../domains/user-list/lookup.ts';
import { endpointOf, jsonPoster } from '../http/connection.ts';
import type { Inbound } from '../inbound/listener-state.ts';
import { registerOutageGauges } from '../outage/inspect.ts';
import { createLookupPace, type LookupFor } from '../policy/authentication/lookup-pace.ts';
import type { Dnsbl } from '../policy/dnsbl/lists.ts';
import { registerQueueGauges } from '../queue/counts.ts';
import { registerDrillGauges } from '../queue/drills/drill-facts.ts';
import { readLimits } from '../queue/limits.ts';
import { LIMITS_NOTICE, MOST_SIZE_BYTES } from '../queue/limit-change.ts';
import { listNodes } from '../cluster/nodes.ts';
import { makePartitions } from '../queue/retention.ts';
import { countFaults, createMailEvents, type MailEvents } from '../telemetry/events.ts';
import type { Log } from '../telemetry/log.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import type { Trace } from '../telemetry/trace.ts';
import { type ConsoleSessions, createConsoleSessions } from '../tenants/console-sessions.ts';
import { createTokenCache, TOKEN_NOTICE, type TokenCache } from '../tenants/token-cache.ts';
import { openVerification, type Verification } from '../verification/verification.ts';
import { type OpenedDatabase, openMainDatabase } from './database.ts';
import { type ReadinessWatch, watchReadiness } from './health.ts';

const LIMITS_EVERY_MS = 60_000;
const TOKEN_USES_EVERY_MS = 60_000;
/** Mail that waits for the database after its dot has its own deadline; the embedded database writes out what it has. */
export const STOP_PATIENTLY_MS = 60_000;

export interface NodeOptions {
  readonly config: Config;
  readonly log: Log;
  readonly version: string;
  readonly runtime: string;
  readonly interfaceAddresses: readonly string[];
}

/** Registers how a part stops; parts stop in the reverse order of their start. One that does not stop in time is left. */
export type OnStop = (stop: () => Promise<unknown>, withinMs?: number) => void;

/** The parts that are there once they have started, and the last reading of local failures. */
interface Started {
  inbound: Inbound | null;
  dnsbl: Dnsbl | null;
  delivery: Delivery | null;
  /** Since when most primaries fail at once. */
  localFailureSince: Date | null;
}

export interface NodeCore extends NodeOptions {
  readonly database: OpenedDatabase;
  readonly sql: Sql;
  /** For the queue's hot statements. */
  readonly queueSql: Sql;
  readonly started: Started;
  readonly events: MailEvents;
  readonly metrics: Metrics;
  readonly timers: Timers;
  readonly ready: ReadinessWatch;
  readonly routing: Routing;
  /** For SPF, keys and policies of senders, at acceptance and for reports. */
  readonly lookupFor: LookupFor;
  readonly domains: Domains;
  readonly tokens: TokenCache;
  readonly consoleSessions: ConsoleSessions;
  readonly userLists: ListLookup;
  readonly verification: Verification;
  readonly messageSizeLimit: () => number;
  /** The SMTP addresses, as bound. */
  readonly listeners: () => readonly AddressInfo[];
  /** Starts on a destination on this node at once; the others find it in their sweep. */
  readonly poke: (destinationId: string) => void;
  readonly onStop: OnStop;
}

/** @throws StartError for what the operator can correct */
export async function openCore(options: NodeOptions, onStop: OnStop): Promise<NodeCore> {
  const { config, version, runtime } = options;
  const database = await openMainDatabase(config, options.log);
  onStop(() => database.stop(), STOP_PATIENTLY_MS);
  const { sql, queueSql, freeBytes } = database;
  const started: Started = { inbound: null, dnsbl: null, delivery: null, localFailureSince: null };
  const metrics = createMetrics({ version, runtime, withProcessMetrics: true });
  registerServiceGauges(metrics, database, started);
  const log = countFaults(options.log, metrics, isDatabaseAway);
  const trace = await openTrace(options, metrics);
  if (trace !== null) onStop(() => trace.close());
  const events = createMailEvents({ log, metrics, trace });
  const timers = createTimers((where, error) => log.fault({ where, error }));
  watchEventLoop(timers, metrics.eventLoopLag);
  const ready = watchReadiness({ sql, freeBytes, minFreeBytes: config.minFreeBytes, timers, log });
  const sizeLimit = await watchSizeLimit(config, sql, { timers, log });
  await makePartitions(sql);

  const listeners = (): readonly AddressInfo[] => started.inbound?.addresses ?? [];
  const routing = openRouting(options, listeners);
  onStop(async () => routing.close());
  const { findMxHosts, checkRoute } = routing;
  const domains = createDomains({ sql, ownNames: new Set(config.mxNames), findMxHosts, checkRoute, events });
  const userLists = createListLookup({ sql: queueSql });
  const verification = openVerification({ sql, queueSql, isListed: userLists.isListed, every: timers.every });
  onStop(() => verification.close());
  const tokens = createTokenCache(sql);
  const consoleSessions = createConsoleSessions(sql);
  const dropTokens = (): void => {
    tokens.dropAll();
    consoleSessions.dropAll();
  };
  timers.every(TOKEN_USES_EVERY_MS, 'tokens', async () => {
    await tokens.storeUses();
    await consoleSessions.storeUses();
  });
  const listener = await listenTo({
    sql,
    channel: SETTINGS_CHANNEL,
    onPayload: (payload) => {
      if (payload === TOKEN_NOTICE) return dropTokens();
      if (payload === LIMITS_NOTICE) return sizeLimit.readAgain();
      if (verification.onNotice(payload)) return;
      domains.onSettingsNotice(payload);
      started.dnsbl?.testSoon();
    },
    onReset: () => {
      userLists.dropAll();
      verification.onReset();
      domains.onReset();
      dropTokens();
      sizeLimit.readAgain();
    },
  });
  onStop(() => listener.close());
  const poke = (destinationId: string): void => {
    if (!config.deliveryHold) started.delivery?.poke(destinationId);
  };
  return {
    ...options,
    database,
    sql,
    queueSql,
    started,
    log,
    events,
    metrics,
    timers,
    ready,
    routing,
    lookupFor: createLookupPace(routing.forClient),
    domains,
    tokens,
    consoleSessions,
    userLists,
    verification,
    messageSizeLimit: sizeLimit.bytes,
    listeners,
    poke,
    onStop,
  };
}

interface SizeLimit {
  /** The limit of this node, as it is now. */
  readonly bytes: () => number;
  /** The database's may have changed. */
  readonly readAgain: () => void;
}

/** The smaller of MESSAGE_SIZE_LIMIT and the database's limit, which is read when it changes, and once a minute. */
async function watchSizeLimit(
  config: Config,
  sql: Sql,
  { timers, log }: { readonly timers: Timers; readonly log: Pick<Log, 'fault'> },
): Promise<SizeLimit> {
  const ownLimit = config.messageSizeLimitBytes;
  if (ownLimit !== null && ownLimit > MOST_SIZE_BYTES) {
    throw new StartError(
      badSetting('MESSAGE_SIZE_LIMIT', String(ownLimit), `at most ${MOST_SIZE_BYTES} bytes`).message,
    );
  }
  let { messageSizeLimitBytes: limit } = await readLimits(sql);
  let reads = 0;
  const read = async (): Promise<void> => {
    reads += 1;
    const mine = reads;
    const { messageSizeLimitBytes } = await readLimits(sql);
    // One that began earlier may have seen what was before.
    if (mine === reads) limit = messageSizeLimitBytes;
  };
  timers.every(LIMITS_EVERY_MS, 'limits', read);
  return {
    bytes: () => Math.min(limit, ownLimit ?? Infinity),
    readAgain: () => void read().catch((error: unknown) => log.fault({ where: 'limits', error })),
  };
}

function openRouting({ config, interfaceAddresses }: NodeOptions, listeners: () => readonly AddressInfo[]): Routing {
  const web = endpointOf(new URL(config.publicUrl));
  return createRouting({
    servers: config.dnsServers,
    self: () => ({
      names: config.mxNames,
      addresses: config.selfAddresses,
      listeners: [...listeners(), config.httpListen],
      interfaceAddresses,
      web,
    }),
    otherAddresses: [...config.mxAddresses, ...config.egressAddresses],
    deliveryPort: config.deliveryPort,
    allowPrivate: config.allowPrivateNextHops,
  });
}

/** The gauges of the whole service, and of the node itself; those that ask the database read only what is held or open. */
function registerServiceGauges(metrics: Metrics, { sql, queueSql, freeBytes }: OpenedDatabase, started: Started): void {
  registerQueueGauges(metrics, queueSql);
  registerOutageGauges(metrics, sql);
  registerDoctorGauges(metrics, sql);
  registerDrillGauges(metrics, sql);
  metrics.gauge('nodes', 'Living nodes of the whole service', async () => (await listNodes(sql)).length);
  const localFailureHelp = '1 while most primaries fail at once: the fault is ours, and nothing expires';
  metrics.gauge('service_trouble', localFailureHelp, () => (started.localFailureSince === null ? 0 : 1));
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

/** Its module is loaded only if a collector is named. */
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
