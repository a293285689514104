import { afterEach, describe, expect, test } from 'bun:test';
import { createServer, type Socket } from 'node:net';
import * as fc from 'fast-check';
import { classifyCalloutReply } from '../../src/mail/callout-verdict.ts';
import {
  openCalloutSession,
  type CalloutSession,
  type CalloutOptions,
  type CalloutTimeouts,
} from '../../src/smtp/callout-session.ts';
import { type FakePrimary, type FakePrimaryOptions, startFakePrimary } from '../helpers/fake-primary.ts';
import { quickestMs } from '../helpers/timing.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const SENDER = 'probe@backup.example';
const BRIEF: CalloutTimeouts = { openMs: 400, askMs: 300, quitMs: 200 };
/** For a peer that opens as it should, on a busy machine. */
const PATIENT_OPEN: CalloutTimeouts = { ...BRIEF, openMs: 20_000 };

async function primaryWith(modes: FakePrimaryOptions['modes'] = 'plain'): Promise<FakePrimary> {
  const primary = await startFakePrimary({ modes });
  cleanups.push(primary.close);
  return primary;
}

function optionsFor(primary: { host: string; port: number }, more: Partial<CalloutOptions> = {}): CalloutOptions {
  const { host: address, port } = primary;
  return { host: 'p.example', address, port, ehloName: 'backup.example', probeSender: SENDER, tls: 'NONE', ...more };
}

async function open(
  primary: { host: string; port: number },
  more: Partial<CalloutOptions> = {},
): Promise<CalloutSession> {
  const result = await openCalloutSession(optionsFor(primary, more));
  if (result.kind !== 'OPEN') throw new Error(`not open: ${result.reply}`);
  cleanups.push(result.session.close);
  return result.session;
}

function refuse(
  text: string,
  isRefused: (address: string, reversePath: string) => boolean,
): FakePrimaryOptions['modes'] {
  return { rcptVerdict: (address, reversePath) => (isRefused(address, reversePath) ? text : null) };
}

const NO_USER = '550 5.1.1 No such user here';

