/**
 * The service's metrics in Prometheus' text format; the only file that knows prom-client.
 *
 * Counters and histograms are told by the rooms as things happen; gauges are asked for at each scrape. A gauge whose source
 * fails or is slow (the database is down) is left out of that scrape and counted, the rest is still answered: absent, not zero.
 * Labels are bounded: a new value past the limit is counted as `other`. No address or domain is ever a label.
 */
import { within } from '../clock.ts';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface HeldReading {
  /** Messages with at least one held recipient. */
  readonly messageCount: number;
  readonly sizeBytes: number;
  /** Age of the oldest held message on the database's clock; null when nothing is held. */
  readonly oldestAgeMs: number | null;
}

/** Where the gauges come from; a role that has no such thing leaves the source out. */
export interface GaugeSources {
  readonly held?: () => Promise<HeldReading>;
  readonly openOutages?: () => Promise<number>;
  readonly openBreakers?: () => Promise<number>;
  /** Open SMTP sessions. */
  readonly connections?: () => number;
  /** Bytes of messages being received. */
  readonly inFlightBytes?: () => number;
  /** DNS lists in use that failed their self-test. */
  readonly dnsblZonesOff?: () => number;
  /** 1 while most primaries fail at once, else 0. */
  readonly ownTrouble?: () => number;
  /** Age of the transaction of any session that has been open longest; 0 when none is. */
  readonly oldestSnapshotSeconds?: () => Promise<number>;
  /** Free bytes where the database lies. */
  readonly freeBytes?: () => Promise<number>;
}

export type OutageEventKind = 'OPENED' | 'RECLASSIFIED' | 'THRESHOLD' | 'DRAINING' | 'CLOSED';

export interface MetricsOptions {
  readonly version: string;
  /** `bun 1.4.5`. */
  readonly runtime: string;
  readonly sources: GaugeSources;
  /** CPU, memory, descriptors of this process. Once per process: it starts an event-loop monitor. */
  readonly withProcessMetrics: boolean;
  /** How long a source may take before its gauges are left out of the scrape. */
  readonly sourceTimeoutMs?: number;
}

export interface Metrics {
  /** A transaction was committed and answered 250. */
  readonly accepted: (message: { readonly sizeBytes: number }) => void;
  /** A refusal, by stable rejection code (`BMX-USER`) or, without one, by SMTP code (`503`). */
  readonly refused: (code: string) => void;
  /** Refusals that were counted only, because too many came or the database was away. */
  readonly unrecorded: (rejectionCount: number) => void;
  /** A session began TLS, or brought its first message without (null); `tls` is `TLSv1.3 TLS_AES_256_GCM_SHA384`. */
  readonly tlsSession: (session: { readonly tls: string | null }) => void;
  readonly attempted: (outcome: 'DELIVERED' | 'DEFERRED' | 'FAILED') => void;
  readonly delivered: (recipientCount: number) => void;
  readonly deferred: (recipientCount: number) => void;
  readonly failed: (recipientCount: number) => void;
  readonly expired: (recipientCount: number) => void;
  readonly cancelled: (recipientCount: number) => void;
  /** A DSN was spooled; `action` as in RFC 3464. */
  readonly reportMade: (action: string) => void;
  readonly reportSuppressed: (reason: string) => void;
  /** A report could not be delivered: nobody is told of that. */
  readonly reportDropped: () => void;
  /** One group commit of the spool: from its first byte to the database's answer. */
  readonly committed: (commit: { readonly latencyMs: number; readonly messageCount: number }) => void;
  /** What happened to an outage: `OPENED`, … and its class. */
  readonly outageEvent: (event: OutageEventKind, outageClass: string) => void;
  /** A breaker came into this state. */
  readonly breakerMoved: (to: 'CLOSED' | 'TRIAL' | 'OPEN') => void;
  /** An attempt to tell a webhook. */
  readonly webhookAttempted: (outcome: 'DELIVERED' | 'REFUSED' | 'UNREACHED') => void;
  /** A mail to an alert contact was spooled, or waits because the contact's own domain is in trouble. */
  readonly alertMail: (outcome: 'SENT' | 'WITHHELD') => void;
  /** A fault was logged; `where` as in the log. */
  readonly faulted: (where: string) => void;
  /** The exposition. Resolves even while the database is away. */
  readonly render: () => Promise<{ readonly contentType: string; readonly body: string }>;
}

const PREFIX = 'backup_mx_';
const MAX_LABEL_VALUES = 40;
const DEFAULT_SOURCE_TIMEOUT_MS = 2_000;

