/** DATABASE_URL servers: the oldest supported PostgreSQL as the system has it, and settings that are refused. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { connect, openDatabase } from '../../src/db/client.ts';
import { checkServer } from '../../src/db/durability.ts';
import { migrate } from '../../src/db/migrate.ts';
import { createTestDatabase } from '../helpers/database.ts';
import { hasPostgres15, makePostgres15, type Postgres15, POSTGRES15_BIN } from '../helpers/postgres15.ts';

if (!hasPostgres15) {
  console.log(
    `SKIPPED: no PostgreSQL 15 in ${POSTGRES15_BIN}, so DATABASE_URL is tested with the embedded server only`,
  );
}

test('the embedded server is trusted', async () => {
  const embedded = await createTestDatabase();
  expect(await checkServer(embedded.sql)).toEqual({ kind: 'OK', version: '18.4' });
  await embedded.close();
});

test('synchronous_commit off for our role is seen', async () => {
  const database = await createTestDatabase();
  const sql = connect(database.target, { max: 1, settings: { synchronous_commit: 'off' } });
  const check = await checkServer(sql);
  expect(check).toMatchObject({ kind: 'REFUSED' });
  await sql.end();
  await database.close();
});

describe.skipIf(!hasPostgres15)('PostgreSQL 15', () => {
  let server: Postgres15;

  beforeAll(async () => {
    server = await makePostgres15();
  });
  afterAll(async () => {
    await server.stop();
  });

  test('is enough, with our whole schema, by URL', async () => {
    await server.start();
    const database = openDatabase({ url: server.url });
    const check = await checkServer(database.sql);
    expect(check.kind === 'OK' && check.version).toStartWith('15.');
    expect((await migrate({ url: server.url })).kind).toBe('READY');
    await database.close();
    await server.stop();
  });

  for (const setting of ['fsync', 'full_page_writes', 'synchronous_commit']) {
    test(`with ${setting} off is refused with one line`, async () => {
      await server.start('-c', `${setting}=off`);
      const database = openDatabase({ url: server.url });
      expect(await checkServer(database.sql)).toEqual({
        kind: 'REFUSED',
        line: `DATABASE_URL: the server has ${setting} = off and could lose mail that was accepted: set it to on`,
      });
      await database.close();
      await server.stop();
    });
  }
});
