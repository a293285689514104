/** What a list without `first` holds beyond what is usual is paid for as well, and ends a query that asks for too much of it. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { addDomain, addTenant, type Harness, holdMessage, startControl, TOKEN } from './harness.ts';

const RECIPIENTS = 1_000;

let control: Harness;
let reader: string;
beforeAll(async () => {
  control = await startControl();
  const { tenantId } = await addTenant(control.database);
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { secret } }',
    { input: { tenantId, name: 'reader', scopes: ['QUEUE_READ'] } },
  );
  reader = tokenCreate.secret;
  const destinationId = await addDomain(control, 'many.example');
  const { sql } = control.database;
  for (let message = 0; message < 2; message += 1) {
    const id = await holdMessage(control.database, { destinationId });
    await sql`delete from recipients where message_id = ${id}`;
    await sql`update messages set tenant_id = ${tenantId} where id = ${id}`;
    await sql`
      insert into recipients (message_id, number, tenant_id, destination_id, address)
      select m.id, n, ${tenantId}, m.destination_id, 'user' || n || '@many.example'
      from messages m, generate_series(0, ${RECIPIENTS - 1}::integer) n where m.id = ${id}`;
  }
});
afterAll(() => control.close());

const aliases = (count: number): string => Array.from({ length: count }, (_, index) => `a${index}: address`).join(' ');

async function ask(query: string, token = TOKEN) {
  const response = await fetch(`${control.url}/graphql`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as {
    data: { messages: { nodes: { recipients: unknown[] }[] } } | null;
    errors?: { extensions: Record<string, unknown> }[];
  };
  return { status: response.status, data, extensions: errors?.[0]?.extensions };
}

test('all recipients of a message are shown, and paid for', async () => {
  const query = `{ messages(first: 2) { nodes { recipients { ${aliases(40)} } } } }`;
  const { data, extensions } = await ask(query, reader);
  expect(extensions).toBeUndefined();
  expect(data?.messages.nodes.map(({ recipients }) => recipients.length)).toEqual([RECIPIENTS, RECIPIENTS]);
  const statuses: number[] = [];
  // 80,000 values each; what is usual are 400 of them.
  for (let turn = 0; turn < 40; turn += 1) {
    const { status } = await ask(query, reader);
    statuses.push(status);
    if (status === 429) break;
  }
  expect(statuses.at(-1)).toBe(429);
});

test('a query that asks for hundreds of thousands of values that way is ended', async () => {
  const attempts = 'attempts(first: 100) { nodes { at host reply } }';
  expect(await ask(`{ messages(first: 2) { nodes { recipients { ${attempts} } } } }`)).toMatchObject({
    data: null,
    extensions: { code: 'LIMIT_EXCEEDED', limit: 'COST' },
  });
  const one = await ask(`{ messages(first: 2) { nodes { recipients { address state } } } }`);
  expect(one).toMatchObject({ status: 200, extensions: undefined });
});
