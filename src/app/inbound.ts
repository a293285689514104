/**
 * Builds the way in: policy, spool and the SMTP listener.
 */
import type { Config } from '../config/config.ts';
import { monotonicMs, wallClock } from '../clock.ts';
import { openAcceptWriter } from '../db/accept-writer.ts';
import type { Database } from '../db/client.ts';
import { createInbound } from '../inbound/inbound.ts';
import type { Inbound } from '../inbound/options.ts';
import type { TlsMaterial } from '../inbound/tls-material.ts';
import type { WakeUps } from '../cluster/jobs.ts';
import { normalizeDomain } from '../mail/address.ts';
import { newId } from '../mail/id.ts';
import { OPERATOR_TENANT_ID } from '../mail/viewer.ts';
import { watchCertificates } from './certificates.ts';
import type { FrontDoor } from './front-door.ts';
import type { ReadinessWatch } from './health.ts';
import type { Timers } from './timers.ts';
import { isWithin } from '../mail/ip.ts';
import type { Resolver } from '../dns/resolver.ts';
import { clientNetwork } from '../mail/client-network.ts';
import { createAcceptanceSeal } from '../policy/authentication/acceptance-seal.ts';
import { loadArcKey } from '../policy/authentication/arc-key.ts';
import { createClientNames } from '../policy/client-name.ts';
import type { AcceptedRecipient } from '../policy/decision.ts';
import type { StartQueue } from '../policy/queue-start.ts';
import { decideRecipient, type RecipientPolicy } from '../policy/recipient.ts';
import { tracedNote } from '../policy/traced-checks.ts';
import { findOwnDestination } from '../queue/reports/own-mail.ts';
import { createSpool, type Spool, StorageFull } from '../queue/accept/spool.ts';
import type { RelayDomain } from '../domains/relay-domain.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Trace } from '../telemetry/trace.ts';

/** How long mail waits after the dot for a database that is away; the sender repeats after the 451. */
const STORE_DEADLINE_MS = 30_000;
/** How long mail that may be stored already is looked for: a sender waits ten minutes (RFC 5321 §4.5.3.2.6). */
const STORE_OUTCOME_MS = 540_000;
/** After so many octets of large mail, stored or refused, the memory they took is asked back: it would pile up as garbage. */
const COLLECT_AFTER_OCTETS = 64 * 1024 * 1024;

export interface MailParts {
  readonly config: Config;
  readonly database: Database;
  readonly wakeUps: WakeUps;
  readonly ready: ReadinessWatch;
  /** Told once they are loaded. */
  readonly certificates: { current: (() => TlsMaterial) | null };
  readonly resolver: Resolver;
  readonly isTrusted: (address: string) => boolean;
  readonly findRelayDomain: (name: string) => Promise<RelayDomain | null>;
  readonly startQueue: StartQueue;
  readonly messageSizeLimit: () => number;
  readonly collectGarbage: () => void;
  readonly timers: Timers;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly trace: Trace | null;
}

export function buildSpool(parts: MailParts): Spool {
  const { database, wakeUps, log, metrics } = parts;
  return createSpool({
    openWriter: () => openAcceptWriter(database.pgTarget),
    unwoken: wakeUps.unwoken,
    sendWakeUps: wakeUps.send,
    deadlineMs: STORE_DEADLINE_MS,
    outcomeMs: STORE_OUTCOME_MS,
    onCommit: (messageCount, latencyMs) => metrics.committed({ latencyMs, messageCount }),
    onTrouble: (message) => log.warning({ where: 'spool', message }),
  });
}

export async function openInbound(
  parts: MailParts,
  { spool, door }: { spool: Spool; door: FrontDoor },
): Promise<Inbound> {
  const { config, database, ready, resolver, log, metrics } = parts;
  const { postmasterAddress } = config;
  const postmaster = postmasterAddress === null ? null : await findPostmaster(database, postmasterAddress);
  const { checks, guard, rejections, seenClients } = door;
  const policy: RecipientPolicy = {
    postmaster: { hostname: config.mxHostname, recipient: postmaster },
    findRelayDomain: parts.findRelayDomain,
    checks,
    note: parts.trace === null ? guard.note : tracedNote(guard.note, monotonicMs),
  };
  const tls = watchCertificates(parts);
  parts.certificates.current = tls;
  let readOctets = 0;
  return createInbound({
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
        lookup: resolver.query,
        addsResults: config.authenticationResults,
        arcKey: config.arcKey === null ? null : loadArcKey(config.arcKey),
        fault: (error) => {
          log.fault({ where: 'authentication', error });
        },
      }) ?? undefined,
    startQueue: parts.startQueue,
    newTransactionId: newId,
    openTrail: parts.trace?.openTrail,
    readiness: ready.readiness,
    resolveName: createClientNames(resolver),
    isTrusted: parts.isTrusted,
    ...(config.trustedProxies.length === 0 ? {} : { isTrustedProxy: isWithin(config.trustedProxies) }),
    wallClock,
    monotonicMs,
    events: {
      connected: log.connected,
      disconnected: log.disconnected,
      tlsSession: metrics.tlsSession,
      accepted: (fields) => {
        metrics.accepted(fields);
        log.accepted(fields);
      },
      refused: (fields, subject) => {
        metrics.refused(fields);
        log.refused(fields);
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
      warning: log.warning,
      fault: (fields) => {
        log.fault(fields);
      },
    },
  });
}

/** Where mail for this server's postmaster goes; its destination is made when it is not there. */
async function findPostmaster(database: Database, address: string): Promise<AcceptedRecipient & { address: string }> {
  const domain = normalizeDomain(address.slice(address.lastIndexOf('@') + 1)) ?? '';
  const destinationId = await findOwnDestination(database.sql, OPERATOR_TENANT_ID, domain);
  return { address, domain, destinationId, tenantId: OPERATOR_TENANT_ID };
}
