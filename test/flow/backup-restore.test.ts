/** Backups of a running service by PostgreSQL's own tools, restored as docs/deploying.md says: held mail is there, and waits. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runOrThrow, until } from '../helpers/child.ts';
import { createDomain, flushDomain, readHeldCount, untilHeld } from '../helpers/domains.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { asServer, makePostgres15, type Postgres15 } from '../helpers/postgres15.ts';
import { startServiceInProcess } from '../helpers/in-process-service.ts';
import type { RunningService } from '../helpers/service.ts';
import { openSession, sendMessage } from '../helpers/smtp-session.ts';
import { hasStandby } from '../helpers/standby.ts';

const DOMAIN = 'kept.example';

if (!hasStandby) console.log('SKIPPED: no pg_dump and pg_basebackup of PostgreSQL 15, so backups are not restored');

describe.skipIf(!hasStandby)('PostgreSQL 15', () => {
  let server: Postgres15;
  let primary: FakePrimary;
  let service: RunningService;

  beforeAll(async () => {
    server = await makePostgres15();
    await server.start();
    primary = await startFakePrimary();
    await primary.stop();
    service = await startServiceInProcess({ env: { DATABASE_URL: server.url } });
    await createDomain(service, DOMAIN, [{ host: primary.host, port: primary.port }]);
  });

  afterAll(async () => {
    await service?.remove();
    await primary?.close();
    await server?.stop();
  });

  const tool = (name: string, ...args: string[]): Promise<unknown> =>
    runOrThrow(...asServer(name, '-h', server.directory, '-U', 'bmx', ...args));

  async function send(to: string): Promise<void> {
    const session = await openSession(service.smtpPort);
    const content = Buffer.from(`Subject: to ${to}\r\n\r\nHello.\r\n`);
    await sendMessage(session, { from: 'sender@elsewhere.example', to: `${to}@${DOMAIN}`, content });
    await session.command('QUIT');
    session.close();
  }

  const received = (): string[] => primary.messages.flatMap(({ recipients }) => recipients.map((one) => one.address));

  test('pg_dump into another database, and pg_basebackup', async () => {
    for (const to of ['first', 'second']) await send(to);
    await untilHeld(service, DOMAIN, 2);
    const [dump, copy, folder] = ['dump', 'copy', 'pg'].map((name) => join(server.directory, name)) as [
      string,
      string,
      string,
    ];
    await tool('pg_dump', '--format=custom', `--file=${dump}`, 'postgres');
    await tool('pg_basebackup', '-D', copy, '-c', 'fast');

    await primary.start();
    await flushDomain(service, DOMAIN);
    await untilHeld(service, DOMAIN, 0);
    expect(await service.stop()).toBe(0);
    await service.remove();
    const sessionCount = primary.sessions.length;

    await tool('createdb', 'restored');
    await tool('pg_restore', '--exit-on-error', '--dbname=restored', dump);
    const url = server.url.replace('/postgres?', '/restored?');
    service = await startServiceInProcess({ env: { DATABASE_URL: url, DELIVERY_HOLD: 'true' } });
    expect(await readHeldCount(service, DOMAIN)).toBe(2);
    await send('meanwhile');
    await flushDomain(service, DOMAIN);
    await untilHeld(service, DOMAIN, 3);
    expect(primary.sessions).toHaveLength(sessionCount);
    expect(await service.stop()).toBe(0);
    await service.remove();

    // What was delivered behind the backup comes again unless it is cancelled: restore.test.ts does that.
    service = await startServiceInProcess({ env: { DATABASE_URL: url } });
    await until('all is delivered', 30_000, () => received().length === 5);
    expect(received().toSorted()).toEqual(
      ['first', 'first', 'meanwhile', 'second', 'second'].map((to) => `${to}@${DOMAIN}`),
    );
    expect(primary.messages.every(({ content }) => content.toString().endsWith('\r\n\r\nHello.\r\n'))).toBe(true);
    expect(await service.stop()).toBe(0);
    await service.remove();

    await server.stop();
    await rm(folder, { recursive: true });
    await rename(copy, folder);
    await server.start();
    service = await startServiceInProcess({ env: { DATABASE_URL: server.url, DELIVERY_HOLD: 'true' } });
    expect(await readHeldCount(service, DOMAIN)).toBe(2);
    expect(received()).toHaveLength(5);
  });
});
