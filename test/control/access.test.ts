/**
 * Who may do what: every query field, mutation and subscription with no token, with another tenant's, and with one that lacks its scope.
 *
 * The schema says what there is and which scope it needs; a field that this file does not know how to ask for fails it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { buildSchema, type GraphQLField, isInterfaceType, isLeafType, getNamedType, isObjectType, Kind } from 'graphql';
import { OPERATOR_SCOPES, SCOPES, type Scope } from '../../src/tenants/token-cache.ts';
import { subscribe } from '../helpers/subscriber.ts';
import {
  addDomain,
  addTenant,
  type GraphqlAnswer,
  type Harness,
  holdMessage,
  lackOf,
  startControl,
} from './harness.ts';

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
const DOMAIN = 'kept.example';
const ADDRESS = `alice@${DOMAIN}`;
const NODE = { name: 'node1.inside.example', version: '0.1.0', runtime: 'bun test' };

let control: Harness;
let messageId: string;
let operationId: string;
let strangerId: string;
let tokenId: string;
let webhookId: string;
let deliveryId: string;
let contactId: string;
/** With every scope that a tenant's token may have. */
let stranger: string;
const lacking = new Map<Scope, string>();

beforeAll(async () => {
  control = await startControl();
  await control.database.sql`
    insert into nodes (epoch, name, version, runtime, roles, backend_pid, beat_at)
    values (1, ${NODE.name}, ${NODE.version}, ${NODE.runtime}, '{control}', 1, clock_timestamp())`;
  const destinationId = await addDomain(control, DOMAIN);
  messageId = await holdMessage(control.database, { destinationId, addresses: [ADDRESS] });
  strangerId = (await addTenant(control.database, 'stranger')).tenantId;
  stranger = await makeToken(
    SCOPES.filter((scope) => !OPERATOR_SCOPES.includes(scope)),
    strangerId,
  );
  for (const scope of SCOPES) lacking.set(scope, await makeToken(SCOPES.filter((other) => !holds(other, scope))));
  const { messagesRetry } = await control.ask<{ messagesRetry: { operation: { id: string } } }>(
    `mutation { messagesRetry(input: { filter: { domain: "${DOMAIN}" } }) { operation { id } } }`,
  );
  operationId = messagesRetry.operation.id;
  const { webhookCreate } = await control.ask<{ webhookCreate: { webhook: { id: string } } }>(
    `mutation { webhookCreate(input: { url: "https://hooks.${DOMAIN}/x", events: [OUTAGE_OPENED] }) { webhook { id } } }`,
  );
  webhookId = webhookCreate.webhook.id;
  const { webhookTest } = await control.ask<{ webhookTest: { delivery: { id: string } } }>(
    `mutation { webhookTest(input: { id: "${webhookId}" }) { delivery { id } } }`,
  );
  deliveryId = webhookTest.delivery.id;
  const { alertContactCreate } = await control.ask<{ alertContactCreate: { alertContact: { id: string } } }>(
    'mutation { alertContactCreate(input: { address: "admin@watch.example.net" }) { alertContact { id } } }',
  );
  contactId = alertContactCreate.alertContact.id;
});
afterAll(() => control.close());

const holds = (scope: Scope, other: Scope) =>
  scope === other || scope.replace('_WRITE', '_READ') === other.replace('_WRITE', '_READ');

async function makeToken(scopes: readonly Scope[], tenantId?: string): Promise<string> {
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string; token: { id: string }; userErrors: [] } }>(
    'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { secret token { id } userErrors { message } } }',
    { input: { name: 'matrix', scopes, tenantId } },
  );
  expect(tokenCreate.userErrors).toEqual([]);
  tokenId = tokenCreate.token.id;
  return tokenCreate.secret;
}

/** How each query field is asked for something of the operator's. */
const queries = (): Readonly<Record<string, Record<string, unknown>>> => ({
  service: {},
  viewer: {},
  tenant: { id: '00000000-0000-7000-8000-000000000001' },
  tenants: { first: 10, orderBy: 'CREATED' },
  token: { id: tokenId },
  tokens: { first: 100 },
  webhook: { id: webhookId },
  webhooks: { first: 100 },
  alertContact: { id: contactId },
  alertContacts: { first: 100 },
  node: { id: messageId },
  nodes: { ids: [messageId, tokenId, webhookId, contactId, operationId] },
  domain: { by: { name: DOMAIN } },
  domains: { first: 10, orderBy: 'CREATED' },
  summary: {},
  message: { id: messageId },
  messages: { first: 10, orderBy: 'NEWEST' },
  outages: { first: 10, orderBy: 'NEWEST' },
  rejections: { first: 10 },
  auditEntries: { first: 100 },
  operation: { id: operationId },
  operations: { first: 10 },
  rejectionCounts: { since: new Date(0).toISOString(), domain: DOMAIN, slots: 10 },
  recipientStanding: { address: ADDRESS },
});

