/**
 * Connects the way in: the policy with its checks, the spool, what ETRN starts, certificates and the SMTP listener.
 */
import { monotonicMs, wallClock } from '../clock.ts';
import type { WakeUps } from '../cluster/jobs.ts';
import type { Config } from '../config/config.ts';
import { openAcceptWriter } from '../db/accept-writer.ts';
import type { Database } from '../db/client.ts';
import { startTrouble } from '../db/start-error.ts';
import { type Routing, createClientNames } from '../dns/routing.ts';
import { type Domains, findSubdomains } from '../domains/domains.ts';
import type { RelayDomain } from '../domains/relay-domain.ts';
import type { IsListed } from '../domains/user-list/lookup.ts';
import { createRejections, type Rejections } from '../events/rejections.ts';
import { createSeenClients } from '../events/seen-clients.ts';
import { createInbound } from '../inbound/smtp-server/listener.ts';
import type { Inbound } from '../inbound/listener-state.ts';
import { normalizeDomain } from '../mail/address.ts';
import { clientNetwork, isWithin, normalizeAddress } from '../mail/ip.ts';
import { newId } from '../mail/id.ts';
import { OPERATOR_TENANT_ID } from '../mail/viewer.ts';
import { createCalloutBreaker, createOpenOutages } from '../outage/callout-view.ts';
import { requestFlush } from '../outage/clock.ts';
import { findPauses } from '../outage/pause.ts';
import { createAcceptanceSeal, loadArcKey } from '../policy/authentication/acceptance-seal.ts';
import { createCalloutCheck } from '../policy/callout/check.ts';
import { createHarvestGuard } from '../policy/harvest-guard.ts';
import type { AcceptedRecipient } from '../policy/decision.ts';
import { dryRunRejection } from '../policy/dnsbl/dnsbl.ts';
import { type Dnsbl, openDnsbl } from '../policy/dnsbl/lists.ts';
import { createStartQueue, type StartQueue } from '../policy/queue-start.ts';
import { decideRecipient, recipientChecks, type RecipientPolicy } from '../policy/recipient.ts';
import { createSpool, type Spool, StorageFull } from '../queue/accept/spool.ts';
import { readQueues } from '../queue/read/queues.ts';
import { findOwnDestination } from '../queue/reports/own-mail.ts';
import type { MailEvents } from '../telemetry/events.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { earliestExpiryMs, loadTlsMaterial, type TlsMaterial } from '../tls/material.ts';
import { certificateWarnings } from '../tls/warnings.ts';
import { createCalloutBudget } from '../verification/budget.ts';
import type { Verification } from '../verification/verification.ts';
import type { ReadinessWatch } from './health.ts';
import type { Timers } from './timers.ts';

/** How long mail waits after the dot for a database that is away; the sender repeats after the 451. */
const STORE_DEADLINE_MS = 30_000;
/** How long mail that may be stored already is looked for: a sender waits ten minutes (RFC 5321 §4.5.3.2.6). */
const STORE_OUTCOME_MS = 540_000;
/** After so many octets of large mail, stored or rejected, their memory is asked back: it would pile up as garbage. */
const COLLECT_AFTER_OCTETS = 64 * 1024 * 1024;
const OUTAGES_EVERY_MS = 1000;
const PRUNE_EVERY_MS = 3_600_000;
const CERTIFICATES_EVERY_MS = 86_400_000;
/** The share of all connections whose clients may be delayed for guessing addresses. */
const HELD_BACK_SHARE = 0.25;

