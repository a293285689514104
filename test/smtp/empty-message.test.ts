/** A peer that refuses the envelope and asks for the content all the same: it gets not an octet of a message, nor a dot. */
import { afterEach, describe, expect, test } from 'bun:test';
import { createServer } from 'node:net';
import { openSession } from '../../src/smtp/client.ts';
import { DEFAULT_SMTP_TIMEOUTS } from '../../src/smtp/session.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Peer {
  readonly port: number;
  /** Lines as they came, those of content too. */
  readonly lines: readonly string[];
  /** Messages that were ended by a dot, or by the end of the connection. */
  readonly taken: readonly string[];
  readonly ended: Promise<void>;
}

type Step = 'MAIL' | 'RCPT' | 'DATA' | 'RSET';

/** A primary that answers each command with the words of `replies`, and takes content whenever it has said 354. */
async function startPeer(replies: Partial<Record<Step, string>>, isPipelining: boolean): Promise<Peer> {
  const lines: string[] = [];
  const taken: string[] = [];
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    let content: string[] | null = null;
    let rest = '';
    const hear = (line: string): void => {
      lines.push(line);
      if (content !== null) {
        if (line !== '.') return void content.push(line);
        taken.push(content.join('\n'));
        content = null;
        return void socket.write('250 2.0.0 Taken\r\n');
      }
      const verb = line.slice(0, 4);
      if (verb === 'EHLO') return void socket.write(isPipelining ? '250-hello\r\n250 PIPELINING\r\n' : '250 hello\r\n');
      const reply = replies[verb as Step] ?? (verb === 'DATA' ? '354 go' : '250 ok');
      if (verb === 'DATA' && reply.startsWith('354')) content = [];
      socket.write(`${reply}\r\n`);
    };
    socket.on('error', () => undefined).write('220 hello\r\n');
    socket.on('data', (chunk: Buffer) => {
      const parts = (rest + chunk.toString()).split('\r\n');
      rest = parts.pop() ?? '';
      for (const part of parts) hear(part);
    });
    socket.on('close', () => end());
    cleanups.push(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  const bound = server.address();
  return { port: typeof bound === 'object' && bound !== null ? bound.port : 0, lines, taken, ended };
}

async function sendTo({ port }: Peer) {
  const address = '127.0.0.1';
  const timeouts = DEFAULT_SMTP_TIMEOUTS;
  const opened = await openSession({ host: 'p.example', address, port, ehloName: 'b.example', timeouts, tls: 'NONE' });
  if (opened.kind !== 'OPEN') throw new Error(opened.reply);
  const { session } = opened;
  cleanups.push(session.abort);
  const transaction = await session.send({
    reversePath: 'sender@far.example',
    recipients: ['a', 'b'].map((name, number) => ({
      number,
      address: `${name}@dom.example`,
      notify: [],
      originalRecipient: null,
    })),
    smtpUtf8: false,
    body8bit: false,
    ret: null,
    envelopeId: null,
    content: Buffer.from('Subject: hello\r\n\r\nHello\r\n'),
  });
  return { session, transaction };
}

const REFUSALS: [string, Partial<Record<Step, string>>, 'MAIL' | 'RCPT'][] = [
  ['MAIL refused, the rest taken', { MAIL: '550 5.7.1 not you' }, 'MAIL'],
  ['MAIL put off, the rest taken', { MAIL: '451 4.7.1 later' }, 'MAIL'],
  ['MAIL and RCPT refused, 354 to DATA', { MAIL: '550 5.7.1 not you', RCPT: '503 5.5.1 MAIL first' }, 'MAIL'],
  ['every RCPT refused, 354 to DATA', { RCPT: '550 5.1.1 no such user' }, 'RCPT'],
  ['every RCPT put off, 354 to DATA', { RCPT: '450 4.2.0 greylisted' }, 'RCPT'],
];

describe.each([true, false])('pipelining: %p', (isPipelining) => {
  test.each(REFUSALS)('%s: no message is handed over, not even an empty one', async (_, replies, stage) => {
    const peer = await startPeer(replies, isPipelining);
    const { session, transaction } = await sendTo(peer);
    expect(transaction.stage).toBe(stage);
    expect(transaction.accepted).toEqual([]);
    await session.close();
    await peer.ended;
    expect(peer.taken).toEqual([]);
    expect(peer.lines).not.toContain('.');
    // Without the go-ahead the session goes on; behind it every word would be content.
    if (isPipelining) expect(peer.lines.at(-1)).toBe('DATA');
    else expect(peer.lines.at(-1)).toBe('QUIT');
  });
});

test('421 in the middle of what was pipelined: nothing more is said, though 354 follows', async () => {
  const peer = await startPeer({ RCPT: '421 4.3.2 closing' }, true);
  const { session, transaction } = await sendTo(peer);
  expect(transaction.answer.text).toBe('421 4.3.2 closing');
  expect(session.isAlive()).toBe(false);
  await peer.ended;
  expect([peer.taken, peer.lines.at(-1)]).toEqual([[], 'DATA']);
});

test('an honest refusal of the envelope leaves the session: RSET, and the next message', async () => {
  const replies = { MAIL: '550 5.7.1 not you', RCPT: '503 5.5.1 MAIL first', DATA: '503 5.5.1 MAIL first' };
  const peer = await startPeer(replies, true);
  const { session } = await sendTo(peer);
  expect(session.isAlive()).toBe(true);
});

test.each(['250 ok', '220 what'])('DATA for nobody answered with %s: out of step, the session ends', async (data) => {
  const peer = await startPeer({ RCPT: '550 5.1.1 no such user', DATA: data }, true);
  const { session, transaction } = await sendTo(peer);
  expect(transaction).toMatchObject({ stage: 'RCPT', answer: { text: '550 5.1.1 no such user' } });
  expect(session.isAlive()).toBe(false);
  await peer.ended;
  expect(peer.lines).not.toContain('.');
});
