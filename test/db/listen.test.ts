/** LISTEN: payloads arrive, and every way of missing one is a reset. */
import { expect, test } from 'bun:test';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { listenTo } from '../../src/db/listen.ts';
import { createTestDatabase, startPrivateServer } from '../helpers/database.ts';

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await sleep(5);
  }
}

test('payloads arrive; after a broken connection there is a reset and they arrive again', async () => {
  const database = await createTestDatabase();
  const { sql } = database;
  const heard: string[] = [];
  let resets = 0;
  const onReset = (): void => void (resets += 1);
  const listener = await listenTo({ sql, channel: 'settings', onPayload: (payload) => heard.push(payload), onReset });
  await sql.notify('settings', 'one');
  await until(() => heard.length === 1);
  expect(resets).toBe(0);
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and query ilike 'listen%'`;
  await until(() => resets === 1);
  await sql.notify('settings', 'two');
  await until(() => heard.length === 2);
  expect(heard).toEqual(['one', 'two']);
  await listener.close();
  await database.close();
});

test('a restart of the server is a reset', async () => {
  const server = await startPrivateServer();
  const heard: string[] = [];
  let resets = 0;
  const onReset = (): void => void (resets += 1);
  const onPayload = (payload: string): void => void heard.push(payload);
  const listener = await listenTo({ sql: server.sql, channel: 'settings', onPayload, onReset });
  await server.kill9();
  // Long enough for attempts that fail.
  await sleep(300);
  await server.restart();
  await until(() => resets > 0);
  await server.sql.notify('settings', 'again');
  await until(() => heard.includes('again'));
  expect(resets).toBeGreaterThan(0);
  await listener.close();
  await server.close();
});

test('a connection that is dead without a sign is a reset at each missed heartbeat', async () => {
  const server = await startPrivateServer();
  const { sql } = server;
  let resets = 0;
  const onReset = (): void => void (resets += 1);
  const listener = await listenTo({ sql, channel: 'settings', onPayload: () => {}, onReset, heartbeatMs: 1000 });
  const [row] = await sql<{ pid: number }[]>`select pid from pg_stat_activity where query ilike 'listen%'`;
  // Of two heartbeats the first has been heard when the second is said.
  let beats = 0;
  const witness = await sql.listen('settings', () => void (beats += 1));
  await until(() => beats === 2);
  expect(resets).toBe(0);
  await witness.unlisten();
  process.kill(row?.pid ?? 0, 'SIGSTOP');
  await until(() => resets >= 3);
  process.kill(row?.pid ?? 0, 'SIGCONT');
  await listener.close();
  await server.close();
});
