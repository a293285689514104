/** `backup-mx webhook`: addresses that receive events, and their deliveries. */
import type { WebhookDelivery } from '../../control/generated.ts';
import { kindName } from '../../mail/kind-name.ts';
import { visible } from '../../mail/visible.ts';
import { allNodes, mutate, type Page, PAGE_INFO, type Selected } from '../api/requests.ts';
import type { Call, Shown, VerbTable } from './action.ts';
import {
  filtered,
  createdSecret,
  given,
  listOf,
  missing,
  notYours,
  durationField,
  numberOption,
  shown,
  tableOf,
} from './call.ts';
import { confirmed, describeDisabled, describeRotation, describeWebhook } from './confirm.ts';
import { text } from './table.ts';
import { DONE, FAILED } from './terminal.ts';
import { timeOption } from './time.ts';

const WEBHOOK = 'id url description events domains status disabledReason failingSince previousSecretUntil createdAt';

/** Options that a webhook is made or changed with; absent ones are left out. */
function settings(call: Call): Record<string, unknown> {
  const events = call.list('event');
  const domains = call.list('domain');
  return {
    ...(events.length === 0 ? {} : { events }),
    ...(domains.length === 0 ? {} : { domains }),
    ...given(call, 'description'),
  };
}

async function make(
  call: Call,
  mutation: 'webhookCreate' | 'webhookRotate',
  input: Readonly<Record<string, unknown>>,
): Promise<Shown> {
  return shown(await mutate(call, mutation, input, `webhook { ${WEBHOOK} } secret`), ({ webhook, secret }) =>
    createdSecret(call, { secret, of: `${webhook?.url} (${webhook?.id})`, data: { webhook, secret } }),
  );
}

async function changeWebhook(call: Call, settings: Record<string, unknown>, what: string): Promise<Shown> {
  const mutation = what === 'deleted' ? 'webhookDelete' : 'webhookUpdate';
  const input = { id: call.args[0], ...settings };
  return shown(await mutate(call, mutation, input, `webhook { ${WEBHOOK} }`), ({ webhook }) => ({
    kind: 'LINE',
    line: `${webhook?.url} is ${what}`,
    data: webhook,
  }));
}

const DELIVERY = 'id kind status attemptCount createdAt lastAttemptAt nextAttemptAt responseStatus responseText';
type Delivery = Selected<WebhookDelivery, typeof DELIVERY>;

/** `OUTAGE_OPENED` is `outage.opened`, as in the message. */
function eventName(kind: Delivery['kind'] | undefined): string {
  return kind == null ? 'ping' : kindName(kind);
}

async function deliveries(call: Call): Promise<Shown> {
  const status = call.text('status') ?? null;
  const query = `query ($id: ID!, $first: Int!, $after: String, $filter: WebhookDeliveryFilter) {
    webhook(id: $id) { deliveries(first: $first, after: $after, filter: $filter) { nodes { ${DELIVERY} } ${PAGE_INFO} } } }`;
  const found = await allNodes(numberOption(call, 'limit') ?? 100, async (after, first) => {
    const variables = { id: call.args[0], first, after, filter: { status } };
    const { webhook } = await call.ask<{ webhook: { deliveries: Page<Delivery> } | null }>(query, variables);
    return webhook?.deliveries ?? notYours('webhook', call.args[0]);
  });
  return tableOf(found, [
    ['ID', ({ id }) => id],
    ['EVENT', ({ kind }) => eventName(kind)],
    ['STATUS', (delivery) => delivery.status],
    ['ATTEMPTS', ({ attemptCount }) => attemptCount],
    ['CREATED', ({ createdAt }) => call.time(createdAt)],
    ['NEXT ATTEMPT', ({ nextAttemptAt }) => call.time(nextAttemptAt)],
    [text('ANSWER'), ({ responseStatus, responseText }) => answerText(responseStatus, responseText?.slice(0, 60))],
  ]);
}

function answerText(...parts: readonly (string | number | null | undefined)[]): string {
  return visible(parts.filter((part) => part != null && part !== '').join(' '));
}

async function send(
  call: Call,
  mutation: 'webhookTest' | 'webhookRedeliver',
  show: (delivery: Delivery | null) => Shown,
): Promise<Shown> {
  const answer = await mutate(call, mutation, { id: call.args[0] }, `delivery { ${DELIVERY} }`);
  return shown(answer, ({ delivery }) => show(delivery));
}

