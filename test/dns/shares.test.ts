import { expect, test } from 'bun:test';
import { createShares, type Place, zoneOf } from '../../src/dns/shares.ts';

const LONG_MS = 60_000;

/** Asks for places, and notes who got one, in order. */
function askers(bounds: Parameters<typeof createShares>[0], nowMs?: () => number) {
  const shares = createShares(bounds, nowMs);
  const order: string[] = [];
  const places = new Map<string, Place>();
  const ask = async (name: string, party: string | null, zone: string, timeoutMs = LONG_MS): Promise<boolean> => {
    const place = await shares.take({ party, zone }, timeoutMs);
    if (place === null) return false;
    order.push(name);
    places.set(name, place);
    return true;
  };
  const give = async (name: string): Promise<void> => {
    places.get(name)?.give();
    places.delete(name);
    await settled();
  };
  const isLost = (name: string): boolean => places.get(name)?.lost.aborted === true;
  return { ask, give, order, isLost };
}

/** After all that is decided already has been carried out. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

test('one party holds no more than its share, however many zones it asks', async () => {
  const { ask, order } = askers({ total: 8, party: 3, zone: 2, waiting: 100 });
  for (let index = 0; index < 20; index += 1) void ask(`evil${index}`, 'evil', `zone${index}`);
  void ask('honest', 'honest', 'honest.example');
  await settled();
  expect(order).toEqual(['evil0', 'evil1', 'evil2', 'honest']);
});

test('one zone is asked for no more than its share, whoever asks, and the parties go on with other zones', async () => {
  const { ask, give, order } = askers({ total: 8, party: 3, zone: 2, waiting: 100 });
  void ask('a1', 'a', 'slow');
  void ask('b1', 'b', 'slow');
  void ask('c1', 'c', 'slow');
  void ask('c2', 'c', 'quick');
  void ask('d1', null, 'slow');
  await settled();
  expect(order).toEqual(['a1', 'b1', 'c2']);
  await give('a1');
  await give('b1');
  expect(order).toEqual(['a1', 'b1', 'c2', 'c1', 'd1']);
});

test('those that wait are served in rotation over the parties, and over the zones of each', async () => {
  const { ask, give, order } = askers({ total: 1, party: 1, zone: 1, waiting: 100 });
  await ask('first', 'x', 'x');
  void ask('a1', 'a', 'one');
  void ask('a2', 'a', 'one');
  void ask('a3', 'a', 'two');
  void ask('b1', 'b', 'three');
  void ask('n1', null, 'four');
  for (const name of ['first', 'a1', 'b1', 'n1', 'a3']) await give(name);
  expect(order).toEqual(['first', 'a1', 'b1', 'n1', 'a3', 'a2']);
});

test('who waits too long, or behind too many of its own, has no place and holds none', async () => {
  const { ask, give, order } = askers({ total: 1, party: 1, zone: 1, waiting: 2 });
  await ask('first', 'x', 'x');
  const late = ask('late', 'a', 'one', 5);
  void ask('patient', 'a', 'one');
  expect(await ask('one too many', 'a', 'one')).toBe(false);
  expect(await late).toBe(false);
  void ask('in its place', 'a', 'one');
  await give('first');
  await give('patient');
  expect(order).toEqual(['first', 'patient', 'in its place']);
});

test('when all places are taken, the oldest look-up of the party that holds most gives way, but not while it is young', async () => {
  let nowMs = 0;
  const { ask, give, order, isLost } = askers({ total: 4, party: 3, zone: 3, waiting: 9, safeMs: 1000 }, () => nowMs);
  await ask('b1', 'b', 'b');
  nowMs = 1;
  for (const name of ['a1', 'a2', 'a3']) await ask(name, 'a', name);
  void ask('c1', 'c', 'c');
  nowMs = 300;
  void ask('d1', 'd', 'd');
  await settled();
  expect(order).toEqual(['b1', 'a1', 'a2', 'a3']);
  // A third of a second for one of three, half a second for one of two.
  nowMs = 501;
  void ask('a4', 'a', 'a4');
  await settled();
  // Two for those who had none; then no one holds more than what another would have.
  expect(order.slice(4)).toEqual(['c1', 'd1']);
  expect(['a1', 'a2', 'a3', 'b1'].filter(isLost)).toEqual(['a1', 'a2']);
  // A place that was lost cannot be given back a second time.
  await give('a1');
  expect(order).toHaveLength(6);
  await give('b1');
  expect(order.slice(6)).toEqual(['a4']);
});

test('a look-up that waits has its place as soon as another is old enough', async () => {
  const { ask, isLost } = askers({ total: 2, party: 2, zone: 2, waiting: 9, safeMs: 200 });
  await ask('a1', 'a', 'a');
  await ask('a2', 'a', 'a');
  expect(await ask('b1', 'b', 'b', 5000)).toBe(true);
  expect([isLost('a1'), isLost('a2')]).toEqual([true, false]);
});

test.each([
  ['h0.d1.slow.example', 'slow.example'],
  ['_dmarc.a.example.co.uk', 'example.co.uk'],
  ['a*b.-x-.example.com', 'example.com'],
  ['99.2.0.192.in-addr.arpa', '2.0.192.in-addr.arpa'],
  [`${'1.'.repeat(32)}ip6.arpa`, `${'1.'.repeat(12)}ip6.arpa`],
])('the zone of %s is %s', (name, zone) => {
  expect(zoneOf(name)).toBe(zone);
});

test('slow parties share a part of the places, with unknown ones a larger one, and quick ones find the rest', async () => {
  let nowMs = 0;
  const bounds = { total: 8, party: 4, zone: 8, waiting: 100, slow: 2, unproven: 4 };
  const { ask, give, order } = askers(bounds, () => nowMs);
  for (const [party, tookMs] of [
    ['slow1', 600],
    ['slow2', 600],
    ['quick', 20],
  ] as const) {
    await ask(party, party, party);
    nowMs += tookMs;
    await give(party);
  }
  order.length = 0;
  for (let index = 0; index < 4; index += 1) {
    for (const party of ['slow1', 'slow2', `new${index}`]) void ask(`${party} ${index}`, party, `${party} ${index}`);
  }
  await settled();
  expect(order).toEqual(['slow1 0', 'slow2 0', 'new0 0', 'new1 1']);
  for (let index = 0; index < 4; index += 1) void ask(`quick ${index}`, 'quick', `quick ${index}`);
  await settled();
  expect(order.slice(4)).toEqual(['quick 0', 'quick 1', 'quick 2', 'quick 3']);
  // There are places now; those that came back late are one slow party's again.
  for (const name of order.slice(4)) await give(name);
  nowMs += 600;
  await give('slow1 0');
  expect(order.slice(8)).toEqual(['slow1 1']);
});

test('of slow parties the one that holds most gives way to another, although there are places', async () => {
  let nowMs = 0;
  const bounds = { total: 8, party: 4, zone: 8, waiting: 100, safeMs: 1000, slow: 2, unproven: 8 };
  const { ask, give, order, isLost } = askers(bounds, () => nowMs);
  for (const party of ['a', 'b']) {
    await ask(party, party, party);
    nowMs += 600;
    await give(party);
  }
  await ask('a1', 'a', 'one');
  await ask('a2', 'a', 'two');
  void ask('b1', 'b', 'three');
  await settled();
  expect([order.includes('b1'), isLost('a1')]).toEqual([false, false]);
  nowMs += 501;
  void ask('b2', 'b', 'four');
  await settled();
  expect([order.includes('b1'), isLost('a1'), isLost('a2')]).toEqual([true, true, false]);
});
