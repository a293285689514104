/**
 * Builds the work on fire drills: by a timer of every node that has a listener, which is where their mail comes in.
 */
import type { AddressInfo } from 'node:net';
import type { Config } from '../config/config.ts';
import type { Database } from '../db/client.ts';
import { ownListener } from '../doctor/drill-entry.ts';
import { lookAtDrills } from '../doctor/drill.ts';
import type { Routing } from '../dns/routing.ts';
import type { Timers } from './timers.ts';
import type { Domains } from '../domains/domains.ts';
import type { MailEvents } from '../telemetry/events.ts';

const LOOK_EVERY_MS = 1000;

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

export function startDrills(parts: DrillParts): void {
  const { config, database, domains, routing, events, poke } = parts;
  const { queueSql } = database;
  const deps: Parameters<typeof lookAtDrills>[0] = {
    sql: queueSql,
    hostname: config.mxHostname,
    listener: () => ownListener(parts.addresses()),
    look: async ({ domainName }) => ({
      domain: await domains.findRelayDomain(domainName),
      mxVerdict: (await routing.observeMx(domainName)).verdict,
      notReady: parts.readiness(),
    }),
    poke,
    events,
  };
  parts.timers.every(LOOK_EVERY_MS, 'drills', () => lookAtDrills(deps));
}
