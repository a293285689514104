/**
 * A primary mail server for tests: a raw SMTP sink on node:net that answers by the local part of each recipient and by
 * whole-server modes (fake-primary-modes.ts), and records every message byte for byte.
 *
 * It keeps its port while it is down, so that it can come back.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { type TestCertificate, testCertificate } from './certificate.ts';
import { type FakePrimaryModes, type ModeName, NAMED_MODES, PLAIN_MODES } from './fake-primary-modes.ts';
import {
  type AskedRecipient,
  type FakePrimarySession,
  type ReceivedMessage,
  serveSession,
} from './fake-primary-session.ts';
import { findFreePort } from './free-port.ts';

export type { AskedRecipient, FakePrimarySession, ReceivedMessage } from './fake-primary-session.ts';

export interface FakePrimary {
  readonly host: string;
  readonly port: number;
  readonly messages: ReceivedMessage[];
  readonly sessions: FakePrimarySession[];
  /** Every RCPT, in order: those of a probe as well as those of a message. */
  readonly rcpts: AskedRecipient[];
  /** How often a verb was said, in all sessions. */
  readonly countVerb: (verb: string) => number;
  /** A name replaces all modes, an object changes some. In force from the next step of every session. */
  readonly setMode: (mode: ModeName | Partial<FakePrimaryModes>) => void;
  /** Resolves when the condition holds, looked at after every command, message and close; rejects after thirty seconds. */
  readonly waitFor: (condition: () => boolean, what?: string) => Promise<void>;
  /** Goes down: the port is closed and connections are cut. */
  readonly stop: () => Promise<void>;
  /** Comes back on the same port. */
  readonly start: () => Promise<void>;
  /** Ends for good. */
  readonly close: () => Promise<void>;
}

export interface FakePrimaryOptions {
  readonly host?: string;
  /** By default one of its own. */
  readonly port?: number;
  readonly modes?: ModeName | Partial<FakePrimaryModes>;
  /** A self-signed one of `primary.example` when absent. */
  readonly certificate?: TestCertificate;
}

const PATIENCE_MS = 30_000;

export async function startFakePrimary(options: FakePrimaryOptions = {}): Promise<FakePrimary> {
  const host = options.host ?? '127.0.0.1';
  const certificate = options.certificate ?? testCertificate();
  const messages: ReceivedMessage[] = [];
  const sessions: FakePrimarySession[] = [];
  const rcpts: AskedRecipient[] = [];
  const cuts = new Map<Socket, () => void>();
  const greylisted = new Set<string>();
  const watchers = new Set<() => void>();
  let modes = applyMode(PLAIN_MODES, options.modes ?? 'plain');
  // Not given to others while this one is down.
  const port = options.port ?? (await findFreePort());
  let server: Server | null = null;

  const onChange = (): void => {
    for (const watcher of watchers) watcher();
  };
  const onConnection = (socket: Socket): void => {
    socket.setNoDelay(true);
    socket.on('close', () => cuts.delete(socket));
    const session = {
      number: sessions.length,
      commands: [],
      isTls: false,
      serverName: null,
      isOpen: true,
      unfinishedBytes: 0,
    };
    const isOneTooMany = sessions.filter(({ isOpen }) => isOpen).length >= modes.sessionsAtOnce;
    sessions.push(session);
    onChange();
    const onMessage = (message: ReceivedMessage): void => {
      messages.push(message);
      onChange();
    };
    const onRcpt = (asked: AskedRecipient): void => void rcpts.push(asked);
    const modesNow = () => (isOneTooMany ? { ...modes, greeting: '421 4.7.0 Too many connections' } : modes);
    const parts = { socket, session, modes: modesNow, certificate, greylisted, onMessage, onRcpt, onChange };
    const cut = serveSession(parts);
    cuts.set(socket, cut);
  };
  const start = async (): Promise<void> => {
    if (server !== null) return;
    const starting = createServer(onConnection);
    server = starting;
    await new Promise<void>((resolve, reject) => {
      starting.once('error', reject);
      starting.listen(port, host, resolve);
    });
  };
  const stop = async (): Promise<void> => {
    const stopping = server;
    server = null;
    if (stopping === null) return;
    const closed = new Promise<void>((resolve) => stopping.close(() => resolve()));
    for (const cut of cuts.values()) cut();
    cuts.clear();
    await closed;
  };

  await start();
  return {
    host,
    port,
    messages,
    sessions,
    rcpts,
    countVerb: (verb) => {
      const said = sessions.flatMap(({ commands }) =>
        commands.map((line) => /^[A-Za-z]*/.exec(line)?.[0].toUpperCase()),
      );
      return said.filter((other) => other === verb.toUpperCase()).length;
    },
    setMode: (mode) => {
      modes = applyMode(modes, mode);
    },
    waitFor: (condition, what = 'a condition') =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => finish(new Error(`waited too long for ${what}`)), PATIENCE_MS);
        const finish = (error: Error | null): void => {
          clearTimeout(timer);
          watchers.delete(look);
          if (error === null) resolve();
          else reject(error);
        };
        const look = (): void => {
          if (condition()) finish(null);
        };
        watchers.add(look);
        look();
      }),
    stop,
    start,
    close: stop,
  };
}

function applyMode(modes: FakePrimaryModes, mode: ModeName | Partial<FakePrimaryModes>): FakePrimaryModes {
  return typeof mode === 'string' ? { ...PLAIN_MODES, ...NAMED_MODES[mode] } : { ...modes, ...mode };
}
