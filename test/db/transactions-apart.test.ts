/**
 * Two transactions never share a connection (github.com/porsager/postgres issue 1204): while connections are cut, half closed,
 * reset, retired by age and idleness, ended by the server, and fewer than those who want one, what a transaction wrote is there
 * as a whole or not at all, and nothing of another's with it. Through each of the three doors to the database.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { PgBoss } from 'pg-boss';
import postgres from 'postgres';
import { type AcceptWriter, openAcceptWriter } from '../../src/db/accept-writer.ts';
import { addArrayTypes } from '../../src/db/array-types.ts';
import { isConnectionLost } from '../../src/db/connection-lost.ts';
import { BACKOFF_S, type Sql, steadyPool } from '../../src/db/steady-pool.ts';
import type { DatabaseAddress } from '../../src/db/target.ts';
import { createRandom } from '../helpers/chaos-random.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { MISDEEDS, type MisbehavingProxy, startMisbehavingProxy } from '../helpers/misbehaving-proxy.ts';

const INT8 = { to: 20, from: [20], serialize: String, parse: Number };
const NAME = 'apart';
/** The writer that accepts mail names its session itself. */
const NAMES = [NAME, 'backup-mx accept'];
const random = createRandom(1204, 'writers');
/** Fills the socket's buffers. */
const LARGE = 'x'.repeat(200_000);

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await database.close();
});

/** Thrown in a transaction, so that it is rolled back. */
class Reversal extends Error {}

interface Door {
  /** Writes both halves of `id` in one transaction, and takes them back when `isReversed`. */
  write(id: number, isReversed: boolean): Promise<unknown>;
  close(): Promise<unknown>;
}

interface Load {
  readonly transactions: number;
  /** Who write at once. */
  readonly hands: number;
  /** Pieces that pass a connection before it is treated badly again. */
  readonly everyPieces: number;
  readonly open: (proxied: DatabaseAddress) => Promise<Door>;
}

