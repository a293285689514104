/**
 * The DNS lists of a node: the check, the self-tests and the figures, with a resolver of their own.
 *
 * Thousands of clients would push what is known about primaries out of the other resolver's memory.
 */
import { type Every, monotonicMs } from '../../clock.ts';
import type { Sql } from '../../db/client.ts';
import type { NextHops } from '../../dns/next-hop.ts';
import { createResolver } from '../../dns/resolver.ts';
import { createDnsblCounts } from '../../domains/dnsbl-counts.ts';
import {
  claimDueZones,
  noteZoneError,
  readOffZones,
  releaseDueZones,
  storeZoneStates,
} from '../../domains/dnsbl-zones.ts';
import type { RelayDomain } from '../../domains/relay-domain.ts';
import type { Check } from '../decision.ts';
import { createDnsblCheck, type DnsblDependencies, createIsExempt } from './dnsbl.ts';
import { createDnsblLookup, DNSBL_QUERY_MS, MOST_OF_ZONE } from './lookup.ts';
import { createZoneWatch } from './watch.ts';

const COUNTS_EVERY_MS = 5000;
const ROUND_EVERY_MS = 30_000;

interface DnsblOptions extends Pick<DnsblDependencies, 'recordDryRun'> {
  readonly sql: Sql;
  /** The DNS servers, as `address:port`. */
  readonly servers: readonly string[];
  /** In canonical form. */
  readonly ownAddresses: ReadonlySet<string>;
  readonly findHops: (domain: Pick<RelayDomain, 'name' | 'deliverTo' | 'tenantId'>) => Promise<NextHops>;
  readonly every: Every;
  readonly warn: (message: string) => void;
  readonly onFault: (error: unknown) => void;
}

export interface Dnsbl {
  readonly check: Check;
  /** A zone may be new: it is tested soon. */
  readonly testSoon: () => void;
  /** Counts the zones that failed their self-test. */
  readonly offCount: () => number;
  readonly close: () => Promise<void>;
}

export async function openDnsbl(options: DnsblOptions): Promise<Dnsbl> {
  const { sql, servers, ownAddresses, findHops, recordDryRun, every, warn, onFault } = options;
  const resolver = createResolver({ servers, timeoutMs: DNSBL_QUERY_MS, zoneShare: MOST_OF_ZONE });
  const counts = createDnsblCounts(sql);
  const watch = createZoneWatch({
    store: {
      claimDue: (soon) => claimDueZones(sql, soon),
      releaseDue: (zones) => releaseDueZones(sql, zones),
      storeStates: (states) => storeZoneStates(sql, states),
      readOff: () => readOffZones(sql),
      noteError: (zone, answer) => noteZoneError(sql, zone, answer),
    },
    queryAddress: async (name) => {
      resolver.forget(name);
      return resolver.query(name, 'A');
    },
    queryNameServers: (name) => resolver.query(name, 'NS'),
    onChange: ({ zone, isOn, reason }) =>
      warn(isOn ? `${zone} passes its self-test: it is on again` : `${zone} is off: ${reason ?? ''}`),
    onFault,
    monotonicMs,
  });
  await watch.refresh();
  every(ROUND_EVERY_MS, 'dnsbl', watch.round);
  every(COUNTS_EVERY_MS, 'dnsbl', counts.flush);
  watch.testSoon();
  const lookup = createDnsblLookup({
    queryAddress: (name) => resolver.query(name, 'A'),
    queryText: resolver.resolveTxt,
    onError: watch.noteError,
    monotonicMs,
  });
  const isExempt = createIsExempt({
    ownAddresses,
    findHostAddresses: async (domain) => {
      const found = await findHops(domain);
      return found.kind === 'HOSTS' ? found.hosts.flatMap(({ addresses }) => addresses) : [];
    },
    monotonicMs,
  });
  return {
    check: createDnsblCheck({ lookup, isOff: watch.isOff, isExempt, count: counts.count, recordDryRun, monotonicMs }),
    testSoon: watch.testSoon,
    offCount: watch.offCount,
    close: async () => {
      const stopped = watch.stop();
      // Ends what a round waits for.
      resolver.close();
      await stopped;
      await counts.flush();
    },
  };
}
