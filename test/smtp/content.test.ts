import { afterEach, describe, expect, test } from 'bun:test';
import { openSession } from '../../src/smtp/client.ts';
import { type OutgoingMessage, type SmtpSession, DEFAULT_SMTP_TIMEOUTS } from '../../src/smtp/session.ts';
import { type FakePrimary, type FakePrimaryOptions, startFakePrimary } from '../helpers/fake-primary.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function pair(
  modes: FakePrimaryOptions['modes'] = 'plain',
  blockBytes = 65_536,
): Promise<{ primary: FakePrimary; session: SmtpSession }> {
  const primary = await startFakePrimary({ modes });
  cleanups.push(primary.close);
  const opened = await openSession({
    host: 'primary.example',
    address: primary.host,
    port: primary.port,
    ehloName: 'backup.example',
    timeouts: DEFAULT_SMTP_TIMEOUTS,
    tls: 'OPPORTUNISTIC',
    blockBytes,
  });
  if (opened.kind !== 'OPEN') throw new Error(opened.reply);
  cleanups.push(opened.session.abort);
  return { primary, session: opened.session };
}

function carrying(content: Uint8Array, signal?: AbortSignal): OutgoingMessage {
  return {
    reversePath: null,
    recipients: [{ number: 0, address: 'user@dom.example', notify: [], originalRecipient: null }],
    smtpUtf8: false,
    body8bit: true,
    ret: null,
    envelopeId: null,
    content,
    signal,
  };
}

/** The wire form by definition: every line that begins with a dot gets one more. */
function stuffed(content: Buffer): Buffer {
  return Buffer.from(`${content.toString('latin1').replace(/(^|\r\n)\./g, '$1..')}.\r\n`, 'latin1');
}

/** Lines rich in dots, of any octets but CR, LF and NUL. */
function randomContent(random: () => number): Buffer {
  const pieces: string[] = [];
  const pieceCount = Math.floor(random() * 40);
  for (let index = 0; index < pieceCount; index += 1) {
    const choice = random();
    if (choice < 0.35) pieces.push('\r\n');
    else if (choice < 0.75) pieces.push('.'.repeat(1 + Math.floor(random() * 3)));
    else pieces.push(String.fromCharCode(32 + Math.floor(random() * 224)));
  }
  return Buffer.from(`${pieces.join('')}\r\n`, 'latin1');
}

