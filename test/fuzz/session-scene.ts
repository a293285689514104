/**
 * A real listener to play streams of octets at, and the comparison of what it did with what the reference allows.
 *
 * The policy and the store behind it are test/inbound/fixture.ts's: example.org is served; `hang` and `throw` get 451 at RCPT,
 * and nothing can be stored for `nostore`.
 */
import { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import type { ReceivedTransaction } from '../../src/inbound/transaction.ts';
import { contentText, type Fixture, SIZE_LIMIT, startInbound } from '../inbound/fixture.ts';
import { type AcceptedMessage, judge, type Rules } from './reference.ts';

export interface SessionScene {
  readonly fixture: Fixture;
  /** Plays sessions side by side, each given as its pieces, and says what was not as the reference has it. */
  readonly play: (sessions: readonly (readonly Buffer[])[]) => Promise<Played>;
  readonly close: () => Promise<void>;
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

/** Starts the listener; a client that owes something is told so after `idleMs`. */
export async function startSessionScene(bareNewlines: Rules['bareNewlines'], idleMs: number): Promise<SessionScene> {
  const rules: Rules = { ...RULES, bareNewlines };
  const fixture = await startInbound({
    bareNewlines,
    timeouts: { idleMs, decisionMs: 30, acceptMs: 2000, tickMs: 10 },
    messagesPerMinute: 1_000_000,
  });
  fixture.accept = ({ recipients }) => {
    const isBroken = recipients.some(({ address }) => address.startsWith('nostore@'));
    return isBroken ? Promise.reject(new Error('the database is away')) : Promise.resolve();
  };
  return {
    fixture,
    play: async (sessions) => {
      const heard = await Promise.all(sessions.map((pieces) => playOne(fixture.port, pieces)));
      const verdicts = sessions.map((pieces, at) =>
        judge(Buffer.concat(pieces).toString('latin1'), heard[at] ?? '', rules),
      );
      const messages = verdicts.flatMap((verdict) => verdict.messages);
      const stored = fixture.accepted.splice(0);
      const wrong = verdicts.find(({ complaint }) => complaint !== null)?.complaint ?? null;
      const complaint = wrong ?? firstDifference(messages, stored) ?? fault(fixture);
      return { complaint, heard, messages };
    },
    close: fixture.close,
  };
}

function firstDifference(messages: readonly AcceptedMessage[], stored: readonly ReceivedTransaction[]): string | null {
  for (const transaction of stored) {
    const message = messages.find(({ reply }) => reply.includes(transaction.id));
    if (message === undefined) return `stored without a 250: ${contentText(transaction).slice(0, 200)}`;
    const found = difference(message, transaction);
    if (found !== null) return found;
  }
  return messages.length === stored.length ? null : `${messages.length} times 250, and ${stored.length} are stored`;
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

/** Writes the pieces one by one, each with a system call of its own, and gives what was said until the server closed. */
function playOne(port: number, pieces: readonly Buffer[]): Promise<string> {
  return new Promise((resolve) => {
    const heard: Buffer[] = [];
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const writeFrom = (at: number): void => {
      const piece = pieces[at];
      if (piece === undefined || !socket.writable) return;
      socket.write(piece);
      if (pieces.length > 1) setImmediate(writeFrom, at + 1);
      else writeFrom(at + 1);
    };
    socket.on('connect', () => writeFrom(0));
    socket.on('data', (chunk: Buffer) => {
      heard.push(chunk);
      // From here on only TLS is spoken, and what was sent may have been taken for the one or the other.
      if (chunk.toString('latin1').endsWith('Ready to start TLS\r\n')) socket.end();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(heard).toString('latin1')));
  });
}
