/** The one-round-trip commit: its answers, its errors, and the answer that is lost. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { openAcceptWriter } from '../../src/db/accept-writer.ts';
import { copyRows } from '../../src/db/copy-binary.ts';
import { addressBytes as octetsOf } from '../../src/mail/ip.ts';
import { readContents } from '../../src/queue/claim.ts';
import { messagesOf } from '../../src/queue/message.ts';
import { copyStatements, insertOnce } from '../../src/queue/accept/rows.ts';
import { startCuttingProxy } from '../helpers/cutting-proxy.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination, makeTransaction, openSpool } from '../helpers/mail.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.close();
});

async function countOf(table: 'messages' | 'recipients' | 'contents', ids: readonly string[]): Promise<number> {
  const column = table === 'messages' ? 'id' : 'message_id';
  const [row] = await db.sql<{ rows: number }[]>`
    select count(*)::int as rows from ${db.sql(table)} where ${db.sql(column)} = any(${[...ids]}::uuid[])`;
  return row?.rows ?? -1;
}

describe('the accept writer', () => {
  test('COMMITTED is said after the commit: another session sees the rows at once', async () => {
    const destination = await makeDestination(db.sql, 'committed.test');
    const writer = await openAcceptWriter(db.target);
    for (let round = 0; round < 20; round += 1) {
      const transaction = makeTransaction({ to: [{ address: 'x@committed.test', destinationId: destination }] });
      expect(await writer.commit(copyStatements(messagesOf(transaction)), null)).toEqual({ kind: 'COMMITTED' });
      expect(await countOf('contents', [transaction.id])).toBe(1);
    }
    await writer.close();
  });

  test('a COPY that fails, first or last, writes nothing and leaves the connection usable', async () => {
    const destination = await makeDestination(db.sql, 'copyfail.test');
    const writer = await openAcceptWriter(db.target);
    const to = [{ address: 'x@copyfail.test', destinationId: destination }];
    const large = new Uint8Array(3_000_000).fill(65);
    for (const spoiled of [0, 1, 2, 3]) {
      const bad = makeTransaction({ to, content: large });
      const statements = copyStatements(messagesOf(bad)).map((statement, index) => {
        if (index !== spoiled) return statement;
        const rows = copyRows();
        rows.row(1);
        rows.int2(1);
        return { ...statement, rows };
      });
      const refused = await writer.commit(statements, null);
      expect(refused.kind).toBe('REFUSED');
      expect(await countOf('messages', [bad.id])).toBe(0);
      expect(writer.isUsable()).toBe(true);
      const good = makeTransaction({ to, content: large });
      expect(await writer.commit(copyStatements(messagesOf(good)), null)).toEqual({ kind: 'COMMITTED' });
      expect(await countOf('recipients', [good.id])).toBe(1);
    }
    await writer.close();
  });

  test('what runs within the transaction fails or commits with it', async () => {
    const destination = await makeDestination(db.sql, 'within.test');
    const writer = await openAcceptWriter(db.target);
    const to = [{ address: 'x@within.test', destinationId: destination }];
    const bad = makeTransaction({ to });
    const result = await writer.commit(copyStatements(messagesOf(bad)), async (execute) => {
      await execute('select 1 / 0');
    });
    expect(result).toMatchObject({ kind: 'REFUSED', sqlState: '22012' });
    expect(await countOf('messages', [bad.id])).toBe(0);
    const good = makeTransaction({ to });
    const done = await writer.commit(copyStatements(messagesOf(good)), async (execute) => {
      const { rows } = await execute('select current_setting($1) as value', ['synchronous_commit']);
      expect(rows[0]?.['value']).toBe('on');
    });
    expect(done).toEqual({ kind: 'COMMITTED' });
    await writer.close();
  });

  test('it is durable whatever the role says', async () => {
    const destination = await makeDestination(db.sql, 'durable.test');
    // In this database only: other test files work under the same role.
    const role = `alter role current_user in database ${db.target.database}`;
    await db.sql.unsafe(`${role} set synchronous_commit = off`);
    try {
      const writer = await openAcceptWriter(db.target);
      const transaction = makeTransaction({ to: [{ address: 'x@durable.test', destinationId: destination }] });
      let during = '';
      await writer.commit(copyStatements(messagesOf(transaction)), async (execute) => {
        during = String((await execute(`select current_setting('synchronous_commit') as value`)).rows[0]?.['value']);
      });
      expect(during).toBe('on');
      // Without anything within: one simple query, where a trigger sees what is in force.
      await db.sql.unsafe(`
        create table seen (value text);
        create function see() returns trigger language plpgsql as $$
          begin insert into seen values (current_setting('synchronous_commit')); return null; end $$;
        create trigger see after insert on queue_delta for each statement execute function see()`);
      const alone = makeTransaction({ to: [{ address: 'x@durable.test', destinationId: destination }] });
      expect(await writer.commit(copyStatements(messagesOf(alone)), null)).toEqual({ kind: 'COMMITTED' });
      expect([...(await db.sql`select value from seen`)]).toEqual([{ value: 'on' }]);
      await writer.close();
    } finally {
      await db.sql.unsafe(`${role} reset synchronous_commit`);
      await db.sql`drop function if exists see() cascade`;
    }
  });
});

describe('the answer to a COMMIT that is lost', () => {
  test('every member is there exactly once, and accept resolves', async () => {
    const destination = await makeDestination(db.sql, 'lost.test');
    const proxy = await startCuttingProxy(db.target);
    const troubles: string[] = [];
    const spool = openSpool(proxy.target, { onTrouble: (message) => troubles.push(message) });
    const to = [{ address: 'x@lost.test', destinationId: destination }];
    await spool.accept(makeTransaction({ to }));
    const ids: string[] = [];
    for (let round = 0; round < 10; round += 1) {
      proxy.cutNextAnswer();
      const group = Array.from({ length: 5 }, () => makeTransaction({ to }));
      await Promise.all(group.map((transaction) => spool.accept(transaction)));
      ids.push(...group.map((transaction) => transaction.id));
    }
    expect(proxy.cuts()).toBe(10);
    expect(troubles.filter((trouble) => trouble.includes('lost the answer')).length).toBe(10);
    for (const table of ['messages', 'recipients', 'contents'] as const) expect(await countOf(table, ids)).toBe(50);
    const [delta] = await db.sql<{ held: number }[]>`
      select sum(held_count)::int as held from queue_delta where destination_id = ${destination}`;
    expect(delta?.held).toBe(51);
    await spool.close();
    await proxy.close();
  });

  test('a message that was delivered before the repeat is not stored again', async () => {
    const destination = await makeDestination(db.sql, 'ended.test');
    const transaction = makeTransaction({ to: [{ address: 'x@ended.test', destinationId: destination }] });
    await db.sql`
      insert into history (id, transaction_id, tenant_id, destination_id, size_bytes, ehlo_name, kind, accepted_at,
        expires_at, recipients)
      select ${transaction.id}, ${transaction.id}, tenant_id, id, 1, '', 'MAIL', bmx_now(), bmx_now(), '[]'
      from destinations where id = ${destination}`;
    const writer = await openAcceptWriter(db.target);
    const [message] = messagesOf(transaction);
    if (message === undefined) throw new Error('no message');
    const result = await writer.transact((execute) => insertOnce(execute, message));
    expect(result).toEqual({ kind: 'COMMITTED' });
    for (const table of ['messages', 'recipients', 'contents'] as const) {
      expect(await countOf(table, [transaction.id])).toBe(0);
    }
    const [delta] = await db.sql`select from queue_delta where destination_id = ${destination}`;
    expect(delta).toBeUndefined();
    await writer.close();
  });
});

describe('copy-binary', () => {
  test('rows of every size come back as they went in, wherever the buffer has to grow', async () => {
    const destination = await makeDestination(db.sql, 'sizes.test');
    const writer = await openAcceptWriter(db.target);
    const sizes = Array.from({ length: 150 }, (_, index) => (index * 8191) % 40_000);
    const group = sizes.map((size) =>
      makeTransaction({
        to: [{ address: `${'x'.repeat((size % 60) + 1)}@sizes.test`, destinationId: destination }],
        content: new Uint8Array(size).map((_, index) => (index * 31 + size) % 256),
      }),
    );
    expect(await writer.commit(copyStatements(group.flatMap(messagesOf)), null)).toEqual({ kind: 'COMMITTED' });
    const contents = await readContents(
      db.sql,
      group.map((transaction) => transaction.id),
    );
    for (const { id, content } of group) {
      expect(Buffer.compare(Buffer.from(contents.get(id) ?? []), Buffer.concat(content))).toBe(0);
    }
    expect(await countOf('recipients', [...contents.keys()])).toBe(150);
    await writer.close();
  });

  test('addresses in all their forms', () => {
    const addressBytes = (text: string): number[] | null => {
      const octets = octetsOf(text);
      return octets === null ? null : [...octets];
    };
    expect(addressBytes('192.0.2.1')).toEqual([192, 0, 2, 1]);
    expect(addressBytes('2001:db8::1')?.length).toBe(16);
    expect(addressBytes('::')).toEqual(Array.from({ length: 16 }, () => 0));
    expect(addressBytes('::ffff:192.0.2.1')?.slice(10)).toEqual([255, 255, 192, 0, 2, 1]);
    for (const bad of ['', '1.2.3', '1.2.3.256', '1::2::3', '12345::', 'g::', '1:2:3:4:5:6:7:8:9']) {
      expect(addressBytes(bad)).toBeNull();
    }
  });
});
