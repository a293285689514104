/**
 * OpenTelemetry traces of what happens to mail and API requests; the service loads this only where a collector is named.
 *
 * The trace of a message is its transaction id, a UUID of 128 bits as a trace id is: whichever node accepts, tries and reports it, and
 * however many days lie between, its spans find each other without anything being stored. Spans are made of what was measured anyway,
 * when it is over. No content is in them, of replies the codes only, and addresses as LOG_ADDRESSES says.
 */
import { randomBytes } from 'node:crypto';
import { type LogAddresses, withoutLocalParts } from './log-addresses.ts';
import type { LogEvents } from './log-events.ts';
import { messageSpans, SPAN_KIND } from './message-spans.ts';
import { type BegunMessage, createMessageTrail, type MessageTrail, type SpanAttributes } from './message-trail.ts';
import { createOtlp, type OtlpOptions, type Span } from './otlp.ts';
import { isChosen, newSpanId, rootSpanOf, traceOf } from './span-ids.ts';

export interface TraceOptions extends OtlpOptions {
  /** Share of messages and of requests without a caller's decision that are traced, 0 to 1. */
  readonly ratio: number;
  readonly addresses: LogAddresses;
}

/** A dial at a next hop. */
type Attempt = LogEvents['attempt'];
type Outcome = 'DELIVERED' | 'HELD' | 'FAILED' | 'EXPIRED' | 'CANCELLED';

export interface Trace {
  /** MAIL was answered 250. */
  readonly openTrail: (message: BegunMessage) => MessageTrail;
  readonly attempted: (attempt: Attempt) => void;
  readonly settled: (fate: {
    readonly messageId: string;
    readonly transactionId: string;
    readonly domain: string;
    /** Of the message, in this state. */
    readonly recipientCount: number;
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

const TRACEPARENT = /^[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:$|-)/;

export function createTrace(options: TraceOptions): Trace {
  const { ratio } = options;
  const otlp = createOtlp(options);
  const add = options.addresses === 'domain' ? (span: Span): void => otlp.add(withoutMailboxes(span)) : otlp.add;

  /** A span below the root of its message. */
  const ofMessage = (
    transactionId: string,
    span: Pick<Span, 'name' | 'kind' | 'attributes' | 'isError'> & { readonly latencyMs: number },
  ): void => {
    const traceId = traceOf(transactionId);
    if (!isChosen(traceId, ratio)) return;
    const { latencyMs, attributes, ...told } = span;
    const endedAtMs = Date.now();
    add({
      ...told,
      attributes: { 'backup_mx.transaction': transactionId, ...attributes },
      traceId,
      spanId: newSpanId(),
      parentSpanId: rootSpanOf(traceId),
      startedAtMs: endedAtMs - latencyMs,
      endedAtMs,
    });
  };

  return {
    openTrail: (message) =>
      createMessageTrail(message, {
        monotonicMs: options.monotonicMs,
        onEnd: (record) => {
          // What has come to nothing has no id of ours, and gets a trace of its own.
          const traceId = record.named === null ? randomBytes(16).toString('hex') : traceOf(record.named.transactionId);
          if (!isChosen(traceId, ratio)) return;
          for (const span of messageSpans(record, traceId)) add(span);
        },
      }),
    attempted: ({
      messageId,
      transactionId,
      latencyMs,
      outcome,
      domain,
      host,
      address,
      tls,
      recipientCount,
      reply,
    }) => {
      if (transactionId === null) return;
      const replyCode = /^\d{3}/.exec(reply)?.[0] ?? 'none';
      ofMessage(transactionId, {
        name: 'message attempt',
        kind: SPAN_KIND.CLIENT,
        latencyMs,
        isError: outcome !== 'DELIVERED',
        attributes: {
          'network.protocol.name': 'smtp',
          'server.address': host ?? '',
          'network.peer.address': address ?? '',
          'backup_mx.message': messageId,
          'backup_mx.domain': domain,
          'backup_mx.outcome': outcome,
          'backup_mx.recipients': recipientCount,
          'backup_mx.reply_code': replyCode,
          'backup_mx.tls': tls ?? 'none',
          ...(outcome === 'DELIVERED' ? {} : { 'error.type': replyCode === 'none' ? 'no_reply' : replyCode }),
        },
      });
    },
    settled: ({ messageId, transactionId, domain, recipientCount, state }) =>
      ofMessage(transactionId, {
        name: `message ${state.toLowerCase()}`,
        kind: SPAN_KIND.INTERNAL,
        latencyMs: 0,
        isError: state === 'FAILED' || state === 'EXPIRED',
        attributes: {
          'backup_mx.message': messageId,
          'backup_mx.domain': domain,
          'backup_mx.recipients': recipientCount,
        },
      }),
    reported: ({ transactionId, action, reportId }) => {
      const attributes = { 'backup_mx.action': action, 'backup_mx.report': reportId };
      const report = { kind: SPAN_KIND.INTERNAL, latencyMs: 0, isError: false, attributes };
      ofMessage(transactionId, { name: 'message report', ...report });
      const traceId = traceOf(reportId);
      if (!isChosen(traceId, ratio)) return;
      // The report is mail of our own, and its attempts hang below this one.
      const about = traceOf(transactionId);
      add({
        name: 'message',
        kind: SPAN_KIND.INTERNAL,
        traceId,
        spanId: rootSpanOf(traceId),
        parentSpanId: null,
        startedAtMs: Date.now(),
        endedAtMs: Date.now(),
        isError: false,
        attributes: { 'backup_mx.transaction': reportId, 'backup_mx.action': action },
        links: [{ traceId: about, spanId: rootSpanOf(about) }],
      });
    },
    requested: ({ operation, code, latencyMs, traceparent }) => {
      const [, callersTrace, parentSpanId = null, flags = ''] = TRACEPARENT.exec(traceparent ?? '') ?? [];
      const traceId = callersTrace ?? randomBytes(16).toString('hex');
      // Who calls has decided; nobody else has.
      const isWanted = callersTrace === undefined ? isChosen(traceId, ratio) : (Number.parseInt(flags, 16) & 1) === 1;
      if (!isWanted) return;
      const endedAtMs = Date.now();
      add({
        name: `GraphQL ${operation}`,
        kind: SPAN_KIND.SERVER,
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

/** Wherever an address may stand: a client can say one in EHLO. */
function withoutMailboxes(span: Span): Span {
  const attributes: SpanAttributes = Object.fromEntries(
    Object.entries(span.attributes).map(([key, value]) => {
      const isPath = key === 'backup_mx.recipient' || (key === 'backup_mx.sender' && value !== '<>');
      if (typeof value === 'number' || !(isPath || value.includes('@'))) return [key, value];
      return [key, withoutLocalParts(value, { event: 'span', field: isPath ? 'forwardPath' : key })];
    }),
  );
  return { ...span, attributes };
}
