/** The DNSBL check over a real resolver, asking a DNS server of the test's own. */
import type { ClientInfo } from '../../src/mail/envelope.ts';
import { dnsblName, parseAddress } from '../../src/mail/ip.ts';
import { createResolver } from '../../src/dns/resolver.ts';
import type { Verdict } from '../../src/policy/decision.ts';
import { createDnsblCheck, type DryRunHit, type ZoneUse, createIsExempt } from '../../src/policy/dnsbl/dnsbl.ts';
import { createDnsblLookup, DNSBL_QUERY_MS } from '../../src/policy/dnsbl/lookup.ts';
import {
  type DnsblSettings,
  type DnsblZoneSetting,
  type RelayDomain,
  NO_DNSBL,
} from '../../src/domains/relay-domain.ts';
import { relayDomain } from '../helpers/relay-domain.ts';

export interface Scene {
  readonly check: (address: string, domain: RelayDomain, localPart?: string) => Verdict | Promise<Verdict>;
  /** What became of it in a word: `PASS`, or the reply. */
  readonly say: (address: string, domain: RelayDomain, localPart?: string) => Promise<string>;
  readonly off: Set<string>;
  readonly own: Set<string>;
  readonly hosts: Map<string, readonly string[]>;
  readonly uses: ZoneUse[];
  readonly hits: DryRunHit[];
  readonly errors: string[];
  /** Moves the clock of caches and rests. */
  readonly clock: { shiftMs: number };
  close(): void;
}

export function openScene(
  dnsServer: string,
  options: { readonly queryMs?: number; readonly maxEntries?: number } = {},
): Scene {
  const clock = { shiftMs: 0 };
  const monotonicMs = (): number => performance.now() + clock.shiftMs;
  const { queryMs = DNSBL_QUERY_MS, ...bounds } = options;
  const resolver = createResolver({ servers: [dnsServer], timeoutMs: queryMs, nowMs: monotonicMs });
  const scene = {
    off: new Set<string>(),
    own: new Set<string>(),
    hosts: new Map<string, readonly string[]>(),
    uses: [] as ZoneUse[],
    hits: [] as DryRunHit[],
    errors: [] as string[],
  };
  const check = createDnsblCheck({
    lookup: createDnsblLookup({
      ...bounds,
      queryAddress: (name) => resolver.query(name, 'A'),
      queryText: resolver.resolveTxt,
      onError: (zone, answer) => scene.errors.push(`${zone} ${answer}`),
      monotonicMs,
    }),
    isOff: (zone) => scene.off.has(zone),
    isExempt: createIsExempt({
      ownAddresses: scene.own,
      findHostAddresses: async ({ name }) => scene.hosts.get(name) ?? [],
      monotonicMs,
    }),
    count: (use) => scene.uses.push(use),
    recordDryRun: (hit) => scene.hits.push(hit),
    monotonicMs,
  });
  const ask: Scene['check'] = (address, domain, localPart = 'alice') => {
    const client: ClientInfo = { address, name: null, ehloName: 'client.test', protocol: 'ESMTP', tls: null };
    const isRole = ['postmaster', 'abuse'].includes(localPart);
    return check({ client, mail: { reversePath: 'from@sender.test', sizeBytes: null }, localPart, domain, isRole });
  };
  return {
    ...scene,
    clock,
    check: ask,
    say: async (...asked) => {
      const verdict = await ask(...asked);
      if (verdict.kind !== 'REFUSE') return verdict.kind;
      const { code, enhancedCode, text, rejection } = verdict.reply;
      return `${code} ${enhancedCode} ${text} ${rejection}`;
    },
    close: () => resolver.close(),
  };
}

/** A domain with these zones; what is left out of one is REJECT, weight 1, every code. */
export function domainWith(
  name: string,
  zones: readonly (string | ({ readonly zone: string } & Partial<DnsblZoneSetting>))[],
  more: Partial<DnsblSettings> = {},
): RelayDomain {
  const settings = zones.map((zone): DnsblZoneSetting => {
    const given = typeof zone === 'string' ? { zone } : zone;
    return { mode: 'REJECT', weight: 1, codes: [], ...given };
  });
  return relayDomain(name, { id: `id of ${name}`, dnsbl: { ...NO_DNSBL, zones: settings, ...more } });
}

export function nameIn(zone: string, address: string): string {
  const parsed = parseAddress(address);
  if (parsed === null) throw new Error(`not an address: ${address}`);
  return dnsblName(parsed.bytes, zone);
}
