import { afterEach, describe, expect, test } from 'bun:test';
import { createServer } from 'node:net';
import { attemptHosts } from '../../src/delivery/attempt.ts';
import type { ConnectionPool } from '../../src/delivery/connections.ts';
import type { AttemptResult } from '../../src/mail/outcome.ts';
import { type FakePrimary, type FakePrimaryOptions, startFakePrimary } from '../helpers/fake-primary.ts';
import { hostOf, messageTo, recipientsOf, testSessions } from './kit.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function primaryWith(modes: FakePrimaryOptions['modes'] = 'plain', host = '127.0.0.1'): Promise<FakePrimary> {
  const primary = await startFakePrimary({ modes, host });
  cleanups.push(primary.close);
  return primary;
}

function sessionsWith(options: Parameters<typeof testSessions>[0] = {}): ConnectionPool {
  const sessions = testSessions(options);
  cleanups.push(sessions.abortAll);
  return sessions;
}

/** `DELIVERED 250 2.0.0 Taken` for each recipient in order. */
function results({ outcomes }: AttemptResult): string[] {
  return [...outcomes.values()].map(({ kind, reply }) => `${kind} ${reply.code} ${reply.enhancedCode} ${reply.text}`);
}

const TAKEN = 'DELIVERED 250 2.0.0 Taken';

