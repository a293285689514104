/**
 * One node of the service: its rooms in the order in which they start, and the reverse in which they stop.
 */
import type { Config } from './config.ts';
import { listenTo } from './db/listen.ts';
import { StartError } from './db/start-error.ts';
import type { Inbound } from './inbound/options.ts';
import { joinNodes, type Nodes } from './jobs/nodes.ts';
import { startWakeUps } from './jobs/wake-ups.ts';
import { countOpenOutages, openControl, readHeld, readOperatorToken } from './main-control.ts';
import { openMainDatabase } from './main-database.ts';
import { buildDelivery, reportDeps } from './main-delivery.ts';
import { buildSpool, type MailParts, openInbound } from './main-mail.ts';
import { watchReadiness } from './main-readiness.ts';
import { createTimers } from './main-timers.ts';
import { createRouting } from './main-routing.ts';
import { dropDeadOwnership } from './outage/owner.ts';
import { releaseDeadClaims } from './queue/claim.ts';
import { cancelHeld } from './queue/commands.ts';
import { foldDeltas } from './queue/counts.ts';
import { makeDueReports } from './queue/reports.ts';
import { dropEmptyContents, makePartitions } from './queue/retention.ts';
import { createDomains, SETTINGS_CHANNEL } from './settings/domains.ts';
import { readLimits } from './settings/limits.ts';
import type { Log } from './telemetry/log.ts';
import { createMetrics } from './telemetry/metrics.ts';

const SWEEP_EVERY_MS = 1000;
const FOLD_EVERY_MS = 1000;
const REPORTS_EVERY_MS = 1000;
const LIMITS_EVERY_MS = 60_000;
const PARTITIONS_EVERY_MS = 3_600_000;

export interface NodeOptions {
  readonly config: Config;
  readonly log: Log;
  readonly version: string;
  readonly runtime: string;
  readonly interfaceAddresses: readonly string[];
}

/** Starts all that the roles of this process need. Throws StartError for what the operator can mend. */
export async function startNode(options: NodeOptions): Promise<{ stop(): Promise<void> }> {
  const { log } = options;
  /** In the order of starting; stopped in reverse. */
  const stops: (() => Promise<unknown>)[] = [];
  const stopAll = async () => {
    for (const stop of stops.toReversed()) {
      await stop().catch((error: unknown) => log.fault({ where: 'stop', error }));
    }
  };
  try {
    await startRooms({ options, stops });
  } catch (error) {
    await stopAll();
    throw error;
  }
  return { stop: stopAll };
}

