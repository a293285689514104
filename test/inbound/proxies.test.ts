/** Behind a trusted proxy everything is about the client: limits, trust, the wait, the log, Received and the policy. */
import { afterEach, describe, expect, test } from 'bun:test';
import type { InboundOptions } from '../../src/inbound/listener-state.ts';
import type { ClientInfo } from '../../src/mail/envelope.ts';
import type { SmtpPeer } from '../helpers/smtp-peer.ts';
import { contentText, type Fixture, receivedText, sendMessage, startInbound } from './fixture.ts';

const PROXY = '127.0.0.2';
/** A header that is sent is waited for, on a busy machine too. */
const PATIENT = { timeouts: { proxyHeaderMs: 20_000 } };
/** Where the proxy sends none. */
const SOON = { timeouts: { proxyHeaderMs: 50 } };
const opened: Fixture[] = [];

async function start(overrides: Partial<InboundOptions> = {}): Promise<Fixture> {
  const fixture = await startInbound({
    isTrustedProxy: (address) => address === PROXY,
    isTrusted: () => false,
    ...PATIENT,
    ...overrides,
  });
  opened.push(fixture);
  return fixture;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((fixture) => fixture.close()));
});

function header(address: string): string {
  return address.includes(':')
    ? `PROXY TCP6 ${address} ::1 40000 25\r\n`
    : `PROXY TCP4 ${address} 127.0.0.1 40000 25\r\n`;
}

/** A connection of the proxy for that client, its greeting not read. */
async function connectFor(fixture: Fixture, address: string): Promise<SmtpPeer> {
  const peer = await fixture.connect(PROXY);
  await peer.write(header(address));
  return peer;
}

function fieldsOf(fixture: Fixture, name: string): Readonly<Record<string, unknown>>[] {
  return fixture.events.filter((event) => event.name === name).map(({ fields }) => fields);
}

