/**
 * A verb of the command `backup-mx`, and its view of the world.
 */

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A line of the result, to standard output. */
  print(line: string): void;
  /** A line for whoever watches, to standard error. */
  report(line: string): void;
  /** Whether standard output is a screen that a person looks at. */
  readonly isScreen: boolean;
  /** Whether standard error is a screen: if not, progress is not reported. */
  readonly isWatched: boolean;
  /** Aborted when the user wants it to stop. */
  readonly interruption: AbortSignal;
  /** Asks on the terminal and resolves with the line that was typed, empty when interrupted. Null without a terminal to ask on. */
  readonly question: ((text: string) => Promise<string>) | null;
  /** Standard input, read to its end. */
  readInput(): Promise<string>;
}

export const DONE = 0;
export const FAILED = 1;
export const BAD_USE = 2;
/** `plan --detailed-exitcode`: there is something to do. As Terraform has it, the same number as BAD_USE. */
export const CHANGES = 2;
export type ExitCode = typeof DONE | typeof FAILED | typeof BAD_USE;

/** Gets the arguments after the verb. Throws nothing but bugs. */
export type Verb = (args: readonly string[], terminal: Terminal) => Promise<ExitCode>;
