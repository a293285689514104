/** Finding a message by what a postmaster has in hand: who sent it, from where, its Message-ID, any id of ours; and what is no filter. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { nextId } from '../../src/queue/message.ts';
import { addDomain, addTenant, endMessage, type Harness, holdMessage, startControl } from './harness.ts';

const DOMAIN = 'found.example';
let control: Harness;
let destinationId: string;
/** Held, ended, held for another domain in the transaction of the first. */
let held: string;
let ended: string;
let sibling: string;

beforeAll(async () => {
  control = await startControl();
  destinationId = await addDomain(control, DOMAIN);
  held = await hold({
    id: newId(),
    reversePath: 'Ann@News.sender.example',
    client: '192.0.2.7',
    messageId: 'one@Sender',
  });
  sibling = await hold({
    id: nextId(held, 1),
    transactionId: held,
    destinationId: await addDomain(control, 'second.example'),
    reversePath: null,
    client: '2001:db8::25',
    messageId: null,
  });
  ended = await hold({
    id: newId(),
    reversePath: 'bob@sender.example',
    client: '192.0.2.200',
    messageId: 'two@sender',
  });
  await endMessage(control.database, ended);
});
afterAll(() => control.close());

interface Seed {
  readonly id: string;
  readonly transactionId?: string;
  readonly destinationId?: string;
  readonly reversePath: string | null;
  readonly client: string;
  readonly messageId: string | null;
}

async function hold({ client, messageId, ...seed }: Seed): Promise<string> {
  const id = await holdMessage(control.database, { destinationId, addresses: [`carol@${DOMAIN}`], ...seed });
  await control.database.sql`
    update messages set client_address = ${client}, header_message_id = ${messageId} where id = ${id}`;
  return id;
}

const SEARCH = `query ($filter: MessageFilter, $first: Int = 10, $after: String) {
  messages(first: $first, after: $after, filter: $filter) { nodes { id } pageInfo { hasNextPage endCursor } } }`;

interface Found {
  readonly messages: {
    readonly nodes: readonly { readonly id: string }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  };
}

async function find(filter: Record<string, unknown>): Promise<string[]> {
  const { messages } = await control.ask<Found>(SEARCH, { filter });
  return messages.nodes.map(({ id }) => id);
}

describe('is found, held and ended, by', () => {
  const cases: [string, Record<string, unknown>, () => string[]][] = [
    ['its sender', { reversePath: 'ann@news.SENDER.example' }, () => [held]],
    ['its sender in angle brackets', { reversePath: '<bob@sender.example>' }, () => [ended]],
    ['the null reverse-path', { reversePath: '' }, () => [sibling]],
    ['the domain of its sender', { reversePath: '@Sender.example' }, () => [ended]],
    ['another domain of senders', { reversePath: '@news.sender.example' }, () => [held]],
    ['no beginning of a domain', { reversePath: '@ender.example' }, () => []],
    ['its client', { clientAddress: '192.0.2.7' }, () => [held]],
    ['its client as a Received line has it', { clientAddress: '[IPv6:2001:DB8:0::25]' }, () => [sibling]],
    ['a network', { clientAddress: '192.0.2.0/25' }, () => [held]],
    ['a network with bits behind its prefix', { clientAddress: '192.0.2.99/24' }, () => [ended, held]],
    ['all of IPv6', { clientAddress: '::/0' }, () => [sibling]],
    ['its Message-ID', { internetMessageId: '<one@Sender>' }, () => [held]],
    ['its Message-ID without brackets', { internetMessageId: ' two@sender ' }, () => [ended]],
    ['a Message-ID in another case not', { internetMessageId: 'one@sender' }, () => []],
    ['sender and client', { reversePath: '@sender.example', clientAddress: '192.0.2.0/24' }, () => [ended]],
    [
      'sender, recipient and domain',
      { reversePath: 'ann@news.sender.example', recipient: `carol@${DOMAIN}`, domain: DOMAIN },
      () => [held],
    ],
    ['Message-ID and another recipient not', { internetMessageId: 'one@Sender', recipient: `dan@${DOMAIN}` }, () => []],
    ['Message-ID and recipient', { internetMessageId: 'two@sender', recipient: `carol@${DOMAIN}` }, () => [ended]],
    ['Message-ID and state', { internetMessageId: 'two@sender', states: ['DELIVERED', 'HELD'] }, () => [ended]],
    ['Message-ID and another state not', { internetMessageId: 'two@sender', states: ['HELD'] }, () => []],
    ['Message-ID and domain', { internetMessageId: 'one@Sender', domain: 'second.example' }, () => []],
  ];
  test.each(cases)('%s', async (_, filter, expected) => {
    expect(await find(filter)).toEqual(expected());
  });

  test('any id of ours, with the words around it', async () => {
    for (const text of [
      held,
      held.toUpperCase(),
      `<${held}>`,
      `250 2.6.0 accepted as ${held}`,
      `with ESMTPS id ${held};`,
    ]) {
      expect(await find({ transactionId: text })).toEqual([sibling, held]);
    }
    expect(await find({ transactionId: sibling })).toEqual([sibling]);
    expect(await find({ transactionId: ended })).toEqual([ended]);
    expect(await find({ transactionId: newId() })).toEqual([]);
  });
});

test("another tenant's token finds nothing by any of them", async () => {
  const { tenantId } = await addTenant(control.database, 'stranger');
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    'mutation ($input: TokenCreateInput!) { tokenCreate(input: $input) { secret } }',
    { input: { name: 'theirs', scopes: ['QUEUE_READ'], tenantId } },
  );
  for (const filter of [
    { reversePath: 'bob@sender.example' },
    { reversePath: '@sender.example' },
    { clientAddress: '0.0.0.0/0' },
    { internetMessageId: 'one@Sender' },
    { transactionId: held },
  ]) {
    const { data } = await control.postAs<Found>(tokenCreate.secret, SEARCH, { filter });
    expect([filter, data.messages.nodes]).toEqual([filter, []]);
  }
});

