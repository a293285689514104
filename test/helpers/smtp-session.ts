/**
 * A bare SMTP client for benchmarks and interop: sends what it is told, gives the reply's code. RFC 5321.
 *
 * Does not judge, retry or stuff dots: the content of a benchmark has none, an interop test brings them stuffed.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface SmtpSession {
  /** Sends one command and resolves with the reply's code. */
  command(line: string): Promise<number>;
  /** Sends content, whose dots are stuffed already, then the final dot; resolves with the reply's code. */
  content(bytes: Uint8Array): Promise<number>;
  close(): void;
}

interface Waiter {
  readonly resolve: (code: number) => void;
  readonly reject: (error: Error) => void;
}

function readReplies(socket: Socket, waiters: Waiter[]): void {
  let text = '';
  let failure: Error | null = null;
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf('\r\n'); end !== -1; end = text.indexOf('\r\n')) {
      const line = text.slice(0, end);
      text = text.slice(end + 2);
      if (line[3] !== '-') waiters.shift()?.resolve(Number(line.slice(0, 3)));
    }
  });
  const fail = (error: Error): void => {
    failure ??= error;
    for (const waiter of waiters.splice(0)) waiter.reject(failure);
  };
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the server closed the connection')));
}

/** Connects to 127.0.0.1 and resolves after greeting and EHLO. */
export async function openSession(port: number): Promise<SmtpSession> {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  const waiters: Waiter[] = [];
  const reply = () => new Promise<number>((resolve, reject) => waiters.push({ resolve, reject }));
  const greeting = reply();
  readReplies(socket, waiters);
  const command = (line: string): Promise<number> => {
    const answer = reply();
    socket.write(`${line}\r\n`);
    return answer;
  };
  if ((await greeting) !== 220) throw new Error('no 220 greeting');
  if ((await command('EHLO bench.test.example')) !== 250) throw new Error('EHLO was refused');
  return {
    command,
    content: async (bytes) => {
      const answer = reply();
      if (!socket.write(bytes)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
      const hasLineEnd = bytes.at(-2) === 13 && bytes.at(-1) === 10;
      socket.write(hasLineEnd ? '.\r\n' : '\r\n.\r\n');
      return answer;
    },
    close: () => socket.destroy(),
  };
}

/** One transaction; throws on any reply but the expected one. */
export async function sendMessage(
  session: SmtpSession,
  mail: { readonly from: string; readonly to: string; readonly content: Uint8Array },
): Promise<void> {
  const expect = async (what: string, wanted: number, answer: Promise<number>): Promise<void> => {
    const code = await answer;
    if (code !== wanted) throw new Error(`${what} was answered ${code}`);
  };
  await expect('MAIL', 250, session.command(`MAIL FROM:<${mail.from}>`));
  await expect('RCPT', 250, session.command(`RCPT TO:<${mail.to}>`));
  await expect('DATA', 354, session.command('DATA'));
  await expect('the final dot', 250, session.content(mail.content));
}
