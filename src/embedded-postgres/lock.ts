/**
 * One running service per DATA_DIR, robust after kill -9: a lock file names its holder and is void when that is gone.
 *
 * The file's name is its content, `service.PID.STARTTICKS.BOOT.lock`, so it appears at once and whole, and a pid that was
 * given out again does not match. Two that start in the same instant both see each other, step back and try again.
 * Does not see across containers: there PostgreSQL's folder itself is locked, see launch.ts.
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTicks } from './processes.ts';
import { errorCode, UnavailableError } from '../db/start-error.ts';

const NAME = /^service\.(\d+)\.(\d+)\.([0-9a-f]*)\.lock$/;

/** A service that has just been told to stop may still hold the lock for a moment. */
const PATIENCE_MS = 2_000;

interface FolderLock {
  release(): Promise<void>;
}

interface Holder {
  readonly pid: number;
  readonly name: string;
}

async function bootId(): Promise<string> {
  const id = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return id.replaceAll(/[^0-9a-f]/g, '').slice(0, 12);
}

async function otherHolders(dataDir: string, own: string, boot: string): Promise<Holder[]> {
  const holders: Holder[] = [];
  for (const name of await readdir(dataDir)) {
    const [, pid = '', ticks, holderBoot] = NAME.exec(name) ?? [];
    if (pid === '' || name === own) {
      continue;
    }
    if (holderBoot === boot && (await startTicks(Number(pid))) === ticks) {
      holders.push({ pid: Number(pid), name });
    } else {
      await rm(join(dataDir, name), { force: true });
    }
  }
  return holders;
}

/** We have the folder ourselves already. Any other trouble is the caller's. */
function existsAlready(error: unknown): false {
  if (errorCode(error) !== 'EEXIST') {
    throw error;
  }
  return false;
}

/**
 * Takes the folder for this process.
 *
 * @param pid our process id
 * @throws UnavailableError when another running service has it
 */
export async function lockFolder(dataDir: string, pid: number): Promise<FolderLock> {
  const boot = await bootId();
  const own = `service.${pid}.${(await startTicks(pid)) ?? '0'}.${boot}.lock`;
  const path = join(dataDir, own);
  const deadlineAt = performance.now() + PATIENCE_MS;
  for (;;) {
    let others = await otherHolders(dataDir, own, boot);
    if (others.length === 0) {
      const isNew = await writeFile(path, '', { flag: 'wx', mode: 0o600 }).then(() => true, existsAlready);
      others = isNew ? await otherHolders(dataDir, own, boot) : [{ pid, name: own }];
      if (others.length === 0) {
        return { release: async () => await rm(path, { force: true }) };
      }
      if (isNew) {
        await rm(path, { force: true });
      }
    }
    if (performance.now() > deadlineAt) {
      throw new UnavailableError(
        `${dataDir} is in use by the service with process id ${others[0]?.pid}: stop it, or set DATA_DIR to another folder`,
      );
    }
    await sleep(50 + Math.random() * 150);
  }
}