describe('a question', () => {
  test('positive: one transaction with <> and the verbatim reply; then QUIT, never DATA', async () => {
    const primary = await primaryWith();
    const probe = await open(primary);
    expect(await probe.ask('user@dom.example')).toEqual({
      stage: 'RCPT',
      reply: { code: 250, enhancedCode: '2.1.5', text: 'Recipient OK' },
      text: '250 2.1.5 Recipient OK',
      silence: null,
      isNullSender: true,
      rcptCount: 1,
      isStale: false,
    });
    await probe.close();
    expect(primary.sessions[0]?.commands).toEqual([
      'EHLO backup.example',
      'MAIL FROM:<>',
      'RCPT TO:<user@dom.example>',
      'QUIT',
    ]);
    expect(probe.canAsk()).toBe(false);
  });

  test('negative: confirmed once as probe@ in the same session', async () => {
    const primary = await primaryWith();
    const probe = await open(primary);
    const reply = await probe.ask('permfail@dom.example');
    expect(reply).toMatchObject({ stage: 'RCPT', text: NO_USER, isNullSender: false, rcptCount: 2 });
    expect(classifyCalloutReply(reply).verdict).toBe('NEGATIVE');
    expect(primary.sessions.map(({ commands }) => commands)).toEqual([
      [
        'EHLO backup.example',
        'MAIL FROM:<>',
        'RCPT TO:<permfail@dom.example>',
        'RSET',
        `MAIL FROM:<${SENDER}>`,
        'RCPT TO:<permfail@dom.example>',
      ],
    ]);
  });

  test('a mailbox that takes no bounces exists', async () => {
    const primary = await primaryWith(refuse('550 5.7.1 BATV: no bounces', (_, reversePath) => reversePath === ''));
    const reply = await (await open(primary)).ask('user@dom.example');
    expect(classifyCalloutReply(reply).verdict).toBe('POSITIVE');
    expect(reply).toMatchObject({ isNullSender: false, rcptCount: 2 });
  });

  test('a negative that probe@ cannot confirm does not count', async () => {
    const primary = await primaryWith({
      mailVerdict: (reversePath) => (reversePath === '' ? null : '553 5.1.8 Sender domain unknown'),
      rcptVerdict: () => NO_USER,
    });
    const reply = await (await open(primary)).ask('user@dom.example');
    expect(reply).toMatchObject({ stage: 'MAIL', rcptCount: 1 });
    expect(classifyCalloutReply(reply).verdict).toBe('UNKNOWN');
  });

  test('a negative behind which the server hangs up cannot be confirmed: it does not count', async () => {
    const server = await rawServer((socket) => {
      answer(socket, (line) => {
        if (line.startsWith('RCPT')) socket.end(`${NO_USER}\r\n`);
        return line.startsWith('RCPT') ? '' : '250 fine\r\n';
      });
    });
    const reply = await (await open(server)).ask('user@dom.example');
    expect(reply).toMatchObject({ stage: 'MAIL', reply: null, silence: 'DROPPED', rcptCount: 1, isStale: false });
  });

  test('a server that hates <> is asked as probe@, and from then on at once', async () => {
    const primary = await primaryWith('hatesNullSender');
    const probe = await open(primary);
    expect((await probe.ask('user@dom.example')).reply?.code).toBe(250);
    expect(classifyCalloutReply(await probe.ask('permfail@dom.example')).verdict).toBe('NEGATIVE');
    expect(primary.sessions[0]?.commands.filter((line) => line.startsWith('MAIL'))).toEqual([
      'MAIL FROM:<>',
      `MAIL FROM:<${SENDER}>`,
    ]);
  });

  test('5xx to both reverse-paths says nothing about the mailbox', async () => {
    const primary = await primaryWith({ mailFrom: NO_USER });
    const reply = await (await open(primary)).ask('user@dom.example');
    expect(reply).toMatchObject({ stage: 'MAIL', rcptCount: 0, isStale: false });
    expect(classifyCalloutReply(reply).verdict).toBe('UNKNOWN');
  });

  test('greylisting: one RCPT, no confirmation', async () => {
    const primary = await primaryWith('greylisting');
    const probe = await open(primary);
    const reply = await probe.ask('user@dom.example');
    expect(classifyCalloutReply(reply)).toEqual({ verdict: 'UNKNOWN', isBlocking: false, isGreylisting: true });
    expect(reply.rcptCount).toBe(1);
    expect(primary.rcpts).toHaveLength(1);
    expect((await probe.ask('user@dom.example')).reply?.code).toBe(250);
  });

  test('catch-all and a multi-line refusal', async () => {
    const primary = await primaryWith('catchAll');
    const probe = await open(primary);
    expect((await probe.ask('permfail@dom.example')).reply?.code).toBe(250);
    primary.setMode('multiline');
    const reply = await probe.ask('permfail@dom.example');
    expect(reply.text).toBe(
      '550-first line\n550-second line\n550 5.1.1 No such user here'.replaceAll('550-', '550-5.1.1 '),
    );
    expect(classifyCalloutReply(reply).verdict).toBe('NEGATIVE');
  });

  test('SMTPUTF8 is used where it is offered; else the question is not put', async () => {
    const primary = await primaryWith();
    expect((await (await open(primary)).ask('jörg@dom.example')).reply?.code).toBe(250);
    expect(primary.rcpts).toMatchObject([{ address: 'jörg@dom.example', mailParameters: 'SMTPUTF8' }]);
    primary.setMode({ smtpUtf8: false });
    const reply = await (await open(primary)).ask('jörg@dom.example');
    expect(reply).toMatchObject({ reply: null, rcptCount: 0, isStale: false });
    expect(reply.text).toBe('[not asked: the address needs SMTPUTF8, which is not offered]');
    expect(primary.rcpts).toHaveLength(1);
  });

  test('nothing but an address is ever put into RCPT', async () => {
    const primary = await primaryWith();
    const probe = await open(primary);
    for (const address of [
      '',
      'user',
      'a@b.example>\r\nDATA',
      'a b@c.example',
      '<a@b.example>',
      '@r.example:a@b.example',
    ]) {
      expect(await probe.ask(address)).toMatchObject({ reply: null, rcptCount: 0 });
    }
    expect((await probe.ask('"a b"@c.example')).reply?.code).toBe(250);
    expect(primary.rcpts.map(({ address }) => address)).toEqual(['"a b"@c.example']);
  });
});

