/**
 * Mutations and lists of the API as its clients ask for them: user errors are apart from the answer, and lists come page after page.
 *
 * The type of an answer is that of the schema, reduced to the fields that the query selects: a field that does not exist, or was
 * not selected, is an error of the types.
 */
import type { Mutation, Query } from '../../control/generated.ts';
import type { Connection } from './connection.ts';

/** The answer to a selection such as `id name tenant { name }`, without arguments and aliases. Times are text, as in JSON. */
export type Selected<T, Fields extends string> =
  Parsed<T, Words<OneLine<Fields>>> extends [infer Out, unknown] ? Out : never;

type OneLine<Text extends string> = Text extends `${infer Line}\n${infer Rest}` ? OneLine<`${Line} ${Rest}`> : Text;
type Words<Text extends string, Found extends string[] = []> = Text extends `${infer Word} ${infer Rest}`
  ? Words<Rest, Word extends '' ? Found : [...Found, Word]>
  : Text extends ''
    ? Found
    : [...Found, Text];

/** The fields up to the end of their block, and the words after it. */
type Parsed<T, Left, Out = unknown> = Left extends [infer Field extends keyof T, '{', ...infer Rest]
  ? Parsed<Element<T[Field]>, Rest> extends [infer Inner, infer After]
    ? Parsed<T, After, Out & { readonly [K in Field]-?: Nested<T[Field], Inner> }>
    : never
  : Left extends ['}', ...infer Rest]
    ? [Out, Rest]
    : Left extends [infer Field extends keyof T, ...infer Rest]
      ? Parsed<T, Rest, Out & { readonly [K in Field]-?: Plain<T[Field]> }>
      : Left extends []
        ? [Out, []]
        : never;

type Element<T> = NonNullable<T> extends readonly (infer E)[] ? E : NonNullable<T>;
type Nested<T, Inner> = T extends undefined
  ? never
  : T extends null
    ? null
    : T extends readonly unknown[]
      ? readonly Inner[]
      : Inner;
type Plain<T> = T extends undefined ? never : T extends Date ? string : T;

export type MutationName = Exclude<keyof Mutation, '__typename'>;
/** Mutations whose payload has this object. */
export type MutationOf<Field extends string> = {
  [K in MutationName]: Field extends keyof Mutation[K] ? K : never;
}[MutationName];
/** Queries that answer with a connection. */
export type ListName = { [K in keyof Query]-?: Query[K] extends { readonly nodes: unknown } ? K : never }[keyof Query];
export type ListNode<List extends ListName> = Query[List]['nodes'][number];
export type ObjectName = 'alertContact' | 'domain' | 'message' | 'operation' | 'tenant' | 'token' | 'webhook';

export interface UserError {
  readonly path: readonly string[];
  readonly message: string;
  readonly code: string;
  /** The page that says what to do; absent if the client itself found the mistake. */
  readonly documentationUrl?: string;
}

export interface Refused {
  readonly kind: 'REFUSED';
  readonly errors: readonly UserError[];
}
export type Mutated<Payload> = { readonly kind: 'DONE'; readonly payload: Payload } | Refused;

/** `fields`: of the payload, beside `userErrors`. */
export async function mutate<Name extends MutationName, const Fields extends string>(
  { ask }: Pick<Connection, 'ask'>,
  mutation: Name,
  input: Readonly<Record<string, unknown>>,
  fields: Fields,
): Promise<Mutated<Selected<Mutation[Name], Fields>>> {
  const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) { ${fields} userErrors { path message code documentationUrl } } }`;
  type Payload = Selected<Mutation[Name], Fields> & { readonly userErrors: readonly UserError[] };
  const { [mutation]: payload } = await ask<Record<string, Payload>>(query, { input });
  if (payload === undefined) throw new Error(`no payload of ${mutation}`);
  return payload.userErrors.length > 0 ? { kind: 'REFUSED', errors: payload.userErrors } : { kind: 'DONE', payload };
}

/** One of the viewer's objects by its name or id, with these fields; null if the viewer has no such object. */
export async function readObject<Name extends ObjectName, const Fields extends string>(
  { ask }: Pick<Connection, 'ask'>,
  kind: Name,
  key: unknown,
  fields: Fields,
): Promise<Selected<NonNullable<Query[Name]>, Fields> | null> {
  const [type, which] = kind === 'domain' ? ['String', 'by: { name: $key }'] : ['ID', 'id: $key'];
  const query = `query ($key: ${type}!) { ${kind}(${which}) { ${fields} } }`;
  type Found = Selected<NonNullable<Query[Name]>, Fields>;
  return (await ask<Readonly<Record<string, Found | null>>>(query, { key }))[kind] ?? null;
}

/** One page of a connection, asked for with PAGE_INFO. */
export interface Page<T> {
  readonly nodes: readonly T[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

export const PAGE_INFO = 'pageInfo { hasNextPage endCursor }';

/** All nodes of a connection, page after page; `ask` answers with the page after a cursor. */
export async function allNodes<T>(
  most: number,
  ask: (after: string | null, first: number) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const nodes: T[] = [];
  let after: string | null = null;
  for (;;) {
    const page: Page<T> = await ask(after, Math.min(100, most - nodes.length));
    nodes.push(...page.nodes);
    if (!page.pageInfo.hasNextPage || nodes.length >= most) return nodes;
    after = page.pageInfo.endCursor;
  }
}

export interface Listing {
  readonly most: number;
  readonly filter?: Readonly<Record<string, unknown>>;
  /** The type of the filter in the schema; without it no filter is sent, which an older service may not know. */
  readonly filterType?: string;
  /** A value of the list's enum of orders. Without it the list is in the order that it has by itself. */
  readonly orderBy?: string | undefined;
}

/** The objects of a list of the API, with these fields, page after page. */
export async function listAll<List extends ListName, const Fields extends string>(
  { ask }: Pick<Connection, 'ask'>,
  list: List,
  fields: Fields,
  { most, filter, filterType, orderBy }: Listing,
): Promise<readonly Selected<ListNode<List>, Fields>[]> {
  const [declared, given] = filterType === undefined ? ['', ''] : [`, $filter: ${filterType}`, ', filter: $filter'];
  const ordered = orderBy === undefined ? '' : `, orderBy: ${orderBy}`;
  const query = `query ($first: Int!, $after: String${declared}) {
    ${list}(first: $first, after: $after${given}${ordered}) { nodes { ${fields} } ${PAGE_INFO} } }`;
  const filtered = filterType === undefined ? {} : { filter };
  return allNodes(most, async (after, first) => {
    type Answer = Record<string, Page<Selected<ListNode<List>, Fields>>>;
    const { [list]: page } = await ask<Answer>(query, { first, after, ...filtered });
    if (page === undefined) throw new Error(`no page of ${list}`);
    return page;
  });
}