describe('the client of a PROXY header', () => {
  test('is the one in the envelope, Received, the policy, the look-up of its name and the log', async () => {
    const asked: ClientInfo[] = [];
    const lookedUp: string[] = [];
    const fixture = await start({
      decideRecipient: (client, _mail, path) => {
        asked.push(client);
        const isServed = path.kind === 'PATH' && path.path.domain === 'example.org';
        const recipient = { domain: 'example.org', destinationId: 'destination', tenantId: 'tenant' };
        const reply = { code: 550, enhancedCode: '5.7.1', text: 'not served', rejection: 'BMX-RELAY' } as const;
        return Promise.resolve(isServed ? { kind: 'ACCEPT', recipient } : { kind: 'REFUSE', reply });
      },
      resolveName: (address) => {
        lookedUp.push(address);
        return Promise.resolve(`name-of-${address.replaceAll('.', '-')}.example`);
      },
    });
    const peer = await connectFor(fixture, '192.0.2.1');
    await peer.reply();
    await peer.ask('EHLO client.example');
    expect(await sendMessage(peer, 'Subject: x\r\n\r\nPROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\n')).toStartWith('250 ');
    await peer.ask('MAIL FROM:<a@sender.example>');
    await peer.ask('RCPT TO:<u@other.example>');
    await peer.ask('QUIT');
    await peer.closed();
    await fixture.close();
    expect(fixture.accepted[0]?.envelope.client).toMatchObject({
      address: '192.0.2.1',
      name: 'name-of-192-0-2-1.example',
      ehloName: 'client.example',
    });
    expect(receivedText(fixture.accepted[0])).toStartWith(
      'Received: from client.example (name-of-192-0-2-1.example [192.0.2.1]) by ',
    );
    expect(contentText(fixture.accepted[0])).toContain('PROXY TCP4 1.1.1.1');
    expect(asked.map(({ address }) => address)).toEqual(['192.0.2.1', '192.0.2.1']);
    expect(lookedUp.at(-1)).toBe('192.0.2.1');
    for (const name of ['connected', 'accepted', 'refused', 'disconnected']) {
      expect(fieldsOf(fixture, name).map(({ clientAddress }) => clientAddress)).toEqual(['192.0.2.1']);
    }
  });

  test('has its own share of connections: an IPv4 address, an IPv6 /64', async () => {
    const fixture = await start({ maxConnectionsPerClient: 1 });
    const first = await connectFor(fixture, '192.0.2.1');
    expect(await first.reply()).toStartWith('220 ');
    const second = await connectFor(fixture, '192.0.2.2');
    expect(await second.reply()).toStartWith('220 ');
    const again = await connectFor(fixture, '::ffff:192.0.2.1');
    expect(await again.reply()).toMatch(/^421 4\.7\.0 .*your address.* BMX-LIMIT /);
    await again.closed();
    const six = await connectFor(fixture, '2001:db8:1:2::1');
    expect(await six.reply()).toStartWith('220 ');
    const neighbour = await connectFor(fixture, '2001:db8:1:2:ffff::9');
    expect(await neighbour.reply()).toStartWith('421 4.7.0 ');
    const other = await connectFor(fixture, '2001:db8:1:3::1');
    expect(await other.reply()).toStartWith('220 ');
    await first.ask('QUIT');
    await first.closed();
    const later = await connectFor(fixture, '192.0.2.1');
    expect(await later.reply()).toStartWith('220 ');
    for (const peer of [second, six, other, later]) peer.destroy();
  });

  test('is trusted or not by its own address', async () => {
    const fixture = await start({ messagesPerMinute: 1, isTrusted: (address) => address === '192.0.2.7' });
    const trusted = await connectFor(fixture, '192.0.2.7');
    await trusted.reply();
    await trusted.ask('EHLO client.example');
    for (let count = 0; count < 3; count += 1) expect(await sendMessage(trusted, 'x\r\n')).toStartWith('250 ');
    const peer = await connectFor(fixture, '192.0.2.8');
    await peer.reply();
    await peer.ask('EHLO client.example');
    expect(await sendMessage(peer, 'x\r\n')).toStartWith('250 ');
    expect(await peer.ask('MAIL FROM:<a@sender.example>')).toMatch(/^421 4\.7\.0 .* BMX-LIMIT /);
    trusted.destroy();
  });

  test('waits for the greeting by its own address, and is refused when it speaks meanwhile', async () => {
    const seen: string[] = [];
    const remembered: string[] = [];
    const unhurried = await start({ greetingWaitMs: 60_000, isTrusted: (address) => address === '192.0.2.7' });
    const trusted = await connectFor(unhurried, '192.0.2.7');
    expect(await trusted.reply()).toStartWith('220 ');
    const fixture = await start({
      greetingWaitMs: 1500,
      isTrusted: (address) => address === '192.0.2.7',
      isSeenClient: (network) => {
        seen.push(network);
        return Promise.resolve(false);
      },
      rememberClient: (network) => remembered.push(network),
    });
    const early = await fixture.connect(PROXY);
    await early.write(`${header('192.0.2.8')}EHLO x`);
    expect(await early.reply()).toMatch(/^421 4\.7\.0 .*before the greeting.* BMX-LIMIT /);
    const patient = await connectFor(fixture, '2001:db8::9');
    expect(await patient.reply()).toStartWith('220 ');
    expect(seen).toEqual(['192.0.2.8', '2001:db8::/64']);
    expect(remembered).toEqual(['2001:db8::/64']);
    trusted.destroy();
    patient.destroy();
  });

  test('is admitted as itself also when its header comes behind the greeting', async () => {
    const fixture = await start({ ...SOON, maxConnectionsPerClient: 1 });
    const first = await connectFor(fixture, '192.0.2.1');
    await first.reply();
    const late = await fixture.connect(PROXY);
    expect(await late.reply()).toStartWith('220 ');
    await late.write(`${header('192.0.2.1')}EHLO client.example\r\n`);
    expect(await late.reply()).toMatch(/^421 4\.7\.0 .* BMX-LIMIT /);
    await late.closed();
    first.destroy();
  });

  test('whose header comes in pieces is not greeted before its end', async () => {
    const fixture = await start({ timeouts: { proxyHeaderMs: 1000, tickMs: 20 } });
    const peer = await fixture.connect(PROXY);
    await peer.write('PROXY TCP4 192.0.2.1 ');
    // One that connects later and says nothing is greeted first.
    const silent = await fixture.connect(PROXY);
    expect(await silent.reply()).toStartWith('220 ');
    expect(fieldsOf(fixture, 'connected')).toMatchObject([{ clientAddress: PROXY }]);
    silent.destroy();
    await peer.write('127.0.0.1 40000 25\r\n');
    expect(await peer.reply()).toStartWith('220 ');
    expect(fieldsOf(fixture, 'connected')[1]).toMatchObject({ clientAddress: '192.0.2.1' });
    peer.destroy();
  });
});

