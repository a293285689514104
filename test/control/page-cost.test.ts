import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { newId } from '../../src/mail/id.ts';
import type { Viewer } from '../../src/mail/viewer.ts';
import { listAttempts } from '../../src/queue/read/attempts.ts';
import { readQueues } from '../../src/queue/read/queues.ts';
import { listTimelines } from '../../src/queue/read/timeline.ts';
import { findMessage, listMessages } from '../../src/queue/read/inspect.ts';
import type { MessageFilter } from '../../src/queue/read/search-input.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { addDomain, domainsOn, OPERATOR } from './harness.ts';

const HELD = 20_000;

let database: TestDatabase;
/** Of one connection, as it is configured for the queue: what it reads can be counted. */
let single: Database;
let busy: string;
let empty: string;
/** Of the oldest messages a few are another's. */
const little: Viewer = { tenantId: newId(), isOperator: false };

beforeAll(async () => {
  database = await createTestDatabase();
  const domains = domainsOn(database);
  busy = await addDomain({ domains }, 'busy.example');
  empty = await addDomain({ domains }, 'empty.example');
  // One session does everything: others would report what they have read in their own time.
  single = openDatabase(database.target, { poolSize: 1, queuePoolSize: 1 });
  const sql = single.queueSql;
  const ids = (prefix: string) => sql`
    (select n, (${prefix.slice(0, 24)}::text || lpad(to_hex(n), 12, '0'))::uuid as id from generate_series(1, ${HELD}::integer) n)`;
  await sql`
    insert into messages (id, transaction_id, tenant_id, destination_id, reverse_path, size_bytes, ehlo_name, protocol, client_address,
      header_message_id)
    select id, id, ${OPERATOR.tenantId}, ${busy}, 's' || n || '@sender.example', 100, 'c', 'ESMTP', '10.0.0.0'::inet + n, n || '@sender.example'
    from ${ids(newId())} as made`;
  await sql`insert into tenants (id, name) values (${little.tenantId}, 'little')`;
  await sql`
    update messages set tenant_id = ${little.tenantId} where id in (select id from messages order by id limit 60)`;
  await sql`
    insert into recipients (message_id, number, tenant_id, destination_id, address)
    select id, 0, tenant_id, destination_id, case when random() < 0.5 then 'one' else reverse_path end || '@busy.example'
    from messages`;
  await sql`
    insert into history (id, transaction_id, tenant_id, destination_id, size_bytes, ehlo_name, kind, accepted_at, expires_at, recipients)
    select id, id, ${OPERATOR.tenantId}, ${busy}, 100, 'c', 'MAIL', bmx_now(), bmx_now(), '[]' from ${ids(newId())} as made`;
  await sql`
    insert into events (id, tenant_id, destination_id, message_id, kind, facts)
    select new_id(), tenant_id, destination_id, id, 'MESSAGE_RETRIED', '{"reason":"all"}' from messages`;
  await sql`
    insert into attempts (id, tenant_id, destination_id, message_id, recipient_numbers, is_host_level, reply, outcome, latency_ms)
    select (left(${newId()}::text, 24) || right(m.id::text, 12))::uuid, tenant_id, destination_id, id, '{0}', random() < 0.1, 'x', 'DEFERRED', 1
    from messages m`;
});
afterAll(async () => {
  await single.close();
  await database.close();
});

/** A page, the newest first. */
const pageFrom = (id: string | null) =>
  ({ limit: 20, from: id === null ? null : { key: null, id }, isBackward: false, order: 'NEWEST' }) as const;

/** Rows and index entries of the queue's tables that were read by now. */
async function readSoFar(): Promise<number> {
  await single.queueSql`select pg_stat_force_next_flush()`;
  const [row] = await single.queueSql<{ count: number }[]>`
    select sum(count)::bigint as count from (
      select seq_tup_read as count from pg_stat_user_tables where relname ~ '^(messages|recipients|history|attempts|events)'
      union all
      select idx_tup_read from pg_stat_user_indexes where relname ~ '^(messages|recipients|history|attempts|events)'
    ) as counts`;
  return row?.count ?? 0;
}

