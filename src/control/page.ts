/**
 * Pages of a connection: `first` or `last` from 1 to 100, and opaque cursors.
 *
 * A cursor is a position in an order of the list, so what is added or removed meanwhile shifts no page.
 */
import { Buffer } from 'node:buffer';
import { GraphQLError } from 'graphql';
import { type CountItems, type PageRequest, type Position, readOnce, type Slice } from '../db/walk.ts';
import { normalizeLocalPart } from '../mail/address.ts';

export const MAX_PAGE = 100;

/** In lower case. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** Throws the error the caller sees when `first` is out of bounds. */
export function pageSize(first: number, argument = 'first'): number {
  if (first >= 1 && first <= MAX_PAGE) return first;
  throw badInput(`${argument} must lie between 1 and ${MAX_PAGE}.`);
}

function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}

export interface PageArgs {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

/** The orders that go by the id alone, in which a list is if it was asked for no other. */
const OWN_ORDERS: ReadonlySet<string> = new Set(['CREATED', 'NEWEST']);

/** The page that is asked for, in this order. Throws the error the caller sees. */
export function pageIn(order: string, { first, after, last, before }: PageArgs): PageRequest {
  if ((first == null) === (last == null)) throw badInput('Give either first, with after, or last, with before.');
  if ((last == null ? before : after) != null) throw badInput('after goes with first, and before with last.');
  return last == null
    ? { limit: pageSize(first ?? 0), from: positionOf(order, after, 'after'), isBackward: false }
    : { limit: pageSize(last, 'last'), from: positionOf(order, before, 'before'), isBackward: true };
}

function cursorAt(order: string, { key, id }: Position): string {
  return cursorOf(OWN_ORDERS.has(order) ? id : `${order} ${id} ${key ?? ''}`);
}

function positionOf(order: string, cursor: string | null | undefined, argument: string): Position | null {
  if (cursor == null) return null;
  const text = Buffer.from(cursor, 'base64url').toString();
  const [, ofOrder = null, id = '', key = ''] =
    /^(?:([A-Z]+) )?([0-9a-f-]{36})(?: ([^\p{Cc}]{0,300}))?$/u.exec(text) ?? [];
  if (!isUuid(id)) throw notACursor(argument);
  if (OWN_ORDERS.has(order) ? ofOrder !== null : ofOrder !== order) {
    const other = ofOrder === null ? 'the order of creation' : `orderBy: ${ofOrder}`;
    throw badInput(`${argument} is a cursor of ${other}, and this list is in another order: begin it anew.`);
  }
  return { key: ofOrder === null ? null : key, id };
}

/** The answer to a page that was asked for with these arguments. */
export function connectionIn<T>(order: string, slice: Slice<T>, args: PageArgs): Connection<T> {
  const { nodes, positions, next, total } = slice;
  const isBackward = args.last != null;
  const edges = positions.flatMap((position, index) => {
    const node = nodes[index];
    return node === undefined ? [] : [{ cursor: cursorAt(order, position), node }];
  });
  const further = next === null ? null : cursorAt(order, next);
  const [start, end] = [edges[0]?.cursor ?? null, edges.at(-1)?.cursor ?? null];
  return {
    nodes,
    edges,
    pageInfo: {
      hasNextPage: isBackward ? args.before != null : further !== null,
      hasPreviousPage: isBackward ? further !== null : args.after != null,
      startCursor: isBackward ? (further ?? start) : start,
      endCursor: isBackward ? end : (further ?? end),
    },
    total,
  };
}

export function cursorOf(id: string): string {
  return Buffer.from(id).toString('base64url');
}

/** The id a cursor names; null without a cursor. Throws the error the caller sees when it is not one of ours. */
export function idOfCursor(cursor: string | null | undefined): string | null {
  return readCursor(cursor, (id) => UUID.test(id));
}

/** As `idOfCursor`, of a list in the order of local parts. */
export function localPartOfCursor(cursor: string | null | undefined): string | null {
  return readCursor(cursor, (text) => normalizeLocalPart(text) === text);
}

function readCursor(cursor: string | null | undefined, isOurs: (text: string) => boolean): string | null {
  if (cursor === null || cursor === undefined) return null;
  const text = Buffer.from(cursor, 'base64url').toString();
  if (isOurs(text)) return text;
  throw notACursor();
}

/** The error the caller sees when a cursor is not one of ours. */
export function notACursor(argument = 'after'): GraphQLError {
  const other = argument === 'before' ? 'startCursor of the page after' : 'endCursor of the page before';
  return badInput(`${argument} is no cursor of this connection: give the ${other}.`);
}

export interface Connection<T> {
  readonly nodes: readonly T[];
  readonly edges: readonly { readonly cursor: string; readonly node: T }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  readonly total: CountItems;
}

/** The fields of every connection that are counted, and only when they are asked for. */
export const Counted = {
  totalCount: async ({ total }: Pick<Connection<unknown>, 'total'>) => (await total()).count,
  isTotalEstimated: async ({ total }: Pick<Connection<unknown>, 'total'>) => !(await total()).isWhole,
};

interface Page<T> {
  readonly nodes: readonly T[];
  /** The place where the next page begins; null when this is the last. */
  readonly nextId: string | null;
  readonly after: string | null | undefined;
  readonly total: CountItems;
}

export function connectionOf<T extends { readonly id: string }>(page: Page<T>): Connection<T> {
  const { nodes, nextId, after, total } = page;
  const edges = nodes.map((node) => ({ cursor: cursorOf(node.id), node }));
  return {
    nodes,
    edges,
    pageInfo: {
      hasNextPage: nextId !== null,
      hasPreviousPage: after !== null && after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: nextId === null ? (edges.at(-1)?.cursor ?? null) : cursorOf(nextId),
    },
    total,
  };
}

/** Items of a list below one object that are read to count them. */
const NESTED_COUNT_LIMIT = 1_000;

/** Counts a list that is read from its beginning, up to a limit. */
export function countRows(read: (limit: number) => Promise<readonly unknown[]>): CountItems {
  return readOnce(async () => {
    const { length } = await read(NESTED_COUNT_LIMIT + 1);
    return { count: Math.min(length, NESTED_COUNT_LIMIT), isWhole: length <= NESTED_COUNT_LIMIT };
  });
}

/** A page of a list that was asked for with one more than the page takes. */
export function connectionOfRows<T extends { readonly id: string }>(
  rows: readonly T[],
  { first, after }: { readonly first: number; readonly after?: string | null | undefined },
  total: CountItems,
): Connection<T> {
  const nodes = rows.slice(0, first);
  return connectionOf({ nodes, nextId: rows.length > first ? (nodes.at(-1)?.id ?? null) : null, after, total });
}
