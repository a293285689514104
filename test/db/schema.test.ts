/** What drizzle believes of the tables is what the migrations make. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { getTableName, is } from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import * as deliverySchema from '../../src/db/schema-delivery.ts';
import * as doctorSchema from '../../src/db/schema-doctor.ts';
import * as notifySchema from '../../src/db/schema-notify.ts';
import * as consoleSchema from '../../src/db/schema-console.ts';
import * as statsSchema from '../../src/db/schema-stats.ts';
import * as schema from '../../src/db/schema.ts';
import { findServed } from '../../src/domains/domains.ts';
import { DEFAULT_SETTINGS, settingsOf } from '../../src/domains/relay-domain.ts';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.close();
});

/** Tables of one row, which no code reads column by column. */
const SINGLE_ROWS = ['clock', 'queue_limits', 'retry_schedule', 'schema_requirements', 'service_presence'];

function tables(): PgTable[] {
  return Object.values({
    ...schema,
    ...deliverySchema,
    ...doctorSchema,
    ...notifySchema,
    ...statsSchema,
    ...consoleSchema,
  }).flatMap((value) => (is(value, PgTable) ? [value as PgTable] : []));
}

test('every table of the database is described, and no other', async () => {
  const rows = await db.sql<{ name: string }[]>`
    select relname as name from pg_class
    where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace and not relispartition`;
  const inDatabase = rows.map(({ name }) => name).filter((name) => !SINGLE_ROWS.includes(name));
  expect(tables().map(getTableName).sort()).toEqual(inDatabase.sort());
});

test('every owned table names its tenant and its destination, and what grows with the mail is cut by day', async () => {
  const columnsOf = new Map<string, Set<string>>();
  for (const table of tables()) {
    const { name, columns } = getTableConfig(table);
    columnsOf.set(name, new Set(columns.map((column) => column.name)));
  }
  const lacking = (column: string): string[] =>
    [...columnsOf].filter(([, columns]) => !columns.has(column)).map(([name]) => name);
  // A tenant is itself; a node belongs to nobody, and a mark to the node that holds the messages.
  // So do clients, senders, the world's DNS lists and policies, and hosts that several tenants' domains share.
  const NOBODYS = [
    'bounded_counts',
    'confirmation_counts',
    'dnsbl_zones',
    'mta_sts_policies',
    'probe_budgets',
    'report_counts',
    'seen_clients',
  ];
  // A sign-in belongs to the token that it speaks for, and ends with it.
  const SIGN_INS = ['console_links', 'console_sessions'];
  expect(lacking('tenant_id').sort()).toEqual([...NOBODYS, ...SIGN_INS, 'delivery_marks', 'nodes', 'tenants'].sort());
  // A destination is itself; the key of a mutation, a token, the audit log and who is told what are their tenant's alone.
  const TOLD = ['alert_contacts', 'alert_items', 'webhook_deliveries', 'webhook_secrets', 'webhooks'];
  // The subject of a statistic is a destination, a tenant or the service.
  const STATISTICS = ['flow_slots', 'rejection_slots'];
  expect(lacking('destination_id').sort()).toEqual(
    [
      ...NOBODYS,
      ...SIGN_INS,
      ...TOLD,
      ...STATISTICS,
      'audit_entries',
      'destinations',
      'idempotency_keys',
      'nodes',
      'tenants',
      'tokens',
    ].sort(),
  );
  expect(columnsOf.get('domains')?.has('revision')).toBe(true);
  const partitioned = await db.sql<{ name: string; key: string; days: number }[]>`
    select relname as name, pg_get_partkeydef(oid) as key,
      (select count(*) from pg_inherits where inhparent = c.oid) as days
    from pg_class c where relkind = 'p' and relnamespace = 'public'::regnamespace order by relname`;
  expect(partitioned.map(({ name, key }) => [name, key])).toEqual([
    ['attempts', 'RANGE (id)'],
    ['contents', 'RANGE (message_id)'],
    ['events', 'RANGE (id)'],
    ['history', 'RANGE (id)'],
    ['rejections', 'RANGE (id)'],
  ]);
  // Yesterday to three days ahead, and the rest.
  for (const { days } of partitioned) expect(days).toBeGreaterThanOrEqual(6);
});

test('tables that change all the time are vacuumed sooner than others', async () => {
  const rows = await db.sql<{ name: string }[]>`
    select distinct relname as name from pg_class cross join lateral pg_options_to_table(reloptions)
    where option_name = 'autovacuum_vacuum_scale_factor' and option_value::float8 <= 0.05`;
  const names = rows.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['messages', 'recipients', 'queue_delta', 'destinations', 'nodes', 'reports_due']),
  );
});

test('columns have the names, types and nullability of the database', async () => {
  const rows = await db.sql<{ table: string; column: string; type: string; is_required: boolean }[]>`
    select c.relname as table, a.attname as column, a.attnotnull as is_required,
      format_type(coalesce(nullif(t.typbasetype, 0), t.oid), null) as type
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_type t on t.oid = a.atttypid
    where c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped`;
  const found = new Map(
    rows.map(({ table, column, type, is_required: isRequired }) => [
      `${table}.${column}`,
      `${type}${isRequired ? ' not null' : ''}`,
    ]),
  );
  for (const table of tables()) {
    const { name, columns } = getTableConfig(table);
    const described = Object.fromEntries(
      columns.map((column) => [`${name}.${column.name}`, `${column.getSQLType()}${column.notNull ? ' not null' : ''}`]),
    );
    const real = Object.fromEntries([...found].filter(([key]) => key.startsWith(`${name}.`)));
    expect(described).toEqual(real);
  }
});

test('a domain that asked for nothing has the settings that the database gives it', async () => {
  const [destinationId, id] = [newId(), newId()];
  await db.sql`insert into destinations (id, tenant_id, name, kind) values (${destinationId}, ${OPERATOR_TENANT_ID}, 'a.example', 'RELAY')`;
  await db.sql`insert into domains (id, tenant_id, destination_id, name, status)
    values (${id}, ${OPERATOR_TENANT_ID}, ${destinationId}, 'a.example', 'ACTIVE')`;
  const domain = await findServed(db.sql, 'a.example');
  expect(domain === null ? null : settingsOf(domain)).toEqual(DEFAULT_SETTINGS);
});
