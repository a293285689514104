/**
 * kill -9 of the database in mid-load, again and again, embedded and by DATABASE_URL: what was answered 250 is there, senders
 * hear 451 or 452 meanwhile and never 5yz, and both accepting and delivering come back by themselves. Since neither sender
 * nor primary ever loses a reply, nothing comes twice.
 */
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import process from 'node:process';
import { findServer } from '../../src/embedded-postgres/processes.ts';
import { until } from '../helpers/child.ts';
import { startPrivateServer, urlOf } from '../helpers/database.ts';
import { EXACT, faultsOf, startScene, untilPutOff } from './crash-scene.ts';

const ROUNDS = 5;

test(`embedded, ${ROUNDS} times kill -9: the service starts it again`, async () => {
  const scene = await startScene();
  const folder = join(scene.service.dataDir, 'postgres');
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      await scene.untilMore(300);
      const before = await findServer(folder);
      if (before.kind !== 'LIVE') throw new Error('there is no database');
      process.kill(before.pid, 'SIGKILL');
      await until('another database runs', 60_000, async () => {
        const now = await findServer(folder);
        return now.kind === 'LIVE' && now.pid !== before.pid && now.status === 'ready';
      });
    }
    await scene.untilMore(1);
    expect(await scene.settle()).toEqual(EXACT);
    expect(await faultsOf(scene.service)).toEqual({ counted: [], logged: [] });
  } finally {
    await scene.close();
  }
}, 180_000);

test(`by DATABASE_URL, ${ROUNDS} times kill -9: down until somebody starts it again`, async () => {
  const server = await startPrivateServer();
  const scene = await startScene({ env: { DATABASE_URL: urlOf(server.target) } });
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      await scene.untilMore(300);
      await server.kill9();
      if (round % 2 === 0) await untilPutOff(scene);
      await server.restart();
    }
    await scene.untilMore(1);
    expect(await scene.settle()).toEqual(EXACT);
    expect(await faultsOf(scene.service)).toEqual({ counted: [], logged: [] });
  } finally {
    await scene.close();
    await server.close();
  }
}, 180_000);
