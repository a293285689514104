/**
 * The data folder on a file system that fills up in mid-load: senders hear 452 or 451 and never 5yz, nothing that was answered
 * 250 is lost, and once there is room again accepting and delivering come back by themselves. MIN_FREE_BYTES acts first.
 */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { chmod, mkdtemp, open, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/db/client.ts';
import { findServer } from '../../src/embedded-postgres/processes.ts';
import { socketConnection } from '../../src/embedded-postgres/socket.ts';
import { runOrThrow, until } from '../helpers/child.ts';
import { usePreparedData } from '../helpers/prepared-data.ts';
import { connectPeer } from '../helpers/smtp-peer.ts';
import { mountSmallDisk, mountTrouble } from '../helpers/small-disk.ts';
import { EXACT, type Scene, startScene, untilPutOff } from './crash-scene.ts';

const MIB = 1024 * 1024;
const SIZE_BYTES = 320 * MIB;
const WATERMARK_BYTES = 64 * MIB;

const trouble = await mountTrouble();
if (trouble !== null) console.log(`SKIPPED: no full disk is tried: ${trouble}`);

describe.skipIf(trouble !== null)('a disk that fills up in mid-load', () => {
  let mountPoint = '';
  const ballast = (): string => join(mountPoint, 'ballast');

  beforeEach(async () => {
    mountPoint = await mkdtemp(join(tmpdir(), 'bmx-disk-'));
    await mountSmallDisk(mountPoint, SIZE_BYTES);
    await chmod(mountPoint, 0o755);
  });

  afterEach(async () => {
    await runOrThrow('umount', [mountPoint]);
    await rm(mountPoint, { recursive: true });
  });

  const freeBytes = async (): Promise<number> => {
    const { bavail, bsize } = await statfs(mountPoint);
    return bavail * bsize;
  };

  /** Writes until so many bytes are left; with 0, until the system says that there is no room. */
  const fill = async (leftBytes: number): Promise<void> => {
    const file = await open(ballast(), 'a');
    try {
      while (true) {
        const bytes = Math.min(MIB, leftBytes === 0 ? MIB : (await freeBytes()) - leftBytes);
        if (bytes <= 0) return;
        await file.write(new Uint8Array(bytes));
      }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    } finally {
      await file.close();
    }
  };

  const start = async (minFreeBytes: number): Promise<Scene> => {
    const dataDir = await usePreparedData(join(mountPoint, 'data'));
    return startScene({ dataDir, env: { MIN_FREE_BYTES: String(minFreeBytes) } });
  };

  test('below MIN_FREE_BYTES it is 452, before the database is hurt', async () => {
    const scene = await start(WATERMARK_BYTES);
    try {
      await scene.untilMore(50);
      await fill(WATERMARK_BYTES / 2);
      const peer = await connectPeer({ host: '127.0.0.1', port: scene.service.smtpPort });
      await peer.reply();
      await peer.ask('EHLO probe.test.example');
      await until('452 at MAIL', 30_000, async () => {
        const reply = await peer.ask('MAIL FROM:<probe@elsewhere.example>');
        await peer.ask('RSET');
        return /^452 4\.3\.1 .* BMX-STORE /.test(reply);
      });
      peer.destroy();
      const accepted = scene.load.accepted.size;
      const refused = scene.load.refusalCount();
      await until('senders hear it', 30_000, () => scene.load.refusalCount() > refused + 50);
      // Those who had begun before were still stored.
      expect(scene.load.accepted.size).toBeLessThanOrEqual(accepted + 20);
      await rm(ballast());
      await scene.untilMore(50);
      expect(await scene.settle()).toEqual(EXACT);
      expect([...scene.load.refusals.keys()].filter((reply) => !reply.startsWith('452 '))).toEqual([]);
      expect(scene.service.output()).not.toContain('PANIC');
    } finally {
      await scene.close();
    }
  }, 120_000);

  test('with not a byte left', async () => {
    const scene = await start(0);
    try {
      for (let round = 0; round < 2; round += 1) {
        await scene.untilMore(100);
        const refused = scene.load.refusalCount();
        await until('senders are put off', 60_000, async () => {
          await fill(0);
          return scene.load.refusalCount() > refused + 20;
        });
        await rm(ballast());
      }
      await scene.untilMore(50);
      expect(await scene.settle()).toEqual(EXACT);
    } finally {
      await scene.close();
    }
  }, 120_000);

  test('so that the database dies for want of a log, and cannot start', async () => {
    const scene = await start(0);
    try {
      await scene.untilMore(100);
      await fill(0);
      await endLogSegments(join(scene.service.dataDir, 'postgres'), () => fill(0));
      await untilPutOff(scene);
      await until('it was tried to start it again', 60_000, () => /does not start/.test(scene.service.output()));
      await rm(ballast());
      await scene.untilMore(100);
      expect(await scene.settle()).toEqual(EXACT);
    } finally {
      await scene.close();
    }
  }, 120_000);
});

/** Has the server begin one log segment after the other until it finds no room for the next, and dies. */
async function endLogSegments(folder: string, fill: () => Promise<void>): Promise<void> {
  const found = await findServer(folder);
  if (found.kind !== 'LIVE') throw new Error('there is no database');
  const sql = connect(socketConnection(found.socketDir, found.port), { max: 1 });
  await until('the database dies', 60_000, async () => {
    await fill();
    await sql`select pg_logical_emit_message(true, 'test', 'something'), pg_switch_wal()`.catch(() => undefined);
    const now = await findServer(folder);
    return now.kind !== 'LIVE' || now.pid !== found.pid || now.status !== 'ready';
  });
  await sql.end({ timeout: 1 });
}
