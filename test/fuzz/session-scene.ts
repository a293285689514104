/**
 * A real listener to play streams of octets at, and the comparison of what it did with what the reference allows.
 *
 * The policy and the store behind it are test/inbound/fixture.ts's: example.org is served; `hang` and `throw` get 451 at RCPT,
 * and nothing can be stored for `nostore`.
 */
import { Buffer } from 'node:buffer';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { InboundOptions } from '../../src/inbound/listener-state.ts';
import type { ReceivedTransaction } from '../../src/inbound/listener-state.ts';
import { contentText, type Fixture, SIZE_LIMIT, startInbound } from '../inbound/fixture.ts';
import { type AcceptedMessage, judge, type Rules } from './reference.ts';

export interface SessionScene {
  readonly fixture: Fixture;
  /** Plays sessions side by side and says what was not as the reference has it. */
  readonly play: (sessions: readonly SentSession[]) => Promise<Played>;
  readonly close: () => Promise<void>;
}

export interface SentSession {
  /** All that is written, one system call each. */
  readonly pieces: readonly Buffer[];
  /** What of it is SMTP, Latin-1; all by default. */
  readonly stream?: string;
  /** TLS is begun before it, and this sent in clear in one piece with STARTTLS. */
  readonly injected?: string;
  /** Whose mail it is; loopback by default. */
  readonly clientAddress?: string;
}

export interface Played {
  /** Null when all was right. */
  readonly complaint: string | null;
  /** What the server said in each session, Latin-1. */
  readonly heard: readonly string[];
  readonly messages: readonly AcceptedMessage[];
}

const SERVED = /^example\.org$/i;

const RULES: Omit<Rules, 'bareNewlines'> = {
  sizeLimitBytes: SIZE_LIMIT,
  recipient: (given, domain) => {
    const localPart = given.startsWith('"') ? given.slice(1, -1).replace(/\\(.)/g, '$1') : given;
    if (localPart === 'hang' || localPart === 'throw') return 'LATER';
    if (domain === '') return 'OK';
    return SERVED.test(domain) ? 'OK' : 'REFUSED';
  },
  isStoreBroken: (recipients) => recipients.some((recipient) => /^"?nostore"?@/.test(recipient)),
};

export interface SceneOptions extends Partial<InboundOptions> {
  readonly bareNewlines: Rules['bareNewlines'];
  readonly idleMs: number;
}

/** Starts the listener; a client that owes something is told so after `idleMs`. */
export async function startSessionScene(options: SceneOptions): Promise<SessionScene> {
  const { bareNewlines, idleMs, ...overrides } = options;
  const rules: Rules = { ...RULES, bareNewlines };
  const fixture = await startInbound({
    bareNewlines,
    timeouts: { idleMs, decisionMs: 30, acceptMs: 2000, tickMs: 10 },
    messagesPerMinute: 1_000_000,
    ...overrides,
  });
  fixture.accept = ({ recipients }) => {
    const isBroken = recipients.some(({ address }) => address.startsWith('nostore@'));
    return isBroken ? Promise.reject(new Error('the database is away')) : Promise.resolve();
  };
  /** Of a test that ran out of time the last play goes on into the next test: what it stores is not the next one's. */
  let before: Promise<unknown> = Promise.resolve();
  const playNow: SessionScene['play'] = async (sessions) => {
    const heard = await Promise.all(
      sessions.map(({ pieces, injected }) =>
        injected === undefined ? playOne(fixture.port, pieces) : playSecure(fixture.port, pieces, injected),
      ),
    );
    const stored = new Map(fixture.accepted.splice(0).map((transaction) => [transaction.id, transaction]));
    const complaints = new Set<string | null>();
    const messages: AcceptedMessage[] = [];
    for (const [at, { pieces, stream, injected, clientAddress = '127.0.0.1' }] of sessions.entries()) {
      const sent = stream ?? Buffer.concat(pieces).toString('latin1');
      const verdict = judge(sent, heard[at] ?? '', { ...rules, isSecure: injected !== undefined });
      complaints.add(verdict.complaint);
      messages.push(...verdict.messages);
      for (const message of verdict.messages) complaints.add(differenceIn(stored, message, clientAddress));
    }
    for (const transaction of stored.values()) complaints.add(`stored without a 250: ${contentText(transaction)}`);
    complaints.add(fault(fixture));
    const complaint = [...complaints].find((found) => found !== null) ?? null;
    return { complaint, heard, messages };
  };
  return {
    fixture,
    play: (sessions) => {
      const played = before.then(() => playNow(sessions));
      before = played.catch(() => undefined);
      return played;
    },
    close: fixture.close,
  };
}

