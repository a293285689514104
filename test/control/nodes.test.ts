/** Whatever has an id is found by it alone, by whom it belongs to, and by nobody else. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { buildSchema, isInterfaceType, isObjectType } from 'graphql';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { newId } from '../../src/mail/id.ts';
import { addDomain, addTenant, endMessage, type Harness, holdMessage, lackOf, startControl } from './harness.ts';

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));

let control: Harness;
/** Type → the id of one of the operator's. */
const ids: Record<string, string> = {};
beforeAll(async () => {
  control = await startControl();
  const { sql } = control.database;
  const destinationId = await addDomain(control, 'node.example');
  const addresses = ['alice@node.example'];
  ids['Message'] = await holdMessage(control.database, { destinationId, addresses });
  const made = await control.ask<Record<string, Record<string, { id: string }>>>(`mutation {
    messagesRetry(input: { filter: { domain: "node.example" } }) { operation { id } }
    domainDrill(input: { name: "node.example" }) { drill { id } }
    webhookCreate(input: { url: "https://hooks.elsewhere.example/x", events: [OUTAGE_OPENED] }) { webhook { id } }
    alertContactCreate(input: { address: "admin@watch.example.net" }) { alertContact { id } }
    tokenCreate(input: { name: "node", scopes: [DOMAIN_READ] }) { token { id } }
  }`);
  ids['Operation'] = made['messagesRetry']?.['operation']?.id ?? '';
  ids['Drill'] = made['domainDrill']?.['drill']?.id ?? '';
  ids['Webhook'] = made['webhookCreate']?.['webhook']?.id ?? '';
  ids['AlertContact'] = made['alertContactCreate']?.['alertContact']?.id ?? '';
  ids['Token'] = made['tokenCreate']?.['token']?.id ?? '';
  ids['Tenant'] = OPERATOR_TENANT_ID;
  const { webhookTest } = await control.ask<{ webhookTest: { delivery: { id: string } } }>(
    `mutation { webhookTest(input: { id: "${ids['Webhook']}" }) { delivery { id } } }`,
  );
  ids['WebhookDelivery'] = webhookTest.delivery.id;
  const { domain, auditEntries } = await control.ask<{
    domain: { id: string };
    auditEntries: { nodes: { id: string }[] };
  }>('{ domain(by: { name: "node.example" }) { id } auditEntries(first: 3) { nodes { id } } }');
  ids['Domain'] = domain.id;
  // Not the newest: it is found among others.
  ids['AuditEntry'] = auditEntries.nodes[1]?.id ?? '';
  ids['Outage'] = newId();
  await sql`
    insert into outages (id, tenant_id, destination_id, started_at, class, last_reply)
    values (${ids['Outage']}, ${OPERATOR_TENANT_ID}, ${destinationId}, bmx_now(), 'DOWN', '[timeout]')`;
  ids['Rejection'] = newId();
  await sql`
    insert into rejections (id, tenant_id, destination_id, client_address, ehlo_name, command, rejection, reply)
    values (${ids['Rejection']}, ${OPERATOR_TENANT_ID}, ${destinationId}, '192.0.2.7', 'c.test', 'RCPT', 'BMX-USER', '550 no')`;
});
afterAll(() => control.close());

/** Parts of what another object is: a message's entries, and the sessions of the token that asks. */
const PARTS: readonly string[] = ['TimelineEntry', 'ConsoleSession'];

test('every type with an id is one, and is tried here', () => {
  const withIds = Object.values(schema.getTypeMap()).filter(
    (type) => isObjectType(type) && String(type.getFields()['id']?.type) === 'ID!' && !PARTS.includes(type.name),
  );
  const node = schema.getType('Node');
  const known = isInterfaceType(node) ? schema.getPossibleTypes(node).map(({ name }) => name) : [];
  expect(withIds.map(({ name }) => name).sort()).toEqual([...known].sort());
  expect(Object.keys(ids).sort()).toEqual([...known].sort());
});

