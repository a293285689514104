/**
 * The data folder of the embedded PostgreSQL, `DATA_DIR/postgres`, and the account that owns it: makes the folder, or checks the one
 * that is there.
 *
 * It is made under another name and renamed when initdb is through, so a folder with the right name is always whole. A folder
 * that is not ours to use is refused before anything in it is touched.
 *
 * PostgreSQL refuses uid 0, so root hands it to an unprivileged uid. An existing folder decides: its owner goes on owning it. A new
 * one goes to `postgres` where that exists, else to a uid of its own that needs no entry in the password file: the server does not
 * look it up. Only initdb does, so initdb runs once under any unprivileged account that has one, and the result changes hands
 * before it holds anything.
 */
import { chmod, chown, lstat, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StartError, startTrouble, isPassingTrouble, UnavailableError } from '../db/start-error.ts';
import type { Binaries } from './binaries.ts';
import { type Account, type EmbeddedHost, runCommand } from './host.ts';

/** Below 60000, where Debian and systemd hand out uids, and far above the accounts of people. */
const FIRST_DEDICATED_UID = 59432;

interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

async function readPasswd(path: string): Promise<PasswdEntry[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    return name === undefined || uid === undefined || gid === undefined || uid === ''
      ? []
      : [{ name, uid: Number(uid), gid: Number(gid) }];
  });
}

/**
 * The account for the server.
 *
 * @param folderOwner owner of the existing data folder, null when there is none yet
 * @throws StartError when root has no unprivileged account at hand
 */
export async function chooseAccount(
  host: EmbeddedHost,
  folderOwner: { readonly uid: number; readonly gid: number } | null,
): Promise<Account> {
  if (host.uid !== 0) {
    return { uid: host.uid, gid: host.gid, server: null, initdb: null };
  }
  if (folderOwner !== null && folderOwner.uid !== 0) {
    const owner = { uid: folderOwner.uid, gid: folderOwner.gid };
    return { ...owner, server: owner, initdb: owner };
  }
  const entries = await readPasswd(host.passwdPath);
  const postgres = entries.find((entry) => entry.name === 'postgres' && entry.uid !== 0);
  if (postgres !== undefined) {
    const owner = { uid: postgres.uid, gid: postgres.gid };
    return { ...owner, server: owner, initdb: owner };
  }
  const unprivileged = entries.find((entry) => entry.name === 'nobody') ?? entries.find((entry) => entry.uid !== 0);
  if (unprivileged === undefined || unprivileged.uid === 0) {
    throw new StartError(
      `PostgreSQL does not run as root, and ${host.passwdPath} names no other account: add one (useradd --system postgres), start as an ordinary user, or set DATABASE_URL`,
    );
  }
  const taken = new Set(entries.map((entry) => entry.uid));
  let uid = FIRST_DEDICATED_UID;
  while (taken.has(uid)) {
    uid += 1;
  }
  const owner = { uid, gid: uid };
  return { ...owner, server: owner, initdb: { uid: unprivileged.uid, gid: unprivileged.gid } };
}

/** PostgreSQL's superuser, the only role there is. */
export const DATABASE_USER = 'backup_mx';

interface FolderState {
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
  return new UnavailableError(reason, isPassingTrouble(stderr));
}

function spawnTrouble(code: string): unknown {
  const trouble = startTrouble("PostgreSQL's initdb cannot be started", { code });
  if (trouble instanceof UnavailableError) return trouble;
  return new StartError(`PostgreSQL's initdb cannot be started (${code}): run npm ci again, or set DATABASE_URL`);
}

interface MakeFolderOptions {
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
