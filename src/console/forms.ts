/**
 * The forms of the console: where each is sent, what it asks of the API, and what is said when it is done. One table.
 *
 * Each form has a key that was made with its page, so that what is sent twice is done once.
 */
import type { Ask } from './ask.ts';
import { flushMutation } from './operations/generated.ts';

export interface FormRequest {
  readonly ask: Ask;
  readonly fields: URLSearchParams;
}

export type FormResult =
  | { readonly kind: 'DONE' }
  | { readonly kind: 'AGAIN'; readonly errors: ReadonlyMap<string, string> };

export interface FoundForm {
  readonly verb: string;
  /** The path of the page that it stands on, below `/console`. */
  readonly page: string;
  readonly submit: (request: FormRequest) => Promise<FormResult>;
}

interface Form {
  /** The address that it is sent to, below `/console`; the parts in parentheses are names, decoded. */
  readonly pattern: RegExp;
  readonly verb: string;
  /** Said on the page that comes next. */
  readonly done: string;
  readonly page: (names: readonly string[]) => string;
  readonly submit: (request: FormRequest, names: readonly string[]) => Promise<FormResult>;
}

const FORMS: readonly Form[] = [
  {
    pattern: /^\/d\/([^/]+)\/try$/,
    verb: 'try',
    done: 'We try it now. What came of it is shown here in a moment.',
    page: () => '',
    async submit({ ask, fields }, [name = '']) {
      const asked = await ask(flushMutation, { input: { name, idempotencyKey: fields.get('key') } });
      return asked.kind === 'REFUSED' ? failed(asked.message) : resultOf(asked.data.domainFlush.userErrors);
    },
  },
];

function resultOf(userErrors: readonly { readonly path: readonly string[]; readonly message: string }[]): FormResult {
  if (userErrors.length === 0) return { kind: 'DONE' };
  return { kind: 'AGAIN', errors: new Map(userErrors.map(({ path, message }) => [path.join('.'), message])) };
}

function failed(message: string): FormResult {
  return { kind: 'AGAIN', errors: new Map([['', message]]) };
}

/** The form that is sent to this address; null if there is none. */
export function findForm(path: string): FoundForm | null {
  for (const { pattern, verb, page, submit } of FORMS) {
    const names = namesIn(pattern, path);
    if (names === null) continue;
    return { verb, page: page(names), submit: (request) => submit(request, names) };
  }
  return null;
}

/** The notice about a form that was carried out; null: there is no such form. */
export function noticeOf(query: URLSearchParams): string | null {
  const did = query.get('did');
  return FORMS.find(({ verb }) => verb === did)?.done ?? null;
}

/** The parts of a path that a pattern names, decoded; null if it does not fit, or is no text. */
export function namesIn(pattern: RegExp, path: string): readonly string[] | null {
  const found = pattern.exec(path);
  if (found === null) return null;
  try {
    return found.slice(1).map(decodeURIComponent);
  } catch {
    return null;
  }
}