test('each by its id, and all at once in their order; also a message that has ended', async () => {
  for (const [type, id] of Object.entries(ids))
    expect(await control.ask<unknown>(`{ node(id: "${id.toUpperCase()}") { __typename id } }`)).toEqual({
      node: { __typename: type, id },
    });
  const asked = [...Object.values(ids), newId(), 'nonsense', ids['Domain'] ?? ''];
  const { nodes } = await control.ask<{ nodes: ({ id: string } | null)[] }>(
    'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
    {
      ids: asked,
    },
  );
  expect(nodes.map((node) => node?.id ?? null)).toEqual([...Object.values(ids), null, null, ids['Domain'] ?? '']);
  await endMessage(control.database, ids['Message'] ?? '');
  expect(
    await control.ask<unknown>(`{ node(id: "${ids['Message']}") { ... on Message { recipients { address state } } } }`),
  ).toEqual({ node: { recipients: [{ address: 'alice@node.example', state: 'DELIVERED' }] } });
});

test('a domain by its id, by its name, and by nothing else', async () => {
  const query = 'query ($by: DomainBy!) { domain(by: $by) { id name } }';
  const domain = { id: ids['Domain'], name: 'node.example' };
  expect(await control.ask<unknown>(query, { by: { id: ids['Domain'] } })).toEqual({ domain });
  expect(await control.ask<unknown>(query, { by: { name: 'NODE.example' } })).toEqual({ domain });
  for (const id of ['nonsense', newId(), ids['Webhook']])
    expect(await control.ask<unknown>(query, { by: { id } })).toEqual({ domain: null });
  for (const by of [{}, { id: ids['Domain'], name: 'node.example' }, { name: null }]) {
    const { errors } = await control.post(query, { by });
    expect(errors?.[0]?.extensions?.['code']).toBe('BAD_USER_INPUT');
  }
});

test('a stranger finds none of them, and a token without the scope learns of none', async () => {
  const { tenantId } = await addTenant(control.database, 'stranger');
  const secretOf = async (input: string) =>
    (
      await control.ask<{ tokenCreate: { secret: string } }>(
        `mutation { tokenCreate(input: { name: "x", ${input} }) { secret } }`,
      )
    ).tokenCreate.secret;
  const send = (secret: string, query: string) => control.postAs<{ nodes: unknown[] }>(secret, query);
  const all = `nodes(ids: [${Object.values(ids)
    .map((id) => `"${id}"`)
    .join(', ')}])`;
  const stranger = await secretOf(
    `tenantId: "${tenantId}", scopes: [DOMAIN_WRITE, QUEUE_WRITE, MESSAGE_CONTENT, TOKEN_WRITE, WEBHOOK_WRITE, AUDIT_READ]`,
  );
  expect((await send(stranger, `{ ${all} { __typename id } }`)).data.nodes).toEqual(Object.keys(ids).map(() => null));
  const reader = await secretOf('scopes: [QUEUE_READ]');
  const { errors } = await send(reader, `{ ${all} { id ... on Domain { status } } }`);
  expect(errors?.map(({ extensions }) => extensions)).toEqual([lackOf('DOMAIN_READ')]);
});

test('at most a hundred, each billed', async () => {
  const many = Array.from({ length: 101 }, () => newId());
  const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';
  expect((await control.post(query, { ids: many })).errors).toMatchObject([
    { message: 'ids must have at most 100 entries.', extensions: { code: 'BAD_USER_INPUT', path: ['ids'] } },
  ]);
  const costly = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Message { timeline(first: 100) { nodes { ${Array.from({ length: 21 }, (_, n) => `a${n}: id`).join(' ')} } } } } }`;
  expect((await control.post(costly, { ids: many.slice(1) })).errors).toMatchObject([
    { extensions: { code: 'LIMIT_EXCEEDED', limit: 'COST' } },
  ]);
  expect((await control.post(costly, { ids: many.slice(0, 2) })).errors).toBeUndefined();
});
