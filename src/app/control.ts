/**
 * Builds the control plane from the rooms below it, and the gauges of the metrics.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { createControl } from '../control/server.ts';
import type { Database } from '../db/client.ts';
import { isDatabaseAway } from '../db/connection-lost.ts';
import { StartError, startTrouble } from '../db/start-error.ts';
import type { Doctor } from '../doctor/doctor.ts';
import type { Ownership } from '../doctor/ownership.ts';
import { createAuditInspection } from '../events/audit-pages.ts';
import { createAuditLog } from '../events/audit.ts';
import { createOutageFeed } from '../events/outage-feed.ts';
import { createRejectionInspection } from '../events/rejection-pages.ts';
import type { Viewer } from '../mail/viewer.ts';
import { buildSetMx } from './set-mx.ts';
import type { Routing } from '../dns/routing.ts';
import { isWithin, clientNetwork } from '../mail/ip.ts';
import { requestFlush } from '../outage/clock.ts';
import { createBreakerInspection } from '../outage/breaker-inspect.ts';
import { releaseBreaker } from '../outage/breaker-release.ts';
import { extendHold, MAX_HOLD_HOURS } from '../outage/hold.ts';
import { createOutageInspection } from '../outage/inspect.ts';
import { createLastAttemptInspection } from '../outage/last-attempt.ts';
import { findPauses, pauseDestination, resumeDestination } from '../outage/pause.ts';
import { bounceSuspected } from '../queue/verbs/bounce-suspected.ts';
import { bounceMessage, cancelMessage, retryMessage, type VerbResult } from '../queue/verbs/commands.ts';
import { createAttemptInspection } from '../queue/read/attempts.ts';
import { createContentInspection } from '../queue/read/content.ts';
import { findSuppressions } from '../queue/read/suppressions.ts';
import { listNodes } from '../queue/read/nodes.ts';
import { createQueueInspection } from '../queue/read/queues.ts';
import { createOperationInspection, startOperation } from '../queue/verbs/operations.ts';
import { createDrills } from '../queue/drills/drills.ts';
import { createMessageInspection } from '../queue/read/inspect.ts';
import { createTimelineInspection } from '../queue/read/timeline.ts';
import { readWatchedCounts } from '../queue/read/watched-counts.ts';
import { readMessageMarks } from '../queue/read/watched-messages.ts';
import { readZoneStandings } from '../domains/dnsbl-counts.ts';
import type { Standings } from '../verification/standing.ts';
import { type RecipientLists, recipientListWork } from '../domains/user-list/list.ts';
import type { Notify } from './notify.ts';
import type { Domains } from '../domains/domains.ts';
import { createIdempotency } from '../input/idempotency.ts';
import { readLimits } from '../queue/limits.ts';
import { createTenants } from '../tenants/tenants.ts';
import type { TokenBook } from '../tenants/token-book.ts';
import { createTokens } from '../tenants/tokens.ts';
import type { MailEvents } from '../telemetry/events.ts';
import type { Metrics } from '../telemetry/metrics.ts';

export interface ControlParts {
  readonly config: Config;
  readonly version: string;
  readonly runtime: string;
  readonly operatorToken: string;
  readonly database: Database;
  readonly domains: Domains;
  readonly tokenBook: TokenBook;
  readonly ownership: Ownership;
  readonly doctor: Doctor;
  readonly notify: Notify;
  readonly recipientLists: RecipientLists;
  readonly standings: Standings;
  /** Looks at a destination on this node at once; the others find it in their sweep. */
  readonly poke: (destinationId: string) => void;
  readonly routing: Pick<Routing, 'observeMx' | 'resolver' | 'isOwnServer'>;
  readonly readiness: () => Promise<readonly string[]>;
  readonly events: MailEvents;
  readonly metrics: Pick<Metrics, 'render'>;
}

export interface OpenedControl {
  /** `host:port` as bound. */
  readonly address: string;
  subscriptionCount(): number;
  close(): Promise<void>;
}

