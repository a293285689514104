/** A mark waits for no disk and no standby; settling does. Shown with a standby that has stopped, since nothing else makes a commit wait for sure. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { connect, type Sql } from '../../src/db/client.ts';
import { migrate } from '../../src/db/migrate.ts';
import { newId } from '../../src/mail/id.ts';
import { insertMark } from '../../src/queue/marks.ts';
import { until } from '../helpers/child.ts';
import { makeDestination } from '../helpers/mail.ts';
import { hasStandby, type StandbyPair, startStandbyPair } from '../helpers/standby.ts';

describe.skipIf(!hasStandby)('beside a standby that does not answer', () => {
  let pair: StandbyPair;
  let sql: Sql;
  let watcher: Sql;

  beforeAll(async () => {
    pair = await startStandbyPair();
    await migrate(pair.primary);
    sql = connect(pair.primary, { max: 2 });
    watcher = connect(pair.primary, { max: 1 });
  });
  afterAll(async () => {
    pair?.resumeStandby();
    await sql?.end({ timeout: 5 });
    await watcher?.end({ timeout: 5 });
    await pair?.close();
  });

  test('a mark is made at once, and an ordinary commit waits', async () => {
    const destinationId = await makeDestination(sql, 'marks.test');
    await pair.pauseStandby();

    const mark = await insertMark(sql, { destinationId, holder: { node: 1, epoch: 1 } }, []);
    const marked = await watcher<{ id: string }[]>`select id from delivery_marks`;
    expect(marked.map(({ id }) => id)).toEqual([mark]);

    let hasCommitted = false;
    const other = newId();
    const commit = sql`
      insert into delivery_marks (epoch, destination_id, id, node, deliveries)
      values (1, ${destinationId}, ${other}, 1, '[]')`.then(() => {
      hasCommitted = true;
    });
    await until('the commit waits for the standby', 30_000, async () => {
      const waiting = await watcher`select from pg_stat_activity where wait_event = 'SyncRep'`;
      return waiting.length === 1;
    });
    expect(hasCommitted).toBe(false);
    pair.resumeStandby();
    await commit;
    expect(hasCommitted).toBe(true);
  });
});
