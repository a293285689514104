/** Places: who gets one while others hold them all without bringing mail, and who gives one up. */
import { afterEach, describe, expect, test } from 'bun:test';
import {
  createClientLimits,
  createPlaces,
  patienceAt,
  type PlaceHolder,
  shareAt,
} from '../../src/inbound/connection-limits.ts';
import type { InboundOptions } from '../../src/inbound/listener-state.ts';
import { until } from '../helpers/child.ts';
import { contentOf } from '../helpers/dialog.ts';
import type { SmtpPeer } from '../helpers/smtp-peer.ts';
import { type Fixture, sendMessage, startInbound } from './fixture.ts';

const opened: Fixture[] = [];
const PLACES = 20;
const PROXY = '127.0.7.1';

async function start(overrides: Partial<InboundOptions> = {}): Promise<Fixture> {
  const fixture = await startInbound({
    maxConnections: PLACES,
    maxConnectionsPerClient: 200,
    isTrusted: () => false,
    timeouts: { tickMs: 20 },
    ...overrides,
  });
  opened.push(fixture);
  return fixture;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((fixture) => fixture.close()));
});

/** Holds every place from addresses of their own, each brought into its state by `act`. */
async function holdAll(
  fixture: Fixture,
  act: (peer: SmtpPeer, index: number) => Promise<unknown>,
): Promise<SmtpPeer[]> {
  return Promise.all(
    Array.from({ length: PLACES }, async (_, index) => {
      const peer = await fixture.connect(`127.0.${index + 10}.1`);
      await act(peer, index);
      return peer;
    }),
  );
}

/** All of one message from a client of its own; resolves with the last reply and what it took. */
async function honest(fixture: Fixture): Promise<{ readonly reply: string; readonly tookMs: number }> {
  const beganMs = performance.now();
  const peer = await fixture.connect('127.0.99.9');
  let reply = await peer.reply();
  if (reply.startsWith('220 ')) {
    await peer.ask('EHLO honest.example');
    reply = await sendMessage(peer, 'Subject: x\r\n\r\nx\r\n');
  }
  peer.destroy();
  return { reply, tookMs: performance.now() - beganMs };
}

/** Silence counts from a second on. */
const aSecond = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1050));

async function greeted(peer: SmtpPeer): Promise<void> {
  await peer.reply();
  await peer.ask('EHLO silent.example');
}

async function startData(peer: SmtpPeer): Promise<void> {
  await greeted(peer);
  for (const line of ['MAIL FROM:<a@sender.example>', 'RCPT TO:<u@example.org>', 'DATA']) await peer.ask(line);
}

describe('an honest client is served within two seconds while all places are held by connections that', () => {
  const attacks: readonly (readonly [name: string, act: (peer: SmtpPeer) => Promise<unknown>])[] = [
    ['are silent', (peer) => peer.reply()],
    ['say EHLO and nothing more', greeted],
    ['say MAIL and nothing more', (peer) => greeted(peer).then(() => peer.ask('MAIL FROM:<a@sender.example>'))],
    ['never finish a handshake', (peer) => greeted(peer).then(() => peer.ask('STARTTLS'))],
  ];
  for (const [name, act] of attacks) {
    test(name, async () => {
      const fixture = await start();
      await holdAll(fixture, act);
      await aSecond();
      for (let count = 0; count < 3; count += 1) {
        const { reply, tookMs } = await honest(fixture);
        expect(reply).toStartWith('250 ');
        expect(tookMs).toBeLessThan(2000);
      }
      expect(fixture.inbound.connectionCount()).toBeLessThanOrEqual(PLACES);
    });
  }

  test('drip an octet now and then', async () => {
    const fixture = await start();
    const peers = await holdAll(fixture, greeted);
    const dripping = setInterval(() => {
      for (const peer of peers) void peer.write('N').catch(() => undefined);
    }, 300);
    await aSecond();
    expect((await honest(fixture)).reply).toStartWith('250 ');
    clearInterval(dripping);
  });

  test('say NOOP without end and bring no mail', async () => {
    let nowMs = 0;
    const fixture = await start({ monotonicMs: () => nowMs });
    const peers = await holdAll(fixture, greeted);
    const talk = () => Promise.all(peers.map((peer) => peer.ask('NOOP')));
    nowMs = 8000;
    await talk();
    const refused = honest(fixture);
    await until('it waits', 30_000, () => fixture.inbound.connectionCount() === PLACES + 1);
    nowMs = 8900;
    await talk();
    nowMs = 9600;
    expect((await refused).reply).toMatch(/^421 4\.7\.0 too many connections;/);
    nowMs = 9800;
    await talk();
    nowMs = 10_500;
    expect((await honest(fixture)).reply).toStartWith('250 ');
  });

  test('never finish a PROXY header, of a trusted proxy that is a trusted client as well', async () => {
    const fixture = await start({ isTrustedProxy: (address) => address === PROXY, isTrusted: (a) => a === PROXY });
    const peers = await Promise.all(Array.from({ length: PLACES }, () => fixture.connect(PROXY)));
    await Promise.all(peers.map((peer) => peer.write('PROXY TCP4 192.0.')));
    await aSecond();
    expect((await honest(fixture)).reply).toStartWith('250 ');
  });
});

