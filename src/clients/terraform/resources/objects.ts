/**
 * The objects of the API as resources find and change them: by their id, by what people know them by, and by mutations whose payload
 * holds the object.
 */
import { ClientError } from '../../api/connection.ts';
import { allNodes, type Mutated, type Page, PAGE_INFO, type UserError } from '../../api/requests.ts';
import type { Api } from '../api.ts';
import type { Outcome } from '../sdk/resource.ts';
import type { State, Value } from '../sdk/value.ts';

const MOST_LOOKED_THROUGH = 100_000;

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

/** Null: it does not exist, or belongs to another tenant. */
export async function readById<T>(
  { ask }: Api,
  kind: string,
  id: Value | undefined,
  fields: string,
): Promise<T | null> {
  const query = `query ($id: ID!) { ${kind}(id: $id) { ${fields} } }`;
  return (await ask<Record<string, T | null>>(query, { id }))[kind] ?? null;
}

/** The outcome of a mutation whose payload holds the object under the name of its kind. */
export function outcomeOf<K extends string, T>(
  answer: Mutated<Readonly<Record<K, T | null>>>,
  kind: K,
  valuesOf: (object: T) => State,
): Outcome {
  if (answer.kind === 'REFUSED') return answer;
  const object = answer.payload[kind];
  return { kind: 'DONE', values: object === null ? {} : valuesOf(object) };
}

/** Runs a mutation whose payload is not looked at. */
export async function errorsOf(
  api: Api,
  mutation: string,
  input: Readonly<Record<string, unknown>>,
): Promise<readonly UserError[]> {
  const answer = await api.mutate(mutation, input, '');
  return answer.kind === 'REFUSED' ? answer.errors : [];
}
