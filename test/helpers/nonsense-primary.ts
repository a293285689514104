/**
 * A primary that is in its senses up to one step of the dialogue and talks nonsense there: what a worker must survive.
 *
 * Listens on a port of its own and keeps it; `recover` makes it a plain sink. It records what it took, and how often it was
 * called. Its nonsense never ends by itself: the client has to.
 */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { type FakePrimaryModes, PLAIN_MODES } from './fake-primary-modes.ts';
import { serveSession } from './fake-primary-session.ts';
import { testCertificate } from './certificate.ts';

/** HANDSHAKE: where TLS should begin. */
export const STAGES = ['GREETING', 'EHLO', 'STARTTLS', 'HANDSHAKE', 'MAIL', 'RCPT', 'DATA', 'DOT'] as const;
export type Stage = (typeof STAGES)[number];

/**
 * ONE_BYTE: the right reply, an octet at a time. DRIBBLE: digits, one now and then, without end. LONG_LINE: the right code and
 * ten megabytes before the line end. BINARY: random octets, line ends among them. NULS: the right reply behind a thousand of
 * them. ENDLESS: continuation lines without end; to EHLO, keywords. MANY_LINES: the right reply, with 2,000 of them before its
 * end. YES_THEN_NO, NO_THEN_YES: one reply with the right code and one that refuses for good. EARLY: every reply there could be,
 * at once. SILENCE: nothing, the connection stays. RESET: a TCP reset.
 */
export const NONSENSE = [
  'ONE_BYTE',
  'DRIBBLE',
  'LONG_LINE',
  'BINARY',
  'NULS',
  'ENDLESS',
  'MANY_LINES',
  'YES_THEN_NO',
  'NO_THEN_YES',
  'EARLY',
  'SILENCE',
  'RESET',
] as const;
export type Nonsense = (typeof NONSENSE)[number];

export interface NonsensePrimary {
  readonly host: string;
  readonly port: number;
  /** Forward-paths of the messages taken since it recovered. */
  readonly taken: string[];
  readonly sessionCount: () => number;
  /** Octets of nonsense that the client's side of the connections has taken. */
  readonly spokenBytes: () => number;
  /** In its senses from the next connection on. */
  readonly recover: () => void;
  readonly close: () => Promise<void>;
}

/** The right reply at each stage. */
const RIGHT: { readonly [S in Stage]: string } = {
  GREETING: '220 primary.example ESMTP',
  EHLO: '250 primary.example',
  STARTTLS: '220 Go ahead',
  HANDSHAKE: '220 Go ahead',
  MAIL: '250 2.1.0 Sender OK',
  RCPT: '250 2.1.5 Recipient OK',
  DATA: '354 Go ahead',
  DOT: '250 2.0.0 Taken',
};
const LONG_LINE_BYTES = 10 * 1024 * 1024;
const DRIBBLE_EVERY_MS = 100;
const REFUSAL = '550 5.1.1 No such user here';
/** Behind these kinds of nonsense the dialogue goes on. */
const GOES_ON: ReadonlySet<Nonsense> = new Set(['ONE_BYTE', 'MANY_LINES', 'EARLY', 'YES_THEN_NO', 'NO_THEN_YES']);

