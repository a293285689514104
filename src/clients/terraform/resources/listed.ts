/** Things that the API gives by their id only, found by what people know them by. */
import { ClientError } from '../../api/connection.ts';
import { allNodes, type Page, PAGE_INFO } from '../../api/requests.ts';
import type { Api } from '../api.ts';

const MOST_LOOKED_THROUGH = 100_000;

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

interface Wanted<T> {
  readonly connection: string;
  readonly fields: string;
  isIt(each: T): boolean;
}

/** The first of a connection of Query that is it; null: none is. */
export async function findListed<T>(api: Api, wanted: Wanted<T>): Promise<T | null> {
  return (await findAllListed(api, wanted))[0] ?? null;
}

async function findAllListed<T>({ ask }: Api, { connection, fields, isIt }: Wanted<T>): Promise<readonly T[]> {
  const query = `query ($first: Int!, $after: String) { ${connection}(first: $first, after: $after) { nodes { ${fields} } ${PAGE_INFO} } }`;
  const nodes = await allNodes(MOST_LOOKED_THROUGH, async (after, first) => {
    const page = (await ask<Record<string, Page<T>>>(query, { first, after }))[connection];
    if (page === undefined) throw new Error(`no ${connection} in the answer`);
    return page;
  });
  return nodes.filter(isIt);
}

/** The id of what is called so, or is the id itself; null: nothing is. Refuses to choose among several. */
export async function findId(api: Api, connection: string, [name, text]: readonly [field: string, text: string]) {
  const isIt = (each: Readonly<Record<string, string>>) => each[name] === text || each['id'] === text.toLowerCase();
  const [found, ...others] = await findAllListed(api, { connection, fields: `id ${name}`, isIt });
  if (others.length > 0) {
    const ids = [found, ...others].map((each) => each?.['id']).join(', ');
    throw new ClientError(`several ${connection} have the ${name} "${text}". Give the id of one: ${ids}`);
  }
  return found === undefined ? null : { id: found['id'] ?? null };
}
