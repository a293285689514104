/**
 * Connects the way in: the policy with its checks, the spool, what ETRN starts, certificates and the SMTP listener.
 */
import { monotonicMs, wallClock } from '../clock.ts';
import { collectGarbage } from '../config/machine.ts';
import type { WakeUps } from '../cluster/jobs.ts';
import { openAcceptWriter } from '../db/accept-writer.ts';
import { startTrouble } from '../db/start-error.ts';
import { createClientNames } from '../dns/routing.ts';
import { findSubdomains } from '../domains/domains.ts';
import type { RelayDomain } from '../domains/relay-domain.ts';
import { createRejections, type NewRejection } from '../events/rejections.ts';
import { createSeenClients } from '../events/seen-clients.ts';
import { createInbound } from '../inbound/smtp-server/listener.ts';
import { normalizeDomain } from '../mail/domain.ts';
import { newId } from '../mail/id.ts';
import { clientNetwork, clientNetworks, isWithin, normalizeAddress } from '../mail/ip.ts';
import { OPERATOR_TENANT_ID } from '../mail/viewer.ts';
import { createCalloutBreaker, createOpenOutages } from '../outage/callout-view.ts';
import { requestFlush } from '../outage/clock.ts';
import { findPauses } from '../outage/pause.ts';
import { createAcceptanceSeal, loadArcKey } from '../policy/authentication/acceptance-seal.ts';
import { createCalloutCheck } from '../policy/callout/check.ts';
import { dryRunRejection } from '../policy/dnsbl/dnsbl.ts';
import { openDnsbl } from '../policy/dnsbl/lists.ts';
import { createHarvestGuard } from '../policy/harvest-guard.ts';
import { createStartQueue, type StartQueue } from '../policy/queue-start.ts';
import { decideRecipient, type PostmasterMailbox, recipientChecks, type RecipientPolicy } from '../policy/recipient.ts';
import { createSpool, type Spool, StorageFull } from '../queue/accept/spool.ts';
import { readQueues } from '../queue/read/queues.ts';
import { findOwnDestination } from '../queue/reports/own-mail.ts';
import { createRejectionCounts } from '../stats/rejection-counts.ts';
import { earliestExpiryMs } from '../tls/material.ts';
import { watchCertificates } from '../tls/warnings.ts';
import { createCalloutBudget } from '../verification/budget.ts';
import { type NodeCore, STOP_PATIENTLY_MS } from './core.ts';

/** How long mail waits after the dot for a database that is away; the sender repeats after the 451. */
const STORE_DEADLINE_MS = 30_000;
/** How long mail that may be stored already is looked for: a sender waits ten minutes (RFC 5321 §4.5.3.2.6). */
const STORE_OUTCOME_MS = 540_000;
const OUTAGES_EVERY_MS = 1000;
const COUNTS_EVERY_MS = 5000;
const PRUNE_EVERY_MS = 3_600_000;
/** The share of all connections whose clients may be delayed for guessing addresses. */
const HELD_BACK_SHARE = 0.25;
/** Besides the grace: a session that waits for a database without an answer is left after this. */
const STOP_WITHIN_MS = 3000;

