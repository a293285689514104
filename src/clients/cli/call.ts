/**
 * The steps that actions share: options read as numbers and labels, files, lists of the API, mutations, and secrets shown once.
 */
import { readFile } from 'node:fs/promises';
import { ClientError } from '../api/connection.ts';
import { allNodes, type Mutated, type Page, PAGE_INFO } from '../api/requests.ts';
import { type Call, type Shown, UsageError } from './action.ts';

/** No list of objects that people look through is longer. */
const MOST_LISTED = 10_000;

export interface Listing {
  /** Default 10,000. */
  readonly most?: number | undefined;
  readonly filter?: Readonly<Record<string, unknown>>;
  /** The type of the filter in the schema; without it no filter is sent, which an older service may not know. */
  readonly filterType?: string;
}

/** The objects of a list of the API, with these fields, page after page. */
export async function listOf<T>(
  { ask }: Pick<Call, 'ask'>,
  list: string,
  fields: string,
  { most = MOST_LISTED, filter, filterType }: Listing = {},
): Promise<readonly T[]> {
  const [declared, given] = filterType === undefined ? ['', ''] : [`, $filter: ${filterType}`, ', filter: $filter'];
  const query = `query ($first: Int!, $after: String${declared}) {
    ${list}(first: $first, after: $after${given}) { nodes { ${fields} } ${PAGE_INFO} } }`;
  const filtered = filterType === undefined ? {} : { filter };
  return allNodes(most, async (after, first) => {
    const { [list]: page } = await ask<Record<string, Page<T>>>(query, { first, after, ...filtered });
    if (page === undefined) throw new Error(`no page of ${list}`);
    return page;
  });
}

/** One of the viewer's objects, by its name or id. Throws ClientError when it does not exist. */
export async function find<T>(
  { ask }: Pick<Call, 'ask'>,
  kind: 'domain' | 'token' | 'tenant' | 'webhook',
  key: string | undefined,
  fields: string,
): Promise<T> {
  const [type, name] = kind === 'domain' ? ['String', 'name'] : ['ID', 'id'];
  const query = `query ($key: ${type}!) { ${kind}(${name}: $key) { ${fields} } }`;
  const { [kind]: found } = await ask<Readonly<Record<string, T | null>>>(query, { key });
  return found ?? notYours(kind, key);
}

export function notYours(kind: string, key: string | undefined): never {
  throw new ClientError(`you have no ${kind} "${key}"`);
}

/** Shows the payload of a mutation, or the errors of the user. */
export async function shown<T>(answer: Mutated<T>, show: (payload: T) => Shown | Promise<Shown>): Promise<Shown> {
  return answer.kind === 'REFUSED' ? answer : show(answer.payload);
}

/** A number option; throws UsageError when it is not a number. */
export function numberOption(call: Pick<Call, 'text'>, option: string): number | undefined {
  const text = call.text(option);
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`--${option} is "${text}": expected a whole number`);
  return Number(text);
}

/** How long an old secret is taken beside a new one. */
export function overlapOption(call: Pick<Call, 'text'>): { overlapSeconds?: number } {
  const overlapSeconds = numberOption(call, 'overlap');
  return overlapSeconds === undefined ? {} : { overlapSeconds };
}

/** For an option that cannot be left out. Throws UsageError. */
export function missing(option: string): never {
  throw new UsageError(`--${option} is missing`);
}

/** `KEY=VALUE` options as labels. */
export function labelOptions(call: Pick<Call, 'list'>): { key: string; value: string }[] {
  return call.list('label').map((text) => {
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
  if (secret === null) return { kind: 'REFUSED', errors: [] };
  terminal.report(`${of}: keep this secret, it is not shown again`);
  return { kind: 'LINE', line: secret, data };
}
