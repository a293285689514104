/**
 * Mutations and lists of the API as its clients ask for them: user errors are apart from the answer, and lists come page after page.
 */
import type { Connection } from './connection.ts';

export interface UserError {
  readonly field: readonly string[];
  readonly message: string;
  readonly code: string;
}

export type Mutated<T> =
  | { readonly kind: 'DONE'; readonly payload: T }
  | { readonly kind: 'REFUSED'; readonly errors: readonly UserError[] };

/** `fields`: of the payload, beside `userErrors`. */
export async function mutate<T extends object>(
  { ask }: Pick<Connection, 'ask'>,
  mutation: string,
  input: Readonly<Record<string, unknown>>,
  fields = '',
): Promise<Mutated<T>> {
  const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) { ${fields} userErrors { field message code } } }`;
  const answer = await ask<Record<string, T & { readonly userErrors: readonly UserError[] }>>(query, { input });
  const payload = answer[mutation];
  if (payload === undefined) throw new Error(`no payload of ${mutation}`);
  return payload.userErrors.length > 0 ? { kind: 'REFUSED', errors: payload.userErrors } : { kind: 'DONE', payload };
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
