/**
 * The page of a domain: a sentence, a picture, and what there is to do; below it what was said, what is held and what was before.
 *
 * Each panel asks for itself. One that fails, or for which the session has no scope, says so alone.
 */
import type { PageAnswer, PageRequest } from '../ask.ts';
import { parseDuration } from '../../mail/duration.ts';
import { noticeOf } from '../forms.ts';
import { type Html, html, NONE } from '../html.ts';
import {
  domainAttemptsQuery,
  domainFlowQuery,
  domainHeldQuery,
  domainMxQuery,
  domainOutagesQuery,
  type DomainQuery,
  domainQuery,
  domainRejectionsQuery,
  domainSetupQuery,
} from '../operations/generated.ts';
import { drainSince } from '../pictures/drain.ts';
import { holdSince } from '../pictures/hold.ts';
import { type DomainSentence, domainSentence, type DomainState } from '../words/domain-sentence.ts';
import { heldMail, mxRecords, outagesBefore, refused, setUp, whatWasSaid } from './domain-panels.ts';
import { checkUp, proof, wouldWork } from './domain-checks.ts';
import { domainNav } from './domain-frame.ts';
import { picture } from './domain-picture.ts';
import { todoOf } from './domain-todo.ts';
import { pageOf } from './layout.ts';
import { missingPage } from './missing.ts';
import { panel } from './panel.ts';
import { plainForm, todoList } from './todo-item.ts';

const OUTAGES_MS = 90 * 86_400_000;

export async function domainPage(request: PageRequest, [name = '']: readonly string[]): Promise<PageAnswer> {
  const { ask, now, visitor, query } = request;
  const asked = await ask(domainQuery, { name });
  if (asked.kind === 'REFUSED') {
    const main = html`<h1 class="sentence">${asked.message}</h1>`;
    return pageOf(request, { title: 'Backup MX', main, status: 503 });
  }
  const { domain, service } = asked.data;
  if (domain === null) return missingPage(request);
  const sentence = domainSentence(domain, service, now, visitor.timeZone);
  const base = `/console/d/${encodeURIComponent(domain.name)}`;
  const items = todoOf(request, { domain, state: sentence.state, egressAddresses: service.egressAddresses });
  const [left, right] = await Promise.all([
    panels(request, domain, service, sentence),
    side(request, domain, sentence, base),
  ]);
  const first = items[0];
  const quick =
    first?.look !== 'primary' || first.verb === null
      ? NONE
      : html`<div class="quick row">${plainForm(`${base}/${first.verb}`, first.button, 'primary')}<a class="button" href="#todo">What else</a></div>`;
  return pageOf(request, {
    title: sentence.parts[0]?.text ?? domain.name,
    notice: noticeOf(query),
    live: {
      query: 'subscription Live($name: String!) { queueChanged(domain: $name) { __typename } }',
      variables: { name: domain.name },
    },
    place: 'overview',
    main: html`${domainNav(request, domain.name, 'domain')}
      <p class="pill tone ${sentence.tone}">${sentence.label}</p>
      <h1 class="sentence">${sentence.parts.map(({ text, part }) => html`<span class="${part}">${text}</span> `)}</h1>
      ${quick}
      <div class="columns">
        <div>${left}</div>
        <div>
          <section class="card first" id="todo"><h2>What to do now</h2>
            ${items.length === 0 ? html`<p class="soft">This session may only look.</p>` : todoList(request, items, base)}
          </section>
          ${right}
        </div>
      </div>`,
  });
}

/** The wide column. */
async function panels(
  request: PageRequest,
  domain: DomainState,
  service: DomainQuery['service'],
  { state, tone }: DomainSentence,
): Promise<Html> {
  const { ask, now } = request;
  const { name } = domain;
  const ninety = { name, since: new Date(now.getTime() - OUTAGES_MS).toISOString() };
  const outages = panel('Earlier outages', ask(domainOutagesQuery, ninety), (data) =>
    outagesBefore(request, data, new Date(ninety.since)),
  );
  if (state === 'PENDING') return html`${proof(request, domain)}${await outages}`;
  const held = panel('Held mail', ask(domainHeldQuery, { name }), (data) => heldMail(request, data, domain));
  const rejections = panel('Refused at our door', ask(domainRejectionsQuery, { name }), (data) =>
    refused(request, data, name),
  );
  const isWell = domain.queue.heldCount === 0 && domain.outage === null;
  if (isWell) return html`${wouldWork(request, domain)}${await outages}${await rejections}`;
  const begunAt = begunOf(domain, state, now);
  const since = {
    name,
    since: (state === 'DRAINING' ? drainSince(begunAt, now) : holdSince(begunAt, now)).toISOString(),
  };
  const attempts = ask(domainAttemptsQuery, since);
  const [flow, tried] = await Promise.all([ask(domainFlowQuery, since), attempts]);
  const slots = flow.kind === 'DATA' ? (flow.data.domain?.flow ?? []) : [];
  const tries = tried.kind === 'DATA' ? (tried.data.domain?.attempts.nodes ?? []) : [];
  const stages = service.retrySchedule.map(({ interval, attemptCount }) => ({
    intervalMs: parseDuration(interval) ?? 0,
    attemptCount,
  }));
  const drawn = picture(request, { domain, state, isLosing: tone === 'loss', begunAt, slots, tries, stages });
  const said = panel('What your server said', attempts, (data) => whatWasSaid(request, data));
  return html`${drawn}${await said}${await held}${await outages}${await rejections}`;
}

/** The instant from which the picture tells. */
function begunOf({ outage, breaker, lastOutage, queue }: DomainState, state: DomainSentence['state'], now: Date): Date {
  const at =
    state === 'DRAINING'
      ? lastOutage?.endedAt
      : (outage?.startedAt ?? (state === 'BREAKER' ? breaker.since : null) ?? queue.oldestAcceptedAt);
  return at == null ? now : new Date(at);
}

/** The narrow column, below what there is to do. */
async function side(request: PageRequest, domain: DomainState, { state }: DomainSentence, base: string): Promise<Html> {
  const { ask } = request;
  const { name } = domain;
  const [mx, setup] = await Promise.all([
    panel('MX records', ask(domainMxQuery, { name }), (data) => mxRecords(data)),
    state === 'FINE' ? NONE : panel('Set up your server', ask(domainSetupQuery, { name }), (data) => setUp(data)),
  ]);
  return html`${checkUp(request, domain, base)}${mx}${setup}`;
}
