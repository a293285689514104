/**
 * Builds the front door: every check that a recipient meets, in order, and what is written down of refusals.
 */
import { monotonicMs } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Database } from '../db/client.ts';
import { createRejections, type Rejections } from '../events/rejections.ts';
import { createSeenClients, type SeenClients } from '../events/seen-clients.ts';
import { formatAddress } from '../mail/address.ts';
import { newId } from '../mail/id.ts';
import { tellBreaker } from './breaker.ts';
import { buildDnsbl } from './dnsbl.ts';
import type { RecipientParts } from './recipients.ts';
import type { Routing } from './routing.ts';
import type { Timers } from './timers.ts';
import { normalizeAddress } from '../mail/ip.ts';
import { createCalloutBreaker } from '../outage/breaker-callouts.ts';
import { createOpenOutages } from '../outage/open-outages.ts';
import { createCallAhead } from '../policy/callout/call-ahead.ts';
import { clientNetwork } from '../mail/client-network.ts';
import type { Check } from '../policy/decision.ts';
import type { DryRunHit } from '../policy/dnsbl/dnsbl.ts';
import { createHarvestGuard, type HarvestGuard } from '../policy/checks/harvest-guard.ts';
import { createOwnRankCheck } from '../policy/checks/own-rank.ts';
import { createPrimarySizeCheck } from '../policy/checks/primary-size.ts';
import { createRouteWatch } from '../policy/checks/route-watch.ts';
import { tracedCheck } from '../policy/traced-checks.ts';
import { createUserListCheck } from '../policy/checks/user-list.ts';
import { createProbeBudget } from '../verification/budget.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Trace } from '../telemetry/trace.ts';

const OUTAGES_EVERY_MS = 1000;
const PRUNE_EVERY_MS = 3_600_000;
/** Of all connections, those whose clients may be made to wait for having tried names out. */
const HELD_BACK_SHARE = 0.25;

export interface FrontDoorParts {
  readonly config: Config;
  readonly database: Database;
  readonly routing: Routing;
  readonly recipients: RecipientParts;
  readonly timers: Timers;
  readonly interfaceAddresses: readonly string[];
  readonly isTrusted: (address: string) => boolean;
  /** False while disk space is short. */
  readonly hasRoom: () => boolean;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly trace: Trace | null;
}

export interface FrontDoor {
  /** In the order of policy/recipient.ts. */
  readonly checks: readonly Check[];
  readonly guard: HarvestGuard;
  readonly rejections: Rejections;
  readonly seenClients: SeenClients;
  /** Settings have changed somewhere: a DNS list may be new. */
  onSettingsChanged(): void;
  /** DNS lists that failed their self-test. */
  dnsblZonesOff(): number;
  close(): Promise<void>;
}

export async function buildFrontDoor(parts: FrontDoorParts): Promise<FrontDoor> {
  const { config, database, routing, recipients, timers, log, metrics } = parts;
  const { sql } = database;
  const warn = (where: string) => (message: string) => log.warning({ where, message });
  const rejections = createRejections({
    sql,
    monotonicMs,
    clientNetwork,
    hasRoom: parts.hasRoom,
    onUnrecorded: metrics.unrecorded,
    onTrouble: warn('rejections'),
  });
  const seenClients = createSeenClients({
    sql,
    onTrouble: (error) => warn('greeting wait')(error instanceof Error ? error.message : String(error)),
  });
  timers.every(PRUNE_EVERY_MS, 'greeting wait', async () => {
    await seenClients.prune();
  });
  const ownAddresses = [...config.mxAddresses, ...config.egressAddresses, ...parts.interfaceAddresses].flatMap(
    (text) => normalizeAddress(text) ?? [],
  );
  const openOutages = createOpenOutages({ sql, monotonicMs });
  await openOutages.refresh();
  timers.every(OUTAGES_EVERY_MS, 'open outages', openOutages.refresh);
  const { answers, primaries, lists } = recipients;
  const callAhead = createCallAhead({
    findHops: routing.findHops,
    answers,
    primaries,
    budget: createProbeBudget({ sql, monotonicMs }),
    breaker: createCalloutBreaker({
      sql,
      monotonicMs,
      onStep: (name, step) => tellBreaker(log, metrics, { name }, step),
    }),
    hostname: config.mxHostname,
    ownAddresses,
    monotonicMs,
    onAsked: metrics.calledAhead,
    onFault: (error) => log.fault({ where: 'call-ahead', error }),
    openOutages,
  });
  recipients.onForgotten(callAhead.forget);
  const dnsbl = await buildDnsbl({
    ...parts,
    ownAddresses: new Set(ownAddresses),
    recordDryRun: (hit) => rejections.record(dryRunRejection(hit)),
  });
  const guard = createHarvestGuard({
    monotonicMs,
    isTrusted: parts.isTrusted,
    mostHeldBack: Math.floor(config.maxConnections * HELD_BACK_SHARE),
  });
  const named: readonly (readonly [name: string, check: Check])[] = [
    ['harvest-guard', guard.check],
    [
      'route-watch',
      createRouteWatch((destinationId) => {
        answers.dropAll();
        primaries.drop(destinationId);
      }),
    ],
    [
      'own-rank',
      createOwnRankCheck({ findNextHops: (name) => routing.findHops({ name, deliverTo: [] }), monotonicMs }),
    ],
    ['user-list', createUserListCheck(lists.isListed)],
    ['dnsbl', dnsbl.check],
    ['primary-size', createPrimarySizeCheck({ primaries, hostname: config.mxHostname })],
    ['call-ahead', callAhead.check],
  ];
  return {
    checks: named.map(([name, check]) => (parts.trace === null ? check : tracedCheck(name, check, monotonicMs))),
    guard,
    rejections,
    seenClients,
    onSettingsChanged: dnsbl.onSettingsChanged,
    dnsblZonesOff: dnsbl.zonesOff,
    close: async () => {
      await Promise.all([callAhead.close(), dnsbl.close(), rejections.close(), seenClients.flush()]);
    },
  };
}

/** What a zone on trial would have refused, as it is written down. */
function dryRunRejection({ question, zone, reply }: DryRunHit): Parameters<Rejections['record']>[0] {
  const { client, mail, localPart, domain } = question;
  return {
    id: newId(),
    tenantId: domain.tenantId,
    destinationId: domain.destinationId,
    clientAddress: client.address,
    ehloName: client.ehloName,
    command: 'RCPT',
    reversePath: mail.reversePath,
    forwardPath: formatAddress(localPart, domain.name),
    rejection: 'BMX-DNSBL',
    reply: `${reply.code} ${reply.enhancedCode} ${reply.text}`,
    zone,
    isDryRun: true,
  };
}