/** How each mutation is asked to change something of the operator's. */
const mutations = (): Readonly<Record<string, Record<string, unknown>>> => {
  const future = new Date(Date.now() + 3_600_000).toISOString();
  const list = { domain: DOMAIN, localParts: ['bob'] };
  const filter = { domain: DOMAIN };
  return {
    domainCreate: { name: `sub.${DOMAIN}` },
    domainsApply: { domains: [{ name: `sub2.${DOMAIN}` }], owner: { key: 'stolen', value: 'yes' }, prune: true },
    domainUpdate: { name: DOMAIN, labels: [{ key: 'stolen', value: 'yes' }] },
    domainDelete: { name: DOMAIN, held: 'CANCEL' },
    domainVerify: { name: DOMAIN },
    domainCheck: { name: DOMAIN },
    domainSuspend: { name: DOMAIN },
    domainUnsuspend: { name: DOMAIN },
    domainTransfer: { name: DOMAIN, tenantId: strangerId },
    domainFlush: { name: DOMAIN },
    domainsFlush: { by: { tenantId: '00000000-0000-7000-8000-000000000001' } },
    domainReleaseBreaker: { name: DOMAIN },
    domainBounceHeld: { name: DOMAIN },
    domainPause: { name: DOMAIN, until: future },
    domainResume: { name: DOMAIN },
    domainSetMx: { name: DOMAIN, preference: 7 },
    domainUnsetMx: { name: DOMAIN },
    domainDrill: { name: DOMAIN },
    domainDrillDeliver: { name: DOMAIN },
    domainDrillSchedule: { name: DOMAIN, interval: 'P30D' },
    domainExtendHold: { name: DOMAIN, by: 'PT5H' },
    recipientListAdd: list,
    recipientListRemove: list,
    recipientListReplace: list,
    recipientForget: { address: ADDRESS },
    rejectionAllow: { id: messageId },
    messageRetry: { id: messageId },
    messageCancel: { id: messageId },
    messageBounce: { id: messageId },
    messagesRetry: { filter },
    messagesCancel: { filter },
    messagesBounce: { filter },
    operationStop: { id: operationId },
    serviceUpdate: { lifetime: 'P20D' },
    tenantCreate: { name: 'made by a stranger' },
    tenantUpdate: { id: '00000000-0000-7000-8000-000000000001', name: 'renamed' },
    tenantDelete: { id: strangerId },
    tenantSuspend: { id: strangerId },
    tenantUnsuspend: { id: strangerId },
    tokenCreate: { name: 'more', scopes: ['DOMAIN_READ'], tenantId: '00000000-0000-7000-8000-000000000001' },
    tokenUpdate: { id: tokenId, name: 'stolen' },
    tokenRotate: { id: tokenId },
    tokenDelete: { id: tokenId },
    consoleLinkCreate: {},
    consoleSessionEnd: { id: tokenId },
    webhookCreate: {
      url: 'https://stolen.example/',
      events: ['OUTAGE_OPENED'],
      tenantId: '00000000-0000-7000-8000-000000000001',
    },
    webhookUpdate: { id: webhookId, url: 'https://stolen.example/' },
    webhookRotate: { id: webhookId },
    webhookDelete: { id: webhookId },
    webhookTest: { id: webhookId },
    webhookRedeliver: { id: deliveryId },
    webhookReplay: { id: webhookId, since: future },
    alertContactCreate: { address: 'a@stolen.example', tenantId: '00000000-0000-7000-8000-000000000001' },
    alertContactUpdate: { id: contactId, domains: [DOMAIN] },
    alertContactConfirm: { id: contactId, code: 'ABCDE' },
    alertContactDelete: { id: contactId },
  };
};