describe('one host', () => {
  test('a partial result: delivered, failed, kept (protocol 57), one record for each answer', async () => {
    const primary = await primaryWith();
    const message = messageTo('a@dom.example', 'permfail@dom.example', 'tempfail@dom.example', 'b@dom.example');
    const result = await attemptHosts({
      message,
      hosts: [hostOf('mx.dom.example', primary)],
      sessions: sessionsWith(),
    });
    expect(results(result)).toEqual([
      TAKEN,
      'FAILED 550 5.1.1 No such user here',
      'DEFERRED 451 4.3.0 Try again later',
      TAKEN,
    ]);
    expect(result).toMatchObject({ hostTrouble: null, isStopped: false });
    expect(result.records.map(({ recipientNumbers, outcome, reply }) => [recipientNumbers, outcome, reply])).toEqual([
      [[0, 3], 'DELIVERED', '250 2.0.0 Taken'],
      [[1], 'FAILED', '550 5.1.1 No such user here'],
      [[2], 'DEFERRED', '451 4.3.0 Try again later'],
    ]);
    expect(result.records[0]).toMatchObject({
      host: 'mx.dom.example',
      address: `127.0.0.1:${primary.port}`,
      tls: expect.stringMatching(/^TLSv1\.3 /),
      isHostLevel: false,
    });
    expect(result.records[0]?.latencyMs).toBeGreaterThan(0);
  });

  test('a later attempt carries only the kept ones', async () => {
    const primary = await primaryWith();
    const sessions = sessionsWith();
    const hosts = [hostOf('mx.dom.example', primary)];
    const message = messageTo('a@dom.example', 'greylist@dom.example');
    expect(results(await attemptHosts({ message, hosts, sessions }))[1]).toBe(
      'DEFERRED 451 4.7.1 Greylisted, please try again',
    );
    const kept = message.recipients.slice(1);
    const result = await attemptHosts({ message: { ...message, recipients: kept }, hosts, sessions });
    expect([...result.outcomes.keys()]).toEqual([1]);
    expect(results(result)).toEqual([TAKEN]);
    expect(primary.messages.map(({ recipients }) => recipients.map(({ address }) => address))).toEqual([
      ['a@dom.example'],
      ['greylist@dom.example'],
    ]);
  });

  test.each([
    ['drop-at-rcpt@dom.example', '[connection lost while waiting for the reply to RCPT]'],
    ['drop-in-data@dom.example', '[connection lost while waiting for the final reply]'],
    ['drop-after-data@dom.example', '[connection lost while waiting for the final reply]'],
  ])('%s is deferred, at host level (protocol 58)', async (address, text) => {
    const primary = await primaryWith();
    const result = await attemptHosts({
      message: messageTo(address),
      hosts: [hostOf('mx.dom.example', primary)],
      sessions: sessionsWith(),
    });
    expect(results(result)).toEqual([`DEFERRED 451 4.4.2 ${text}`]);
    expect(result.records).toHaveLength(1);
    expect(result.hostTrouble).toEqual({ trouble: 'DROPPED', reply: text });
  });

  test.each([
    ['greeting554', 'GREETING', '554 5.7.1 We do not talk to you'],
    ['ehlo5xx', 'GREETING', '550 5.7.1 Go away'],
    ['greeting421', 'GREETING', '421 4.3.2 Too busy'],
    ['junkGreeting', 'FAULT', '[not a reply: SSH-2.0-OpenSSH_9.2]'],
    ['junk', 'FAULT', '[not a reply: Guru Meditation #00000004]'],
  ] as const)('%s defers everybody (protocol 59, 60)', async (mode, trouble, reply) => {
    const primary = await primaryWith(mode);
    const message = messageTo('a@dom.example', 'b@dom.example');
    const result = await attemptHosts({
      message,
      hosts: [hostOf('mx.dom.example', primary)],
      sessions: sessionsWith(),
    });
    expect([...result.outcomes.values()].map(({ kind }) => kind)).toEqual(['DEFERRED', 'DEFERRED']);
    expect(result.hostTrouble).toEqual({ trouble, reply });
    expect(result.records).toMatchObject([{ reply, outcome: 'DEFERRED', isHostLevel: true, recipientNumbers: [0, 1] }]);
  });

  test('5.7.1 for the only recipient, and a reply that names our address, are refusals of us', async () => {
    const primary = await primaryWith();
    const hosts = [hostOf('mx.dom.example', primary)];
    const sessions = sessionsWith();
    const policy = await attemptHosts({ message: messageTo('policy@dom.example'), hosts, sessions });
    expect(policy.hostTrouble).toEqual({ trouble: 'GREETING', reply: '550 5.7.1 Delivery not authorized' });
    primary.setMode({ rcpt: '550 5.1.1 192.0.2.77 has no business here' });
    const named = await attemptHosts({
      message: messageTo('a@dom.example'),
      hosts,
      sessions,
      ownAddresses: ['192.0.2.77'],
    });
    expect(named.hostTrouble?.trouble).toBe('GREETING');
    primary.setMode({ rcpt: '550 5.1.1 127.0.0.1 has no business here' });
    const local = await attemptHosts({ message: messageTo('a@dom.example'), hosts, sessions });
    expect(local.hostTrouble?.trouble).toBe('GREETING');
  });

  test('too big for the host, and SMTPUTF8 it lacks: failed without a MAIL (protocol 32, 62)', async () => {
    const primary = await primaryWith({ sizeLimitBytes: 70_000, smtpUtf8: false });
    const hosts = [hostOf('mx.dom.example', primary)];
    let loads = 0;
    const content = (): Promise<Uint8Array> => {
      loads += 1;
      return Promise.resolve(Buffer.from('x\r\n'));
    };
    const big = await attemptHosts({
      message: { ...messageTo('a@dom.example'), sizeBytes: 70_001, content },
      hosts,
      sessions: sessionsWith(),
    });
    expect(results(big)).toEqual(['FAILED 552 5.3.4 the message has 70001 octets, the next hop takes 70000']);
    const utf8 = { ...messageTo('a@dom.example'), sizeBytes: 3, smtpUtf8: true, content };
    const result = await attemptHosts({ message: utf8, hosts, sessions: sessionsWith() });
    expect(result.outcomes.get(0)).toMatchObject({ kind: 'FAILED', reply: { enhancedCode: '5.6.7' } });
    expect(result.hostTrouble).toBeNull();
    expect(primary.sessions.flatMap(({ commands }) => commands).some((line) => line.startsWith('MAIL'))).toBe(false);
    expect(loads).toBe(0);
  });

  test('a hundred recipients a transaction, more on the same session', async () => {
    const primary = await primaryWith();
    const addresses = Array.from({ length: 250 }, (_, number) => `user${number}@dom.example`);
    const message = { ...messageTo(), recipients: recipientsOf(...addresses) };
    const result = await attemptHosts({
      message,
      hosts: [hostOf('mx.dom.example', primary)],
      sessions: sessionsWith(),
    });
    expect(new Set(results(result))).toEqual(new Set([TAKEN]));
    expect(primary.messages.map(({ recipients }) => recipients.length)).toEqual([100, 100, 50]);
    expect(primary.sessions).toHaveLength(1);
  });

  test('trouble in the first hundred is the trouble of all', async () => {
    const primary = await primaryWith({ mailFrom: '452 4.3.1 Disk full' });
    const addresses = Array.from({ length: 150 }, (_, number) => `user${number}@dom.example`);
    const message = { ...messageTo(), recipients: recipientsOf(...addresses) };
    const result = await attemptHosts({
      message,
      hosts: [hostOf('mx.dom.example', primary)],
      sessions: sessionsWith(),
    });
    expect(result.records.map(({ recipientNumbers }) => recipientNumbers.length)).toEqual([150]);
    expect(result.hostTrouble).toEqual({ trouble: 'FAULT', reply: '452 4.3.1 Disk full' });
  });

  test('content is loaded once, when a host is ready; a failure to load is thrown and costs no session', async () => {
    const [dead, alive] = [await primaryWith(), await primaryWith()];
    await dead.stop();
    const sessions = sessionsWith();
    let loads = 0;
    const content = (): Promise<Uint8Array> => {
      loads += 1;
      return Promise.resolve(Buffer.from('lazy\r\n'));
    };
    const message = { ...messageTo('a@dom.example'), content };
    await attemptHosts({ message, hosts: [hostOf('mx', dead)], sessions });
    expect(loads).toBe(0);
    await attemptHosts({ message, hosts: [hostOf('mx', dead, alive)], sessions });
    expect(loads).toBe(1);
    expect(alive.messages[0]?.content.toString()).toBe('lazy\r\n');
    const lost = { ...message, content: () => Promise.reject(new Error('database gone')) };
    const thrown = await attemptHosts({ message: lost, hosts: [hostOf('mx', alive)], sessions }).catch(
      (error: unknown) => error,
    );
    expect(String(thrown)).toBe('Error: database gone');
    expect(sessions.counts()).toEqual({ idle: 1, lent: 0 });
  });
});

