/** The panels of the service's page: its flow as small pictures, how it is, its nodes and its tenants. */
import type { PageRequest } from '../ask.ts';
import { type Html, html, NONE, shownText } from '../html.ts';
import type {
  NodeRole,
  ServiceFlowQuery,
  ServiceHealthQuery,
  ServiceNodesQuery,
  ServiceTenantsQuery,
} from '../operations/generated.ts';
import { sparkPicture } from '../pictures/spark.ts';
import { countText, counted, sizeText } from '../words/count.ts';
import { isSilent, type ServiceNode } from '../words/operator-sentence.ts';
import { agoText, spanText, timeText } from '../words/time.ts';
import { head } from './panel.ts';

type FlowSlot = NonNullable<ServiceFlowQuery['service']['flow']>[number];
type Tenant = ServiceTenantsQuery['tenants']['nodes'][number];

const ROLES: Readonly<Record<NodeRole, string>> = {
  INBOUND: 'takes mail',
  DELIVERY: 'hands it over',
  CONTROL: 'shows these pages',
  OTHER: 'a role that this version does not know',
};

export function flowPictures(request: PageRequest, { service: { flow } }: ServiceFlowQuery, since: Date): Html | null {
  if (flow === null) return null;
  const heldNow = flow.at(-1)?.heldCount ?? 0;
  const small = (title: string, figure: string, counts: readonly number[], unit: string): Html =>
    smallPicture(request, { title, figure, counts, unit, slots: flow, since });
  const [first] = flow;
  const step = first === undefined ? '' : ` in ${spanText(Date.parse(first.until) - Date.parse(first.since))}`;
  const accepted = flow.map(({ acceptedCount }) => acceptedCount);
  const delivered = flow.map(({ deliveredCount }) => deliveredCount);
  const held = flow.map(({ heldCount }) => heldCount);
  return html`${head('The last 24 hours')}<ul class="answers wide">
    ${small('Accepted', counted(sum(accepted), 'message'), accepted, step)}
    ${small('Handed over', counted(sum(delivered), 'message'), delivered, step)}
    ${small('Held', `${counted(heldNow, 'message')} now`, held, '')}
  </ul>`;
}

interface Small {
  readonly title: string;
  readonly figure: string;
  /** One for each slot. */
  readonly counts: readonly number[];
  /** Said after the highest count: ` in 20 min`. */
  readonly unit: string;
  readonly slots: readonly FlowSlot[];
  readonly since: Date;
}

