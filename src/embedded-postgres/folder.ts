/**
 * The data folder of the embedded PostgreSQL, `DATA_DIR/postgres`: makes it, or checks the one that is there.
 *
 * It is made under another name and renamed when initdb is through, so a folder with the right name is always whole. A folder
 * that is not ours to use is refused before anything in it is touched.
 */
import { chmod, chown, lstat, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { runCommand } from './host.ts';
import { StartError, startTrouble, tellsPassingTrouble, UnavailableError } from '../db/start-error.ts';

/** PostgreSQL's superuser, the only role there is. */
export const DATABASE_USER = 'backup_mx';

export interface FolderState {
  readonly owner: { readonly uid: number; readonly gid: number };
  /** PostgreSQL's major version, as written by initdb. */
  readonly major: number;
}

/**
 * The state of `folder`: null when there is nothing yet.
 *
 * @throws StartError when it is something else than a PostgreSQL data folder, or another account's
 */
export async function inspectFolder(folder: string, uid: number): Promise<FolderState | null> {
  const stats = await lstat(folder).catch(() => null);
  if (stats === null) {
    return null;
  }
  if (uid !== 0 && stats.uid !== uid) {
    throw new StartError(
      `${folder} belongs to uid ${stats.uid} and this process runs as uid ${uid}: start as uid ${stats.uid} or as root, or set DATA_DIR to another folder`,
    );
  }
  const major = Number(await readFile(join(folder, 'PG_VERSION'), 'utf8').catch(() => Number.NaN));
  if (!Number.isInteger(major)) {
    if (stats.isDirectory() && (await readdir(folder)).length === 0) {
      return null;
    }
    throw new StartError(`${folder} is not a PostgreSQL data folder: set DATA_DIR to another folder`);
  }
  return { owner: { uid: stats.uid, gid: stats.gid }, major };
}

/** @throws StartError when the folder is of another major version than the binaries */
export function checkMajor(folder: string, folderMajor: number, binariesMajor: number): void {
  if (folderMajor !== binariesMajor) {
    throw new StartError(
      `${folder} was made by PostgreSQL ${folderMajor} and this release brings PostgreSQL ${binariesMajor}: move the data with pg_upgrade or pg_dump, or start the release that made it, or set DATA_DIR to another folder`,
    );
  }
}

/** Gives a folder and all in it to the account, with PostgreSQL's mode 0700 on top. */
export async function giveFolder(
  folder: string,
  { uid, gid }: { readonly uid: number; readonly gid: number },
): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) {
      await chown(join(entry.parentPath, entry.name), uid, gid);
    }
  }
  await chown(folder, uid, gid);
  await chmod(folder, 0o700);
}

function initdbTrouble(stderr: string, uid: number): Error {
  const line = stderr.split('\n').find((text) => text.includes('error:')) ?? stderr.trim().split('\n').at(-1) ?? '';
  if (/could not look up effective user ID/.test(stderr)) {
    return new StartError(
      `PostgreSQL's initdb needs an entry for uid ${uid} in /etc/passwd: add one (useradd --system --uid ${uid} backup-mx), start as another user, or set DATABASE_URL`,
    );
  }
  const reason = `the embedded PostgreSQL cannot make its data folder: ${line.replace(/^.*?error: /, '')}`;
  return new UnavailableError(reason, tellsPassingTrouble(stderr));
}

function spawnTrouble(code: string): unknown {
  const trouble = startTrouble("PostgreSQL's initdb cannot be started", { code });
  if (trouble instanceof UnavailableError) return trouble;
  return new StartError(`PostgreSQL's initdb cannot be started (${code}): run npm ci again, or set DATABASE_URL`);
}

export interface MakeFolderOptions {
  readonly dataDir: string;
  readonly folder: string;
  readonly account: Account;
  readonly binaries: Binaries;
}

/** @throws StartError or UnavailableError when initdb fails */
export async function makeFolder({ dataDir, folder, account, binaries }: MakeFolderOptions): Promise<void> {
  const unfinished = join(dataDir, 'postgres.unfinished');
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  if (account.initdb !== null) {
    await chown(unfinished, account.initdb.uid, account.initdb.gid);
  }
  const directory = await open(unfinished, 'r');
  try {
    // Through the descriptor, because the account may be unable to reach the path.
    const options = ['--encoding=UTF8', '--locale=C.UTF-8', '--auth=trust', '--data-checksums', '-U', DATABASE_USER];
    const result = await runCommand({
      file: binaries.initdb,
      args: ['-D', '/proc/self/fd/3', ...options],
      as: account.initdb,
      env: binaries.env,
      directoryFd: directory.fd,
    });
    if (result.code !== 0) {
      await rm(unfinished, { recursive: true, force: true });
      throw result.spawnError === null
        ? initdbTrouble(result.stderr, account.initdb?.uid ?? account.uid)
        : spawnTrouble(result.spawnError);
    }
  } finally {
    await directory.close();
  }
  if (account.server !== null) {
    await giveFolder(unfinished, account.server);
  }
  await rename(unfinished, folder);
  const parent = await open(dataDir, 'r');
  await parent.sync();
  await parent.close();
}