describe('the proxy itself', () => {
  test('is greeted soon when it says nothing; its unnamed connections are not counted against it', async () => {
    const fixture = await start({ maxConnectionsPerClient: 1, greetingWaitMs: 60_000, timeouts: {} });
    const beganMs = performance.now();
    const peers = await Promise.all([1, 2, 3].map(() => fixture.connect(PROXY)));
    for (const peer of peers) expect(await peer.reply()).toStartWith('220 ');
    expect(performance.now() - beganMs).toBeGreaterThan(200);
    for (const peer of peers) peer.destroy();
  });

  test('that speaks for itself with LOCAL or UNKNOWN is a client as any other', async () => {
    const fixture = await start({ maxConnectionsPerClient: 1 });
    const first = await fixture.connect(PROXY);
    await first.write('PROXY UNKNOWN\r\n');
    expect(await first.reply()).toStartWith('220 ');
    expect(await first.ask('EHLO proxy.example')).not.toContain('XCLIENT');
    expect(await first.ask('XCLIENT ADDR=192.0.2.1')).toStartWith('550 5.7.0 ');
    expect(await sendMessage(first, 'x\r\n')).toStartWith('250 ');
    expect(fixture.accepted[0]?.envelope.client.address).toBe(PROXY);
    const second = await fixture.connect(PROXY);
    await second.write('\r\n\r\n\0\r\nQUIT\n\x20\0\0\0');
    expect(await second.reply()).toMatch(/^421 4\.7\.0 .* BMX-LIMIT /);
    first.destroy();
  });

  test('with a malformed header hears nothing; the log says why', async () => {
    const fixture = await start();
    const peer = await fixture.connect(PROXY);
    await peer.write('PROXY TCP4 192.0.2.1\r\nEHLO x\r\nMAIL FROM:<a@sender.example>\r\n');
    await peer.closed();
    expect(await peer.reply().catch(() => 'nothing')).toBe('nothing');
    expect(fieldsOf(fixture, 'warning')).toEqual([
      { where: 'PROXY header', message: `connection of ${PROXY} closed: bad line` },
    ]);
    await fixture.close();
    expect(fixture.events.map(({ name }) => name)).toEqual(['warning', 'disconnected']);
    expect(fixture.inbound.connectionCount()).toBe(0);
  });

  test('that never ends its header is closed in time, and so is one at the end of the service', async () => {
    const timeouts = { idleMs: 200, tickMs: 20, proxyHeaderMs: 20_000 };
    const fixture = await start({ timeouts });
    const peer = await fixture.connect(PROXY);
    await peer.write('PROXY ');
    expect(await peer.reply()).toStartWith('421 4.4.2 ');
    await peer.closed();
    const other = await fixture.connect(PROXY);
    await other.write('PROXY ');
    await fixture.close();
    await other.closed();
    expect(fixture.inbound.connectionCount()).toBe(0);
  });
});

