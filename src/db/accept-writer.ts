/**
 * One connection that writes a group of accepted messages: several COPYs in one round trip and one implicit transaction.
 *
 * Promises: COMMITTED is said at ReadyForQuery only, so after the implicit transaction's COMMIT; REFUSED means that
 * nothing of the group was written and the connection goes on; UNKNOWN means that the connection broke with the answer, or
 * that the server has committed, but not on its synchronous standby.
 * Through `pg`, since postgres.js reports a COPY as done before such a transaction commits. Does not retry: spool does.
 */
import { Buffer } from 'node:buffer';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Client, type Connection, DatabaseError } from 'pg';
import { isConnectionLost } from './connection-lost.ts';
import { COPY_DONE, copyDataHead, type CopyRows, drained, IGNORED_ANSWERS } from './copy-binary.ts';
import { DURABLY } from './durability.ts';
import { findWritableHost, type HostSearch } from './writable-host.ts';

export interface CopyStatement {
  /** `copy TABLE (COLUMNS) from stdin (format binary)` */
  readonly sql: string;
  readonly rows: CopyRows;
}

export type CommitResult =
  | { readonly kind: 'COMMITTED' }
  | { readonly kind: 'REFUSED'; readonly sqlState: string; readonly message: string }
  | { readonly kind: 'UNKNOWN'; readonly message: string };

export type Execute = (text: string, values?: unknown[]) => Promise<{ rows: Record<string, unknown>[] }>;

export interface AcceptWriter {
  /** Writes all statements as one transaction; `within` may run more statements in it before the COMMIT. Never throws. */
  commit(
    statements: readonly CopyStatement[],
    within: ((execute: Execute) => Promise<void>) | null,
  ): Promise<CommitResult>;
  /** Runs `work` in a transaction of its own and commits. Never throws. */
  transact(work: (execute: Execute) => Promise<void>): Promise<CommitResult>;
  isUsable(): boolean;
  /** Cuts the connection: what is under way ends as UNKNOWN. For a server that does not answer. */
  abort(): void;
  /** Ends the session; a server that does not take leave is left after a second. */
  close(): Promise<void>;
}

const SESSION = '-c TimeZone=UTC -c statement_timeout=60000 -c idle_in_transaction_session_timeout=60000';
const LEAVE_WITHIN_MS = 1000;
/** SQLSTATE in_failed_sql_transaction. */
const IN_FAILED_TRANSACTION = '25P02';
/** SQLSTATE class of warnings: their words and their severity are in the server's language. */
const WARNING_CLASS = '01';

/** Connects; rejects when no server that takes writes can be reached. */
export async function openAcceptWriter(target: HostSearch): Promise<AcceptWriter> {
  const socket = new Socket();
  const client = new Client({
    ...target,
    ...(await findWritableHost(target)),
    application_name: 'backup-mx accept',
    keepAlive: true,
    options: SESSION,
    stream: () => socket,
  });
  let broken: string | null = null;
  client.on('error', (error) => {
    broken ??= error.message;
  });
  client.on('end', () => {
    broken ??= 'connection ended';
  });
  let warning: string | null = null;
  client.on('notice', ({ code, message }) => {
    if (code?.startsWith(WARNING_CLASS)) warning = message ?? code;
  });
  await client.connect();
  const room = createRoom();

  const execute: Execute = async (text, values) => client.query(text, values);

  const settle = async (work: () => Promise<void>): Promise<CommitResult> => {
    warning = null;
    try {
      await work();
      // A wait for the synchronous standby that is cancelled ends as a COMMIT with nothing but a warning.
      return warning === null ? { kind: 'COMMITTED' } : { kind: 'UNKNOWN', message: warning };
    } catch (error) {
      const sqlState = sqlStateOf(error);
      const message = error instanceof Error ? error.message : String(error);
      // Class 57 (shutdown) and 08 (connection) may end a session whose COMMIT had already happened. On a standby nothing was written.
      if (sqlState === null || sqlState.startsWith('57') || isConnectionLost(error) || broken !== null) {
        broken ??= message;
        return { kind: 'UNKNOWN', message };
      }
      return { kind: 'REFUSED', sqlState, message };
    }
  };

  const transact = (work: (execute: Execute) => Promise<void>) =>
    settle(async () => {
      await execute(`begin; ${DURABLY}`);
      try {
        await work(execute);
      } catch (error) {
        const isRolledBack = await execute('rollback').then(
          () => true,
          () => false,
        );
        // A bug of the work, not of the connection.
        if (isRolledBack && sqlStateOf(error) === null) throw refusal(String(error));
        throw error;
      }
      await commitOrThrow(client);
    });
  const abort = () => {
    broken ??= 'aborted';
    socket.destroy();
  };

  return {
    transact,
    commit: (statements, within) =>
      within === null
        ? settle(() => submitCopies({ client, room }, `${DURABLY};`, statements))
        : transact(async (execute) => {
            await submitCopies({ client, room }, '', statements);
            await within(execute);
          }),
    isUsable: () => broken === null,
    abort,
    close: async () => {
      broken ??= 'closed';
      const timer = setTimeout(abort, LEAVE_WITHIN_MS);
      await client.end().catch(() => undefined);
      clearTimeout(timer);
    },
  };
}

