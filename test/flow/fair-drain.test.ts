/**
 * Drains side by side: destinations that are due together share what there is, and within one the small messages are not stuck
 * behind the large ones.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { until } from '../helpers/child.ts';
import { type Flow, PATIENCE_MS, startFlow, transact } from '../helpers/flow.ts';

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
    await hold('one.example', many(150)),
    await hold('other.example', many(150)),
    await hold('little.example', many(10)),
  ];
  for (const primary of [one, other, little]) primary.setMode({ tarpitMs: 8 });
  const sizes: (readonly [number, number])[] = [];
  const paces: (readonly [number, number])[] = [];
  const littleDone = little
    .waitFor(() => little.messages.length === 10, 'the little')
    .then(() => {
      sizes.push([one.messages.length, other.messages.length]);
    });
  const firstDone = Promise.race(
    [one, other].map((primary) => primary.waitFor(() => primary.messages.length === 150, 'the first of the two')),
  ).then(() => void paces.push([one.messages.length, other.messages.length]));
  const probes = [];
  for (const name of ['one', 'other', 'little'])
    probes.push((await flow.see(`${name}.example`)).outage?.nextProbeAt ?? '');
  await flow.moveTo(probes.toSorted().at(-1));
  await Promise.all([littleDone, firstDone]);
  expect(sizes.flat().filter((count) => count === 150)).toEqual([]);
  expect(Math.min(...paces.flat())).toBeGreaterThan(150 / 3);
  for (const name of ['one', 'other', 'little']) await untilEmpty(`${name}.example`);
  for (const primary of [one, other]) {
    expect(new Set(primary.messages.map(({ recipients }) => recipients[0]?.address)).size).toBe(150);
    expect(primary.messages).toHaveLength(150);
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
  await flow.moveTo((await flow.see(domain)).outage?.nextProbeAt);
  await primary.waitFor(() => primary.messages.length === 30, 'all the small ones');
  expect(primary.messages.every(({ wire }) => wire.length < 1_000_000)).toBe(true);
  await until('a large one waits', PATIENCE_MS, () => waiting > 0);
  gate.resolve();
  await untilEmpty(domain);
  expect(new Set(primary.messages.map(({ recipients }) => recipients[0]?.address)).size).toBe(36);
  expect(primary.messages).toHaveLength(36);
});
