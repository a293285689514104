/**
 * kill -9 of the service in mid-load, again and again: whatever was answered 250 is there, and at most one copy for each dot
 * that was never answered (RFC 5321 §6.1). The embedded database goes down with its dead service and comes up with the next.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findServer, startTicks } from '../../src/embedded-postgres/processes.ts';
import { until } from '../helpers/child.ts';
import { createDomain, flushDomain, readHeldCount } from '../helpers/domains.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { compare, startLoad } from '../helpers/load.ts';
import { usePreparedData } from '../helpers/prepared-data.ts';
import { makeDataDir, type Service, serviceEnvironment, startService } from '../helpers/service.ts';

const ROUNDS = 6;
const DOMAIN = 'crash.example';

let dataDir = '';
let primary: FakePrimary;

beforeAll(async () => {
  dataDir = await usePreparedData(await makeDataDir());
  primary = await startFakePrimary();
});

afterAll(async () => {
  await primary.close();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
});

/** Of a child of nobody, or a zombie that nobody reaps. */
async function isGone(pid: number): Promise<boolean> {
  return (await startTicks(pid)) === null;
}

test(`${ROUNDS} times kill -9 of the service in mid-load loses nothing that was answered 250`, async () => {
  const folder = join(dataDir, 'postgres');
  // The same ports in every life, so that the senders find the service again.
  const env = await serviceEnvironment(dataDir);
  const start = (): Promise<Service> => startService({ dataDir, env });
  let service = await start();
  await createDomain(service, DOMAIN, [{ host: primary.host, port: primary.port }]);
  const load = startLoad({ port: service.smtpPort, domain: DOMAIN, connections: 20, pauseMs: 20 });
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      // At a random instant, half of the time in the middle of delivering, half while the primary is away.
      const isUp = round % 2 === 0;
      await (isUp ? primary.start() : primary.stop());
      if (isUp) await flushDomain(service, DOMAIN);
      const wanted = load.accepted.size + 1 + Math.floor(Math.random() * 300);
      const delivered = primary.messages.length;
      const postmaster = await findServer(folder);
      if (postmaster.kind !== 'LIVE') throw new Error('there is no database');
      // With dots that wait for their reply: it is them that a kill leaves open.
      await until('the next kill is due', 60_000, () => {
        const isInDelivery = !isUp || primary.messages.length > delivered;
        return load.accepted.size >= wanted && isInDelivery && load.awaitedCount() > 0;
      });
      await service.kill9();
      // Half of the time the next service comes so soon that the old database still runs.
      if (round % 3 === 0) await until('the watchdog has stopped the database', 30_000, () => isGone(postmaster.pid));
      service = await start();
      expect(await isGone(postmaster.pid)).toBe(true);
    }
    await load.stop();
    await primary.start();
    await flushDomain(service, DOMAIN);
    await until('all is delivered', 60_000, async () => (await readHeldCount(service, DOMAIN)) === 0);
    const { repeated, ...ledger } = compare(load, primary.messages);
    expect(ledger).toEqual({ lost: [], surplus: [], altered: [] });
    // What twenty sessions had in hand, and a group of outcomes that was being recorded.
    expect(repeated.length).toBeLessThan(ROUNDS * (20 + 100));
    expect(load.unanswered.size).toBeGreaterThan(0);
    expect([...load.refusals.keys()].filter((reply) => !/^4[25]1 /.test(reply))).toEqual([]);
  } finally {
    await load.stop();
    await service.remove();
  }
}, 180_000);
