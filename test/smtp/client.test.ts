import { afterEach, describe, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { connect, createServer, type Socket } from 'node:net';
import { type OpenOptions, openSession } from '../../src/smtp/client.ts';
import {
  type OutgoingMessage,
  type SmtpSession,
  DEFAULT_SMTP_TIMEOUTS,
  type SmtpTimeouts,
} from '../../src/smtp/session.ts';
import { testCertificate } from '../helpers/certificate.ts';
import { startTicketPeer } from '../helpers/ticket-peer.ts';
import { type FakePrimary, type FakePrimaryOptions, startFakePrimary } from '../helpers/fake-primary.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function primaryWith(modes: FakePrimaryOptions['modes'] = 'plain'): Promise<FakePrimary> {
  const primary = await startFakePrimary({ modes });
  cleanups.push(primary.close);
  return primary;
}

function optionsFor(primary: { host: string; port: number }, timeouts: Partial<SmtpTimeouts> = {}): OpenOptions {
  return {
    host: 'primary.example',
    address: primary.host,
    port: primary.port,
    ehloName: 'backup.example',
    timeouts: { ...DEFAULT_SMTP_TIMEOUTS, ...timeouts },
    tls: 'OPPORTUNISTIC',
  };
}

async function open(primary: FakePrimary, more: Partial<OpenOptions> = {}): Promise<SmtpSession> {
  const result = await openSession({ ...optionsFor(primary), ...more });
  if (result.kind !== 'OPEN') throw new Error(`not open: ${result.reply}`);
  cleanups.push(result.session.abort);
  return result.session;
}

function message(content: string | Uint8Array, ...addresses: string[]): OutgoingMessage {
  const to = addresses.length === 0 ? ['user@dom.example'] : addresses;
  return {
    reversePath: 'sender@far.example',
    recipients: to.map((address, number) => ({ number, address, notify: [], originalRecipient: null })),
    smtpUtf8: false,
    body8bit: false,
    ret: null,
    envelopeId: null,
    content: typeof content === 'string' ? Buffer.from(content) : content,
  };
}

const HELLO = 'Subject: hello\r\n\r\nHello\r\n';