async function replay(call: Call): Promise<Shown> {
  const input = { id: call.args[0], since: timeOption(call, 'since', 'PAST') ?? missing('since') };
  return shown(await mutate(call, 'webhookReplay', input, 'replayedCount hasMore'), ({ replayedCount, hasMore }) => {
    const more = hasMore === true ? '; there are more: replay again from a later time' : '';
    return { kind: 'LINE', line: `${replayedCount} messages are sent${more}`, data: { replayedCount, hasMore } };
  });
}

export const webhookVerb: VerbTable = {
  verb: 'webhook',
  says: 'Addresses that receive events.',
  example: 'backup-mx webhook create https://hooks.example.org/x --event outage.opened',
  actions: {
    list: {
      usage: '[--tenant ID]',
      says: 'Lists your webhooks; for an operator those of all tenants, or of one.',
      run: async (call) =>
        tableOf(await listOf(call, 'webhooks', WEBHOOK, filtered('WebhookFilter', { tenantId: call.text('tenant') })), [
          ['ID', ({ id }) => id],
          [text('URL'), ({ url }) => url],
          ['STATUS', ({ status, disabledReason }) => disabledReason ?? status],
          ['FAILING SINCE', ({ failingSince }) => call.time(failingSince)],
          [text('DOMAINS'), ({ domains }) => domains?.join(' ') ?? 'all'],
          [text('EVENTS'), ({ events }) => events.join(' ').toLowerCase()],
        ]),
    },
    create: {
      usage: 'URL --event EVENT... [--domain NAME]... [--description TEXT] [--tenant ID]',
      says: 'Creates a webhook and prints the secret for its signatures, once.',
      mutations: ['webhookCreate'],
      run: (call) =>
        make(call, 'webhookCreate', {
          events: [],
          url: call.args[0],
          ...settings(call),
          tenantId: call.text('tenant') ?? null,
        }),
    },
    set: {
      usage: 'ID [--url URL] [--event EVENT]... [--domain NAME]... [--all-domains] [--description TEXT]',
      says: 'Changes a webhook.',
      mutations: ['webhookUpdate'],
      run: (call) => {
        const all = call.isSet('all-domains') ? { domains: null } : {};
        return changeWebhook(call, { ...settings(call), ...all, ...given(call, 'url') }, 'changed');
      },
    },
    enable: {
      usage: 'ID',
      says: 'Enables a webhook; replay sends the events that happened meanwhile.',
      mutations: ['webhookUpdate'],
      run: (call) => changeWebhook(call, { isEnabled: true }, 'enabled'),
    },
    disable: confirmed(
      {
        usage: 'ID',
        says: 'Disables a webhook and drops its pending deliveries.',
        mutations: ['webhookUpdate'],
        run: (call) => changeWebhook(call, { isEnabled: false }, 'disabled'),
      },
      describeDisabled,
    ),
    rotate: confirmed(
      {
        usage: 'ID [--overlap SPAN]',
        says: 'Prints a new secret; the old one also signs for a day, or for --overlap.',
        mutations: ['webhookRotate'],
        run: (call) => make(call, 'webhookRotate', { id: call.args[0], ...durationField(call, 'overlap', 'overlap') }),
      },
      describeRotation('webhook'),
    ),
    delete: confirmed(
      {
        usage: 'ID',
        says: 'Deletes a webhook.',
        mutations: ['webhookDelete'],
        run: (call) => changeWebhook(call, {}, 'deleted'),
      },
      describeWebhook,
    ),
    test: {
      usage: 'ID',
      says: 'Sends a ping and shows the answer; exit code 1 if it is not accepted.',
      mutations: ['webhookTest'],
      run: (call) =>
        send(call, 'webhookTest', (delivery) => ({
          kind: 'LINE',
          line: `${delivery?.status}: ${answerText(delivery?.responseStatus, delivery?.responseText)}`,
          data: delivery,
          exitCode: delivery?.status === 'DELIVERED' ? DONE : FAILED,
        })),
    },
    deliveries: {
      usage: 'ID [--status STATUS] [--limit N]',
      says: 'Lists sent and pending deliveries, newest first.',
      run: deliveries,
    },
    redeliver: {
      usage: 'DELIVERY-ID',
      says: 'Sends a delivery again.',
      mutations: ['webhookRedeliver'],
      run: (call) =>
        send(call, 'webhookRedeliver', (delivery) => ({
          kind: 'LINE',
          line: `${eventName(delivery?.kind)} ${delivery?.id} is sent again`,
          data: delivery,
        })),
    },
    replay: {
      usage: 'ID --since TIME',
      says: 'Sends all events since then again.',
      mutations: ['webhookReplay'],
      run: replay,
    },
  },
};
