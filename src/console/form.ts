/**
 * A form of the console: where it is sent, what it asks of the API, and what comes of it.
 *
 * Each form has a key that was made with its page, so that what is sent twice is done once. What needs a second look comes back with
 * a question, and is done when it is sent again with the answer.
 */
import type { Ask, Asked, Question } from './ask.ts';

export interface FormRequest {
  readonly ask: Ask;
  readonly fields: URLSearchParams;
  readonly now: Date;
}

export type FormResult =
  | { readonly kind: 'DONE' }
  | { readonly kind: 'AGAIN'; readonly errors: ReadonlyMap<string, string>; readonly question: Question | null };

export interface Form {
  /** The address that it is sent to, below `/console`; the parts in parentheses are names, decoded. */
  readonly pattern: RegExp;
  readonly verb: string;
  /** Said on the page that comes next. */
  readonly done: string;
  readonly page: (names: readonly string[], fields: URLSearchParams) => string;
  readonly submit: (request: FormRequest, names: readonly string[]) => Promise<FormResult>;
}

interface UserError {
  readonly path: readonly string[];
  readonly message: string;
}

/** The key that was made with the page. */
export function keyIn(fields: URLSearchParams): { readonly idempotencyKey: string | null } {
  return { idempotencyKey: fields.get('key') };
}

/**
 * The result of a mutation.
 *
 * @param names of the fields of the form, by their path in the input of the mutation
 */
export function resultOf<Data>(
  asked: Asked<Data>,
  payload: (data: Data) => { readonly userErrors: readonly UserError[] },
  names: Readonly<Record<string, string>> = {},
): FormResult {
  if (asked.kind === 'REFUSED') return again('', asked.message);
  const { userErrors } = payload(asked.data);
  if (userErrors.length === 0) return { kind: 'DONE' };
  const fieldOf = ({ path }: UserError): string => names[path.filter((part) => part !== 'input').join('.')] ?? '';
  return { kind: 'AGAIN', question: null, errors: new Map(userErrors.map((error) => [fieldOf(error), error.message])) };
}

/** A form comes back with what is wrong beside a field; '' stands for the whole form. */
export function again(field: string, message: string): FormResult {
  return { kind: 'AGAIN', errors: new Map([[field, message]]), question: null };
}
