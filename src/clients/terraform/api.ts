/**
 * The service as resources ask it. A mutation whose answer was lost is asked again, with the key of the first time, so that it
 * is done once.
 */
import { randomUUID } from 'node:crypto';
import { type Connection, Unreachable } from '../api/connection.ts';
import { mutate, type Mutated } from '../api/requests.ts';
import { createDomainReads, type ReadDomain } from './domain-reads.ts';

export interface Api {
  readonly ask: Connection['ask'];
  readonly readDomain: ReadDomain;
  /** This machine's clock. */
  now(): Date;
  mutate<T extends object>(
    mutation: string,
    input: Readonly<Record<string, unknown>>,
    fields: string,
  ): Promise<Mutated<T>>;
}

export interface ApiParts {
  readonly ask: Connection['ask'];
  /** Resolves after some milliseconds; true when the user wants it all to end. */
  readonly pause: (ms: number) => Promise<boolean>;
  readonly now: () => Date;
}

/** A node that is started anew answers within these. */
const PAUSES_MS = [300, 1500] as const;

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
