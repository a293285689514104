/** A node's wait for its PostgreSQL: for a server that comes late, not for one that refuses, and not for ever. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { awaitServer } from '../../src/db/server-wait.ts';
import { StartError, UnavailableError } from '../../src/db/start-error.ts';
import { until } from '../helpers/child.ts';
import { type PrivateServer, startPrivateServer } from '../helpers/database.ts';
import { findFreePort } from '../helpers/free-port.ts';

let server: PrivateServer;

beforeAll(async () => {
  server = await startPrivateServer();
});

afterAll(async () => {
  await server.close();
});

test('a server that comes late is waited for, and the reason is told', async () => {
  await server.kill9();
  const reasons: string[] = [];
  const begunAtMs = performance.now();
  let isOver = false;
  const waiting = awaitServer(server.target, { onWait: (reason) => reasons.push(reason) }).finally(() => {
    isOver = true;
  });
  await until('the wait is told of', 30_000, () => reasons.length > 0);
  expect(isOver).toBe(false);
  await server.restart();
  await waiting;
  // Once in five seconds, not at each try.
  expect(reasons.length).toBeLessThanOrEqual(1 + Math.floor((performance.now() - begunAtMs) / 5000));
  expect(reasons[0]).toMatch(/ECONNREFUSED|ENOENT/);
});

test('a server that refuses us is not waited for', async () => {
  const reasons: string[] = [];
  const onWait = (reason: string): number => reasons.push(reason);
  const stranger = awaitServer({ ...server.target, database: 'nowhere' }, { onWait });
  expect(await stranger.catch((error: unknown) => error)).toBeInstanceOf(StartError);
  expect(reasons).toEqual([]);
});

test('a server that does not come is given up, with how long and why', async () => {
  const absent = { host: '127.0.0.1', port: await findFreePort(), database: 'mail', user: 'user' };
  const error = await awaitServer(absent, { onWait: () => undefined, patienceMs: 1200 }).catch(
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(UnavailableError);
  expect(String(error)).toMatch(/^UnavailableError: DATABASE_URL: the server did not answer for \d+ s: .*ECONNREFUSED/);
});
