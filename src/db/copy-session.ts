/**
 * One session that moves whole tables: COPY out of the server and into it, in bounded memory.
 *
 * Promises: a reader that is slow holds the server back, and a server that is slow the source; `copyIn` resolves when the server
 * has said that all rows are in, and rejects with the server's own words otherwise; a source that fails takes its rows back.
 * Nothing times out: a table takes as long as it takes. Through `pg`, since postgres.js loses an error that the server tells
 * after the last row. Does not know tables and opens no transaction by itself.
 */
import { Buffer } from 'node:buffer';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Client, type Connection } from 'pg';
import { COPY_DONE, COPY_FAIL, copyDataHead, drained, IGNORED_ANSWERS } from './copy-binary.ts';
import { findWritableHost, type HostSearch } from './writable-host.ts';

/** Rows are gathered to pieces of this size. */
const PIECE_BYTES = 262_144;
/** The socket rests while more than this waits for the reader. */
const MOST_WAITING_BYTES = 4 * PIECE_BYTES;
const SESSION = '-c TimeZone=UTC -c statement_timeout=0 -c idle_in_transaction_session_timeout=0';
const LEAVE_WITHIN_MS = 1000;

/** Runs one statement. `int8` comes as text. */
export type Query = (text: string, values?: readonly unknown[]) => Promise<readonly Record<string, unknown>[]>;

export interface CopySession {
  readonly query: Query;
  /** Gives the output of `copy … to stdout`, cut anywhere, piece by piece, to `take`; the number of rows. When `take` fails, so does this, and the session must be closed. */
  copyOut(text: string, take: (piece: Uint8Array) => Promise<void>): Promise<number>;
  /** Feeds `copy … from stdin`; the number of rows. */
  copyIn(text: string, source: AsyncIterable<Uint8Array>): Promise<number>;
  /** Commits. Rejects when the server rolled back instead; when the connection breaks, the outcome is unknown. */
  commit(): Promise<void>;
  /** Ends the session. What is not committed is undone by the server. */
  close(): Promise<void>;
}

/** Connects; rejects when the server cannot be reached. */
export async function openCopySession(target: HostSearch, applicationName: string): Promise<CopySession> {
  const socket = new Socket();
  const client = new Client({
    ...target,
    ...(await findWritableHost(target)),
    application_name: applicationName,
    keepAlive: true,
    options: SESSION,
    stream: () => socket,
  });
  // Told to the statement under way as well; between two of them it shows at the next.
  client.on('error', () => undefined);
  await client.connect();
  return {
    query: async (text, values = []) => (await client.query<Record<string, unknown>>(text, [...values])).rows,
    copyOut: (text, take) => copyOut(client, text, take),
    copyIn: (text, source) => copyIn(client, text, source),
    commit: async () => {
      const { command } = await client.query('commit');
      if (command !== 'COMMIT') throw new Error('the transaction was rolled back');
    },
    close: async () => {
      const timer = setTimeout(() => socket.destroy(), LEAVE_WITHIN_MS);
      await client.end().catch(() => undefined);
      clearTimeout(timer);
    },
  };
}

/** The number of rows in CommandComplete, `COPY 12`. */
function rowsOf({ text }: { readonly text: string }): number {
  return Number(/^COPY (\d+)$/.exec(text)?.[1] ?? 0);
}

/** Pieces of PIECE_BYTES; the parser's own memory is copied at once, because it is written over. */
function pieceMaker(give: (piece: Uint8Array) => void) {
  let piece = Buffer.allocUnsafe(PIECE_BYTES);
  let used = 0;
  const flush = () => {
    if (used === 0) return;
    give(piece.subarray(0, used));
    piece = Buffer.allocUnsafe(PIECE_BYTES);
    used = 0;
  };
  const add = (bytes: Buffer) => {
    for (let at = 0; at < bytes.length; ) {
      const copied = bytes.copy(piece, used, at);
      at += copied;
      used += copied;
      if (used === PIECE_BYTES) flush();
    }
  };
  return { add, flush };
}

interface CopyOut {
  readonly waiting: Uint8Array[];
  waitingBytes: number;
  /** Null while rows may still come. */
  end: { readonly rows: number } | { readonly error: Error } | null;
  stream: Duplex | null;
  wake: () => void;
}

async function copyOut(client: Client, text: string, take: (piece: Uint8Array) => Promise<void>): Promise<number> {
  const state: CopyOut = { waiting: [], waitingBytes: 0, end: null, stream: null, wake: () => undefined };
  submitCopyOut(client, text, state);
  for (;;) {
    const piece = state.waiting.shift();
    if (piece !== undefined) {
      state.waitingBytes -= piece.length;
      if (state.waitingBytes <= MOST_WAITING_BYTES) state.stream?.resume();
      await take(piece);
    } else if (state.end === null) {
      await new Promise<void>((resolve) => {
        state.wake = resolve;
      });
    } else {
      if ('error' in state.end) throw state.end.error;
      return state.end.rows;
    }
  }
}

function submitCopyOut(client: Client, text: string, state: CopyOut): void {
  let rows = 0;
  const pieces = pieceMaker((piece) => {
    state.waiting.push(piece);
    state.waitingBytes += piece.length;
    if (state.waitingBytes > MOST_WAITING_BYTES) state.stream?.pause();
    state.wake();
  });
  client.query({
    ...IGNORED_ANSWERS,
    submit: (connection: Connection) => {
      state.stream = connection.stream;
      connection.query(text);
    },
    handleCopyData: ({ chunk }: { readonly chunk: Buffer }) => pieces.add(chunk),
    handleCommandComplete: (message: { readonly text: string }) => {
      rows = rowsOf(message);
    },
    handleReadyForQuery: () => {
      pieces.flush();
      state.end = { rows };
      state.wake();
    },
    handleError: (error: Error) => {
      state.end = { error };
      state.wake();
    },
  });
}

function copyIn(client: Client, text: string, source: AsyncIterable<Uint8Array>): Promise<number> {
  return new Promise((resolve, reject) => {
    let rows = 0;
    const server = { hasRefused: false };
    let sent: Promise<void> = Promise.resolve();
    client.query({
      ...IGNORED_ANSWERS,
      submit: (connection: Connection) => connection.query(text),
      handleCopyInResponse: (connection: Connection) => {
        sent = sendAll(connection.stream, source, server);
        // The server answers the COPY that was given up with an error, which is only an echo of this one.
        sent.catch(() => undefined);
      },
      handleCommandComplete: (message: { readonly text: string }) => {
        rows = rowsOf(message);
      },
      handleReadyForQuery: () => resolve(rows),
      handleError: (error: Error) => {
        server.hasRefused = true;
        // No other write may start before what is under way is out.
        sent.then(() => reject(error), reject);
      },
    });
  });
}

/** Rejects when the source does, after having told the server so. Ends early when the server has refused or is gone. */
async function sendAll(
  stream: Duplex,
  source: AsyncIterable<Uint8Array>,
  server: { readonly hasRefused: boolean },
): Promise<void> {
  try {
    for await (const piece of source) {
      if (server.hasRefused || stream.destroyed) return;
      stream.write(copyDataHead(piece.length));
      if (!stream.write(piece)) await drained(stream);
    }
  } catch (error) {
    stream.write(COPY_FAIL);
    throw error;
  }
  if (!server.hasRefused) stream.write(COPY_DONE);
}
