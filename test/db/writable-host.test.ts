/**
 * Several hosts in DATABASE_URL: every door finds the server that takes writes, before a failover and after it, and never writes
 * to the standby. The servers are real, each behind an address of its own.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { PgBoss } from 'pg-boss';
import { openAcceptWriter } from '../../src/db/accept-writer.ts';
import { connect, type Database, openDatabase } from '../../src/db/client.ts';
import { isConnectionLost } from '../../src/db/connection-lost.ts';
import { openCopySession } from '../../src/db/copy-session.ts';
import { listenTo } from '../../src/db/listen.ts';
import { migrate } from '../../src/db/migrate.ts';
import { awaitServer } from '../../src/db/server-wait.ts';
import { type DatabaseAddress, parseDatabaseUrl } from '../../src/db/target.ts';
import { findWritableHost } from '../../src/db/writable-host.ts';
import { until } from '../helpers/child.ts';
import { hasStandby, type StandbyPair, startStandbyPair } from '../helpers/standby.ts';

describe('DATABASE_URL with several hosts', () => {
  test('is understood', () => {
    const options = '?sslmode=require&target_session_attrs=read-write';
    expect(parseDatabaseUrl(`postgres://u:p%2C@h1:5433,[2001:db8::2],h3.example:6000/mail${options}`)).toEqual({
      host: 'h1',
      port: 5433,
      others: [
        { host: '2001:db8::2', port: 5432 },
        { host: 'h3.example', port: 6000 },
      ],
      database: 'mail',
      user: 'u',
      password: 'p,',
      ssl: { rejectUnauthorized: false },
    });
    expect(parseDatabaseUrl('postgres://u@h1/mail?target_session_attrs=primary')).not.toHaveProperty('others');
  });

  test.each([
    ['postgres://u:secret@h1,,h2/mail', 'not of the form'],
    ['postgres://u:secret@h1:5432,h2:port/mail', 'not of the form'],
    ['postgres://u:secret@h1,h2/mail?target_session_attrs=any', 'target_session_attrs=any is not supported'],
    ['postgres://u:secret@h1,h2/mail?target_session_attrs=standby', 'target_session_attrs=standby is not supported'],
    ['postgres://u:secret@h1,h2/mail?host=/run/postgresql', 'use one or the other'],
    ['postgres://u:secret@h1,h2/mail?load_balance_hosts=random', 'load_balance_hosts is not supported'],
  ])('%s is refused', (url, words) => {
    let message = '';
    try {
      parseDatabaseUrl(url);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain(words);
    expect(message).toContain('DATABASE_URL');
    expect(message).not.toContain('secret');
  });

  test('none of which is there is no host for now, with a reason for each', async () => {
    const address = parseDatabaseUrl('postgres://u@127.0.0.1:1,127.0.0.1:2/mail');
    const error: unknown = await findWritableHost(address).catch((reason: unknown) => reason);
    expect(isConnectionLost(error)).toBe(true);
    expect(String(error)).toMatch(/127\.0\.0\.1:1: .*; 127\.0\.0\.1:2: /);
    const sql = connect(address, { max: 2 });
    const tried = await Promise.allSettled([sql`select 1`, sql.begin((transaction) => transaction`select 1`)]);
    expect(tried.map((end) => end.status === 'rejected' && isConnectionLost(end.reason))).toEqual([true, true]);
    await sql.end({ timeout: 0 });
  });

  test('that are frozen are no host for now, after a moment', async () => {
    const frozen = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(frozen, 'listening');
    const { port } = frozen.address() as AddressInfo;
    const address = parseDatabaseUrl(`postgres://u@127.0.0.1:${port},127.0.0.1:${port}/mail`);
    const error: unknown = await findWritableHost(address).catch((reason: unknown) => reason);
    expect(isConnectionLost(error)).toBe(true);
    frozen.close();
  }, 30_000);
});

if (!hasStandby) console.log('SKIPPED: no pg_basebackup of PostgreSQL 15, so nothing fails over to a standby');

describe.skipIf(!hasStandby)('a primary and its standby', () => {
  let pair: StandbyPair;
  let address: DatabaseAddress;
  let database: Database;
  const heard: string[] = [];

  beforeAll(async () => {
    pair = await startStandbyPair();
    address = parseDatabaseUrl(pair.urls.bothHosts);
    database = openDatabase(address, { poolSize: 3, queuePoolSize: 2 });
  });

  afterAll(async () => {
    await database?.close();
    await pair?.close();
  });

  /** Writes through every door; the names of those that could not. */
  async function writeEverywhere(): Promise<readonly string[]> {
    const { sql, queueSql, pgTarget } = database;
    const doors: Record<string, () => Promise<unknown>> = {
      statement: async () => sql`insert into written values ('statement')`,
      queue: async () => queueSql`insert into written values ('queue')`,
      transaction: () => sql.begin((transaction) => transaction`insert into written values ('transaction')`),
      accept: async () => {
        const writer = await openAcceptWriter(pgTarget);
        const result = await writer.transact(async (execute) => {
          await execute("insert into written values ('accept')");
        });
        await writer.close();
        if (result.kind !== 'COMMITTED') throw new Error(result.message);
      },
      copy: async () => {
        const session = await openCopySession(address, 'copy');
        try {
          await session.query("insert into written values ('copy')");
        } finally {
          await session.close();
        }
      },
      jobs: () => boss.getDb().executeSql("insert into written values ('jobs')"),
      notify: () => sql.notify('news', 'one'),
    };
    const ends = await Promise.all(
      Object.entries(doors).map(([name, write]) =>
        write().then(
          () => [],
          () => [name],
        ),
      ),
    );
    return ends.flat();
  }

  let boss: PgBoss;

  test('all doors write to the primary, then to the promoted standby, and to nothing in between', async () => {
    await awaitServer(address, { onWait: () => undefined, patienceMs: 10_000 });
    expect(await migrate(address)).toMatchObject({ kind: 'READY' });
    await database.sql`create table written (door text)`;
    boss = new PgBoss({ ...database.pgTarget, max: 2, schedule: false, supervise: false });
    boss.on('error', () => undefined);
    await boss.start();
    const { sql } = database;
    const listener = await listenTo({
      sql,
      channel: 'news',
      onPayload: (payload) => heard.push(payload),
      onReset: () => heard.push('reset'),
      heartbeatMs: 500,
    });
    expect(await writeEverywhere()).toEqual([]);
    await until('the notification is heard', 10_000, () => heard.includes('one'));

    await pair.killPrimary();
    const between = await writeEverywhere();
    expect(between).toHaveLength(7);
    const waiting: string[] = [];
    const start = awaitServer(address, { onWait: (reason) => waiting.push(reason), patienceMs: 60_000 });
    await until('a node that starts now says why it waits', 20_000, () => waiting.length > 0);
    expect(waiting[0]).toContain('a standby, which only reads');

    await pair.promote();
    await start;
    heard.length = 0;
    await until('all doors write again', 30_000, async () => (await writeEverywhere()).length === 0);
    await until('notifications are heard again', 30_000, async () => {
      await sql.notify('news', 'again').catch(() => undefined);
      return heard.includes('again');
    });
    const promoted = connect(pair.standby, { max: 1 });
    const doors = await promoted<{ door: string }[]>`select distinct door from written order by door`;
    expect(doors.map(({ door }) => door)).toEqual(['accept', 'copy', 'jobs', 'queue', 'statement', 'transaction']);
    const sessions = await promoted<{ count: number }[]>`
      select count(*) as count from pg_stat_activity where application_name like 'backup-mx%' and pid <> pg_backend_pid()`;
    expect(sessions[0]?.count).toBeGreaterThan(2);
    await promoted.end({ timeout: 1 });
    await listener.close();
    await boss.stop({ graceful: false, close: true });
  }, 120_000);
});
