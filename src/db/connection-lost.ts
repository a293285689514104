/**
 * Tells a lost connection from a failed statement, for both drivers and through drizzle's wrapping.
 */

/**
 * Codes of postgres.js, of the system, and SQLSTATEs that end a session or refuse one: admin_shutdown, crash_shutdown,
 * cannot_connect_now, database_dropped, idle_session_timeout, too_many_connections, idle_in_transaction_session_timeout.
 */
const LOST = new Set(
  `CONNECTION_CLOSED CONNECTION_ENDED CONNECTION_DESTROYED CONNECT_TIMEOUT
  ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ENOENT ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN ENOTCONN
  ERR_SOCKET_CLOSED ERR_STREAM_DESTROYED ERR_STREAM_WRITE_AFTER_END
  57P01 57P02 57P03 57P04 57P05 53300 25P03`.split(/\s+/),
);

/** `pg` gives these no code. */
const LOST_MESSAGE =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed)/;

/**
 * Whether a statement failed because there was no connection to the server, or no longer, rather than because of the
 * statement. Then nothing is known of its effect, and the same statement may succeed later.
 */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error)) {
    return false;
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (LOST.has(code) || code.startsWith('08') || LOST_MESSAGE.test(error.message)) {
    return true;
  }
  if (error instanceof AggregateError && error.errors.some(isConnectionLost)) {
    return true;
  }
  return isConnectionLost(error.cause);
}