describe('a session', () => {
  test('offers are reported, STARTTLS is used, and what came in clear behind its 220 is forgotten (protocol 28)', async () => {
    const primary = await primaryWith({ startTls: 'INJECTED', sizeLimitBytes: 1_234_567 });
    const probe = await open(primary, { tls: 'OPPORTUNISTIC' });
    expect(probe.tls).toMatch(/^TLSv1\.3 /);
    expect(probe.offers).toMatchObject({ sizeLimitBytes: 1_234_567, smtpUtf8: true });
    expect(probe.localAddress).toBe('127.0.0.1');
    expect(classifyCalloutReply(await probe.ask('permfail@dom.example')).verdict).toBe('NEGATIVE');
  });

  test.each(['BROKEN', 'REFUSED'] as const)('STARTTLS %s: asked in clear', async (startTls) => {
    const primary = await primaryWith({ startTls });
    const probe = await open(primary, { tls: 'OPPORTUNISTIC' });
    expect(probe.tls).toBeNull();
    expect((await probe.ask('user@dom.example')).reply?.code).toBe(250);
    expect(primary.sessions).toHaveLength(2);
  });

  test('20 questions in one transaction; the 21st needs another session', async () => {
    const primary = await primaryWith();
    const probe = await open(primary);
    for (let n = 0; n < 20; n += 1) expect((await probe.ask(`user${n}@dom.example`)).reply?.code).toBe(250);
    expect(probe.canAsk()).toBe(false);
    expect(await probe.ask('user20@dom.example')).toMatchObject({ reply: null, isStale: true, rcptCount: 0 });
    await probe.close();
    expect(['MAIL', 'RCPT', 'RSET', 'DATA'].map(primary.countVerb)).toEqual([1, 20, 0, 0]);
    expect(primary.messages).toEqual([]);
  });

  test('a server that defers the second recipient of a transaction is asked one by one, as long as Exim bears RSET', async () => {
    let previous = '';
    const primary = await primaryWith({
      rcptVerdict: (address) => {
        const isFirst = previous === '' || primary.sessions[0]?.commands.at(-2)?.startsWith('MAIL');
        previous = address;
        return isFirst ? null : '451 4.3.0 Multiple destination domains per transaction is unsupported';
      },
    });
    const probe = await open(primary);
    let questions = 0;
    for (; probe.canAsk(); questions += 1) {
      expect((await probe.ask(`user@dom${questions}.example`)).reply?.code).toBe(250);
    }
    expect(['MAIL', 'RCPT', 'RSET'].map(primary.countVerb)).toEqual([9, 10, 8]);
    expect(questions).toBe(9);
  });

  test('eight refusals end it, before a primary takes us for a harvester', async () => {
    const primary = await primaryWith(refuse(NO_USER, () => true));
    const probe = await open(primary);
    let questions = 0;
    for (; probe.canAsk(); questions += 1) await probe.ask(`user${questions}@dom.example`);
    expect([questions, primary.rcpts.length]).toEqual([4, 8]);
  });

  test('one question at a time', async () => {
    const probe = await open(await primaryWith());
    const first = probe.ask('a@dom.example');
    expect(probe.ask('b@dom.example')).rejects.toThrow('one question at a time');
    expect((await first).reply?.code).toBe(250);
  });
});