/** Takes the message's transaction out of those that are stored, and compares the two. */
function differenceIn(
  stored: Map<string, ReceivedTransaction>,
  message: AcceptedMessage,
  clientAddress: string,
): string | null {
  const id = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(message.reply)?.[0] ?? '';
  const transaction = stored.get(id);
  stored.delete(id);
  if (transaction === undefined) return `answered 250 and not stored: ${message.reply}`;
  const { address } = transaction.envelope.client;
  return address === clientAddress ? difference(message, transaction) : `stored as of ${address}, not ${clientAddress}`;
}

/** A spelling that needs no other one: then what is stored is what was said, but for the case of the domain. */
const PLAIN = /^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+[A-Za-z]$/;

function difference(message: AcceptedMessage, stored: ReceivedTransaction): string | null {
  const { envelope, recipients } = stored;
  const content = contentText(stored);
  if (content !== message.content) {
    return `stored ${JSON.stringify(content.slice(0, 200))} for ${JSON.stringify(message.content.slice(0, 200))}`;
  }
  if (stored.sizeBytes !== message.content.length) return `size ${stored.sizeBytes} for ${message.content.length}`;
  const addresses = recipients.map(({ address }) => address);
  // The fixture sends <postmaster> to its own name.
  const strangers = addresses.filter((address) => !/@(?:example\.org|mx\.backup\.example)$/.test(address));
  if (strangers.length > 0) return `stored for ${strangers.join(', ')}`;
  if (message.recipients.every((given) => PLAIN.test(given))) {
    const said = new Set(message.recipients.map(withLowerDomain));
    if (said.size !== addresses.length || !addresses.every((address) => said.has(address))) {
      return `stored for ${addresses.join(', ')} instead of ${[...said].join(', ')}`;
    }
  }
  const { reversePath } = message;
  const isPlain = reversePath === null || (reversePath !== undefined && PLAIN.test(reversePath));
  const wanted = typeof reversePath === 'string' ? withLowerDomain(reversePath) : reversePath;
  return isPlain && envelope.reversePath !== wanted ? `stored from ${envelope.reversePath} instead of ${wanted}` : null;
}

function withLowerDomain(address: string): string {
  const at = address.lastIndexOf('@');
  return `${address.slice(0, at)}${address.slice(at).toLowerCase()}`;
}

/** The faults that the fixture is asked for are the database's. */
function fault({ events }: Fixture): string | null {
  const faults = events.splice(0).filter(({ name }) => name === 'fault');
  const ours = faults.find(({ fields }) => !String(fields['error']).includes('the database is away'));
  return ours === undefined ? null : `a fault: ${JSON.stringify(ours.fields)} ${String(ours.fields['error'])}`;
}

/** Writes the pieces one by one, each with a system call of its own. */
function writePieces(socket: Socket, pieces: readonly Buffer[], at = 0): void {
  const piece = pieces[at];
  if (piece === undefined || !socket.writable) return;
  socket.write(piece);
  setImmediate(writePieces, socket, pieces, at + 1);
}

/** Gives what was said until the server closed. */
function playOne(port: number, pieces: readonly Buffer[]): Promise<string> {
  return new Promise((resolve) => {
    const heard: Buffer[] = [];
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    socket.on('connect', () => writePieces(socket, pieces));
    socket.on('data', (chunk: Buffer) => {
      heard.push(chunk);
      // From here on only TLS is spoken, and what was sent may have been taken for the one or the other.
      if (isTlsBegun(chunk)) socket.end();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(heard).toString('latin1')));
  });
}

function isTlsBegun(chunk: Buffer): boolean {
  return chunk.toString('latin1').endsWith('Ready to start TLS\r\n');
}

/** Begins a transaction, then TLS: gives what was said under TLS, behind a greeting that stands for the handshake. */
function playSecure(port: number, pieces: readonly Buffer[], injected: string): Promise<string> {
  return new Promise((resolve) => {
    const heard: Buffer[] = [Buffer.from('220 the handshake\r\n')];
    const close = (): void => resolve(Buffer.concat(heard).toString('latin1'));
    const plain = connect({ host: '127.0.0.1', port, noDelay: true });
    plain.on('connect', () => {
      const clear = 'EHLO clear.example\r\nMAIL FROM:<clear@sender.example>\r\nRCPT TO:<clear@example.org>\r\n';
      plain.write(Buffer.from(`${clear}STARTTLS\r\n${injected}`, 'latin1'));
    });
    plain.on('error', () => undefined);
    plain.on('close', close);
    plain.on('data', (chunk: Buffer) => {
      if (!isTlsBegun(chunk)) return;
      plain.removeAllListeners('data');
      const secure = connectTls({ socket: plain, rejectUnauthorized: false });
      secure.on('secureConnect', () => writePieces(secure, pieces));
      secure.on('data', (octets: Buffer) => heard.push(octets));
      secure.on('error', () => undefined);
      secure.on('close', close);
    });
  });
}
