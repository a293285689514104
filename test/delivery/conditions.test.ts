/** What a round's attempts show of the primary, record by record. */
import { describe, expect, test } from 'bun:test';
import { createHostMemory } from '../../src/delivery/recovery-checks.ts';
import { createObserver } from '../../src/delivery/conditions.ts';
import type { AttemptRecord, AttemptResult } from '../../src/mail/outcome.ts';

const AT_MS = 1_000_000;

function record(more: Partial<AttemptRecord>): AttemptRecord {
  return {
    host: 'mx.example',
    address: '192.0.2.1:25',
    tls: null,
    reply: '250 2.0.0 Taken',
    outcome: 'DELIVERED',
    recipientNumbers: [0],
    isHostLevel: false,
    isGreeted: true,
    answerMs: 10,
    latencyMs: 20,
    ...more,
  };
}

function resultOf(...records: readonly AttemptRecord[]): AttemptResult {
  const trouble = records.every(({ isHostLevel }) => isHostLevel) ? records[0] : undefined;
  const hostTrouble = trouble === undefined ? null : { trouble: trouble.trouble ?? 'FAULT', reply: trouble.reply };
  return { outcomes: new Map(), records, hostTrouble };
}

const REFUSED = {
  outcome: 'DEFERRED',
  reply: '[connection refused]',
  isHostLevel: true,
  isGreeted: false,
  trouble: 'REFUSED',
} as const;

function observe(...results: readonly AttemptResult[]) {
  const hosts = createHostMemory();
  const observer = createObserver(hosts, AT_MS);
  for (const result of results) observer.note(result);
  return { hosts, observer };
}

test('evidence is of the last attempt that failed at host level, every dial of it', () => {
  const { observer } = observe(
    resultOf(record({ ...REFUSED, address: '192.0.2.9:25' })),
    resultOf(record(REFUSED), record({ ...REFUSED, address: '192.0.2.2:25', host: null })),
    resultOf(record({ ...REFUSED }), record({})),
  );
  expect(observer.troubles()).toMatchObject([
    { trouble: 'REFUSED', host: 'mx.example', address: '192.0.2.1:25', isGreeted: false },
    { host: null, address: '192.0.2.2:25' },
  ]);
  expect(observer.greeted()).toEqual(['192.0.2.1:25']);
});

test.each([
  ['451 4.7.1 Greylisted, come back', true],
  ['450 4.2.0 <a@b.example>: Recipient address rejected: Greylisted', true],
  ['451 4.7.1 Please try again later', true],
  ['450-4.7.0 Try later\n450 4.7.0 or so', true],
  ['451 4.3.0 Mailbox backend away', false],
  ['452 4.2.2 Mailbox full', false],
  ['550 5.7.1 greylisted for ever', false],
])('%s is greylisting: %s', (reply, isGreylisting) => {
  const { observer } = observe(resultOf(record({ outcome: 'DEFERRED', reply })));
  expect(observer.greylisting() !== null).toBe(isGreylisting);
  expect(observer.isAccepting()).toBe(false);
});

test('slow before the content is tarpitting; a host that never greeted is not', () => {
  expect(observe(resultOf(record({ answerMs: 5000 }))).observer.isTarpitting()).toBe(true);
  expect(observe(resultOf(record({ answerMs: 4999, latencyMs: 60_000 }))).observer.isTarpitting()).toBe(false);
  expect(observe(resultOf(record({ ...REFUSED, answerMs: 9000 }))).observer.isTarpitting()).toBe(false);
});

describe('the memory of hosts', () => {
  test('keeps a dead one for less than a minute, unless it greets', () => {
    const { hosts } = observe(resultOf(record(REFUSED)));
    expect(hosts.isDead('192.0.2.1:25', AT_MS + 50_000)).toBe(true);
    expect(hosts.isDead('192.0.2.1:25', AT_MS + 60_000)).toBe(false);
    expect(hosts.isDead('192.0.2.1:25', AT_MS - 1)).toBe(false);
    expect(hosts.isDead('192.0.2.2:25', AT_MS)).toBe(false);
    hosts.note('192.0.2.1:25', { isAlive: true, atMs: AT_MS });
    expect(hosts.isDead('192.0.2.1:25', AT_MS)).toBe(false);
  });
});
