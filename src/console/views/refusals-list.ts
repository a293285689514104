/** The last refusals, those that were looked for, and what can be allowed of them. */
import { randomUUID } from 'node:crypto';
import type { PageRequest } from '../ask.ts';
import { allowText } from '../forms-of-refusals.ts';
import { type Html, html, NONE, shownText } from '../html.ts';
import { type RefusalsQuery, refusalsQuery as lastQuery } from '../operations/generated.ts';
import { REJECTIONS } from '../words/labels.ts';
import { codeText } from '../words/refusals-sentence.ts';
import { timeText } from '../words/time.ts';
import { head, panel } from './panel.ts';
import { CODES, type Chosen, filterOf, refusalsAddress, refusalsQuery } from './refusals-chosen.ts';
import { plainForm } from './todo-item.ts';

type Refusal = RefusalsQuery['rejections']['nodes'][number];

export function lastRefusals(request: PageRequest, chosen: Chosen): Promise<Html> {
  const { ask, query } = request;
  const asked = ask(lastQuery, { filter: filterOf(chosen), after: query.get('after') });
  return panel('The last ones', asked, (data) => last(request, data, chosen));
}

function last(request: PageRequest, { rejections: { nodes, pageInfo } }: RefusalsQuery, chosen: Chosen): Html {
  const more = pageInfo.hasNextPage
    ? html`<p class="pager"><a class="button" href="${refusalsAddress(chosen, pageInfo.endCursor)}#last">Older</a></p>`
    : NONE;
  const none = pageInfo.hasNextPage ? 'None among the last. Older ones are not looked through yet.' : 'There is none.';
  return html`<div id="last">${head('The last ones')}</div>${filters(chosen)}
    ${nodes.length === 0 ? html`<p class="soft">${none}</p>` : table(request, nodes, chosen)} ${more}`;
}

/** A plain form: what is chosen is in the address. */
function filters({ code, domain, recipient, client, since, sinceAt }: Chosen): Html {
  const field = (name: string, label: string, value: string, type = 'text', wrong = false): Html =>
    html`<p><label for="by-${name}">${label}</label>
      <input id="by-${name}" name="${name}" type="${type}" value="${value}" autocomplete="off" spellcheck="false"${wrong ? html` aria-invalid="true" aria-describedby="wrong-${name}"` : NONE} />
      ${wrong ? html`<span class="field-error" id="wrong-${name}">A day, such as 2026-12-01.</span>` : NONE}</p>`;
  return html`<form method="get" action="/console/refusals#last" class="filters">
    <p><label for="by-code">Reason</label>
      <select id="by-code" name="code"><option value="">Any</option>${CODES.map(
        (one) =>
          html`<option value="${codeText(one)}"${one === code ? html` selected` : NONE}>${codeText(one)}: ${REJECTIONS[one]}</option>`,
      )}</select></p>
    ${field('domain', 'Domain', domain)} ${field('recipient', 'To', recipient)}
    ${field('client', 'Client or network', client)}
    ${field('since', 'Since', since, 'date', since !== '' && sinceAt === null)}
    <p class="row"><button>Show</button><a class="quiet" href="/console/refusals">All</a></p>
  </form>`;
}

function table(request: PageRequest, nodes: readonly Refusal[], chosen: Chosen): Html {
  const canAllow = request.visitor.scopes.includes('DOMAIN_WRITE');
  return html`<div class="scroll" role="group" tabindex="0" aria-label="The last ones"><table>
    <thead><tr><th scope="col">When</th><th scope="col">Reason</th><th scope="col">To</th><th scope="col">From</th><th scope="col">Client</th>
      ${canAllow ? html`<th scope="col"><span class="unseen">What to do</span></th>` : NONE}</tr></thead>
    <tbody>${nodes.map((node) => row(request, node, chosen, canAllow))}</tbody>
  </table></div>`;
}

function row({ now, visitor }: PageRequest, refusal: Refusal, chosen: Chosen, canAllow: boolean): Html {
  const { id, at, code, clientAddress, ehloName, reversePath, recipient, domain, zone, isDryRun } = refusal;
  const sender =
    reversePath === null || reversePath === '' ? html`<span class="soft">(none)</span>` : shownText(reversePath);
  const to = recipient ?? domain?.name ?? null;
  const query = refusalsQuery(chosen);
  const allow =
    allowText(refusal) === null
      ? NONE
      : plainForm(`/console/refusals/${id}/allow${query === '' ? '' : `?${query}`}`, 'Allow…', undefined);
  return html`<tr>
    <td class="nowrap">${timeText(new Date(at), now, visitor.timeZone)}</td>
    <td><a class="mono nowrap" href="/reject/${codeText(code)}">${codeText(code)}</a>${zone === null ? NONE : html`<small>${shownText(zone)}</small>`}${isDryRun ? html`<small>on trial: it was taken</small>` : NONE}</td>
    <td class="address">${to === null ? '–' : shownText(to)}</td>
    <td class="address">${sender}</td>
    <td class="address"><span class="mono">${shownText(clientAddress ?? '–')}</span>${ehloName === '' ? NONE : html`<small>${shownText(ehloName)}</small>`}</td>
    ${canAllow ? html`<td class="end">${allow}</td>` : NONE}
  </tr>`;
}

/** Asks before something is allowed, or says why it is not. */
export function allowQuestion({ submitted }: PageRequest, chosen: Chosen): Html {
  if (submitted === null) return NONE;
  const { errors, question, fields } = submitted;
  const wrong = [...errors.values()].map(
    (text) => html`<p class="notice attention" role="alert">${shownText(text)}</p>`,
  );
  if (question === null) return html`${wrong}`;
  const { sure = '' } = question.fields;
  const query = refusalsQuery(chosen);
  const to = `/console/refusals/${encodeURIComponent(sure)}/allow${query === '' ? '' : `?${query}`}`;
  return html`<section class="card first"><h2>Allow this from now on</h2>${wrong}
    <p role="alert">${shownText(question.text)}</p>
    <form method="post" action="${to}" class="row">
      <input type="hidden" name="key" value="${fields.get('key') ?? randomUUID()}" /><input type="hidden" name="sure" value="${sure}" />
      <button class="primary">Yes, allow</button> <a class="quiet" href="${refusalsAddress(chosen)}">Leave it</a>
    </form></section>`;
}
