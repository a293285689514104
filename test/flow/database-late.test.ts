/** A node whose PostgreSQL is not there yet: it waits, says so and goes on, or gives up after a minute with exit 1 and one line. */
import { afterAll, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { run, until } from '../helpers/child.ts';
import { startPrivateServer } from '../helpers/database.ts';
import { createDomain, readHeldCount } from '../helpers/domains.ts';
import { findFreePort } from '../helpers/free-port.ts';
import { startPointingProxy } from '../helpers/pointing-proxy.ts';
import { makeDataDir, serviceEnvironment, startService } from '../helpers/service.ts';
import { processesNaming } from './settings-traces.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const parent = await makeDataDir();

afterAll(async () => {
  await rm(parent, { recursive: true });
});

test('a server that comes late is waited for', async () => {
  const server = await startPrivateServer();
  const proxy = await startPointingProxy(server.target);
  const { user, database, port } = proxy.target;
  await server.kill9();
  const starting = startService({ env: { DATABASE_URL: `postgres://${user}@127.0.0.1:${port}/${database}` } });
  await until('the service has tried', 30_000, () => proxy.clientCount() > 0);
  await server.restart();
  const service = await starting;
  await createDomain(service, 'late.example', [{ host: '127.0.0.1', port: 1 }]);
  expect(await readHeldCount(service, 'late.example')).toBe(0);
  expect(service.output()).toContain('waiting for PostgreSQL');
  await service.remove();
  await proxy.close();
  await server.close();
});

test.concurrent.each([
  ['nobody listens', (port: number) => `postgres://user:secret-word@127.0.0.1:${port}/mail`],
  ['no such socket', () => 'postgres://user:secret-word@localhost/mail?host=/nowhere'],
  ['no such host', () => 'postgres://user:secret-word@nowhere.invalid/mail'],
])('a minute in which %s is enough', async (name, url) => {
  const DATA_DIR = join(parent, name.replaceAll(' ', '-'));
  await mkdir(DATA_DIR);
  const DATABASE_URL = url(await findFreePort());
  const clock = join(import.meta.dirname, 'fixtures', 'hurried-clock.ts');
  const { code, stdout, stderr } = await run(process.execPath, ['--preload', clock, join(ROOT, 'src', 'main.ts')], {
    env: { ...(await serviceEnvironment(DATA_DIR)), DATABASE_URL },
    timeoutMs: 50_000,
  });
  expect({ code, stderr }).toMatchObject({ code: 1 });
  expect(stderr).toMatch(/^backup-mx: DATABASE_URL: the server did not answer for (?:[4-9]\d|\d{3}) s: [^\n]+\n$/);
  expect(stdout.toString()).toContain('waiting for PostgreSQL');
  expect(stderr + stdout.toString()).not.toContain('secret-word');
  expect(existsSync(join(DATA_DIR, 'operator-token'))).toBe(false);
  expect(processesNaming(DATA_DIR)).toEqual([]);
});
