/**
 * The steps that actions share: options read as numbers and labels, files, lists of the API, mutations, and secrets shown once.
 */
import { readFile } from 'node:fs/promises';
import { formatDuration, readSpan } from '../../mail/duration.ts';
import type { Query } from '../../control/generated.ts';
import { ClientError } from '../api/connection.ts';
import {
  listAll,
  type Listing,
  type ListName,
  type ListNode,
  type Mutated,
  type ObjectName,
  readObject,
  type Selected,
} from '../api/requests.ts';
import { type Call, type Shown, UsageError } from './action.ts';
import type { Cell, Column } from './table.ts';

/** No list of objects that people look through is longer. */
const MOST_LISTED = 10_000;

/** The objects of a list of the API, with these fields; 10,000 by default. */
export function listOf<List extends ListName, const Fields extends string>(
  call: Pick<Call, 'ask'>,
  list: List,
  fields: Fields,
  listing: Partial<Listing> = {},
): Promise<readonly Selected<ListNode<List>, Fields>[]> {
  return listAll(call, list, fields, { most: MOST_LISTED, ...listing });
}

/** The filter of a list, if one of its conditions was given: an older service may not know it. */
export function filtered(filterType: string, filter: Readonly<Record<string, unknown>>): Partial<Listing> {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  return given.length === 0 ? {} : { filterType, filter: Object.fromEntries(given) };
}

/** A table of objects: each column with its cell of an object. */
export function tableOf<T>(
  data: readonly T[],
  columns: readonly (readonly [title: Column | string, cell: (object: T) => Cell])[],
): Extract<Shown, { kind: 'TABLE' }> {
  return {
    kind: 'TABLE',
    columns: columns.map(([title]) => title),
    rows: data.map((object) => columns.map(([, cell]) => cell(object))),
    data,
  };
}

/** One of the viewer's objects, by its name or id. Throws ClientError when it does not exist. */
export async function find<Name extends ObjectName, const Fields extends string>(
  call: Pick<Call, 'ask'>,
  kind: Name,
  key: string | undefined,
  fields: Fields,
): Promise<Selected<NonNullable<Query[Name]>, Fields>> {
  return (await readObject(call, kind, key, fields)) ?? notYours(kind, key);
}

export function notYours(kind: string, key: string | undefined): never {
  throw new ClientError(`you have no ${kind} "${key}"`);
}

/** Shows the payload of a mutation, or the errors of the user. */
export async function shown<T>(answer: Mutated<T>, show: (payload: T) => Shown | Promise<Shown>): Promise<Shown> {
  return answer.kind === 'REFUSED' ? answer : show(answer.payload);
}

/** For a mutation that has done nothing and gives no reason, as a service of another version may. */
export const NOTHING_DONE = { kind: 'REFUSED', errors: [] } as const;

/** A number option; throws UsageError when it is not a number. */
export function numberOption(call: Pick<Call, 'text'>, option: string): number | undefined {
  const text = call.text(option);
  return text === undefined ? undefined : numberIn(option, text);
}

export function numberIn(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`--${option} is "${text}": expected a whole number`);
  return Number(text);
}

/** A number option as a field of an input; absent when it was not given. */
export function numberField(call: Pick<Call, 'text'>, option: string, field: string): Record<string, number> {
  const number = numberOption(call, option);
  return number === undefined ? {} : { [field]: number };
}

/** A span of time, `12h`, as the API writes it. Throws UsageError. */
export function durationOption(call: Pick<Call, 'text'>, option: string): string | undefined {
  const text = call.text(option);
  if (text === undefined) return undefined;
  const ms = readSpan(text);
  if (ms === null) throw new UsageError(`--${option} takes a span of time such as 30m, 12h or 7d, and not "${text}"`);
  return formatDuration(ms);
}

/** The same as a field of an input; absent when it was not given. */
export function durationField(call: Pick<Call, 'text'>, option: string, field: string): Record<string, string> {
  const duration = durationOption(call, option);
  return duration === undefined ? {} : { [field]: duration };
}

/** For an option that cannot be left out. Throws UsageError. */
export function missing(option: string): never {
  throw new UsageError(`--${option} is missing`);
}

/** `KEY=VALUE` texts as labels. */
export function labelsOf(texts: readonly string[]): { key: string; value: string }[] {
  return texts.map((text) => {
    const at = text.indexOf('=');
    if (at < 1) throw new UsageError(`--label is "${text}": expected KEY=VALUE`);
    return { key: text.slice(0, at), value: text.slice(at + 1) };
  });
}

/** The text options that were given, by the name of their field. */
export function given(call: Pick<Call, 'text'>, ...options: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    options.flatMap((option) => {
      const text = call.text(option);
      return text === undefined ? [] : [[option, text]];
    }),
  );
}

/** `-` is standard input. Throws ClientError when it cannot be read. */
export async function readFileOrInput({ terminal }: Pick<Call, 'terminal'>, file: string): Promise<string> {
  try {
    return file === '-' ? await terminal.readInput() : await readFile(file, 'utf8');
  } catch (error) {
    throw new ClientError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export interface MadeSecret {
  /** Null: it was shown before, to the first who asked. */
  readonly secret: string | null;
  /** The object that it is for, shown to a person who watches. */
  readonly of: string;
  readonly data: unknown;
}

/** The secret goes to standard output alone, so that it can be put into a file; the rest is for a person who watches. */
export function createdSecret({ terminal }: Pick<Call, 'terminal'>, { secret, of, data }: MadeSecret): Shown {
  if (secret === null) return NOTHING_DONE;
  terminal.report(`${of}: keep this secret, it is not shown again`);
  return { kind: 'LINE', line: secret, data };
}