describe.each(['without statistics', 'analysed'])('%s', (statistics) => {
  beforeAll(async () => {
    if (statistics === 'analysed') await single.queueSql`analyze`;
  });

  test('pages, counts and attempts read a few rows, whatever is held', async () => {
    const [some] = await single.queueSql<{ id: string }[]>`select id from messages order by id offset 50 limit 1`;
    const id = some?.id ?? '';
    const page =
      (filter: object, beforeId: string | null = null, viewer: Viewer = OPERATOR) =>
      () =>
        listMessages(single.queueSql, viewer, { ...pageFrom(beforeId), filter });
    const reads: Record<string, () => Promise<unknown>> = {
      'one message': () => findMessage(single.queueSql, OPERATOR, id),
      'newest page': page({}),
      'page further down': page({}, id),
      'held only': page({ states: ['HELD'] }),
      'busy domain': page({ domain: 'busy.example' }),
      'busy domain, further down': page({ domain: 'busy.example' }, id),
      'domain that holds nothing': page({ domain: 'empty.example' }),
      'the oldest': () => listMessages(single.queueSql, OPERATOR, { ...pageFrom(null), order: 'OLDEST', filter: {} }),
      'the oldest from one on, of a tenant': () =>
        listMessages(single.queueSql, little, { ...pageFrom(id), order: 'OLDEST', filter: {} }),
      'busy domain, its end': () =>
        listMessages(single.queueSql, OPERATOR, {
          ...pageFrom(id),
          isBackward: true,
          filter: { domain: 'busy.example' },
        }),
      'a few by their ids': page({ ids: [id, newId()] }),
      'a few by their ids, of a domain': page({ ids: [id, newId()], recipient: 'one@busy.example' }),
      'one transaction': page({ transactionId: id }),
      'recipient without mail': page({ recipient: 'none@empty.example' }),
      'tenant with a little mail': page({}, null, little),
      'tenant with a little mail, held only': page({ states: ['HELD'] }, null, little),
      'tenant without mail': page({}, null, { tenantId: newId(), isOperator: false }),
      'tenant without mail, further down': page({ states: ['HELD'] }, id, { tenantId: newId(), isOperator: false }),
      'a sender': page({ reversePath: 'S77@sender.example' }),
      'no such sender': page({ reversePath: 'nobody@sender.example' }),
      'no such domain of senders': page({ reversePath: '@nowhere.example' }),
      'a client': page({ clientAddress: '10.0.0.77' }),
      'no such client': page({ clientAddress: '10.77.0.1' }),
      'a small network': page({ clientAddress: '10.0.0.64/26' }),
      'no such network': page({ clientAddress: '2001:db8::/32' }),
      'a Message-ID': page({ internetMessageId: '<77@sender.example>' }),
      'no such Message-ID': page({ internetMessageId: '<nothing@sender.example>' }),
      'no such Message-ID, of a tenant': page({ internetMessageId: '<nothing@sender.example>' }, null, little),
      'before everything': page({ until: new Date(0) }),
      'queue that is full': () => readQueues(single.queueSql, OPERATOR, [busy]),
      'queue that is empty': () => readQueues(single.queueSql, OPERATOR, [empty]),
      attempts: () =>
        listAttempts(single.queueSql, OPERATOR, [
          { messageId: id, destinationId: busy, recipientNumber: 0, endedAt: null, limit: 20, beforeId: null },
        ]),
    };
    // The ids here follow each other, so one transaction's range of a thousand ids is full; elsewhere it holds one.
    const costs: Record<string, number> = {};
    for (const [name, read] of Object.entries(reads)) {
      const before = await readSoFar();
      await read();
      costs[name] = (await readSoFar()) - before;
    }
    expect(Object.entries(costs).filter(([, cost]) => cost > 1_100)).toEqual([]);
  });

  test('a timeline reads what happened to its message and its destination, not what happened to others', async () => {
    const sql = single.queueSql;
    const [some] = await sql<{ id: string }[]>`select id from messages order by id offset 50 limit 1`;
    const request = { messageId: some?.id ?? '', limit: 20, after: null };
    const before = await readSoFar();
    const [entries] = await listTimelines(sql, OPERATOR, [request]);
    const cost = (await readSoFar()) - before;
    expect(entries?.map(({ kind }) => kind).slice(0, 2)).toEqual(['ACCEPTED', 'MESSAGE_RETRIED']);
    // One in ten attempts found the primary away, and so speaks for all.
    expect(cost).toBeLessThan(HELD * 0.1 * 2 + 1_000);
  });

  test('a filter without an index reads a bounded number of rows', async () => {
    const [some] = await single.queueSql<{ id: string }[]>`select id from messages order by id offset 5000 limit 1`;
    const filters: MessageFilter[] = [
      { reversePath: 'nobody@sender.example' },
      { states: ['FAILED'] },
      { recipient: 'one@busy.example' },
      { minSize: 101 },
      { domain: 'busy.example', heldFor: 3_600_000 },
      // What most have.
      { reversePath: '@sender.example' },
      { clientAddress: '10.0.0.0/8' },
    ];
    for (const filter of filters) {
      for (const [beforeId, direction] of [
        [null, {}],
        [some?.id ?? null, {}],
        [some?.id ?? null, { isBackward: true }],
      ] as const) {
        const before = await readSoFar();
        await listMessages(single.queueSql, OPERATOR, { ...pageFrom(beforeId), ...direction, filter });
        expect([filter, beforeId, (await readSoFar()) - before < 8_000]).toEqual([filter, beforeId, true]);
      }
    }
  });
});

test("an hour of a busy domain is read in order, also by the plans of a connection's first questions", async () => {
  const { queueSql } = single;
  await queueSql`analyze`;
  await queueSql`set plan_cache_mode = force_custom_plan`;
  const now = Date.now();
  const filter = { domain: 'busy.example', since: new Date(now - 3_600_000), until: new Date(now + 60_000) };
  const before = await readSoFar();
  await listMessages(queueSql, OPERATOR, { ...pageFrom(null), filter });
  expect((await readSoFar()) - before).toBeLessThan(8_000);
  await queueSql`set plan_cache_mode = force_generic_plan`;
});