describe('trouble is a value', () => {
  test.each([
    ['greeting554', 'GREETING'],
    ['greeting421', 'GREETING'],
    ['ehlo5xx', 'GREETING'],
    ['junkGreeting', 'FAULT'],
  ] as const)('%s', async (mode, trouble) => {
    expect(await openCalloutSession(optionsFor(await primaryWith(mode)))).toMatchObject({ kind: 'TROUBLE', trouble });
  });

  test('a closed port', async () => {
    const primary = await primaryWith();
    await primary.stop();
    expect(await openCalloutSession(optionsFor(primary))).toMatchObject({ kind: 'TROUBLE', trouble: 'REFUSED' });
  });

  test.each(['GREETING', 'EHLO'] as const)('silence at %s ends within openMs', async (silentAt) => {
    const primary = await primaryWith({ silentAt });
    const tookMs = await quickestMs(BRIEF.openMs + 150, async () => {
      const result = await openCalloutSession(optionsFor(primary, { timeouts: BRIEF }));
      expect(result).toMatchObject({ kind: 'TROUBLE', trouble: 'TIMEOUT' });
    });
    expect(tookMs).toBeLessThan(2 * BRIEF.openMs);
  });

  test('a TLS handshake that hangs leaves time for the dial in clear', async () => {
    let dials = 0;
    const server = await rawServer((socket) => {
      const mayEncrypt = (dials += 1) === 1;
      answer(socket, (line) => {
        if (line.startsWith('EHLO')) return mayEncrypt ? '250-x\r\n250 STARTTLS\r\n' : '250 x\r\n';
        return line === 'STARTTLS' ? '220 go\r\n' : '250 fine\r\n';
      });
    });
    const probe = await open(server, { tls: 'OPPORTUNISTIC', timeouts: BRIEF });
    expect(probe.tls).toBeNull();
    expect((await probe.ask('user@dom.example')).reply?.code).toBe(250);
  });

  test.each([
    ['MAIL', 'MAIL', 0],
    ['RCPT', 'RCPT', 1],
  ] as const)('silence or a lost connection at %s', async (step, stage, rcptCount) => {
    const primary = await primaryWith();
    const silent = await open(primary, { timeouts: PATIENT_OPEN });
    primary.setMode({ silentAt: step });
    const timedOut = await silent.ask('user@dom.example');
    expect(timedOut).toMatchObject({ stage, reply: null, silence: 'TIMEOUT', rcptCount, isStale: false });
    expect(timedOut.text).toBe(`[timed out waiting for the reply to ${step}]`);
    expect(silent.canAsk()).toBe(false);

    primary.setMode('plain');
    const dropped = await open(primary);
    primary.setMode({ dropAt: step });
    expect(await dropped.ask('user@dom.example')).toMatchObject({ stage, silence: 'DROPPED', isStale: false });
  });

  test('a session that has died between two questions is stale: it says nothing', async () => {
    const primary = await primaryWith();
    const dying = await open(primary);
    await dying.ask('user@dom.example');
    primary.setMode({ rcpt: '421 4.4.2 Idle for too long' });
    expect(await dying.ask('user@dom.example')).toMatchObject({ stage: 'RCPT', isStale: true });
    expect(dying.canAsk()).toBe(false);

    primary.setMode('plain');
    const dead = await open(primary);
    await dead.ask('user@dom.example');
    await primary.stop();
    expect(await dead.ask('user@dom.example')).toMatchObject({ reply: null, isStale: true });
  });

  test('421 at RCPT is an answer about the host, and the end of the session', async () => {
    const primary = await primaryWith();
    const probe = await open(primary);
    const reply = await probe.ask('closing@dom.example');
    expect(reply).toMatchObject({ stage: 'RCPT', reply: { code: 421 }, isStale: false });
    expect(classifyCalloutReply(reply).isGreylisting).toBe(false);
    expect(probe.canAsk()).toBe(false);
  });

  test.each([
    ['junk', { rcpt: '<html>' }],
    ['a go-ahead nobody asked for', { rcpt: '354 Go ahead' }],
    ['a code that is none', { rcpt: '999 what' }],
    ['two replies to MAIL, the second a refusal', { mailFrom: '250 fine\r\n550 5.1.1 No such user' }],
    ['a reply to RSET out of step', { rset: '550 5.1.1 No such user', rcpt: NO_USER }],
  ] as const)('%s refuses nobody, and ends the session', async (_, modes) => {
    const primary = await primaryWith(modes);
    const probe = await open(primary);
    const reply = await probe.ask('user@dom.example');
    expect(classifyCalloutReply(reply).verdict).toBe('UNKNOWN');
    expect(probe.canAsk()).toBe(false);
  });

  test('aborting cuts at once: while opening, and in the middle of a question', async () => {
    const primary = await primaryWith({ silentAt: 'EHLO' });
    const opening = new AbortController();
    const result = openCalloutSession(optionsFor(primary, { signal: opening.signal }));
    await primary.waitFor(() => primary.countVerb('EHLO') === 1);
    opening.abort();
    expect((await result).kind).toBe('STOPPED');
    expect((await openCalloutSession(optionsFor(primary, { signal: opening.signal }))).kind).toBe('STOPPED');

    primary.setMode('plain');
    primary.setMode({ silentAt: 'RCPT' });
    const asking = new AbortController();
    const probe = await open(primary, { signal: asking.signal });
    const reply = probe.ask('user@dom.example');
    await primary.waitFor(() => primary.countVerb('RCPT') === 1);
    asking.abort();
    expect(await reply).toMatchObject({ reply: null, silence: 'STOPPED', isStale: false });
    expect(probe.canAsk()).toBe(false);
  });

  test.each([
    ['an octet now and then', (socket: Socket) => drip(socket, '2')],
    ['continuation lines without end', (socket: Socket) => drip(socket, '250-more\r\n')],
    ['junk lines without end', (socket: Socket) => drip(socket, 'hello\r\n')],
    ['one line without end', (socket: Socket) => socket.write('2'.repeat(1_000_000))],
    ['a reply of a million lines', (socket: Socket) => socket.write('250-x\r\n'.repeat(1_000_000))],
  ])('%s, at the greeting and at RCPT: bounded', async (_, pester) => {
    const atGreeting = await rawServer(pester);
    const atRcpt = await rawServer((socket) => {
      answer(socket, (line) => {
        if (line.startsWith('RCPT')) pester(socket);
        return line.startsWith('RCPT') ? '' : '250 fine\r\n';
      });
    });
    const enoughMs = BRIEF.openMs + BRIEF.askMs + 400;
    const tookMs = await quickestMs(enoughMs, async () => {
      const failed = await openCalloutSession(optionsFor(atGreeting, { timeouts: BRIEF }));
      expect(failed.kind).toBe('TROUBLE');
      const probe = await open(atRcpt, { timeouts: PATIENT_OPEN });
      const reply = await probe.ask('user@dom.example');
      expect(classifyCalloutReply(reply).verdict).toBe('UNKNOWN');
      expect(probe.canAsk()).toBe(false);
    });
    expect(tookMs).toBeLessThan(2 * enoughMs);
  });

  test('closing a peer that says no farewell takes quitMs', async () => {
    const server = await rawServer((socket) => answer(socket, (line) => (line === 'QUIT' ? '' : '250 fine\r\n')));
    const tookMs: number[] = [];
    for (let time = 0; time < 3; time += 1) {
      const probe = await open(server, { timeouts: PATIENT_OPEN });
      tookMs.push(await quickestMs(Infinity, () => Promise.all([probe.close(), probe.close()])));
    }
    expect(Math.min(...tookMs)).toBeLessThan(2 * BRIEF.quitMs);
  });

  test('whatever a peer answers, the question ends with a value; a negative takes two refusals', async () => {
    let script: readonly string[] = [];
    const server = await rawServer((socket) => {
      let turn = 0;
      answer(socket, (line) => (line.startsWith('EHLO') ? '250 x\r\n' : (script[turn++] ?? '')));
    });
    const piece = fc.constantFrom(
      '250 ok\r\n',
      '550 5.1.1 no\r\n',
      '550 no such user\r\n',
      '421 bye\r\n',
      '250-',
      '\r\n',
      'x',
    );
    const turns = fc.array(
      fc.array(piece, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')),
      { maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(turns, async (given) => {
        script = given;
        const probe = await open(server, { timeouts: { ...PATIENT_OPEN, askMs: 40, quitMs: 1 } });
        const reply = await probe.ask('user@dom.example');
        const { verdict } = classifyCalloutReply(reply);
        // A negative takes two refusals: one under <>, to MAIL or RCPT, and one under probe@.
        const refusals = given.join('').match(/550 /g)?.length ?? 0;
        if (verdict === 'NEGATIVE') expect(refusals).toBeGreaterThan(1);
        await probe.close();
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });
});

async function rawServer(onConnection: (socket: Socket) => void): Promise<{ host: string; port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return { host: '127.0.0.1', port: bound.port };
}

/** Greets, and answers each line. */
function answer(socket: Socket, reply: (line: string) => string): void {
  let buffered = '';
  socket.write('220 raw.example\r\n');
  socket.on('data', (chunk: Buffer) => {
    const lines = (buffered + chunk.toString()).split('\r\n');
    buffered = lines.pop() ?? '';
    for (const line of lines) {
      const text = reply(line);
      if (socket.writable) socket.write(text);
    }
  });
}

function drip(socket: Socket, piece: string): void {
  const timer = setInterval(() => socket.write(piece), 5);
  socket.on('close', () => clearInterval(timer));
}
