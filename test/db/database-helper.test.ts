import { expect, test } from 'bun:test';
import { createTestDatabase, startPrivateServer } from '../helpers/database.ts';

test('each test database is fresh and its clock moves', async () => {
  const one = await createTestDatabase();
  const two = await createTestDatabase();
  await one.moveClock('2 hours');
  const [moved] = await one.sql<{ hours: number }[]>`select extract(epoch from shift)::int / 3600 as hours from clock`;
  const [fresh] = await two.sql<{ hours: number }[]>`select extract(epoch from shift)::int / 3600 as hours from clock`;
  expect(moved?.hours).toBe(2);
  expect(fresh?.hours).toBe(0);
  await one.close();
  await two.close();
});

test('a private server comes back at the same address after kill -9 and keeps what was committed', async () => {
  const server = await startPrivateServer();
  await server.sql`create table kept (n int)`;
  await server.sql`insert into kept values (1)`;
  const before = server.postmasterPid();
  await server.kill9();
  const refused = await server.sql`select 1`.then(
    () => null,
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(Error);
  await server.restart();
  expect(server.postmasterPid()).not.toBe(before);
  const rows = await server.sql`select n from kept`;
  expect(rows).toHaveLength(1);
  await server.restart();
  expect(await server.sql`select n from kept`).toHaveLength(1);
  await server.close();
});
