/** The programs that are told what happens: the webhooks, and each by itself with its last messages. */
import type { PageAnswer, PageRequest } from '../ask.ts';
import { type Html, html, NONE, shownText } from '../html.ts';
import {
  type WebhookDeliveriesQuery,
  webhookDeliveriesQuery,
  webhookQuery,
  type WebhookQuery,
  webhooksQuery,
} from '../operations/generated.ts';
import type { Tone } from '../words/labels.ts';
import type { SentencePart } from '../words/overview-sentence.ts';
import { type Webhook, webhooksSentence } from '../words/settings-sentence.ts';
import { DELIVERY_WORDS, DISABLED_WORDS, EVENT_WORDS, eventOptions } from '../words/settings-words.ts';
import { dayText, dueText, timeText } from '../words/time.ts';
import { areaField, checkFields, textField } from './fields.ts';
import { missingPage } from './missing.ts';
import { head, panel } from './panel.ts';
import { domainsText, facts, framed, ownerOf, pager, refusedPage } from './settings-frame.ts';
import { plainForm, type Sent, type TodoItem, todoList } from './todo-item.ts';

const PATH = '/console/settings/webhooks';
const WEEK_MS = 7 * 86_400_000;
/** Most owners want to hear of these. */
const USUAL = [
  'OUTAGE_OPENED',
  'OUTAGE_THRESHOLD',
  'OUTAGE_DRAINED',
  'BREAKER_OPENED',
  'MAIL_DIGEST',
  'DOMAIN_CHECKED',
];

type Whole = NonNullable<WebhookQuery['webhook']>;
type Delivery = NonNullable<WebhookDeliveriesQuery['webhook']>['deliveries']['nodes'][number];

export async function webhooksPage(request: PageRequest): Promise<PageAnswer> {
  const { ask, query, visitor, now } = request;
  const asked = await ask(webhooksQuery, { after: query.get('after') });
  if (asked.kind === 'REFUSED') return refusedPage(request, 'webhooks', asked);
  const { totalCount, nodes, pageInfo } = asked.data.webhooks;
  const items = visitor.scopes.includes('WEBHOOK_WRITE') ? [addItem(request)] : [];
  const add =
    items.length === 0
      ? NONE
      : html`<section class="card first"><h2 class="unseen">Add a webhook</h2>${todoList(request, items, PATH)}</section>`;
  const list =
    nodes.length === 0
      ? NONE
      : html`<section class="card"><h2>Webhooks</h2><ul class="found">${nodes.map((node) => row(request, node))}</ul>${pager(PATH, pageInfo)}</section>`;
  return framed(request, {
    current: 'webhooks',
    items,
    sentence: webhooksSentence({ totalCount, nodes }, now, visitor.timeZone),
    main: html`${add}${list}`,
  });
}

interface Preset {
  readonly url: string;
  readonly description: string;
  readonly events: readonly string[];
  readonly domains: readonly string[] | null;
}

function webhookFields({ visitor }: PageRequest, sent: Sent, { url, description, events, domains }: Preset): Html {
  return html`${textField(sent, 'url', 'Address', { preset: url, hint: 'Such as https://hooks.example.org/backup-mx.' })}
    ${textField(sent, 'description', 'What it is for', { preset: description })}
    ${checkFields(sent, 'events', 'It is told when', eventOptions(visitor.isOperator), events)}
    ${areaField(sent, 'domains', 'Only for these domains', { preset: domains?.join('\n') ?? '', hint: 'One per line. With none it is told of all.' })}`;
}

function addItem(request: PageRequest): TodoItem {
  return {
    title: 'Tell a program',
    text: 'We post what happens to an address of yours, signed, so that it knows who speaks.',
    verb: 'add-webhook',
    button: 'Add…',
    send: 'Add it',
    look: 'primary',
    fields: (sent) => webhookFields(request, sent, { url: '', description: '', events: USUAL, domains: null }),
  };
}

