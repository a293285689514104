/** The trail of a message and the spans that are made of it. */
import { expect, test } from 'bun:test';
import { messageSpans } from '../../src/telemetry/message-spans.ts';
import { createMessageTrail, type MessageRecord, type MessageTrail } from '../../src/telemetry/message-trail.ts';

const BEGUN = { clientAddress: '192.0.2.1', ehloName: 'mail.example.org', tls: null, reversePath: 'a@example.org' };
const TRACE = '019a0000000070008000000000000001';
const STEP = { isQuestion: false, isError: false, attributes: {} };
const TAKEN = { code: 250, rejection: null, reference: null };

function openTrail(): { trail: MessageTrail; records: MessageRecord[]; wait: (ms: number) => number } {
  const records: MessageRecord[] = [];
  let nowMs = 1000;
  const trail = createMessageTrail(BEGUN, { monotonicMs: () => nowMs, onEnd: (record) => records.push(record) });
  const wait = (ms: number): number => {
    nowMs += ms;
    return nowMs;
  };
  return { trail, records, wait };
}

function told(record: MessageRecord | undefined): string[] {
  if (record === undefined) throw new Error('the trail has not ended');
  const spans = messageSpans(record, TRACE);
  const names = new Map(spans.map(({ spanId, name }) => [spanId, name]));
  return spans.map(({ name, parentSpanId, startedAtMs, endedAtMs, attributes, isError }) => {
    const began = Math.round(startedAtMs - record.epochMs);
    const parent = parentSpanId === null ? '' : `${names.get(parentSpanId)} > `;
    const decision = attributes['backup_mx.decision'] ?? '-';
    return `${parent}${name} ${began}+${Math.round(endedAtMs - startedAtMs)} ${decision}${isError ? ' error' : ''}`;
  });
}

test('questions hang below their check, whichever ends first', () => {
  const { trail, records, wait } = openTrail();
  const recipient = trail.recipient('b@example.com');
  recipient?.at('dnsbl');
  const beganMs = wait(1);
  wait(5);
  recipient?.step({ ...STEP, name: 'DNSBL question', check: 'dnsbl', isQuestion: true, beganMs });
  wait(1);
  recipient?.step({ ...STEP, name: 'check dnsbl', check: 'dnsbl', beganMs });
  recipient?.answered(TAKEN);
  trail.mark('DATA');
  wait(2);
  trail.mark('DOT');
  trail.named({ transactionId: TRACE, domains: ['example.com'], recipientCount: 1, sizeBytes: 7 });
  trail.mark('STORE');
  wait(3);
  trail.mark('STORED');
  trail.end(TAKEN);
  expect(told(records[0])).toEqual([
    'message 1000+12 ACCEPT',
    'message > RCPT 1000+7 ACCEPT',
    'RCPT > check dnsbl 1001+6 -',
    'check dnsbl > DNSBL question 1001+5 -',
    'message > DATA 1007+2 -',
    'message > message accept 1009+3 -',
    'message accept > message commit 1009+3 -',
  ]);
});

test('a client that goes away: the recipient that was not answered names its check', () => {
  const { trail, records, wait } = openTrail();
  const recipient = trail.recipient('b@example.com');
  recipient?.at('call-ahead');
  wait(10);
  trail.end(null);
  trail.end(TAKEN);
  recipient?.step({ ...STEP, name: 'check call-ahead', check: 'call-ahead', beganMs: 1000 });
  expect(records).toHaveLength(1);
  expect(told(records[0])).toEqual(['message 1000+10 ABANDONED', 'message > RCPT 1000+10 UNANSWERED']);
  expect(records[0]?.recipients[0]?.check).toBe('call-ahead');
});

test('trouble of ours is an error, a refusal is none', () => {
  const { trail, records } = openTrail();
  trail.recipient('b@example.com')?.answered({ code: 550, rejection: 'BMX-USER', reference: 'r' });
  trail.recipient('c@example.com')?.answered({ code: 451, rejection: 'BMX-LATER', reference: 'r' });
  trail.mark('DATA');
  trail.mark('DOT');
  trail.end({ code: 452, rejection: 'BMX-STORE', reference: 'r' });
  expect(told(records[0])).toEqual([
    'message 1000+0 REFUSE error',
    'message > RCPT 1000+0 REFUSE',
    'message > RCPT 1000+0 REFUSE error',
    'message > DATA 1000+0 -',
    'message > message accept 1000+0 - error',
  ]);
});

test('a message of a thousand recipients keeps 64 of them', () => {
  const { trail, records } = openTrail();
  for (let index = 0; index < 1000; index += 1) trail.recipient(`u${index}@example.com`)?.answered(TAKEN);
  trail.end(TAKEN);
  const [record] = records;
  expect(record).toMatchObject({ unkeptCount: 936 });
  expect(told(record)).toHaveLength(65);
});