/** The server answers COMMIT with ROLLBACK, and no error, when a statement before it failed. */
async function commitOrThrow(client: Client): Promise<void> {
  const { command } = await client.query('commit');
  if (command !== 'COMMIT') throw refusal('the transaction was rolled back');
}

/** Nothing was written, and it was not the server who said so. */
function refusal(message: string): DatabaseError {
  return Object.assign(new DatabaseError(message, 0, 'error'), { code: IN_FAILED_TRANSACTION });
}

/**
 * One simple Query with all COPYs, followed by all their data, without waiting for answers between: the server reads it statement by statement.
 * After an error the server ignores the data that still comes (protocol: "COPY Operations"), and the session goes on.
 */
function submitCopies(
  { client, room }: { readonly client: Client; readonly room: Room },
  before: string,
  statements: readonly CopyStatement[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    // An error comes while data is still on its way. No other write may start before that is out: it would land in the middle.
    let sent = Promise.resolve();
    const submission = {
      ...IGNORED_ANSWERS,
      submit: (connection: Connection) => {
        connection.query(before + statements.map((statement) => statement.sql).join(';'));
        sent = sendRows(connection.stream, room, statements);
      },
      handleReadyForQuery: () => resolve(),
      handleError: (error: Error) => {
        sent.then(() => reject(error), reject);
      },
    };
    client.query(submission);
  });
}

/** Values from this size on are written by themselves, uncopied, and waited for: the socket shall not hold copies of them. */
const LARGE_BYTES = 262_144;
/** Pieces of large values below this share a write: a slow client's come in packets. */
const OWN_WRITE_BYTES = 16_384;

/** Memory of so many bytes is kept from one group for the next: new memory costs the system a fault a page. */
const KEPT_BYTES = 1_048_576;

/** Joins pieces in memory of its own. */
interface Room {
  /** The pieces in one, and what to call when it is written. */
  readonly join: (pieces: readonly Uint8Array[]) => { readonly bytes: Uint8Array; readonly release: () => void };
}

/** One write at a time has the kept memory; after an error the next group may come before the last one is out. */
function createRoom(): Room {
  let kept: Buffer | null = null;
  return {
    join: (pieces) => {
      const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
      const memory = kept !== null && kept.length >= length ? kept : Buffer.allocUnsafeSlow(roomFor(length));
      kept = null;
      let at = 0;
      for (const piece of pieces) {
        memory.set(piece, at);
        at += piece.length;
      }
      const release = () => {
        if (memory.length <= KEPT_BYTES) kept = memory;
      };
      return { bytes: memory.subarray(0, length), release };
    },
  };
}

/** The next power of two, so that slowly growing groups do not each ask anew. */
function roomFor(length: number): number {
  return length > KEPT_BYTES ? length : 2 ** Math.ceil(Math.log2(Math.max(length, 65_536)));
}

/** Small streams go in one write. Ends early when the connection does: the error comes by the connection itself. */
async function sendRows(stream: Duplex, room: Room, statements: readonly CopyStatement[]): Promise<void> {
  const small: Uint8Array[] = [];
  const flush = () => {
    const { bytes, release } = room.join(small);
    stream.write(bytes, release);
    small.length = 0;
  };
  for (const { rows } of statements) {
    const { pieces, byteLength } = rows.finish();
    small.push(copyDataHead(byteLength));
    let waiting = 0;
    for (const piece of pieces) {
      small.push(piece);
      waiting += piece.length;
      if (waiting < LARGE_BYTES) continue;
      waiting = 0;
      for (const part of joinSmall(small.splice(0))) if (!stream.write(part)) await drained(stream);
      if (stream.destroyed) return;
    }
    small.push(COPY_DONE);
  }
  flush();
}

function* joinSmall(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  let small: Uint8Array[] = [];
  for (const piece of pieces) {
    if (piece.length < OWN_WRITE_BYTES) {
      small.push(piece);
      continue;
    }
    if (small.length > 0) yield Buffer.concat(small);
    small = [];
    yield piece;
  }
  if (small.length > 0) yield Buffer.concat(small);
}

function sqlStateOf(error: unknown): string | null {
  if (!(error instanceof DatabaseError)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
