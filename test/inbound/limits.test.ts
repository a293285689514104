/** Time, memory and number: what one client may take, and what happens to it when the service stops. */
import { afterEach, describe, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import { contentOf } from '../helpers/dialog.ts';
import type { SmtpPeer } from '../helpers/smtp-peer.ts';
import type { InboundOptions } from '../../src/inbound/listener-state.ts';
import { createClientLimits } from '../../src/inbound/connection-limits.ts';
import { contentText, type Fixture, sendMessage, startInbound } from './fixture.ts';

const opened: Fixture[] = [];

async function start(overrides: Partial<InboundOptions> = {}): Promise<Fixture> {
  const fixture = await startInbound(overrides);
  opened.push(fixture);
  return fixture;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((fixture) => fixture.close()));
});

async function startData(peer: SmtpPeer): Promise<void> {
  await peer.ask('MAIL FROM:<a@sender.example>');
  await peer.ask('RCPT TO:<u@example.org>');
  expect(await peer.ask('DATA')).toStartWith('354 ');
}

describe('the budget for bytes in flight', () => {
  test('over it 452 BMX-BUSY after the dot, nothing kept, and the budget comes back', async () => {
    const fixture = await start({ inFlightBytes: 1_000_000 });
    const holding = await fixture.session();
    await startData(holding);
    await holding.write(contentOf(600_000));
    const peer = await fixture.session();
    await startData(peer);
    await peer.write(contentOf(600_000));
    expect(await peer.ask('.')).toMatch(/^452 4\.3\.1 .* BMX-BUSY \S+\/reject\/BMX-BUSY$/);
    // What is announced and cannot fit is refused before it is sent.
    expect(await peer.ask('MAIL FROM:<a@sender.example> SIZE=500000')).toMatch(/^452 4\.3\.1 .* BMX-BUSY /);
    holding.destroy();
    await fixture.session().then((other) => other.ask('QUIT'));
    await startData(peer);
    await peer.write(contentOf(900_000));
    expect(await peer.ask('.')).toStartWith('250 ');
    peer.destroy();
  });

  test('what is refused as unsafe or too big holds none of it', async () => {
    const fixture = await start({ inFlightBytes: 1_000_000, messageSizeLimit: () => 500_000 });
    const unsafe = await fixture.session();
    await startData(unsafe);
    await unsafe.write(contentOf(450_000));
    await unsafe.write('bare\nLF');
    await unsafe.write(contentOf(3_000_000));
    const big = await fixture.session();
    await startData(big);
    await big.write(contentOf(5_000_000));
    const peer = await fixture.session();
    await startData(peer);
    await peer.write(contentOf(490_000));
    expect(await peer.ask('.')).toStartWith('250 ');
    expect(await big.ask('.')).toStartWith('552 5.3.4 ');
    expect(await unsafe.ask('.')).toStartWith('550 5.5.2 ');
    for (const each of [unsafe, big, peer]) each.destroy();
  });

  test('a few networks that stop before their final dot leave room for others', async () => {
    const fixture = await start({
      inFlightBytes: 4_000_000,
      messageSizeLimit: () => 1_000_000,
      isTrusted: () => false,
    });
    const holders: SmtpPeer[] = [];
    for (let index = 0; index < 6; index += 1) {
      // Each takes what it gets.
      for (const octets of [900_000, 600_000, 400_000, 300_000]) {
        const holder = await fixture.connect(`127.0.${10 + index}.1`);
        await holder.reply();
        await holder.ask('EHLO holder.example');
        for (const line of ['MAIL FROM:<a@sender.example>', 'RCPT TO:<u@example.org>', 'DATA']) await holder.ask(line);
        // Where it was refused these are commands that nobody knows.
        await holder.write(contentOf(octets));
        holders.push(holder);
      }
    }
    const peer = await fixture.connect('127.0.99.1');
    await peer.reply();
    await peer.ask('EHLO honest.example');
    await startData(peer);
    expect(fixture.inbound.inFlightBytes()).toBeGreaterThan(2_000_000);
    await peer.write(contentOf(200_000));
    expect(await peer.ask('.')).toStartWith('250 ');
    for (const each of [...holders, peer]) each.destroy();
    await until('all of it is given back', 5000, () => fixture.inbound.inFlightBytes() === 0);
  });

  test('one network never has all of it; a trusted client may', async () => {
    for (const [isTrusted, reply] of [
      [false, '452 4.3.1 '],
      [true, '250 '],
    ] as const) {
      const messageSizeLimit = () => 950_000;
      const fixture = await start({ inFlightBytes: 1_000_000, messageSizeLimit, isTrusted: () => isTrusted });
      const holder = await fixture.session();
      await startData(holder);
      await holder.write(contentOf(100_000));
      await until('it has come', 5000, () => fixture.inbound.inFlightBytes() > 90_000);
      const peer = await fixture.session();
      await startData(peer);
      await peer.write(contentOf(890_000));
      expect(await peer.ask('.')).toStartWith(reply);
      expect(await peer.ask('MAIL FROM:<a@sender.example> SIZE=800000')).toStartWith('250 ');
      for (const each of [holder, peer]) each.destroy();
    }
  });

  test('where it is short, whoever holds much and sends nothing more goes soon', async () => {
    let nowMs = 0;
    const timeouts = { tickMs: 20 };
    const fixture = await start({
      inFlightBytes: 1_000_000,
      messageSizeLimit: () => 500_000,
      isTrusted: () => false,
      monotonicMs: () => nowMs,
      timeouts,
    });
    const holders: SmtpPeer[] = [];
    for (const [index, octets] of [500_000, 250_000, 120_000].entries()) {
      const holder = await fixture.connect(`127.0.${10 + index}.1`);
      await holder.reply();
      await holder.ask('EHLO holder.example');
      await startData(holder);
      await holder.write(contentOf(octets));
      holders.push(holder);
    }
    await until('all of it has come', 5000, () => fixture.inbound.inFlightBytes() > 850_000);
    nowMs = 9000;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(fixture.inbound.inFlightBytes()).toBeGreaterThan(850_000);
    // The period in which it came, and one in which nothing did.
    for (nowMs of [11_000, 22_000]) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await holders[0]?.reply()).toMatch(/^421 4\.4\.2 /);
    for (const each of holders) each.destroy();
  });

  test('a message sent octet by octet is the same message', async () => {
    const fixture = await start();
    const peer = await fixture.session();
    await startData(peer);
    const content = `Subject: x\r\n\r\n${contentOf(3000).toString('latin1')}`;
    await peer.trickle(`${content}.\r\n`);
    expect(await peer.reply()).toStartWith('250 ');
    expect(contentText(fixture.accepted[0])).toBe(content);
    expect(fixture.accepted[0]?.content.length).toBeLessThan(4);
    peer.destroy();
  });
});

