/**
 * Builds the DNS lists: the check, their self-tests, their figures; with resolvers of their own.
 */
import { monotonicMs } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Database } from '../db/client.ts';
import type { Routing } from './routing.ts';
import type { Timers } from './timers.ts';
import { createResolver } from '../dns/resolver.ts';
import type { Check } from '../policy/decision.ts';
import { createDnsblCheck, type DryRunHit } from '../policy/dnsbl/dnsbl.ts';
import { createIsExempt } from '../policy/dnsbl/exempt.ts';
import { createDnsblLookup, DNSBL_QUERY_MS } from '../policy/dnsbl/lookup.ts';
import { createZoneWatch } from '../policy/dnsbl/watch.ts';
import { createDnsblCounts, dropOldDnsblCounts } from '../domains/dnsbl-counts.ts';
import {
  claimDueZones,
  noteZoneError,
  readOffZones,
  releaseDueZones,
  storeZoneStates,
} from '../domains/dnsbl-zones.ts';
import type { Log } from '../telemetry/log.ts';

const COUNTS_EVERY_MS = 5000;
const ROUND_EVERY_MS = 30_000;
const PRUNE_EVERY_MS = 3_600_000;

export interface DnsblParts {
  readonly config: Config;
  readonly database: Database;
  readonly routing: Routing;
  readonly timers: Timers;
  /** In canonical form. */
  readonly ownAddresses: ReadonlySet<string>;
  readonly recordDryRun: (hit: DryRunHit) => void;
  readonly log: Log;
}

export interface BuiltDnsbl {
  readonly check: Check;
  /** A zone may be new: it is tested soon. */
  onSettingsChanged(): void;
  /** How many failed their self-test. */
  zonesOff(): number;
  close(): Promise<void>;
}

export async function buildDnsbl(parts: DnsblParts): Promise<BuiltDnsbl> {
  const { config, database, routing, timers, log } = parts;
  const { sql } = database;
  // Clients by the thousand would push what is known of primaries out of the other resolver's memory.
  const resolver = createResolver({ servers: config.dnsServers, timeoutMs: DNSBL_QUERY_MS });
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
    onChange: ({ zone, isOn, reason }) => {
      const message = isOn ? `${zone} passes its self-test: it is on again` : `${zone} is off: ${reason ?? ''}`;
      log.warning({ where: 'dnsbl', message });
    },
    onFault: (error) => log.fault({ where: 'dnsbl', error }),
    monotonicMs,
  });
  await watch.refresh();
  timers.every(ROUND_EVERY_MS, 'dnsbl', watch.round);
  timers.every(COUNTS_EVERY_MS, 'dnsbl', counts.flush);
  timers.every(PRUNE_EVERY_MS, 'dnsbl', () => dropOldDnsblCounts(sql));
  watch.testSoon();
  return {
    check: createDnsblCheck({
      lookup: createDnsblLookup({
        queryAddress: (name) => resolver.query(name, 'A'),
        queryText: resolver.resolveTxt,
        onError: watch.noteError,
        monotonicMs,
      }),
      isOff: watch.isOff,
      isExempt: createIsExempt({
        ownAddresses: parts.ownAddresses,
        findHostAddresses: async ({ name, deliverTo }) => {
          const found = await routing.findHops({ name, deliverTo });
          return found.kind === 'HOSTS' ? found.hosts.flatMap(({ addresses }) => addresses) : [];
        },
        monotonicMs,
      }),
      count: counts.count,
      recordDryRun: parts.recordDryRun,
      monotonicMs,
    }),
    onSettingsChanged: watch.testSoon,
    zonesOff: watch.offCount,
    close: async () => {
      const stopped = watch.stop();
      // Ends what a round waits for.
      resolver.close();
      await stopped;
      await counts.flush();
    },
  };
}
