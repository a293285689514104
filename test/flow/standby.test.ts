/**
 * Failover to a synchronous standby in mid-load, and a standby that does not answer: what was answered 250 is on the standby
 * before the sender hears of it, senders hear 451 meanwhile, and afterwards everything is delivered once.
 */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { connect } from '../../src/db/client.ts';
import { until } from '../helpers/child.ts';
import { createDomain, flushDomain, readHeldCount } from '../helpers/domains.ts';
import { startFakePrimary } from '../helpers/fake-primary.ts';
import { compare, startLoad } from '../helpers/load.ts';
import { hasStandby, type StandbyPair, startStandbyPair } from '../helpers/standby.ts';
import { EXACT, faultsOf, type Scene, startScene, untilPutOff } from './crash-scene.ts';

if (!hasStandby) console.log('SKIPPED: no pg_basebackup of PostgreSQL 15, so nothing fails over to a standby');

const WAITING_DOMAIN = 'waiting.example';

describe.skipIf(!hasStandby)('with a synchronous standby', () => {
  let pair: StandbyPair;
  let scene: Scene | undefined;

  beforeEach(async () => {
    pair = await startStandbyPair();
  });

  afterEach(async () => {
    pair.resumeStandby();
    await scene?.close();
    await pair.close();
  });

  test.each([
    ['one address', 'oneAddress'],
    ['both hosts', 'bothHosts'],
  ] as const)(
    'by %s: kill -9 of the primary in mid-load, the standby promoted: nothing lost, nothing twice',
    async (_what, url) => {
      scene = await startScene({ env: { DATABASE_URL: pair.urls[url] } });
      const { service } = scene;
      const away = await startFakePrimary();
      await away.stop();
      await createDomain(service, WAITING_DOMAIN, [{ host: away.host, port: away.port }]);
      const waiting = startLoad({ port: service.smtpPort, domain: WAITING_DOMAIN, connections: 5, pauseMs: 60 });
      await scene.untilMore(300);
      await until('mail is held', 30_000, () => waiting.accepted.size > 50);

      await pair.killPrimary();
      const { size: heldAtLeast } = waiting.accepted;
      await untilPutOff(scene);
      await pair.promote();
      const promoted = connect(pair.standby, { max: 1 });
      const rows =
        await promoted`select from messages m join destinations d on d.id = m.destination_id where d.name = ${WAITING_DOMAIN}`;
      await promoted.end({ timeout: 1 });
      expect(rows.length).toBeGreaterThanOrEqual(heldAtLeast);
      await scene.untilMore(300);
      await waiting.stop();
      expect(await readHeldCount(service, WAITING_DOMAIN)).toBe(waiting.accepted.size);
      expect(await scene.settle()).toEqual(EXACT);

      await away.start();
      await flushDomain(service, WAITING_DOMAIN);
      await until(
        'what was held is delivered',
        60_000,
        async () => (await readHeldCount(service, WAITING_DOMAIN)) === 0,
      );
      expect(compare(waiting, away.messages)).toEqual(EXACT);
      expect(await faultsOf(service)).toEqual({ counted: [], logged: [] });
      await away.close();
    },
    120_000,
  );

  test.each([
    ['cancelled', 'pg_cancel_backend'],
    ['cut off', 'pg_terminate_backend'],
  ])(
    'a commit that is %s while it waits for the standby is not answered 250',
    async (_what, end) => {
      scene = await startScene({ env: { DATABASE_URL: pair.urls.oneAddress } });
      await scene.untilMore(100);
      await pair.pauseStandby();
      const primary = connect(pair.primary, { max: 1 });
      // Each of them is committed on the primary, and on the primary only.
      for (let ended = 0; ended < 5; ) {
        const rows = await primary`
        select ${primary.unsafe(end)}(pid) from pg_stat_activity
        where application_name = 'backup-mx accept' and wait_event = 'SyncRep'`;
        ended += rows.length;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await primary.end({ timeout: 1 });
      const ids = [...scene.load.accepted.values()];
      const standby = connect(pair.standby, { max: 1 });
      const unknown = async (): Promise<string[]> => {
        const rows = await standby<{ id: string }[]>`
        select transaction_id::text as id from messages union all select transaction_id::text from history`;
        const there = new Set(rows.map(({ id }) => id));
        return ids.filter((id) => !there.has(id));
      };
      // What was received before is replayed within moments.
      await until('the standby has all of it', 30_000, async () => (await unknown()).length === 0);
      await standby.end({ timeout: 1 });
      pair.resumeStandby();
      await scene.untilMore(1);
      expect(await scene.settle()).toEqual(EXACT);
    },
    120_000,
  );
});
