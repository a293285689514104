/**
 * Mutations of the API as clients ask for them: what a person did wrong is told apart from the answer.
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
