/**
 * Which account the embedded PostgreSQL runs under. PostgreSQL refuses uid 0, so root hands it to an unprivileged uid.
 *
 * An existing data folder decides: its owner goes on owning it. A new one goes to `postgres` where that exists, else to a
 * uid of its own that needs no entry in the password file: the server does not look it up. Only initdb does, so initdb
 * runs once under any unprivileged account that has one, and the result changes hands before it holds anything.
 */
import { readFile } from 'node:fs/promises';
import type { EmbeddedHost, RunAs } from './host.ts';
import { StartError } from '../db/start-error.ts';

/** Below 60000, where Debian and systemd hand out uids, and far above the accounts of people. */
const FIRST_DEDICATED_UID = 59432;

export interface Account {
  /** The user id of the server and its files. */
  readonly uid: number;
  readonly gid: number;
  /** How to start the server: null when we are that account already. */
  readonly server: RunAs;
  /** How to run initdb. */
  readonly initdb: RunAs;
}

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
  const helper = entries.find((entry) => entry.name === 'nobody') ?? entries.find((entry) => entry.uid !== 0);
  if (helper === undefined || helper.uid === 0) {
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
  return { ...owner, server: owner, initdb: { uid: helper.uid, gid: helper.gid } };
}
