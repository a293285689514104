/**
 * The objects of the API as resources find and change them: by their id, by what people know them by, and by mutations whose payload
 * holds the object.
 */
import { ClientError } from '../../api/connection.ts';
import {
  listAll,
  type ListName,
  type ListNode,
  type Mutated,
  type MutationName,
  type Selected,
  type UserError,
} from '../../api/requests.ts';
import type { Api } from '../api.ts';
import type { Outcome } from '../sdk/resource.ts';
import type { State } from '../sdk/value.ts';

const MOST_LOOKED_THROUGH = 100_000;

/** Those of a list that `isIt` chooses. */
export async function findListed<List extends ListName, const Fields extends string>(
  api: Api,
  list: List,
  fields: Fields,
  isIt: (each: Selected<ListNode<List>, Fields>) => boolean,
): Promise<readonly Selected<ListNode<List>, Fields>[]> {
  return (await listAll(api, list, fields, { most: MOST_LOOKED_THROUGH })).filter(isIt);
}

/** The id of the object with this name or URL, or with this id; null if there is none. Refuses to choose among several. */
export async function findId(api: Api, list: 'tenants' | 'tokens' | 'webhooks', name: 'name' | 'url', text: string) {
  const objects: readonly object[] = await listAll(api, list, `id ${name}` as 'id', { most: MOST_LOOKED_THROUGH });
  const named = objects as readonly { readonly id: string; readonly name?: string; readonly url?: string }[];
  const [found, ...others] = named.filter((each) => each[name] === text || each.id === text.toLowerCase());
  if (others.length > 0) {
    const ids = [found, ...others].map((each) => each?.id).join(', ');
    throw new ClientError(`several ${list} have the ${name} "${text}". Give the id of one: ${ids}`);
  }
  return found === undefined ? null : { id: found.id };
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
  mutation: MutationName,
  input: Readonly<Record<string, unknown>>,
): Promise<readonly UserError[]> {
  const answer = await api.mutate(mutation, input, '');
  return answer.kind === 'REFUSED' ? answer.errors : [];
}
