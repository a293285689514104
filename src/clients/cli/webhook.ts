/** `backup-mx webhook`: addresses that are told what happens, and what was sent there. */
import { type Call, missing, numberOption, type Shown, type VerbTable } from './action.ts';
import { confirmed, describeWebhook } from './confirm.ts';
import { allNodes, type Page, PAGE_INFO } from '../api/pages.ts';
import { mutate } from '../api/mutation.ts';
import { Refusal } from '../api/refusal.ts';
import { createdSecret } from './secret.ts';
import { DONE, FAILED } from './terminal.ts';

const MOST_LISTED = 10_000;

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

async function list({ ask }: Call): Promise<Shown> {
  const query = `query ($first: Int!, $after: String) { webhooks(first: $first, after: $after) { nodes { ${WEBHOOK} } ${PAGE_INFO} } }`;
  const webhooks = await allNodes(
    MOST_LISTED,
    async (after, first) => (await ask<{ webhooks: Page<Webhook> }>(query, { first, after })).webhooks,
  );
  return {
    kind: 'TABLE',
    columns: ['ID', 'URL', 'STATUS', 'FAILING SINCE', 'DOMAINS', 'EVENTS'].map((title) => ({ title })),
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
  const description = call.text('description');
  return {
    ...(events.length === 0 ? {} : { events }),
    ...(domains.length === 0 ? {} : { domains }),
    ...(description === undefined ? {} : { description }),
  };
}

async function create(call: Call): Promise<Shown> {
  const input = { events: [], url: call.args[0], ...settings(call), tenantId: call.text('tenant') ?? null };
  const answer = await mutate<Made>(call, 'webhookCreate', input, `webhook { ${WEBHOOK} } secret`);
  return answer.kind === 'REFUSED' ? answer : made(call, answer.payload);
}

interface Made {
  readonly webhook: Webhook | null;
  readonly secret: string | null;
}

function made(call: Call, { webhook, secret }: Made): Shown {
  return createdSecret(call, { secret, of: `${webhook?.url} (${webhook?.id})`, data: { webhook, secret } });
}

async function rotate(call: Call): Promise<Shown> {
  const overlapSeconds = numberOption(call, 'overlap');
  const input = { id: call.args[0], ...(overlapSeconds === undefined ? {} : { overlapSeconds }) };
  const answer = await mutate<Made>(call, 'webhookRotateSecret', input, `webhook { ${WEBHOOK} } secret`);
  return answer.kind === 'REFUSED' ? answer : made(call, answer.payload);
}

async function change(call: Call, input: Record<string, unknown>, what: string): Promise<Shown> {
  const mutation = what === 'deleted' ? 'webhookDelete' : 'webhookUpdate';
  const answer = await mutate<Pick<Made, 'webhook'>>(
    call,
    mutation,
    { id: call.args[0], ...input },
    `webhook { ${WEBHOOK} }`,
  );
  if (answer.kind === 'REFUSED') return answer;
  const { webhook } = answer.payload;
  return { kind: 'LINE', line: `${webhook?.url} is ${what}`, data: webhook };
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
    if (webhook === null) throw new Refusal(`you have no webhook "${call.args[0]}"`);
    return webhook.deliveries;
  });
  return {
    kind: 'TABLE',
    columns: ['ID', 'TYPE', 'STATUS', 'ATTEMPTS', 'CREATED', 'NEXT ATTEMPT', 'ANSWER'].map((title) => ({ title })),
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

async function test(call: Call): Promise<Shown> {
  const answer = await mutate<{ readonly delivery: Delivery | null }>(
    call,
    'webhookTest',
    { id: call.args[0] },
    `delivery { ${DELIVERY} }`,
  );
  if (answer.kind === 'REFUSED') return answer;
  const { delivery } = answer.payload;
  const said = [delivery?.responseStatus, delivery?.responseText].filter((part) => part != null && part !== '');
  const exitCode = delivery?.status === 'DELIVERED' ? DONE : FAILED;
  return { kind: 'LINE', line: `${delivery?.status}: ${said.join(' ')}`, data: delivery, exitCode };
}

async function redeliver(call: Call): Promise<Shown> {
  const input = { id: call.args[0] };
  const answer = await mutate<{ readonly delivery: Delivery | null }>(
    call,
    'webhookRedeliver',
    input,
    `delivery { ${DELIVERY} }`,
  );
  if (answer.kind === 'REFUSED') return answer;
  const { delivery } = answer.payload;
  return { kind: 'LINE', line: `${delivery?.type} ${delivery?.id} is sent again`, data: delivery };
}

async function replay(call: Call): Promise<Shown> {
  const input = { id: call.args[0], since: call.text('since') ?? missing('since') };
  const answer = await mutate<{ readonly replayedCount: number | null; readonly hasMore: boolean | null }>(
    call,
    'webhookReplay',
    input,
    'replayedCount hasMore',
  );
  if (answer.kind === 'REFUSED') return answer;
  const { replayedCount, hasMore } = answer.payload;
  const more = hasMore === true ? '; there are more: replay again from a later time' : '';
  return { kind: 'LINE', line: `${replayedCount} are sent${more}`, data: answer.payload };
}

const NONE = { least: 0, most: 0 };
const ONE = { least: 1, most: 1 };
const SETTINGS = { event: 'LIST', domain: 'LIST', description: 'TEXT' } as const;

export const webhookVerb: VerbTable = {
  verb: 'webhook',
  says: 'Addresses that are told what happens.',
  example: 'backup-mx webhook create https://hooks.example.org/x --event outage_opened',
  actions: {
    list: { usage: 'list', says: 'Your webhooks.', argCount: NONE, options: {}, run: list },
    create: {
      usage: 'create URL --event EVENT... [--domain NAME]... [--description TEXT] [--tenant ID]',
      says: 'Makes a webhook and prints the secret for its signatures, once.',
      argCount: ONE,
      options: { ...SETTINGS, tenant: 'TEXT' },
      run: create,
    },
    set: {
      usage: 'set ID [--url URL] [--event EVENT]... [--domain NAME]... [--all-domains] [--description TEXT]',
      says: 'Changes a webhook.',
      argCount: ONE,
      options: { ...SETTINGS, url: 'TEXT', 'all-domains': 'FLAG' },
      run: (call) => {
        const url = call.text('url');
        const all = call.isSet('all-domains') ? { domains: null } : {};
        return change(call, { ...settings(call), ...all, ...(url === undefined ? {} : { url }) }, 'changed');
      },
    },
    enable: {
      usage: 'enable ID',
      says: 'Sends again; what happened meanwhile is asked for with replay.',
      argCount: ONE,
      options: {},
      run: (call) => change(call, { isEnabled: true }, 'enabled'),
    },
    disable: {
      usage: 'disable ID',
      says: 'Sends nothing more, and gives up what is pending.',
      argCount: ONE,
      options: {},
      run: (call) => change(call, { isEnabled: false }, 'disabled'),
    },
    rotate: {
      usage: 'rotate ID [--overlap SECONDS]',
      says: 'Prints a new secret; the old one signs as well for a day, or as --overlap says.',
      argCount: ONE,
      options: { overlap: 'TEXT' },
      run: rotate,
    },
    delete: confirmed(
      {
        usage: 'delete ID',
        says: 'Removes a webhook.',
        argCount: ONE,
        options: {},
        run: (call) => change(call, {}, 'deleted'),
      },
      describeWebhook,
    ),
    test: {
      usage: 'test ID',
      says: 'Sends a ping and shows the answer; exit code 1 when it is not taken.',
      argCount: ONE,
      options: {},
      run: test,
    },
    deliveries: {
      usage: 'deliveries ID [--status pending|delivered|failed] [--limit N]',
      says: 'What was sent, and is to be sent, newest first.',
      argCount: ONE,
      options: { status: 'TEXT', limit: 'TEXT' },
      run: deliveries,
    },
    redeliver: {
      usage: 'redeliver DELIVERY-ID',
      says: 'Sends a delivery again.',
      argCount: ONE,
      options: {},
      run: redeliver,
    },
    replay: {
      usage: 'replay ID --since TIME',
      says: 'Sends again all that happened since then.',
      argCount: ONE,
      options: { since: 'TEXT' },
      run: replay,
    },
  },
};
