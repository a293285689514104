/** Statements built with drizzle come back as postgres.js gives them, and run in the transaction they are given. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { part, eq, isAny, query, tenantOnly } from '../../src/db/query.ts';
import { destinations, domains, tenants, tokens } from '../../src/db/schema.ts';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let db: TestDatabase;
const TENANT = newId();

beforeAll(async () => {
  db = await createTestDatabase();
  await query(db.sql, (build) => build.insert(tenants).values({ id: TENANT, name: 'one' }));
});

afterAll(async () => {
  await db.close();
});

function addToken(name: string) {
  const secretHash = Uint8Array.from([0, 255, 39, 92, ...Buffer.from(name)]);
  return {
    id: newId(),
    tenantId: TENANT,
    name,
    scopes: ['DOMAIN_READ', 'a "quoted", {odd} \\ one'],
    prefix: 'p',
    secretHash,
    expiresAt: new Date('2031-02-03T04:05:06.789Z'),
  };
}

test('instants, bytes, arrays and nulls go in and come back', async () => {
  const given = addToken('values');
  const [stored] = await query(db.sql, (build) => build.insert(tokens).values(given).returning());
  expect(stored).toMatchObject({ ...given, secretHash: Buffer.from(given.secretHash), previousUntil: null });
  expect(stored?.createdAt).toBeInstanceOf(Date);
  const [plain] = await db.sql`select * from tokens where id = ${given.id}`;
  expect(plain).toMatchObject({ scopes: given.scopes, expires_at: given.expiresAt, last_used_at: null });
});

test('JSON, large integers and columns that are computed', async () => {
  const id = newId();
  const deliverTo = [{ host: 'mail.example', port: 25 }];
  const heldBytes = 2 ** 52;
  await query(db.sql, (build) =>
    build.insert(destinations).values({ id, tenantId: TENANT, name: 'a.example', kind: 'RELAY', deliverTo, heldBytes }),
  );
  const domainId = newId();
  await query(db.sql, (build) =>
    build.insert(domains).values({
      id: domainId,
      tenantId: TENANT,
      destinationId: id,
      name: 'a.example',
      status: 'ACTIVE',
      labels: { text: 'ü "\\', number: '1' },
    }),
  );
  const rows = await query(db.sql, (build) =>
    build
      .select({
        deliverTo: destinations.deliverTo,
        heldBytes: destinations.heldBytes,
        labels: domains.labels,
        isOld: part<boolean>`${domains.createdAt} < bmx_now() - interval '1 day'`,
        now: part<Date>`bmx_now()`,
      })
      .from(domains)
      .innerJoin(destinations, eq(destinations.id, domains.destinationId)),
  );
  expect(rows).toEqual([
    { deliverTo, heldBytes, labels: { text: 'ü "\\', number: '1' }, isOld: false, now: expect.any(Date) },
  ]);
});

test('lists of ids, also an empty one; the tenant of the viewer', async () => {
  const ids = [TENANT, OPERATOR_TENANT_ID, newId()];
  const find = (some: readonly string[]) =>
    query(db.sql, (build) => build.select({ id: tenants.id }).from(tenants).where(isAny(tenants.id, some)));
  expect((await find(ids)).map(({ id }) => id).sort()).toEqual([TENANT, OPERATOR_TENANT_ID].sort());
  expect(await find([])).toEqual([]);
  const count = (viewer: { tenantId: string; isOperator: boolean }) =>
    query(db.sql, (build) => build.select({ id: domains.id }).from(domains).where(tenantOnly(domains, viewer))).then(
      (rows) => rows.length,
    );
  expect(await count({ tenantId: TENANT, isOperator: false })).toBe(1);
  expect(await count({ tenantId: newId(), isOperator: false })).toBe(0);
  expect(await count({ tenantId: newId(), isOperator: true })).toBe(1);
});

test('within a transaction: it sees what came before, and goes with it', async () => {
  const given = addToken('transaction');
  const seen = await db.sql
    .begin(async (transaction) => {
      await query(transaction, (build) => build.insert(tokens).values(given));
      const rows = await query(transaction, (build) => build.select().from(tokens).where(eq(tokens.id, given.id)));
      throw new Error(`saw ${rows.length}`);
    })
    .catch((error: unknown) => (error as Error).message);
  expect(seen).toBe('saw 1');
  expect(await query(db.sql, (build) => build.select().from(tokens).where(eq(tokens.id, given.id)))).toEqual([]);
});

test('the role and the settings of a transaction hold for what is built', async () => {
  const read = await db.sql.begin(async (transaction) => {
    await transaction`set local application_name = 'narrow'`;
    const [row] = await query(transaction, (build) =>
      build.select({ name: part<string>`current_setting('application_name')` }).from(tenants).limit(1),
    );
    return row?.name;
  });
  expect(read).toBe('narrow');
});

test("a failure is the driver's own, with its code and without the parameters", async () => {
  const given = { ...addToken('twice'), name: 'secret-name' };
  await query(db.sql, (build) => build.insert(tokens).values(given));
  const error = await query(db.sql, (build) => build.insert(tokens).values(given)).then(
    () => null,
    (failure: unknown) => failure,
  );
  expect(error).toMatchObject({ code: '23505' });
  expect(String(error)).not.toContain('secret-name');
});

test('one statement, however many ask, is prepared once', async () => {
  await db.sql.begin(async (transaction) => {
    for (const name of ['a', 'b', 'c']) {
      await query(transaction, (build) =>
        build.select({ at: tenants.createdAt }).from(tenants).where(eq(tenants.name, name)),
      );
    }
    const rows = await transaction`select from pg_prepared_statements where statement like 'select "created_at"%'`;
    expect(rows).toHaveLength(1);
  });
});
