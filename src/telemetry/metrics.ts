/**
 * The service's metrics in Prometheus' text format. Only this file and gauges.ts know prom-client.
 *
 * Counters and histograms move as events happen; gauges are read at each scrape. If the source of a gauge fails or is slow (the
 * database is down), that gauge is absent from the scrape and the failure is counted; the rest is still answered.
 * Labels are bounded: a new value past the limit is counted as `other`. No address or domain is ever a label.
 */
import { within } from '../clock.ts';
import { kindName } from '../mail/kind-name.ts';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import {
  createGaugeRegistry,
  type GaugeRegistry,
  type GaugeSource,
  counterMaker,
  histogram,
  pairCounter,
  PREFIX,
} from './gauges.ts';

type OutageEventKind = `OUTAGE_${'OPENED' | 'RECLASSIFIED' | 'THRESHOLD' | 'DRAINING' | 'CLOSED'}`;

/** `other`: what was refused before it was understood. */
export type ApiOperation = 'query' | 'mutation' | 'subscription' | 'other';

interface MetricsOptions {
  readonly version: string;
  /** `bun 1.4.5`. */
  readonly runtime: string;
  /** CPU, memory, descriptors of this process. Once per process: it starts an event-loop monitor. */
  readonly withProcessMetrics: boolean;
  /** How long a source may take before its gauges are left out of the scrape. */
  readonly sourceTimeoutMs?: number;
}

export interface Metrics extends GaugeRegistry {
  /** A transaction was committed and answered 250. */
  readonly accepted: (message: { readonly sizeBytes: number; readonly latencyMs: number }) => void;
  /** A refusal with its stable rejection code (`BMX-USER`), if it has one, and its reply. */
  readonly refused: (refusal: { readonly rejection: string | null; readonly reply: string }) => void;
  /** Refusals that were counted only, because too many came or the database was away. */
  readonly unrecorded: (rejectionCount: number) => void;
  /** Spans that the collector of traces did not take in time. */
  readonly spansDropped: (spanCount: number) => void;
  /** A session began TLS, or brought its first message without (null); `tls` is `TLSv1.3 TLS_AES_256_GCM_SHA384`. */
  readonly tlsSession: (session: { readonly tls: string | null }) => void;
  /** A dial at a next hop; `reply` is what it said, or our words in brackets. */
  readonly attempted: (attempt: {
    readonly outcome: 'DELIVERED' | 'DEFERRED' | 'FAILED';
    readonly reply: string;
    readonly latencyMs: number;
  }) => void;
  readonly delivered: (recipientCount: number) => void;
  readonly deferred: (recipientCount: number) => void;
  readonly failed: (recipientCount: number) => void;
  readonly expired: (recipientCount: number) => void;
  readonly cancelled: (recipientCount: number) => void;
  /** A DSN was spooled; `action` as in RFC 3464. */
  readonly reportMade: (action: string) => void;
  readonly reportSuppressed: (reason: string) => void;
  /** A report could not be delivered; no one is notified of that. */
  readonly reportDropped: () => void;
  /** One group commit of the spool: from its first byte to the database's answer. */
  readonly committed: (commit: { readonly latencyMs: number; readonly messageCount: number }) => void;
  /** An event of an outage, which is the label `outage.opened` and so on, and the kind of the outage. */
  readonly outageEvent: (event: OutageEventKind, kind: string) => void;
  /** A breaker came into this state. */
  readonly breakerMoved: (to: 'CLOSED' | 'TRIAL' | 'OPEN') => void;
  /** An attempt to tell a webhook. */
  readonly webhookAttempted: (outcome: 'DELIVERED' | 'REFUSED' | 'UNREACHED') => void;
  /** A mail to an alert contact was spooled, or waits because the contact's own domain is in trouble. */
  readonly alertMail: (outcome: 'SENT' | 'WITHHELD') => void;
  /** The result of a question to a primary about a mailbox. */
  readonly calledAhead: (verdict: 'POSITIVE' | 'NEGATIVE' | 'UNKNOWN' | 'TURNED_AWAY' | 'SILENT' | 'UNASKED') => void;
  /** A fire drill has ended. */
  readonly drillFinished: (
    result: 'DELIVERED' | 'NOT_ACCEPTED' | 'NOT_DELIVERED' | 'NOT_ATTEMPTED' | 'CANCELLED' | 'INTERRUPTED',
  ) => void;
  /** The doctor has examined a domain: the worst verdict of its report; FAILED: no report was made, and a fault is logged. */
  readonly doctorLooked: (status: 'OK' | 'WARNING' | 'PROBLEM' | 'UNKNOWN' | 'FAILED') => void;
  /** A GraphQL request was answered; the code is `OK`, or that of its first error. */
  readonly apiRequest: (request: {
    readonly operation: ApiOperation;
    readonly code: string;
    readonly latencyMs: number;
  }) => void;
  /** How much later than it was due a timer of this process ran. */
  readonly eventLoopLag: (lagMs: number) => void;
  /** A fault was logged; `where` as in the log. */
  readonly faulted: (where: string) => void;
  /** Something could not be done because the database is away; `where` as of a fault. */
  readonly databaseAway: (where: string) => void;
  /** The exposition. Resolves even while the database is away. */
  readonly render: () => Promise<{ readonly contentType: string; readonly body: string }>;
}

