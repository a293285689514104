import { afterEach, expect, test } from 'bun:test';
import { createResolver } from '../../src/dns/resolver.ts';
import { createSilences, type Silences } from '../../src/dns/silence.ts';
import { startFakeDns } from '../helpers/fake-dns.ts';

const open: { close(): void | Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

const LONG_MS = 8000;

function visit(silences: Silences, isAnswer: boolean, tookMs = LONG_MS): 'ASKED' | 'NOT_ASKED' {
  const asking = silences.begin('slow.example');
  if (asking === null) return 'NOT_ASKED';
  asking.note(isAnswer, tookMs);
  asking.end();
  return 'ASKED';
}

function silentZone(nowMs: () => number): Silences {
  const silences = createSilences(nowMs);
  for (let count = 0; count < 3; count += 1) expect(visit(silences, false)).toBe('ASKED');
  return silences;
}

test('a zone that was silent three times in a row is asked by one look-up at a time', () => {
  const silences = createSilences(() => 0);
  const early = Array.from({ length: 4 }, () => silences.begin('slow.example'));
  for (const asking of early.slice(0, 3)) asking?.note(false, LONG_MS);
  // It waited for its place meanwhile.
  expect(early[3]?.isWelcome()).toBe(false);
  const probe = silences.begin('slow.example');
  expect(probe?.isWelcome()).toBe(true);
  expect(silences.begin('slow.example')).toBeNull();
  expect(silences.begin('other.example')?.isWelcome()).toBe(true);
  probe?.note(false, LONG_MS);
  probe?.end();
  expect(silences.begin('slow.example')).not.toBeNull();
});

test('one answer ends it, and so does half a minute in which no one asked', () => {
  let nowMs = 0;
  const answered = silentZone(() => nowMs);
  expect(visit(answered, true)).toBe('ASKED');
  expect([answered.begin('slow.example'), answered.begin('slow.example')]).not.toContain(null);
  const left = silentZone(() => nowMs);
  nowMs = 29_999;
  expect([left.begin('slow.example'), left.begin('slow.example')]).toContain(null);
  nowMs = 30_000;
  expect([left.begin('slow.example'), left.begin('slow.example')]).not.toContain(null);
});

test('trouble that comes at once, and silences between answers, are no silence of the zone', () => {
  const silences = createSilences(() => 0);
  for (let count = 0; count < 10; count += 1) visit(silences, false, 20);
  for (const isAnswer of [false, false, true, false, false]) visit(silences, isAnswer);
  expect([silences.begin('slow.example'), silences.begin('slow.example')]).not.toContain(null);
});

test('a resolver says TIMEOUT at once for a silent zone, asks again when told to, and the zone comes back', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `n${index}.slow.example`);
  const dns = await startFakeDns(Object.fromEntries(names.map((name) => [name, { mode: 'TIMEOUT' as const }])));
  const resolver = createResolver({ servers: [dns.address], timeoutMs: 1500 });
  open.push(resolver, dns);
  const trouble = { kind: 'TROUBLE', reason: 'TIMEOUT' } as const;
  await Promise.all(names.slice(0, 3).map((name) => resolver.query(name, 'A')));
  const probe = resolver.query('n3.slow.example', 'A');
  expect(await Promise.race([probe.then(() => 'the probe'), resolver.query('n4.slow.example', 'A')])).toEqual(trouble);
  expect(dns.count('n4.slow.example')).toBe(0);
  expect(await probe).toEqual(trouble);
  dns.set('n5.slow.example', { A: ['192.0.2.1'], ttlSeconds: 60 });
  expect(await resolver.query('n5.slow.example', 'A')).toMatchObject({ records: ['192.0.2.1'] });
  dns.set('n6.slow.example', { A: ['192.0.2.2'] });
  dns.set('n7.slow.example', { A: ['192.0.2.3'] });
  const both = await Promise.all(['n6.slow.example', 'n7.slow.example'].map((name) => resolver.query(name, 'A')));
  expect(both.map(({ kind }) => kind)).toEqual(['FOUND', 'FOUND']);
});
