/** Verbs of the command `backup-mx` as their files write them: arguments, one request or a few, and one way of showing the result. */
import { type Account, ClientError, type Connection } from '../api/connection.ts';
import type { MutationName, Refused } from '../api/requests.ts';
import type { Arguments } from './grammar.ts';
import type { Cell, Table } from './table.ts';
import type { ExitCode, Progress, Terminal } from './terminal.ts';

/** The arguments of a verb are too few, too many or wrong. */
export class UsageError extends ClientError {}

/** The result of an action. `--json` prints `data`. */
export type Shown =
  | ({ readonly kind: 'TABLE'; readonly data: unknown } & Table)
  /** One thing, a name and a value a line. */
  | {
      readonly kind: 'FACTS';
      readonly facts: readonly (readonly [name: string, value: Cell])[];
      /** Below them. */
      readonly table?: Table;
      readonly data: unknown;
      readonly exitCode?: ExitCode;
    }
  | { readonly kind: 'LINE'; readonly line: string; readonly data: unknown; readonly exitCode?: ExitCode }
  /** All of it was printed as it came. */
  | { readonly kind: 'PRINTED' }
  | Refused;

export interface Call extends Arguments {
  readonly ask: Connection['ask'];
  /** The service that it asks, for what is more than one answer. */
  readonly account: Account;
  readonly terminal: Terminal;
  readonly progress: Progress;
  /** An instant of the API as a person reads it: `in 12 min`, or as it is with `--utc`. Null stays null. */
  time<At extends string | null | undefined>(at: At): string | Extract<At, null | undefined>;
}

export interface Described {
  /** Arguments and options, for people and for the parser (grammar.ts): `NAME [--label KEY=VALUE]... [--force]`. */
  readonly usage: string;
  /** A sentence. */
  readonly says: string;
  /** A whole command, for the help. A verb of several actions has its own. */
  readonly example?: string;
}

/** An action on the service. */
export interface Action extends Described {
  /** The mutations that it may request, for docs/coverage.md. */
  readonly mutations?: readonly MutationName[];
  readonly run: (call: Call) => Promise<Shown>;
}

/** An action without the service. */
export interface LocalAction extends Described {
  readonly runLocally: (given: Arguments, terminal: Terminal) => Promise<ExitCode>;
}

/** A verb of several actions: the first word chooses. */
export interface VerbTable {
  readonly verb: string;
  readonly says: string;
  /** A whole command, for the help. */
  readonly example: string;
  /** The action that runs when none is named. */
  readonly preset?: string;
  readonly actions: Readonly<Record<string, Action>>;
}

/** A verb that is one action. */
export type SingleVerb = (Action | LocalAction) & { readonly verb: string };

export type Verb = VerbTable | SingleVerb;