describe('opening', () => {
  test('STARTTLS is used where it is offered, whatever the certificate', async () => {
    const primary = await primaryWith();
    const session = await open(primary);
    expect(session.tls).toMatch(/^TLSv1\.3 TLS_\w+$/);
    expect(session.localAddress).toBe('127.0.0.1');
    expect(primary.sessions[0]?.commands).toEqual(['EHLO backup.example', 'STARTTLS', 'EHLO backup.example']);
  });

  test('no STARTTLS, or tls NONE: clear text', async () => {
    const primary = await primaryWith('noStartTls');
    expect((await open(primary)).tls).toBeNull();
    primary.setMode('plain');
    expect((await open(primary, { tls: 'NONE' })).tls).toBeNull();
  });

  test('session tickets without end: left long before the time is over', async () => {
    const peer = await startTicketPeer(testCertificate(), true);
    cleanups.push(peer.close);
    const options = optionsFor({ host: '127.0.0.1', port: peer.port }, { commandMs: 30_000 });
    const startedAt = performance.now();
    const result = await openSession({ ...options, tls: 'OPPORTUNISTIC' });
    expect(result).toMatchObject({ kind: 'TROUBLE', trouble: 'DROPPED' });
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });

  test.each(['BROKEN', 'REFUSED'] as const)('STARTTLS %s: dialled once more in clear', async (startTls) => {
    const primary = await primaryWith({ startTls });
    const session = await open(primary);
    expect(session.tls).toBeNull();
    expect(primary.sessions).toHaveLength(2);
  });

  test('what comes in clear behind the 220 to STARTTLS is forgotten (protocol 28)', async () => {
    const primary = await primaryWith({ startTls: 'INJECTED' });
    const session = await open(primary);
    expect(session.tls).not.toBeNull();
    expect(session.offers.sizeLimitBytes).toBe(52_428_800);
    expect((await session.send(message(HELLO))).stage).toBe('DOT');
  });

  test('a 5xx to EHLO falls back on HELO, which offers nothing', async () => {
    const primary = await primaryWith({ ehlo: '502 5.5.1 Not implemented' });
    const session = await open(primary);
    expect(session.offers).toEqual({
      pipelining: false,
      eightBitMime: false,
      smtpUtf8: false,
      dsn: false,
      size: false,
      sizeLimitBytes: null,
      xforward: [],
    });
    await session.send(message(HELLO));
    expect(primary.messages[0]?.mailParameters).toBe('');
  });

  test.each([
    ['greeting554', 'GREETING', '554 5.7.1 We do not talk to you'],
    ['greeting421', 'GREETING', '421 4.3.2 Too busy'],
    ['ehlo5xx', 'GREETING', '550 5.7.1 Go away'],
    ['junkGreeting', 'FAULT', '[not a reply: SSH-2.0-OpenSSH_9.2]'],
  ] as const)('%s is trouble, with the words of the host (protocol 59, 60)', async (mode, trouble, reply) => {
    const primary = await primaryWith(mode);
    expect(await openSession(optionsFor(primary))).toEqual({ kind: 'TROUBLE', trouble, reply });
  });

  test.each([
    ['GREETING', 'the greeting', 'greetingMs'],
    ['EHLO', 'the reply to EHLO', 'commandMs'],
  ] as const)('dropped or silent at %s', async (step, words, timeout) => {
    const primary = await primaryWith({ dropAt: step });
    expect(await openSession(optionsFor(primary))).toEqual({
      kind: 'TROUBLE',
      trouble: 'DROPPED',
      reply: `[connection lost while waiting for ${words}]`,
    });
    primary.setMode('plain');
    primary.setMode({ silentAt: step });
    expect(await openSession(optionsFor(primary, { [timeout]: 60 }))).toEqual({
      kind: 'TROUBLE',
      trouble: 'TIMEOUT',
      reply: `[timed out waiting for ${words}]`,
    });
  });

  test('the connection dies in the TLS handshake, and in clear too: trouble of the second dial', async () => {
    const primary = await primaryWith({ dropAt: 'STARTTLS' });
    const session = await open(primary);
    expect(session.tls).toBeNull();
  });

  test('a closed port is refused; an address without a route is unreachable or times out', async () => {
    const primary = await primaryWith();
    await primary.stop();
    const refused = await openSession(optionsFor(primary));
    expect(refused).toEqual({ kind: 'TROUBLE', trouble: 'REFUSED', reply: '[connection refused]' });
  });

  test('an aborted signal stops dialling, and a handshake', async () => {
    const primary = await primaryWith({ silentAt: 'GREETING' });
    expect((await openSession({ ...optionsFor(primary), signal: AbortSignal.abort() })).kind).toBe('STOPPED');
    const controller = new AbortController();
    const opening = openSession({ ...optionsFor(primary), signal: controller.signal });
    await primary.waitFor(() => primary.sessions.length === 1);
    controller.abort();
    expect((await opening).kind).toBe('STOPPED');
    await primary.waitFor(() => primary.sessions[0]?.isOpen === false);
  });

  test('a host that does not answer our SYN times out by our own clock (protocol 61)', async () => {
    // A stopped process accepts nothing: once its backlog is full the kernel drops SYNs, as a firewall would.
    const code = "require('net').createServer().listen(0,'127.0.0.1',1,function(){console.log(this.address().port)})";
    const child = spawn('node_modules/.bin/node', ['-e', code], { stdio: ['ignore', 'pipe', 'ignore'] });
    cleanups.push(() => child.kill('SIGKILL'));
    const port = Number(await new Promise((resolve) => child.stdout.once('data', resolve)));
    child.kill('SIGSTOP');
    const timeouts = { connectMs: 150, greetingMs: 150 };
    const replies: string[] = [];
    while (replies.length < 20 && replies.at(-1) !== '[connection timed out]') {
      const filler = connect({ host: '127.0.0.1', port }).on('error', () => undefined);
      cleanups.push(() => filler.destroy());
      const result = await openSession(optionsFor({ host: '127.0.0.1', port }, timeouts));
      if (result.kind === 'TROUBLE') replies.push(result.reply);
      if (result.kind === 'TROUBLE') expect(result.trouble).toBe('TIMEOUT');
    }
    expect(replies.at(-1)).toBe('[connection timed out]');
  });
});

