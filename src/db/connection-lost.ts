/**
 * Tells lost infrastructure from a failed statement and from a bug, for both drivers and through drizzle's wrapping.
 *
 * `isConnectionLost` is about one session: it has to be made anew. `isDatabaseAway` is wider, and is the one predicate for what the
 * service tells of it: no fault is counted, senders hear 451, the API says UNAVAILABLE.
 */

/**
 * Codes of postgres.js, of the system, and SQLSTATEs that end a session or refuse one: admin_shutdown, crash_shutdown,
 * cannot_connect_now, database_dropped, idle_session_timeout, too_many_connections, idle_in_transaction_session_timeout.
 * read_only_sql_transaction (25006): a session on a standby, which only another session mends. NO_WRITABLE_HOST is ours.
 */
const LOST = new Set(
  `CONNECTION_CLOSED CONNECTION_ENDED CONNECTION_DESTROYED CONNECT_TIMEOUT
  ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ENOENT ETIMEDOUT EHOSTUNREACH EHOSTDOWN ENETUNREACH ENETDOWN ENETRESET ENOTFOUND EAI_AGAIN ENOTCONN
  ERR_SOCKET_CLOSED ERR_STREAM_DESTROYED ERR_STREAM_WRITE_AFTER_END
  57P01 57P02 57P03 57P04 57P05 53300 25P03 25006 NO_WRITABLE_HOST`.split(/\s+/),
);

/** `pg` gives these no code. */
const LOST_MESSAGE =
  /^(Connection terminated|timeout expired$|Query read timeout$|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed)/;

/**
 * Whether a statement failed because there was no connection to a server that writes, or no longer, rather than because of the
 * statement. Then nothing is known of its effect, and the same statement may succeed later, on another connection.
 */
export function isConnectionLost(error: unknown): boolean {
  return someCause(error, (cause, code) => {
    return (LOST.has(code) && !isOfFile(cause)) || code.startsWith('08') || LOST_MESSAGE.test(cause.message);
  });
}

/** A file that is missing, unlike a server's socket, has its path in the error, on every runtime. */
function isOfFile(error: Error): boolean {
  return 'path' in error && typeof error.path === 'string';
}

/**
 * Whether work failed because of the database's state, and not because of the work: its connection was lost, or the server has no
 * room, no memory, or a disk that fails (SQLSTATE classes 53 and 58). The same work may succeed later. No bug, so no fault.
 */
export function isDatabaseAway(error: unknown): boolean {
  return isConnectionLost(error) || someCause(error, (_cause, code) => /^5[38][0-9A-Z]{3}$/.test(code));
}

/** The error itself, what it was caused by, and each of those that failed together. */
function someCause(error: unknown, holds: (cause: Error, code: string) => boolean): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (holds(error, code)) return true;
  if (error instanceof AggregateError && error.errors.some((one) => someCause(one, holds))) return true;
  return someCause(error.cause, holds);
}