/** Deterministic, so that a failure can be seen again. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

describe('the byte stream (protocol 39)', () => {
  test.each([1, 2, 3, 7, 65_536])(
    'random content in blocks of %i: every leading dot doubled, nothing else changed',
    async (blockBytes) => {
      const { primary, session } = await pair('noStartTls', blockBytes);
      const random = seeded(blockBytes);
      for (let round = 0; round < 60; round += 1) {
        const content = randomContent(random);
        await session.send(carrying(content));
        const received = primary.messages.at(-1);
        expect(received?.wire.toString('latin1')).toBe(stuffed(content).toString('latin1'));
        expect(received?.content.equals(content)).toBe(true);
        expect(/[^\r]\n|\r[^\n]/.test(received?.wire.toString('latin1') ?? '')).toBe(false);
      }
    },
  );

  test.each([
    ['.\r\n', '..\r\n.\r\n'],
    ['..\r\n.\r\n', '...\r\n..\r\n.\r\n'],
    ['a', 'a\r\n.\r\n'],
    ['', '\r\n.\r\n'],
    ['a\n.\nb', 'a\r\n..\r\nb\r\n.\r\n'],
    ['a\r.\r\n', 'a\r\n..\r\n.\r\n'],
  ])('%j goes out as %j: only our dot ends it (protocol 36, 38)', async (content, wire) => {
    const { primary, session } = await pair();
    await session.send(carrying(Buffer.from(content)));
    expect(primary.messages[0]?.wire.toString()).toBe(wire);
  });

  test('a view into a larger buffer sends its own octets only', async () => {
    const { primary, session } = await pair();
    const whole = new TextEncoder().encode('before\r\nSubject: mine\r\n\r\nafter\r\n');
    await session.send(carrying(whole.subarray(8, 25)));
    expect(primary.messages[0]?.content.toString()).toBe('Subject: mine\r\n\r\n');
  });

  test('ten megabytes arrive byte for byte, over TLS and in clear', async () => {
    const content = Buffer.alloc(10 * 1024 * 1024, '.0123456789abcdef0123456789abcdef0123456789\r\n');
    content.write('\r\n', content.length - 2);
    for (const modes of ['plain', 'noStartTls'] as const) {
      const { primary, session } = await pair(modes);
      expect((await session.send(carrying(content))).answer.text).toBe('250 2.0.0 Taken');
      expect(primary.messages[0]?.content.equals(content)).toBe(true);
    }
  });
});

describe('stopping', () => {
  test('an abort while the content is on its way: the dot never goes out', async () => {
    const { primary, session } = await pair({ stopsReading: true, startTls: 'ABSENT' });
    const controller = new AbortController();
    const sending = session.send(carrying(Buffer.alloc(24 * 1024 * 1024, 'x\r\n'), controller.signal));
    await primary.waitFor(() => primary.sessions[0]?.commands.at(-1) === 'DATA');
    controller.abort();
    expect(await sending).toMatchObject({ answer: { kind: 'SILENCE', silence: 'STOPPED' }, isStale: false });
    expect(session.isAlive()).toBe(false);
    expect(primary.messages).toHaveLength(0);
  });

  test('an abort before DATA is answered: no content goes out', async () => {
    const { primary, session } = await pair({ silentAt: 'DATA' });
    const controller = new AbortController();
    const sending = session.send(carrying(Buffer.from('x\r\n'), controller.signal));
    await primary.waitFor(() => primary.sessions[0]?.commands.at(-1) === 'DATA');
    controller.abort();
    expect(await sending).toMatchObject({ answer: { silence: 'STOPPED' } });
    await primary.waitFor(() => primary.sessions[0]?.isOpen === false);
  });

  test('a sender that may not finish, and could not abort: the dot never goes out', async () => {
    const { primary, session } = await pair();
    let asked = 0;
    const mayFinish = () => {
      asked += 1;
      return false;
    };
    const sending = session.send({ ...carrying(Buffer.from('x\r\n')), mayFinish });
    expect(await sending).toMatchObject({ answer: { silence: 'STOPPED' } });
    await primary.waitFor(() => primary.sessions[0]?.isOpen === false);
    expect(asked).toBe(1);
    expect(primary.messages).toHaveLength(0);
  });

  test('a sender that has to wait before its dot: it goes when it may, and not when it may not or is aborted', async () => {
    const { primary, session } = await pair();
    const free = Promise.withResolvers<boolean>();
    const asked = Promise.withResolvers<void>();
    const waiting = session.send({
      ...carrying(Buffer.from('x\r\n')),
      mayFinish: () => {
        asked.resolve();
        return free.promise;
      },
    });
    await asked.promise;
    expect(primary.messages).toHaveLength(0);
    free.resolve(true);
    expect((await waiting).answer.text).toBe('250 2.0.0 Taken');
    expect(primary.messages).toHaveLength(1);

    const controller = new AbortController();
    const never = Promise.withResolvers<boolean>();
    const aborted = session.send({
      ...carrying(Buffer.from('y\r\n'), controller.signal),
      mayFinish: () => {
        controller.abort();
        return never.promise;
      },
    });
    expect(await aborted).toMatchObject({ answer: { silence: 'STOPPED' } });
    never.resolve(true);
    const other = await pair();
    const refused = other.session.send({ ...carrying(Buffer.from('z\r\n')), mayFinish: () => Promise.resolve(false) });
    expect(await refused).toMatchObject({ answer: { silence: 'STOPPED' } });
    expect([primary.messages.length, other.primary.messages.length]).toEqual([1, 0]);
  });

  test('an abort behind the dot waits for the reply; session.abort does not', async () => {
    const { primary, session } = await pair({ tarpitMs: 40, startTls: 'ABSENT' });
    const controller = new AbortController();
    const sending = session.send(carrying(Buffer.from('x\r\n'), controller.signal));
    await primary.waitFor(() => primary.messages.length === 1);
    controller.abort();
    expect(await sending).toMatchObject({ stage: 'DOT', answer: { text: '250 2.0.0 Taken' } });

    primary.setMode({ tarpitMs: 0, silentAt: 'DOT' });
    const second = session.send(carrying(Buffer.from('y\r\n')));
    await primary.waitFor(() => primary.messages.length === 2);
    session.abort();
    expect(await second).toMatchObject({ stage: 'DOT', answer: { silence: 'STOPPED' } });
  });

  test('an aborted signal at the start touches nothing', async () => {
    const { primary, session } = await pair();
    expect(await session.send(carrying(Buffer.from('x\r\n'), AbortSignal.abort()))).toMatchObject({
      stage: 'MAIL',
      answer: { silence: 'STOPPED' },
    });
    expect(session.isAlive()).toBe(true);
    expect(primary.sessions[0]?.commands.some((line) => line.startsWith('MAIL'))).toBe(false);
  });

  test('close says QUIT and waits for the farewell, but not for ever', async () => {
    const { primary, session } = await pair();
    await session.close();
    expect(primary.sessions[0]?.commands.at(-1)).toBe('QUIT');
    expect(session.isAlive()).toBe(false);
    await session.close();
  });

  test('a session closed by the peer while idle is stale, not trouble', async () => {
    const { primary, session } = await pair({ messagesPerSession: 1 });
    expect((await session.send(carrying(Buffer.from('x\r\n')))).isStale).toBe(false);
    expect(await session.send(carrying(Buffer.from('y\r\n')))).toMatchObject({ isStale: true, stage: 'MAIL' });
    expect(session.isAlive()).toBe(false);
    expect(primary.messages).toHaveLength(1);
  });
});
