/**
 * Verbs of the command `backup-mx` and their actions: arguments, one request or a few, and one way of showing the result.
 *
 * Promises: `--json` prints the data alone, for programs; mistakes in the arguments are reported before any request; each
 * error of the service is one line with its field and code, and exit code 1.
 */
import { parseArgs } from 'node:util';
import { visibleLines } from '../../mail/visible.ts';
import { accountOf, ClientError, connect, type Connection } from '../api/connection.ts';
import type { Refused, UserError } from '../api/requests.ts';
import { type Cell, type Column, tableLines, textOf } from './table.ts';

/** A verb's view of the world. */
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
export const WRONG_USE = 2;
/** `plan --detailed-exitcode`: there is something to do. As Terraform has it, the same number as WRONG_USE. */
export const CHANGES = 2;
export type ExitCode = typeof DONE | typeof FAILED | typeof WRONG_USE;

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
  | Refused;

interface Table {
  readonly columns: readonly (Column | string)[];
  readonly rows: readonly (readonly Cell[])[];
}

/** The arguments as they were given. */
export interface Arguments {
  /** Without options. */
  readonly args: readonly string[];
  text(option: string): string | undefined;
  list(option: string): readonly string[];
  isSet(option: string): boolean;
}

export interface Call extends Arguments {
  readonly ask: Connection['ask'];
  readonly terminal: Terminal;
}

interface Described {
  /**
   * Arguments and options, for people and for the parser: `NAME [--label KEY=VALUE]... [--force]`. Arguments within brackets may be
   * left out; an option without a value is a flag, and dots let it be repeated.
   */
  readonly usage: string;
  /** A sentence. */
  readonly says: string;
  /** A whole command, for the help. A verb of several actions has its own. */
  readonly example?: string;
}

/** An action on the service. */
export interface Action extends Described {
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
  readonly actions: Readonly<Record<string, Action>>;
}

/** A verb that is one action. */
export type SingleVerb = (Action | LocalAction) & { readonly verb: string };

export const HELP_WORDS: readonly string[] = ['help', '--help', '-h'];

/** Runs a verb with the arguments after it. Throws nothing but bugs. */
export async function runVerb(
  verb: VerbTable | SingleVerb,
  args: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  if (!('actions' in verb)) return runAction(verb.verb, verb, args, terminal);
  const { actions, says, example } = verb;
  const [name = '', ...rest] = args;
  const usage = Object.entries(actions).map(([each, action]) => helpOf(`${verb.verb} ${each}`, action));
  if (HELP_WORDS.includes(name)) {
    terminal.print([says, ...usage, `Example: ${example}`].join('\n'));
    return DONE;
  }
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action !== undefined) return runAction(`${verb.verb} ${name}`, { example, ...action }, rest, terminal);
  const mistake = name === '' ? `${verb.verb} needs an action` : `${verb.verb}: unknown action: ${name}`;
  terminal.report([`backup-mx: ${mistake}`, ...usage].join('\n'));
  return WRONG_USE;
}

/** A line for the list of all verbs, and a sentence below it. */
export function summaryOf(verb: VerbTable | SingleVerb): string {
  const usage = 'actions' in verb ? Object.keys(verb.actions).join('|') : verb.usage;
  return helpOf(verb.verb, { usage, says: verb.says });
}

function helpOf(name: string, { usage, says }: Described): string {
  return `${usageLine(name, usage)}\n      ${says}`;
}

function usageLine(name: string, usage: string): string {
  return `  backup-mx ${name} ${usage}`.trimEnd();
}

async function runAction(
  name: string,
  action: Action | LocalAction,
  args: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  const grammar = grammarOf(action.usage);
  // A thing may be called "help", but not where a verb of one action takes a domain; an option is never one.
  const isHelpWord = args.length === 1 && args[0] === 'help' && (grammar.most === 0 || !name.includes(' '));
  if (args.includes('--help') || args.includes('-h') || isHelpWord) {
    terminal.print(`${helpOf(name, action)}\nExample: ${action.example ?? ''}`);
    return DONE;
  }
  const given = parse(grammar, args);
  if (typeof given === 'string') {
    terminal.report(`backup-mx: ${name}: ${visibleLines(given)}\n${usageLine(name, action.usage)}`);
    return WRONG_USE;
  }
  try {
    if ('runLocally' in action) return await action.runLocally(given, terminal);
    const { ask } = connect(accountOf(terminal.env), terminal.interruption);
    return show(await action.run({ ...given, ask, terminal }), terminal, given.isSet('json'));
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    terminal.report(`backup-mx: ${visibleLines(error.message)}`);
    return error instanceof UsageError ? WRONG_USE : FAILED;
  }
}

