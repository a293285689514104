/** Whole tables through one session: in bounded memory, whichever side is slow, and with the words of whoever fails. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type CopySession, openCopySession } from '../../src/db/copy-session.ts';
import { until } from '../helpers/child.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

const MIB = 1024 * 1024;
const COPY_IN = 'copy copied (content) from stdin (format binary)';

let database: TestDatabase;
let session: CopySession;

beforeAll(async () => {
  database = await createTestDatabase();
  session = await openCopySession(database.target, 'copy-test');
  await session.query('create table copied (content bytea not null)');
});

afterAll(async () => {
  await session.close();
  await database.close();
});

async function untilServerWaits(kind: 'ClientWrite' | 'advisory'): Promise<void> {
  await until(`the server waits: ${kind}`, 30_000, async () => {
    const rows = await database.sql`
      select from pg_stat_activity where application_name = 'copy-test' and wait_event = ${kind}`;
    return rows.length === 1;
  });
}

/** A binary COPY of `count` rows of a MiB. */
async function* megabytes(count: number, onPulled: (pulled: number) => void): AsyncGenerator<Uint8Array> {
  yield Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
  for (let pulled = 1; pulled <= count; pulled += 1) {
    onPulled(pulled);
    const row = Buffer.alloc(6 + MIB);
    row.writeInt16BE(1, 0);
    row.writeInt32BE(MIB, 2);
    yield row;
  }
  yield Buffer.from([0xff, 0xff]);
}

test('a reader that is slow holds the server back', async () => {
  let bytes = 0;
  let isHeld = false;
  const before = process.memoryUsage().rss;
  const rows = await session.copyOut(
    `copy (select repeat('x', ${MIB}) from generate_series(1, 200)) to stdout (format binary)`,
    async (piece) => {
      if (!isHeld) {
        isHeld = true;
        await untilServerWaits('ClientWrite');
        expect(process.memoryUsage().rss - before).toBeLessThan(120 * MIB);
      }
      bytes += piece.length;
    },
  );
  expect(isHeld).toBe(true);
  expect(rows).toBe(200);
  expect(bytes).toBe(19 + 200 * (MIB + 6) + 2);
});

test('a server that is slow holds the source back, and takes all in the end', async () => {
  await database.sql.unsafe(`
    create function wait_for_test() returns trigger language plpgsql
      as 'begin perform pg_advisory_xact_lock(4711); return new; end';
    create trigger slow before insert on copied for each row execute function wait_for_test()`);
  const gate = await openCopySession(database.target, 'copy-gate');
  await gate.query('select pg_advisory_lock(4711)');
  let pulled = 0;
  const copying = session.copyIn(
    COPY_IN,
    megabytes(100, (count) => (pulled = count)),
  );
  await untilServerWaits('advisory');
  expect(pulled).toBeLessThan(40);
  await gate.query('select pg_advisory_unlock(4711)');
  expect(await copying).toBe(100);
  await gate.close();
  const [row] = await database.sql`select count(*)::int as count, sum(length(content))::bigint as bytes from copied`;
  expect(row).toEqual({ count: 100, bytes: 100 * MIB });
  await database.sql.unsafe('drop trigger slow on copied; truncate copied');
});

test('a source that fails takes its rows back, and the session goes on', async () => {
  const copying = session.copyIn(
    COPY_IN,
    megabytes(100, (pulled) => {
      if (pulled === 5) throw new Error('the source broke off');
    }),
  );
  expect(copying).rejects.toThrow('the source broke off');
  await copying.catch(() => undefined);
  expect(await session.query('select count(*)::int as count from copied')).toEqual([{ count: 0 }]);
});

test('a server that refuses says why, and the session goes on', async () => {
  const copying = session.copyIn(
    'copy copied (content) from stdin',
    megabytes(20, () => undefined),
  );
  expect(copying).rejects.toThrow(/invalid byte sequence|invalid input/);
  await copying.catch(() => undefined);
  const reading = session.copyOut('copy (select 1 / 0) to stdout', async () => undefined);
  expect(reading).rejects.toThrow('division by zero');
  await reading.catch(() => undefined);
  expect(await session.query('select count(*)::int as count from copied')).toEqual([{ count: 0 }]);
});

test('a connection that is lost ends both ways', async () => {
  for (const work of [
    (lost: CopySession) => lost.copyOut('copy (select pg_sleep(60)) to stdout', async () => undefined),
    (lost: CopySession) =>
      lost.copyIn(
        COPY_IN,
        (async function* () {
          await database.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'copy-lost'`;
          yield* megabytes(20, () => undefined);
        })(),
      ),
  ]) {
    const lost = await openCopySession(database.target, 'copy-lost');
    const working = work(lost).then(
      () => null,
      (error: unknown) => error,
    );
    await until('it has ended', 30_000, async () => {
      await database.sql`
        select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'copy-lost' and state = 'active'`;
      return Promise.race([working, new Promise((resolve) => setTimeout(() => resolve(null), 50))]);
    });
    expect(await working).toBeInstanceOf(Error);
    await lost.close();
  }
});
