/** A primary in clear text that says what a test's script says, and what is usual where the script is silent. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** `CONTENT`: the first octets of the content have come. `DOT`: all of it has. */
export type Step = 'EHLO' | 'MAIL' | 'RCPT' | 'DATA' | 'CONTENT' | 'DOT' | 'RSET';

export interface Script {
  /** Octets for the wire, line ends included, in place of the usual ones; null: the usual ones. May do more with the socket. */
  readonly say: (step: Step, socket: Socket) => string | null;
}

export interface ScriptedPrimary {
  readonly host: string;
  readonly port: number;
  /** Forward-paths of messages whose content came whole, by session. */
  readonly taken: { readonly session: number; readonly to: readonly string[]; readonly contentBytes: number }[];
  readonly openCount: () => number;
  /** Null: the usual words only, from the next session on. */
  script: Script | null;
  readonly close: () => Promise<void>;
}

const USUAL: { readonly [S in Step]: string } = {
  EHLO: '250-scripted.example\r\n250 PIPELINING\r\n',
  MAIL: '250 2.1.0 OK\r\n',
  RCPT: '250 2.1.5 OK\r\n',
  DATA: '354 Go ahead\r\n',
  CONTENT: '',
  DOT: '250 2.0.0 Taken\r\n',
  RSET: '250 2.0.0 Reset\r\n',
};
const END = '\r\n.\r\n';

export async function startScriptedPrimary(script: Script): Promise<ScriptedPrimary> {
  const sockets = new Set<Socket>();
  let sessions = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('end', () => socket.end());
    serve(socket, (sessions += 1), self);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const at = server.address();
  const self: ScriptedPrimary = {
    host: '127.0.0.1',
    port: typeof at === 'object' && at !== null ? at.port : 0,
    taken: [],
    openCount: () => sockets.size,
    script,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return self;
}

function serve(socket: Socket, session: number, { script, taken }: ScriptedPrimary): void {
  let text = '';
  let isInContent = false;
  let hasBegun = false;
  let to: string[] = [];
  const say = (step: Step): void => {
    const words = script?.say(step, socket) ?? USUAL[step];
    if (socket.writable && words !== '') socket.write(Buffer.from(words, 'latin1'));
  };
  const onLine = (line: string): void => {
    const verb = line.split(/[ :]/)[0]?.toUpperCase() ?? '';
    if (verb === 'QUIT') return void socket.end('221 2.0.0 Bye\r\n');
    if (verb === 'MAIL') to = [];
    if (verb === 'RCPT') to.push(/<(.*)>/.exec(line)?.[1] ?? '');
    isInContent = verb === 'DATA';
    hasBegun = false;
    say(verb as Step);
  };
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    for (;;) {
      if (isInContent && text !== '' && !hasBegun) {
        hasBegun = true;
        say('CONTENT');
      }
      const mark = isInContent ? END : '\r\n';
      const end = text.indexOf(mark);
      if (end === -1) return;
      const line = text.slice(0, end);
      text = text.slice(end + mark.length);
      if (!isInContent) onLine(line);
      else {
        isInContent = false;
        taken.push({ session, to, contentBytes: line.length });
        say('DOT');
      }
    }
  });
  socket.write('220 scripted.example ESMTP\r\n');
}