test('the oldest silent one without mail goes first, told 421 BMX-LIMIT; the newcomer never does', async () => {
  let nowMs = 0;
  const fixture = await start({ monotonicMs: () => nowMs });
  const peers = await holdAll(fixture, greeted);
  // The first has brought mail, the second has spoken last.
  if (peers[0] === undefined || peers[1] === undefined || peers[2] === undefined) throw new Error('no peers');
  expect(await sendMessage(peers[0], 'x\r\n')).toStartWith('250 ');
  nowMs = 2000;
  for (const peer of peers.slice(3)) await peer.ask('NOOP');
  nowMs = 3000;
  await peers[1].ask('NOOP');
  nowMs = 4500;
  const first = await fixture.connect('127.0.99.1');
  expect(await first.reply()).toStartWith('220 ');
  expect(await peers[2].reply()).toMatch(/^421 4\.7\.0 no place is left.* BMX-LIMIT \S+\/reject\/BMX-LIMIT$/);
  await peers[2].closed();
  for (const _ of peers.slice(3)) expect(await (await fixture.connect('127.0.99.1')).reply()).toStartWith('220 ');
  await Promise.all(peers.slice(3).map((peer) => peer.closed()));
  expect(await peers[0].ask('NOOP')).toStartWith('250 ');
  expect(await peers[1].ask('NOOP')).toStartWith('250 ');
});

test('who is trusted, in a data phase, waits for a reply or for the COMMIT is not cut for a newcomer', async () => {
  const fixture = await start({ isTrusted: (address) => address === '127.0.10.1' });
  let finish: () => void = () => undefined;
  fixture.accept = () =>
    new Promise((resolve) => {
      finish = resolve;
    });
  const peers = await holdAll(fixture, async (peer, index) => {
    if (index === 0) return greeted(peer);
    await startData(peer);
    if (index !== 1) return peer.write(contentOf(1000));
    await peer.write('Subject: x\r\n\r\nx\r\n.\r\n');
  });
  await aSecond();
  expect((await honest(fixture)).reply).toMatch(/^421 4\.7\.0 too many connections;/);
  finish();
  expect(await peers[1]?.reply()).toStartWith('250 ');
  fixture.accept = () => Promise.resolve();
  for (const peer of peers.slice(2)) expect(await peer.ask('.')).toStartWith('250 ');
  expect(await peers[0]?.ask('NOOP')).toStartWith('250 ');
});

test('a client that may not come in takes no other’s place, and its socket goes at once', async () => {
  const fixture = await start({ isBarred: (address) => address === '127.0.66.6' });
  const peers = await holdAll(fixture, greeted);
  await aSecond();
  const barred = await fixture.connect('127.0.66.6');
  expect(await barred.reply()).toStartWith('421 4.7.0 ');
  await barred.closed();
  for (const peer of peers) expect(await peer.ask('NOOP')).toStartWith('250 ');
});

describe('the wait for a command or for data', () => {
  test('is the whole one up to half of the places, then falls to ten seconds at nine tenths', () => {
    expect([0, 0.5].map((fill) => patienceAt(fill, 300_000))).toEqual([300_000, 300_000]);
    expect(patienceAt(0.7, 300_000)).toBeCloseTo(Math.sqrt(300_000 * 10_000), 5);
    expect([0.9, 1].map((fill) => Math.round(patienceAt(fill, 300_000)))).toEqual([10_000, 10_000]);
    expect(patienceAt(1, 5000)).toBe(5000);
  });

  test('ends a drip into the data when places are short, not the data of a trusted client', async () => {
    let nowMs = 0;
    const fixture = await start({ monotonicMs: () => nowMs, isTrusted: (address) => address === '127.0.10.1' });
    const peers = await holdAll(fixture, startData);
    nowMs = 9500;
    await Promise.all(peers.slice(1).map((peer) => peer.write('x')));
    expect(fixture.inbound.connectionCount()).toBe(PLACES);
    nowMs = 10_200;
    // Only until a tenth of the places is free again.
    const cut = await Promise.race(peers.slice(1).map((peer) => peer.reply()));
    expect(cut).toMatch(/^421 4\.4\.2 timeout, .* BMX-LIMIT /);
    await peers[0]?.write('x\r\n');
    expect(await peers[0]?.ask('.')).toStartWith('250 ');
  });
});

