import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { nextId } from '../../src/queue/message.ts';
import { addDomain, endMessage, type Harness, holdMessage, startControl } from './harness.ts';

let control: Harness;
let destinationId: string;
beforeAll(async () => {
  control = await startControl();
  destinationId = await addDomain(control, 'example.org');
});
afterAll(() => control.close());

interface Page {
  readonly nodes: readonly { readonly id: string }[];
  readonly edges: readonly { readonly cursor: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

async function list(filter: Record<string, unknown>, first = 100, after: string | null = null): Promise<Page> {
  const query = `query ($first: Int!, $after: String, $filter: MessageFilter) {
    messages(first: $first, after: $after, filter: $filter) { nodes { id } edges { cursor } pageInfo { hasNextPage endCursor } } }`;
  return (await control.ask<{ messages: Page }>(query, { first, after, filter })).messages;
}

async function ids(filter: Record<string, unknown>): Promise<string[]> {
  return (await list(filter)).nodes.map(({ id }) => id);
}

async function addAttempt(messageId: string, fields: Record<string, unknown> = {}): Promise<string> {
  const row = {
    id: newId(),
    tenant_id: OPERATOR_TENANT_ID,
    destination_id: destinationId,
    message_id: messageId,
    recipient_numbers: [0],
    is_host_level: false,
    host: 'mx.example.org',
    address: '192.0.2.1:25',
    tls: null,
    reply: '451 4.3.0 later',
    outcome: 'DEFERRED',
    latency_ms: 12,
    ...fields,
  };
  await control.database.sql`insert into attempts ${control.database.sql([row])}`;
  return row.id;
}

describe('message', () => {
  test('shows a held message with every field', async () => {
    const id = await holdMessage(control.database, {
      destinationId,
      reversePath: null,
      addresses: ['a@example.org', 'B@example.org'],
    });
    const query = `query ($id: ID!) { message(id: $id) {
      id transactionId acceptedAt expiresAt size reversePath clientAddress ehloName domainName
      recipients { address state nextAttemptAt attemptCount lastReply attempts(first: 5) { nodes { at } pageInfo { hasNextPage endCursor } } } } }`;
    const { message } = await control.ask<{ message: Record<string, string> & { recipients: unknown[] } }>(query, {
      id,
    });
    expect(message).toMatchObject({
      id,
      transactionId: id,
      size: 1000,
      reversePath: null,
      clientAddress: '192.0.2.7',
      ehloName: 'client.example',
      domainName: 'example.org',
    });
    const heldMs = Date.parse(message['expiresAt'] ?? '') - Date.parse(message['acceptedAt'] ?? '');
    expect(heldMs).toBe(240 * 3600 * 1000);
    expect(message.recipients).toHaveLength(2);
    expect(message.recipients[1]).toMatchObject({
      address: 'B@example.org',
      state: 'HELD',
      nextAttemptAt: message['acceptedAt'],
      attemptCount: 0,
      lastReply: null,
      attempts: { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } },
    });
  });

  test('shows an ended message from its history', async () => {
    const id = await holdMessage(control.database, { destinationId });
    await endMessage(control.database, id);
    const query = `query ($id: ID!) { message(id: $id) { id recipients { state nextAttemptAt attemptCount lastReply } } }`;
    expect(await control.ask<unknown>(query, { id: id.toUpperCase() })).toEqual({
      message: {
        id,
        recipients: [{ state: 'DELIVERED', nextAttemptAt: null, attemptCount: 1, lastReply: '250 2.0.0 taken' }],
      },
    });
  });

  test.each(['', 'nonsense', '01900000-0000-7000-8000-000000000000'])('%p is null', async (id) => {
    expect(await control.ask<unknown>('query ($id: ID!) { message(id: $id) { id } }', { id })).toEqual({
      message: null,
    });
  });

  test("a recipient's attempts are its own and its primary's, since acceptance and until its end, newest first", async () => {
    const before = await holdMessage(control.database, { destinationId });
    await addAttempt(before, { reply: 'before', is_host_level: true });
    const id = await holdMessage(control.database, { destinationId, addresses: ['a@example.org', 'b@example.org'] });
    const other = await holdMessage(control.database, { destinationId });
    await addAttempt(id, { reply: 'own', recipient_numbers: [0, 1] });
    await addAttempt(other, { reply: 'other recipient level' });
    await addAttempt(other, { reply: 'probe', is_host_level: true, host: null, address: null });
    await addAttempt(id, { reply: 'second only', recipient_numbers: [1], outcome: 'DELIVERED', tls: 'TLSv1.3 X' });
    const query = `query ($id: ID!, $first: Int!, $after: String) { message(id: $id) { recipients {
      attempts(first: $first, after: $after) { nodes { reply host outcome tls } pageInfo { hasNextPage endCursor } } } } }`;
    interface Attempts {
      message: {
        recipients: {
          attempts: { nodes: { reply: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
        }[];
      };
    }
    const { message } = await control.ask<Attempts>(query, { id, first: 10, after: null });
    expect(message.recipients.map(({ attempts }) => attempts.nodes.map(({ reply }) => reply))).toEqual([
      ['probe', 'own'],
      ['second only', 'probe', 'own'],
    ]);
    const short = await control.ask<Attempts>(query, { id, first: 2, after: null });
    const info = short.message.recipients[1]?.attempts.pageInfo;
    expect(info?.hasNextPage).toBe(true);
    const rest = await control.ask<Attempts>(query, { id, first: 2, after: info?.endCursor });
    expect(rest.message.recipients[1]?.attempts.nodes.map(({ reply }) => reply)).toEqual(['own']);

    await endMessage(control.database, id);
    await control.database.moveClock('1 minute');
    await addAttempt(other, { reply: 'after its end', is_host_level: true });
    const ended = await control.ask<Attempts>(query, { id, first: 10, after: null });
    expect(ended.message.recipients[0]?.attempts.nodes.map(({ reply }) => reply)).toEqual(['probe', 'own']);
  });
});

describe('messages', () => {
  test('newest first over held and ended, in stable pages', async () => {
    const page = await addDomain(control, 'pages.example');
    const made: string[] = [];
    for (let index = 0; index < 7; index += 1) {
      const id = await holdMessage(control.database, { destinationId: page, addresses: [`u${index}@pages.example`] });
      if (index % 2 === 1) await endMessage(control.database, id);
      made.unshift(id);
    }
    const first = await list({ domain: 'Pages.example' }, 3);
    expect(first.nodes.map(({ id }) => id)).toEqual(made.slice(0, 3));
    expect(first.pageInfo).toEqual({ hasNextPage: true, endCursor: first.edges[2]?.cursor ?? '' });
    // What comes in, and what ends, between two pages shifts nothing.
    await holdMessage(control.database, { destinationId: page });
    await endMessage(control.database, made[4] ?? '');
    const second = await list({ domain: 'pages.example' }, 3, first.pageInfo.endCursor);
    expect(second.nodes.map(({ id }) => id)).toEqual(made.slice(3, 6));
    const third = await list({ domain: 'pages.example' }, 3, second.pageInfo.endCursor);
    expect(third.nodes.map(({ id }) => id)).toEqual(made.slice(6));
    expect(third.pageInfo.hasNextPage).toBe(false);
  });

  test('filters: domain, state, recipient, reversePath, transaction, since, until, and together', async () => {
    const one = await addDomain(control, 'filter.example');
    const two = await addDomain(control, 'filter2.example');
    const transactionId = newId();
    const held = await holdMessage(control.database, {
      destinationId: one,
      id: transactionId,
      addresses: ['Ann@filter.example', 'bob@filter.example'],
    });
    const sibling = await holdMessage(control.database, {
      destinationId: two,
      id: nextId(transactionId, 1),
      transactionId,
      addresses: ['ann@filter2.example'],
    });
    const ended = await holdMessage(control.database, {
      destinationId: one,
      addresses: ['ann@filter.example'],
      reversePath: null,
    });
    await endMessage(control.database, ended, 'EXPIRED');
    expect(await ids({ domain: 'filter.example' })).toEqual([ended, held]);
    expect(await ids({ domain: 'filter.example', states: ['HELD'] })).toEqual([held]);
    expect(await ids({ domain: 'filter.example', states: ['EXPIRED'] })).toEqual([ended]);
    expect(await ids({ domain: 'filter.example', states: ['FAILED'] })).toEqual([]);
    expect(await ids({ recipient: 'ANN@Filter.example' })).toEqual([ended, held]);
    expect(await ids({ recipient: 'bob@filter.example' })).toEqual([held]);
    expect(await ids({ recipient: 'bob@filter.example', domain: 'filter2.example' })).toEqual([]);
    expect(await ids({ domain: 'unknown.example' })).toEqual([]);
    expect(await ids({ domain: 'filter.example', reversePath: '' })).toEqual([ended]);
    expect(await ids({ domain: 'filter.example', reversePath: 'Sender@sender.example' })).toEqual([held]);
    expect(await ids({ transactionId: transactionId })).toEqual([sibling, held]);
    expect(await ids({ transactionId: sibling })).toEqual([sibling]);
    const { message } = await control.ask<{ message: { acceptedAt: string } }>(
      'query ($id: ID!) { message(id: $id) { acceptedAt } }',
      { id: ended },
    );
    expect(await ids({ domain: 'filter.example', since: message.acceptedAt })).toEqual([ended]);
    expect(await ids({ domain: 'filter.example', until: message.acceptedAt })).toEqual([held]);
    expect(
      await ids({ recipient: 'ann@filter.example', since: message.acceptedAt, until: '2999-01-01T01:00:00+01:00' }),
    ).toEqual([ended]);
  });

  test('filters: several states, ids, size, how long it is held', async () => {
    const destinationId = await addDomain(control, 'more.example');
    const hold = () => holdMessage(control.database, { destinationId });
    const [small, large, ended] = [await hold(), await hold(), await hold()];
    const { sql } = control.database;
    await sql`update messages set size_bytes = 9000000, accepted_at = accepted_at - interval '5 hours' where id = ${large}`;
    await endMessage(control.database, ended, 'EXPIRED');
    const domain = 'more.example';
    expect(await ids({ domain, states: ['EXPIRED', 'HELD'] })).toEqual([ended, large, small]);
    expect(await ids({ domain, states: ['EXPIRED', 'FAILED'] })).toEqual([ended]);
    expect(await ids({ ids: [small.toUpperCase(), ended, newId()] })).toEqual([ended, small]);
    expect(await ids({ ids: [small, ended], states: ['HELD'], domain })).toEqual([small]);
    expect(await ids({ ids: [small], domain: 'filter.example' })).toEqual([]);
    expect(await ids({ domain, minSize: 9_000_000 })).toEqual([large]);
    expect(await ids({ domain, maxSize: 8_999_999 })).toEqual([ended, small]);
    expect(await ids({ domain, heldFor: 'PT4H' })).toEqual([large]);
    expect(await ids({ domain, heldFor: 'PT6H' })).toEqual([]);
  });

  test('the oldest first, and from the end, a page at a time', async () => {
    const destinationId = await addDomain(control, 'order.example');
    const held: string[] = [];
    for (let count = 0; count < 5; count += 1) held.push(await holdMessage(control.database, { destinationId }));
    await endMessage(control.database, held[1] ?? '', 'DELIVERED');
    type Answer = { messages: Page & { pageInfo: { startCursor: string; hasPreviousPage: boolean } } };
    const page = async (args: string) => {
      const query = `{ messages(filter: { domain: "order.example" } ${args}) {
        nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
      const { nodes, pageInfo } = (await control.ask<Answer>(query)).messages;
      return { ...pageInfo, ids: nodes.map(({ id }) => id) };
    };
    const first = await page('first: 2, orderBy: OLDEST');
    const second = await page(`first: 9, orderBy: OLDEST, after: "${first.endCursor}"`);
    expect([first.ids, first.hasNextPage]).toEqual([held.slice(0, 2), true]);
    expect([second.ids, second.hasNextPage, second.hasPreviousPage]).toEqual([held.slice(2), false, true]);
    const last = await page('last: 2, orderBy: OLDEST');
    expect([last.ids, last.hasPreviousPage]).toEqual([held.slice(3), true]);
    const before = await page(`last: 9, orderBy: OLDEST, before: "${last.startCursor}"`);
    expect([before.ids, before.hasPreviousPage]).toEqual([held.slice(0, 3), false]);
    const { errors } = await control.post(`{ messages(first: 1, after: "${first.endCursor}") { nodes { id } } }`);
    expect(errors?.[0]?.message).toContain('another order');
  });

  test('a filter without an index hands out short pages and goes on', async () => {
    const far = await addDomain(control, 'scan.example');
    const first = newId();
    await control.database.sql`
      insert into history (id, transaction_id, tenant_id, destination_id, reverse_path, size_bytes, ehlo_name, kind,
                           accepted_at, expires_at, recipients)
      select i, i, ${OPERATOR_TENANT_ID}, ${far}, case when n > 1 then 'x@sender.example' end,
             10, 'c', 'MAIL', bmx_now(), bmx_now(), '[]'
      from (select n, (left(${first}::text, 24) || lpad(to_hex(n), 12, '0'))::uuid as i from generate_series(1, 2500) n) as made`;
    let cursor: string | null = null;
    const found: string[] = [];
    let pageCount = 0;
    do {
      const page: Page = await list({ domain: 'scan.example', reversePath: '' }, 10, cursor);
      found.push(...page.nodes.map(({ id }) => id));
      cursor = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
      pageCount += 1;
    } while (cursor !== null);
    expect(found).toHaveLength(1);
    expect(pageCount).toBe(3);
  });

  test.each([
    [{ first: 0 }, 'first must lie between 1 and 100'],
    [{ first: 101 }, 'first must lie between 1 and 100'],
    [{ first: 1, after: 'nonsense' }, 'after is no cursor'],
    [{ first: 1, filter: { since: 'yesterday' } }, 'DateTime'],
  ])('%p is an error with a sentence', async (variables, sentence) => {
    const query = `query ($first: Int!, $after: String, $filter: MessageFilter) {
      messages(first: $first, after: $after, filter: $filter) { nodes { id } } }`;
    const { errors } = await control.post<unknown>(query, variables);
    expect(errors?.[0]?.message).toContain(sentence);
    expect(control.faults).toEqual([]);
  });
});

describe('verbs', () => {
  const run = async (verb: string, input: Record<string, unknown>) => {
    const type = `${verb.charAt(0).toUpperCase()}${verb.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${verb}(input: $input) {
      message { recipients { state lastReply } } userErrors { path code message } } }`;
    const answer = await control.ask<
      Record<
        string,
        {
          message: { recipients: { state: string; lastReply: string | null }[] } | null;
          userErrors: { code: string }[];
        }
      >
    >(query, { input });
    const payload = answer[verb];
    if (payload === undefined) throw new Error('no payload');
    return payload;
  };

  test('messageRetry, messageCancel and messageBounce do what they say', async () => {
    const id = await holdMessage(control.database, { destinationId });
    expect(await run('messageRetry', { id })).toMatchObject({
      message: { recipients: [{ state: 'HELD' }] },
      userErrors: [],
    });
    const cancelled = await run('messageCancel', { id, reason: 'test' });
    expect(cancelled).toMatchObject({ message: { recipients: [{ state: 'CANCELLED' }] }, userErrors: [] });
    const bounced = await run('messageBounce', {
      id: await holdMessage(control.database, { destinationId }),
      reason: 'no longer here',
    });
    expect(bounced).toMatchObject({ message: { recipients: [{ state: 'FAILED' }] }, userErrors: [] });
    expect(bounced.message?.recipients[0]?.lastReply).toContain('no longer here');
  });

  test('NOT_FOUND, IN_DELIVERY, INVALID once ended, INVALID reason', async () => {
    const id = await holdMessage(control.database, { destinationId });
    await control.database
      .sql`update messages set claimed_by = 1, claim_epoch = 1, claimed_at = bmx_now() where id = ${id}`;
    expect((await run('messageCancel', { id })).userErrors).toMatchObject([{ code: 'IN_DELIVERY' }]);
    await endMessage(control.database, id);
    expect((await run('messageRetry', { id })).userErrors).toMatchObject([{ code: 'ENDED', path: ['id'] }]);
    expect(await run('messageBounce', { id: newId() })).toMatchObject({
      message: null,
      userErrors: [{ code: 'NOT_FOUND' }],
    });
    expect(await run('messageBounce', { id: 'nonsense' })).toMatchObject({
      message: null,
      userErrors: [{ code: 'NOT_FOUND' }],
    });
    const injected = await run('messageBounce', { id, reason: 'a\r\nb' });
    expect(injected).toMatchObject({ message: null, userErrors: [{ code: 'INVALID', path: ['reason'] }] });
  });
});
