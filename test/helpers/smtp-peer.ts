/**
 * A raw SMTP client for tests: writes any octets, reads whole replies, knows STARTTLS. Adds and checks nothing itself.
 */
import { Buffer } from 'node:buffer';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

export interface SmtpPeer {
  /** Writes octets (a string is Latin-1) in one piece; resolves when the system took them. */
  readonly write: (octets: string | Uint8Array) => Promise<void>;
  /** Writes octets one at a time, each with its own system call. */
  readonly trickle: (octets: string | Uint8Array) => Promise<void>;
  /** The next whole reply, its lines joined by LF. Rejects when the server closes first or none comes in time. */
  readonly reply: () => Promise<string>;
  /** Writes a line with its CRLF and reads one reply. */
  readonly ask: (line: string) => Promise<string>;
  /** Begins TLS on the open connection, any certificate taken; gives the CN of the server's. */
  readonly startTls: (options?: ConnectionOptions) => Promise<{ readonly subject: string }>;
  /** Resolves when the server has closed; rejects when it did not in time. */
  readonly closed: () => Promise<void>;
  /** Ends our side without waiting. */
  readonly destroy: () => void;
}

export interface SmtpPeerOptions {
  readonly host: string;
  readonly port: number;
  readonly localAddress?: string;
  readonly timeoutMs?: number;
}

/** For a reply or an end that comes in any case, on a busy machine. */
const PATIENCE_MS = 30_000;

/** Connects; does not wait for the greeting. */
export async function connectPeer(options: SmtpPeerOptions): Promise<SmtpPeer> {
  const timeoutMs = options.timeoutMs ?? PATIENCE_MS;
  const { host, port, localAddress } = options;
  let socket: Socket = connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) });
  socket.setNoDelay(true);
  let buffered = '';
  let isClosed = false;
  let wake: () => void = () => undefined;

  const listen = (to: Socket): void => {
    to.on('data', (chunk: Buffer) => {
      buffered += chunk.toString('latin1');
      wake();
    });
    to.on('error', () => wake());
    to.on('close', () => {
      isClosed = true;
      wake();
    });
  };

  /** Polls `probe` at every event of the socket until it gives a value. */
  const until = <T>(what: string, probe: () => T | null): Promise<T> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        wake = () => undefined;
        reject(new Error(`no ${what} within ${timeoutMs} ms; unread: ${JSON.stringify(buffered)}`));
      }, timeoutMs);
      wake = () => {
        const found = probe();
        if (found === null && !(isClosed && what === 'reply')) return;
        clearTimeout(timer);
        wake = () => undefined;
        if (found !== null) resolve(found);
        else reject(new Error(`connection closed instead of a ${what}`));
      };
      wake();
    });

  const takeReply = (): string | null => {
    const match = /^(?:\d{3}-[^\n]*\n)*\d{3}(?: [^\n]*)?\r\n/.exec(buffered);
    if (match === null) return null;
    buffered = buffered.slice(match[0].length);
    return match[0].trimEnd().replaceAll('\r\n', '\n');
  };

  const write = (octets: string | Uint8Array): Promise<void> =>
    new Promise((resolve) => {
      const bytes = typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets;
      // A server that has closed is seen by what is read next.
      if (isClosed || bytes.length === 0 || !socket.writable) resolve();
      else socket.write(bytes, () => resolve());
    });

  listen(socket);
  await new Promise<void>((resolve) => {
    if (socket.connecting) socket.once('connect', resolve).once('close', resolve);
    else resolve();
  });

  const reply = (): Promise<string> => until('reply', takeReply);
  return {
    write,
    trickle: async (octets) => {
      const bytes = typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets;
      for (let at = 0; at < bytes.length; at += 1) {
        await write(bytes.subarray(at, at + 1));
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    reply,
    ask: async (line) => {
      await write(`${line}\r\n`);
      return reply();
    },
    startTls: (tlsOptions = {}) =>
      new Promise((resolve, reject) => {
        const plain = socket;
        plain.removeAllListeners('data');
        const secure = connectTls({ ...tlsOptions, socket: plain, rejectUnauthorized: false });
        const fail = (): void => reject(new Error('TLS handshake failed'));
        secure.once('error', fail).once('close', fail);
        secure.once('secureConnect', () => {
          socket = secure;
          listen(secure);
          resolve({ subject: String(secure.getPeerCertificate().subject.CN) });
        });
      }),
    closed: async () => {
      await until('close', () => (isClosed ? true : null));
    },
    destroy: () => {
      socket.destroy();
    },
  };
}
