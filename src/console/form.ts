/**
 * A form of the console: where it is sent, what it asks of the API, and what comes of it.
 *
 * Each form has a key that was made with its page, so that what is sent twice is done once. What needs a second look comes back with
 * a question, and is done when it is sent again with the answer.
 */
import type { Ask, Asked, Question, Told } from './ask.ts';

export interface FormRequest {
  readonly ask: Ask;
  readonly fields: URLSearchParams;
  readonly now: Date;
  /** As the browser named it. */
  readonly timeZone: string;
}

export type FormResult =
  /** `next`: the page that comes then, where only now its name is known. */
  | { readonly kind: 'DONE'; readonly next?: string }
  /** Done, and there is something that is shown this once. */
  | { readonly kind: 'TOLD'; readonly told: Told }
  | { readonly kind: 'AGAIN'; readonly errors: ReadonlyMap<string, string>; readonly question: Question | null };

export interface Form {
  /** The address that it is sent to, below `/console`; the parts in parentheses are names, decoded. */
  readonly pattern: RegExp;
  readonly verb: string;
  /** Said on the page that comes next. */
  readonly done: string;
  readonly page: (names: readonly string[], fields: URLSearchParams) => string;
  /** The page that comes next, where it is another one: its own is gone with what it was about. */
  readonly next?: string;
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
 * @param names of the fields of the form, by their path in the input of the mutation, or by the first part of it
 */
export function resultOf<Data>(
  asked: Asked<Data>,
  payload: (data: Data) => { readonly userErrors: readonly UserError[] },
  names: Readonly<Record<string, string>> = {},
): FormResult {
  if (asked.kind === 'REFUSED') return again('', asked.message);
  const { userErrors } = payload(asked.data);
  if (userErrors.length === 0) return { kind: 'DONE' };
  const fieldOf = ({ path }: UserError): string => {
    const parts = path.filter((part) => part !== 'input');
    return names[parts.join('.')] ?? names[parts[0] ?? ''] ?? '';
  };
  return { kind: 'AGAIN', question: null, errors: new Map(userErrors.map((error) => [fieldOf(error), error.message])) };
}

/** It is done, and shows its secret; a form that comes again has none. */
export function toldOf(text: string, secret: string | null): FormResult {
  const lost =
    'This was done when the form came for the first time, and the secret was shown then. Rotate it for a new one.';
  return { kind: 'TOLD', told: secret === null ? { text: lost, secret } : { text, secret } };
}

/** It is done when the form comes again with this answer. */
export function asking(text: string, fields: Question['fields']): FormResult {
  return { kind: 'AGAIN', errors: new Map(), question: { text, fields } };
}

/** A form comes back with what is wrong beside a field; '' stands for the whole form. */
export function again(field: string, message: string): FormResult {
  return { kind: 'AGAIN', errors: new Map([[field, message]]), question: null };
}