/** How each subscription is asked for something of the operator's, and the error with a stranger's token; null: it has its own, or none. */
const subscriptions = (): Readonly<Record<string, { variables: Record<string, unknown>; code: string | null }>> => ({
  outageChanged: { variables: { domain: DOMAIN }, code: 'NOT_FOUND' },
  queueChanged: { variables: { domain: DOMAIN }, code: 'NOT_FOUND' },
  operationChanged: { variables: { id: operationId }, code: 'NOT_FOUND' },
  // Its own: nothing.
  summaryChanged: { variables: {}, code: null },
  queuesChanged: { variables: {}, code: null },
  messageTimeline: { variables: { id: messageId }, code: 'NOT_FOUND' },
});

type Field = GraphQLField<unknown, unknown>;
const fieldsOf = (type: 'Query' | 'Mutation' | 'Subscription'): readonly Field[] => {
  const object = schema.getType(type);
  return isObjectType(object) ? Object.values(object.getFields()) : [];
};

function scopeOf(directives: NonNullable<Field['astNode']>['directives'] | undefined): Scope | null {
  const value = directives?.find(({ name }) => name.value === 'requires')?.arguments?.[0]?.value;
  return value?.kind === Kind.ENUM ? (value.value as Scope) : null;
}

/** Everything of a type that takes no argument, to a depth; `id` and what needs no further scope. */
function selectionOf(field: Field, depth = 3): string {
  const type = getNamedType(field.type);
  if (isInterfaceType(type)) return '{ __typename id }';
  if (isLeafType(type) || !isObjectType(type)) return '';
  const inner = Object.values(type.getFields()).flatMap((each) => {
    const isPage = each.args.some(({ name, type: needed }) => name === 'last' || String(needed).endsWith('!'));
    const scope = scopeOf(each.astNode?.directives);
    // Nobody but the operator has those; a test of its own asks for them.
    if (isPage || each.name === 'mx' || (scope !== null && OPERATOR_SCOPES.includes(scope))) return [];
    if (isLeafType(getNamedType(each.type))) return [each.name];
    return depth === 0 ? [] : [`${each.name} ${selectionOf(each, depth - 1)}`];
  });
  return `{ ${['__typename', ...inner].join(' ')} }`;
}

function documentOf(field: Field, kind: 'query' | 'mutation' | 'subscription', selection = selectionOf(field)): string {
  const types = field.args.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const values = field.args.map(({ name }) => `${name}: $${name}`).join(', ');
  return field.args.length === 0
    ? `${kind} { ${field.name} ${selection} }`
    : `${kind} (${types}) { ${field.name}(${values}) ${selection} }`;
}

async function send(token: string | null, query: string, variables: Record<string, unknown>, headers = {}) {
  const response = await fetch(`${control.url}/graphql`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...headers,
      ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, body: (await response.json()) as GraphqlAnswer<Record<string, unknown>> };
}

