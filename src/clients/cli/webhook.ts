/** `backup-mx webhook`: addresses that receive events, and their deliveries. */
import { allNodes, mutate, type Page, PAGE_INFO } from '../api/requests.ts';
import type { Call, Shown, VerbTable } from './action.ts';
import { createdSecret, given, listOf, missing, notYours, numberOption, overlapOption, shown } from './call.ts';
import { confirmed, describeWebhook } from './confirm.ts';
import { DONE, FAILED } from './terminal.ts';

interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly description: string;
  readonly events: readonly string[];
  readonly domains: readonly string[] | null;
  readonly status: string;
  readonly disabledReason: string | null;
  readonly failingSince: string | null;
}

const WEBHOOK = 'id url description events domains status disabledReason failingSince previousSecretUntil createdAt';

async function list(call: Call): Promise<Shown> {
  const webhooks = await listOf<Webhook>(call, 'webhooks', WEBHOOK);
  return {
    kind: 'TABLE',
    columns: ['ID', 'URL', 'STATUS', 'FAILING SINCE', 'DOMAINS', 'EVENTS'],
    rows: webhooks.map(({ id, url, status, disabledReason, failingSince, domains, events }) => [
      id,
      url,
      disabledReason ?? status,
      failingSince,
      domains?.join(' ') ?? 'all',
      events.join(' ').toLowerCase(),
    ]),
    data: webhooks,
  };
}

/** Options that a webhook is made or changed with; absent ones are left out. */
function settings(call: Call): Record<string, unknown> {
  const events = call.list('event').map((event) => event.toUpperCase().replace('.', '_'));
  const domains = call.list('domain');
  return {
    ...(events.length === 0 ? {} : { events }),
    ...(domains.length === 0 ? {} : { domains }),
    ...given(call, 'description'),
  };
}

async function create(call: Call): Promise<Shown> {
  const input = { events: [], url: call.args[0], ...settings(call), tenantId: call.text('tenant') ?? null };
  return make(call, 'webhookCreate', input);
}

interface Made {
  readonly webhook: Webhook | null;
  readonly secret: string | null;
}

async function make(call: Call, mutation: string, input: Readonly<Record<string, unknown>>): Promise<Shown> {
  return shown(await mutate<Made>(call, mutation, input, `webhook { ${WEBHOOK} } secret`), ({ webhook, secret }) =>
    createdSecret(call, { secret, of: `${webhook?.url} (${webhook?.id})`, data: { webhook, secret } }),
  );
}

async function rotate(call: Call): Promise<Shown> {
  return make(call, 'webhookRotateSecret', { id: call.args[0], ...overlapOption(call) });
}

async function changeWebhook(call: Call, settings: Record<string, unknown>, what: string): Promise<Shown> {
  const mutation = what === 'deleted' ? 'webhookDelete' : 'webhookUpdate';
  const input = { id: call.args[0], ...settings };
  return shown(await mutate<Pick<Made, 'webhook'>>(call, mutation, input, `webhook { ${WEBHOOK} }`), ({ webhook }) => ({
    kind: 'LINE',
    line: `${webhook?.url} is ${what}`,
    data: webhook,
  }));
}

interface Delivery {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly attemptCount: number;
  readonly createdAt: string;
  readonly nextAttemptAt: string | null;
  readonly responseStatus: number | null;
  readonly responseText: string | null;
}

const DELIVERY = 'id type status attemptCount createdAt lastAttemptAt nextAttemptAt responseStatus responseText';

async function deliveries(call: Call): Promise<Shown> {
  const status = call.text('status')?.toUpperCase() ?? null;
  const query = `query ($id: ID!, $first: Int!, $after: String, $filter: WebhookDeliveryFilter) {
    webhook(id: $id) { deliveries(first: $first, after: $after, filter: $filter) { nodes { ${DELIVERY} } ${PAGE_INFO} } } }`;
  const found = await allNodes(numberOption(call, 'limit') ?? 100, async (after, first) => {
    const variables = { id: call.args[0], first, after, filter: { status } };
    const { webhook } = await call.ask<{ webhook: { deliveries: Page<Delivery> } | null }>(query, variables);
    return webhook?.deliveries ?? notYours('webhook', call.args[0]);
  });
  return {
    kind: 'TABLE',
    columns: ['ID', 'TYPE', 'STATUS', 'ATTEMPTS', 'CREATED', 'NEXT ATTEMPT', 'ANSWER'],
    rows: found.map(
      ({ id, type, attemptCount, createdAt, nextAttemptAt, responseStatus, responseText, ...delivery }) => [
        id,
        type,
        delivery.status,
        attemptCount,
        createdAt,
        nextAttemptAt,
        [responseStatus, responseText?.slice(0, 60)].filter((part) => part !== null && part !== '').join(' '),
      ],
    ),
    data: found,
  };
}

