/**
 * Find mail: what was pasted is read, looked for in each place where it may be, and shown as lists.
 *
 * Each list is an operation of its own. That nothing is there is said only when each of them was looked through to its end.
 */
import type { Asked, PageAnswer, PageRequest } from '../ask.ts';
import { type Html, html, NONE, shownText } from '../html.ts';
import {
  findDomainsQuery,
  findMessagesQuery,
  findRejectionsQuery,
  type FindMessagesQueryVariables,
  type FindRejectionsQueryVariables,
  type RejectionCode,
  standingQuery,
} from '../operations/generated.ts';
import { REJECTIONS } from '../words/labels.ts';
import { codeText } from '../words/refusals-sentence.ts';
import { isSameDomain, type Reading, READINGS, readingsOf } from '../words/reading.ts';
import { findField } from './find-field.ts';
import { codeLink, domainRows, mailbox, messageRows, rejectionRows } from './found.ts';
import { pageOf } from './layout.ts';
import { head, panel } from './panel.ts';

const TITLE = 'Where is my mail?';
/** Characters of a text that is shown again. */
const MOST_SHOWN = 120;

/** A place to look in, and what came of it. */
interface Looked {
  readonly html: Html;
  /** False: there is something, there may be more, or it could not be looked for. */
  readonly isEmpty: boolean;
}

interface Search {
  readonly request: PageRequest;
  readonly query: string;
  readonly reading: Reading;
}

export async function findPage(request: PageRequest): Promise<PageAnswer> {
  const query = (request.query.get('q') ?? '').trim();
  const readings = readingsOf(query);
  const as = request.query.get('as');
  const reading = readings.find((one) => one.as === as) ?? readings[0];
  if (reading === undefined) {
    const text =
      query === ''
        ? 'Whole lines will do: our reply, a line of a log, a header, what a refusal says.'
        : 'We can read no id, address, reference or name in this.';
    return page(request, query, html`<p class="soft">${text}</p>`);
  }
  const search = { request, query, reading };
  if (reading.as === 'domain') {
    const found = await domains(search);
    return found.kind === 'REDIRECT' ? found : page(request, query, html`${readAs(search, readings)}${found.html}`);
  }
  const looked = await Promise.all(LOOK[reading.as](search));
  const isNothing = looked.every(({ isEmpty }) => isEmpty);
  const nothing = html`<section class="card"><p>We have neither taken nor refused such mail. Refusals are kept for 14 days, mail that has ended
    for at least 30. If it was sent since, then it is your own server, or its way there, that knows.</p></section>`;
  return page(
    request,
    query,
    html`${readAs(search, readings)}${looked.map((one) => one.html)}${isNothing ? nothing : NONE}`,
  );
}

function page(request: PageRequest, query: string, found: Html): Promise<PageAnswer> {
  const main = html`<h1 class="sentence"><span class="first">${TITLE}</span> <span class="rest">Paste what you have.</span></h1>
    ${findField(query)} ${found}`;
  return pageOf(request, { title: TITLE, place: 'find', main });
}

/** How it was read, and the other ways in which it can be. */
function readAs({ query, reading }: Search, readings: readonly Reading[]): Html {
  const firstOfKind = (one: Reading): boolean => readings.find(({ as }) => as === one.as) === one;
  const others = readings.filter((one) => one !== reading);
  const links = others.map((one, number) => {
    const to = new URLSearchParams({ q: firstOfKind(one) ? query : one.value, as: one.as });
    return html`${number === 0 ? ' ' : ', '}<a href="/console/find?${to}">${READINGS[one.as]}: <span class="mono">${shownValue(one)}</span></a>`;
  });
  return html`<p class="soft">Read as ${READINGS[reading.as]}: <span class="mono">${shownValue(reading)}</span>${
    links.length === 0 ? NONE : html`. Or as${links}`
  }</p>`;
}

function shownValue({ as, value }: Reading): string {
  const text = as === 'code' ? codeText(value as RejectionCode) : value;
  return shownText(text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text);
}

const LOOK: Readonly<Record<Exclude<Reading['as'], 'domain'>, (search: Search) => readonly Promise<Looked>[]>> = {
  id: (search) => [
    messages(search, 'Messages', 'm', { transactionId: search.reading.value }),
    refusals(search, 'Refusals', 'r', { id: search.reading.value }),
  ],
  code: (search) => [
    meaning(search.reading.value as RejectionCode),
    refusals(search, 'Refusals for this reason', 'r', { code: search.reading.value as RejectionCode }),
  ],
  'message-id': (search) => [messages(search, 'Messages', 'm', { internetMessageId: search.reading.value })],
  address: (search) => [
    standing(search),
    messages(search, 'Mail to it', 'to', { recipient: search.reading.value }),
    messages(search, 'Mail from it', 'from', { reversePath: search.reading.value }),
    refusals(search, 'Refused, to it', 'refused-to', { recipient: search.reading.value }),
    refusals(search, 'Refused, from it', 'refused-from', { reversePath: search.reading.value }),
  ],
  client: (search) => [
    messages(search, 'Mail from there', 'm', { clientAddress: search.reading.value }),
    refusals(search, 'Refused', 'r', { clientAddress: search.reading.value }),
  ],
  senders: (search) => [messages(search, 'Mail from there', 'm', { reversePath: search.reading.value })],
};

