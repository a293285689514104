/**
 * Verbs and their actions: arguments and options, one request or a few, and one way of showing the result.
 *
 * Promises: `--json` prints the data alone, for programs; mistakes in the arguments are reported before any request; each
 * error of the service is one line with its field and code, and exit code 1.
 */
import { parseArgs } from 'node:util';
import { accountOf, ClientError, connect, type Connection } from '../api/connection.ts';
import type { UserError } from '../api/requests.ts';
import { type Cell, type Column, tableLines, textOf } from './table.ts';
import { BAD_USE, DONE, type ExitCode, FAILED, type Terminal, type Verb } from './terminal.ts';

/** The arguments of a verb say too little, too much or nonsense. */
export class UsageError extends ClientError {}

/** The result of an action. `--json` prints `data`. */
export type Shown =
  | {
      readonly kind: 'TABLE';
      readonly columns: readonly (Column | string)[];
      readonly rows: readonly (readonly Cell[])[];
      readonly data: unknown;
    }
  /** One thing, a name and a value a line. */
  | {
      readonly kind: 'FACTS';
      readonly facts: readonly (readonly [name: string, value: Cell])[];
      /** Below them. */
      readonly table?: { readonly columns: readonly (Column | string)[]; readonly rows: readonly (readonly Cell[])[] };
      readonly data: unknown;
      readonly exitCode?: ExitCode;
    }
  | { readonly kind: 'LINE'; readonly line: string; readonly data: unknown; readonly exitCode?: ExitCode }
  | { readonly kind: 'REFUSED'; readonly errors: readonly UserError[] };

export interface Call {
  /** Arguments without options. */
  readonly args: readonly string[];
  text(option: string): string | undefined;
  list(option: string): readonly string[];
  isSet(option: string): boolean;
  readonly ask: Connection['ask'];
  readonly terminal: Terminal;
}

export interface Action {
  /** The usage after the verb: `add NAME [--label KEY=VALUE]...`. */
  readonly usage: string;
  /** A sentence. */
  readonly says: string;
  /** A whole command, for the help. A verb of several actions has its own. */
  readonly example?: string;
  /** Arguments without options, as many as the action takes. Default: none. */
  readonly argCount?: number | { readonly least: number; readonly most: number };
  readonly options?: Readonly<Record<string, 'TEXT' | 'LIST' | 'FLAG'>>;
  readonly run: (call: Call) => Promise<Shown>;
}

/** A verb of several actions: the first word chooses. */
export interface VerbTable {
  readonly verb: string;
  readonly says: string;
  /** A whole command, for the help. */
  readonly example: string;
  readonly actions: Readonly<Record<string, Action>>;
}

export function verbOf({ verb, says, example, actions }: VerbTable): Verb {
  return async (args, terminal) => {
    const [name = '', ...rest] = args;
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (HELP_WORDS.includes(name)) {
      terminal.print(`${says}\n${usageOf(verb, actions)}\n${exampleLine(example)}`);
      return DONE;
    }
    if (action === undefined) {
      terminal.report(
        `backup-mx: ${name === '' ? `${verb} needs an action` : `${verb}: unknown action: ${name}`}\n${usageOf(verb, actions)}`,
      );
      return BAD_USE;
    }
    return runAction(`${verb} ${name}`, { example, ...action }, rest, terminal);
  };
}

export const HELP_WORDS: readonly string[] = ['help', '--help', '-h'];

function exampleLine(example: string | undefined): string {
  return `Example: ${example ?? ''}`;
}

/** A verb that is one action. */
export function verbOfAction(verb: string, action: Action): Verb {
  return (args, terminal) => runAction(verb, action, args, terminal);
}

function usageOf(verb: string, actions: VerbTable['actions']): string {
  return Object.values(actions)
    .map(({ usage, says }) => `  backup-mx ${verb} ${usage}\n      ${says}`)
    .join('\n');
}

async function runAction(name: string, action: Action, args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const verb = name.split(' ')[0] ?? '';
  // A thing may be called "help", but not where a verb of one action takes a domain; an option is never one.
  const isHelpWord = args.length === 1 && args[0] === 'help' && (argCountOf(action).most === 0 || name === verb);
  if (args.includes('--help') || args.includes('-h') || isHelpWord) {
    terminal.print(`  backup-mx ${verb} ${action.usage}\n      ${action.says}\n${exampleLine(action.example)}`);
    return DONE;
  }
  const parsed = parse(action, args);
  if (typeof parsed === 'string') {
    terminal.report(`backup-mx: ${name}: ${parsed}\n  backup-mx ${verb} ${action.usage}`);
    return BAD_USE;
  }
  try {
    const { ask } = connect(accountOf(terminal.env), terminal.interruption);
    return show(await action.run({ ...parsed, ask, terminal }), terminal, parsed.isSet('json'));
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    terminal.report(`backup-mx: ${error.message}`);
    return error instanceof UsageError ? BAD_USE : FAILED;
  }
}

type Parsed = Pick<Call, 'args' | 'text' | 'list' | 'isSet'>;

function argCountOf({ argCount = 0 }: Action): { readonly least: number; readonly most: number } {
  return typeof argCount === 'number' ? { least: argCount, most: argCount } : argCount;
}

function parse(action: Action, args: readonly string[]): Parsed | string {
  const argCount = argCountOf(action);
  const types = Object.fromEntries(
    Object.entries({ ...action.options, json: 'FLAG' }).map(([name, type]) => [
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
    if (positionals.length < argCount.least) return 'an argument is missing';
    if (positionals.length > argCount.most) return `unexpected argument "${positionals[argCount.most]}"`;
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

function linesOf(shown: Exclude<Shown, { kind: 'REFUSED' }>, terminal: Terminal): readonly string[] {
  if (shown.kind === 'LINE') return [shown.line];
  const isStyled = mayStyle(terminal);
  if (shown.kind === 'TABLE') return tableLines(shown.columns, shown.rows, isStyled);
  const width = Math.max(...shown.facts.map(([name]) => name.length));
  const lines = shown.facts.map(([name, value]) => `${name.padEnd(width)}  ${textOf(value)}`);
  const { table } = shown;
  return table === undefined ? lines : [...lines, '', ...tableLines(table.columns, table.rows, isStyled)];
}

export function errorLine({ field, message, code }: UserError): string {
  return `${field.length === 0 ? '' : `${textOf(field.join('.'))}: `}${textOf(message)} (${code})`;
}