function stateOf({ status, failingSince }: Pick<Webhook, 'status' | 'failingSince'>): { text: string; tone: Tone } {
  if (status === 'DISABLED') return { text: 'Disabled', tone: 'past' };
  return failingSince === null ? { text: 'Gets events', tone: 'fine' } : { text: 'Not reached', tone: 'attention' };
}

function row(request: PageRequest, webhook: Webhook): Html {
  const { id, url, description, domains, failingSince } = webhook;
  const { text, tone } = stateOf(webhook);
  const { now, visitor } = request;
  const since = failingSince === null ? '' : ` since ${timeText(new Date(failingSince), now, visitor.timeZone)}`;
  return html`<li><a class="name" href="${PATH}/${id}">${shownText(description === '' ? url : description)}</a>${ownerOf(request, webhook)}
    <p><span class="tone ${tone}">${text}${tone === 'attention' ? since : ''}</span></p>
    <p class="soft small"><span class="mono">${shownText(url)}</span> · ${domainsText(domains)}</p></li>`;
}

export async function webhookPage(request: PageRequest, [id = '']: readonly string[]): Promise<PageAnswer> {
  const { ask, now, visitor, query } = request;
  const asked = await ask(webhookQuery, { id });
  if (asked.kind === 'REFUSED') return refusedPage(request, 'webhooks', asked);
  const { webhook } = asked.data;
  if (webhook === null) return missingPage(request);
  const canWrite = visitor.scopes.includes('WEBHOOK_WRITE');
  const deliveries = await panel(
    'The last messages',
    ask(webhookDeliveriesQuery, { id, after: query.get('after') }),
    (data) => lastDeliveries(request, data, webhook.id, canWrite),
  );
  const at = (text: string | null): string | null =>
    text === null ? null : timeText(new Date(text), now, visitor.timeZone);
  const { url, description, events, domains, previousSecretUntil, createdAt, disabledAt } = webhook;
  const items = canWrite ? itemsOf(request, webhook) : [];
  return framed(request, {
    current: 'webhooks',
    items,
    name: description === '' ? url : description,
    label: stateOf(webhook),
    sentence: sentenceOf(request, webhook),
    main: html`<div class="columns"><div>
        ${items.length === 0 ? NONE : html`<section class="card first"><h2>What to do</h2>${todoList(request, items, `${PATH}/${webhook.id}`)}</section>`}
        ${deliveries}
      </div><div><section class="card"><h2>About it</h2>${facts([
        ['Address', html`<span class="mono">${shownText(url)}</span>`],
        ['Of', visitor.isOperator ? shownText(webhook.tenant.name) : null],
        ['Domains', domains === null ? 'All' : domains.map((domain) => shownText(domain)).join(', ')],
        ['Added', at(createdAt)],
        ['Disabled', at(disabledAt)],
        ['Old secret signs until', at(previousSecretUntil)],
      ])}</section>
      <section class="card"><h2>It is told when</h2><ul class="plain">${events.map((kind) => html`<li>${kind === 'OTHER' ? 'Something that this version does not know' : EVENT_WORDS[kind]}</li>`)}</ul></section></div></div>`,
  });
}

function sentenceOf(
  { now, visitor }: PageRequest,
  { status, failingSince, disabledReason }: Whole,
): readonly SentencePart[] {
  if (status === 'DISABLED')
    return [
      { text: 'Nothing is sent to this address.', part: 'first' },
      { text: DISABLED_WORDS[disabledReason ?? 'BY_USER'], part: 'rest' },
    ];
  if (failingSince === null) return [{ text: 'This address is told what happens.', part: 'first' }];
  const since = timeText(new Date(failingSince), now, visitor.timeZone);
  return [
    { text: `Nothing has arrived at this address since ${since}.`, part: 'first' },
    { text: 'We try again by ourselves, for five days.', part: 'rest' },
  ];
}