export interface InboundParts {
  readonly config: Config;
  readonly database: Database;
  readonly wakeUps: WakeUps;
  readonly ready: ReadinessWatch;
  readonly routing: Routing;
  readonly domains: Domains;
  readonly isListed: IsListed;
  readonly verification: Verification;
  /** Set as soon as it is open. */
  readonly dnsbl: { current: Dnsbl | null };
  readonly interfaceAddresses: readonly string[];
  readonly messageSizeLimit: () => number;
  readonly collectGarbage: () => void;
  /** Starts on a destination on this node at once; the others find it in their sweep. */
  readonly poke: (destinationId: string) => void;
  readonly timers: Timers;
  readonly onStop: (stop: () => Promise<unknown>, withinMs?: number) => void;
  readonly events: MailEvents;
  readonly metrics: Pick<Metrics, 'gauge' | 'unrecorded'>;
}

export async function openInbound(parts: InboundParts, spool: Spool): Promise<Inbound> {
  const { config, ready, routing, timers, onStop, events, metrics } = parts;
  const { sql } = parts.database;
  const rejections = createRejections({
    sql,
    monotonicMs,
    clientNetwork,
    hasRoom: () => ready.readiness() !== 'FULL',
    onUnrecorded: metrics.unrecorded,
    onTrouble: (message) => events.warning({ where: 'rejections', message }),
  });
  onStop(rejections.close);
  const seenClients = createSeenClients({
    sql,
    onTrouble: (error) =>
      events.warning({ where: 'greeting wait', message: error instanceof Error ? error.message : String(error) }),
  });
  onStop(seenClients.flush);
  timers.every(PRUNE_EVERY_MS, 'greeting wait', async () => {
    await seenClients.prune();
  });
  const isTrusted = isWithin(config.trustedClients);
  const mostHeldBack = Math.floor(config.maxConnections * HELD_BACK_SHARE);
  const guard = createHarvestGuard({ monotonicMs, isTrusted, mostHeldBack });
  const policy: RecipientPolicy = {
    postmaster: { hostname: config.mxHostname, recipient: await findPostmaster(parts) },
    findRelayDomain: parts.domains.findRelayDomain,
    checks: await openChecks(parts, guard.check, rejections),
    note: guard.note,
  };
  const tls = watchCertificates(parts);
  metrics.gauge(
    'certificate_expiry_timestamp_seconds',
    'When the first of the certificates that this node shows to senders ends',
    () => earliestExpiryMs(tls()) / 1000,
  );
  let readOctets = 0;
  const inbound = await createInbound({
    listen: config.smtpListen.map(({ address, port }) => ({ host: address, port })),
    hostname: config.mxHostname,
    names: config.mxNames,
    publicUrl: config.publicUrl,
    tls,
    messageSizeLimit: parts.messageSizeLimit,
    inFlightBytes: config.inFlightBytes,
    bareNewlines: config.bareNewlines,
    greetingWaitMs: config.greetingWaitMs,
    isSeenClient: seenClients.isSeen,
    rememberClient: seenClients.remember,
    isBarred: guard.isBarred,
    maxConnections: config.maxConnections,
    maxConnectionsPerClient: config.maxConnectionsPerClient,
    messagesPerMinute: config.messagesPerMinute,
    decideRecipient: (client, mail, path) => decideRecipient(policy, { client, mail, path }),
    accept: async (transaction) => {
      try {
        await spool.accept(transaction, clientNetwork(transaction.envelope.client.address));
      } catch (error) {
        if (error instanceof StorageFull) ready.tellFull();
        throw error;
      }
    },
    onLargeRead: (octets) => {
      readOctets += octets;
      if (readOctets < COLLECT_AFTER_OCTETS) return;
      readOctets = 0;
      parts.collectGarbage();
    },
    authenticate:
      createAcceptanceSeal({
        hostname: config.mxHostname,
        names: config.mxNames,
        lookup: routing.resolver.query,
        addsResults: config.authenticationResults,
        arcKey: config.arcKey === null ? null : loadArcKey(config.arcKey),
        fault: (error) => {
          events.fault({ where: 'authentication', error });
        },
      }) ?? undefined,
    startQueue: queueStart(parts),
    newTransactionId: newId,
    readiness: ready.readiness,
    resolveName: createClientNames(routing.resolver),
    isTrusted,
    ...(config.trustedProxies.length === 0 ? {} : { isTrustedProxy: isWithin(config.trustedProxies) }),
    wallClock,
    monotonicMs,
    events: {
      ...events,
      refused: (fields, subject) => {
        events.refused(fields);
        const { reference, rejection } = fields;
        if (reference === null || rejection === null) return;
        const { destinationId = null, tenantId = null } = subject.destination ?? {};
        const { forwardPath, zone } = subject;
        rejections.record({
          ...fields,
          id: reference,
          rejection,
          destinationId,
          tenantId,
          forwardPath,
          zone,
          isDryRun: false,
        });
      },
    },
  }).catch((error: unknown) => {
    throw startTrouble(`SMTP_LISTEN: ${error instanceof Error ? error.message : String(error)}`, error);
  });
  metrics.gauge('connections', 'Open SMTP sessions of this node', inbound.connectionCount);
  metrics.gauge('in_flight_bytes', 'Bytes of the messages this node is receiving', inbound.inFlightBytes);
  return inbound;
}

