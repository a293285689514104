/**
 * Reasons not to start: one line, which says what to do. `main.ts` prints it and exits.
 */

/** The operator can act on it (exit 2). Thrown on the way to a running database, never afterwards. One line, without a stack for the reader. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Something that the service needs was not there in time, and may be there at the next start (exit 1). */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
}
