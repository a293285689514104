/**
 * A reason not to start that the operator can act on: one line, which says what to do. `main.ts` prints it and exits with 2.
 */

/** Thrown on the way to a running database, never afterwards. The message is one line, without a stack for the reader. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
