/** Connections of the API, read page after page. */

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
