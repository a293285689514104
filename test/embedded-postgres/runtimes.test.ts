/** The launcher on every runtime, as root and as an ordinary user, through the ends a service comes to. */
import { describe, expect, test } from 'bun:test';
import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../src/db/client.ts';
import { waitForExit } from '../../src/embedded-postgres/launch.ts';
import { makeTempDir } from '../helpers/database.ts';
import { copyProject, ordinaryUser, RUNTIMES, type Service, startService } from '../db/fixtures/service.ts';
import { makePreparedDir } from './prepared-folder.ts';

const isRoot = process.getuid?.() === 0;
const project = copyProject(RUNTIMES);
const user = ordinaryUser();

function processGroup(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
}

function effectiveUid(pid: number): number {
  return Number(/^Uid:\s+\d+\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

async function answers(host: string): Promise<boolean> {
  const sql = connect({ host, port: 5432, database: 'backup_mx', user: 'backup_mx' }, { max: 1 });
  const rows = await sql`select 1`.catch(() => []);
  await sql.end({ timeout: 1 });
  return rows.length === 1;
}

async function ready(service: Service): Promise<{ pid: number; host: string }> {
  const line = await service.until('ready');
  expect(service.lines.find((candidate) => candidate.event === 'failed')?.message).toBeUndefined();
  return { pid: line?.pid ?? 0, host: line?.host ?? '' };
}

function openDataDir(): string {
  const directory = makeTempDir();
  chmodSync(directory, 0o777);
  return directory;
}

for (const runtime of RUNTIMES) {
  describe(runtime, () => {
    test('starts, keeps the server out of its process group, stops it on SIGTERM', async () => {
      const dataDir = openDataDir();
      const service = startService({ dataDir, runtime, project });
      const { pid, host } = await ready(service);
      expect(await answers(host)).toBe(true);
      expect(effectiveUid(pid)).not.toBe(0);
      expect(processGroup(pid)).toBe(pid);
      // What Ctrl-C does: the signal goes to the whole group.
      process.kill(-(service.process.pid ?? 0), 'SIGINT');
      await service.until('SIGINT');
      expect(await answers(host)).toBe(true);
      service.process.kill('SIGTERM');
      expect((await service.until('stopped'))?.event).toBe('stopped');
      await service.exited;
      expect(existsSync(`/proc/${pid}/exe`)).toBe(false);
      expect(existsSync(host)).toBe(false);
      expect(readdirSync(dataDir)).toEqual(['postgres']);
    });

    test('the server goes when the service is killed with -9, and the next start finds what was committed', async () => {
      const dataDir = await makePreparedDir();
      const first = startService({ dataDir, runtime, project });
      const { pid, host } = await ready(first);
      const sql = connect({ host, port: 5432, database: 'backup_mx', user: 'backup_mx' }, { max: 1 });
      await sql`create table kept (n int)`;
      await sql`insert into kept values (1)`;
      await sql.end();
      first.process.kill('SIGKILL');
      await first.exited;
      // At once: the watchdog may not have acted yet.
      const second = startService({ dataDir, runtime, project });
      const again = await ready(second);
      expect(again.pid).not.toBe(pid);
      const check = connect({ host: again.host, port: 5432, database: 'backup_mx', user: 'backup_mx' }, { max: 1 });
      expect(await check`select n from kept`).toHaveLength(1);
      await check.end();
      second.process.kill('SIGKILL');
      await waitForExit(again.pid);
      while (existsSync(again.host)) {
        await sleep(20);
      }
    });

    test.skipIf(user === null)('runs as an ordinary user', async () => {
      const dataDir = openDataDir();
      const service = startService({ dataDir, runtime, project, ...(user === null ? {} : { as: user }) });
      const { pid } = await ready(service);
      expect(effectiveUid(pid)).toBe(user?.uid ?? -1);
      service.process.stdin.end();
      expect(await service.exited).toBe(0);
    });
  });
}

if (!isRoot) {
  console.log('SKIPPED: as an ordinary user only that way of running is tested, not as root');
}

test.skipIf(!isRoot)('a uid without an entry in the password file gets one clear line', async () => {
  const service = startService({ dataDir: openDataDir(), project, as: { uid: 54321, gid: 54321 } });
  const line = await service.until('failed');
  expect(line?.isStartError).toBe(true);
  expect(line?.message).toContain('needs an entry for uid 54321 in /etc/passwd');
  expect(line?.message).not.toContain('\n');
  expect(await service.exited).toBe(2);
});
