/**
 * The gauges: what is asked for at each scrape. One whose source fails or is slow is absent from that scrape, not zero.
 */
import { Gauge, Registry } from 'prom-client';
import { gauge, PREFIX } from './metric-makers.ts';

export interface HeldReading {
  /** Messages with at least one held recipient. */
  readonly messageCount: number;
  readonly sizeBytes: number;
  /** Age of the oldest held message on the database's clock; null when nothing is held. */
  readonly oldestAgeMs: number | null;
}

export interface DoctorReading {
  /** Domains whose last report is so, MOST_COUNTED at the most of each. */
  readonly domains: Readonly<Record<'WARNING' | 'PROBLEM' | 'UNKNOWN', number>>;
  /** Since when a look is due that nobody has begun. */
  readonly overdueSeconds: number;
}

export interface DrillReading {
  /** When the last one ended, in seconds since 1970; 0 when there was none. */
  readonly lastAtSeconds: number;
  /** Since when one by schedule is due that nobody has begun. */
  readonly overdueSeconds: number;
}

/** Where the gauges come from; a role that has no such thing leaves the source out. */
export interface GaugeSources {
  readonly held?: () => Promise<HeldReading>;
  /** By class; every class is there, most with 0. */
  readonly openOutages?: () => Promise<Readonly<Record<string, number>>>;
  readonly openBreakers?: () => Promise<number>;
  /** 1 when this node is ready, as /readyz says. */
  readonly ready?: () => number;
  readonly doctor?: () => Promise<DoctorReading>;
  readonly drills?: () => Promise<DrillReading>;
  /** Living nodes of the service. */
  readonly nodes?: () => Promise<number>;
  /** Open SMTP sessions. */
  readonly connections?: () => number;
  /** Bytes of messages being received. */
  readonly inFlightBytes?: () => number;
  /** GraphQL subscriptions that are open. */
  readonly subscriptions?: () => number;
  /** Destinations that this node is delivering to now. */
  readonly destinationsInHand?: () => number;
  /** Since this node last looked for what is due; null before the first time, and where nothing is delivered. */
  readonly sweepAgeMs?: () => number | null;
  /** Statements under way, by pool. */
  readonly databaseStatements?: () => Readonly<Record<string, number>>;
  /** When the first of the certificates in use ends, in milliseconds since 1970; null without any. */
  readonly certificateExpiryMs?: () => number | null;
  /** DNS lists in use that failed their self-test. */
  readonly dnsblZonesOff?: () => number;
  /** 1 while most primaries fail at once, else 0. */
  readonly ownTrouble?: () => number;
  /** Age of the transaction of any session that has been open longest; 0 when none is. */
  readonly oldestSnapshotSeconds?: () => Promise<number>;
  /** Free bytes where the database lies. */
  readonly freeBytes?: () => Promise<number>;
}

/** Gauges that come from one source, and are there or absent together. */
export interface GaugeGroup {
  readonly source: string;
  readonly registry: Registry;
  /** False: there is nothing to tell now. */
  readonly update: () => Promise<boolean>;
}

export function gaugeGroups(sources: GaugeSources): GaugeGroup[] {
  const groups: GaugeGroup[] = [];
  if (sources.held !== undefined) groups.push(heldGroup(sources.held));
  if (sources.openOutages !== undefined) groups.push(outageGroup(sources.openOutages));
  if (sources.doctor !== undefined) groups.push(doctorGroup(sources.doctor));
  if (sources.drills !== undefined) groups.push(drillGroup(sources.drills));
  if (sources.databaseStatements !== undefined) groups.push(poolGroup(sources.databaseStatements));
  for (const { name, help, read } of singles(sources)) {
    if (read === undefined) continue;
    const registry = new Registry();
    const set = gauge(registry, name, help);
    const update = async (): Promise<boolean> => {
      const value = await read();
      if (value !== null) set(value);
      return value !== null;
    };
    groups.push({ source: name, registry, update });
  }
  return groups;
}

interface Single {
  readonly name: string;
  readonly help: string;
  readonly read: (() => number | null | Promise<number>) | undefined;
}