type Sent = { readonly delivery: Delivery | null };

async function send(call: Call, mutation: string, show: (delivery: Delivery | null) => Shown): Promise<Shown> {
  const input = { id: call.args[0] };
  const fields = `delivery { ${DELIVERY} }`;
  return shown(await mutate<Sent>(call, mutation, input, fields), ({ delivery }) => show(delivery));
}

async function test(call: Call): Promise<Shown> {
  return send(call, 'webhookTest', (delivery) => {
    const said = [delivery?.responseStatus, delivery?.responseText].filter((part) => part != null && part !== '');
    const exitCode = delivery?.status === 'DELIVERED' ? DONE : FAILED;
    return { kind: 'LINE', line: `${delivery?.status}: ${said.join(' ')}`, data: delivery, exitCode };
  });
}

async function redeliver(call: Call): Promise<Shown> {
  return send(call, 'webhookRedeliver', (delivery) => ({
    kind: 'LINE',
    line: `${delivery?.type} ${delivery?.id} is sent again`,
    data: delivery,
  }));
}

async function replay(call: Call): Promise<Shown> {
  const input = { id: call.args[0], since: call.text('since') ?? missing('since') };
  type Replayed = { readonly replayedCount: number | null; readonly hasMore: boolean | null };
  return shown(
    await mutate<Replayed>(call, 'webhookReplay', input, 'replayedCount hasMore'),
    ({ replayedCount, hasMore }) => {
      const more = hasMore === true ? '; there are more: replay again from a later time' : '';
      return { kind: 'LINE', line: `${replayedCount} messages are sent${more}`, data: { replayedCount, hasMore } };
    },
  );
}

const SETTINGS = { event: 'LIST', domain: 'LIST', description: 'TEXT' } as const;

export const webhookVerb: VerbTable = {
  verb: 'webhook',
  says: 'Addresses that receive events.',
  example: 'backup-mx webhook create https://hooks.example.org/x --event outage_opened',
  actions: {
    list: { usage: 'list', says: 'Lists your webhooks.', run: list },
    create: {
      usage: 'create URL --event EVENT... [--domain NAME]... [--description TEXT] [--tenant ID]',
      says: 'Creates a webhook and prints the secret for its signatures, once.',
      argCount: 1,
      options: { ...SETTINGS, tenant: 'TEXT' },
      run: create,
    },
    set: {
      usage: 'set ID [--url URL] [--event EVENT]... [--domain NAME]... [--all-domains] [--description TEXT]',
      says: 'Changes a webhook.',
      argCount: 1,
      options: { ...SETTINGS, url: 'TEXT', 'all-domains': 'FLAG' },
      run: (call) => {
        const all = call.isSet('all-domains') ? { domains: null } : {};
        return changeWebhook(call, { ...settings(call), ...all, ...given(call, 'url') }, 'changed');
      },
    },
    enable: {
      usage: 'enable ID',
      says: 'Enables a webhook; replay sends the events that happened meanwhile.',
      argCount: 1,
      run: (call) => changeWebhook(call, { isEnabled: true }, 'enabled'),
    },
    disable: {
      usage: 'disable ID',
      says: 'Disables a webhook, and gives up its pending deliveries.',
      argCount: 1,
      run: (call) => changeWebhook(call, { isEnabled: false }, 'disabled'),
    },
    rotate: {
      usage: 'rotate ID [--overlap SECONDS]',
      says: 'Prints a new secret; the old one also signs for a day, or for --overlap.',
      argCount: 1,
      options: { overlap: 'TEXT' },
      run: rotate,
    },
    delete: confirmed(
      {
        usage: 'delete ID',
        says: 'Removes a webhook.',
        argCount: 1,
        run: (call) => changeWebhook(call, {}, 'deleted'),
      },
      describeWebhook,
    ),
    test: {
      usage: 'test ID',
      says: 'Sends a ping and shows the answer; exit code 1 if it is not accepted.',
      argCount: 1,
      run: test,
    },
    deliveries: {
      usage: 'deliveries ID [--status pending|delivered|failed] [--limit N]',
      says: 'Lists sent and pending deliveries, newest first.',
      argCount: 1,
      options: { status: 'TEXT', limit: 'TEXT' },
      run: deliveries,
    },
    redeliver: {
      usage: 'redeliver DELIVERY-ID',
      says: 'Sends a delivery again.',
      argCount: 1,
      run: redeliver,
    },
    replay: {
      usage: 'replay ID --since TIME',
      says: 'Sends all events since then again.',
      argCount: 1,
      options: { since: 'TEXT' },
      run: replay,
    },
  },
};