function smallPicture(
  { now, visitor: { timeZone } }: PageRequest,
  { title, figure, counts, unit, slots, since }: Small,
): Html {
  const points = slots.map(({ until }, index) => ({
    at: new Date(Math.min(Date.parse(until), now.getTime())),
    count: counts[index] ?? 0,
  }));
  const highest = Math.max(0, ...counts);
  const most = highest === 0 ? null : `most ${countText(highest)}${unit}`;
  const words = `${title} in the last 24 hours: ${figure}${most === null ? '' : `, ${most}`}`;
  return html`<li><h3>${title}</h3><p class="soft small">${figure}</p>${sparkPicture({ since, now, timeZone, points, most, words })}</li>`;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

/** All reasons why the node that answers is not ready, and the service in figures. */
export function healthOf(
  { now, visitor: { timeZone } }: PageRequest,
  { service: { health, totals } }: ServiceHealthQuery,
  troubleSince: string | null,
): Html | null {
  if (health === null || totals === null) return null;
  const when = (at: string): string => timeText(new Date(at), now, timeZone);
  return html`${head('How it is')}
    ${health.reasons.length === 0 ? html`<p class="tone fine">The node that answers here does all that it should.</p>` : html`<ul class="findings">${health.reasons.map((reason) => html`<li class="tone attention">${shownText(reason)}</li>`)}</ul>`}
    <dl class="figures">
      <div><dt>Trouble of our own</dt><dd>${troubleSince === null ? 'none' : `since ${when(troubleSince)}`}</dd></div>
      <div><dt>Held</dt><dd>${countText(totals.heldCount)}<small>${sizeText(totals.heldSize)}</small></dd></div>
      <div><dt>Oldest</dt><dd>${totals.oldestAcceptedAt === null ? '–' : when(totals.oldestAcceptedAt)}</dd></div>
      <div><dt>Outages now</dt><dd>${countText(totals.openOutageCount)}</dd></div>
      <div><dt>Domains</dt><dd>${countText(totals.domainCount)}</dd></div>
      <div><dt>Tenants</dt><dd>${countText(totals.tenantCount)}</dd></div>
    </dl>`;
}

export function nodesOf(request: PageRequest, { service: { nodes, version } }: ServiceNodesQuery): Html {
  const list = nodes ?? [];
  return html`${head('Nodes', counted(list.length, 'process', 'processes'))}
    <div class="scroll" role="group" tabindex="0" aria-label="Nodes"><table>
      <thead><tr><th scope="col">Name</th><th scope="col">What it does</th><th scope="col">Version</th><th scope="col">Runs since</th><th scope="col">Seen</th></tr></thead>
      <tbody>${list.map((node) => nodeRow(request, node, version))}</tbody>
    </table></div>`;
}

/** A version other than that of the node that answers, and a long silence, want a look. */
function nodeRow({ now, visitor }: PageRequest, node: ServiceNode, ours: string): Html {
  const { name, version, runtime, roles, startedAt, lastSeenAt } = node;
  return html`<tr>
    <td class="address">${shownText(name)}</td>
    <td>${roles.map((role) => ROLES[role]).join(', ')}</td>
    <td>${version === ours ? shownText(version) : html`<span class="tone attention">${shownText(version)}</span>`}<small>${shownText(runtime)}</small></td>
    <td class="nowrap">${timeText(new Date(startedAt), now, visitor.timeZone)}</td>
    <td class="nowrap"><span class="tone ${isSilent(node, now) ? 'attention' : 'fine'}">${agoText(new Date(lastSeenAt), now)}</span></td>
  </tr>`;
}

/** @param isLater whether there are tenants before these */
export function tenantsOf({ tenants: { nodes, pageInfo } }: ServiceTenantsQuery, isLater: boolean): Html {
  const more = html`${isLater ? html`<a class="button" href="/console/service#tenants">From the first</a>` : NONE}
    ${pageInfo.hasNextPage ? html`<a class="button" href="/console/service?${new URLSearchParams({ after: pageInfo.endCursor ?? '' })}#tenants">More</a>` : NONE}`;
  return html`<div id="tenants">${head('Tenants', 'in order of creation')}</div>
    <div class="scroll" role="group" tabindex="0" aria-label="Tenants"><table>
      <thead><tr><th scope="col">Name</th><th scope="col" class="number">Domains</th><th scope="col" class="number">Held</th><th scope="col" class="number">Mailboxes in User Lists</th></tr></thead>
      <tbody>${nodes.map(tenantRow)}</tbody>
    </table></div>
    ${isLater || pageInfo.hasNextPage ? html`<p class="pager">${more}</p>` : NONE}`;
}

function tenantRow({ name, suspension, quotas, usage }: Tenant): Html {
  return html`<tr>
    <td class="address">${shownText(name)}${suspension === null ? NONE : html`<small><span class="tone attention">suspended</span></small>`}</td>
    <td class="number">${used(usage.domainCount, quotas.domains)}</td>
    <td class="number">${usage.heldCount === 0 ? '–' : html`${countText(usage.heldCount)}<small>${sizeText(usage.heldSize)}</small>`}</td>
    <td class="number">${used(usage.recipientEntryCount, quotas.recipientEntries)}</td>
  </tr>`;
}

/** How much of a quota is used; a bar where there is a limit. */
function used(count: number, most: number | null): Html {
  if (most === null) return html`${countText(count)}`;
  return html`${countText(count)} <span class="soft">of ${countText(most)}</span><meter class="quota" min="0" max="${Math.max(1, most)}" value="${count}" aria-hidden="true"></meter>`;
}
