/**
 * One open subscription's side of HTTP: who speaks, whether its token is still good, and its connection.
 */
import type { Caller } from '../caller.ts';

export interface Session {
  readonly caller: Caller;
  /** The header that the token came in. */
  readonly credential: string;
  /** Rejects when that cannot be found out now. */
  readonly isTokenGood: () => Promise<boolean>;
  /** Resolves when the response is over, however it ended. */
  readonly done: Promise<void>;
  /** Closes the connection if the response is not over. */
  readonly hangUp: () => void;
}
