/**
 * Builds the MX doctor, on demand in the control plane and by a timer of every node that serves it.
 */
import { Buffer } from 'node:buffer';
import { monotonicMs, wallClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Sql } from '../db/client.ts';
import { createDoctorBudget } from '../doctor/budget.ts';
import { createDoctor, type Doctor } from '../doctor/doctor.ts';
import { loadTlsMaterial } from '../tls/material.ts';
import { certificateWarnings, uncoveredNames } from '../tls/warnings.ts';
import { OPERATOR_VIEWER } from '../mail/viewer.ts';
import type { IsListed } from '../domains/user-list/lookup.ts';
import type { Routing } from '../dns/routing.ts';
import type { Timers } from './timers.ts';
import { usesDane } from '../tls/dane.ts';
import { classifyAddress } from '../mail/ip-class.ts';
import { normalizeAddress } from '../mail/ip.ts';
import { fetchText } from '../http/fetch.ts';
import { isToldOutside } from '../notify/alert-news.ts';
import type { AlertContacts } from '../notify/contacts.ts';
import { createProbeBudget } from '../verification/budget.ts';
import type { Domains } from '../domains/domains.ts';
import { createMxRecords } from '../domains/mx-records.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';

const DUE_EVERY_MS = 5000;
/** RFC 8461 §3.3. */
const POLICY_BYTES = 65_536;
const POLICY_TIMEOUT_MS = 20_000;

export interface DoctorParts {
  readonly config: Config;
  readonly sql: Sql;
  readonly domains: Domains;
  readonly routing: Routing;
  readonly recipientLists: { readonly isListed: IsListed };
  readonly alertContacts: Pick<AlertContacts, 'findIgnored'>;
  readonly messageSizeLimit: () => number;
  readonly interfaceAddresses: readonly string[];
  readonly timers: Timers;
  readonly log: Pick<Log, 'fault'>;
  readonly metrics: Pick<Metrics, 'doctorLooked'>;
}

export function startDoctor(parts: DoctorParts): Doctor & { stop(): void } {
  const { config, sql, domains, routing, recipientLists, timers } = parts;
  const stop = new AbortController();
  const certificates = readCertificates(config);
  const doctor = createDoctor({
    sql,
    domains,
    resolver: routing.resolver,
    self: routing.self,
    deliveryPort: config.deliveryPort,
    allowPrivate: config.allowPrivateNextHops,
    hostname: config.mxHostname,
    localEgressAddresses: localAmong(config.egressAddresses, parts.interfaceAddresses),
    probeBudget: createProbeBudget({ sql, monotonicMs }),
    budget: createDoctorBudget({ monotonicMs }),
    monotonicMs,
    wallClock,
    isListed: recipientLists.isListed,
    forgetGoneMx: createMxRecords(sql).forgetGone,
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
      addresses: (await parts.alertContacts.findIgnored(OPERATOR_VIEWER, [id])).get(id) ?? [],
      isToldOutside: await isToldOutside(sql, id),
    }),
    onLooked: parts.metrics.doctorLooked,
    onFault: (error) => parts.log.fault({ where: 'doctor', error }),
    signal: stop.signal,
  });
  if (config.roles.has('control')) timers.every(DUE_EVERY_MS, 'doctor', doctor.checkDue);
  return { ...doctor, stop: () => stop.abort() };
}

/** Those that this machine can connect from to the world; an address inside may lead nowhere, as those of a bridge do. */
function localAmong(egress: readonly string[], interfaces: readonly string[]): string[] {
  const own = new Set(interfaces.flatMap((text) => normalizeAddress(text) ?? []));
  return egress
    .flatMap((text) => normalizeAddress(text) ?? [])
    .filter((address) => own.has(address) && classifyAddress(address) === 'PUBLIC');
}

/** Of a node that receives mail, as its files are now; the others have none. */
function readCertificates(config: Config) {
  if (!config.roles.has('inbound')) return () => null;
  let current: ReturnType<typeof loadTlsMaterial> | null = null;
  return () => {
    const { dataDir, mxHostname: hostname, tlsFiles: files } = config;
    // When it is first asked for: by then the listener has made what was not there. What changed in vain is told by the listener.
    current ??= loadTlsMaterial({ dataDir, hostname, files, wallClock, warn: () => undefined });
    const material = current();
    const blocks = material.cert.match(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g) ?? [];
    return {
      chain: blocks.map((block) => Uint8Array.from(Buffer.from(block.replaceAll(/-----[^-]+-----/g, ''), 'base64'))),
      // The other names may be other nodes', with certificates of their own.
      defects: certificateWarnings(material, [hostname], wallClock()),
      uncoveredNames: uncoveredNames(material, config.mxNames),
    };
  };
}
