/**
 * OpenTelemetry traces of what happens to mail and API requests; the service loads this only where a collector is named.
 *
 * The trace of a message is its transaction id, a UUID of 128 bits as a trace id is: whichever node accepts, tries and reports it, and
 * however many days lie between, its spans find each other without anything being stored. Spans are made of what was measured anyway,
 * when it is over. No address of mail is in them, no content, and of replies the codes only.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { LogEvents } from './log-events.ts';
import { createOtlp, type OtlpOptions, type Span } from './otlp.ts';

export interface TraceOptions extends OtlpOptions {
  /** Share of messages and of requests without a caller's decision that are traced, 0 to 1. */
  readonly ratio: number;
}

/** A dial at a next hop. */
type Attempt = LogEvents['attempt'];
type Outcome = 'DELIVERED' | 'HELD' | 'FAILED' | 'EXPIRED' | 'CANCELLED';

export interface Trace {
  /** 250 was said. */
  readonly accepted: (message: LogEvents['accepted']) => void;
  /** A message was written, alone or with others. */
  readonly committed: (commit: { readonly transactionId: string; readonly latencyMs: number }) => void;
  readonly attempted: (attempt: Attempt) => void;
  readonly settled: (fate: {
    readonly transactionId: string;
    readonly domain: string;
    readonly state: Outcome;
  }) => void;
  readonly reported: (report: Pick<LogEvents['reportMade'], 'transactionId' | 'action' | 'reportId'>) => void;
  readonly requested: (request: ApiRequest) => void;
  /** Sends what waits, within a few seconds. */
  readonly close: () => Promise<void>;
}

export interface ApiRequest {
  readonly operation: string;
  readonly code: string;
  readonly latencyMs: number;
  /** As the caller sent it (W3C Trace Context §3.2). */
  readonly traceparent: string | null;
}

const SERVER = 2;
const CLIENT = 3;
const INTERNAL = 1;
const TRACEPARENT = /^[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:$|-)/;

export function createTrace(options: TraceOptions): Trace {
  const otlp = createOtlp(options);
  const add = (span: Omit<Span, 'endedAtMs'>): void => otlp.add({ ...span, endedAtMs: Date.now() });

  /** A span below the acceptance of its message. */
  const ofMessage = (
    transactionId: string,
    span: Pick<Span, 'name' | 'kind' | 'attributes' | 'isError'> & { readonly latencyMs: number },
  ): void => {
    const traceId = transactionId.replaceAll('-', '');
    if (!isChosen(traceId, options.ratio)) return;
    const { latencyMs, ...told } = span;
    add({
      ...told,
      traceId,
      spanId: newSpanId(),
      parentSpanId: rootSpanOf(traceId),
      startedAtMs: Date.now() - latencyMs,
    });
  };

  return {
    accepted: ({ transactionId, latencyMs, sizeBytes, recipientCount, domains, tls }) => {
      const traceId = transactionId.replaceAll('-', '');
      if (!isChosen(traceId, options.ratio)) return;
      add({
        name: 'message accept',
        kind: SERVER,
        traceId,
        spanId: rootSpanOf(traceId),
        parentSpanId: null,
        startedAtMs: Date.now() - latencyMs,
        isError: false,
        attributes: {
          'backup_mx.transaction': transactionId,
          'backup_mx.domains': domains.join(' '),
          'backup_mx.recipients': recipientCount,
          'backup_mx.size_bytes': sizeBytes,
          'backup_mx.tls': tls ?? 'none',
        },
      });
    },
    committed: ({ transactionId, latencyMs }) =>
      ofMessage(transactionId, { name: 'message commit', kind: INTERNAL, latencyMs, isError: false, attributes: {} }),
    attempted: ({ transactionId, latencyMs, outcome, domain, host, address, tls, recipientCount, reply }) => {
      if (transactionId === null) return;
      ofMessage(transactionId, {
        name: 'message attempt',
        kind: CLIENT,
        latencyMs,
        isError: outcome !== 'DELIVERED',
        attributes: {
          'backup_mx.domain': domain,
          'backup_mx.outcome': outcome,
          'backup_mx.recipients': recipientCount,
          'backup_mx.reply_code': /^\d{3}/.exec(reply)?.[0] ?? 'none',
          'backup_mx.tls': tls ?? 'none',
          'server.address': host ?? '',
          'network.peer.address': address ?? '',
        },
      });
    },
    settled: ({ transactionId, domain, state }) =>
      ofMessage(transactionId, {
        name: `message ${state.toLowerCase()}`,
        kind: INTERNAL,
        latencyMs: 0,
        isError: state === 'FAILED' || state === 'EXPIRED',
        attributes: { 'backup_mx.domain': domain },
      }),
    reported: ({ transactionId, action, reportId }) =>
      ofMessage(transactionId, {
        name: 'message report',
        kind: INTERNAL,
        latencyMs: 0,
        isError: false,
        attributes: { 'backup_mx.action': action, 'backup_mx.report': reportId },
      }),
    requested: ({ operation, code, latencyMs, traceparent }) => {
      const [, callersTrace, parentSpanId = null, flags = ''] = TRACEPARENT.exec(traceparent ?? '') ?? [];
      const traceId = callersTrace ?? randomBytes(16).toString('hex');
      // Who calls has decided; nobody else has.
      const isWanted =
        callersTrace === undefined ? isChosen(traceId, options.ratio) : (Number.parseInt(flags, 16) & 1) === 1;
      if (!isWanted) return;
      add({
        name: `GraphQL ${operation}`,
        kind: SERVER,
        traceId,
        spanId: newSpanId(),
        parentSpanId,
        startedAtMs: Date.now() - latencyMs,
        isError: code === 'INTERNAL_SERVER_ERROR',
        attributes: { 'graphql.operation.type': operation, 'backup_mx.code': code },
      });
    },
    close: otlp.close,
  };
}

/** By the random end of the id, so that all nodes choose alike (W3C Trace Context level 2 §2.2.2.2). */
function isChosen(traceId: string, ratio: number): boolean {
  return Number.parseInt(traceId.slice(-13), 16) / 2 ** 52 < ratio;
}

function newSpanId(): string {
  return randomBytes(8).toString('hex');
}

/** Every node knows what the spans of a message hang below. */
function rootSpanOf(traceId: string): string {
  return createHash('sha256').update(traceId).digest('hex').slice(0, 16);
}