function singles(sources: GaugeSources): readonly Single[] {
  const { sweepAgeMs, certificateExpiryMs } = sources;
  return [
    {
      name: 'open_breakers',
      help: 'Destinations whose refusals keep all their mail, of the whole service',
      read: sources.openBreakers,
    },
    { name: 'ready', help: '1 when this node is ready, as /readyz says', read: sources.ready },
    { name: 'nodes', help: 'Living nodes of the whole service', read: sources.nodes },
    { name: 'connections', help: 'Open SMTP sessions of this node', read: sources.connections },
    { name: 'in_flight_bytes', help: 'Bytes of the messages this node is receiving', read: sources.inFlightBytes },
    { name: 'subscriptions', help: 'GraphQL subscriptions that are open on this node', read: sources.subscriptions },
    {
      name: 'destinations_in_hand',
      help: 'Destinations that this node is delivering to',
      read: sources.destinationsInHand,
    },
    {
      name: 'sweep_age_seconds',
      help: 'Since this node last looked for destinations that are due',
      read: seconds(sweepAgeMs),
    },
    {
      name: 'certificate_expiry_timestamp_seconds',
      help: 'When the first of the certificates that this node shows to senders ends',
      read: seconds(certificateExpiryMs),
    },
    {
      name: 'dnsbl_zones_off',
      help: 'DNS lists in use that failed their self-test, as this node knows',
      read: sources.dnsblZonesOff,
    },
    {
      name: 'own_trouble',
      help: '1 while most primaries fail at once: the fault is ours, and nothing expires',
      read: sources.ownTrouble,
    },
    {
      name: 'oldest_snapshot_seconds',
      help: 'Age of the longest open transaction, which keeps vacuum back',
      read: sources.oldestSnapshotSeconds,
    },
    { name: 'free_bytes', help: 'Free bytes where the embedded database lies', read: sources.freeBytes },
  ];
}

function seconds(readMs: (() => number | null) | undefined): (() => number | null) | undefined {
  if (readMs === undefined) return undefined;
  return () => {
    const ms = readMs();
    return ms === null ? null : ms / 1000;
  };
}

function heldGroup(held: () => Promise<HeldReading>): GaugeGroup {
  const registry = new Registry();
  const messages = gauge(registry, 'held_messages', 'Messages with at least one held recipient, of the whole service');
  const bytes = gauge(registry, 'held_bytes', 'Bytes of the held messages, of the whole service');
  const age = gauge(registry, 'oldest_held_age_seconds', 'Age of the oldest held message; 0 when nothing is held');
  const update = async (): Promise<boolean> => {
    const reading = await held();
    messages(reading.messageCount);
    bytes(reading.sizeBytes);
    age((reading.oldestAgeMs ?? 0) / 1000);
    return true;
  };
  return { source: 'held', registry, update };
}

function outageGroup(read: () => Promise<Readonly<Record<string, number>>>): GaugeGroup {
  const registry = new Registry();
  const made = new Gauge({
    name: `${PREFIX}open_outages`,
    help: 'Destinations with an open outage, of the whole service, by class',
    labelNames: ['class'],
    registers: [registry],
  });
  const update = async (): Promise<boolean> => {
    for (const [name, count] of Object.entries(await read())) made.set({ class: name }, count);
    return true;
  };
  return { source: 'open_outages', registry, update };
}

function doctorGroup(read: () => Promise<DoctorReading>): GaugeGroup {
  const registry = new Registry();
  const made = new Gauge({
    name: `${PREFIX}doctor_domains`,
    help: 'Domains by the worst verdict of their last report, of the whole service; 10000 are 10000 or more',
    labelNames: ['status'],
    registers: [registry],
  });
  const overdue = gauge(
    registry,
    'doctor_overdue_seconds',
    'Since when a look of the doctor is due, of the whole service',
  );
  const update = async (): Promise<boolean> => {
    const { domains, overdueSeconds } = await read();
    for (const [status, count] of Object.entries(domains)) made.set({ status }, count);
    overdue(overdueSeconds);
    return true;
  };
  return { source: 'doctor', registry, update };
}

function drillGroup(read: () => Promise<DrillReading>): GaugeGroup {
  const registry = new Registry();
  const last = gauge(
    registry,
    'last_drill_timestamp_seconds',
    'When the last fire drill of the whole service ended; 0: never',
  );
  const overdue = gauge(
    registry,
    'drill_overdue_seconds',
    'Since when a scheduled fire drill is due, of the whole service',
  );
  const update = async (): Promise<boolean> => {
    const { lastAtSeconds, overdueSeconds } = await read();
    last(lastAtSeconds);
    overdue(overdueSeconds);
    return true;
  };
  return { source: 'drills', registry, update };
}

function poolGroup(read: () => Readonly<Record<string, number>>): GaugeGroup {
  const registry = new Registry();
  const made = new Gauge({
    name: `${PREFIX}database_statements`,
    help: 'Statements and transactions of this node that are under way, by pool of connections',
    labelNames: ['pool'],
    registers: [registry],
  });
  const update = async (): Promise<boolean> => {
    for (const [pool, count] of Object.entries(read())) made.set({ pool }, count);
    return true;
  };
  return { source: 'database_statements', registry, update };
}