test('what thousands have is walked, what one has is found beside it, and pages do not shift', async () => {
  const many = await addDomain(control, 'many.example');
  const first = newId();
  for (const table of ['messages', 'history']) {
    const { sql } = control.database;
    const ended = table === 'history';
    await sql`
      insert into ${sql(table)} (id, transaction_id, tenant_id, destination_id, reverse_path, size_bytes, ehlo_name, client_address,
        header_message_id, accepted_at, ${ended ? sql`kind, expires_at, recipients` : sql`protocol`})
      select i, i, ${OPERATOR_TENANT_ID}, ${many}, case when n = 500 then 'rare' else 'x' end || '@bulk.example', 10, 'c',
        case when n = 500 then '198.51.100.99' else '198.51.100.1' end::inet, case when n = 500 then 'rare' else 'same' end, bmx_now(),
        ${ended ? sql`'MAIL', bmx_now(), '[]'::jsonb` : sql`'ESMTP'`}
      from (select n, (left(${first}::text, 22) || ${ended ? '1-' : '0-'} || lpad(to_hex(n), 12, '0'))::uuid as i from generate_series(1, 2500) n) as made`;
  }
  const total = 5_000;
  for (const [filter, count] of [
    [{ reversePath: 'x@bulk.example' }, total - 2],
    [{ reversePath: '@bulk.example' }, total],
    [{ clientAddress: '198.51.100.1' }, total - 2],
    [{ clientAddress: '198.51.100.0/24' }, total],
    [{ internetMessageId: 'same' }, total - 2],
    [{ reversePath: 'rare@bulk.example' }, 2],
    [{ clientAddress: '198.51.100.99' }, 2],
    [{ internetMessageId: 'rare' }, 2],
  ] as const) {
    const seen: string[] = [];
    let after: string | null = null;
    let pages = 0;
    do {
      const { messages }: Found = await control.ask<Found>(SEARCH, { filter, first: 100, after });
      seen.push(...messages.nodes.map(({ id }) => id));
      after = messages.pageInfo.hasNextPage ? messages.pageInfo.endCursor : null;
      pages += 1;
      if (pages === 3)
        await hold({ id: newId(), reversePath: 'x@bulk.example', client: '198.51.100.1', messageId: 'same' }).then(
          (id) => endMessage(control.database, id),
        );
    } while (after !== null);
    expect([filter, new Set(seen).size, seen.length]).toEqual([filter, seen.length, count]);
    expect(seen).toEqual(seen.toSorted().reverse());
    if (count === 2) expect(pages).toBe(1);
    await control.database
      .sql`delete from history where destination_id = ${destinationId} and header_message_id = 'same'`;
  }
});

describe('what is no filter is answered with what to do', () => {
  const long = 'x'.repeat(1_000_000);
  test.each([
    [{ clientAddress: '192.0.2.0/33' }, 'Enter one, such as 192.0.2.7 or 192.0.2.0/24.'],
    [{ clientAddress: '192.0.2' }, 'Enter one, such as 192.0.2.7 or 192.0.2.0/24.'],
    [{ clientAddress: 'mail.sender.example' }, 'Enter one, such as'],
    [{ clientAddress: 'fe80::1%eth0' }, 'Enter one, such as'],
    [{ clientAddress: "192.0.2.7'; drop table messages" }, 'Enter one, such as'],
    [{ clientAddress: '192.0.2.7\u0000' }, 'Enter it on one line, without control characters.'],
    [{ clientAddress: long }, 'Enter at most 998 characters.'],
    [{ internetMessageId: '' }, 'Enter what stands in the field Message-ID'],
    [{ internetMessageId: '<>' }, 'Enter what stands in the field Message-ID'],
    [{ internetMessageId: 'a\u0000b' }, 'Enter it on one line'],
    [{ internetMessageId: 'a\ud800b' }, 'Enter what stands in the field Message-ID'],
    [{ internetMessageId: 'é'.repeat(998) }, 'Enter what stands in the field Message-ID'],
    [{ internetMessageId: long }, 'Enter at most 998 characters.'],
    [{ transactionId: 'nonsense' }, 'Enter the one in our 250 reply, the Received line, a report or the log.'],
    [{ transactionId: '550e8400-e29b-41d4-a716-446655440000' }, 'Enter the one in our 250 reply'],
    [{ transactionId: '\u0000' }, 'Enter'],
    [{ transactionId: long }, 'Enter at most 998 characters.'],
    [{ reversePath: 'a\u0000b' }, 'Enter it on one line'],
    [{ reversePath: '@' }, 'Enter one, such as @example.com.'],
    [{ reversePath: long }, 'Enter at most 998 characters.'],
    [{ recipient: 'nobody' }, 'Enter a whole one, such as alice@example.org.'],
    [{ recipient: 'a\u0000@found.example' }, 'Enter it on one line'],
    [{ recipient: long }, 'Enter at most 998 characters.'],
    [{ domain: 'no domain' }, 'such as example.org.'],
    [{ domain: long }, 'Enter at most 998 characters.'],
  ])('%#', async (filter, sentence) => {
    const { errors } = await control.post(SEARCH, { filter });
    const [field = ''] = Object.keys(filter);
    expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code: 'BAD_USER_INPUT', path: ['filter', field] }]);
    expect(errors?.[0]?.message).toStartWith(`filter.${field}: `);
    expect(errors?.[0]?.message).toContain(sentence);
    expect(errors?.[0]?.message.length).toBeLessThan(300);
    expect(control.faults).toEqual([]);
  });
});
