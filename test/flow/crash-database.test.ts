/**
 * kill -9 of the database in mid-load, again and again, embedded and by DATABASE_URL: what was answered 250 is there, senders
 * hear 451 or 452 meanwhile and never 5yz, and both accepting and delivering come back by themselves.
 */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import process from 'node:process';
import { join } from 'node:path';
import { findServer } from '../../src/db/embedded-postmaster.ts';
import { until } from '../helpers/child.ts';
import { type PrivateServer, startPrivateServer } from '../helpers/database.ts';
import { createDomain, flushDomain, readHeldCount } from '../helpers/domains.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { compare, type Load, startLoad } from '../helpers/load.ts';
import { type Service, startService } from '../helpers/service.ts';
import { connectPeer } from '../helpers/smtp-peer.ts';

const ROUNDS = 5;
const DOMAIN = 'crash.example';

let primary: FakePrimary;

beforeEach(async () => {
  primary = await startFakePrimary();
});

afterEach(async () => {
  await primary.close();
});

async function untilMore(load: Load, most: number): Promise<void> {
  const wanted = load.accepted.size + 1 + Math.floor(Math.random() * most);
  await until('more messages are accepted', 60_000, () => load.accepted.size >= wanted);
}

/** The load's own senders may all be waiting for the reply to a final dot. */
async function untilPutOff(service: Service): Promise<void> {
  const peer = await connectPeer({ host: '127.0.0.1', port: service.smtpPort });
  await peer.reply();
  await peer.ask('EHLO probe.test.example');
  await until('senders are put off', 20_000, async () => {
    const reply = await peer.ask('MAIL FROM:<probe@elsewhere.example>');
    await peer.ask('RSET');
    return /^45[12] /.test(reply);
  });
  peer.destroy();
}

/** Ends the load, sees everything delivered, and holds it against what the senders heard. */
async function settle(service: Service, load: Load): Promise<void> {
  await load.stop();
  await primary.start();
  const started = performance.now();
  await until('all is delivered', 10_000, async () => (await readHeldCount(service, DOMAIN)) === 0).catch(async () =>
    console.log('stuck', await readHeldCount(service, DOMAIN)),
  );
  await flushDomain(service, DOMAIN);
  await until('all is delivered', 60_000, async () => (await readHeldCount(service, DOMAIN)) === 0);
  const ledger = compare(load, primary.messages);
  console.log(
    load.accepted.size,
    load.unanswered.size,
    [...load.refusals],
    ledger.repeated.length,
    performance.now() - started,
  );
  expect(ledger).toMatchObject({ lost: [], surplus: [], altered: [] });
  expect([...load.refusals.keys()].filter((reply) => !/^45[12] 4\.3\.[01] /.test(reply))).toEqual([]);
  expect(service.hasEnded()).toBe(false);
}

describe(`${ROUNDS} times kill -9 of the database in mid-load`, () => {
  test('embedded: the service starts it again', async () => {
    const service = await startService();
    const folder = join(service.dataDir, 'postgres');
    await createDomain(service, DOMAIN, [{ host: primary.host, port: primary.port }]);
    const load = startLoad({ port: service.smtpPort, domain: DOMAIN, connections: 20 });
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        await untilMore(load, 300);
        const before = await findServer(folder);
        if (before.kind !== 'LIVE') throw new Error('there is no database');
        process.kill(before.pid, 'SIGKILL');
        await until('another database runs', 60_000, async () => {
          const now = await findServer(folder);
          return now.kind === 'LIVE' && now.pid !== before.pid && now.status === 'ready';
        });
      }
      await untilMore(load, 1);
      await settle(service, load);
    } finally {
      await load.stop();
      await service.remove();
    }
  }, 180_000);

  test('by DATABASE_URL: down until somebody starts it again', async () => {
    const server: PrivateServer = await startPrivateServer();
    const { host, user, database } = server.target;
    const service = await startService({
      env: { DATABASE_URL: `postgres://${user}@localhost/${database}?host=${host}` },
    });
    await createDomain(service, DOMAIN, [{ host: primary.host, port: primary.port }]);
    const load = startLoad({ port: service.smtpPort, domain: DOMAIN, connections: 20 });
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        await untilMore(load, 300);
        await server.kill9();
        if (round % 2 === 0) await untilPutOff(service);
        await server.restart();
      }
      await untilMore(load, 1);
      await settle(service, load);
    } finally {
      await load.stop();
      await service.remove();
      await server.close();
    }
  }, 180_000);
});