/** All that a stranger could have changed; uses of tokens are not changes. */
async function stateOf(): Promise<string> {
  const { sql } = control.database;
  const rows = await Promise.all([
    sql`select * from domains where tenant_id <> ${strangerId} order by id`,
    sql`select * from destinations where kind = 'RELAY' order by id`,
    sql`select * from messages order by id`,
    sql`select * from recipients order by message_id, number`,
    sql`select * from recipient_entries order by domain_id, local_part`,
    sql`select * from operations order by id`,
    sql`select id, tenant_id, name, scopes, expires_at, secret_hash, previous_hash from tokens where tenant_id <> ${strangerId} order by id`,
    sql`select * from tenants order by id`,
    sql`select * from queue_limits`,
    sql`select * from webhooks order by id`,
    sql`select * from webhook_secrets order by webhook_id`,
    sql`select * from webhook_deliveries order by id`,
    sql`select * from alert_contacts order by id`,
    sql`select * from drills order by id`,
    sql`select * from drill_schedules order by domain_id`,
    sql`select * from mx_records order by domain_id, host`,
    sql`select count(*) from events where tenant_id <> ${strangerId}`,
  ]);
  return JSON.stringify(rows, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

test('each is known here', () => {
  expect(
    fieldsOf('Query')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(Object.keys(queries()).sort());
  expect(
    fieldsOf('Mutation')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(Object.keys(mutations()).sort());
  expect(
    fieldsOf('Subscription')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(Object.keys(subscriptions()).sort());
});

describe('subscriptions', () => {
  for (const field of fieldsOf('Subscription')) {
    const document = documentOf(field, 'subscription');
    const scope = scopeOf(field.astNode?.directives);

    test(`${field.name} with no token`, async () => {
      const variables = subscriptions()[field.name]?.variables ?? {};
      for (const token of [null, 'wrong']) {
        const { status, body } = await send(token, document, variables, { Accept: 'text/event-stream' });
        expect([status, body.errors?.[0]?.extensions]).toEqual([401, { code: 'UNAUTHENTICATED' }]);
      }
    });

    test(`${field.name} with another tenant's tells nothing of the operator's`, async () => {
      const { variables = {}, code } = subscriptions()[field.name] ?? {};
      const live = await subscribe({ url: control.url, token: stranger, query: document, variables });
      if (code === null) {
        const told = await live.next(1_500).catch((error: Error) => error.message);
        expect(JSON.stringify(told)).not.toContain(DOMAIN);
        live.close();
        return;
      }
      expect(await live.code()).toBe(code);
      expect(await live.next()).toBeNull();
    });

    test(`${field.name} without ${scope}`, async () => {
      if (scope === null) throw new Error('it names no scope');
      const query = documentOf(field, 'subscription', '{ __typename }');
      const variables = subscriptions()[field.name]?.variables ?? {};
      const live = await subscribe({ url: control.url, token: lacking.get(scope) ?? '', query, variables });
      expect((await live.next())?.errors?.map(({ extensions }) => extensions)).toEqual([lackOf(scope)]);
      expect(await live.next()).toBeNull();
    });
  }
});

describe('no token', () => {
  for (const field of [...fieldsOf('Query'), ...fieldsOf('Mutation')]) {
    test(field.name, async () => {
      const isQuery = field.name in queries();
      const variables = isQuery ? queries()[field.name] : { input: mutations()[field.name] };
      for (const token of [null, 'wrong', `bmx_${'x'.repeat(43)}`]) {
        const { status, body } = await send(token, documentOf(field, isQuery ? 'query' : 'mutation'), variables ?? {});
        expect(status).toBe(401);
        expect(body.errors?.[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED' });
      }
    });
  }
});

describe("another tenant's token", () => {
  const owned = [
    'domain',
    'message',
    'operation',
    'recipientStanding',
    'rejectionCounts',
    'token',
    'tenant',
    'webhook',
    'alertContact',
  ];
  for (const field of fieldsOf('Query')) {
    test(`${field.name} tells nothing of the operator's`, async () => {
      const { status, body } = await send(stranger, documentOf(field, 'query'), queries()[field.name] ?? {});
      expect([status, body.errors]).toEqual([200, undefined]);
      if (owned.includes(field.name)) expect(body.data[field.name]).toBeNull();
      const text = JSON.stringify(body);
      for (const foreign of [
        DOMAIN,
        messageId,
        operationId,
        tokenId,
        webhookId,
        deliveryId,
        contactId,
        NODE.name,
        '"operator"',
      ])
        expect(text).not.toContain(foreign);
    });
  }

  const answers: Readonly<Record<string, string | null>> = {
    // A claim of its own, which waits for a proof.
    domainCreate: null,
    domainsApply: null,
    // A link to its own session.
    consoleLinkCreate: null,
    domainSuspend: 'FORBIDDEN',
    domainUnsuspend: 'FORBIDDEN',
    domainTransfer: 'FORBIDDEN',
    serviceUpdate: 'FORBIDDEN',
    tenantCreate: 'FORBIDDEN',
    tenantUpdate: 'FORBIDDEN',
    tenantDelete: 'FORBIDDEN',
    tenantSuspend: 'FORBIDDEN',
    tenantUnsuspend: 'FORBIDDEN',
  };
  for (const field of fieldsOf('Mutation')) {
    test(`${field.name} changes nothing of the operator's`, async () => {
      const before = await stateOf();
      const selection = '{ userErrors { code } }';
      const input = mutations()[field.name];
      const { status, body } = await send(stranger, documentOf(field, 'mutation', selection), { input });
      expect([status, body.errors]).toEqual([200, undefined]);
      const { userErrors } = body.data[field.name] as { userErrors: { code: string }[] };
      const expected = field.name in answers ? answers[field.name] : 'NOT_FOUND';
      expect(userErrors.map(({ code }) => code)).toEqual(expected == null ? [] : [expected]);
      expect(await stateOf()).toBe(before);
    });
  }
});

describe('a token without the scope', () => {
  for (const field of fieldsOf('Query')) {
    const scope = scopeOf(field.astNode?.directives);
    if (scope === null) continue;
    test(`${field.name} without ${scope}`, async () => {
      const document = documentOf(field, 'query', isLeafType(getNamedType(field.type)) ? '' : '{ __typename }');
      const { body } = await send(lacking.get(scope) ?? null, document, queries()[field.name] ?? {});
      expect(body.data ?? null).toBeNull();
      expect(body.errors?.map(({ extensions }) => extensions)).toEqual([lackOf(scope)]);
    });
  }

  for (const field of fieldsOf('Mutation')) {
    const scope = scopeOf(field.astNode?.directives);
    test(`${field.name} without ${scope}`, async () => {
      if (scope === null) throw new Error('it names no scope');
      const before = await stateOf();
      const document = documentOf(field, 'mutation', '{ __typename userErrors { code message } }');
      const { body } = await send(lacking.get(scope) ?? null, document, { input: mutations()[field.name] });
      expect(body.errors).toBeUndefined();
      expect(body.data[field.name]).toMatchObject({
        userErrors: [{ code: 'FORBIDDEN', message: expect.stringContaining(scope) }],
      });
      expect(await stateOf()).toBe(before);
    });
  }

  test('every field of a guarded type but its id and name', async () => {
    for (const type of Object.values(schema.getTypeMap())) {
      const scope = isObjectType(type) ? scopeOf(type.astNode?.directives) : null;
      if (scope === null || !isObjectType(type) || type.name === 'Token') continue;
      const way = {
        Domain: 'domain',
        Drill: 'domain',
        Message: 'message',
        Outage: 'outages',
        Operation: 'operation',
        RecipientList: 'domain',
        Rejection: 'rejections',
        AuditEntry: 'auditEntries',
        Webhook: 'webhook',
        WebhookDelivery: 'webhook',
        AlertContact: 'alertContact',
      }[type.name];
      expect([type.name, way]).toEqual([type.name, expect.any(String)]);
    }
    // A mutation leads to a domain without the right to read it: its name is told, the rest is not, and nothing is done.
    const token = await makeToken(['QUEUE_WRITE']);
    const flush = (fields: string) =>
      send(
        token,
        `mutation { domainFlush(input: { name: "${DOMAIN}" }) { domain { ${fields} } userErrors { code } } }`,
        {},
      );
    const pokedBefore = control.poked.length;
    const guarded = await flush('name queue { heldCount }');
    expect(guarded.body.errors?.map(({ extensions }) => extensions)).toEqual([lackOf('DOMAIN_READ')]);
    expect(control.poked).toHaveLength(pokedBefore);
    expect((await flush('id name')).body.data['domainFlush']).toMatchObject({
      domain: { name: DOMAIN },
      userErrors: [],
    });
    expect(control.poked).toHaveLength(pokedBefore + 1);
  });
});

test('a timeline is told to who may read the queue, its tokens to who may read the audit log, and none of it to a stranger', async () => {
  const ask = (token: string | undefined, fields: string) =>
    send(token ?? null, `query ($id: ID!) { message(id: $id) { timeline(first: 100) { nodes { ${fields} } } } }`, {
      id: messageId,
    });
  expect((await ask(stranger, 'id')).body.data).toEqual({ message: null });
  const forbidden = async (scope: Scope, fields: string) => {
    const { errors = [] } = (await ask(lacking.get(scope), fields)).body;
    expect(new Set(errors.map(({ extensions }) => extensions?.['scope']))).toEqual(new Set([scope]));
  };
  await forbidden('QUEUE_READ', 'id');
  await forbidden('AUDIT_READ', 'actor { tokenName }');
  await forbidden('DOMAIN_READ', 'outage { kind }');
  const { body } = await ask(lacking.get('AUDIT_READ'), 'kind text actor { isOperator }');
  expect(body.errors).toBeUndefined();
  expect(JSON.stringify(body.data)).not.toContain('matrix');
});

test('what is told to one is not remembered for another who sends the same text', async () => {
  const token = await makeToken(['DOMAIN_READ']);
  const query = `{ messages(first: 1) { nodes { id } } }`;
  expect((await send(lacking.get('AUDIT_READ') ?? null, query, {})).body.errors).toBeUndefined();
  expect((await send(token, query, {})).body.errors?.[0]?.extensions).toEqual(lackOf('QUEUE_READ'));
  expect((await send(lacking.get('AUDIT_READ') ?? null, query, {})).body.errors).toBeUndefined();
});
