/** Migrations: at once, ahead, behind, blocked, broken. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type Sql } from '../../src/db/client.ts';
import { migrate } from '../../src/db/migrate.ts';
import type { DatabaseAddress } from '../../src/db/target.ts';
import { until } from '../helpers/child.ts';
import { createTestDatabase, makeTempDir, type TestDatabase } from '../helpers/database.ts';

let neighbour: TestDatabase;
let databaseCount = 0;

beforeAll(async () => {
  neighbour = await createTestDatabase();
});

afterAll(async () => {
  await neighbour.close();
});

/** A database without a schema. */
async function emptyDatabase(): Promise<{ target: DatabaseAddress; sql: Sql; close: () => Promise<void> }> {
  databaseCount += 1;
  const name = `empty_${databaseCount}`;
  await neighbour.sql.unsafe(`create database ${name}`);
  const target = { ...neighbour.target, database: name };
  const sql = connect(target, { max: 2 });
  return {
    target,
    sql,
    close: async () => {
      await sql.end({ timeout: 1 });
      await neighbour.sql.unsafe(`drop database ${name} with (force)`);
    },
  };
}

const REQUIREMENTS =
  'create table schema_requirements (minimum_version int); insert into schema_requirements values (1);';

function writeMigrations(...statements: readonly string[]): string {
  const folder = makeTempDir();
  mkdirSync(join(folder, 'meta'));
  const entries = statements.map((_, idx) => ({
    idx,
    version: '7',
    when: 1_000 + idx,
    tag: `000${idx}`,
    breakpoints: true,
  }));
  statements.forEach((text, index) => writeFileSync(join(folder, `000${index}.sql`), text));
  writeFileSync(
    join(folder, 'meta', '_journal.json'),
    JSON.stringify({ version: '7', dialect: 'postgresql', entries }),
  );
  return folder;
}

test('four nodes that start at once on an empty database', async () => {
  const { target, sql, close } = await emptyDatabase();
  const results = await Promise.all([1, 2, 3, 4].map(async () => await migrate(target)));
  expect(results.every(({ kind }) => kind === 'READY')).toBe(true);
  const applied = results.map((result) => (result.kind === 'READY' ? result.appliedCount : -1));
  expect(applied.filter((count) => count > 0)).toHaveLength(1);
  const [row] = await sql<{ count: number }[]>`select count(*) as count from drizzle.__drizzle_migrations`;
  expect(row?.count).toBe(Math.max(...applied));
  expect(await sql`select 1 from schema_requirements`).toHaveLength(1);
  await close();
});

test('a second start applies nothing, an added migration once', async () => {
  const { target, sql, close } = await emptyDatabase();
  const one = writeMigrations(REQUIREMENTS);
  const two = writeMigrations(REQUIREMENTS, 'create table added (n int)');
  expect(await migrate(target, { migrationsFolder: one })).toEqual({ kind: 'READY', version: 1, appliedCount: 1 });
  expect(await migrate(target, { migrationsFolder: one })).toEqual({ kind: 'READY', version: 1, appliedCount: 0 });
  expect(await migrate(target, { migrationsFolder: two })).toEqual({ kind: 'READY', version: 2, appliedCount: 1 });
  expect(await sql`select * from added`).toHaveLength(0);
  await close();
});

test('a database that is ahead is accepted until it says that it needs newer nodes', async () => {
  const { target, sql, close } = await emptyDatabase();
  const old = writeMigrations(REQUIREMENTS);
  await migrate(target, { migrationsFolder: writeMigrations(REQUIREMENTS, 'create table added (n int)') });
  expect(await migrate(target, { migrationsFolder: old })).toEqual({ kind: 'READY', version: 1, appliedCount: 0 });
  await sql`update schema_requirements set minimum_version = 2`;
  expect(await migrate(target, { migrationsFolder: old })).toEqual({
    kind: 'REFUSED',
    line: 'the database needs schema version 2 and this release knows 1: start a newer release',
  });
  await close();
});

test('a migration that waits for a lock is tried again, and given up with one line', async () => {
  const { target, sql, close } = await emptyDatabase();
  await migrate(target, { migrationsFolder: writeMigrations(REQUIREMENTS) });
  const folder = writeMigrations(REQUIREMENTS, 'alter table schema_requirements add column note text');
  let letGo = (): void => {};
  const isOver = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let holder: Promise<unknown> = Promise.resolve();
  await new Promise<void>((isHeld) => {
    holder = sql.begin(async (transaction) => {
      await transaction`select * from schema_requirements`;
      isHeld();
      await isOver;
    });
  });
  const refused = await migrate(target, { migrationsFolder: folder, patienceMs: 0 });
  expect(refused.kind === 'REFUSED' && refused.line).toContain('other sessions hold locks');
  const patient = migrate(target, { migrationsFolder: folder });
  const failuresBefore = `select count(*) as count from pg_locks join pg_database on pg_database.oid = database
    where not granted and datname = current_database()`;
  for (let waiting = 0; waiting === 0; ) {
    waiting = (await sql.unsafe<{ count: number }[]>(failuresBefore))[0]?.count ?? 0;
  }
  letGo();
  await holder;
  expect(await patient).toEqual({ kind: 'READY', version: 2, appliedCount: 1 });
  await close();
});

test('under load that takes tables in another order nobody runs into a deadlock', async () => {
  const { target, sql, close } = await emptyDatabase();
  const made = `${REQUIREMENTS} create table first (n int); create table second (n int); insert into first values (1); insert into second values (1);`;
  await migrate(target, { migrationsFolder: writeMigrations(made) });
  // As of a node of the release before: second, then first.
  const load = connect(target, { max: 8 });
  const state = { isOver: false };
  let doneCount = 0;
  const failed: unknown[] = [];
  const hand = async (): Promise<void> => {
    while (!state.isOver) {
      await load
        .begin(async (transaction) => {
          await transaction`insert into second values (2)`;
          await transaction`select pg_sleep(0.01)`;
          await transaction`insert into first values (2)`;
        })
        .then(
          () => (doneCount += 1),
          (error: unknown) => failed.push(error),
        );
    }
  };
  const hands = Array.from({ length: 8 }, hand);
  // What a migration does between two of its locks takes time, in which others come to wait for the first.
  const changes = ['alter table first add column a int', 'select pg_sleep(0.3)', 'alter table second add column a int'];
  const steps = [
    changes.join(';--> statement-breakpoint\n'),
    changes.join(';--> statement-breakpoint\n').replaceAll(' a int', ' b int'),
  ];
  const results = [];
  for (const count of [1, 2]) {
    results.push(await migrate(target, { migrationsFolder: writeMigrations(made, ...steps.slice(0, count)) }));
    const enough = doneCount + 20;
    await until('the load goes on', 30_000, () => doneCount > enough);
  }
  state.isOver = true;
  await Promise.all(hands);
  expect(failed).toEqual([]);
  expect(results).toEqual([
    { kind: 'READY', version: 2, appliedCount: 1 },
    { kind: 'READY', version: 3, appliedCount: 1 },
  ]);
  expect(await sql`select from first where a is null and b is null limit 1`).toHaveLength(1);
  await load.end({ timeout: 1 });
  await close();
}, 60_000);

test('of a migration with a fault nothing stays', async () => {
  const { target, sql, close } = await emptyDatabase();
  const folder = writeMigrations(REQUIREMENTS, 'create table half (n int);--> statement-breakpoint\nselect 1 / 0');
  const error: unknown = await migrate(target, { migrationsFolder: folder }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Error);
  expect(await sql`select 1 from pg_tables where schemaname = 'public'`).toHaveLength(0);
  await close();
});