describe('shares', () => {
  test('of a client are whole up to half of the places, then in proportion to those left, a fifth at the least', () => {
    expect([0, 0.5, 0.6, 0.75, 0.9, 0.99, 1].map((fill) => shareAt(fill, 50))).toEqual([50, 50, 40, 25, 10, 10, 10]);
    expect(shareAt(1, 1)).toBe(1);
  });

  test('are those of the IPv4 /24, and of the IPv6 /64, /56 and /48', () => {
    const count = (addresses: (index: number) => string): number => {
      const limits = createClientLimits({
        maxConnectionsPerClient: 5,
        fill: () => 0,
        messagesPerMinute: 1,
        isTrusted: () => false,
        nowMs: () => 0,
      });
      let taken = 0;
      for (let index = 0; index < 200; index += 1) if (limits.shareOf(addresses(index)).takeConnection()) taken += 1;
      return taken;
    };
    expect(count(() => '192.0.2.1')).toBe(5);
    expect(count((index) => `192.0.2.${index}`)).toBe(20);
    expect(count((index) => `::ffff:192.0.2.${index}`)).toBe(20);
    expect(count((index) => `192.0.${index}.1`)).toBe(200);
    expect(count((index) => `2001:db8:1:2::${index.toString(16)}`)).toBe(5);
    expect(count((index) => `2001:db8:1:2${index.toString(16).padStart(2, '0')}::1`)).toBe(20);
    expect(count((index) => `2001:db8:1:${index.toString(16).padStart(2, '0')}00::1`)).toBe(40);
    expect(count((index) => `2001:db8:${index.toString(16)}::1`)).toBe(200);
  });

  test.each(['takeMessage', 'takeRecipient'] as const)(
    '%s: a minute has four and eight times the share for wider networks',
    (take) => {
      const most = take === 'takeMessage' ? 5 : 50;
      const count = (addresses: (index: number) => string): number => {
        const limits = createClientLimits({
          maxConnectionsPerClient: 5,
          fill: () => 0,
          messagesPerMinute: 5,
          isTrusted: () => false,
          nowMs: () => 0,
        });
        let taken = 0;
        for (let index = 0; index < 2000; index += 1) if (limits.shareOf(addresses(index % 250))[take]()) taken += 1;
        return taken;
      };
      const hex = (index: number): string => index.toString(16).padStart(2, '0');
      expect(count(() => '192.0.2.1')).toBe(most);
      expect(count((index) => `192.0.2.${index}`)).toBe(4 * most);
      expect(count((index) => `2001:db8:1:2::${hex(index)}`)).toBe(most);
      expect(count((index) => `2001:db8:1:2${hex(index)}::1`)).toBe(4 * most);
      expect(count((index) => `2001:db8:1:${hex(index)}00::1`)).toBe(8 * most);
      expect(count((index) => `192.0.${index}.1`)).toBe(Math.min(2000, 250 * most));
    },
  );

  test('of every network come back with the connection', () => {
    const limits = createClientLimits({
      maxConnectionsPerClient: 1,
      fill: () => 0,
      messagesPerMinute: 1,
      isTrusted: () => false,
      nowMs: () => 0,
    });
    for (let round = 0; round < 20; round += 1) {
      const shares = [1, 2, 3, 4, 5].map((index) => limits.shareOf(`192.0.2.${index}`));
      expect(shares.map((share) => share.takeConnection())).toEqual([true, true, true, true, false]);
      for (const share of shares) share.returnConnection();
    }
  });

  test('count as held what connections have that came after silent ones went, before the next look at all', () => {
    const holder = (mayGiveWay: boolean): PlaceHolder & { isActive: boolean } => ({
      isActive: true,
      mayGiveWay: () => mayGiveWay,
      waitingSinceMs: -10_000,
      fruitlessSinceMs: -10_000,
      hasBroughtMail: false,
      giveWay: () => undefined,
    });
    const open = new Set(Array.from({ length: 90 }, () => holder(true)));
    const activeCount = (): number => [...open].filter(({ isActive }) => isActive).length;
    const bounds = { maxConnections: 100, idleMs: 300_000, tickMs: 250, contentFill: () => 0, nowMs: () => 0 };
    const places = createPlaces({ ...bounds, open, activeCount });
    places.tick();
    expect(places.heldFill()).toBe(0);
    for (const silent of open) silent.isActive = false;
    for (let index = 0; index < 81; index += 1) open.add(holder(false));
    expect(places.heldFill()).toBeCloseTo(0.8);
  });

  test('leave room: twenty addresses that take all they get, in the data, hold two thirds of the places', async () => {
    const fixture = await start({ maxConnections: 100, maxConnectionsPerClient: 5 });
    const greetings: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          const peer = await fixture.connect(`127.0.${10 + index}.1`);
          const greeting = await peer.reply();
          greetings.push(greeting);
          if (!greeting.startsWith('220 ')) return;
          await peer.ask('EHLO slow.example');
          for (const line of ['MAIL FROM:<a@sender.example>', 'RCPT TO:<u@example.org>', 'DATA']) await peer.ask(line);
        }),
      );
    }
    const held = greetings.filter((greeting) => greeting.startsWith('220 ')).length;
    expect(held).toBeGreaterThanOrEqual(50);
    expect(held).toBeLessThanOrEqual(80);
    expect((await honest(fixture)).reply).toStartWith('250 ');
  });
});
