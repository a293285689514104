/** `Message.timeline` over the API: pages, what an entry leads to, and who is told what. test/queue/read/timeline.test.ts has the kinds. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { recordFailure } from '../../src/outage/clock.ts';
import { addDomain, endMessage, type Harness, holdMessage, lackOf, startControl } from './harness.ts';

const DOMAIN = 'late.example';
let control: Harness;
let destinationId: string;

beforeAll(async () => {
  control = await startControl();
  destinationId = await addDomain(control, DOMAIN);
});
afterAll(() => control.close());

interface Page {
  readonly nodes: readonly { readonly id: string; readonly kind: string; readonly [field: string]: unknown }[];
  readonly edges: readonly { readonly cursor: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean; readonly endCursor: string };
}

const PAGE = `query ($id: ID!, $first: Int!, $after: String) { message(id: $id) { timeline(first: $first, after: $after) {
  nodes { id kind text recipients host reply reason reportId actor { isOperator tokenName } outage { id kind domainName }
    operation { id verb doneCount } attempt { at host address tls reply outcome } }
  edges { cursor } pageInfo { hasNextPage hasPreviousPage endCursor } } } }`;

async function pageOf(id: string, first = 100, after: string | null = null): Promise<Page> {
  const { message } = await control.ask<{ message: { timeline: Page } }>(PAGE, { id, first, after });
  return message.timeline;
}

async function makeToken(name: string, scopes: readonly string[]): Promise<string> {
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { secret userErrors { message } } }',
    { input: { name, scopes, tenantId: OPERATOR_TENANT_ID } },
  );
  return tokenCreate.secret;
}

test('page by page, held and ended', async () => {
  const id = await holdMessage(control.database, { destinationId, addresses: [`alice@${DOMAIN}`, `bob@${DOMAIN}`] });
  expect((await pageOf(id)).nodes.map(({ kind }) => kind)).toEqual(['ACCEPTED']);
  await endMessage(control.database, id);
  const whole = await pageOf(id);
  expect(whole.nodes.map(({ kind, recipients }) => [kind, recipients])).toEqual([
    ['ACCEPTED', []],
    ['RECIPIENT_DELIVERED', [`alice@${DOMAIN}`]],
    ['RECIPIENT_DELIVERED', [`bob@${DOMAIN}`]],
  ]);
  expect(whole.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: false });
  const first = await pageOf(id, 2);
  expect([first.nodes.length, first.pageInfo.hasNextPage]).toEqual([2, true]);
  const second = await pageOf(id, 2, first.pageInfo.endCursor);
  expect([...first.nodes, ...second.nodes]).toEqual([...whole.nodes]);
  expect(second.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  expect(whole.edges.map(({ cursor }) => cursor)).toEqual(whole.nodes.map((node) => node.id));
});

test('a size or a cursor that is none is answered with what to do', async () => {
  const id = await holdMessage(control.database, { destinationId });
  for (const [variables, message] of [
    [{ first: 0 }, 'first must lie between 1 and 100.'],
    [{ first: 1, after: 'nonsense' }, 'after is no cursor of this connection: give the endCursor of the page before.'],
    [
      { first: 1, after: 'A'.repeat(1_000_000) },
      'after is no cursor of this connection: give the endCursor of the page before.',
    ],
  ] as const) {
    const { errors } = await control.post(PAGE, { id, ...variables });
    expect(errors?.map((error) => [error.message, error.extensions])).toEqual([[message, { code: 'BAD_USER_INPUT' }]]);
  }
});

test('an entry leads to its outage and to the operation it was part of; the token is named to who may read the audit log', async () => {
  const id = await holdMessage(control.database, { destinationId, addresses: [`carol@${DOMAIN}`] });
  const begunAt = new Date().toISOString();
  await recordFailure(control.database.sql, {
    destinationId,
    begunAt,
    trouble: 'REFUSED',
    reply: '[connection refused]',
  });
  const clerk = await makeToken('the clerk', ['QUEUE_WRITE']);
  const retry = 'mutation ($id: ID!) { messageRetry(input: { id: $id, reason: "asked" }) { userErrors { code } } }';
  expect((await control.postAs<unknown>(clerk, retry, { id })).data).toEqual({ messageRetry: { userErrors: [] } });
  const { nodes } = await pageOf(id);
  expect(nodes.map(({ kind }) => kind)).toEqual(['ACCEPTED', 'OUTAGE_OPENED', 'MESSAGE_RETRIED']);
  expect(nodes[1]).toMatchObject({ outage: { kind: 'DOWN', domainName: DOMAIN }, reply: '[connection refused]' });
  expect(nodes[2]).toMatchObject({ reason: 'asked', actor: { isOperator: true, tokenName: 'the clerk' } });

  const reader = await makeToken('a reader', ['QUEUE_READ']);
  const who = (fields: string) =>
    `query ($id: ID!) { message(id: $id) { timeline(first: 9) { nodes { actor { ${fields} } } } } }`;
  expect((await control.postAs<unknown>(reader, who('isOperator'), { id })).errors).toBeUndefined();
  expect(
    (await control.postAs<unknown>(reader, who('tokenName'), { id })).errors?.map(({ extensions }) => extensions),
  ).toEqual([lackOf('AUDIT_READ')]);
  const other = await makeToken('no reader', ['DOMAIN_READ']);
  expect((await control.postAs<unknown>(other, PAGE, { id, first: 1 })).errors?.[0]?.extensions).toEqual(
    lackOf('QUEUE_READ'),
  );
});