describe('sending', () => {
  test('each recipient has an answer; the accepted ones get the message (protocol 57)', async () => {
    const primary = await primaryWith();
    const session = await open(primary);
    const sent = await session.send(
      message(HELLO, 'a@dom.example', 'permfail@dom.example', 'tempfail@dom.example', 'b@dom.example'),
    );
    expect(sent.accepted).toEqual([0, 3]);
    expect([...sent.refused].map(([number, answer]) => [number, answer.text])).toEqual([
      [1, '550 5.1.1 No such user here'],
      [2, '451 4.3.0 Try again later'],
    ]);
    expect(sent).toMatchObject({ stage: 'DOT', answer: { text: '250 2.0.0 Taken' }, isStale: false });
    expect(primary.messages[0]?.recipients.map(({ address }) => address)).toEqual(['a@dom.example', 'b@dom.example']);
  });

  test('two recipients that differ only in case, and one twice, are told apart', async () => {
    const primary = await primaryWith();
    const session = await open(primary);
    const sent = await session.send(message(HELLO, 'A@dom.example', 'a@dom.example', 'a@dom.example'));
    expect(sent.accepted).toEqual([0, 1, 2]);
  });

  test('DSN parameters of each recipient are passed on where DSN is offered', async () => {
    const primary = await primaryWith();
    const session = await open(primary);
    const base = message(HELLO);
    const recipients = [
      { number: 7, address: 'a@dom.example', notify: ['NEVER'] as const, originalRecipient: null },
      {
        number: 9,
        address: 'b@dom.example',
        notify: ['SUCCESS', 'DELAY'] as const,
        originalRecipient: 'rfc822;o+2Bx@far.example',
      },
      // RFC 6533 §3: in the form that may go anywhere.
      {
        number: 11,
        address: 'c@dom.example',
        notify: [],
        originalRecipient: 'utf-8;jür\\x{2B}gen@far.example',
      },
    ];
    const sent = await session.send({ ...base, recipients, ret: 'HDRS', envelopeId: 'QQ+2B1', body8bit: true });
    expect(sent.accepted).toEqual([7, 9, 11]);
    expect(primary.messages[0]?.mailParameters).toBe('SIZE=25 BODY=8BITMIME RET=HDRS ENVID=QQ+2B1');
    expect(primary.messages[0]?.recipients.map(({ parameters }) => parameters)).toEqual([
      'NOTIFY=NEVER',
      'NOTIFY=SUCCESS,DELAY ORCPT=rfc822;o+2Bx@far.example',
      'ORCPT=utf-8;j\\x{FC}r\\x{2B}gen@far.example',
    ]);
  });

  test('without DSN, SIZE and 8BITMIME nothing is said of them, and 8-bit content goes unchanged (protocol 31)', async () => {
    const primary = await primaryWith({ dsn: false, eightBitMime: false, sizeLimitBytes: null });
    const session = await open(primary);
    const content = Buffer.from('Subject: caf\xe9\r\n\r\n\xff\x80\r\n', 'latin1');
    const base = message(content);
    const recipients = [
      { number: 0, address: 'a@dom.example', notify: ['NEVER'] as const, originalRecipient: 'rfc822;x' },
    ];
    await session.send({ ...base, recipients, ret: 'FULL', envelopeId: 'E', body8bit: true });
    expect(primary.messages[0]).toMatchObject({ mailParameters: '', recipients: [{ parameters: '' }] });
    expect(primary.messages[0]?.content.equals(content)).toBe(true);
  });

  test('the client is told by XFORWARD where that is offered, as far as it is, before each MAIL and behind RSET', async () => {
    const primary = await primaryWith({ xforward: 'NAME ADDR HELO IDENT SOURCE' });
    const session = await open(primary);
    const name = 'mail.far.example';
    const client = {
      address: '2001:db8::25',
      name,
      ehloName: 'a+b=c\u00e9',
      protocol: 'ESMTPS',
      transactionId: 'id-1',
    };
    const said = `XFORWARD NAME=${name} ADDR=IPV6:2001:db8::25 HELO=a+2Bb+3Dc+C3+A9 IDENT=id-1 SOURCE=REMOTE`;
    expect((await session.send({ ...message(HELLO, 'permfail@dom.example'), client })).stage).toBe('RCPT');
    expect((await session.send({ ...message(HELLO), client })).answer.text).toBe('250 2.0.0 Taken');
    // Mail of our own, and a refusal: the mail goes all the same.
    expect((await session.send(message(HELLO))).answer.text).toBe('250 2.0.0 Taken');
    primary.setMode({ xforwardReply: '550 5.7.0 not you' });
    expect((await session.send({ ...message(HELLO), client })).answer.text).toBe('250 2.0.0 Taken');
    const commands = primary.sessions[0]?.commands.filter((line) => /^(?:RSET|XFORWARD|MAIL)/.test(line)) ?? [];
    expect(commands.map((line) => (line.startsWith('XFORWARD') ? line : line.slice(0, 4)))).toEqual([
      said,
      'MAIL',
      'RSET',
      said,
      'MAIL',
      'MAIL',
      said,
      'MAIL',
    ]);
  });

  test('null reverse-path, quoted local parts and SMTPUTF8 go out as they are', async () => {
    const primary = await primaryWith();
    const session = await open(primary);
    await session.send({ ...message(HELLO, '"a <b> c"@dom.example'), reversePath: null });
    await session.send({ ...message(HELLO, 'josé@dom.example'), smtpUtf8: true });
    await session.send({ ...message(HELLO), smtpUtf8: true });
    expect(primary.messages.map(({ reversePath }) => reversePath)).toEqual([
      '',
      'sender@far.example',
      'sender@far.example',
    ]);
    expect(primary.messages.map(({ recipients }) => recipients[0]?.address)).toEqual([
      '"a <b> c"@dom.example',
      'josé@dom.example',
      'user@dom.example',
    ]);
    expect(primary.messages.map(({ mailParameters }) => mailParameters.includes('SMTPUTF8'))).toEqual([
      false,
      true,
      true,
    ]);
  });

  test('a CR or LF in an address never becomes a command (protocol 40)', async () => {
    const primary = await primaryWith();
    const session = await open(primary);
    await session.send({ ...message(HELLO, 'a@dom.example>\r\nDATA\r\nx'), reversePath: 'a\nRSET@far.example' });
    const { commands } = primary.sessions[0] ?? { commands: [] };
    expect(commands.filter((line) => /^(?:MAIL|RCPT)/.test(line))).toEqual([
      'MAIL FROM:<a?RSET@far.example> SIZE=25',
      'RCPT TO:<a@dom.example>??DATA??x>',
    ]);
  });

  test('many messages over one session, pipelined and not, with RSET where a transaction was left open', async () => {
    for (const modes of ['plain', 'noPipelining'] as const) {
      const primary = await primaryWith(modes);
      const session = await open(primary);
      for (let round = 0; round < 20; round += 1) {
        expect((await session.send(message(HELLO, 'permfail@dom.example'))).stage).toBe('RCPT');
        expect((await session.send(message(`Subject: ${round}\r\n\r\n`))).answer.text).toBe('250 2.0.0 Taken');
      }
      expect(primary.messages).toHaveLength(20);
      expect(primary.sessions).toHaveLength(1);
      expect(session.messageCount()).toBe(40);
      expect(primary.sessions[0]?.commands.filter((line) => line === 'RSET')).toHaveLength(20);
    }
  });

  test.each(['multiline', 'oneCharacter', 'longLines', 'tarpit'] as const)('replies %s (protocol 60)', async (mode) => {
    const primary = await primaryWith(mode);
    const session = await open(primary);
    const sent = await session.send(message(HELLO, 'a@dom.example', 'permfail@dom.example'));
    expect(sent.accepted).toEqual([0]);
    expect(sent.refused.get(1)?.text).toContain('5.1.1');
    expect(sent.answer).toMatchObject({ kind: 'REPLY', reply: { code: 250 } });
    expect(primary.messages).toHaveLength(1);
  });

  test.each([
    [{ mailFrom: 'Guru Meditation' }, 'MAIL'],
    [{ data: '999 what' }, 'DATA'],
    [{ data: '250 Go ahead' }, 'DATA'],
    [{ dot: '2ok' }, 'DOT'],
    [{ dot: '1' }, 'DOT'],
  ] as const)('junk %o is junk, and no acceptance (protocol 60)', async (modes, stage) => {
    const primary = await primaryWith(modes);
    const session = await open(primary);
    const sent = await session.send(message(HELLO));
    expect(sent.stage).toBe(stage);
    if (!('data' in modes && modes.data.startsWith('250'))) expect(sent.answer.kind).toBe('JUNK');
  });

  test('a server that takes DATA with 250 is out of step: cut before any content', async () => {
    const primary = await primaryWith({ data: '250 OK' });
    const session = await open(primary);
    expect(await session.send(message(HELLO))).toMatchObject({ stage: 'DATA', answer: { text: '250 OK' } });
    expect(session.isAlive()).toBe(false);
    await primary.waitFor(() => primary.sessions[0]?.isOpen === false);
    expect(primary.sessions[0]?.commands.at(-1)).toBe('DATA');
  });

  test.each([
    ['MAIL', 'MAIL'],
    ['RCPT', 'RCPT'],
    ['DATA', 'DATA'],
  ] as const)('dropped or silent at %s', async (step, stage) => {
    const primary = await primaryWith({ dropAt: step });
    const dropped = await (await open(primary)).send(message(HELLO));
    expect(dropped).toMatchObject({ stage, answer: { kind: 'SILENCE', silence: 'DROPPED' }, isStale: false });
    primary.setMode('plain');
    primary.setMode({ silentAt: step });
    const timeouts = { ...DEFAULT_SMTP_TIMEOUTS, commandMs: step === 'DATA' ? 60_000 : 2000, dataMs: 80 };
    const session = await open(primary, { timeouts });
    const silent = await session.send(message(HELLO));
    expect(silent).toMatchObject({ stage, answer: { kind: 'SILENCE', silence: 'TIMEOUT' } });
    expect(session.isAlive()).toBe(false);
  });

  test('answers given before the connection broke are kept', async () => {
    const primary = await primaryWith();
    const session = await open(primary);
    const sent = await session.send(
      message(HELLO, 'permfail@dom.example', 'a@dom.example', 'drop-at-rcpt@dom.example'),
    );
    expect(sent).toMatchObject({ stage: 'RCPT', answer: { kind: 'SILENCE' }, accepted: [1] });
    expect(sent.refused.get(0)?.text).toBe('550 5.1.1 No such user here');
  });

  test('a reply lost after the dot, by a drop and by time (protocol 58, 61)', async () => {
    const primary = await primaryWith();
    const dropped = await (await open(primary)).send(message(HELLO, 'drop-after-data@dom.example'));
    expect(dropped).toMatchObject({ stage: 'DOT', answer: { silence: 'DROPPED' } });
    primary.setMode({ silentAt: 'DOT' });
    const session = await open(primary, { timeouts: { ...DEFAULT_SMTP_TIMEOUTS, dotMs: 60 } });
    expect(await session.send(message(HELLO))).toMatchObject({ stage: 'DOT', answer: { silence: 'TIMEOUT' } });
  });

  test('421 at any point ends the session; what was said stays said', async () => {
    const primary = await primaryWith();
    const session = await open(primary);
    const sent = await session.send(message(HELLO, 'permfail@dom.example', 'closing@dom.example', 'a@dom.example'));
    expect(sent.refused.get(0)?.text).toBe('550 5.1.1 No such user here');
    expect(sent.answer.text).toBe('421 4.3.2 Shutting down');
    expect(session.isAlive()).toBe(false);
  });

  test('a peer that stops reading the content runs into the block timeout', async () => {
    const primary = await primaryWith({ stopsReading: true, startTls: 'ABSENT' });
    const session = await open(primary, { timeouts: { ...DEFAULT_SMTP_TIMEOUTS, blockMs: 150 } });
    const sent = await session.send(message(Buffer.alloc(24 * 1024 * 1024, 'x\r\n')));
    expect(sent).toMatchObject({ stage: 'CONTENT', answer: { silence: 'TIMEOUT' } });
    // The last block is a block too: the ten minutes for the final reply begin when it is on its way.
    const other = await open(primary, { timeouts: { ...DEFAULT_SMTP_TIMEOUTS, blockMs: 150 }, blockBytes: 2 ** 25 });
    const last = await other.send(message(Buffer.alloc(24 * 1024 * 1024, 'x\r\n')));
    expect(last).toMatchObject({ stage: 'DOT', answer: { silence: 'TIMEOUT' } });
    expect(primary.messages).toHaveLength(0);
  });

  test.each(['MAIL', '.'])(
    'a peer that sends an octet now and then does not hold us for ever: from %s on',
    async (from) => {
      const port = await serve((line, socket) => {
        if (line.startsWith(from)) setInterval(() => socket.write('2'), 5).unref();
        else if (line !== 'Hello') socket.write(line === 'DATA' ? '354 go\r\n' : '250 ok\r\n');
      });
      // Only of the step that is meant: the others are answered, but not always at once.
      const timeouts = from === '.' ? { dotMs: 60 } : { commandMs: 2000 };
      const opened = await openSession(optionsFor({ host: '127.0.0.1', port }, timeouts));
      if (opened.kind !== 'OPEN') throw new Error(opened.reply);
      const sent = await opened.session.send(message('Hello'));
      expect(sent.answer).toMatchObject({ kind: 'SILENCE', silence: 'TIMEOUT' });
      expect(sent.stage === 'DOT').toBe(from === '.');
    },
  );

  test.each(['354 go\r\n250 2.0.0 Taken\r\n', '354 go\r\n250 2.0.', '250 ok\r\n354 go\r\n'])(
    'what comes behind the go-ahead is not taken for the final reply: %j',
    async (said) => {
      let content = '';
      const port = await serve((line, socket) => {
        if (line === 'DATA') socket.write(said);
        else if (/^(?:MAIL|RCPT)/.test(line)) socket.write('250 ok\r\n');
        else content += line;
      });
      const opened = await openSession(optionsFor({ host: '127.0.0.1', port }));
      if (opened.kind !== 'OPEN') throw new Error(opened.reply);
      expect(await opened.session.send(message(HELLO))).toMatchObject({ stage: 'DATA', answer: { kind: 'JUNK' } });
      expect(opened.session.isAlive()).toBe(false);
      expect(content).toBe('');
    },
  );
});

/** A server that greets, and says what it is told to each line; its port. */
async function serve(onLine: (line: string, socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).write('220 hello\r\n');
    socket.on('data', (chunk: Buffer) => {
      for (const line of chunk.toString().trimEnd().split('\r\n')) {
        if (line.startsWith('EHLO')) socket.write('250 hello\r\n');
        else onLine(line, socket);
      }
    });
    cleanups.push(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}