export async function startNonsensePrimary(stage: Stage, nonsense: Nonsense): Promise<NonsensePrimary> {
  const host = '127.0.0.1';
  const taken: string[] = [];
  const cuts = new Set<() => void>();
  const count = { sessions: 0, spokenBytes: 0 };
  let isPlain = false;

  const server = createServer((socket) => {
    count.sessions += 1;
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    const cut = isPlain ? takeMail(socket, taken) : talk(socket, { stage, nonsense, count });
    cuts.add(cut);
    socket.on('close', () => cuts.delete(cut));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the nonsense primary has no port');
  return {
    host,
    port: bound.port,
    taken,
    sessionCount: () => count.sessions,
    spokenBytes: () => count.spokenBytes,
    recover: () => {
      isPlain = true;
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const cut of cuts) cut();
      await closed;
    },
  };
}

/** The fake primary's own session, plain. Returns what cuts it. */
function takeMail(socket: Socket, taken: string[]): () => void {
  const session = {
    number: 0,
    commands: [],
    isTls: false,
    serverName: null,
    isOpen: true,
    unfinishedBytes: 0,
  };
  const modes: FakePrimaryModes = { ...PLAIN_MODES, startTls: 'ABSENT' };
  return serveSession({
    socket,
    session,
    modes: () => modes,
    certificate: testCertificate(),
    greylisted: new Set(),
    onMessage: ({ recipients }) => void taken.push(...recipients.map(({ address }) => address)),
    onRcpt: () => undefined,
    onChange: () => undefined,
  });
}

interface Plan {
  readonly stage: Stage;
  readonly nonsense: Nonsense;
  readonly count: { spokenBytes: number };
}

/** One dialogue, in clear, up to the step where the nonsense begins. Returns what cuts it. */
function talk(socket: Socket, { stage, nonsense, count }: Plan): () => void {
  let text = '';
  let isInContent = false;
  let isInHandshake = false;
  let isOutOfItsSenses = false;
  /** What is still to be said, an octet at a time, and whole replies behind it. */
  const slowly: string[] = [];
  const speak = (bytes: Uint8Array | string): boolean => {
    if (socket.destroyed || !socket.writable) return false;
    count.spokenBytes += Buffer.byteLength(bytes);
    return socket.write(bytes);
  };
  const answer = (at: Stage, reply = RIGHT[at]): void => {
    if (isOutOfItsSenses) return;
    if (at !== stage) {
      if (slowly.length > 0) slowly.push(`${reply}\r\n`);
      else socket.write(`${reply}\r\n`);
      return;
    }
    isOutOfItsSenses = !GOES_ON.has(nonsense);
    SPEECH[nonsense]({ socket, reply, stage, slowly, speak });
  };
  const onLine = (line: string): void => {
    const verb = line.split(/[ :]/)[0]?.toUpperCase() ?? '';
    if (verb === 'EHLO') answer('EHLO', ehloReply(stage));
    else if (verb === 'HELO') answer('EHLO');
    else if (verb === 'STARTTLS') {
      answer('STARTTLS');
      isInHandshake = stage === 'HANDSHAKE';
    } else if (verb === 'MAIL') answer('MAIL');
    else if (verb === 'RCPT') answer('RCPT');
    else if (verb === 'DATA') {
      isInContent = true;
      answer('DATA');
    } else if (verb === 'RSET') socket.write('250 2.0.0 Reset\r\n');
    else if (verb === 'QUIT') socket.end('221 2.0.0 Bye\r\n');
  };
  socket.on('data', (chunk: Buffer) => {
    if (isInHandshake) {
      answer('HANDSHAKE');
      return;
    }
    text += chunk.toString('latin1');
    for (;;) {
      const end = text.indexOf(isInContent ? '\r\n.\r\n' : '\r\n');
      if (end === -1) return;
      const line = text.slice(0, end);
      text = text.slice(end + (isInContent ? 5 : 2));
      if (isInContent) {
        isInContent = false;
        answer('DOT');
      } else onLine(line);
    }
  });
  answer('GREETING');
  return () => socket.destroy();
}

function ehloReply(stage: Stage): string {
  const keywords = [
    'ENHANCEDSTATUSCODES',
    'PIPELINING',
    ...(stage === 'STARTTLS' || stage === 'HANDSHAKE' ? ['STARTTLS'] : []),
  ];
  return [
    '250-primary.example',
    ...keywords.map((word, at) => `250${at === keywords.length - 1 ? ' ' : '-'}${word}`),
  ].join('\r\n');
}

interface Speaker {
  readonly socket: Socket;
  /** The right one. */
  readonly reply: string;
  readonly stage: Stage;
  readonly slowly: string[];
  /** False: the client takes no more just now, or is gone. */
  readonly speak: (bytes: Uint8Array | string) => boolean;
}

const SPEECH: { readonly [N in Nonsense]: (speaker: Speaker) => void } = {
  ONE_BYTE: ({ socket, reply, slowly, speak }) => {
    slowly.push(...`${reply}\r\n`.split(''));
    everySoOften(socket, 5, () => slowly.shift(), speak);
  },
  DRIBBLE: ({ socket, speak }) => everySoOften(socket, DRIBBLE_EVERY_MS, () => '2', speak),
  LONG_LINE: ({ socket, reply, speak }) => {
    const piece = Buffer.alloc(65_536, 'x');
    speak(reply.slice(0, 4));
    pour(socket, () => speak(piece), LONG_LINE_BYTES / piece.length);
  },
  BINARY: ({ socket, speak }) => pour(socket, () => speak(randomBytes(65_536)), 160),
  NULS: ({ reply, speak }) => void speak(`${'\0'.repeat(1000)}${reply}\r\n`),
  ENDLESS: ({ socket, reply, speak }) => {
    const piece = `${reply.slice(0, 3)}-XLINE and another one\r\n`.repeat(2000);
    pour(socket, () => speak(piece), Number.POSITIVE_INFINITY);
  },
  MANY_LINES: ({ reply, speak }) =>
    void speak(`${`${reply.slice(0, 3)}-XLINE and another one\r\n`.repeat(2000)}${reply}\r\n`),
  YES_THEN_NO: ({ reply, speak }) => void speak(`${reply.slice(0, 3)}-${reply.slice(4)}\r\n${REFUSAL}\r\n`),
  NO_THEN_YES: ({ reply, speak }) => void speak(`${REFUSAL.replace(' ', '-')}\r\n${reply}\r\n`),
  // What is still to be said belongs to commands that nobody has sent.
  EARLY: ({ stage, reply, speak }) => {
    const rest = STAGES.slice(STAGES.indexOf(stage) + 1).filter(
      (later) => later !== 'STARTTLS' && later !== 'HANDSHAKE',
    );
    speak([reply, ...rest.map((later) => RIGHT[later]), ''].join('\r\n'));
  },
  SILENCE: () => undefined,
  RESET: ({ socket }) => void socket.resetAndDestroy(),
};

/** Until there is nothing more to say, or nobody to hear it; on a busy machine several, to be in time. */
function everySoOften(
  socket: Socket,
  everyMs: number,
  next: () => string | undefined,
  speak: (octet: string) => boolean,
): void {
  const begunAtMs = performance.now();
  let spoken = 0;
  const timer = setInterval(() => {
    for (; spoken < (performance.now() - begunAtMs) / everyMs; spoken += 1) {
      const octet = next();
      if (octet === undefined || socket.destroyed) {
        clearInterval(timer);
        return;
      }
      speak(octet);
    }
  }, everyMs);
  socket.once('close', () => clearInterval(timer));
}

/** As fast as the client reads, so many times at most. */
function pour(socket: Socket, speakOnce: () => boolean, times: number): void {
  let left = times;
  const go = (): void => {
    while (left > 0 && !socket.destroyed) {
      left -= 1;
      if (!speakOnce()) {
        socket.once('drain', go);
        return;
      }
    }
  };
  go();
}