export function openSpool({ database, wakeUps, events }: InboundParts): Spool {
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
  parts: InboundParts,
  harvestGuard: RecipientPolicy['checks'][number],
  rejections: Rejections,
): Promise<RecipientPolicy['checks']> {
  const { config, routing, verification, timers, onStop, events } = parts;
  const { sql } = parts.database;
  const { answers, primaries } = verification;
  const hostname = config.mxHostname;
  const ownAddresses = [...config.mxAddresses, ...config.egressAddresses, ...parts.interfaceAddresses].flatMap(
    (text) => normalizeAddress(text) ?? [],
  );
  const openOutages = createOpenOutages({ sql, monotonicMs });
  await openOutages.refresh();
  timers.every(OUTAGES_EVERY_MS, 'open outages', openOutages.refresh);
  const callAhead = createCalloutCheck({
    findHops: routing.findHops,
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
    findHops: routing.findHops,
    recordDryRun: (hit) => rejections.record({ id: newId(), ...dryRunRejection(hit) }),
    every: timers.every,
    warn: (message) => events.warning({ where: 'dnsbl', message }),
    onFault: (error) => events.fault({ where: 'dnsbl', error }),
  });
  onStop(dnsbl.close);
  parts.dnsbl.current = dnsbl;
  parts.metrics.gauge(
    'dnsbl_zones_off',
    'DNS lists in use that failed their self-test, as this node knows',
    dnsbl.offCount,
  );
  return recipientChecks({
    hostname,
    findHops: routing.findHops,
    isListed: parts.isListed,
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

function queueStart({ database, domains, poke }: InboundParts): StartQueue {
  const { sql } = database;
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

/** Loads keys and certificates for STARTTLS. Warns of their defects at once, and again each day. */
function watchCertificates({ config, timers, events }: InboundParts): () => TlsMaterial {
  const warn = (message: string) => events.warning({ where: 'tls', message });
  const { dataDir, mxHostname: hostname, tlsFiles: files } = config;
  const current = loadTlsMaterial({ dataDir, hostname, files, wallClock, warn });
  const check = () => certificateWarnings(current(), config.mxNames, wallClock()).forEach(warn);
  check();
  timers.every(CERTIFICATES_EVERY_MS, 'certificates', async () => check());
  return current;
}

/** Where mail for this server's postmaster goes, if anywhere; makes its destination. */
async function findPostmaster({
  config,
  database,
}: InboundParts): Promise<(AcceptedRecipient & { address: string }) | null> {
  const { postmasterAddress: address } = config;
  if (address === null) return null;
  const domain = normalizeDomain(address.slice(address.lastIndexOf('@') + 1)) ?? '';
  const destinationId = await findOwnDestination(database.sql, OPERATOR_TENANT_ID, domain);
  return { address, domain, destinationId, tenantId: OPERATOR_TENANT_ID };
}