describe('numbers', () => {
  test('connections in all and per client: 421 BMX-LIMIT', async () => {
    const fixture = await start({ maxConnections: 3, maxConnectionsPerClient: 2, isTrusted: (a) => a === '127.0.0.9' });
    const first = await fixture.session();
    const second = await fixture.session();
    // In its data nobody gives up a place.
    for (const peer of [first, second]) await startData(peer);
    const third = await fixture.connect();
    expect(await third.reply()).toMatch(/^421 4\.7\.0 .*your address.* BMX-LIMIT \S+\/reject\/BMX-LIMIT$/);
    await third.closed();
    const trusted = await fixture.connect('127.0.0.9');
    expect(await trusted.reply()).toStartWith('220 ');
    const fourth = await fixture.connect('127.0.0.9');
    expect(await fourth.reply()).toMatch(/^421 4\.7\.0 too many connections;.* BMX-LIMIT /);
    for (const peer of [first, second]) {
      expect(await peer.ask('.')).toStartWith('250 ');
      await peer.ask('QUIT');
      await peer.closed();
    }
    const again = await fixture.connect();
    expect(await again.reply()).toStartWith('220 ');
    for (const peer of [trusted, again]) peer.destroy();
  });

  test('what is refused counts as well: no reply can be had without end', async () => {
    for (const line of ['MAIL FROM:<a@b.example> SIZE=99999999999', 'MAIL FROM:<\xc3\xa4@b.example>']) {
      const fixture = await start({ messagesPerMinute: 5, isTrusted: () => false });
      const peer = await fixture.session();
      const heard: string[] = [];
      while (heard.length < 30 && heard.at(-1)?.startsWith('421') !== true) heard.push(await peer.ask(line));
      expect(heard[4]).toMatch(/^55[23] /);
      expect(heard.at(-1)).toMatch(/^421 4\.7\.0 .* BMX-LIMIT /);
      await peer.closed();
    }
  });

  test('messages a minute per client: 421 BMX-LIMIT', async () => {
    const fixture = await start({ messagesPerMinute: 2, isTrusted: () => false });
    const peer = await fixture.session();
    expect(await sendMessage(peer, 'x\r\n')).toStartWith('250 ');
    expect(await sendMessage(peer, 'x\r\n')).toStartWith('250 ');
    expect(await peer.ask('MAIL FROM:<a@sender.example>')).toMatch(/^421 4\.7\.0 .* BMX-LIMIT /);
    await peer.closed();
  });

  test('recipients a minute per client, ten for each message, refused ones too: 421 BMX-LIMIT', async () => {
    const fixture = await start({ messagesPerMinute: 2, isTrusted: () => false });
    const peer = await fixture.session();
    await peer.ask('MAIL FROM:<a@sender.example>');
    for (let count = 0; count < 10; count += 1) {
      expect(await peer.ask(`RCPT TO:<u${count}@example.org>`)).toStartWith('250 ');
      expect(await peer.ask(`RCPT TO:<u${count}@other.example>`)).toStartWith('550 ');
    }
    expect(await peer.ask('RCPT TO:<more@example.org>')).toMatch(/^421 4\.7\.0 .*recipients.* BMX-LIMIT \S+$/);
    await peer.closed();
    // The connection is another one, the client the same.
    const again = await fixture.session();
    await again.ask('MAIL FROM:<a@sender.example>');
    expect(await again.ask('RCPT TO:<u@example.org>')).toStartWith('421 4.7.0 ');
  });

  test('the counts of a minute begin anew with the next', async () => {
    let nowMs = 0;
    const fixture = await start({ messagesPerMinute: 1, isTrusted: () => false, monotonicMs: () => nowMs });
    const peer = await fixture.session();
    expect(await sendMessage(peer, 'x\r\n')).toStartWith('250 ');
    nowMs = 61_000;
    expect(await sendMessage(peer, 'x\r\n')).toStartWith('250 ');
    expect(await peer.ask('MAIL FROM:<a@sender.example>')).toStartWith('421 4.7.0 ');
  });

  test('the counts of a minute hold 65,536 networks; then those that came first begin anew', () => {
    const limits = createClientLimits({
      maxConnectionsPerClient: 1,
      messagesPerMinute: 1,
      fill: () => 0,
      isTrusted: () => false,
      nowMs: () => 0,
    });
    const takes = (network: number): boolean => limits.shareOf(`network ${network}`).takeMessage();
    for (let network = 0; network < 65_536; network += 1) expect(takes(network)).toBe(true);
    expect(takes(0)).toBe(false);
    expect(takes(65_536)).toBe(true);
    expect(takes(0)).toBe(true);
    expect(takes(65_536)).toBe(false);
  });

  test('a share is taken once and returned once', () => {
    const limits = createClientLimits({
      maxConnectionsPerClient: 2,
      messagesPerMinute: 1,
      fill: () => 0,
      isTrusted: () => false,
      nowMs: () => 0,
    });
    const [first, second, third] = ['2001:db8::1', '2001:db8::2', '2001:db8::3'].map(limits.shareOf);
    expect([first, first, second, third].map((share) => share?.takeConnection())).toEqual([true, true, true, false]);
    third?.returnConnection();
    expect(third?.takeConnection()).toBe(false);
    first?.returnConnection();
    first?.returnConnection();
    expect(third?.takeConnection()).toBe(true);
    expect(first?.takeConnection()).toBe(false);
  });

  test('a trusted client may have all it wants', async () => {
    const fixture = await start({ messagesPerMinute: 1, maxConnectionsPerClient: 1 });
    const first = await fixture.session();
    const second = await fixture.session();
    for (const peer of [first, second]) {
      expect(await sendMessage(peer, 'x\r\n')).toStartWith('250 ');
      await peer.ask('MAIL FROM:<a@sender.example>');
      for (let count = 0; count < 11; count += 1) {
        expect(await peer.ask(`RCPT TO:<u${count}@example.org>`)).toStartWith('250 ');
      }
      peer.destroy();
    }
  });

  test('a command of 4096 octets is read; a longer one gets 500, whole or in pieces, and the session goes on', async () => {
    const fixture = await start();
    const peer = await fixture.session();
    expect(await peer.ask(`NOOP ${'x'.repeat(4091)}`)).toStartWith('250 ');
    expect(await peer.ask(`NOOP ${'x'.repeat(4092)}`)).toStartWith('500 5.5.2 ');
    await peer.write(`NOOP ${'x'.repeat(300_000)}`);
    await peer.write('x'.repeat(300_000));
    await peer.write('\r\nNOOP\r\n');
    expect(await peer.reply()).toStartWith('500 5.5.2 ');
    expect(await peer.reply()).toStartWith('250 ');
    peer.destroy();
  });
});

