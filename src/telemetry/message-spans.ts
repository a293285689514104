/**
 * The spans of a message on its way in, made of its trail: the message, its recipients with what was asked about them, its
 * content, its storing.
 *
 * Pure but for the ids. Nothing of the content and no words of a reply are in them; addresses are trace.ts's to shorten.
 */
import type { Answer, MessageRecord, SpanAttributes } from './message-trail.ts';
import type { Span } from './otlp.ts';
import { newSpanId, rootSpanOf } from './span-ids.ts';

/** As in OTLP. */
export const SPAN_KIND = { INTERNAL: 1, SERVER: 2, CLIENT: 3 } as const;

const NO_ATTRIBUTES: SpanAttributes = {};

/** All spans of the trail, the root first. */
export function messageSpans(record: MessageRecord, traceId: string): Span[] {
  const spans: Span[] = [];
  const rootId = rootSpanOf(traceId);
  const add = (
    name: string,
    { kind = SPAN_KIND.INTERNAL, beganMs, endedMs, isError = false, parentSpanId = rootId, attributes }: Part,
  ): string => {
    const spanId = newSpanId();
    const startedAtMs = record.epochMs + beganMs;
    const endedAtMs = record.epochMs + endedMs;
    spans.push({ name, kind, traceId, spanId, parentSpanId, startedAtMs, endedAtMs, isError, attributes });
    return spanId;
  };

  spans.push(rootOf(record, traceId));
  for (const { address, beganMs, endedMs, answer, check, steps } of record.recipients) {
    const recipientId = add('RCPT', {
      beganMs,
      endedMs: endedMs ?? record.endedMs,
      isError: isOurTrouble(answer),
      attributes: {
        'backup_mx.recipient': address,
        ...answerAttributes(answer, 'UNANSWERED'),
        ...(check === null || isYes(answer) ? NO_ATTRIBUTES : { 'backup_mx.check': check }),
      },
    });
    const ofChecks = new Map<string, string>();
    // A check ends behind what it has asked.
    for (const { isQuestion, name, check: of, ...step } of steps) {
      if (!isQuestion) ofChecks.set(of, add(name, { ...step, parentSpanId: recipientId }));
    }
    for (const { isQuestion, name, check: of, ...step } of steps) {
      const parentSpanId = ofChecks.get(of) ?? recipientId;
      if (isQuestion) add(name, { ...step, kind: SPAN_KIND.CLIENT, parentSpanId });
    }
  }
  const { DATA, DOT, STORE, STORED } = record.moments;
  if (DATA !== undefined) {
    add('DATA', { beganMs: DATA, endedMs: DOT ?? record.endedMs, attributes: NO_ATTRIBUTES });
  }
  if (DOT !== undefined) {
    const isError = isOurTrouble(record.answer);
    const parentSpanId = add('message accept', {
      beganMs: DOT,
      endedMs: record.endedMs,
      isError,
      attributes: NO_ATTRIBUTES,
    });
    if (STORE !== undefined) {
      const endedMs = STORED ?? record.endedMs;
      add('message commit', { beganMs: STORE, endedMs, isError, parentSpanId, attributes: NO_ATTRIBUTES });
    }
  }
  return spans;
}

interface Part {
  readonly kind?: number;
  readonly beganMs: number;
  readonly endedMs: number;
  readonly isError?: boolean;
  readonly parentSpanId?: string;
  readonly attributes: SpanAttributes;
}

function rootOf(record: MessageRecord, traceId: string): Span {
  const { named, answer, recipients, unkeptCount } = record;
  const refusedCount = recipients.filter((recipient) => !isYes(recipient.answer)).length;
  return {
    name: 'message',
    kind: SPAN_KIND.SERVER,
    traceId,
    spanId: rootSpanOf(traceId),
    parentSpanId: null,
    startedAtMs: record.epochMs + record.beganMs,
    endedAtMs: record.epochMs + record.endedMs,
    isError: isOurTrouble(answer),
    attributes: {
      'network.protocol.name': 'smtp',
      'client.address': record.clientAddress,
      'backup_mx.ehlo': record.ehloName,
      'backup_mx.tls': record.tls ?? 'none',
      'backup_mx.sender': record.reversePath ?? '<>',
      ...answerAttributes(answer, 'ABANDONED'),
      ...(named === null
        ? NO_ATTRIBUTES
        : {
            'backup_mx.transaction': named.transactionId,
            'backup_mx.domains': named.domains.join(' '),
            'backup_mx.recipients': named.recipientCount,
            'backup_mx.size_bytes': named.sizeBytes,
          }),
      ...(refusedCount === 0 ? NO_ATTRIBUTES : { 'backup_mx.refused_recipients': refusedCount }),
      ...(unkeptCount === 0 ? NO_ATTRIBUTES : { 'backup_mx.unkept_steps': unkeptCount }),
    },
  };
}

function answerAttributes(answer: Answer | null, without: string): SpanAttributes {
  if (answer === null) return { 'backup_mx.decision': without };
  const { code, rejection, reference } = answer;
  return {
    'backup_mx.decision': isYes(answer) ? 'ACCEPT' : 'REFUSE',
    'backup_mx.reply_code': String(code),
    ...(rejection === null ? NO_ATTRIBUTES : { 'backup_mx.rejection': rejection }),
    ...(reference === null ? NO_ATTRIBUTES : { 'backup_mx.reference': reference }),
    ...(isOurTrouble(answer) ? { 'error.type': rejection ?? String(code) } : NO_ATTRIBUTES),
  };
}

function isYes(answer: Answer | null): boolean {
  return answer?.code === 250;
}

/** A refusal is a good answer of a server; that it cannot do its work is none. */
function isOurTrouble(answer: Answer | null): boolean {
  return answer?.code === 451 || answer?.code === 452;
}
