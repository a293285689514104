/**
 * The service as resources ask it: mutations that are done once although their answer was lost, reads of domains in batches, and
 * objects found by their names.
 */
import { randomUUID } from 'node:crypto';
import type { Domain, Mutation } from '../../control/generated.ts';
import { ClientError, type Connection, Unreachable } from '../api/connection.ts';
import {
  listAll,
  type ListName,
  type ListNode,
  mutate,
  type Mutated,
  type MutationName,
  type Selected,
  type UserError,
} from '../api/requests.ts';
import type { Outcome } from './sdk/resource.ts';
import type { State } from './sdk/value.ts';

export interface Api {
  readonly ask: Connection['ask'];
  readonly readDomain: ReadDomain;
  /** This machine's clock. */
  now(): Date;
  mutate<Name extends MutationName, const Fields extends string>(
    mutation: Name,
    input: Readonly<Record<string, unknown>>,
    fields: Fields,
  ): Promise<Mutated<Selected<Mutation[Name], Fields>>>;
}

export interface ApiParts {
  readonly ask: Connection['ask'];
  /** Resolves after some milliseconds; true when the user wants it all to end. */
  readonly pause: (ms: number) => Promise<boolean>;
  readonly now: () => Date;
}

/** A node that is started anew answers within these. */
const PAUSES_MS = [300, 1500] as const;

/** A mutation whose answer was lost is asked again with the key of the first time, so that it is done once. */
export function createApi({ ask, pause, now }: ApiParts): Api {
  return {
    ask,
    readDomain: createDomainReads({ ask }),
    now,
    async mutate(mutation, input, fields) {
      const keyed = { ...input, idempotencyKey: randomUUID() };
      for (const ms of PAUSES_MS) {
        try {
          return await mutate({ ask }, mutation, keyed, fields);
        } catch (error) {
          if (!(error instanceof Unreachable) || (await pause(ms))) throw error;
        }
      }
      return mutate({ ask }, mutation, keyed, fields);
    },
  };
}

/** The fields of the domain of a name; null if the token may see no such domain. */
export type ReadDomain = <const Fields extends string>(
  name: string,
  fields: Fields,
) => Promise<Selected<Domain, Fields> | null>;

interface Question {
  readonly name: string;
  answer(domain: Promise<unknown>): void;
}

/** As many as Terraform asks for at once, well below what the service lets one request ask. */
const MOST_AT_ONCE = 10;

/**
 * Makes one request of the reads that come while one is under way: Terraform reads ten resources at a time, and a request costs the
 * service more than what it asks for. Nothing is remembered: each answer was asked for after its question.
 */
export function createDomainReads({ ask }: Pick<Connection, 'ask'>): ReadDomain {
  /** Fields → what waits for the request that is under way. */
  const waiting = new Map<string, Question[]>();

  async function work(fields: string, questions: Question[]): Promise<void> {
    while (questions.length > 0) {
      const batch = questions.splice(0, MOST_AT_ONCE);
      await askAll(fields, batch).then(
        (domains) => batch.forEach((each, index) => each.answer(Promise.resolve(domains[index] ?? null))),
        async (error: unknown) => {
          // One of them may be what cannot be asked for: each gets its own error.
          const isShared = error instanceof Unreachable || batch.length === 1;
          const alone = (each: Question) => askAll(fields, [each]).then(([domain]) => domain ?? null);
          batch.forEach((each) => each.answer(isShared ? Promise.reject(error) : alone(each)));
        },
      );
    }
    waiting.delete(fields);
  }

  async function askAll(fields: string, batch: readonly Question[]): Promise<readonly unknown[]> {
    const names = batch.map(({ name }, index) => [`n${index}`, name] as const);
    const query = `query (${names.map(([key]) => `$${key}: String!`).join(' ')}) { ${names.map(([key]) => `${key}: domain(by: { name: $${key} }) { ${fields} }`).join(' ')} }`;
    const answer = await ask<Record<string, unknown>>(query, Object.fromEntries(names));
    return names.map(([key]) => answer[key] ?? null);
  }

  return <const Fields extends string>(name: string, fields: Fields) =>
    new Promise<Selected<Domain, Fields> | null>((resolve) => {
      const answer = (domain: Promise<unknown>) => resolve(domain as Promise<Selected<Domain, Fields> | null>);
      const question = { name, answer };
      const questions = waiting.get(fields);
      if (questions !== undefined) questions.push(question);
      else {
        const first = [question];
        waiting.set(fields, first);
        void work(fields, first);
      }
    });
}

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

/** The id of the object with this name, address or URL, or with this id; null if there is none. Refuses to choose among several. */
export async function findId(
  api: Api,
  list: 'alertContacts' | 'tenants' | 'tokens' | 'webhooks',
  name: 'address' | 'name' | 'url',
  text: string,
) {
  const objects: readonly object[] = await listAll(api, list, `id ${name}` as 'id', { most: MOST_LOOKED_THROUGH });
  const named = objects as readonly ({ readonly id: string } & { readonly [key in typeof name]?: string })[];
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
