/** Whom commands without mail make wait, and for how long. */
import { describe, expect, test } from 'bun:test';
import { createCommandTurns } from '../../src/inbound/command-turns.ts';
import { createClientLimits } from '../../src/inbound/connection-limits.ts';
import { until } from '../helpers/child.ts';

const limits = createClientLimits({
  maxConnectionsPerClient: 20,
  fill: () => 0,
  messagesPerMinute: 600,
  isTrusted: () => false,
  nowMs: () => 0,
});
const networksOf = (address: string): readonly string[] => limits.shareOf(address).networks;

/** Units that a client may spend before it waits, one by one; at most 20,000. */
function allowanceOf(turns: ReturnType<typeof createCommandTurns>, addressAt: (index: number) => string): number {
  for (let spent = 0; spent < 20_000; spent += 1) {
    let hasRun = false;
    // What waits is the second in its line: the first one may be served at once.
    for (const last of [false, true]) {
      if (last && hasRun) break;
      turns.next(networksOf(addressAt(spent)), last ? 0 : 1, () => {
        hasRun = !last;
      });
    }
    if (!hasRun) return spent;
  }
  return 20_000;
}

describe('the allowance of commands', () => {
  test.each([
    ['one IPv4 address', () => '192.0.2.1', 600],
    ['addresses of one IPv4 /24', (at: number) => `192.0.2.${at % 250}`, 2400],
    ['addresses of one IPv6 /64', (at: number) => `2001:db8::${at.toString(16)}`, 600],
    ['the /64s of one IPv6 /56', (at: number) => `2001:db8:0:${(at % 256).toString(16)}::1`, 2400],
    ['the /64s of one IPv6 /48', (at: number) => `2001:db8:0:${(at % 65_536).toString(16)}::1`, 4800],
  ])('%s', (_name, addressAt, most) => {
    const turns = createCommandTurns(() => 0);
    const debtor = networksOf('198.51.100.1');
    // Somebody rests after a turn, so that what is beyond an allowance waits.
    for (let spent = 0; spent < 1000; spent += 1) turns.next(debtor, 1, () => undefined);
    const narrowest = 600 * new Set(Array.from({ length: 5000 }, (_, at) => networksOf(addressAt(at))[0])).size;
    expect(allowanceOf(turns, addressAt)).toBe(Math.min(most, narrowest));
  });

  test('comes back with time, and with a message', () => {
    let now = 0;
    const turns = createCommandTurns(() => now);
    const networks = networksOf('192.0.2.1');
    const isAtOnce = (): boolean => {
      let hasRun = false;
      turns.next(networks, 1, () => {
        hasRun = true;
      });
      return hasRun;
    };
    turns.next(networks, 600, () => undefined);
    // The first one beyond is served at once, and its rest begins.
    isAtOnce();
    expect(isAtOnce()).toBe(false);
    now += 1000;
    expect(isAtOnce()).toBe(true);
    turns.next(networks, 600, () => undefined);
    expect(isAtOnce()).toBe(false);
    turns.giveBack(networks, 600);
    expect(isAtOnce()).toBe(true);
  });

  test('networks in debt are served in rotation, however much one of them waits for', async () => {
    const turns = createCommandTurns(() => 0);
    const served: string[] = [];
    const debtor = (address: string, works: number): void => {
      turns.next(networksOf(address), 1300, () => undefined);
      for (let at = 0; at < works; at += 1) turns.next(networksOf(address), 1, () => void served.push(address));
    };
    debtor('192.0.2.1', 200);
    debtor('198.51.100.1', 3);
    await until('all are served', 5000, () => served.length === 203);
    expect(served.lastIndexOf('198.51.100.1')).toBeLessThan(10);
  });
});