function messages(
  search: Search,
  title: string,
  list: string,
  filter: FindMessagesQueryVariables['filter'],
): Promise<Looked> {
  const asked = search.request.ask(findMessagesQuery, { filter, after: afterOf(search, list) });
  return looked(search, title, list, asked, (data) => ({
    ...data.messages,
    rows: messageRows(search.request, data.messages.nodes),
  }));
}

function refusals(
  search: Search,
  title: string,
  list: string,
  filter: FindRejectionsQueryVariables['filter'],
): Promise<Looked> {
  const asked = search.request.ask(findRejectionsQuery, { filter, after: afterOf(search, list) });
  return looked(search, title, list, asked, (data) => ({
    ...data.rejections,
    rows: rejectionRows(search.request, data.rejections.nodes),
  }));
}

interface List {
  readonly nodes: readonly unknown[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly rows: Html;
}

/** A list that has nothing, and no more to look through, is not there. */
async function looked<Data>(
  search: Search,
  title: string,
  list: string,
  answer: Promise<Asked<Data>>,
  listOf: (data: Data) => List,
): Promise<Looked> {
  const asked = await answer;
  const shown = asked.kind === 'DATA' ? listOf(asked.data) : null;
  // A page that was reached by a link tells its end, too.
  const isEmpty = shown?.nodes.length === 0 && !shown.pageInfo.hasNextPage && afterOf(search, list) === null;
  const show = (): Html | null =>
    shown === null || isEmpty ? null : html`${head(title)}${listed(search, list, shown)}`;
  return { html: await panel(title, answer, show), isEmpty };
}

/** A page may hold nothing though older items are still to be looked through. */
function listed({ query, reading }: Search, list: string, { nodes, pageInfo, rows }: List): Html {
  const to = new URLSearchParams({ q: query, as: reading.as, [`after-${list}`]: pageInfo.endCursor ?? '' });
  const text = pageInfo.hasNextPage ? 'Nothing among the newest.' : 'Nothing more.';
  return html`${nodes.length === 0 ? html`<p class="soft">${text}</p>` : rows}
    ${pageInfo.hasNextPage ? html`<p class="pager"><a class="button" href="/console/find?${to}">Look further back</a></p>` : NONE}`;
}

function afterOf({ request }: Search, list: string): string | null {
  return request.query.get(`after-${list}`) || null;
}

async function standing({ request, reading }: Search): Promise<Looked> {
  const answer = request.ask(standingQuery, { address: reading.value });
  const asked = await answer;
  const isEmpty = asked.kind === 'DATA';
  return { html: await panel(reading.value, answer, (data) => mailbox(request, data)), isEmpty };
}

async function meaning(code: RejectionCode): Promise<Looked> {
  return {
    html: html`<section class="card"><h2>${REJECTIONS[code]}</h2><p>What it means for a sender, and what to do: ${codeLink(code)}.
      <a href="/console/refusals?code=${codeText(code)}">Refusals for this reason, counted</a></p></section>`,
    isEmpty: true,
  };
}

/** The page of the domain itself where its whole name was typed. */
async function domains(
  search: Search,
): Promise<(Looked & { readonly kind: 'LIST' }) | (PageAnswer & { readonly kind: 'REDIRECT' })> {
  const { request, reading } = search;
  const answer = request.ask(findDomainsQuery, { namePrefix: reading.value, after: afterOf(search, 'd') });
  const asked = await answer;
  const nodes = asked.kind === 'DATA' ? asked.data.domains.nodes : [];
  const exact = nodes.find(({ name }) => isSameDomain(reading.value, name));
  if (exact !== undefined && request.query.get('as') === null)
    return { kind: 'REDIRECT', to: `/console/d/${encodeURIComponent(exact.name)}` };
  const found = await looked(search, 'Domains', 'd', answer, (data) => ({
    ...data.domains,
    rows: domainRows(data.domains.nodes),
  }));
  const nothing = html`<section class="card"><p>No domain of yours begins so.</p></section>`;
  return { kind: 'LIST', html: found.isEmpty ? nothing : found.html, isEmpty: found.isEmpty };
}
