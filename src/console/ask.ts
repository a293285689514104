/**
 * How a page gets its data: an operation of the API, on behalf of whoever looks at the page.
 *
 * A top-level refusal empties a whole answer, so each panel of a page is an operation of its own: what fails says so alone.
 */

/** A document of the API (operations/), with the types of its answer and its variables. */
export interface Operation<Data, Variables> {
  readonly text: string;
  /** Only for the types. */
  readonly data?: Data;
  readonly variables?: Variables;
}

export type Asked<Data> =
  | { readonly kind: 'DATA'; readonly data: Data }
  /** `scope`: the session has not what it takes. */
  | { readonly kind: 'REFUSED'; readonly code: string; readonly message: string; readonly scope: string | null };

export interface Ask {
  <Data, Variables extends Readonly<Record<string, unknown>>>(
    operation: Operation<Data, Variables>,
    variables: Variables,
  ): Promise<Asked<Data>>;
}

/** The answer as JSON has it. */
export interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions?: Readonly<Record<string, unknown>> }[];
}

/** The answer as a page takes it. */
export function askedOf<Data>(
  _operation: Pick<Operation<Data, unknown>, 'text' | 'data'>,
  { data, errors }: Answer,
): Asked<Data> {
  const error = errors?.[0];
  if (error === undefined && data != null) return { kind: 'DATA', data: data as Data };
  const { code = 'INTERNAL_SERVER_ERROR', scope = null } = error?.extensions ?? {};
  const message = error?.message ?? 'The service gave no answer.';
  return { kind: 'REFUSED', code: String(code), message, scope: typeof scope === 'string' ? scope : null };
}

/** The person who looks at a page. */
export interface Visitor {
  /** The name in the header: that of the tenant, or Operator. */
  readonly name: string;
  readonly isOperator: boolean;
  readonly scopes: readonly string[];
  /** As the browser named it, such as `Europe/Vienna`. */
  readonly timeZone: string;
}

/** One request for a page. */
export interface PageRequest {
  /** Below `/console`: `/d/example.org`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly now: Date;
  readonly visitor: Visitor;
  readonly ask: Ask;
  /** A form of this page that was sent and could not be carried out as it is; null: none. */
  readonly submitted: Submitted | null;
}

/** A form that comes back: nothing that was typed is lost. */
export interface Submitted {
  /** The last part of the address that it is sent to, such as `pause`. */
  readonly verb: string;
  readonly fields: URLSearchParams;
  /** By the name of the field; '' for what is about none of them. */
  readonly errors: ReadonlyMap<string, string>;
  /** Asked before it is carried out; null: it was refused. */
  readonly question: Question | null;
  /** It was carried out, and this is shown once; null: it was not. */
  readonly told: Told | null;
}

/** A secret that is nowhere to be seen again. */
export interface Told {
  readonly text: string;
  /** Null: it was shown when the form was sent for the first time. */
  readonly secret: string | null;
}

/** A question before a form is carried out, and the fields that say yes to just that. */
export interface Question {
  readonly text: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** The answer to a request for a page. */
export type PageAnswer =
  | { readonly kind: 'PAGE'; readonly status: 200 | 404 | 422 | 503; readonly html: string }
  | { readonly kind: 'REDIRECT'; readonly to: string };