/** Sessions of the writers that the server ends meanwhile, in whatever they are. */
async function terminate(isOver: () => boolean): Promise<number> {
  let count = 0;
  while (!isOver()) {
    const gone = await database.sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = any(${NAMES}::text[]) order by state = 'idle', random() limit 1`;
    count += gone.length;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  return count;
}

async function writeAll({ transactions, hands, everyPieces, open }: Load): Promise<void> {
  await database.sql`drop table if exists halves`;
  await database.sql`
    create unlogged table halves (id integer, half integer, xid text default pg_current_xact_id()::text, padding text)`;
  const proxy: MisbehavingProxy = await startMisbehavingProxy({
    target: database.target,
    everyPieces,
    random: createRandom(1204, 'proxy'),
  });
  const door = await open(proxy.target);
  proxy.misbehave();
  const ends = { COMMITTED: new Set<number>(), REVERSED: new Set<number>(), LOST: new Set<number>() };
  const strange: unknown[] = [];
  let next = 0;
  const hand = async (): Promise<void> => {
    while (next < transactions) {
      const id = next;
      next += 1;
      const error: unknown = await door.write(id, id % 5 === 0).then(
        () => null,
        (failure: unknown) => failure,
      );
      if (error === null) ends.COMMITTED.add(id);
      else if (error instanceof Reversal) ends.REVERSED.add(id);
      else if (isConnectionLost(error)) ends.LOST.add(id);
      else strange.push(error);
    }
  };
  let isOver = false;
  const terminating = terminate(() => isOver);
  await Promise.all(Array.from({ length: hands }, hand));
  isOver = true;
  const terminated = await terminating;
  proxy.behave();
  await door.close();
  await proxy.close();
  // Sessions that were cut off in mid-statement end by themselves; until then what they wrote may still come.
  for (let left = 1; left > 0; ) {
    const rows = await database.sql`
      select pg_sleep(0.02) from pg_stat_activity where datname = current_database() and application_name = any(${NAMES}::text[])`;
    left = rows.length;
  }

  const written = await database.sql<{ id: number; halves: number[]; xids: string[] }[]>`
    select id, array_agg(half order by half) as halves, array_agg(distinct xid) as xids from halves group by id`;
  const shared = await database.sql`select xid from halves group by xid having count(distinct id) > 1`;
  const there = new Set(written.map(({ id }) => id));
  expect(shared).toHaveLength(0);
  expect(written.filter(({ halves, xids }) => String(halves) !== '1,2' || xids.length !== 1)).toEqual([]);
  expect([...ends.COMMITTED].filter((id) => !there.has(id))).toEqual([]);
  expect([...ends.REVERSED].filter((id) => there.has(id))).toEqual([]);
  expect([...there].filter((id) => id % 5 === 0)).toEqual([]);
  expect(strange).toEqual([]);
  // It was bad enough, and not so bad that nothing was tried.
  for (const misdeed of MISDEEDS) expect(proxy.done.get(misdeed) ?? 0).toBeGreaterThan(0);
  expect(terminated).toBeGreaterThan(3);
  expect(ends.COMMITTED.size).toBeGreaterThan(transactions / 3);
  expect(ends.LOST.size).toBeGreaterThan(10);
}

/** What the service never asks of the driver as well: connections that end by age and idleness. */
function openPool({ host, port, database: name, user }: DatabaseAddress): Sql {
  return steadyPool(
    (onclose, max) => {
      const sql: Sql = postgres({
        host,
        port,
        database: name,
        user,
        password: '',
        onclose,
        max,
        fetch_types: false,
        idle_timeout: 0.05,
        max_lifetime: 1,
        connect_timeout: 5,
        backoff: () => BACKOFF_S,
        types: { bigint: INT8 },
        onnotice: () => {},
        connection: { application_name: NAME, idle_in_transaction_session_timeout: 2_000 },
      });
      addArrayTypes(sql.options);
      return sql;
    },
    { max: 4, connectMs: 5_000 },
  );
}

test('10,000 transactions of 40 writers over a pool of four', async () => {
  const open = async (proxied: DatabaseAddress): Promise<Door> => {
    const sql = openPool(proxied);
    return {
      write: (id, isReversed) =>
        sql.begin(async (transaction) => {
          await transaction`insert into halves values (${id}, 1, default, ${id % 50 === 0 ? LARGE : ''})`;
          const second = transaction`insert into halves values (${id}, 2)`;
          // One is written at once, one when others have had the event loop, and none waits for the first answer twice.
          if (id % 4 === 1) second.catch(() => undefined);
          if (id % 3 === 0) await new Promise((resolve) => setTimeout(resolve, random.between(0, 2)));
          await second;
          if (isReversed) throw new Reversal();
        }),
      close: () => sql.end({ timeout: 5 }),
    };
  };
  await writeAll({ transactions: 10_000, hands: 40, everyPieces: 400, open });
}, 400_000);

test('the connection that accepts mail, 1,000 transactions', async () => {
  const open = async (proxied: DatabaseAddress): Promise<Door> => {
    const target = { ...proxied, application_name: NAME };
    let writer: AcceptWriter | null = null;
    return {
      write: async (id, isReversed) => {
        if (writer?.isUsable() !== true) {
          await writer?.close();
          writer = await openAcceptWriter(target);
        }
        const result = await writer.transact(async (execute) => {
          await execute('insert into halves values ($1, 1, default, $2)', [id, id % 50 === 0 ? LARGE : '']);
          await execute('insert into halves values ($1, 2)', [id]);
          if (isReversed) throw new Reversal();
        });
        if (result.kind === 'COMMITTED') return;
        if (result.kind === 'UNKNOWN') throw Object.assign(new Error(result.message), { code: 'CONNECTION_CLOSED' });
        throw result.message.includes('Error') ? new Reversal() : new Error(result.message);
      },
      close: async () => writer?.close(),
    };
  };
  await writeAll({ transactions: 1_000, hands: 1, everyPieces: 60, open });
}, 400_000);

test("pg-boss's pool, 1,000 transactions of eight writers", async () => {
  const open = async (proxied: DatabaseAddress): Promise<Door> => {
    const boss = new PgBoss({ ...proxied, application_name: NAME, max: 2, schedule: false, supervise: false });
    boss.on('error', () => undefined);
    await boss.start();
    const db = boss.getDb();
    return {
      // As its own maintenance does it: the whole transaction in one text, which fails in the middle.
      write: async (id, isReversed) =>
        db
          .executeSql(`
            begin;
            insert into halves values (${id}, 1, default, repeat('x', ${id % 50 === 0 ? 200_000 : 0}));
            insert into halves values (${id}, 2);
            select 1 / ${isReversed ? 0 : 1};
            commit`)
          .catch((error: unknown) => {
            throw String(error).includes('division by zero') ? new Reversal() : error;
          }),
      close: () => boss.stop({ graceful: false, close: true }),
    };
  };
  await writeAll({ transactions: 1_000, hands: 8, everyPieces: 60, open });
}, 400_000);
