/**
 * The pages of the console by their addresses, and the forms that they send.
 *
 * A page reads, whatever its address; what changes something is a form, which leads back to its page: done, or with what is wrong.
 */
import type { PageAnswer, PageRequest, Submitted } from './ask.ts';
import { findForm, namesIn } from './forms.ts';
import { domainPage } from './views/domain.ts';
import { findPage } from './views/find.ts';
import { overview } from './views/overview.ts';
import { messagePage } from './views/message.ts';
import { missingPage } from './views/missing.ts';
import { refusalsPage } from './views/refusals.ts';
import { servicePage } from './views/operator.ts';

type View = (request: PageRequest, names: readonly string[]) => Promise<PageAnswer>;

/** The parts in parentheses are handed to the view, decoded. */
const VIEWS: readonly (readonly [pattern: RegExp, view: View])[] = [
  [/^\/?$/, overview],
  [/^\/d\/([^/]+)\/?$/, domainPage],
  [/^\/find\/?$/, findPage],
  [/^\/refusals\/?$/, refusalsPage],
  [/^\/m\/([^/]+)\/?$/, messagePage],
  [/^\/service\/?$/, servicePage],
];

/** The page at an address below `/console`. */
export async function showPage(request: PageRequest): Promise<PageAnswer> {
  for (const [pattern, view] of VIEWS) {
    const names = namesIn(pattern, request.path);
    if (names !== null) return view(request, names);
  }
  // A form that came back has an address of its own, which may be loaded again.
  const form = findForm(request.path, request.query);
  if (form !== null) return { kind: 'REDIRECT', to: `/console${form.page}` };
  return missingPage(request);
}

/** Carries out a form that was sent to an address below `/console`. */
export async function submitForm(
  request: Omit<PageRequest, 'submitted'>,
  fields: URLSearchParams,
): Promise<PageAnswer> {
  const form = findForm(request.path, fields);
  if (form === null) return missingPage({ ...request, submitted: null });
  const result = await form.submit({ ask: request.ask, fields, now: request.now });
  if (result.kind === 'DONE') {
    // What was chosen in the address of the form stays chosen.
    const query = new URLSearchParams([['did', form.verb], ...request.query]);
    return { kind: 'REDIRECT', to: `/console${form.page}?${query}` };
  }
  const { errors, question } = result;
  const submitted: Submitted = { verb: form.verb, fields, errors, question };
  const answer = await showPage({ ...request, path: form.page, submitted });
  return answer.kind === 'PAGE' && answer.status === 200 ? { ...answer, status: 422 } : answer;
}
