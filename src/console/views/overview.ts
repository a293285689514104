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
import { type Band, bandHead, bandOf, bandRow } from '../pictures/band.ts';
import { hatches } from '../pictures/hold.ts';
import { countText, counted, sizeText } from '../words/count.ts';
import { LABELS } from '../words/labels.ts';
import { overviewSentence } from '../words/overview-sentence.ts';
import { dueText, expiryText, isNear, spanText, timeText } from '../words/time.ts';
import { addForm } from './add-domain.ts';
import { findField } from './find-field.ts';
import { type All, allRow, canTry, totalFlow } from './overview-all.ts';
import { pageOf } from './layout.ts';

type Summary = SummaryQuery['summary'];
type Row = UrgentQuery['domains']['nodes'][number];

const SITUATIONS = Object.keys(LABELS) as Situation[];
const NEEDS_A_LOOK = SITUATIONS.filter((situation) => situation !== 'FINE');
const DAY_MS = 86_400_000;
/** The parts of the past that can be looked at; the value in the address. */
const RANGES = [
  { slug: '24h', text: '24 hours', ms: DAY_MS },
  { slug: '10d', text: '10 days', ms: 10 * DAY_MS },
  { slug: '90d', text: '90 days', ms: 90 * DAY_MS },
] as const;
const LIVE = { query: 'subscription { summaryChanged { heldCount situations { situation count } } }' };

