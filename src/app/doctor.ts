/**
 * Connects the doctor: reports on demand and by a timer of every node that serves the control plane, and fire drills.
 */
import type { AddressInfo } from 'node:net';
import { monotonicMs, wallClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Database, Sql } from '../db/client.ts';
import { createDoctorBudget, egressFrom } from '../doctor/ask-primary.ts';
import { ownListener } from '../doctor/drill-entry.ts';
import { runDrills } from '../doctor/drill.ts';
import { ownCertificates } from '../doctor/gather.ts';
import { createDoctor, type Doctor } from '../doctor/doctor.ts';
import { OPERATOR_VIEWER } from '../mail/viewer.ts';
import type { IsListed } from '../domains/user-list/lookup.ts';
import type { Routing } from '../dns/routing.ts';
import type { Timers } from './timers.ts';
import { usesDane } from '../tls/dane.ts';
import { fetchText } from '../http/exchange.ts';
import { isToldOutside } from '../notify/alert-news.ts';
import { findIgnored } from '../notify/contacts.ts';
import { createCalloutBudget } from '../verification/budget.ts';
import type { Domains } from '../domains/domains.ts';
import type { MailEvents } from '../telemetry/events.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';

const DUE_EVERY_MS = 5000;
const DRILLS_EVERY_MS = 1000;
/** RFC 8461 §3.3. */
const POLICY_BYTES = 65_536;
const POLICY_TIMEOUT_MS = 20_000;

export interface DoctorParts {
  readonly config: Config;
  readonly sql: Sql;
  readonly routing: Routing;
  readonly isListed: IsListed;
  readonly messageSizeLimit: () => number;
  readonly interfaceAddresses: readonly string[];
  readonly timers: Timers;
  readonly log: Pick<Log, 'fault'>;
  readonly metrics: Pick<Metrics, 'doctorLooked'>;
}

export function startDoctor(parts: DoctorParts): Doctor & { stop(): void } {
  const { config, sql, routing, timers } = parts;
  const stop = new AbortController();
  const certificates = config.roles.has('inbound')
    ? ownCertificates({ ...config, hostname: config.mxHostname, files: config.tlsFiles })
    : () => null;
  const doctor = createDoctor({
    sql,
    resolver: routing.resolver,
    self: routing.self,
    deliveryPort: config.deliveryPort,
    allowPrivate: config.allowPrivateNextHops,
    hostname: config.mxHostname,
    localEgressAddresses: egressFrom(config.egressAddresses, parts.interfaceAddresses),
    probeBudget: createCalloutBudget({ sql, monotonicMs }),
    budget: createDoctorBudget({ monotonicMs }),
    monotonicMs,
    wallClock,
    isListed: parts.isListed,
    fetchText: (host, path) =>
      fetchText(host, path, {
        resolver: routing.resolver,
        allowPrivate: config.allowPrivateNextHops,
        maxBytes: POLICY_BYTES,
        timeoutMs: POLICY_TIMEOUT_MS,
      }),
    usesDane: usesDane(config),
    certificateChain: () => certificates()?.chain ?? null,
    service: () => ({
      mxNames: config.publishedNames,
      postmasterAddress: config.postmasterAddress,
      messageSizeLimitBytes: parts.messageSizeLimit(),
      allowPrivate: config.allowPrivateNextHops,
      certificateDefects: certificates()?.defects ?? null,
      uncoveredNames: certificates()?.uncoveredNames ?? [],
    }),
    findContactsInside: async ({ id }) => ({
      addresses: (await findIgnored(sql, OPERATOR_VIEWER, [id])).get(id) ?? [],
      isToldOutside: await isToldOutside(sql, id),
    }),
    onExamined: parts.metrics.doctorLooked,
    onFault: (error) => parts.log.fault({ where: 'doctor', error }),
    signal: stop.signal,
  });
  if (config.roles.has('control')) timers.every(DUE_EVERY_MS, 'doctor', doctor.checkDue);
  return { ...doctor, stop: () => stop.abort() };
}

export interface DrillParts {
  readonly config: Pick<Config, 'mxHostname'>;
  readonly database: Database;
  readonly domains: Pick<Domains, 'findRelayDomain'>;
  readonly routing: Pick<Routing, 'observeMx'>;
  readonly addresses: () => readonly AddressInfo[];
  readonly readiness: () => readonly string[];
  readonly poke: (destinationId: string) => void;
  readonly timers: Timers;
  readonly events: MailEvents;
}

/** Starts the work on fire drills, on each node that has a listener: that is where their mail comes in. */
export function startDrills(parts: DrillParts): void {
  const { config, database, domains, routing, events, poke } = parts;
  const { queueSql } = database;
  const deps: Parameters<typeof runDrills>[0] = {
    sql: queueSql,
    hostname: config.mxHostname,
    listener: () => ownListener(parts.addresses()),
    readOutlook: async ({ domainName }) => ({
      domain: await domains.findRelayDomain(domainName),
      mxVerdict: (await routing.observeMx(domainName)).verdict,
      notReady: parts.readiness(),
    }),
    poke,
    events,
  };
  parts.timers.every(DRILLS_EVERY_MS, 'drills', () => runDrills(deps));
}
