/**
 * A file of domains as they should be: read and checked against its JSON schema, each mistake with its line and column.
 *
 * The schema (manifest.schema.json) is made from the API's own, so an editor and this file know the same names. Only the words
 * of JSON schema that it uses are understood here. The only door to yaml.
 */
import { readFileSync } from 'node:fs';
import { type Alias, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

export interface Manifest {
  readonly owner?: { readonly key: string; readonly value: string };
  readonly domains: readonly Readonly<Record<string, unknown>>[];
}

export type ReadManifest =
  | { readonly kind: 'OK'; readonly manifest: Manifest }
  /** `file:line:column: sentence` each. */
  | { readonly kind: 'BAD'; readonly lines: readonly string[] };

interface Schema {
  readonly $ref?: string;
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly enum?: readonly string[];
  /** The word for null among the types, as the generator writes it. */
  readonly nullable?: boolean;
}

interface RootSchema extends Schema {
  readonly $defs: Readonly<Record<string, Schema>>;
}

/** As many as a person reads; the rest comes after these are corrected. */
const MOST_LINES = 50;
/** Aliases could make a small file endless. */
const MOST_ALIASES = 100;

export function readManifest(text: string, file: string): ReadManifest {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: true });
  const lines: string[] = [];
  const complain = (offset: number, sentence: string): void => {
    const { line, col } = counter.linePos(offset);
    lines.push(`${file}:${line}:${col}: ${sentence}`);
  };
  for (const error of document.errors) complain(error.pos[0], error.message);
  const root = readSchema();
  const resolve = (alias: Alias): Node | null => alias.resolve(document) ?? null;
  if (lines.length === 0) check({ root, complain, resolve, checked: new Map() }, document.contents, root);
  if (lines.length > 0) return { kind: 'BAD', lines: [...new Set(lines)].slice(0, MOST_LINES) };
  try {
    const value: unknown = JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: MOST_ALIASES })));
    return { kind: 'OK', manifest: value as Manifest };
  } catch (error) {
    // Too many aliases, or one within what it stands for, of which only the first line is for people.
    const [sentence = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    return { kind: 'BAD', lines: [`${file}:1:1: ${sentence}`] };
  }
}

interface Checking {
  readonly root: RootSchema;
  readonly complain: (offset: number, sentence: string) => void;
  readonly resolve: (alias: Alias) => Node | null;
  /** The nodes of aliases with the schemas they were checked against: once is enough, also for an alias within itself. */
  readonly checked: Map<Node, Set<Schema>>;
}

function check(checking: Checking, node: Node | null, given: Schema): void {
  const schema = given.$ref === undefined ? given : (checking.root.$defs[given.$ref.replace('#/$defs/', '')] ?? given);
  const at = node?.range?.[0] ?? 0;
  if (isAlias(node)) return checkAlias(checking, node, given);
  if (isNull(node)) {
    if (given.nullable !== true) checking.complain(at, `expected ${wordOf(schema)}, found no value`);
    return;
  }
  if (schema.type === 'object')
    return isMap(node) ? checkMap(checking, node, schema) : checking.complain(at, `expected ${wordOf(schema)}`);
  if (schema.type === 'array') {
    if (!isSeq(node)) return checking.complain(at, `expected ${wordOf(schema)}`);
    const most = schema.maxItems ?? Number.POSITIVE_INFINITY;
    if (node.items.length > most)
      checking.complain(at, `at most ${most} entries are allowed, and there are ${node.items.length}`);
    for (const item of node.items) check(checking, item as Node | null, schema.items ?? {});
    return;
  }
  const value = isScalar(node) ? node.value : undefined;
  if (schema.enum !== undefined && !schema.enum.includes(String(value))) {
    return checking.complain(at, `expected one of ${schema.enum.join(', ')}`);
  }
  const isRight = schema.type === 'integer' ? Number.isSafeInteger(value) : typeof value === schema.type;
  if (schema.enum === undefined && !isRight) checking.complain(at, `expected ${wordOf(schema)}`);
}

/** Its node may be right where it is written, and wrong here. */
function checkAlias(checking: Checking, alias: Alias, schema: Schema): void {
  const meant = checking.resolve(alias);
  if (meant === null) return;
  const before = checking.checked.get(meant) ?? new Set();
  if (before.has(schema)) return;
  checking.checked.set(meant, before.add(schema));
  check(checking, meant, schema);
}

function checkMap(
  checking: Checking,
  node: Extract<Node, { items: unknown }> & { items: { key: unknown; value: unknown }[] },
  schema: Schema,
): void {
  const properties = schema.properties ?? {};
  const seen = new Set<string>();
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? String(key.value) : '';
    seen.add(name);
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const at = isScalar(key) ? (key.range?.[0] ?? 0) : 0;
    if (property === undefined)
      checking.complain(at, `unknown key "${name}"${suggestion(name, Object.keys(properties))}`);
    else check(checking, (value as Node | null) ?? null, property);
  }
  const missing = (schema.required ?? []).filter((name) => !seen.has(name));
  if (missing.length > 0)
    checking.complain(node.range?.[0] ?? 0, `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing`);
}

function isNull(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

function wordOf(schema: Schema): string {
  if (schema.enum !== undefined) return `one of ${schema.enum.join(', ')}`;
  const words = {
    object: 'a mapping',
    array: 'a list',
    string: 'a text (put it into quotes)',
    integer: 'a whole number',
    boolean: 'true or false',
  };
  return words[schema.type ?? 'string'];
}

/** The key that was meant, when only case, `-` and `_` differ or one begins like the other. */
function suggestion(name: string, known: readonly string[]): string {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_]/g, '');
  const meant =
    known.find((each) => plain(each) === plain(name)) ??
    known.find(
      (each) => name.length > 2 && (plain(each).startsWith(plain(name)) || plain(name).startsWith(plain(each))),
    );
  return meant === undefined ? `; known are ${known.join(', ')}` : `: did you mean ${meant}?`;
}

function readSchema(): RootSchema {
  return JSON.parse(readFileSync(new URL('manifest.schema.json', import.meta.url), 'utf8')) as RootSchema;
}
