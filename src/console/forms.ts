/**
 * The forms of the console: which one is sent to an address, and what is said when it is done.
 */
import { DOMAIN_SETTINGS_FORMS } from './forms-of-domain-settings.ts';
import { DOMAIN_FORMS } from './forms-of-domains.ts';
import { MX_FORMS } from './forms-of-mx.ts';
import { REFUSAL_FORMS } from './forms-of-refusals.ts';
import { MESSAGE_FORMS } from './forms-of-messages.ts';
import { CONTACT_FORMS } from './forms-of-contacts.ts';
import { TOKEN_FORMS } from './forms-of-tokens.ts';
import { WEBHOOK_FORMS } from './forms-of-webhooks.ts';
import type { Form, FormRequest, FormResult } from './form.ts';

export interface FoundForm {
  readonly verb: string;
  /** The path of the page that it stands on, below `/console`. */
  readonly page: string;
  /** The page that comes when it is done. */
  readonly next: string;
  readonly submit: (request: FormRequest) => Promise<FormResult>;
}

const FORMS: readonly Form[] = [
  ...DOMAIN_FORMS,
  ...DOMAIN_SETTINGS_FORMS,
  ...MX_FORMS,
  ...MESSAGE_FORMS,
  ...REFUSAL_FORMS,
  ...CONTACT_FORMS,
  ...WEBHOOK_FORMS,
  ...TOKEN_FORMS,
];

/** The form that is sent to this address; null if there is none. */
export function findForm(path: string, fields: URLSearchParams): FoundForm | null {
  for (const { pattern, verb, page: pageOf, next, submit } of FORMS) {
    const names = namesIn(pattern, path);
    if (names === null) continue;
    const page = pageOf(names, fields);
    return { verb, page, next: next ?? page, submit: (request) => submit(request, names) };
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