describe('time', () => {
  const timeouts = { idleMs: 1000, sessionMs: 60_000, decisionMs: 200, acceptMs: 200, tickMs: 20 };

  test('no command in time: 421 4.4.2, also when an octet comes now and then', async () => {
    const fixture = await start({ timeouts });
    const silent = await fixture.session();
    const slow = await fixture.session();
    const trickling = slow.trickle('N'.repeat(10)).then(() => slow.reply());
    expect(await silent.reply()).toMatch(/^421 4\.4\.2 .* BMX-LIMIT \S+\/reject\/BMX-LIMIT$/);
    await silent.closed();
    expect(await trickling).toStartWith('421 4.4.2 ');
  });

  test('data that stops, or comes too slowly: 421', async () => {
    const fixture = await start({ timeouts });
    const peer = await fixture.session();
    await startData(peer);
    await peer.write('Subject: x\r\n');
    expect(await peer.reply()).toStartWith('421 4.4.2 ');
    await peer.closed();
    expect(fixture.accepted).toHaveLength(0);
  });

  test('a drip of whole commands does not hold a session: 421 at its age, in a transaction at twice that', async () => {
    const fixture = await start({ timeouts: { ...timeouts, idleMs: 30_000, sessionMs: 1000 } });
    const beganMs = performance.now();
    const drip = async (peer: SmtpPeer): Promise<{ readonly reply: string; readonly afterMs: number }> => {
      let reply = '250';
      while (reply.startsWith('250')) reply = await peer.ask('NOOP');
      return { reply, afterMs: performance.now() - beganMs };
    };
    const idle = await fixture.session();
    const busy = await fixture.session();
    await busy.ask('MAIL FROM:<a@sender.example>');
    const [outside, inside] = await Promise.all([drip(idle), drip(busy)]);
    expect(outside.reply).toStartWith('421 4.4.2 ');
    expect(inside.reply).toStartWith('421 4.4.2 ');
    expect(outside.afterMs).toBeGreaterThan(950);
    expect(inside.afterMs).toBeGreaterThan(1900);
  });

  test('a drip in the data, in a chunk, in a handshake or before any command ends too', async () => {
    const fixture = await start({ timeouts: { ...timeouts, idleMs: 2000 } });
    const peers = await Promise.all([1, 2, 3, 4].map(() => fixture.session()));
    const [data, chunk, handshake, line] = peers;
    if (data === undefined || chunk === undefined || handshake === undefined || line === undefined) throw new Error();
    await startData(data);
    await chunk.write('BDAT 1000000\r\n');
    expect(await handshake.ask('STARTTLS')).toStartWith('220 ');
    const dripping = setInterval(() => {
      for (const peer of peers) void peer.write('\x16');
    }, 30);
    for (const peer of [data, chunk, line]) expect(await peer.reply()).toStartWith('421 4.4.2 ');
    await Promise.all(peers.map((peer) => peer.closed()));
    clearInterval(dripping);
    expect(fixture.inbound.connectionCount()).toBe(0);
  });

  test('octets beyond twice the size limit earn no more time', async () => {
    let nowMs = 0;
    const fixture = await start({
      timeouts: { ...timeouts, idleMs: 1000 },
      messageSizeLimit: () => 1000,
      monotonicMs: () => nowMs,
    });
    const peer = await fixture.session();
    await startData(peer);
    await peer.write(contentOf(100_000));
    nowMs = 4500;
    await peer.write(contentOf(100_000));
    const other = await fixture.session();
    expect(await other.ask('NOOP')).toStartWith('250 ');
    nowMs = 5100;
    expect(await peer.reply()).toStartWith('421 4.4.2 ');
    await peer.closed();
    other.destroy();
  });

  test('a session that is never in a transaction ends', async () => {
    const fixture = await start({ timeouts: { ...timeouts, idleMs: 30_000, sessionMs: 1000 } });
    const peer = await fixture.session();
    expect(await peer.reply()).toStartWith('421 4.4.2 ');
    await peer.closed();
  });

  test('a policy and a store that hang: 451 in time, and the session goes on', async () => {
    const fixture = await start({ timeouts });
    const peer = await fixture.session();
    await peer.ask('MAIL FROM:<a@sender.example>');
    expect(await peer.ask('RCPT TO:<hang@example.org>')).toMatch(/^451 4\.3\.0 .* BMX-STORE /);
    await peer.ask('RSET');
    fixture.accept = () => new Promise(() => undefined);
    expect(await sendMessage(peer, 'x\r\n')).toMatch(/^451 4\.3\.0 .* BMX-STORE /);
    fixture.accept = () => Promise.resolve();
    expect(await sendMessage(peer, 'x\r\n')).toStartWith('250 ');
    peer.destroy();
  });
});
