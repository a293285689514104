/**
 * OpenTelemetry traces of mail and API requests. The service loads this module only where a collector is named.
 *
 * The trace id of a message is its transaction id: both have 128 bits. So the spans of all nodes find each other, however many
 * days lie between them, and nothing is stored for it. A span is made when its event is over, from what log and metrics get as
 * well. Spans hold no content, only the codes of replies, and addresses as LOG_ADDRESSES says.
 */
import { Buffer } from 'node:buffer';
import { randomBytes, randomFillSync } from 'node:crypto';
import { type LogAddresses, withoutLocalParts } from './log.ts';
import type { LogEvents } from './log-events.ts';
import { createOtlp, type OtlpOptions, type Span } from './otlp.ts';

interface TraceOptions extends OtlpOptions {
  /** Share of messages, and of requests without a caller's decision, that are traced: 0 to 1. */
  readonly ratio: number;
  readonly addresses: LogAddresses;
}

export interface Trace {
  /** Begins the trace of a message: the root of all its spans. */
  readonly accepted: (message: LogEvents['accepted']) => void;
  readonly attempted: (attempt: LogEvents['attempt']) => void;
  readonly settled: (result: {
    readonly messageId: string;
    readonly transactionId: string;
    readonly domain: string;
    /** Recipients of the message that came to this state together. */
    readonly recipientCount: number;
    readonly state: 'DELIVERED' | 'HELD' | 'FAILED' | 'EXPIRED' | 'CANCELLED';
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

const TRACEPARENT = /^[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:$|-)/;
/** As in OTLP. */
const INTERNAL = 1;
const SERVER = 2;
const CLIENT = 3;

type NewSpan = Pick<Span, 'name' | 'kind' | 'attributes'> & Partial<Pick<Span, 'isError' | 'links'>>;

export function createTrace(options: TraceOptions): Trace {
  const { ratio } = options;
  const otlp = createOtlp(options);
  const add = options.addresses === 'domain' ? (span: Span): void => otlp.add(withoutMailboxes(span)) : otlp.add;

  /** A span of a transaction that ends now: its root, or one below the root. */
  const addOf = (transactionId: string, isRoot: boolean, latencyMs: number, span: NewSpan): void => {
    const traceId = traceIdOf(transactionId);
    if (!isSampled(traceId, ratio)) return;
    const endedAtMs = Date.now();
    add({
      isError: false,
      ...span,
      attributes: { 'backup_mx.transaction': transactionId, ...span.attributes },
      traceId,
      spanId: isRoot ? rootSpanIdOf(traceId) : newSpanId(),
      parentSpanId: isRoot ? null : rootSpanIdOf(traceId),
      startedAtMs: endedAtMs - latencyMs,
      endedAtMs,
    });
  };

  return {
    accepted: (message) =>
      addOf(message.transactionId, true, message.latencyMs, {
        name: 'message',
        kind: SERVER,
        attributes: {
          'network.protocol.name': 'smtp',
          'client.address': message.clientAddress,
          'backup_mx.ehlo': message.ehloName,
          'backup_mx.tls': message.tls ?? 'none',
          'backup_mx.sender': message.reversePath ?? '<>',
          'backup_mx.domains': message.domains.join(' '),
          'backup_mx.recipients': message.recipientCount,
          'backup_mx.size_bytes': message.sizeBytes,
        },
      }),
    attempted: (attempt) => {
      const { transactionId, outcome } = attempt;
      if (transactionId === null) return;
      const replyCode = /^\d{3}/.exec(attempt.reply)?.[0] ?? 'none';
      addOf(transactionId, false, attempt.latencyMs, {
        name: 'message attempt',
        kind: CLIENT,
        isError: outcome !== 'DELIVERED',
        attributes: {
          'network.protocol.name': 'smtp',
          'server.address': attempt.host ?? '',
          'network.peer.address': attempt.address ?? '',
          'backup_mx.message': attempt.messageId,
          'backup_mx.domain': attempt.domain,
          'backup_mx.outcome': outcome,
          'backup_mx.recipients': attempt.recipientCount,
          'backup_mx.reply_code': replyCode,
          'backup_mx.tls': attempt.tls ?? 'none',
          ...(outcome === 'DELIVERED' ? {} : { 'error.type': replyCode === 'none' ? 'no_reply' : replyCode }),
        },
      });
    },
    settled: ({ messageId, transactionId, domain, recipientCount, state }) =>
      addOf(transactionId, false, 0, {
        name: `message ${state.toLowerCase()}`,
        kind: INTERNAL,
        isError: state === 'FAILED' || state === 'EXPIRED',
        attributes: {
          'backup_mx.message': messageId,
          'backup_mx.domain': domain,
          'backup_mx.recipients': recipientCount,
        },
      }),
    reported: ({ transactionId, action, reportId }) => {
      const attributes = { 'backup_mx.action': action, 'backup_mx.report': reportId };
      addOf(transactionId, false, 0, { name: 'message report', kind: INTERNAL, attributes });
      // The report is mail of our own: its attempts hang below this root.
      const about = traceIdOf(transactionId);
      addOf(reportId, true, 0, {
        name: 'message',
        kind: INTERNAL,
        attributes: { 'backup_mx.action': action },
        links: [{ traceId: about, spanId: rootSpanIdOf(about) }],
      });
    },
    requested: ({ operation, code, latencyMs, traceparent }) => {
      const [, callersTrace, parentSpanId = null, flags = ''] = TRACEPARENT.exec(traceparent ?? '') ?? [];
      const traceId = callersTrace ?? randomBytes(16).toString('hex');
      // The caller's decision stands; without one the ratio decides.
      const isWanted = callersTrace === undefined ? isSampled(traceId, ratio) : (Number.parseInt(flags, 16) & 1) === 1;
      if (!isWanted) return;
      const endedAtMs = Date.now();
      add({
        name: `GraphQL ${operation}`,
        kind: SERVER,
        traceId,
        spanId: newSpanId(),
        parentSpanId,
        startedAtMs: endedAtMs - latencyMs,
        endedAtMs,
        isError: code === 'INTERNAL_SERVER_ERROR',
        attributes: { 'graphql.operation.type': operation, 'backup_mx.code': code },
      });
    },
    close: otlp.close,
  };
}

/** Local parts removed from every attribute that may hold an address: a client can say one in EHLO. */
function withoutMailboxes(span: Span): Span {
  const attributes = Object.fromEntries(
    Object.entries(span.attributes).map(([key, value]) => {
      const isPath = key === 'backup_mx.sender' && value !== '<>';
      if (typeof value === 'number' || !(isPath || value.includes('@'))) return [key, value];
      return [key, withoutLocalParts(value, { event: 'span', field: isPath ? 'forwardPath' : key })];
    }),
  );
  return { ...span, attributes };
}

/** The trace id of a transaction or report (W3C Trace Context §3.2.2): hex without hyphens. */
function traceIdOf(id: string): string {
  return id.replaceAll('-', '');
}

/** The id of the root span of a message, which every node can compute: the random half of a UUIDv7. */
function rootSpanIdOf(traceId: string): string {
  return traceId.slice(16);
}

/** Sampled by the random end of the id, so that all nodes decide alike (W3C Trace Context level 2 §2.2.2.2). */
function isSampled(traceId: string, ratio: number): boolean {
  return ratio >= 1 || Number.parseInt(traceId.slice(-13), 16) / 2 ** 52 < ratio;
}

const SPAN_ID_OCTETS = 8;
/** One call for randomness costs more than the rest of a span, so ids are drawn from a pool. */
const pool = Buffer.alloc(512 * SPAN_ID_OCTETS);
let poolOffset = pool.length;

function newSpanId(): string {
  if (poolOffset === pool.length) {
    randomFillSync(pool);
    poolOffset = 0;
  }
  poolOffset += SPAN_ID_OCTETS;
  return pool.toString('hex', poolOffset - SPAN_ID_OCTETS, poolOffset);
}