/** Starts the spool, and listens. Throws StartError with one line if an address cannot be bound. */
export async function startInbound(core: NodeCore, wakeUps: WakeUps): Promise<void> {
  const { config, sql, ready, routing, timers, onStop, events, metrics } = core;
  const spool = openSpool(core, wakeUps);
  onStop(() => spool.close(), STOP_PATIENTLY_MS);
  const rejections = createRejections({
    sql,
    monotonicMs,
    clientNetwork,
    hasRoom: () => ready.readiness() !== 'FULL',
    onUnrecorded: metrics.unrecorded,
    onTrouble: (message) => events.warning({ where: 'rejections', message }),
  });
  onStop(rejections.close);
  const rejectionCounts = createRejectionCounts(sql);
  timers.every(COUNTS_EVERY_MS, 'rejection counts', rejectionCounts.flush);
  onStop(rejectionCounts.flush);
  const recordRejection = (rejection: NewRejection): void => {
    rejections.record(rejection);
    rejectionCounts.count(rejection);
  };
  const seenClients = createSeenClients({
    sql,
    onTrouble: (error) =>
      events.warning({ where: 'greeting wait', message: error instanceof Error ? error.message : String(error) }),
  });
  onStop(seenClients.flush);
  timers.every(PRUNE_EVERY_MS, 'greeting wait', () => seenClients.prune());
  const isTrusted = isWithin(config.trustedClients);
  const mostHeldBack = Math.floor(config.maxConnections * HELD_BACK_SHARE);
  const guard = createHarvestGuard({ monotonicMs, isTrusted, mostHeldBack });
  const policy: RecipientPolicy = {
    postmaster: { hostname: config.mxHostname, recipient: await findPostmaster(core) },
    findRelayDomain: core.domains.findRelayDomain,
    checks: await openChecks(core, guard.check, recordRejection),
    note: guard.note,
  };
  const { dataDir, mxHostname: hostname, tlsFiles: files } = config;
  const warn = (message: string): void => events.warning({ where: 'tls', message });
  const tls = watchCertificates({ dataDir, hostname, files, wallClock, warn }, config.mxNames, timers.every);
  metrics.gauge(
    'certificate_expiry_timestamp_seconds',
    'When the first of the certificates that this node shows to senders ends',
    () => earliestExpiryMs(tls()) / 1000,
  );
  const inbound = await createInbound({
    listen: config.smtpListen.map(({ address, port }) => ({ host: address, port })),
    hostname,
    names: config.mxNames,
    publicUrl: config.publicUrl,
    tls,
    messageSizeLimit: core.messageSizeLimit,
    inFlightBytes: config.inFlightBytes,
    bareNewlines: config.bareNewlines,
    greetingWaitMs: config.greetingWaitMs,
    maxConnections: config.maxConnections,
    maxConnectionsPerClient: config.maxConnectionsPerClient,
    messagesPerMinute: config.messagesPerMinute,
    isSeenClient: seenClients.isSeen,
    rememberClient: seenClients.remember,
    isBarred: guard.isBarred,
    decideRecipient: (client, mail, path) => decideRecipient(policy, { client, mail, path }),
    accept: async (transaction) => {
      try {
        await spool.accept(transaction, clientNetworks(transaction.envelope.client.address).at(-1));
      } catch (error) {
        if (error instanceof StorageFull) ready.noteFull();
        throw error;
      }
    },
    collectGarbage,
    authenticate: createAcceptanceSeal({
      hostname,
      names: config.mxNames,
      lookupFor: core.lookupFor,
      addsResults: config.authenticationResults,
      arcKey: config.arcKey === null ? null : loadArcKey(config.arcKey),
      fault: (error) => events.fault({ where: 'authentication', error }),
    }),
    startQueue: queueStart(core),
    newTransactionId: newId,
    readiness: ready.readiness,
    resolveName: createClientNames(routing.strangersResolver),
    isTrusted,
    isTrustedProxy: isWithin(config.trustedProxies),
    wallClock,
    monotonicMs,
    events: {
      ...events,
      refused: (fields, { destination, forwardPath, zone }) => {
        events.refused(fields);
        const { reference: id, rejection } = fields;
        if (id === null || rejection === null) return;
        const { destinationId = null, tenantId = null } = destination ?? {};
        recordRejection({ ...fields, id, rejection, destinationId, tenantId, forwardPath, zone, isDryRun: false });
      },
    },
  }).catch((error: unknown) => {
    throw startTrouble(`SMTP_LISTEN: ${error instanceof Error ? error.message : String(error)}`, error);
  });
  metrics.gauge('connections', 'Open SMTP sessions of this node', inbound.connectionCount);
  metrics.gauge('in_flight_bytes', 'Bytes of the messages this node is receiving', inbound.inFlightBytes);
  core.started.inbound = inbound;
  onStop(() => inbound.close(config.shutdownGraceMs), config.shutdownGraceMs + STOP_WITHIN_MS);
}

