/**
 * The pages of the console by their addresses, and the forms that they send.
 *
 * A page reads, whatever its address; what changes something is a form, which leads back to its page: done, or with what is wrong.
 */
import type { PageAnswer, PageRequest, Submitted } from './ask.ts';
import { findForm, namesIn } from './forms.ts';
import { addDomainPage } from './views/add-domain.ts';
import { domainMxPage } from './views/domain-mx.ts';
import { domainSettingsPage } from './views/domain-settings.ts';
import { domainPage } from './views/domain.ts';
import { findPage } from './views/find.ts';
import { overview } from './views/overview.ts';
import { messagePage } from './views/message.ts';
import { missingPage } from './views/missing.ts';
import { refusalsPage } from './views/refusals.ts';
import { servicePage } from './views/operator.ts';
import { contactPage, contactsPage } from './views/contacts.ts';
import { sessionsPage } from './views/sessions.ts';
import { settingsPage } from './views/settings-frame.ts';
import { tokenPage, tokensPage } from './views/tokens.ts';
import { webhookPage, webhooksPage } from './views/webhooks.ts';

type View = (request: PageRequest, names: readonly string[]) => Promise<PageAnswer>;

/** The parts in parentheses are handed to the view, decoded. */
const VIEWS: readonly (readonly [pattern: RegExp, view: View])[] = [
  [/^\/?$/, overview],
  [/^\/d\/([^/]+)\/?$/, domainPage],
  [/^\/d\/([^/]+)\/settings\/?$/, domainSettingsPage],
  [/^\/d\/([^/]+)\/mx\/?$/, domainMxPage],
  [/^\/add\/?$/, addDomainPage],
  [/^\/find\/?$/, findPage],
  [/^\/refusals\/?$/, refusalsPage],
  [/^\/m\/([^/]+)\/?$/, messagePage],
  [/^\/service\/?$/, servicePage],
  [/^\/settings\/?$/, settingsPage],
  [/^\/settings\/contacts\/?$/, contactsPage],
  [/^\/settings\/contacts\/([0-9a-f-]{36})\/?$/, contactPage],
  [/^\/settings\/webhooks\/?$/, webhooksPage],
  [/^\/settings\/webhooks\/([0-9a-f-]{36})\/?$/, webhookPage],
  [/^\/settings\/tokens\/?$/, tokensPage],
  [/^\/settings\/tokens\/([0-9a-f-]{36})\/?$/, tokenPage],
  [/^\/settings\/sessions\/?$/, sessionsPage],
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
  const { ask, now, visitor } = request;
  const result = await form.submit({ ask, fields, now, timeZone: visitor.timeZone });
  if (result.kind === 'DONE') {
    // What was chosen in the address of the form stays chosen.
    const query = new URLSearchParams([['did', form.verb], ...request.query]);
    return { kind: 'REDIRECT', to: `/console${result.next ?? form.next}?${query}` };
  }
  const { verb, page: path } = form;
  if (result.kind === 'TOLD')
    return showPage({
      ...request,
      path,
      submitted: { verb, fields, errors: new Map(), question: null, told: result.told },
    });
  const { errors, question } = result;
  const submitted: Submitted = { verb, fields, errors, question, told: null };
  const answer = await showPage({ ...request, path, submitted });
  return answer.kind === 'PAGE' && answer.status === 200 ? { ...answer, status: 422 } : answer;
}
