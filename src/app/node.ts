/**
 * One node of the service: its parts in the order in which they start, and the reverse in which they stop.
 */
import { within } from '../clock.ts';
import { startJobs } from '../cluster/jobs.ts';
import { joinNodes, type Nodes } from '../cluster/nodes.ts';
import { operatorParent, readOperatorToken } from '../control/admission/auth.ts';
import { tellFinalized } from '../delivery/destination-records.ts';
import { dropDeadOwnership, findOwners } from '../outage/owner.ts';
import { findClaimants, releaseDeadClaims } from '../queue/claim.ts';
import { finalizeMarked, findMarkers } from '../queue/marks.ts';
import type { Log } from '../telemetry/log.ts';
import { consoleLinkUrl } from '../tenants/console-sessions.ts';
import { SCOPES } from '../tenants/token-cache.ts';
import { learnFromResults } from '../verification/learned.ts';
import { startControl, startDrills } from './control.ts';
import { type NodeCore, type NodeOptions, type OnStop, openCore } from './core.ts';
import { startDelivery } from './delivery.ts';
import { checkPlaces, watchNames } from './health.ts';
import { startInbound } from './inbound.ts';
import { startMaintenance, startOperationWork } from './maintenance.ts';

/** A part that waits for a database without an answer is left after this. */
const STOP_WITHIN_MS = 3000;

export interface StartedNode {
  readonly log: Log;
  /** A link that opens the console once, within ten minutes, with all rights of the operator. */
  makeConsoleLink(): Promise<string>;
  stop(): Promise<void>;
}

/** For whoever has just started the service and reads what it says. */
const LINK_SECONDS = 600;

/**
 * Starts all that the roles of this process need. Throws StartError for what the operator can correct.
 *
 * @returns with the log whose faults the node's metrics count
 */
export async function startNode(options: NodeOptions): Promise<StartedNode> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const stopPart of stops.splice(0).toReversed()) {
      await stopPart().catch((error: unknown) => options.log.fault({ where: 'stop', error }));
    }
  };
  try {
    const parts = await startParts(options, (stopPart, withinMs = STOP_WITHIN_MS) => {
      stops.push(() =>
        within(withinMs, stopPart(), () => {
          throw new Error(`did not stop within ${withinMs} ms`);
        }),
      );
    });
    return { ...parts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(options: NodeOptions, onStop: OnStop): Promise<Omit<StartedNode, 'stop'>> {
  const { config } = options;
  await checkPlaces(config);
  const core = await openCore(options, onStop);
  const { log, started } = core;
  const operator = await readOperatorToken(config);
  const nodes = await joinCluster(core);
  watchNames(core);
  const jobs = await startJobs({
    target: core.database.pgTarget,
    onTrouble: (message) => log.warning({ where: 'wake-ups', message }),
    onFault: (where, error) => log.fault({ where, error }),
  });
  onStop(() => jobs.stop());
  await startMaintenance(core, jobs);
  if (config.roles.has('delivery')) started.delivery = await startDelivery(core, nodes, jobs.wakeUps);
  startOperationWork(core);
  const reasons = () => readinessReasons(core, nodes);
  const http = await startControl(core, operator.token, reasons);
  if (config.roles.has('inbound')) {
    await startInbound(core, jobs.wakeUps);
    startDrills(core, reasons);
  }
  logStarted(core, { http, operatorTokenFile: operator.file });
  return { log, makeConsoleLink: () => makeConsoleLink(core, operator.token) };
}

async function makeConsoleLink({ config, consoleSessions }: NodeCore, operatorToken: string): Promise<string> {
  const link = { parent: operatorParent(operatorToken), scopes: SCOPES, lastsSeconds: LINK_SECONDS };
  return consoleLinkUrl(config.publicUrl, (await consoleSessions.makeLink(link)).code);
}

async function joinCluster(core: NodeCore): Promise<Nodes> {
  const { config, log, events, database, version, runtime, started, onStop } = core;
  const learn = learnFromResults(core.verification, config.egressAddresses);
  const nodes = await joinNodes({
    address: database.address,
    name: config.mxHostname,
    version,
    runtime,
    roles: [...config.roles],
    isDelivering: config.roles.has('delivery') && !config.deliveryHold,
    onLost: (reason) => {
      log.warning({ where: 'node', message: `lease lost: ${reason}` });
      started.delivery?.abort();
    },
    free: async (sql, lease) => {
      const finalized = await finalizeMarked(sql, lease);
      const messageCount = await releaseDeadClaims(sql, lease);
      await dropDeadOwnership(sql, lease);
      return { messageCount, tell: () => tellFinalized({ events, learn }, finalized) };
    },
    onExpired: (dead, messageCount) =>
      log.warning({ where: 'node', message: `node ${dead.node} expired: released ${messageCount} claimed messages` }),
    findHolders: async (sql) => [
      ...(await findClaimants(sql)),
      ...(await findMarkers(sql)),
      ...(await findOwners(sql)),
    ],
    onFault: (error) => log.fault({ where: 'node expiry', error }),
  });
  onStop(() => nodes.close());
  return nodes;
}

function logStarted(core: NodeCore, bound: { readonly http: string; readonly operatorTokenFile: string | null }): void {
  const { config, log, version, runtime } = core;
  log.started({
    version,
    runtime,
    mxHostname: config.mxHostname,
    roles: [...config.roles],
    smtp: core
      .listeners()
      .map(({ address, port, family }) => (family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`)),
    database: core.database.description,
    ...bound,
  });
  if (config.inFlightBytes < core.messageSizeLimit() && config.roles.has('inbound')) {
    const message = 'IN_FLIGHT_BYTES is below the message size limit: larger messages are always deferred with 452';
    log.warning({ where: 'settings', message });
  }
  if (config.postmasterAddress === null && config.roles.has('inbound')) {
    const message = 'POSTMASTER_ADDRESS is unset: mail to the postmaster of this server is refused';
    log.warning({ where: 'settings', message });
  }
}

function readinessReasons({ config, ready, started }: NodeCore, nodes: Nodes): string[] {
  const readiness = ready.readiness();
  const reasons: string[] = [];
  if (config.roles.has('inbound') && started.inbound === null) reasons.push('SMTP is not listened to yet.');
  if (readiness === 'DOWN') reasons.push('The database does not answer.');
  if (started.localFailureSince !== null) {
    reasons.push('Most primaries fail at once: the network, the DNS or the addresses of this service are at fault.');
  }
  if (readiness === 'FULL') reasons.push('Free space is below MIN_FREE_BYTES.');
  if (nodes.lease() === null) reasons.push('This node has no lease: it cannot reach the database.');
  return reasons;
}
