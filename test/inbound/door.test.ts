/** The door: within its allowance a client comes in at once, beyond it in its turn, and where too many wait not at all. */
import { expect, test } from 'bun:test';
import { connect } from 'node:net';
import { createCommandTurns } from '../../src/inbound/command-turns.ts';
import { createClientLimits } from '../../src/inbound/connection-limits.ts';
import { createDoor, type Door } from '../../src/inbound/door.ts';
import { until } from '../helpers/child.ts';
import { startInbound } from './fixture.ts';

const TRUSTED = '127.0.0.1';
const PROXY = '192.0.2.254';

interface Knocks {
  came: number;
  turnedAway: number;
}

function makeDoor(mostWaiting: number): Door {
  const nowMs = (): number => performance.now();
  const isTrusted = (address: string): boolean => address === TRUSTED;
  const limits = createClientLimits({
    maxConnectionsPerClient: 5,
    messagesPerMinute: 5,
    fill: () => 0,
    isTrusted,
    nowMs,
  });
  return createDoor({ limits, turns: createCommandTurns(nowMs), isProxy: (address) => address === PROXY, mostWaiting });
}

function knock(door: Door, count: number, address: (at: number) => string): Knocks {
  const knocks = { came: 0, turnedAway: 0 };
  for (let at = 0; at < count; at += 1) {
    door.knock(
      address(at),
      () => (knocks.came += 1),
      () => (knocks.turnedAway += 1),
    );
  }
  return knocks;
}

test('beyond its allowance a client waits for its turn; those that find too many waiting are turned away', async () => {
  const door = makeDoor(20);
  const knocks = knock(door, 1000, () => '192.0.2.1');
  // 600 units, 5 each; the first turns are served at once.
  expect(knocks.came).toBeGreaterThanOrEqual(120);
  expect(knocks.came).toBeLessThan(200);
  expect(knocks.turnedAway).toBe(1000 - knocks.came - 20);
  const { turnedAway } = knocks;
  await until('all that wait come in', 5000, () => knocks.came === 1000 - turnedAway);
});

test('others come in at once meanwhile, and so do trusted clients and proxies', () => {
  const door = makeDoor(20);
  knock(door, 1000, () => '192.0.2.1');
  for (const address of ['198.51.100.1', TRUSTED, PROXY, '2001:db8::1'])
    expect(knock(door, 1, () => address)).toEqual({ came: 1, turnedAway: 0 });
  expect(knock(door, 2000, () => PROXY)).toEqual({ came: 2000, turnedAway: 0 });
});

test('who has many addresses in one network has the allowance of four or eight', () => {
  const came = (address: (at: number) => string): number => knock(makeDoor(0), 4000, address).came;
  expect(came((at) => `192.0.2.${at % 250}`)).toBeLessThan(600);
  expect(came((at) => `2001:db8:0:${(at % 250).toString(16)}00::1`)).toBeLessThan(1200);
  expect(came((at) => `192.${at % 250}.2.1`)).toBe(4000);
});

test('a connection that is refused costs as much as one that is not, and is closed without a word in the end', async () => {
  const fixture = await startInbound({ isTrusted: () => false, isBarred: () => true, maxConnections: 10 });
  try {
    const heard = await Promise.all(Array.from({ length: 400 }, () => listenTo(fixture.port)));
    expect(heard.filter((text) => text.startsWith('421 ')).length).toBeGreaterThanOrEqual(120);
    expect(heard.filter((text) => text === '').length).toBeGreaterThan(100);
  } finally {
    await fixture.close();
  }
});

/** All that is said until the connection closes. */
function listenTo(port: number): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('data', (data) => (text += data.toString('latin1')));
    socket.on('error', () => undefined).on('close', () => resolve(text));
  });
}