export async function overview(request: PageRequest): Promise<PageAnswer> {
  const { ask, query, now, visitor } = request;
  const show = query.get('show') ?? '';
  const range = RANGES.find(({ slug }) => slug === query.get('range')) ?? RANGES[0];
  const since = new Date(now.getTime() - range.ms);
  const [asked, found, total] = await Promise.all([
    ask(summaryQuery, {}),
    ask(urgentQuery, { situations: situationsOf(show), after: query.get('after'), since: since.toISOString() }),
    totalFlow(request, since),
  ]);
  const frame = { notice: noticeOf(query) };
  if (asked.kind === 'REFUSED') {
    const main = html`<h1 class="sentence">${asked.message}</h1>`;
    return pageOf(request, { ...frame, title: 'Backup MX', main, status: 503 });
  }
  const { summary } = asked.data;
  const canAdd = visitor.scopes.includes('DOMAIN_WRITE');
  const sentence = overviewSentence(summary, now, visitor.timeZone);
  const rows =
    found.kind === 'REFUSED'
      ? html`<section class="card"><p>${found.message}</p></section>`
      : rowsOf(request, found.data, { show, range: range.slug, since }, { summary, slots: total });
  return pageOf(request, {
    ...frame,
    title: sentence.map(({ text }) => text).at(0) ?? '',
    live: LIVE,
    place: 'overview',
    main: html`<h1 class="sentence">${sentence.map(({ text, part }) => html`<span class="${part}">${text}</span> `)}</h1>
      ${problem(request)} ${findField()}
      ${canAdd && summary.domainCount === 0 ? addForm(request) : NONE}
      <div class="controls">${chips(summary, { show, range: range.slug })} ${ranges({ show, range: range.slug })}${canAdd && summary.domainCount > 0 ? html`<a class="button" href="/console/add">Add a domain</a>` : NONE}</div>
      ${rows}`,
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

interface Chosen {
  readonly show: string;
  readonly range: string;
}

/** The address of the overview with what is chosen; what is preset is left out. */
function address({ show, range }: Chosen, after: string | null = null): string {
  const chosen = new URLSearchParams({
    ...(show === '' ? {} : { show }),
    ...(range === RANGES[0].slug ? {} : { range }),
    ...(after === null ? {} : { after }),
  });
  return chosen.size === 0 ? '/console' : `/console?${chosen}`;
}

function ranges({ show, range }: Chosen): Html {
  return html`<nav class="ranges" aria-label="How far back">${RANGES.map(
    ({ slug, text }) =>
      html`<a href="${address({ show, range: slug })}"${slug === range ? html` aria-current="true"` : NONE}>${text}</a>`,
  )}</nav>`;
}

/** A chip with a count of 0 is not there. */
function chips({ situations, domainCount }: Summary, { show, range }: Chosen): Html {
  const counts = new Map(situations.map(({ situation, count }) => [situation, count]));
  const troubled = NEEDS_A_LOOK.map((situation) => [situation, counts.get(situation) ?? 0] as const);
  const total = troubled.reduce((sum, [, count]) => sum + count, 0);
  const chip = (slug: string, text: string, count: number): Html =>
    html`<a href="${address({ show: slug, range })}"${show === slug ? html` aria-current="true"` : NONE}
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

function rowsOf(
  request: PageRequest,
  { domains: { nodes, pageInfo } }: UrgentQuery,
  { show, range, since }: Chosen & { readonly since: Date },
  all: All,
): Html {
  if (nodes.length === 0) {
    const text =
      show === ''
        ? 'Every server takes its mail itself. There is nothing to look at.'
        : 'No domain is so at the moment.';
    return html`<section class="card"><p>${text}</p></section>`;
  }
  const { now, visitor } = request;
  const most = Math.max(
    ...nodes.flatMap(({ queue, flow }) => [queue.heldCount, ...flow.map((slot) => slot.heldCount)]),
  );
  const band = bandOf(now, since, visitor.timeZone, most);
  return html`<section class="card" aria-label="Domains">
      <table class="rows">
        <thead>
          <tr>
            <th scope="col">Domain</th>
            <th class="band" scope="col"><span class="unseen">What happened, and until when it is safe</span>${bandHead(band)}</th>
            <th scope="col" class="number">Held</th>
            <th scope="col" class="number">Next try</th>
            <th scope="col" class="number">Safe until</th>
            ${canTry(request) ? html`<th scope="col"><span class="unseen">What to do</span></th>` : NONE}
          </tr>
        </thead>
        <tbody>${allRow(request, all, band)}${nodes.map((node) => row(request, node, band))}</tbody>
      </table>
      <svg class="patterns" aria-hidden="true">${hatches}</svg>
    </section>
    ${pageInfo.hasNextPage ? html`<p class="pager"><a class="button" href="${address({ show, range }, pageInfo.endCursor)}">More</a></p>` : NONE}`;
}

function row(request: PageRequest, { name, situation, queue, outage, flow, outages }: Row, band: Band): Html {
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
  const isLosing = expiry !== null && isNear(expiry, now);
  const until = expiry === null ? '' : `, safe until ${expiryText(expiry, now, timeZone)}`;
  const picture = bandRow(band, {
    slots: flow,
    heldCount: queue.heldCount,
    outages: outages.nodes,
    firstExpiryAt: expiry,
    isLosing,
    words: `${counted(outages.nodes.length, 'outage')}; ${countText(queue.heldCount)} held now${until}`,
  });
  return html`<tr>
    <td><a class="name" href="/console/d/${encodeURIComponent(name)}">${shownText(name)}</a><small><span class="tone ${tone}">${text}</span>${since}</small></td>
    <td class="band">${picture}</td>
    <td class="number" data-label="Held">${queue.heldCount === 0 ? '–' : html`${countText(queue.heldCount)}<small>${sizeText(queue.heldSize)}</small>`}</td>
    <td class="number" data-label="Next try">
      ${next === null ? '–' : html`<time data-until datetime="${next.toISOString()}">${dueText(next, now)}</time><small>${timeText(next, now, timeZone)}</small>`}
    </td>
    <td class="number ${isLosing ? 'loss' : ''}" data-label="Safe until">
      ${expiry === null ? '–' : html`${expiryText(expiry, now, timeZone)}<small>in ${spanText(Math.max(0, expiry.getTime() - now.getTime()))}</small>`}
    </td>
    ${canTry(request) ? html`<td class="end">${queue.heldCount === 0 ? NONE : tryForm(name)}</td>` : NONE}
  </tr>`;
}

/** Sent twice it is done once: its key was made with the page. */
function tryForm(name: string): Html {
  return html`<form method="post" action="/console/d/${encodeURIComponent(name)}/try">
    <input type="hidden" name="key" value="${randomUUID()}" /><input type="hidden" name="from" value="overview" />
    <button aria-label="Try now: ${shownText(name)}">Try now</button>
  </form>`;
}
