/**
 * Connects the control plane to the rest of the service.
 */
import { wallClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { ServiceParts } from '../control/context.ts';
import { createControl } from '../control/server.ts';
import type { Database } from '../db/client.ts';
import { startTrouble } from '../db/start-error.ts';
import { createResolver } from '../dns/resolver.ts';
import type { Routing } from '../dns/routing.ts';
import { createOwnership, type Ownership } from '../doctor/ownership.ts';
import { createSetMx } from '../doctor/set-mx.ts';
import { clientNetwork, isWithin } from '../mail/ip.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Timers } from './timers.ts';

/** For one question to a DNS server that a person has named. */
const QUERY_TIMEOUT_MS = 5000;
const PROOFS_DUE_EVERY_MS = 5000;

export interface ControlPlaneParts
  extends Pick<ServiceParts, 'domains' | 'tokens' | 'standings' | 'doctor' | 'webhooks' | 'poke' | 'events'> {
  readonly config: Config;
  readonly version: string;
  readonly runtime: string;
  readonly operatorToken: string;
  readonly database: Database;
  readonly routing: Pick<Routing, 'observeMx' | 'resolver' | 'isOwnServer'>;
  readonly readiness: () => Promise<readonly string[]>;
  readonly timers: Timers;
  readonly metrics: Pick<Metrics, 'render'>;
}

export interface OpenedControl {
  /** `host:port` as bound. */
  readonly address: string;
  subscriptionCount(): number;
  close(): Promise<void>;
}

/** Starts listening; throws StartError with one line when it cannot. */
export async function openControl(parts: ControlPlaneParts): Promise<OpenedControl> {
  const { config, database, routing } = parts;
  const isTrusted = isWithin(config.trustedClients);
  const listening = await createControl({
    ...parts,
    listen: { host: config.httpListen.address, port: config.httpListen.port },
    isControl: config.roles.has('control'),
    strangerNetwork: (address) => (isTrusted(address) ? null : clientNetwork(address)),
    service: {
      version: parts.version,
      runtime: parts.runtime,
      mxHostname: config.mxHostname,
      mxNames: config.publishedNames,
      egressAddresses: config.egressAddresses,
    },
    sql: database.sql,
    queueSql: database.queueSql,
    ownership: startOwnership(parts),
    setMx: createSetMx({
      sql: database.sql,
      resolver: routing.resolver,
      resolverAt: (servers) => createResolver({ servers, timeoutMs: QUERY_TIMEOUT_MS }),
      allowPrivate: config.allowPrivateNextHops,
      isOwn: (endpoint) => routing.isOwnServer([], endpoint),
      mxNames: config.publishedNames,
      ownNames: config.mxNames,
      nowSeconds: () => Math.floor(wallClock().getTime() / 1000),
    }),
    observeMx: routing.observeMx,
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

/** Looks for proofs of ownership, by a timer of every node that serves the control plane. */
function startOwnership({ config, domains, routing, timers, events }: ControlPlaneParts): Ownership {
  const logs = { ACTIVATED: events.domainActivated, LOST: events.proofLost, FOUND_AGAIN: events.proofFound };
  const ownership = createOwnership({
    domains,
    resolver: routing.resolver,
    onResult: (domain, result) => logs[result]({ domain }),
  });
  if (config.roles.has('control')) timers.every(PROOFS_DUE_EVERY_MS, 'proofs', () => ownership.checkDue());
  return ownership;
}
