/**
 * Where the gauges of /metrics come from. Most are in memory; what asks the database looks at what is held or open, not at all domains.
 */
import { monotonicMs } from '../clock.ts';
import { statementsUnderWay } from '../db/client.ts';
import { findOldestSnapshot } from '../db/oldest-snapshot.ts';
import { readDoctorStanding } from '../doctor/standing.ts';
import type { Delivery } from '../delivery/worker.ts';
import type { Inbound } from '../inbound/options.ts';
import { earliestExpiryMs, type TlsMaterial } from '../tls/material.ts';
import type { Dnsbl } from '../policy/dnsbl/lists.ts';
import type { OpenedDatabase } from './database.ts';
import type { Timers } from './timers.ts';
import { readBehind } from '../telemetry/read-behind.ts';
import { countOpenBreakers } from '../outage/breaker-inspect.ts';
import { countOpenOutages } from '../outage/inspect.ts';
import { readDrillTimes } from '../queue/drills/drill-facts.ts';
import { readHeld } from '../queue/counts.ts';
import { listNodes } from '../queue/read/nodes.ts';
import type { GaugeSources, Metrics } from '../telemetry/metrics.ts';

const LAG_EVERY_MS = 500;

/** The rooms of a node that are there once they have started. */
export interface Rooms {
  readonly inbound: { current: Inbound | null };
  readonly dnsbl: { current: Dnsbl | null };
  readonly delivery: { current: Delivery | null };
  readonly control: { current: { readonly subscriptionCount: () => number; readonly isReady: () => boolean } | null };
  readonly certificates: { current: (() => TlsMaterial) | null };
  /** Since when most primaries fail at once, as this node read it last. */
  readonly ownTrouble: { since: Date | null };
  /** When this node last looked for what is due, on the monotonic clock. */
  readonly sweep: { endedAt: number | null };
}

export function emptyRooms(): Rooms {
  return {
    inbound: { current: null },
    dnsbl: { current: null },
    delivery: { current: null },
    control: { current: null },
    certificates: { current: null },
    ownTrouble: { since: null },
    sweep: { endedAt: null },
  };
}

export function gaugeSources({ database, freeBytes }: OpenedDatabase, rooms: Rooms): GaugeSources {
  const { sql, queueSql } = database;
  const { inbound, dnsbl, delivery, control, certificates, ownTrouble, sweep } = rooms;
  return {
    held: readBehind(() => readHeld(queueSql), monotonicMs),
    openOutages: () => countOpenOutages(sql),
    openBreakers: () => countOpenBreakers(sql),
    doctor: readBehind(() => readDoctorStanding(sql), monotonicMs),
    drills: () => readDrillTimes(sql),
    ready: () => (control.current?.isReady() === true ? 1 : 0),
    nodes: async () => (await listNodes(sql)).length,
    connections: () => inbound.current?.connectionCount() ?? 0,
    inFlightBytes: () => inbound.current?.inFlightBytes() ?? 0,
    subscriptions: () => control.current?.subscriptionCount() ?? 0,
    destinationsInHand: () => delivery.current?.destinationCount() ?? 0,
    sweepAgeMs: () => (sweep.endedAt === null ? null : monotonicMs() - sweep.endedAt),
    databaseStatements: () => ({ general: statementsUnderWay(sql), queue: statementsUnderWay(queueSql) }),
    certificateExpiryMs: () => (certificates.current === null ? null : earliestExpiryMs(certificates.current())),
    dnsblZonesOff: () => dnsbl.current?.offCount() ?? 0,
    ownTrouble: () => (ownTrouble.since === null ? 0 : 1),
    oldestSnapshotSeconds: async () => ((await findOldestSnapshot(sql))?.ageMs ?? 0) / 1000,
    ...(freeBytes === null ? {} : { freeBytes }),
  };
}

/** How late a timer runs is how long this process had no time for anything else. */
export function watchEventLoop(timers: Timers, metrics: Metrics): void {
  let dueAt = monotonicMs() + LAG_EVERY_MS;
  timers.every(LAG_EVERY_MS, 'event loop', async () => {
    const now = monotonicMs();
    metrics.eventLoopLag(Math.max(0, now - dueAt));
    dueAt = now + LAG_EVERY_MS;
  });
}