function lastDeliveries(
  request: PageRequest,
  { webhook }: WebhookDeliveriesQuery,
  id: string,
  canWrite: boolean,
): Html | null {
  if (webhook === null) return null;
  const { nodes, pageInfo } = webhook.deliveries;
  if (nodes.length === 0)
    return html`${head('The last messages')}<p class="soft">Nothing was sent yet. A ping shows whether it works.</p>`;
  return html`${head('The last messages', 'they are kept for 30 days')}
    <div class="scroll" role="group" tabindex="0" aria-label="The last messages"><table>
      <thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">Its answer</th>${canWrite ? html`<th scope="col"><span class="unseen">What to do</span></th>` : NONE}</tr></thead>
      <tbody>${nodes.map((node) => deliveryRow(request, node, id, canWrite))}</tbody></table></div>
    ${pager(`${PATH}/${id}`, pageInfo)}`;
}

function deliveryRow({ now, visitor }: PageRequest, delivery: Delivery, id: string, canWrite: boolean): Html {
  const { kind, status, attemptCount, createdAt, nextAttemptAt, responseStatus, responseText } = delivery;
  const { text, tone } = DELIVERY_WORDS[status];
  const what = kind === null ? 'Ping' : kind === 'OTHER' ? 'Another event' : EVENT_WORDS[kind];
  const next = nextAttemptAt === null ? '' : `, next try ${dueText(new Date(nextAttemptAt), now)}`;
  const tries =
    attemptCount > 1 || nextAttemptAt !== null ? html`<small>${attemptCount}\u00a0tries${next}</small>` : NONE;
  const answer = responseStatus === null ? '' : `${responseStatus} `;
  const again =
    status === 'PENDING'
      ? NONE
      : plainForm(
          `${PATH}/${id}/redeliver`,
          'Send again',
          undefined,
          html`<input type="hidden" name="delivery" value="${delivery.id}" />`,
        );
  return html`<tr><td class="nowrap">${timeText(new Date(createdAt), now, visitor.timeZone)}</td>
    <td>${what}</td>
    <td class="address"><span class="tone ${tone}">${text}</span>${tries}<small class="mono">${answer}${shownText(responseText ?? '')}</small></td>
    ${canWrite ? html`<td class="end">${again}</td>` : NONE}</tr>`;
}

function itemsOf(request: PageRequest, webhook: Whole): readonly TodoItem[] {
  const { now, visitor } = request;
  const isEnabled = webhook.status === 'ENABLED';
  const replay: TodoItem = {
    title: 'It has missed something',
    text: 'All events since a day are sent again. A receiver that remembers their ids does nothing twice.',
    verb: 'replay',
    button: 'Send again…',
    send: 'Send all of it again',
    fields: (sent) =>
      textField(sent, 'since', 'Since', {
        type: 'date',
        preset: dayText(new Date(now.getTime() - WEEK_MS), visitor.timeZone),
      }),
  };
  return [
    {
      title: 'See whether it works',
      text: 'A ping is posted, and its answer shown.',
      verb: 'ping',
      button: 'Send a ping',
      look: 'primary',
    },
    {
      title: 'Another address, other events',
      text: 'What waits goes to the new address as well.',
      verb: 'change-webhook',
      button: 'Change…',
      send: 'Change',
      fields: (sent) =>
        html`<input type="hidden" name="revision" value="${sent.value('revision', String(webhook.revision))}" />${webhookFields(request, sent, webhook)}`,
    },
    ...(isEnabled ? [replay] : []),
    isEnabled
      ? {
          title: 'Not for now',
          text: 'Events are kept for 30 days and can be sent later.',
          verb: 'disable-webhook',
          button: 'Disable',
        }
      : {
          title: 'From now on',
          text: 'Events in between can be sent again afterwards.',
          verb: 'enable-webhook',
          button: 'Enable',
        },
    {
      title: 'Its secret has been seen',
      text: 'Messages are signed with a new one, for a day also with the old one.',
      verb: 'rotate-secret',
      button: 'Rotate…',
      send: 'Make a new secret',
      fields: () => NONE,
    },
    {
      title: 'It is not needed any more',
      text: 'Its messages are forgotten as well.',
      verb: 'delete-webhook',
      button: 'Delete…',
      send: 'Delete this webhook',
      look: 'danger',
      fields: () => NONE,
    },
  ];
}
