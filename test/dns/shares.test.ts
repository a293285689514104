import { expect, test } from 'bun:test';
import { createShares, zoneOf } from '../../src/dns/shares.ts';

const LONG_MS = 60_000;

/** Asks for places, and notes who got one, in order. */
function askers(bounds: Parameters<typeof createShares>[0]) {
  const shares = createShares(bounds);
  const order: string[] = [];
  const places = new Map<string, () => void>();
  const ask = async (name: string, party: string | null, zone: string, timeoutMs = LONG_MS): Promise<boolean> => {
    const give = await shares.take({ party, zone }, timeoutMs);
    if (give === null) return false;
    order.push(name);
    places.set(name, give);
    return true;
  };
  const give = async (name: string): Promise<void> => {
    places.get(name)?.();
    places.delete(name);
    await settled();
  };
  return { ask, give, order };
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

test.each([
  ['h0.d1.slow.example', 'slow.example'],
  ['_dmarc.a.example.co.uk', 'example.co.uk'],
  ['a*b.-x-.example.com', 'example.com'],
  ['99.2.0.192.in-addr.arpa', '2.0.192.in-addr.arpa'],
  [`${'1.'.repeat(32)}ip6.arpa`, `${'1.'.repeat(12)}ip6.arpa`],
])('the zone of %s is %s', (name, zone) => {
  expect(zoneOf(name)).toBe(zone);
});