interface Grammar {
  /** How many arguments without options there are. */
  readonly least: number;
  readonly most: number;
  readonly options: Readonly<Record<string, 'TEXT' | 'LIST' | 'FLAG'>>;
}

const OPTION = /(?:-\w\|)?--([a-z-]+)(?: ([A-Za-z]\S*))?/g;
const MOST_REPEATED = 1000;

/** Reads a usage; `--json` is an option of every action. */
export function grammarOf(usage: string): Grammar {
  const options = [...usage.matchAll(OPTION)].map(
    ([, name = '', value]) =>
      [name, value === undefined ? 'FLAG' : /\.\.\.|\[,/.test(value) ? 'LIST' : 'TEXT'] as const,
  );
  const rest = usage.replaceAll(OPTION, '');
  const words = (text = '') => text.match(/[A-Za-z][^\s\])]*/g) ?? [];
  const all = words(rest);
  return {
    least: words(rest.split(/[[(]/)[0]).length,
    most: all.some((word) => word.endsWith('...')) ? MOST_REPEATED : all.length,
    options: { ...Object.fromEntries(options), json: 'FLAG' },
  };
}

function parse({ least, most, options }: Grammar, args: readonly string[]): Arguments | string {
  const types = Object.fromEntries(
    Object.entries(options).map(([name, type]) => [
      name,
      {
        type: type === 'FLAG' ? ('boolean' as const) : ('string' as const),
        multiple: type === 'LIST',
        ...(name === 'file' ? { short: 'f' } : {}),
      },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: types,
      strict: true,
      allowPositionals: true,
    });
    if (positionals.length < least) return 'an argument is missing';
    if (positionals.length > most) return `unexpected argument "${positionals[most]}"`;
    return {
      args: positionals,
      text: (name) => (typeof values[name] === 'string' ? values[name] : undefined),
      list: (name) => (Array.isArray(values[name]) ? values[name].map(String) : []),
      isSet: (name) => values[name] === true,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function show(shown: Shown, terminal: Terminal, isJson: boolean): ExitCode {
  if (shown.kind === 'REFUSED') {
    if (isJson) terminal.print(JSON.stringify({ userErrors: shown.errors }));
    else for (const error of shown.errors) terminal.report(`backup-mx: ${errorLine(error)}`);
    return FAILED;
  }
  for (const line of isJson ? [JSON.stringify(shown.data)] : linesOf(shown, terminal)) terminal.print(line);
  return shown.kind === 'TABLE' ? DONE : (shown.exitCode ?? DONE);
}

/** Whether lines may have colours: on a screen, unless NO_COLOR forbids it. */
export function mayStyle({ isScreen, env }: Pick<Terminal, 'isScreen' | 'env'>): boolean {
  return isScreen && (env['NO_COLOR'] ?? '') === '';
}

function linesOf(shown: Exclude<Shown, Refused>, terminal: Terminal): readonly string[] {
  if (shown.kind === 'LINE') return [shown.line];
  const isStyled = mayStyle(terminal);
  if (shown.kind === 'TABLE') return tableLines(shown.columns, shown.rows, isStyled);
  const width = Math.max(...shown.facts.map(([name]) => name.length));
  const lines = shown.facts.map(([name, value]) => `${name.padEnd(width)}  ${textOf(value)}`);
  const { table } = shown;
  return table === undefined ? lines : [...lines, '', ...tableLines(table.columns, table.rows, isStyled)];
}

export function errorLine({ path, message, code }: UserError): string {
  return `${path.length === 0 ? '' : `${textOf(path.join('.'))}: `}${textOf(message)} (${code})`;
}