/** From a local flash disk (fractions of a millisecond) to a standby in another place and a stalled disk. */
const COMMIT_SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const COMMIT_MESSAGES = [1, 2, 4, 8, 16, 32, 64];

/** Builds the metrics on a registry of their own. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const counter = counterMaker(registry);

  const accepted = counter('accepted_total', 'Transactions committed and answered 250');
  const acceptedBytes = counter('accepted_bytes_total', 'Bytes of the messages accepted');
  const refused = counter('refused_total', 'Refusals, by rejection code or SMTP code', 'code');
  const unrecorded = counter('rejections_unrecorded_total', 'Refusals that were counted but not recorded one by one');
  const attempts = counter('attempts_total', 'Dials at a next hop, by outcome', 'outcome');
  const delivered = counter('delivered_total', 'Recipients handed over to a next hop');
  const deferred = counter('deferred_total', 'Deferrals of recipients, one per attempt');
  const failed = counter('failed_total', 'Recipients refused for good by a next hop');
  const expired = counter('expired_total', 'Recipients given up at the end of the queue lifetime');
  const cancelled = counter('cancelled_total', 'Recipients cancelled by an operator or customer');
  const reports = counter('reports_total', 'Delivery status notifications spooled, by action', 'action');
  const suppressed = counter('reports_suppressed_total', 'Reports not made, by reason', 'reason');
  const dropped = counter('reports_dropped_total', 'Reports that could not be delivered');
  const breakers = counter('breaker_steps_total', 'Breakers that came into a state, by state', 'to');
  const webhooks = counter('webhook_attempts_total', 'Requests to webhooks, by outcome', 'outcome');
  const alerts = counter('alert_mails_total', 'Mails to alert contacts, by outcome', 'outcome');
  const faults = counter('faults_total', 'Faults logged, by place', 'where');
  const commitLatency = histogram(registry, 'commit_latency_seconds', 'Duration of a group commit', COMMIT_SECONDS);
  const commitSize = histogram(registry, 'commit_messages', 'Messages in a group commit', COMMIT_MESSAGES);

  const info = new Gauge({
    name: `${PREFIX}info`,
    help: 'Version and runtime of this node; always 1',
    labelNames: ['version', 'runtime'],
    registers: [registry],
  });
  info.set({ version: options.version, runtime: options.runtime }, 1);
  const failures = counter('scrape_failures_total', 'Gauge sources that failed at a scrape', 'source');
  const gauges = gaugeGroups(options.sources);
  const processMetrics = options.withProcessMetrics ? processRegistries() : [];
  const timeoutMs = options.sourceTimeoutMs ?? DEFAULT_SOURCE_TIMEOUT_MS;

  return {
    accepted: ({ sizeBytes }) => {
      accepted(1);
      acceptedBytes(sizeBytes);
    },
    refused: (code) => refused(1, code),
    unrecorded,
    tlsSession: tlsSessionCounter(registry),
    outageEvent: outageEventCounter(registry),
    attempted: (outcome) => attempts(1, outcome),
    delivered,
    deferred,
    failed,
    expired,
    cancelled,
    reportMade: (action) => reports(1, action),
    reportSuppressed: (reason) => suppressed(1, reason),
    reportDropped: () => dropped(1),
    committed: ({ latencyMs, messageCount }) => {
      commitLatency.observe(latencyMs / 1000);
      commitSize.observe(messageCount);
    },
    breakerMoved: (to) => breakers(1, to),
    webhookAttempted: (outcome) => webhooks(1, outcome),
    alertMail: (outcome) => alerts(1, outcome),
    faulted: (where) => faults(1, where),
    render: async () => {
      const read = async (group: GaugeGroup): Promise<string> => {
        try {
          await within(timeoutMs, group.update(), () => {
            throw new Error(`no reading within ${timeoutMs} ms`);
          });
          return await group.registry.metrics();
        } catch {
          failures(1, group.source);
          return '';
        }
      };
      const readings = await Promise.all(gauges.map(read));
      const parts = [await registry.metrics(), ...readings, ...(await readable(processMetrics))];
      return { contentType: registry.contentType, body: parts.filter((part) => part !== '').join('\n') };
    },
  };
}

type Count = (by: number, label?: string) => void;

function counterMaker(registry: Registry): (name: string, help: string, label?: string) => Count {
  return (name, help, label) => {
    const labelNames = label === undefined ? [] : [label];
    const made = new Counter({ name: PREFIX + name, help, labelNames, registers: [registry] });
    if (label === undefined) return (by) => made.inc(by);
    const bounded = labelBound();
    return (by, value = 'other') => made.inc({ [label]: bounded(value) }, by);
  };
}

function labelBound(): (value: string) => string {
  const seen = new Set<string>();
  return (value) => {
    if (seen.size < MAX_LABEL_VALUES) seen.add(value);
    return seen.has(value) ? value : 'other';
  };
}

function tlsSessionCounter(registry: Registry): Metrics['tlsSession'] {
  const made = new Counter({
    name: `${PREFIX}tls_sessions_total`,
    help: 'Sessions with TLS, and those that brought mail without, by version and cipher suite',
    labelNames: ['version', 'cipher'],
    registers: [registry],
  });
  const boundedVersion = labelBound();
  const boundedCipher = labelBound();
  return ({ tls }) => {
    const [version = 'none', cipher = 'none'] = tls?.split(' ') ?? [];
    made.inc({ version: boundedVersion(version), cipher: boundedCipher(cipher) });
  };
}

/** Both labels are lists of the code's own. */
function outageEventCounter(registry: Registry): Metrics['outageEvent'] {
  const made = new Counter({
    name: `${PREFIX}outage_events_total`,
    help: 'What happened to outages, by event and class',
    labelNames: ['event', 'class'],
    registers: [registry],
  });
  return (event, outageClass) => made.inc({ event, class: outageClass });
}

