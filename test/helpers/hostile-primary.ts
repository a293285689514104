/**
 * A primary whose TLS is hostile, record by record (raw-tls.ts): it takes mail all the same, so that the client comes again.
 */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { type RawTls, type RawTlsOptions, serveRawTls } from './raw-tls.ts';

export interface HostilePlan extends Pick<RawTlsOptions, 'key' | 'cert' | 'sendFlight'> {
  /** Said in clear right behind the 220 to STARTTLS. */
  readonly injected?: string;
  /** What is done in TLS before each reply; default: nothing. */
  readonly beforeReply?: (tls: RawTls) => void;
  /** In place of a reply to a command, or to `.`; null: the usual one. Empty: none. */
  readonly replyTo?: (verb: string, tls: RawTls) => string | null;
  /** A message a session. */
  readonly isShort?: boolean;
}

export interface HostilePrimary {
  readonly host: string;
  readonly port: number;
  /** Forward-paths that had a final 250. */
  readonly taken: string[];
  /** Handshakes that came to their end. */
  readonly handshakeCount: () => number;
  readonly openCount: () => number;
  readonly close: () => Promise<void>;
}

const USUAL: Readonly<Record<string, string>> = {
  EHLO: '250-hostile.example\r\n250 PIPELINING',
  DATA: '354 Go ahead',
};

export async function startHostilePrimary(plan: HostilePlan, host = '127.0.0.1', port = 0): Promise<HostilePrimary> {
  const sockets = new Set<Socket>();
  const taken: string[] = [];
  let handshakes = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    speakClear(socket, plan, () => {
      let session: ((text: string) => void) | null = null;
      serveRawTls(socket, { ...plan, onText: (text) => session?.(text) }, (tls) => {
        handshakes += 1;
        session = speakTls(tls, plan, taken);
      });
    });
  });
  server.listen(port, host);
  await once(server, 'listening');
  const at = server.address();
  return {
    host,
    port: typeof at === 'object' && at !== null ? at.port : 0,
    taken,
    handshakeCount: () => handshakes,
    openCount: () => sockets.size,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function speakClear(socket: Socket, { injected = '' }: HostilePlan, onStartTls: () => void): void {
  let text = '';
  const take = (chunk: Uint8Array): void => {
    text += Buffer.from(chunk).toString('latin1');
    if (!text.endsWith('\r\n')) return;
    const line = text;
    text = '';
    if (!line.startsWith('STARTTLS')) {
      socket.write('250-hostile.example\r\n250 STARTTLS\r\n');
      return;
    }
    socket.off('data', take);
    onStartTls();
    socket.write(`220 Go ahead\r\n${injected}`);
  };
  socket.on('data', take);
  socket.write('220 hostile.example ESMTP\r\n');
}

/** Returns what takes the client's words. */
function speakTls(tls: RawTls, plan: HostilePlan, taken: string[]): (text: string) => void {
  const { beforeReply = () => undefined, replyTo = () => null, isShort = false } = plan;
  let text = '';
  let isInContent = false;
  let recipients: string[] = [];
  const reply = (verb: string): string => {
    const words = replyTo(verb, tls) ?? USUAL[verb] ?? '250 2.0.0 OK';
    beforeReply(tls);
    if (words !== '') tls.say(`${words}\r\n`);
    return words;
  };
  const onLine = (line: string): void => {
    const verb = line.split(/[ :]/)[0]?.toUpperCase() ?? '';
    if (verb === 'MAIL') recipients = [];
    if (verb === 'RCPT') recipients.push(/<(.*)>/.exec(line)?.[1] ?? '');
    isInContent = reply(verb).startsWith('354');
  };
  return (piece) => {
    text += piece;
    for (;;) {
      const mark = isInContent ? '\r\n.\r\n' : '\r\n';
      const end = text.indexOf(mark);
      if (end === -1) return;
      const line = text.slice(0, end);
      text = text.slice(end + mark.length);
      if (!isInContent) onLine(line);
      else {
        isInContent = false;
        if (reply('.').startsWith('250')) taken.push(...recipients);
        if (isShort) tls.socket.end();
      }
    }
  };
}
