/** The feed of outage events stays a look-up in its index while nothing happens, whatever the statistics say. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createOutageFeed } from '../../src/events/outage-feed.ts';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { until } from '../helpers/child.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination } from '../helpers/mail.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.close());

test('nothing new is found by the index of transactions, with and without statistics', async () => {
  const { sql } = db;
  const destinationId = await makeDestination(sql, 'feed.test');
  const feed = createOutageFeed(sql);
  await sql`
    insert into events (id, tenant_id, destination_id, kind, facts)
    select new_id(), ${OPERATOR_TENANT_ID}, ${destinationId}, 'OUTAGE_THRESHOLD', jsonb_build_object('outageId', ${newId()}::text)
    from generate_series(1, 20000)`;
  const [today] = await sql<{ name: string }[]>`select tableoid::regclass::text as name from events limit 1`;
  // A transaction of another file on the same server, open since before the insert, would make all its rows count as new.
  await until('no older transaction', 60_000, async () => {
    const [row] = await sql<{ isPast: boolean }[]>`
      select pg_snapshot_xmin(pg_current_snapshot()) > max(written_in) as "isPast" from events`;
    return row?.isPast === true;
  });
  const statements = new Map<string, unknown[]>();
  sql.options.debug = (_connection, query, parameters) => {
    if (/^\s*select pg_current_snapshot.*\bevents\b/s.test(query)) statements.set(query, parameters);
  };
  for (const hasStatistics of [false, true]) {
    if (hasStatistics) await sql`analyze`;
    const position = { snapshot: await feed.readNow(), sent: [] };
    for (const tenantIds of [null, [OPERATOR_TENANT_ID]])
      expect((await feed.readSince(position, { tenantIds, limit: 250 })).events).toEqual([]);
    expect(statements.size).toBe(1);
    for (const [query, parameters] of statements) {
      const rows = await sql.unsafe(`explain ${query}`, parameters as string[], { prepare: false });
      const plan = rows.map((row) => String(Object.values(row)[0])).join('\n');
      // The other partitions are empty.
      expect(plan).toMatch(new RegExp(`Index Scan (?:using|on) ${today?.name}_written_in_idx`));
    }
    statements.clear();
  }
});