function histogram(registry: Registry, name: string, help: string, buckets: number[]): Histogram {
  return new Histogram({ name: PREFIX + name, help, buckets, registers: [registry] });
}

/** Gauges that come from one source, and are there or absent together. */
interface GaugeGroup {
  readonly source: string;
  readonly registry: Registry;
  readonly update: () => Promise<void>;
}

function gaugeGroups(sources: GaugeSources): GaugeGroup[] {
  const { held, openOutages, openBreakers, connections, inFlightBytes, dnsblZonesOff, ownTrouble } = sources;
  const { oldestSnapshotSeconds, freeBytes } = sources;
  const groups: GaugeGroup[] = [];
  if (held !== undefined) groups.push(heldGroup(held));
  const single = (source: string, help: string, read: (() => number | Promise<number>) | undefined): void => {
    if (read === undefined) return;
    const registry = new Registry();
    const set = gauge(registry, source, help);
    groups.push({ source, registry, update: async () => set(await read()) });
  };
  single('open_outages', 'Destinations with an open outage, of the whole service', openOutages);
  single('open_breakers', 'Destinations whose refusals keep all their mail, of the whole service', openBreakers);
  single('connections', 'Open SMTP sessions of this node', connections);
  single('in_flight_bytes', 'Bytes of the messages this node is receiving', inFlightBytes);
  single('dnsbl_zones_off', 'DNS lists in use that failed their self-test, as this node knows', dnsblZonesOff);
  single('own_trouble', '1 while most primaries fail at once: the fault is ours, and nothing expires', ownTrouble);
  single(
    'oldest_snapshot_seconds',
    'Age of the longest open transaction, which keeps vacuum back',
    oldestSnapshotSeconds,
  );
  single('free_bytes', 'Free bytes where the embedded database lies', freeBytes);
  return groups;
}

function heldGroup(held: () => Promise<HeldReading>): GaugeGroup {
  const registry = new Registry();
  const messages = gauge(registry, 'held_messages', 'Messages with at least one held recipient, of the whole service');
  const bytes = gauge(registry, 'held_bytes', 'Bytes of the held messages, of the whole service');
  const age = gauge(registry, 'oldest_held_age_seconds', 'Age of the oldest held message; 0 when nothing is held');
  const update = async (): Promise<void> => {
    const reading = await held();
    messages(reading.messageCount);
    bytes(reading.sizeBytes);
    age((reading.oldestAgeMs ?? 0) / 1000);
  };
  return { source: 'held', registry, update };
}

function gauge(registry: Registry, name: string, help: string): (value: number) => void {
  const made = new Gauge({ name: PREFIX + name, help, registers: [registry] });
  return (value) => made.set(value);
}

/** prom-client's process metrics that mean the same on Bun, Deno and Node; its `nodejs_` ones do not. */
function processRegistries(): Registry[] {
  const all = new Registry();
  collectDefaultMetrics({ register: all });
  const wanted = all.getMetricsAsArray().filter(({ name }) => name.startsWith('process_'));
  return wanted.map(({ name }) => {
    const registry = new Registry();
    const metric = all.getSingleMetric(name);
    if (metric !== undefined) registry.registerMetric(metric);
    return registry;
  });
}

/** What a runtime cannot tell about its process is left out. */
async function readable(registries: readonly Registry[]): Promise<string[]> {
  const read = await Promise.allSettled(registries.map((registry) => registry.metrics()));
  return read.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}