describe('several addresses and hosts', () => {
  test('a dead first address does not fail the attempt (protocol 13)', async () => {
    const [dead, alive] = [await primaryWith(), await primaryWith()];
    await dead.stop();
    const message = messageTo('a@dom.example');
    const result = await attemptHosts({ message, hosts: [hostOf('mx', dead, alive)], sessions: sessionsWith() });
    expect(results(result)).toEqual([TAKEN]);
    expect(result.hostTrouble).toBeNull();
    expect(result.records.map(({ reply, isHostLevel }) => [reply, isHostLevel])).toEqual([
      ['[connection refused]', true],
      ['250 2.0.0 Taken', false],
    ]);
  });

  test('IPv6 beside IPv4', async () => {
    const [four, six] = [await primaryWith(), await primaryWith('plain', '::1')];
    await four.stop();
    const message = messageTo('a@dom.example');
    const result = await attemptHosts({ message, hosts: [hostOf('mx', four, six)], sessions: sessionsWith() });
    expect(result.records.map(({ address }) => address)).toEqual([`127.0.0.1:${four.port}`, `[::1]:${six.port}`]);
    expect(results(result)).toEqual([TAKEN]);
  });

  test.each(['greeting554', 'greeting421', 'ehlo5xx', 'junkGreeting'] as const)(
    '%s leads to the next MX',
    async (mode) => {
      const [first, second] = [await primaryWith(mode), await primaryWith()];
      const hosts = [hostOf('mx1', first), hostOf('mx2', second)];
      const result = await attemptHosts({ message: messageTo('a@dom.example'), hosts, sessions: sessionsWith() });
      expect(results(result)).toEqual([TAKEN]);
      expect(result.hostTrouble).toBeNull();
    },
  );

  test('every address of every host is tried before giving up; the host that refuses us is named', async () => {
    const primaries = [await primaryWith(), await primaryWith(), await primaryWith(), await primaryWith('greeting554')];
    for (const dead of primaries.slice(0, 3)) await dead.stop();
    const [a, b, c, d] = primaries;
    if (!a || !b || !c || !d) throw new Error('four were started');
    const hosts = [hostOf('mx1', a, b), hostOf('mx2', c), hostOf('mx3', d)];
    const result = await attemptHosts({ message: messageTo('a@dom.example'), hosts, sessions: sessionsWith() });
    expect(result.records.map(({ host }) => host)).toEqual(['mx1', 'mx1', 'mx2', 'mx3']);
    expect(result.hostTrouble).toEqual({ trouble: 'GREETING', reply: '554 5.7.1 We do not talk to you' });
  });

  test('a transient refusal is taken to the next host, not to another address of the same', async () => {
    const [one, other, third] = [await primaryWith(), await primaryWith(), await primaryWith()];
    const hosts = [hostOf('mx1', one, other), hostOf('mx2', third)];
    const message = messageTo('tempfail@dom.example', 'a@dom.example', 'permfail@dom.example');
    const result = await attemptHosts({ message, hosts, sessions: sessionsWith() });
    expect(other.sessions).toHaveLength(0);
    expect(third.sessions[0]?.commands.filter((line) => line.startsWith('RCPT'))).toEqual([
      'RCPT TO:<tempfail@dom.example>',
    ]);
    expect(results(result)).toEqual([
      'DEFERRED 451 4.3.0 Try again later',
      TAKEN,
      'FAILED 550 5.1.1 No such user here',
    ]);
  });

  test('what a host said is not overwritten by the silence of the next', async () => {
    const [one, dead] = [await primaryWith(), await primaryWith()];
    await dead.stop();
    const hosts = [hostOf('mx1', one), hostOf('mx2', dead)];
    const result = await attemptHosts({ message: messageTo('tempfail@dom.example'), hosts, sessions: sessionsWith() });
    expect(results(result)).toEqual(['DEFERRED 451 4.3.0 Try again later']);
    expect(result.hostTrouble).toBeNull();
    expect(result.records).toHaveLength(2);
  });

  test('two hosts that defer are enough; the third is left in peace', async () => {
    const primaries = [await primaryWith(), await primaryWith(), await primaryWith()];
    const hosts = primaries.map((primary, index) => hostOf(`mx${index}`, primary));
    await attemptHosts({ message: messageTo('tempfail@dom.example'), hosts, sessions: sessionsWith() });
    expect(primaries.map(({ sessions }) => sessions.length)).toEqual([1, 1, 0]);
  });

  test('a reply lost behind the dot is not tried elsewhere at once; a drop before it is', async () => {
    const [one, other] = [await primaryWith(), await primaryWith()];
    const hosts = [hostOf('mx1', one), hostOf('mx2', other)];
    await attemptHosts({ message: messageTo('drop-after-data@dom.example'), hosts, sessions: sessionsWith() });
    expect(other.sessions).toHaveLength(0);
    const result = await attemptHosts({ message: messageTo('closing@dom.example'), hosts, sessions: sessionsWith() });
    expect(other.sessions).toHaveLength(1);
    expect(result.hostTrouble).toEqual({ trouble: 'DROPPED', reply: '421 4.3.2 Shutting down' });
  });

  test('no host at all is the destination’s trouble', async () => {
    const result = await attemptHosts({ message: messageTo('a@dom.example'), hosts: [], sessions: sessionsWith() });
    expect(result).toMatchObject({ records: [], hostTrouble: { trouble: 'NO_MX' } });
    expect(results(result)).toEqual(['DEFERRED 451 4.4.4 [no address to try]']);
  });
});