describe('the client of XCLIENT', () => {
  async function speakFor(fixture: Fixture, attributes: string): Promise<SmtpPeer> {
    const peer = await fixture.connect(PROXY);
    await peer.reply();
    await peer.ask('EHLO proxy.example');
    expect(await peer.ask(`XCLIENT ${attributes}`)).toStartWith('220 ');
    return peer;
  }

  test('is the one in the envelope, with the name that was told', async () => {
    const lookedUp: string[] = [];
    const fixture = await start({
      ...SOON,
      resolveName: (address) => {
        lookedUp.push(address);
        return Promise.resolve('found.example');
      },
    });
    const told = await speakFor(fixture, 'ADDR=192.0.2.1 NAME=told.example');
    await told.ask('EHLO client.example');
    await sendMessage(told, 'x\r\n');
    const unknown = await speakFor(fixture, 'ADDR=192.0.2.2 NAME=[UNAVAILABLE]');
    await unknown.ask('EHLO client.example');
    await sendMessage(unknown, 'x\r\n');
    const silent = await speakFor(fixture, 'ADDR=192.0.2.3');
    expect(await silent.ask('XCLIENT HELO=helo.example PROTO=SMTP')).toStartWith('220 ');
    await sendMessage(silent, 'x\r\n');
    expect(fixture.accepted.map(({ envelope }) => envelope.client)).toMatchObject([
      { address: '192.0.2.1', name: 'told.example', ehloName: 'client.example', protocol: 'ESMTP' },
      { address: '192.0.2.2', name: null, ehloName: 'client.example', protocol: 'ESMTP' },
      { address: '192.0.2.3', name: 'found.example', ehloName: 'helo.example', protocol: 'SMTP' },
    ]);
    expect(new Set(lookedUp)).toEqual(new Set([PROXY, '192.0.2.3']));
    for (const peer of [told, unknown, silent]) peer.destroy();
  });

  test('keeps the TLS of the proxy, and nothing else', async () => {
    const fixture = await start(SOON);
    const peer = await fixture.connect(PROXY);
    await peer.reply();
    await peer.ask('EHLO proxy.example');
    await peer.ask('STARTTLS');
    await peer.startTls();
    expect(await peer.ask('EHLO proxy.example')).toContain('XCLIENT');
    expect(await peer.ask('XCLIENT ADDR=192.0.2.1')).toStartWith('220 ');
    expect(await peer.ask('MAIL FROM:<a@sender.example>')).toStartWith('503 ');
    const offered = await peer.ask('EHLO client.example');
    expect(offered).not.toContain('XCLIENT');
    expect(offered).not.toContain('STARTTLS');
    expect(await sendMessage(peer, 'x\r\n')).toStartWith('250 ');
    expect(fixture.accepted[0]?.envelope.client).toMatchObject({ address: '192.0.2.1', protocol: 'ESMTPS' });
    peer.destroy();
  });

  test('of which no address is known goes by that of the proxy, and names nobody', async () => {
    const fixture = await start({ ...SOON, maxConnectionsPerClient: 1 });
    const peer = await speakFor(fixture, 'ADDR=[UNAVAILABLE]');
    expect(await peer.ask('EHLO client.example')).not.toContain('XCLIENT');
    expect(await peer.ask('XCLIENT ADDR=192.0.2.1')).toStartWith('550 5.7.0 ');
    expect(await sendMessage(peer, 'x\r\n')).toStartWith('250 ');
    expect(fixture.accepted[0]?.envelope.client.address).toBe(PROXY);
    const second = await fixture.connect(PROXY);
    await second.reply();
    expect(await second.ask('XCLIENT ADDR=[TEMPUNAVAIL]')).toMatch(/^421 4\.7\.0 .* BMX-LIMIT /);
    peer.destroy();
  });

  test('has its own share of connections and messages', async () => {
    const fixture = await start({ ...SOON, maxConnectionsPerClient: 1, messagesPerMinute: 1 });
    const first = await speakFor(fixture, 'ADDR=192.0.2.1');
    await first.ask('EHLO client.example');
    expect(await sendMessage(first, 'x\r\n')).toStartWith('250 ');
    const second = await fixture.connect(PROXY);
    await second.reply();
    expect(await second.ask('XCLIENT ADDR=192.0.2.1')).toMatch(/^421 4\.7\.0 .* BMX-LIMIT /);
    await second.closed();
    const other = await speakFor(fixture, 'ADDR=192.0.2.2');
    await other.ask('EHLO client.example');
    expect(await sendMessage(other, 'x\r\n')).toStartWith('250 ');
    expect(await first.ask('MAIL FROM:<a@sender.example>')).toStartWith('421 4.7.0 ');
    await first.closed();
    const again = await speakFor(fixture, 'ADDR=192.0.2.1');
    for (const peer of [other, again]) peer.destroy();
  });

  test('waits for its greeting; what the proxy has sent meanwhile waits as well', async () => {
    const fixture = await start({ ...SOON, greetingWaitMs: 1000 });
    const peer = await fixture.connect(PROXY);
    await peer.reply();
    const beganMs = performance.now();
    await peer.write('XCLIENT ADDR=192.0.2.1\r\nEHLO client.example\r\n');
    expect(await peer.reply()).toStartWith('220 ');
    expect(performance.now() - beganMs).toBeGreaterThan(950);
    expect(await peer.reply()).toStartWith('250-');
    peer.destroy();
  });

  test('that is a proxy itself may name another', async () => {
    const fixture = await start({ ...SOON, isTrustedProxy: (address) => address === PROXY || address === '192.0.2.1' });
    const peer = await speakFor(fixture, 'ADDR=192.0.2.1');
    expect(await peer.ask('EHLO inner.example')).toContain('XCLIENT');
    expect(await peer.ask('XCLIENT ADDR=192.0.2.2')).toStartWith('220 ');
    await peer.ask('EHLO client.example');
    expect(await peer.ask('XCLIENT ADDR=192.0.2.3')).toStartWith('550 5.7.0 ');
    peer.destroy();
  });
});

describe('without a trusted proxy', () => {
  test('a PROXY header is an unknown command, or talk before the greeting', async () => {
    const fixture = await start({ greetingWaitMs: 5000 });
    const early = await connectFor(fixture, '192.0.2.1').then(async (peer) => {
      peer.destroy();
      const other = await fixture.connect();
      await other.write(header('192.0.2.1'));
      return other;
    });
    expect(await early.reply()).toMatch(/^421 4\.7\.0 .*before the greeting/);
    await early.closed();
    const plain = await start();
    const peer = await plain.connect();
    await peer.reply();
    expect(await peer.ask(header('192.0.2.1').trimEnd())).toStartWith('500 5.5.2 ');
    await peer.ask('EHLO client.example');
    await sendMessage(peer, 'x\r\n');
    expect(plain.accepted[0]?.envelope.client.address).toBe('127.0.0.1');
    peer.destroy();
  });
});
