/**
 * Connects the control plane: webhooks and alerts, the doctor with its fire drills, ownership proofs, and the API.
 *
 * The timers here run on every node that serves the control plane, those of drills on every node that has a listener: that is
 * where their mail comes in.
 */
import { monotonicMs, wallClock } from '../clock.ts';
import { cpuMs } from '../config/machine.ts';
import type { ServiceParts } from '../control/context.ts';
import { createControl } from '../control/server.ts';
import { startTrouble } from '../db/start-error.ts';
import { createResolver } from '../dns/resolver.ts';
import { createDoctorBudget, egressFrom } from '../doctor/ask-primary.ts';
import { createDoctor, type Doctor } from '../doctor/doctor.ts';
import { ownListener } from '../doctor/drill-entry.ts';
import { runDrills } from '../doctor/drill.ts';
import { ownCertificates } from '../doctor/gather.ts';
import { createOwnership, type Ownership } from '../doctor/ownership.ts';
import { createSetMx, type SetMx } from '../doctor/set-mx.ts';
import { exchange, fetchText, leadsToUs } from '../http/exchange.ts';
import { clientNetwork, isWithin } from '../mail/ip.ts';
import { OPERATOR_VIEWER } from '../mail/viewer.ts';
import { isAlertedOutside } from '../notify/alert-news.ts';
import { noteEvents, sendAlerts } from '../notify/alerts.ts';
import { findIgnored } from '../notify/contacts.ts';
import { emptyOutbox } from '../notify/outbox.ts';
import { ATTEMPT_TIMEOUT_MS, createWebhookSender, MOST_ANSWER_BYTES } from '../notify/sender.ts';
import { usesDane } from '../tls/dane.ts';
import { createCalloutBudget } from '../verification/budget.ts';
import type { NodeCore } from './core.ts';

const SEND_EVERY_MS = 1000;
const ALERTS_EVERY_MS = 5000;
const DOCTOR_DUE_EVERY_MS = 5000;
const PROOFS_DUE_EVERY_MS = 5000;
const DRILLS_EVERY_MS = 1000;
/** A person waits for the answer. */
const LOOK_UP_TIMEOUT_MS = 2000;
/** For one question to a DNS server that a person has named. */
const QUERY_TIMEOUT_MS = 5000;
/** The longest MTA-STS policy that is read (RFC 8461 §3.3). */
const POLICY_BYTES = 65_536;
const POLICY_TIMEOUT_MS = 20_000;

/** Gives the reasons why this node is not ready; empty when it is. */
type ReadinessReasons = () => readonly string[];

/**
 * Starts the control plane, and listens.
 *
 * @returns the address, `host:port` as bound
 * @throws StartError with one line when it cannot listen
 */