/** Starts listening; throws StartError with one line when it cannot. */
export async function openControl(parts: ControlParts): Promise<OpenedControl> {
  const { config, database, events } = parts;
  const { sql } = database;
  const tell = (result: VerbResult): VerbResult => {
    if (result.kind === 'DONE') {
      parts.poke(result.destinationId);
      events.settled(result.domain, result.results);
    }
    return result;
  };
  const isTrusted = isWithin(config.trustedClients);
  const listening = await createControl({
    listen: { host: config.httpListen.address, port: config.httpListen.port },
    isControl: config.roles.has('control'),
    operatorToken: parts.operatorToken,
    strangerNetwork: (address) => (isTrusted(address) ? null : clientNetwork(address)),
    service: {
      version: parts.version,
      runtime: parts.runtime,
      mxNames: config.publishedNames,
      egressAddresses: config.egressAddresses,
    },
    log: events,
    domains: parts.domains,
    recipientLists: parts.recipientLists,
    standings: parts.standings,
    audit: createAuditLog(sql),
    auditPages: createAuditInspection(sql),
    ownership: parts.ownership,
    doctor: parts.doctor,
    tenants: createTenants(sql, parts.tokenBook.dropAll, recipientListWork),
    tokens: createTokens(sql, parts.tokenBook.dropAll),
    findToken: parts.tokenBook.find,
    webhooks: parts.notify.webhooks,
    deliveries: parts.notify.deliveries,
    alertContacts: parts.notify.alertContacts,
    readZoneStandings: (viewer, questions) => readZoneStandings(sql, viewer, questions),
    readLimits: () => readLimits(sql),
    idempotency: createIdempotency(sql),
    messages: createMessageInspection(sql),
    contents: createContentInspection(sql),
    attempts: createAttemptInspection(sql),
    timelines: createTimelineInspection(sql),
    findSuppressions: (viewer, questions) => findSuppressions(sql, viewer, questions),
    queues: createQueueInspection(sql),
    breakers: createBreakerInspection(sql),
    outages: createOutageInspection(sql),
    lastAttempts: createLastAttemptInspection(sql),
    rejections: createRejectionInspection(sql),
    outageFeed: createOutageFeed(sql),
    readMessageMarks: (watched) => readMessageMarks(sql, watched),
    readWatchedCounts: (watched) => readWatchedCounts(sql, watched),
    listNodes: () => listNodes(sql),
    retryMessage: async (viewer, { id, reason }) => tell(await retryMessage(sql, viewer, id, reason)),
    cancelMessage: async (viewer, { id, reason }) => tell(await cancelMessage(sql, viewer, id, reason)),
    bounceMessage: async (viewer, { id, reason }) => tell(await bounceMessage(sql, viewer, id, reason)),
    domainVerbs: {
      pause: (viewer, destinationId, window) => pauseDestination(sql, viewer, destinationId, window),
      resume: async (viewer, destinationId, reason) => {
        await resumeDestination(sql, viewer, destinationId, reason);
        parts.poke(destinationId);
      },
      extendHold: (viewer, destinationId, hours) => extendHold(sql, viewer, destinationId, hours),
      maxHoldHours: MAX_HOLD_HOURS,
      findPauses: (viewer, ids) => findPauses(sql, viewer, ids),
    },
    drills: createDrills(sql),
    setMx: buildSetMx({ config, sql, ...parts.routing }),
    operations: createOperationInspection(sql),
    startOperation: (viewer, request) => startOperation(sql, viewer, request),
    releaseBreaker: async (viewer, { destinationId, name }) => {
      const released = await releaseBreaker(sql, viewer, destinationId);
      if (released === null) return;
      events.breakerMoved(name, { to: 'CLOSED' });
      if (released.closedOutage !== null) events.outageClosed(name, released.closedOutage);
      parts.poke(destinationId);
    },
    bounceSuspected: (viewer, { destinationId, name }, verb) =>
      bounceSuspected(sql, viewer, { ...verb, domain: name, destinationId }),
    flushDestination: async (viewer: Viewer, destinationId) => {
      await requestFlush(sql, viewer, destinationId);
      parts.poke(destinationId);
    },
    observeMx: parts.routing.observeMx,
    isDatabaseAway,
    networkOf: payingNetwork,
    readiness: parts.readiness,
    onRequest: events.requested,
    renderMetrics: parts.metrics.render,
  });
  if (listening.kind !== 'LISTENING') throw startTrouble(listening.message, listening.error);
  const { host, port } = listening.address;
  return {
    address: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    subscriptionCount: listening.subscriptionCount,
    close: listening.close,
  };
}

/**
 * Whole or not at all, also on a disk that fills up. The link fails when the file is there: two nodes starting at once on one
 * folder agree on one token.
 */
async function makeTokenFile(file: string): Promise<void> {
  const unfinished = `${file}.${randomBytes(6).toString('hex')}.new`;
  try {
    await writeFile(unfinished, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 });
    await link(unfinished, file);
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** A loopback address is a proxy's on this machine, or the operator's. */
function payingNetwork(address: string): string | null {
  const network = clientNetwork(address);
  return /^127\.|^::\/|^::1$/.test(network) ? null : network;
}

/** The operator token: from the environment, else from DATA_DIR, made there once with mode 0600. */
export async function readOperatorToken(config: Config): Promise<{ token: string; file: string | null }> {
  if (config.operatorToken !== null) return { token: config.operatorToken, file: null };
  const file = join(resolve(config.dataDir), 'operator-token');
  try {
    await mkdir(resolve(config.dataDir), { recursive: true });
    if (!existsSync(file)) await makeTokenFile(file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
      throw startTrouble(`DATA_DIR: cannot write ${file}`, error);
    }
  }
  await chmod(file, 0o600);
  const token = (await readFile(file, 'utf8')).trim();
  if (token === '') throw new StartError(`DATA_DIR: ${file} is empty; delete it to have a new operator token made`);
  return { token, file };
}
