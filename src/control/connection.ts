/**
 * Pages of a connection: `first` from 1 to 100, opaque cursors that name the last id or local part seen.
 *
 * A cursor is a position in that order, so what is added or removed meanwhile shifts no page.
 */
import { Buffer } from 'node:buffer';
import { GraphQLError } from 'graphql';
import { normalizeLocalPart } from '../mail/address.ts';

export const MAX_PAGE = 100;

/** In lower case. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** Throws the error the caller sees when `first` is out of bounds. */
export function pageSize(first: number): number {
  if (first >= 1 && first <= MAX_PAGE) return first;
  throw new GraphQLError(`first must lie between 1 and ${MAX_PAGE}.`, { extensions: { code: 'BAD_USER_INPUT' } });
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

/** The error the caller sees when `after` is not one of ours. */
export function notACursor(): GraphQLError {
  return new GraphQLError('after is no cursor of this connection: give the endCursor of the page before.', {
    extensions: { code: 'BAD_USER_INPUT' },
  });
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
}

interface Page<T> {
  readonly nodes: readonly T[];
  /** The place where the next page begins; null when this is the last. */
  readonly nextId: string | null;
  readonly after: string | null | undefined;
}

export function connectionOf<T extends { readonly id: string }>({ nodes, nextId, after }: Page<T>): Connection<T> {
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
  };
}

/** A page of a list that was asked for with one more than the page takes. */
export function connectionOfRows<T extends { readonly id: string }>(
  rows: readonly T[],
  { first, after }: { readonly first: number; readonly after?: string | null | undefined },
): Connection<T> {
  const nodes = rows.slice(0, first);
  return connectionOf({ nodes, nextId: rows.length > first ? (nodes.at(-1)?.id ?? null) : null, after });
}
