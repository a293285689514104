/**
 * What TLS towards next hops must be, from its sources: DNS, HTTPS and the policies kept in the database.
 */
import { monotonicMs } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Database } from '../db/client.ts';
import type { TlsSources } from '../delivery/route-tls.ts';
import type { Timers } from './timers.ts';
import { classifyAddress } from '../mail/ip-class.ts';
import { parseEndpoint } from '../mail/ip.ts';
import { findTlsa } from '../tls/dane.ts';
import { createDnsCache } from '../dns/cache.ts';
import { fetchText } from '../http/fetch.ts';
import { createMtaSts } from '../tls/mta-sts.ts';
import type { Resolver } from '../dns/resolver.ts';
import { dropExpiredStsPolicies, loadStsPolicy, saveStsPolicy } from '../domains/mta-sts-policies.ts';
import type { Log } from '../telemetry/log.ts';

/** RFC 8461 §3.3. */
const POLICY_BYTES = 65_536;
const POLICY_TIMEOUT_MS = 60_000;
const EXPIRY_EVERY_MS = 3_600_000;
/** One fault of one host is told once in this time, however many sessions meet it. */
const TOLD_FOR_SECONDS = 3600;
const MOST_TOLD = 10_000;

export interface TlsParts {
  readonly config: Pick<Config, 'allowPrivateNextHops' | 'dnsServers' | 'dnsTrustAd'>;
  readonly database: Pick<Database, 'sql'>;
  readonly resolver: Resolver;
  readonly timers: Timers;
  readonly log: Log;
}

export function buildTlsSources({ config, database, resolver, timers, log }: TlsParts): TlsSources {
  const { sql } = database;
  const told = createDnsCache<true>({ maxEntries: MOST_TOLD, nowMs: monotonicMs });
  const warn = (message: string) => log.warning({ where: 'tls', message });
  const mtaSts = createMtaSts({
    resolver,
    store: {
      load: (domain) => loadStsPolicy(sql, domain),
      save: (domain, id, { mode, mx, maxAgeSeconds }) => saveStsPolicy(sql, { domain, id, mode, mx, maxAgeSeconds }),
    },
    fetchText: (host, path) =>
      fetchText(host, path, {
        resolver,
        allowPrivate: config.allowPrivateNextHops,
        maxBytes: POLICY_BYTES,
        timeoutMs: POLICY_TIMEOUT_MS,
      }),
    onTrouble: warn,
    onFault: (error) => {
      log.fault({ where: 'MTA-STS', error });
    },
  });
  timers.every(EXPIRY_EVERY_MS, 'MTA-STS policies', () => dropExpiredStsPolicies(sql));
  const farServer = findFarServer(config);
  if (config.dnsTrustAd && farServer !== undefined) {
    warn(
      `DNS_TRUST_AD: DANE stays off, as ${farServer} is not on this machine and its answers can be changed on the way`,
    );
  }
  return {
    findStsPolicy: mtaSts.find,
    findTlsa: usesDane(config) ? (question) => findTlsa(resolver, question) : null,
    onTestingFault: (host, fault) => {
      const message = `MTA-STS in testing mode would keep mail from ${host}: ${fault}`;
      if (told.get(message) !== null) return;
      told.set(message, true, TOLD_FOR_SECONDS);
      warn(message);
    },
  };
}

/** Whether answers of the DNS may be trusted where they say AD. */
export function usesDane(config: Pick<Config, 'dnsServers' | 'dnsTrustAd'>): boolean {
  return config.dnsTrustAd && findFarServer(config) === undefined;
}

function findFarServer({ dnsServers }: Pick<Config, 'dnsServers'>): string | undefined {
  return dnsServers.find((server) => !isOnThisMachine(server));
}

/** On the way to another machine the AD bit can be set by anybody. */
function isOnThisMachine(server: string): boolean {
  return classifyAddress(parseEndpoint(server)?.address ?? '') === 'LOOPBACK';
}
