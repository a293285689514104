/** Things that the API gives by their id only, found by what people know them by. */
import { allNodes, type Page, PAGE_INFO } from '../../client/pages.ts';
import type { Api } from '../api.ts';

const MOST_LOOKED_THROUGH = 100_000;

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** The first of a connection of Query that is it; null: none is. */
export async function findListed<T>(
  { ask }: Api,
  { connection, fields, isIt }: { readonly connection: string; readonly fields: string; isIt(each: T): boolean },
): Promise<T | null> {
  const query = `query ($first: Int!, $after: String) { ${connection}(first: $first, after: $after) { nodes { ${fields} } ${PAGE_INFO} } }`;
  const nodes = await allNodes(MOST_LOOKED_THROUGH, async (after, first) => {
    const page = (await ask<Record<string, Page<T>>>(query, { first, after }))[connection];
    if (page === undefined) throw new Error(`no ${connection} in the answer`);
    return page;
  });
  return nodes.find(isIt) ?? null;
}

/** The id of what is called so, or is the id itself; null: nothing is. */
export async function findId(api: Api, connection: string, [name, text]: readonly [field: string, text: string]) {
  const isIt = (each: Readonly<Record<string, string>>) => each[name] === text || each['id'] === text.toLowerCase();
  const found = await findListed(api, { connection, fields: `id ${name}`, isIt });
  return found && { id: found['id'] ?? null };
}