async function startRooms(input: { options: NodeOptions; stops: (() => Promise<unknown>)[] }): Promise<void> {
  const { options, stops } = input;
  const { config, log, version, runtime } = options;
  const operator = await readOperatorToken(config);
  const opened = await openMainDatabase(config, log);
  stops.push(() => opened.stop());
  const { database } = opened;

  let inbound: Inbound | null = null;
  const metrics = createMetrics({
    version,
    runtime,
    sources: {
      held: () => readHeld(database),
      openOutages: () => countOpenOutages(database),
      connections: () => inbound?.connectionCount() ?? 0,
    },
    withProcessMetrics: true,
  });
  const timers = createTimers((where, error) => {
    metrics.faulted(where);
    log.fault({ where, error });
  });
  const ready = watchReadiness({
    sql: database.sql,
    freeBytes: opened.freeBytes,
    minFreeBytes: config.minFreeBytes,
    timers,
    log,
  });
  let limits = await readLimits(database.sql);
  timers.every(LIMITS_EVERY_MS, 'limits', async () => {
    limits = await readLimits(database.sql);
  });
  const routing = createRouting(config, options.interfaceAddresses, () => inbound?.addresses ?? []);
  stops.push(async () => routing.close());

  const domains = createDomains({
    sql: database.sql,
    ownNames: new Set(config.mxNames),
    findMxHosts: routing.findMxHosts,
    cancelHeld: (viewer, destinationId, reason) => cancelHeld(database.queueSql, viewer, destinationId, reason),
  });
  const listener = await listenTo({
    sql: database.sql,
    channel: SETTINGS_CHANNEL,
    onPayload: domains.onSettingsNotice,
    onReset: domains.onReset,
  });
  stops.push(() => listener.close());
  await makePartitions(database.sql);
  timers.every(PARTITIONS_EVERY_MS, 'partitions', async () => {
    await makePartitions(database.sql);
    await dropEmptyContents(database.sql);
  });

  let delivery: ReturnType<typeof buildDelivery> | null = null;
  const nodes: Nodes = await joinNodes({
    address: opened.address,
    name: config.mxHostname,
    version,
    runtime,
    roles: [...config.roles],
    onLost: (reason) => {
      log.warning({ where: 'node', message: `lost the place among the nodes: ${reason}` });
      delivery?.abort();
    },
    onDead: async (sql, dead) => {
      const released = await releaseDeadClaims(sql, dead);
      await dropDeadOwnership(sql, dead);
      log.warning({ where: 'node', message: `node ${dead.node} is gone; ${released} messages in its hands are free` });
    },
  });
  stops.push(() => nodes.close());
  const wakeUps = await startWakeUps({
    target: database.pgTarget,
    onTrouble: (message) => log.warning({ where: 'wake-ups', message }),
  });
  stops.push(() => wakeUps.stop());

  const mail: MailParts = {
    config,
    database,
    wakeUps,
    ready,
    resolver: routing.resolver,
    findRelayDomain: domains.findRelayDomain,
    findHops: routing.findHops,
    messageSizeLimit: () =>
      Math.min(limits.messageSizeLimitBytes, config.messageSizeLimitBytes ?? limits.messageSizeLimitBytes),
    log,
    metrics,
  };
  if (config.roles.has('delivery')) {
    const parts = { config, database, holder: nodes.place, findHops: routing.findHops, log, metrics };
    const built = buildDelivery(parts);
    delivery = built;
    stops.push(() => built.stop(config.shutdownGraceMs));
    const reports = reportDeps({ ...parts, lookup: routing.resolver.query });
    timers.every(REPORTS_EVERY_MS, 'reports', async () => {
      await makeDueReports(reports);
    });
    timers.every(FOLD_EVERY_MS, 'counts', () => foldDeltas(database.queueSql));
    if (!config.deliveryHold) {
      timers.every(SWEEP_EVERY_MS, 'sweep', () => built.sweep());
      await wakeUps.handle(built.poke);
    }
  }
  stops.push(() => timers.stop());
  const control = await openControl({
    config,
    version,
    runtime,
    operatorToken: operator.token,
    database,
    domains,
    poke: (destinationId) => {
      if (!config.deliveryHold) delivery?.poke(destinationId);
    },
    observeMx: routing.observeMx,
    readiness: async () => readinessReasons(ready.readiness(), nodes),
    log,
    metrics,
  });
  stops.push(() => control.close());
  if (config.roles.has('inbound')) {
    const spool = buildSpool(mail);
    stops.push(() => spool.close());
    const listening = await openInbound(mail, spool).catch((error: unknown) => {
      throw new StartError(`SMTP_LISTEN: ${error instanceof Error ? error.message : String(error)}`);
    });
    inbound = listening;
    stops.push(() => listening.close(config.shutdownGraceMs));
  }
  log.started({
    version,
    runtime,
    mxHostname: config.mxHostname,
    roles: [...config.roles],
    smtp: (inbound?.addresses ?? []).map(({ address, port, family }) =>
      family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`,
    ),
    http: control.address,
    database: opened.description,
    operatorTokenFile: operator.file,
  });
  if (config.postmasterAddress === null) {
    log.warning({
      where: 'settings',
      message: 'POSTMASTER_ADDRESS is unset: mail to the postmaster of this server is refused',
    });
  }
}

function readinessReasons(readiness: 'OK' | 'DOWN' | 'FULL', nodes: Nodes): string[] {
  const reasons: string[] = [];
  if (readiness === 'DOWN') reasons.push('The database does not answer.');
  if (readiness === 'FULL') reasons.push('Free space is below MIN_FREE_BYTES.');
  if (nodes.place() === null) reasons.push('This node has no place among the nodes: it cannot reach the database.');
  return reasons;
}
