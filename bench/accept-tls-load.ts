/**
 * The load of `accept-tls`, a process of its own: N messages over STARTTLS from S parallel clients, a connection each (RFC 3207).
 *
 * Debian's smtp-source knows no TLS. The dialogue is smtp-source's: one command, one reply, and no wait for the reply to
 * QUIT. Any certificate is taken, as most senders do, and every connection makes a whole handshake: none is resumed. Ends
 * with 1 when any reply is not the expected one. Not for kept connections; the other accept benchmarks have those.
 */
import { readFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import process from 'node:process';
import { connect as connectTls, createSecureContext } from 'node:tls';

const [port, messages, sessions, sender, recipient, contentPath] = process.argv.slice(2);
/** LF in the file, CRLF on the wire: what smtp-source does. Its lines begin with no dot. */
const lines = readFileSync(contentPath ?? '', 'latin1').replaceAll('\n', '\r\n');
const content = Buffer.from(`${lines}.\r\n`, 'latin1');
const secureContext = createSecureContext();
const EHLO = 'EHLO bench.test.example\r\n';
/** Each with the code that its reply must have; the first is the handshake's own. */
const STEPS: readonly (readonly [string | Buffer, string])[] = [
  [EHLO, '250'],
  [`MAIL FROM:<${sender}>\r\n`, '250'],
  [`RCPT TO:<${recipient}>\r\n`, '250'],
  ['DATA\r\n', '354'],
  [content, '250'],
];

/** Calls `next` at the end of every reply, with its last line. */
function readReplies(socket: Socket, next: (line: string) => void): void {
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    if (!text.endsWith('\r\n')) return;
    const last = text.lastIndexOf('\n', text.length - 2) + 1;
    if (text[last + 3] === '-') return;
    const line = text.slice(last);
    text = '';
    next(line);
  });
}

/** One message; resolves at its 250. */
function sendOne(): Promise<void> {
  return new Promise((resolve, reject) => {
    const plain = connectTcp({ port: Number(port), host: '127.0.0.1', noDelay: true });
    plain.on('error', reject);
    plain.on('close', () => reject(new Error('the server closed the connection')));
    const secure = (): void => {
      plain.removeAllListeners('data');
      const secured = connectTls({ socket: plain, secureContext, rejectUnauthorized: false });
      secured.on('error', reject);
      let step = 0;
      readReplies(secured, (line) => {
        if (!line.startsWith(STEPS[step]?.[1] ?? '')) return reject(new Error(`step ${step} was answered ${line}`));
        step += 1;
        const command = STEPS[step]?.[0];
        if (command !== undefined) return void secured.write(command);
        secured.end('QUIT\r\n');
        resolve();
      });
      secured.once('secureConnect', () => secured.write(EHLO));
    };
    const clear = ['220', '250', '220'];
    readReplies(plain, (line) => {
      if (!line.startsWith(clear.shift() ?? '-')) return reject(new Error(`in clear: ${line}`));
      if (clear.length === 2) plain.write(EHLO);
      else if (clear.length === 1) plain.write('STARTTLS\r\n');
      else secure();
    });
  });
}

let left = Number(messages);
async function client(): Promise<void> {
  while (left > 0) {
    left -= 1;
    await sendOne();
  }
}

await Promise.all(Array.from({ length: Number(sessions) }, client));
// What is still closing is no part of the load.
process.exit(0);