const DEFAULT_SOURCE_TIMEOUT_MS = 2_000;

/** From a local flash disk (fractions of a millisecond) to a standby in another place and a stalled disk. */
const COMMIT_SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const COMMIT_MESSAGES = [1, 2, 4, 8, 16, 32, 64];
/** From a primary on the same network to one that takes the minutes RFC 5321 §4.5.3.2 lets it. */
const ATTEMPT_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600];
const API_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const LAG_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

/** Builds the metrics on a registry of their own. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const counter = counterMaker(registry);

  const accepted = counter('accepted_total', 'Transactions committed and answered 250');
  const acceptedBytes = counter('accepted_bytes_total', 'Bytes of the messages accepted');
  const refused = counter('refused_total', 'Refusals, by rejection code or SMTP code', {
    name: 'code',
    values: ['BMX-STORE', 'BMX-BUSY', 'BMX-RANK', 'BMX-DNS'],
  });
  const refusalReplies = counter('refusal_replies_total', 'Refusals, by SMTP code of the reply', {
    name: 'code',
    values: ['421', '450', '451', '452', '550', '552', '554', '556'],
  });
  const unrecorded = counter('rejections_unrecorded_total', 'Refusals that were counted but not recorded one by one');
  const spansDropped = counter('spans_dropped_total', 'Spans that the collector of traces did not take in time');
  const attempts = counter('attempts_total', 'Dials at a next hop, by outcome', {
    name: 'outcome',
    values: ['DELIVERED', 'DEFERRED', 'FAILED'],
  });
  const attemptReplies = counter('attempt_replies_total', 'Dials at a next hop, by first digit of the reply', {
    name: 'reply',
    values: ['2xx', '4xx', '5xx', 'none'],
  });
  const delivered = counter('delivered_total', 'Recipients handed over to a next hop');
  const deferred = counter('deferred_total', 'Deferrals of recipients, one per attempt');
  const failed = counter('failed_total', 'Recipients refused for good by a next hop');
  const expired = counter('expired_total', 'Recipients given up at the end of the queue lifetime');
  const cancelled = counter('cancelled_total', 'Recipients cancelled by an operator or customer');
  const reports = counter('reports_total', 'Delivery status notifications spooled, by action', { name: 'action' });
  const suppressed = counter('reports_suppressed_total', 'Reports not made, by reason', {
    name: 'reason',
    values: ['unproven', 'rate'],
  });
  const dropped = counter('reports_dropped_total', 'Reports that could not be delivered');
  const breakers = counter('breaker_steps_total', 'Breakers that came into a state, by state', {
    name: 'to',
    values: ['CLOSED', 'TRIAL', 'OPEN'],
  });
  const webhooks = counter('webhook_attempts_total', 'Requests to webhooks, by outcome', {
    name: 'outcome',
    values: ['DELIVERED', 'REFUSED', 'UNREACHED'],
  });
  const alerts = counter('alert_mails_total', 'Mails to alert contacts, by outcome', {
    name: 'outcome',
    values: ['SENT', 'WITHHELD'],
  });
  const drills = counter('drills_total', 'Fire drills ended by this node, by result', {
    name: 'result',
    values: ['DELIVERED', 'NOT_ACCEPTED', 'NOT_DELIVERED', 'NOT_ATTEMPTED', 'CANCELLED', 'INTERRUPTED'],
  });
  const doctorRuns = counter('doctor_runs_total', 'Looks of the doctor at a domain, by the worst verdict', {
    name: 'status',
    values: ['OK', 'WARNING', 'PROBLEM', 'UNKNOWN', 'FAILED'],
  });
  const faults = counter('faults_total', 'Faults logged, by place', { name: 'where' });
  const away = counter('database_away_total', 'What could not be done because the database was away, by place', {
    name: 'where',
  });
  const commitLatency = histogram(registry, 'commit_latency_seconds', 'Duration of a group commit', COMMIT_SECONDS);
  const commitSize = histogram(registry, 'commit_messages', 'Messages in a group commit', COMMIT_MESSAGES);

  const acceptLatency = histogram(
    registry,
    'accept_latency_seconds',
    'From the final dot of an accepted message to its 250',
    COMMIT_SECONDS,
  );
  const attemptLatency = histogram(
    registry,
    'attempt_latency_seconds',
    'Duration of a dial at a next hop',
    ATTEMPT_SECONDS,
  );
  const callAheads = counter('call_aheads_total', 'Questions to primaries about a mailbox, by what came of them', {
    name: 'verdict',
    values: ['POSITIVE', 'NEGATIVE', 'UNKNOWN', 'TURNED_AWAY', 'SILENT', 'UNASKED'],
  });
  const apiRequests = pairCounter(registry, {
    name: 'api_requests_total',
    help: 'GraphQL requests, by kind of operation and code of the first error',
    labels: ['operation', 'code'],
  });
  const apiLatency = histogram(registry, 'api_latency_seconds', 'Duration of a GraphQL request', API_SECONDS);
  const loopLag = histogram(
    registry,
    'event_loop_lag_seconds',
    'How much later than due a timer ran, twice a second',
    LAG_SECONDS,
  );
  const tlsSessions = pairCounter(registry, {
    name: 'tls_sessions_total',
    help: 'Sessions with TLS, and those that brought mail without, by version and cipher suite',
    labels: ['version', 'cipher'],
  });
  const outageEvents = pairCounter(registry, {
    name: 'outage_events_total',
    help: 'What happened to outages, by event and kind',
    labels: ['event', 'kind'],
  });

  const info = new Gauge({
    name: `${PREFIX}info`,
    help: 'Version and runtime of this node; always 1',
    labelNames: ['version', 'runtime'],
    registers: [registry],
  });
  info.set({ version: options.version, runtime: options.runtime }, 1);
  const failures = counter('scrape_failures_total', 'Gauge sources that failed at a scrape', { name: 'source' });
  const sources: GaugeSource[] = [];
  const processMetrics = options.withProcessMetrics ? processRegistries() : [];
  const timeoutMs = options.sourceTimeoutMs ?? DEFAULT_SOURCE_TIMEOUT_MS;

  return {
    ...createGaugeRegistry((source) => void sources.push(source)),
    accepted: ({ sizeBytes, latencyMs }) => {
      accepted(1);
      acceptedBytes(sizeBytes);
      acceptLatency.observe(latencyMs / 1000);
    },
    refused: ({ rejection, reply }) => {
      const code = reply.slice(0, 3);
      refused(1, rejection ?? code);
      refusalReplies(1, code);
    },
    unrecorded,
    spansDropped,
    tlsSession: ({ tls }) => {
      const [version = 'none', cipher = 'none'] = tls?.split(' ') ?? [];
      tlsSessions(version, cipher);
    },
    outageEvent: (event, kind) => outageEvents(kindName(event), kind),
    attempted: ({ outcome, reply, latencyMs }) => {
      attempts(1, outcome);
      attemptReplies(1, /^[245]\d\d/.test(reply) ? `${reply.charAt(0)}xx` : 'none');
      attemptLatency.observe(latencyMs / 1000);
    },
    calledAhead: (verdict) => callAheads(1, verdict),
    apiRequest: ({ operation, code, latencyMs }) => {
      apiRequests(operation, code);
      apiLatency.observe(latencyMs / 1000);
    },
    eventLoopLag: (lagMs) => loopLag.observe(lagMs / 1000),
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
    drillFinished: (result) => drills(1, result),
    doctorLooked: (status) => doctorRuns(1, status),
    faulted: (where) => faults(1, where),
    databaseAway: (where) => away(1, where),
    render: async () => {
      const read = async ({ name, render }: GaugeSource): Promise<string> => {
        try {
          return await within(timeoutMs, render(), () => {
            throw new Error(`no reading within ${timeoutMs} ms`);
          });
        } catch {
          failures(1, name);
          return '';
        }
      };
      const readings = await Promise.all(sources.map(read));
      const parts = [await registry.metrics(), ...readings, ...(await readable(processMetrics))];
      return { contentType: registry.contentType, body: parts.filter((part) => part !== '').join('\n') };
    },
  };
}

let registriesOfProcess: readonly Registry[] | null = null;

/**
 * prom-client's process metrics that mean the same on Bun, Deno and Node; its `nodejs_` ones do not. A process makes them
 * once: prom-client's observers of the process have no stop.
 */
function processRegistries(): readonly Registry[] {
  if (registriesOfProcess !== null) return registriesOfProcess;
  const all = new Registry();
  collectDefaultMetrics({ register: all });
  const wanted = all.getMetricsAsArray().filter(({ name }) => name.startsWith('process_'));
  registriesOfProcess = wanted.map(({ name }) => {
    const registry = new Registry();
    const metric = all.getSingleMetric(name);
    if (metric !== undefined) registry.registerMetric(metric);
    return registry;
  });
  return registriesOfProcess;
}

/** Facts that a runtime cannot provide about its process are left out. */
async function readable(registries: readonly Registry[]): Promise<string[]> {
  const read = await Promise.allSettled(registries.map((registry) => registry.metrics()));
  return read.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}
