import { expect, test } from 'bun:test';
import type { DnsAnswer } from '../../../src/dns/answer.ts';
import type { LookUps } from '../../../src/dns/resolver.ts';
import { createLookupPace, FREE_OCTETS, FREE_QUERIES } from '../../../src/policy/authentication/lookup-pace.ts';

const query: LookUps['query'] = async (name) => {
  const records = name.startsWith('long') ? ['x'.repeat(FREE_OCTETS + 1)] : [];
  const found = { kind: 'FOUND', records, canonicalName: name, ttlSeconds: 1, isAuthenticated: false };
  // The text is that of TXT records, the only type asked for here.
  return found as unknown as DnsAnswer<never>;
};
const pace = () => createLookupPace(() => ({ query }));

test('what honest mail asks for does not wait, and each look-up beyond it has a turn of ten milliseconds', async () => {
  const lookup = pace()('192.0.2.1');
  const startedAtMs = performance.now();
  for (let number = 0; number < FREE_QUERIES; number += 1) await lookup('a.example', 'TXT');
  const freeMs = performance.now() - startedAtMs;
  for (let number = 0; number < 20; number += 1) await lookup('a.example', 'TXT');
  const pacedMs = performance.now() - startedAtMs - freeMs;
  // The first turn is free, nineteen follow.
  expect(pacedMs).toBeGreaterThan(180);
  expect(freeMs).toBeLessThan(pacedMs);
});

test('after long texts too, the messages of one network together, and the networks in rotation', async () => {
  const lookupFor = pace();
  const done: string[] = [];
  const messages = Array.from({ length: 6 }, (_, number) => ({
    name: `first ${number}`,
    lookup: lookupFor('192.0.2.1'),
  }));
  messages.push({ name: 'second', lookup: lookupFor('198.51.100.1') });
  for (const { lookup } of messages) await lookup('long.example', 'TXT');
  await Promise.all(messages.map(({ name, lookup }) => lookup('a.example', 'TXT').then(() => done.push(name))));
  expect(done.indexOf('second')).toBeLessThanOrEqual(2);
  expect(done).toHaveLength(7);
});
