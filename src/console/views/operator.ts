/** The service itself, for its operator: whether it is well, what comes and goes, its nodes, its tenants. It changes nothing. */
import type { PageAnswer, PageRequest } from '../ask.ts';
import { html } from '../html.ts';
import {
  serviceFlowQuery,
  serviceHealthQuery,
  serviceNodesQuery,
  serviceTenantsQuery,
} from '../operations/generated.ts';
import { serviceSentence } from '../words/operator-sentence.ts';
import { pageOf } from './layout.ts';
import { missingPage } from './missing.ts';
import { panel } from './panel.ts';
import { flowPictures, healthOf, nodesOf, tenantsOf } from './operator-panels.ts';

const DAY_MS = 86_400_000;
/** The last step of five minutes that is over lies within it. */
const RECENT_MS = 14 * 60_000;
const LIVE = { query: 'subscription { summaryChanged { heldCount situations { situation count } } }' };

export async function servicePage(request: PageRequest): Promise<PageAnswer> {
  const { ask, now, visitor, query } = request;
  if (!visitor.isOperator) return missingPage(request);
  const since = new Date(now.getTime() - DAY_MS);
  const recent = new Date(now.getTime() - RECENT_MS);
  const healthAsked = ask(serviceHealthQuery, {});
  const flowAsked = ask(serviceFlowQuery, { since: since.toISOString(), recent: recent.toISOString() });
  const after = query.get('after');
  const [asked, health, flow, tenants] = await Promise.all([
    ask(serviceNodesQuery, {}),
    healthAsked,
    flowAsked,
    panel('Tenants', ask(serviceTenantsQuery, { after }), (data) => tenantsOf(data, after !== null)),
  ]);
  if (asked.kind === 'REFUSED') {
    const main = html`<h1 class="sentence">${asked.message}</h1>`;
    return pageOf(request, { title: 'Backup MX', main, status: 503 });
  }
  const { troubleSince, nodes } = asked.data.service;
  const { label, tone, parts } = serviceSentence(
    {
      troubleSince,
      nodes: nodes ?? [],
      reasons: health.kind === 'DATA' ? (health.data.service.health?.reasons ?? null) : null,
      totals: health.kind === 'DATA' ? health.data.service.totals : null,
      recent: flow.kind === 'DATA' ? flow.data.service.recent : null,
    },
    now,
    visitor.timeZone,
  );
  const [pictures, state] = await Promise.all([
    panel('The last 24 hours', flowAsked, (data) => flowPictures(request, data, since)),
    panel('How it is', healthAsked, (data) => healthOf(request, data, troubleSince)),
  ]);
  return pageOf(request, {
    title: parts[0]?.text ?? '',
    live: LIVE,
    place: 'service',
    main: html`<p class="pill tone ${tone}">${label}</p>
      <h1 class="sentence">${parts.map(({ text, part }) => html`<span class="${part}">${text}</span> `)}</h1>
      ${pictures}${state}<section class="card">${nodesOf(request, asked.data)}</section>${tenants}`,
  });
}