describe('stopping and kept sessions', () => {
  test('what the first host offers is heard once a session; a host behind it is not the primary', async () => {
    const first = await primaryWith({ sizeLimitBytes: 4000 });
    const behind = await primaryWith({ sizeLimitBytes: 1000 }, '127.0.0.2');
    const sessions = sessionsWith();
    const heard: (number | null)[] = [];
    const hosts = [hostOf('mx1.dom.example', first), hostOf('mx2.dom.example', behind)];
    const go = (...to: string[]) =>
      attemptHosts({
        message: messageTo(...to),
        hosts,
        sessions,
        onOffers: ({ sizeLimitBytes }) => void heard.push(sizeLimitBytes),
      });
    await go('a@dom.example');
    await go('tempfail@dom.example');
    expect(behind.sessions.length).toBe(1);
    expect(heard).toEqual([4000]);
  });

  test('an abort before the dot defers and says so; nothing else is dialled', async () => {
    const [one, other] = [await primaryWith({ silentAt: 'DATA' }), await primaryWith()];
    const controller = new AbortController();
    const hosts = [hostOf('mx1', one), hostOf('mx2', other)];
    const running = attemptHosts({
      message: messageTo('a@dom.example'),
      hosts,
      sessions: sessionsWith(),
      signal: controller.signal,
    });
    await one.waitFor(() => one.sessions[0]?.commands.at(-1) === 'DATA');
    controller.abort();
    const result = await running;
    expect(result).toMatchObject({ isStopped: true, hostTrouble: { trouble: 'FAULT' } });
    expect(results(result)[0]).toStartWith('DEFERRED 451 4.4.2 [stopped by us while waiting for ');
    expect(other.sessions).toHaveLength(0);
  });

  test('an abort behind the dot lets the reply come', async () => {
    const primary = await primaryWith({ tarpitMs: 40 });
    const controller = new AbortController();
    const hosts = [hostOf('mx1', primary)];
    const running = attemptHosts({
      message: messageTo('a@dom.example'),
      hosts,
      sessions: sessionsWith(),
      signal: controller.signal,
    });
    await primary.waitFor(() => primary.messages.length === 1);
    controller.abort();
    expect(await running).toMatchObject({ isStopped: false, hostTrouble: null });
  });

  test('a kept session that the host has closed meanwhile is no trouble: dialled again', async () => {
    const primary = await primaryWith({ messagesPerSession: 2 });
    const sessions = sessionsWith();
    const hosts = [hostOf('mx1', primary)];
    for (let round = 0; round < 5; round += 1) {
      const result = await attemptHosts({ message: messageTo('a@dom.example'), hosts, sessions });
      expect(results(result)).toEqual([TAKEN]);
      expect(result.records).toHaveLength(1);
    }
    expect(primary.sessions).toHaveLength(3);
  });

  test('a primary that goes down and comes back on its port', async () => {
    const primary = await primaryWith();
    const sessions = sessionsWith();
    const hosts = [hostOf('mx1', primary)];
    const message = messageTo('a@dom.example');
    expect(results(await attemptHosts({ message, hosts, sessions }))).toEqual([TAKEN]);
    await primary.stop();
    expect((await attemptHosts({ message, hosts, sessions })).hostTrouble).toEqual({
      trouble: 'REFUSED',
      reply: '[connection refused]',
    });
    await primary.start();
    expect(results(await attemptHosts({ message, hosts, sessions }))).toEqual([TAKEN]);
  });
});

test('addresses that take the connection and say nothing share the time to open a session; the living one has its part', async () => {
  const silent = createServer((socket) => {
    cleanups.push(() => socket.destroy());
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise((resolve) => silent.close(resolve)));
  const bound = silent.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const alive = await primaryWith();
  const mute = { host: '127.0.0.1', port };
  const hosts = [hostOf('mx1', mute, mute), hostOf('mx2', mute, mute), hostOf('mx3', alive)];
  // Each of them alone would have five minutes.
  const result = await attemptHosts({
    message: messageTo('a@dom.example'),
    hosts,
    sessions: sessionsWith(),
    openingMs: 2500,
  });
  expect(results(result)).toEqual([TAKEN]);
  expect(result.records.map(({ host, trouble }) => [host, trouble])).toEqual([
    ['mx1', 'TIMEOUT'],
    ['mx1', 'TIMEOUT'],
    ['mx2', 'TIMEOUT'],
    ['mx2', 'TIMEOUT'],
    ['mx3', undefined],
  ]);
  expect(result.records[0]?.reply).toBe('[no session in the time that this address had]');
});
