/** Turns of TLS handshakes: what waits for what, on a clock of the test's. */
import { expect, test } from 'bun:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createHandshakeTurns, type HandshakeTurn } from '../../src/dns/handshake-turns.ts';
import { until } from '../helpers/child.ts';

const KIB = 1024;

/** Takes a turn, and notes it when it comes. */
function scene() {
  const clock = { ms: 0 };
  const turns = createHandshakeTurns(() => clock.ms);
  const begun: { readonly address: string; readonly turn: HandshakeTurn }[] = [];
  const take = async (address: string): Promise<void> => {
    void turns.take(address).then((turn) => begun.push({ address, turn }));
    await nextTurn();
  };
  const addresses = (): string[] => begun.map(({ address }) => address);
  /** A handshake that holds up the loop for so long, and brings so many octets. */
  const end = async (at: number, tookMs: number, octets: number): Promise<void> => {
    clock.ms += tookMs;
    begun[at]?.turn.end(octets);
    await nextTurn();
  };
  return { clock, take, addresses, end };
}

test('cheap ones do not wait, but few are under way with one network', async () => {
  const { take, addresses, end } = scene();
  for (const last of [1, 2, 3, 4, 5]) await take(`192.0.2.${last}`);
  await take('198.51.100.1');
  expect(addresses()).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4', '198.51.100.1']);
  await end(0, 1, 3 * KIB);
  expect(addresses().at(-1)).toBe('192.0.2.5');
});

test('after a dear one its network waits until the loop has had five times as long, and others do not', async () => {
  const { clock, take, addresses, end } = scene();
  await take('2001:db8:1::1');
  await end(0, 20, 36 * KIB);
  await take('2001:db8:1:ff::2');
  await take('2001:db8:1:ff::3');
  await take('2001:db8:2::1');
  expect(addresses()).toEqual(['2001:db8:1::1', '2001:db8:2::1']);
  clock.ms += 101;
  await until('the next turn', 20_000, () => addresses().length === 3);
  expect(addresses().at(-1)).toBe('2001:db8:1:ff::2');
  // One at a time, cheap as it was.
  await end(2, 1, 3 * KIB);
  expect(addresses().at(-1)).toBe('2001:db8:1:ff::3');
});

test.each<[string, number, number]>([
  ['a busy loop', 500, 2 * KIB],
  ['a large chain that costs little', 5, 36 * KIB],
])('%s is not held against a network', async (_name, tookMs, octets) => {
  const { take, addresses, end } = scene();
  await take('192.0.2.1');
  await end(0, tookMs, octets);
  await take('192.0.2.2');
  expect(addresses()).toHaveLength(2);
});

test('a silent host holds its turn for a second at most, and ending it later frees nothing twice', async () => {
  const { take, addresses, end } = scene();
  for (const last of [1, 2, 3, 4, 5, 6, 7, 8, 9]) await take(`192.0.2.${last}`);
  expect(addresses()).toHaveLength(4);
  await until('the others have their turn', 20_000, () => addresses().length === 8);
  await end(0, 1, 0);
  expect(addresses()).toHaveLength(8);
});