export async function startControl(core: NodeCore, operatorToken: string, reasons: ReadinessReasons): Promise<string> {
  const { config, sql, queueSql, domains, tokens, consoleSessions, routing, events, metrics, poke, onStop } = core;
  const webhooks = startNotify(core);
  onStop(() => core.timers.stop());
  const doctor = startDoctor(core);
  const isTrusted = isWithin(config.trustedClients);
  const control = await createControl({
    listen: { host: config.httpListen.address, port: config.httpListen.port },
    isControl: config.roles.has('control'),
    strangerNetwork: (address) => (isTrusted(address) ? null : clientNetwork(address)),
    operatorToken,
    cpuMs,
    service: {
      version: core.version,
      runtime: core.runtime,
      mxHostname: config.mxHostname,
      publicUrl: config.publicUrl,
      mxNames: config.publishedNames,
      egressAddresses: config.egressAddresses,
    },
    sql,
    queueSql,
    domains,
    tokens,
    consoleSessions,
    poke,
    events,
    statuses: core.verification.statuses,
    ownership: startOwnership(core),
    doctor,
    setMx: setMx(core),
    webhooks,
    observeMx: routing.observeMx,
    readiness: async () => reasons(),
    renderMetrics: metrics.render,
  });
  if (control.kind !== 'LISTENING') throw startTrouble(control.message, control.error);
  onStop(() => control.close());
  metrics.gauge('ready', '1 when this node is ready, as /readyz says', () => (reasons().length === 0 ? 1 : 0));
  metrics.gauge('subscriptions', 'GraphQL subscriptions that are open on this node', control.subscriptionCount);
  const { host, port } = control.address;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function startNotify({ config, sql, routing, timers, events, onStop }: NodeCore): ServiceParts['webhooks'] {
  const allowPrivate = config.allowPrivateNextHops;
  const { resolver, isOwnServer: isOwn } = routing;
  const onFault = (error: unknown): void => events.fault({ where: 'webhooks', error });
  const sender = createWebhookSender({
    sql,
    post: (request, signal) =>
      exchange(request, {
        resolver,
        allowPrivate,
        isOwn,
        signal,
        timeoutMs: ATTEMPT_TIMEOUT_MS,
        maxBytes: MOST_ANSWER_BYTES,
      }),
    events,
    onFault,
  });
  onStop(() => sender.stop());
  const { mxHostname, publicUrl } = config;
  const isSending = config.roles.has('control') && !config.deliveryHold;
  if (isSending) {
    timers.every(SEND_EVERY_MS, 'webhooks', async () => {
      while ((await emptyOutbox(sql, publicUrl, noteEvents)) > 0);
      await sender.poll();
    });
    const withheld = new Set<string>();
    timers.every(ALERTS_EVERY_MS, 'alerts', () => sendAlerts({ sql, mxHostname, publicUrl, events, withheld }));
  }
  return {
    allowPrivate,
    leadsToUs: (endpoint) => leadsToUs(endpoint, { resolver, isOwn, timeoutMs: LOOK_UP_TIMEOUT_MS }),
    send: sender.send,
    poke: () => {
      if (isSending) sender.poll().catch(onFault);
    },
  };
}

function startDoctor({ config, sql, routing, timers, log, metrics, onStop, ...core }: NodeCore): Doctor {
  const { resolver } = routing;
  const allowPrivate = config.allowPrivateNextHops;
  const stop = new AbortController();
  const certificates = config.roles.has('inbound')
    ? ownCertificates({ ...config, hostname: config.mxHostname, files: config.tlsFiles })
    : () => null;
  const doctor = createDoctor({
    sql,
    resolver,
    self: routing.self,
    deliveryPort: config.deliveryPort,
    allowPrivate,
    hostname: config.mxHostname,
    localEgressAddresses: egressFrom(config.egressAddresses, core.interfaceAddresses),
    probeBudget: createCalloutBudget({ sql, monotonicMs }),
    budget: createDoctorBudget({ monotonicMs }),
    monotonicMs,
    wallClock,
    isListed: core.userLists.isListed,
    fetchText: (host, path, lookUps) =>
      fetchText(host, path, { resolver: lookUps, allowPrivate, maxBytes: POLICY_BYTES, timeoutMs: POLICY_TIMEOUT_MS }),
    usesDane: usesDane(config),
    certificateChain: () => certificates()?.chain ?? null,
    service: () => ({
      mxNames: config.publishedNames,
      postmasterAddress: config.postmasterAddress,
      messageSizeLimitBytes: core.messageSizeLimit(),
      allowPrivate,
      certificateDefects: certificates()?.defects ?? null,
      uncoveredNames: certificates()?.uncoveredNames ?? [],
    }),
    findContactsInside: async ({ id }) => ({
      addresses: (await findIgnored(sql, OPERATOR_VIEWER, [id])).get(id) ?? [],
      isAlertedOutside: await isAlertedOutside(sql, id),
    }),
    onExamined: metrics.doctorLooked,
    onFault: (error) => log.fault({ where: 'doctor', error }),
    signal: stop.signal,
  });
  onStop(async () => stop.abort());
  if (config.roles.has('control')) timers.every(DOCTOR_DUE_EVERY_MS, 'doctor', doctor.checkDue);
  return doctor;
}

function startOwnership({ config, domains, routing, timers, events }: NodeCore): Ownership {
  const logs = {
    ACTIVATED: events.domainActivated,
    LOST: events.domainProofLost,
    FOUND_AGAIN: events.domainProofFound,
  };
  const ownership = createOwnership({
    domains,
    resolver: routing.resolver,
    onResult: (domain, result) => logs[result]({ domain }),
  });
  if (config.roles.has('control')) timers.every(PROOFS_DUE_EVERY_MS, 'proofs', () => ownership.checkDue());
  return ownership;
}

function setMx({ config, sql, routing }: NodeCore): SetMx {
  return createSetMx({
    sql,
    resolver: routing.resolver,
    resolverAt: (servers) => createResolver({ servers, timeoutMs: QUERY_TIMEOUT_MS }),
    allowPrivate: config.allowPrivateNextHops,
    isOwn: (endpoint) => routing.isOwnServer([], endpoint),
    mxNames: config.publishedNames,
    ownNames: config.mxNames,
    nowSeconds: () => Math.floor(wallClock().getTime() / 1000),
  });
}

/** Starts the work on fire drills. */
export function startDrills(core: NodeCore, reasons: ReadinessReasons): void {
  const { config, queueSql: sql, domains, routing, events, poke } = core;
  core.timers.every(DRILLS_EVERY_MS, 'drills', () =>
    runDrills({
      sql,
      hostname: config.mxHostname,
      listener: () => ownListener(core.listeners()),
      readOutlook: async ({ domainName }) => ({
        domain: await domains.findRelayDomain(domainName),
        mxVerdict: (await routing.observeMx(domainName)).verdict,
        notReady: reasons(),
      }),
      poke,
      events,
    }),
  );
}
