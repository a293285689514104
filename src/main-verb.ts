/** What a verb of the command `backup-mx` is, and what it may know of the world. */
import type { Environment } from './config.ts';

/** What a verb knows of the world. */
export interface Terminal {
  readonly env: Environment;
  /** A line of the result, to standard output. */
  print(line: string): void;
  /** A line for whoever watches, to standard error. */
  tell(line: string): void;
  /** Aborted when the user wants it to stop. */
  readonly interruption: AbortSignal;
}

export const DONE = 0;
export const FAILED = 1;
export const BAD_USE = 2;
export type ExitCode = typeof DONE | typeof FAILED | typeof BAD_USE;

/** Gets what stands behind the verb. Throws nothing but bugs. */
export type Verb = (args: readonly string[], terminal: Terminal) => Promise<ExitCode>;
