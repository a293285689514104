/**
 * The embedded server's only address: a Unix socket in a directory that no one else may enter, with trust inside it.
 *
 * Not in DATA_DIR, whose path may be too long for a socket's and whose file system may know none.
 */
import { Buffer } from 'node:buffer';
import { chmod, chown, mkdir, mkdtemp, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import { DATABASE_USER } from './folder.ts';
import { type Account, canEnter, type EmbeddedHost } from './host.ts';
import { errorCode, StartError, startTrouble, UnavailableError } from '../db/start-error.ts';

const DATABASE_NAME = 'backup_mx';

/** `sockaddr_un` holds 107 bytes and a NUL. */
const SOCKET_PATH_BYTES = 107;

export interface EmbeddedConnection {
  /** The directory of the Unix socket. */
  readonly host: string;
  /** Only a part of the socket's name. */
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/** Our database at a socket. */
export function socketConnection(socketDir: string, port: number): EmbeddedConnection {
  return { host: socketDir, port, database: DATABASE_NAME, user: DATABASE_USER };
}

/**
 * A new directory for the socket that only the server's account may enter.
 *
 * @throws StartError when there is no place for one, UnavailableError when there is none now
 */
export async function makeSocketDir(host: EmbeddedHost, account: Account): Promise<string> {
  let passing: UnavailableError | null = null;
  for (const root of host.socketRoots) {
    const made = await mkdtemp(join(root, 'backup-mx-')).catch((error: unknown) => {
      const trouble = startTrouble(`no directory for the database's socket in ${root}`, error);
      if (trouble instanceof UnavailableError) passing ??= trouble;
      return null;
    });
    if (made === null) {
      continue;
    }
    const isShort = Buffer.byteLength(join(made, '.s.PGSQL.5432')) <= SOCKET_PATH_BYTES;
    await setOwner(made, account);
    if (isShort && (await canEnter(made, account.server))) {
      return made;
    }
    await rmdir(made);
  }
  if (passing !== null) throw passing as UnavailableError;
  throw new StartError(
    `no directory for the database's socket: none of ${host.socketRoots.join(', ')} is writable, short enough and open to uid ${account.uid}: set TMPDIR`,
  );
}

/** Asks the server, and creates our database where it is missing. False: it does not take connections, or no longer. */
export async function ensureDatabase({ host, port, user }: EmbeddedConnection): Promise<boolean> {
  const sql = postgres({
    host,
    port,
    user,
    database: 'postgres',
    max: 1,
    connect_timeout: 10,
    fetch_types: false,
    onnotice: () => {},
  });
  try {
    const [row] = await sql`select 1 from pg_database where datname = ${DATABASE_NAME}`;
    if (row === undefined) {
      await sql.unsafe(`create database ${DATABASE_NAME}`);
    }
    return true;
  } catch (error) {
    if (
      ['57P03', '57P01', 'ECONNREFUSED', 'ENOENT', 'CONNECTION_CLOSED', 'CONNECT_TIMEOUT'].includes(errorCode(error))
    ) {
      return false;
    }
    throw error;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function setOwner(directory: string, { server, uid, gid }: Account): Promise<void> {
  await chmod(directory, 0o700);
  if (server !== null) {
    await chown(directory, uid, gid);
  }
}

async function removeSocket(directory: string, port: number): Promise<void> {
  await rm(join(directory, `.s.PGSQL.${port}`), { force: true });
  await rm(join(directory, `.s.PGSQL.${port}.lock`), { force: true });
}

/**
 * Readies a dead server's address for its successor: the directory is there again, where something cleared the temp directory,
 * and the socket's lock file is not, because its number may be a zombie's, which PostgreSQL takes for alive. Nothing else is
 * touched: the directory of a server that we took over may be anybody's.
 */
export async function clearAddress({ host, port }: EmbeddedConnection, account: Account): Promise<void> {
  if ((await mkdir(host, { mode: 0o700, recursive: true })) !== undefined) {
    await setOwner(host, account);
  }
  await removeSocket(host, port);
}

/** Removes what a dead server left of its socket, and the directory, unless something else is in it. */
export async function removeAddress({ host, port }: EmbeddedConnection): Promise<void> {
  await removeSocket(host, port);
  await rmdir(host).catch(() => {});
}
