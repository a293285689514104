/** All domains at a glance: which need a look, most urgent first. Never a list of all that are well. */
import { randomUUID } from 'node:crypto';
import type { PageAnswer, PageRequest } from '../ask.ts';
import { noticeOf } from '../forms.ts';
import { type Html, html, NONE, shownText } from '../html.ts';
import {
  type Situation,
  type SummaryQuery,
  summaryQuery,
  type UrgentQuery,
  urgentQuery,
} from '../operations/generated.ts';
import { countText, sizeText } from '../words/count.ts';
import { LABELS } from '../words/labels.ts';
import { overviewSentence } from '../words/overview-sentence.ts';
import { expiryText, isNear, spanText, timeText } from '../words/time.ts';
import { pageOf } from './layout.ts';

type Summary = SummaryQuery['summary'];
type Row = UrgentQuery['domains']['nodes'][number];

const SITUATIONS = Object.keys(LABELS) as Situation[];
const NEEDS_A_LOOK = SITUATIONS.filter((situation) => situation !== 'FINE');
const LIVE = { query: 'subscription { summaryChanged { heldCount situations { situation count } } }' };

export async function overview(request: PageRequest): Promise<PageAnswer> {
  const { ask, query, now, visitor } = request;
  const show = query.get('show') ?? '';
  const [asked, found] = await Promise.all([
    ask(summaryQuery, {}),
    ask(urgentQuery, { situations: situationsOf(show), after: query.get('after') }),
  ]);
  const frame = { notice: noticeOf(query) };
  if (asked.kind === 'REFUSED') {
    const main = html`<h1 class="sentence">${asked.message}</h1>`;
    return pageOf(request, { ...frame, title: 'Backup MX', main, status: 503 });
  }
  const { summary } = asked.data;
  const sentence = overviewSentence(summary, now, visitor.timeZone);
  const rows =
    found.kind === 'REFUSED'
      ? html`<section class="card"><p>${found.message}</p></section>`
      : band(request, found.data, show);
  return pageOf(request, {
    ...frame,
    title: sentence.map(({ text }) => text).at(0) ?? '',
    live: LIVE,
    main: html`<h1 class="sentence">${sentence.map(({ text, part }) => html`<span class="${part}">${text}</span> `)}</h1>
      ${problem(request)} ${chips(summary, show)} ${rows}`,
  });
}

/** Undefined: all, whatever their situation. */
function situationsOf(show: string): readonly Situation[] | undefined {
  if (show === 'all') return undefined;
  const one = SITUATIONS.find((situation) => LABELS[situation].slug === show);
  return one === undefined ? NEEDS_A_LOOK : [one];
}

/** Says why a form was not carried out. */
function problem({ submitted }: PageRequest): Html {
  if (submitted === null) return NONE;
  return html`<p class="notice attention" role="alert">${[...submitted.errors.values()].join(' ')}</p>`;
}

/** A chip with a count of 0 is not there. */
function chips({ situations, domainCount }: Summary, show: string): Html {
  const counts = new Map(situations.map(({ situation, count }) => [situation, count]));
  const troubled = NEEDS_A_LOOK.map((situation) => [situation, counts.get(situation) ?? 0] as const);
  const total = troubled.reduce((sum, [, count]) => sum + count, 0);
  const chip = (slug: string, text: string, count: number): Html =>
    html`<a href="/console${slug === '' ? '' : `?show=${slug}`}"${show === slug ? html` aria-current="true"` : NONE}
      >${text} <b>${countText(count)}</b></a
    >`;
  return html`<nav class="chips" aria-label="Which domains">
    ${chip('', 'Needs a look', total)}
    ${troubled
      .filter(([, count]) => count > 0)
      .map(([situation, count]) => chip(LABELS[situation].slug, LABELS[situation].text, count))}
    ${chip('all', 'All', domainCount)}
  </nav>`;
}

function band(request: PageRequest, { domains: { nodes, pageInfo } }: UrgentQuery, show: string): Html {
  if (nodes.length === 0) {
    const text =
      show === ''
        ? 'Every server takes its mail itself. There is nothing to look at.'
        : 'No domain is so at the moment.';
    return html`<section class="card"><p>${text}</p></section>`;
  }
  const next = `/console?${new URLSearchParams({ ...(show === '' ? {} : { show }), after: pageInfo.endCursor ?? '' })}`;
  return html`<section class="card scroll" aria-label="Domains">
      <table class="rows">
        <thead>
          <tr>
            <th scope="col">Domain</th>
            <th scope="col" class="number">Held</th>
            <th scope="col" class="number">Next try</th>
            <th scope="col" class="number">Safe until</th>
            ${canTry(request) ? html`<th scope="col"><span class="unseen">What to do</span></th>` : NONE}
          </tr>
        </thead>
        <tbody>${nodes.map((node) => row(request, node))}</tbody>
      </table>
    </section>
    ${pageInfo.hasNextPage ? html`<p class="pager"><a class="button" href="${next}">More</a></p>` : NONE}`;
}

function row(request: PageRequest, { name, situation, queue, outage }: Row): Html {
  const {
    now,
    visitor: { timeZone },
  } = request;
  const { text, tone } = LABELS[situation];
  const since =
    outage === null
      ? NONE
      : html` <span class="soft">for ${spanText(now.getTime() - Date.parse(outage.startedAt))}</span>`;
  const next = queue.nextAttemptAt === null ? null : new Date(queue.nextAttemptAt);
  const expiry = queue.firstExpiryAt === null ? null : new Date(queue.firstExpiryAt);
  const isLoss = expiry !== null && isNear(expiry, now);
  return html`<tr>
    <td><strong>${shownText(name)}</strong><small><span class="tone ${tone}">${text}</span>${since}</small></td>
    <td class="number" data-label="Held">${queue.heldCount === 0 ? '–' : html`${countText(queue.heldCount)}<small>${sizeText(queue.heldSize)}</small>`}</td>
    <td class="number" data-label="Next try">
      ${next === null ? '–' : html`<time data-until datetime="${next.toISOString()}">${dueText(next, now)}</time><small>${timeText(next, now, timeZone)}</small>`}
    </td>
    <td class="number ${isLoss ? 'loss' : ''}" data-label="Safe until">
      ${expiry === null ? '–' : html`${expiryText(expiry, now, timeZone)}<small>in ${spanText(Math.max(0, expiry.getTime() - now.getTime()))}</small>`}
    </td>
    ${canTry(request) ? html`<td class="end">${queue.heldCount === 0 ? NONE : tryForm(name)}</td>` : NONE}
  </tr>`;
}

function canTry({ visitor: { scopes } }: PageRequest): boolean {
  return scopes.includes('QUEUE_WRITE');
}

/** Sent twice it is done once: its key was made with the page. */
function tryForm(name: string): Html {
  return html`<form method="post" action="/console/d/${encodeURIComponent(name)}/try">
    <input type="hidden" name="key" value="${randomUUID()}" />
    <button aria-label="Try ${shownText(name)} now">Try now</button>
  </form>`;
}

function dueText(at: Date, now: Date): string {
  const ms = at.getTime() - now.getTime();
  return ms < 1000 ? 'now' : `in ${ms < 60_000 ? `${Math.round(ms / 1000)}\u00a0s` : spanText(ms)}`;
}
