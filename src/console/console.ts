/**
 * The pages of the console by their addresses, and the forms that they send.
 *
 * A page reads, whatever its address; what changes something is a form, which leads back to its page: done, or with what is wrong.
 */
import type { PageAnswer, PageRequest, Submitted } from './ask.ts';
import { findForm, namesIn } from './forms.ts';
import { overview } from './views/overview.ts';
import { missingPage } from './views/missing.ts';

type View = (request: PageRequest, names: readonly string[]) => Promise<PageAnswer>;

/** The parts in parentheses are handed to the view, decoded. */
const VIEWS: readonly (readonly [pattern: RegExp, view: View])[] = [[/^\/?$/, overview]];

/** The page at an address below `/console`. */
export async function showPage(request: PageRequest): Promise<PageAnswer> {
  for (const [pattern, view] of VIEWS) {
    const names = namesIn(pattern, request.path);
    if (names !== null) return view(request, names);
  }
  return missingPage(request);
}

/** Carries out a form that was sent to an address below `/console`. */
export async function submitForm(
  request: Omit<PageRequest, 'submitted'>,
  fields: URLSearchParams,
): Promise<PageAnswer> {
  const form = findForm(request.path);
  if (form === null) return missingPage({ ...request, submitted: null });
  const result = await form.submit({ ask: request.ask, fields });
  if (result.kind === 'DONE') return { kind: 'REDIRECT', to: `/console${form.page}?did=${form.verb}` };
  const submitted: Submitted = { verb: form.verb, fields, errors: result.errors };
  const answer = await showPage({ ...request, path: form.page, submitted });
  return answer.kind === 'PAGE' ? { ...answer, status: 422 } : answer;
}
