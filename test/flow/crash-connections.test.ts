/**
 * A database that is restarted cleanly, and connections to it that break one by one, while mail is accepted and delivered:
 * nothing lost, and nothing twice, since neither sender nor primary loses a reply.
 */
import { expect, test } from 'bun:test';
import { createTestDatabase, startPrivateServer, urlOf } from '../helpers/database.ts';
import { EXACT, startScene } from './crash-scene.ts';

test('three restarts of the database', async () => {
  const server = await startPrivateServer();
  const scene = await startScene({ env: { DATABASE_URL: urlOf(server.target) } });
  try {
    for (let round = 0; round < 3; round += 1) {
      await scene.untilMore(300);
      await server.restart();
    }
    await scene.untilMore(1);
    expect(await scene.settle()).toEqual(EXACT);
  } finally {
    await scene.close();
    await server.close();
  }
}, 120_000);

test('twenty broken connections', async () => {
  const database = await createTestDatabase();
  const scene = await startScene({ env: { DATABASE_URL: urlOf(database.target) } });
  try {
    let cut = 0;
    while (cut < 20) {
      await scene.untilMore(40);
      // Whatever is in the middle of a statement or a transaction, of any pool; two at a time.
      const gone = await database.sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name like 'backup-mx%' and pid <> pg_backend_pid() and state <> 'idle'
        order by random() limit 2`;
      cut += gone.length;
    }
    await scene.untilMore(1);
    expect(await scene.settle()).toEqual(EXACT);
  } finally {
    await scene.close();
    await database.close();
  }
}, 120_000);
