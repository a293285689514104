/**
 * A usage as a grammar: what the help shows is what the parser reads (docs/decisions/0037).
 *
 * `--name WORD` takes a text, `--name` alone is a flag, `...` or `[,` lets an option be repeated. Arguments before the first bracket
 * are required. A WORD of choices.ts, or one written as `A|B`, takes only those values, and is given on as the API spells it.
 */
import { parseArgs } from 'node:util';
import { CHOICES, spelled } from './choices.ts';
import { didYouMean } from './suggest.ts';

/** The arguments as they were given. */
export interface Arguments {
  /** Without options. */
  readonly args: readonly string[];
  text(option: string): string | undefined;
  list(option: string): readonly string[];
  isSet(option: string): boolean;
}

interface Option {
  readonly type: 'TEXT' | 'LIST' | 'FLAG';
  /** All values that it may have; null: any. */
  readonly choices: readonly string[] | null;
}

export interface Grammar {
  /** How many arguments without options there are. */
  readonly least: number;
  readonly most: number;
  readonly options: Readonly<Record<string, Option>>;
}

const OPTION = /(?:-\w\|)?--([a-z-]+)(?: ([A-Za-z]\S*))?/g;
const MOST_REPEATED = 1000;
const FLAG: Option = { type: 'FLAG', choices: null };
/** Options of every action. */
export const COMMON = { json: FLAG, utc: FLAG } as const;

/** Reads a usage. */
export function grammarOf(usage: string): Grammar {
  const options = [...usage.matchAll(OPTION)].map(([, name = '', value]) => [name, optionOf(value)] as const);
  const rest = usage.replaceAll(OPTION, '');
  const words = (text = '') => text.match(/[A-Za-z][^\s\])]*/g) ?? [];
  const all = words(rest);
  return {
    least: words(rest.split(/[[(]/)[0]).length,
    most: all.some((word) => word.endsWith('...')) ? MOST_REPEATED : all.length,
    options: { ...Object.fromEntries(options), ...COMMON },
  };
}

function optionOf(value: string | undefined): Option {
  if (value === undefined) return FLAG;
  const type = /\.\.\.|\[,/.test(value) ? 'LIST' : 'TEXT';
  const [word = ''] = /^[A-Za-z_|-]+/.exec(value) ?? [];
  return { type, choices: choicesOf(word) };
}

/** The values that `yes|no|default` or `TLS|default` allows; null if any is allowed. */
function choicesOf(words: string): readonly string[] | null {
  const sets = words.split('|').map((word) => CHOICES[word] ?? (/^[a-z]+$/.test(word) ? [word] : null));
  return sets.includes(null) ? null : sets.flatMap((set) => set ?? []);
}

/** The words of a usage that stand for a closed set, with the set. */
export function choicesIn(usage: string): readonly (readonly [word: string, values: readonly string[]])[] {
  const words = new Set(usage.match(/\b[A-Z]+\b/g));
  return Object.entries(CHOICES).filter(([word]) => words.has(word));
}

/** The arguments, or what is wrong with them. */
export function parse({ least, most, options }: Grammar, args: readonly string[]): Arguments | string {
  const unknown = unknownOption(args, Object.keys(options));
  if (unknown !== null) return unknown;
  const types = Object.fromEntries(
    Object.entries(options).map(([name, { type }]) => [
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
    const given = new Map<string, readonly string[]>();
    for (const [name, value] of Object.entries(values)) {
      const texts = (Array.isArray(value) ? value : [value]).map(String);
      const read = typeof value === 'boolean' ? [] : chosen(`--${name}`, texts, options[name] ?? FLAG);
      if (typeof read === 'string') return read;
      given.set(name, read);
    }
    return {
      args: positionals,
      text: (name) => (options[name]?.type === 'TEXT' ? given.get(name)?.[0] : undefined),
      list: (name) => given.get(name) ?? [],
      isSet: (name) => values[name] === true,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The values as the API spells them, or what is wrong with one. */
function chosen(name: string, texts: readonly string[], { type, choices }: Option): readonly string[] | string {
  if (choices === null) return texts;
  const words = type === 'LIST' ? texts.flatMap((text) => text.split(',')) : texts;
  const wrong = words.find((word) => !choices.some((choice) => spelled(choice) === spelled(word)));
  if (wrong === undefined) return words.map(spelled);
  return `${name} is "${wrong}": expected one of ${choices.join(', ')}${didYouMean(wrong, choices)}`;
}

function unknownOption(args: readonly string[], known: readonly string[]): string | null {
  for (const arg of args) {
    if (arg === '--') return null;
    const [, name = ''] = /^--([^=]+)/.exec(arg) ?? [];
    if (name === '' || known.includes(name)) continue;
    const meant = didYouMean(name, known).replace('mean ', 'mean --');
    return `unknown option --${name}${meant}`;
  }
  return null;
}
