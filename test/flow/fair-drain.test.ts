/**
 * Drains side by side: destinations that are due together share what there is, and within one the small messages are not stuck
 * behind the large ones.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { until } from '../helpers/child.ts';
import { type Flow, PATIENCE_MS, startFlow, transact } from '../helpers/flow.ts';

const NAMES = ['one.example', 'other.example', 'little.example'];
const SAME = 120;

let flow: Flow;
const primaries: FakePrimary[] = [];

beforeAll(async () => {
  flow = await startFlow();
});

afterAll(async () => {
  await flow?.close();
  await Promise.all(primaries.map((primary) => primary.close()));
});

/** A domain that holds these messages, its primary just back. */
async function hold(domain: string, contents: readonly Buffer[]): Promise<FakePrimary> {
  const primary = await startFakePrimary();
  primaries.push(primary);
  await flow.addDomain(domain, primary);
  await primary.stop();
  const session = await flow.connect();
  for (const [n, content] of contents.entries()) await transact(session, { to: [`user${n}@${domain}`], content });
  session.destroy();
  await flow.untilSeen(domain, 'an outage', ({ outage }) => outage !== null);
  await flow.untilIdle(domain);
  await primary.start();
  return primary;
}

const LINE = `${'x'.repeat(76)}\r\n`;
const contentOf = (octets: number) => Buffer.from(`Subject: n\r\n\r\n${LINE.repeat(Math.ceil(octets / LINE.length))}`);
const many = (count: number, octets = 100) => Array.from({ length: count }, () => contentOf(octets));

async function untilEmpty(domain: string): Promise<void> {
  await flow.untilSeen(domain, 'nothing held', ({ queue, outage }) => queue.heldCount === 0 && outage === null);
}

test('two destinations of the same size keep pace, and one with little does not wait for one with much', async () => {
  const [one, other, little] = [
    await hold('one.example', many(SAME)),
    await hold('other.example', many(SAME)),
    await hold('little.example', many(10)),
  ];
  const all = [one, other, little];
  // Nobody is ahead of the others before all have begun.
  const begun = Promise.withResolvers<void>();
  for (const primary of all) primary.setMode({ tarpitMs: 5, dotGate: () => begun.promise });
  const probes = await Promise.all(NAMES.map(async (name) => (await flow.see(name)).outage?.nextAttemptAt ?? ''));
  await flow.moveTo(probes.toSorted().at(-1));
  await until('all have begun', PATIENCE_MS, () => all.every((primary) => primary.countVerb('DATA') > 0));
  const counts = () => [one.messages.length, other.messages.length];
  begun.resolve();
  await little.waitFor(() => little.messages.length === 10, 'the little');
  expect(counts()).not.toContain(SAME);
  await Promise.race(
    [one, other].map((primary) => primary.waitFor(() => primary.messages.length === SAME, 'the much')),
  );
  expect(Math.min(...counts())).toBeGreaterThan(SAME / 4);
  for (const name of NAMES) await untilEmpty(name);
  for (const primary of [one, other]) {
    expect(new Set(primary.messages.map(({ recipients }) => recipients[0]?.address)).size).toBe(SAME);
    expect(primary.messages).toHaveLength(SAME);
  }
});

test('large messages that the primary is slow to take keep no small one waiting', async () => {
  const domain = 'mixed.example';
  const primary = await hold(domain, [...many(6, 1_100_000), ...many(30)]);
  const gate = Promise.withResolvers<void>();
  let waiting = 0;
  const dotGate = async (sizeBytes: number): Promise<void> => {
    if (sizeBytes < 1_000_000) return;
    waiting += 1;
    await gate.promise;
  };
  primary.setMode({ dotGate });
  await flow.moveTo((await flow.see(domain)).outage?.nextAttemptAt);
  await primary.waitFor(() => primary.messages.length === 30, 'all the small ones');
  expect(primary.messages.every(({ wire }) => wire.length < 1_000_000)).toBe(true);
  await until('a large one waits', PATIENCE_MS, () => waiting > 0);
  gate.resolve();
  await untilEmpty(domain);
  expect(new Set(primary.messages.map(({ recipients }) => recipients[0]?.address)).size).toBe(36);
  expect(primary.messages).toHaveLength(36);
});