function openSpool({ database, events }: NodeCore, wakeUps: WakeUps): Spool {
  return createSpool({
    openWriter: () => openAcceptWriter(database.pgTarget),
    unwoken: wakeUps.unwoken,
    sendWakeUps: wakeUps.send,
    deadlineMs: STORE_DEADLINE_MS,
    outcomeMs: STORE_OUTCOME_MS,
    onCommit: (messageCount, latencyMs) => events.committed({ latencyMs, messageCount }),
    onTrouble: (message) => events.warning({ where: 'spool', message }),
  });
}

/** Opens what the checks need; their order is that of policy/recipient.ts. */
async function openChecks(
  { config, sql, routing, verification, timers, onStop, events, metrics, userLists, ...core }: NodeCore,
  harvestGuard: RecipientPolicy['checks'][number],
  recordRejection: (rejection: NewRejection) => void,
): Promise<RecipientPolicy['checks']> {
  const { answers, primaries } = verification;
  const { findHops } = routing;
  const hostname = config.mxHostname;
  const ownAddresses = [...config.mxAddresses, ...config.egressAddresses, ...core.interfaceAddresses].flatMap(
    (text) => normalizeAddress(text) ?? [],
  );
  const openOutages = createOpenOutages({ sql, monotonicMs });
  await openOutages.refresh();
  timers.every(OUTAGES_EVERY_MS, 'open outages', openOutages.refresh);
  const callAhead = createCalloutCheck({
    findHops,
    answers,
    primaries,
    budget: createCalloutBudget({ sql, monotonicMs }),
    breaker: createCalloutBreaker({ sql, monotonicMs, events }),
    hostname,
    ownAddresses,
    monotonicMs,
    onAsked: events.calledAhead,
    onFault: (error) => events.fault({ where: 'call-ahead', error }),
    openOutages,
  });
  onStop(callAhead.close);
  verification.onForgotten(callAhead.forget);
  const dnsbl = await openDnsbl({
    sql,
    servers: config.dnsServers,
    ownAddresses: new Set(ownAddresses),
    findHops,
    recordDryRun: (hit) => recordRejection({ id: newId(), ...dryRunRejection(hit) }),
    every: timers.every,
    warn: (message) => events.warning({ where: 'dnsbl', message }),
    onFault: (error) => events.fault({ where: 'dnsbl', error }),
  });
  onStop(dnsbl.close);
  core.started.dnsbl = dnsbl;
  const zonesOffHelp = 'DNS lists in use that failed their self-test, as this node knows';
  metrics.gauge('dnsbl_zones_off', zonesOffHelp, dnsbl.offCount);
  return recipientChecks({
    hostname,
    findHops,
    isListed: userLists.isListed,
    primaries,
    harvestGuard,
    dnsbl: dnsbl.check,
    callout: callAhead.check,
    onRouteChanged: (destinationId) => {
      answers.dropAll();
      primaries.drop(destinationId);
    },
  });
}

function queueStart({ sql, domains, poke }: NodeCore): StartQueue {
  const ownerOf = ({ tenantId }: RelayDomain) => ({ tenantId, isOperator: false });
  return createStartQueue({
    findRelayDomain: domains.findRelayDomain,
    findSubdomains: (domain) => findSubdomains(sql, domain),
    readHeld: async (domain) => {
      const { destinationId } = domain;
      const [held, pauses] = await Promise.all([
        readQueues(sql, ownerOf(domain), [destinationId]),
        findPauses(sql, ownerOf(domain), [destinationId]),
      ]);
      const isPaused = pauses.get(destinationId)?.isInForce ?? false;
      return { heldCount: held.get(destinationId)?.heldCount ?? 0, isPaused };
    },
    flush: async (domain) => {
      await requestFlush(sql, ownerOf(domain), domain.destinationId);
      poke(domain.destinationId);
    },
    monotonicMs,
  });
}

/** The mailbox for mail to this server's postmaster, if one is set; makes its destination. */
async function findPostmaster({ config, sql }: NodeCore): Promise<PostmasterMailbox['recipient']> {
  const { postmasterAddress: address } = config;
  if (address === null) return null;
  const domain = normalizeDomain(address.slice(address.lastIndexOf('@') + 1)) ?? '';
  const destinationId = await findOwnDestination(sql, OPERATOR_TENANT_ID, domain);
  return { address, domain, destinationId, tenantId: OPERATOR_TENANT_ID };
}
