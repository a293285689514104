/**
 * An SMTP client behind a balancer: says for whom it speaks in a PROXY header of version 1, then talks as that client.
 *
 * So one machine is any number of client networks. The service must trust 127.0.0.1 as a proxy. An end of the connection
 * is an answer like any other here: whoever is turned away has to see how.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Answer {
  /** 0: the connection ended without a reply. */
  readonly code: number;
  /** The last line behind its code. */
  readonly text: string;
  /** Since the command was written, in milliseconds. */
  readonly afterMs: number;
}

export interface ProxiedClient {
  readonly address: string;
  readonly greeting: Answer;
  /** Writes the line and resolves with its reply. Several may be under way. */
  ask(line: string): Promise<Answer>;
  /** Writes the lines in one piece (RFC 2920). */
  askAll(lines: readonly string[]): Promise<Answer[]>;
  /** Content whose dots are stuffed, with its CRLF at the end, then the final dot. */
  content(bytes: Uint8Array): Promise<Answer>;
  /** Octets that are no whole line, or not meant to be answered. */
  write(octets: string): void;
  isOpen(): boolean;
  close(): void;
}

interface Waiter {
  readonly askedAtMs: number;
  readonly resolve: (answer: Answer) => void;
}

/**
 * The n-th client address; 65,536 in a row are each of a /24 of its own. None is private or reserved
 * (mail/ip-class.ts), and nothing is ever sent there.
 *
 * @param index 0 to 16,777,215
 */
export function clientAddress(index: number): string {
  return `8.${(index >> 8) & 255}.${index & 255}.${(index >> 16) & 255}`;
}

/** As `clientAddress`, an IPv6 address in a /64 of its own. */
export function clientAddress6(index: number): string {
  return `2600:8:${(index >> 16).toString(16)}:${(index & 0xffff).toString(16)}::25`;
}

/** Connects to 127.0.0.1; resolves with the greeting, whatever it says. Never rejects. */
export async function connectProxied(port: number, address: string): Promise<ProxiedClient> {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  const waiters: Waiter[] = [];
  const state = { isOpen: true };
  const reply = (): Promise<Answer> => {
    const askedAtMs = performance.now();
    if (!state.isOpen) return Promise.resolve({ code: 0, text: '', afterMs: 0 });
    return new Promise((resolve) => waiters.push({ askedAtMs, resolve }));
  };
  readReplies(socket, waiters, state);
  const greeted = reply();
  socket.write(headerFor(address));
  const write = (octets: string | Uint8Array): boolean => !state.isOpen || socket.write(octets);
  return {
    address,
    greeting: await greeted,
    ask: (line) => {
      const answer = reply();
      write(`${line}\r\n`);
      return answer;
    },
    askAll: (lines) => {
      const answers = lines.map(() => reply());
      write(`${lines.join('\r\n')}\r\n`);
      return Promise.all(answers);
    },
    content: async (bytes) => {
      const answer = reply();
      if (!write(bytes)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => undefined);
      write('.\r\n');
      return answer;
    },
    write: (octets) => void write(octets),
    isOpen: () => state.isOpen,
    close: () => socket.destroy(),
  };
}

function headerFor(address: string): string {
  const isV6 = address.includes(':');
  return `PROXY ${isV6 ? 'TCP6' : 'TCP4'} ${address} ${isV6 ? '::1' : '127.0.0.1'} 40000 25\r\n`;
}

function readReplies(socket: Socket, waiters: Waiter[], state: { isOpen: boolean }): void {
  let unread = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    unread += chunk;
    for (let end = unread.indexOf('\r\n'); end !== -1; end = unread.indexOf('\r\n')) {
      const line = unread.slice(0, end);
      unread = unread.slice(end + 2);
      const waiter = line[3] === '-' ? undefined : waiters.shift();
      waiter?.resolve(answerTo(waiter, Number(line.slice(0, 3)), line.slice(4)));
    }
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    state.isOpen = false;
    for (const waiter of waiters.splice(0)) waiter.resolve(answerTo(waiter, 0, ''));
  });
}

function answerTo({ askedAtMs }: Waiter, code: number, text: string): Answer {
  return { code, text, afterMs: performance.now() - askedAtMs };
}
