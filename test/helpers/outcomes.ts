/** What hosts answered about the recipients of a message, as `recordOutcomes` takes it. */
import type { Outcome } from '../../src/mail/outcome.ts';
import { formatReply } from '../../src/mail/reply.ts';
import type { MessageResult } from '../../src/queue/outcome.ts';

export const DELIVERED: Outcome = { kind: 'DELIVERED', reply: { code: 250, enhancedCode: '2.0.0', text: 'ok' } };
export const DEFERRED: Outcome = { kind: 'DEFERRED', reply: { code: 451, enhancedCode: '4.2.0', text: 'later' } };
export const FAILED: Outcome = { kind: 'FAILED', reply: { code: 550, enhancedCode: '5.1.1', text: 'unknown' } };

/** A message whose recipients, by number, met these, each in an attempt of its own. */
export function messageResultOf(
  messageId: string,
  outcomes: Readonly<Record<number, Outcome>>,
  isHostLevel = false,
): MessageResult {
  const met = Object.entries(outcomes).map(([number, outcome]) => [Number(number), outcome] as const);
  const records = met.map(([number, { kind, reply }]) => ({
    host: 'mx.test',
    address: '127.0.0.1:25',
    tls: null,
    reply: formatReply(reply),
    outcome: kind,
    recipientNumbers: [number],
    isHostLevel,
    latencyMs: 3,
  }));
  return { messageId, outcomes: new Map(met), records, isHostLevel };
}
