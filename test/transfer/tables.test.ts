/** What a move takes along is all there is, and of types that every server version writes alike. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { LEFT_COLUMNS, LEFT_TABLES, MOVED_TABLES } from '../../src/transfer/tables.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

/** The binary form of these is the same from PostgreSQL 15 to 18. An enum or a type of an extension has numbers of its own. */
const PORTABLE =
  'bool int2 int4 int8 float4 float8 text bytea uuid date timestamptz interval inet jsonb _text _int2'.split(' ');

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await database.close();
});

test('every table is moved, or left for a reason', async () => {
  const rows = await database.sql<{ name: string }[]>`
    select relname as name from pg_class
    where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and not relispartition order by relname`;
  expect([...MOVED_TABLES, ...Object.keys(LEFT_TABLES)].sort()).toEqual(rows.map(({ name }) => name).sort());
});

test('every column that is moved has a type whose binary form does not change, and is not computed', async () => {
  const all = await database.sql<
    { table: string; column: string; name: string; type: string; generated: string; identity: string }[]
  >`
    select attrelid::regclass::text as table, attname as column, attrelid::regclass || '.' || attname as name, attgenerated as generated, attidentity as identity,
      (select coalesce(base.typname, t.typname) from pg_type t left join pg_type base on base.oid = t.typbasetype
        where t.oid = atttypid) as type
    from pg_attribute
    where attrelid = any(${[...MOVED_TABLES]}::text[]::regclass[]) and attnum > 0 and not attisdropped`;
  const left = all.filter(({ table, column }) => LEFT_COLUMNS[table]?.includes(column) === true);
  expect(left.map(({ name }) => name)).toEqual(
    Object.entries(LEFT_COLUMNS).flatMap(([table, names]) => names.map((name) => `${table}.${name}`)),
  );
  const columns = all.filter((column) => !left.includes(column));
  expect(columns.length).toBeGreaterThan(200);
  expect(columns.filter(({ type }) => !PORTABLE.includes(type))).toEqual([]);
  expect(columns.filter(({ generated, identity }) => `${generated}${identity}` !== '')).toEqual([]);
});
