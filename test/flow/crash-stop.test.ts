/**
 * The end by signal, sent to npm as a supervisor does: idle sessions get 421 at once, what is before its final dot is
 * dropped, who waits for the reply to it gets it, the database goes down, exit 0 (RFC 5321 §3.8).
 */
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import process from 'node:process';
import { findServer } from '../../src/embedded-postgres/processes.ts';
import { until } from '../helpers/child.ts';
import { createTestDatabase, startPrivateServer, urlOf } from '../helpers/database.ts';
import { createDomain, readHeldCount, untilHeld } from '../helpers/domains.ts';
import { startFakePrimary } from '../helpers/fake-primary.ts';
import { compare, startLoad } from '../helpers/load.ts';
import { usePreparedData } from '../helpers/prepared-data.ts';
import { makeDataDir, type Service, serviceEnvironment, startService } from '../helpers/service.ts';
import { connectPeer, type SmtpPeer } from '../helpers/smtp-peer.ts';
import { EXACT } from './crash-scene.ts';
import { processesNaming } from './settings-traces.ts';

const NAME = 'stop.example';

async function openPeer(service: Service): Promise<SmtpPeer> {
  const peer = await connectPeer({ host: '127.0.0.1', port: service.smtpPort, timeoutMs: 30_000 });
  expect(await peer.reply()).toStartWith('220');
  expect(await peer.ask('EHLO client.test.example')).toStartWith('250');
  return peer;
}

/** Up to 354. */
async function beginData(peer: SmtpPeer, localPart: string): Promise<void> {
  expect(await peer.ask('MAIL FROM:<sender@elsewhere.example>')).toStartWith('250');
  expect(await peer.ask(`RCPT TO:<${localPart}@${NAME}>`)).toStartWith('250');
  expect(await peer.ask('DATA')).toStartWith('354');
}

test.each(['SIGTERM', 'SIGINT'] as const)('%s to npm, embedded database', async (signal) => {
  const dataDir = await usePreparedData(await makeDataDir());
  const env = await serviceEnvironment(dataDir);
  const service = await startService({ dataDir, env, isThroughNpm: true });
  await createDomain(service, NAME, [{ host: '127.0.0.1', port: 1 }]);
  const idle = await openPeer(service);
  const unfinished = await openPeer(service);
  await beginData(unfinished, 'unfinished');
  await unfinished.write('Subject: half of a message\r\n\r\nand no end\r\n');
  const silent = await connectPeer({ host: '127.0.0.1', port: service.smtpPort });

  process.kill(service.pid, signal);
  const startedAt = performance.now();
  for (const peer of [idle, unfinished]) {
    expect(await peer.reply()).toStartWith('421 4.3.2 ');
    await peer.closed();
  }
  await silent.closed();
  // Nobody waits for a reply, so nobody needs the grace of two minutes.
  await until('the end', 30_000, () => service.hasEnded());
  expect(performance.now() - startedAt).toBeLessThan(20_000);
  expect(await service.stop()).toBe(0);
  expect((await findServer(join(dataDir, 'postgres'))).kind).toBe('NONE');
  await until('nothing of it runs', 30_000, () => processesNaming(dataDir).length === 0);

  const again = await startService({ dataDir, env });
  expect(await readHeldCount(again, NAME)).toBe(0);
  await again.remove();
});

test('who waits for the reply to a final dot gets it; a second signal changes nothing', async () => {
  const database = await createTestDatabase();
  const service = await startService({ env: { DATABASE_URL: urlOf(database.target) }, isThroughNpm: true });
  await createDomain(service, NAME, [{ host: '127.0.0.1', port: 1 }]);
  const waiting = await openPeer(service);
  const idle = await openPeer(service);
  await beginData(waiting, 'waiting');
  let release = (): void => undefined;
  const isHeldUp = Promise.withResolvers<void>();
  // Nobody can store as long as this transaction lasts.
  const holdUp = database.sql.begin(async (transaction) => {
    await transaction`lock table contents in share mode`;
    isHeldUp.resolve();
    await new Promise<void>((resolve) => {
      release = resolve;
    });
  });
  await isHeldUp.promise;
  await waiting.write('Subject: the last one\r\n\r\nhello\r\n.\r\n');
  await until('the message waits for the database', 30_000, async () => {
    const rows = await database.sql`
      select from pg_stat_activity
      where datname = current_database() and application_name = 'backup-mx accept' and wait_event_type = 'Lock'`;
    return rows.length === 1;
  });

  process.kill(service.pid, 'SIGTERM');
  expect(await idle.reply()).toStartWith('421 4.3.2 ');
  process.kill(service.pid, 'SIGTERM');
  process.kill(service.pid, 'SIGINT');
  await idle.closed();
  expect(service.hasEnded()).toBe(false);
  release();
  await holdUp;
  expect(await waiting.reply()).toStartWith('250 2.0.0 accepted as ');
  expect(await waiting.reply()).toStartWith('421 4.3.2 ');
  await until('the end', 30_000, () => service.hasEnded());
  expect(await service.stop()).toBe(0);
  expect(await database.sql`select from messages`).toHaveLength(1);
  await service.remove();
  await database.close();
});

test('in the middle of delivering: the next life goes on, nothing comes twice', async () => {
  const database = await createTestDatabase();
  const env = { DATABASE_URL: urlOf(database.target) };
  // It takes some, and no more before the end has been asked for.
  const isEnding = Promise.withResolvers<void>();
  const primary = await startFakePrimary({
    modes: { dotGate: async () => (taken() > 20 ? isEnding.promise : undefined) },
  });
  const taken = (): number => primary.messages.length;
  const service = await startService({ env });
  await createDomain(service, NAME, [{ host: primary.host, port: primary.port }]);
  const load = startLoad({ port: service.smtpPort, domain: NAME, connections: 10, mostMessages: 200 });
  await until('all is accepted', 30_000, () => load.accepted.size === 200);
  await load.stop();
  await primary.waitFor(() => taken() > 20, 'the middle');
  const idle = await openPeer(service);
  const stopped = service.stop();
  expect(await idle.reply()).toStartWith('421 4.3.2 ');
  isEnding.resolve();
  expect(await stopped).toBe(0);
  expect(taken()).toBeLessThan(200);

  primary.setMode('plain');
  const again = await startService({ env });
  await untilHeld(again, NAME, 0);
  expect(compare(load, primary.messages)).toEqual(EXACT);
  await again.remove();
  await primary.close();
  await database.close();
});

test('while the database is away', async () => {
  const server = await startPrivateServer();
  const service = await startService({ env: { DATABASE_URL: urlOf(server.target) } });
  const idle = await openPeer(service);
  await server.kill9();
  process.kill(service.pid, 'SIGTERM');
  expect(await idle.reply()).toStartWith('421 4.3.2 ');
  await until('the end', 30_000, () => service.hasEnded());
  expect(await service.stop()).toBe(0);
  await service.remove();
  await server.close();
});
