/**
 * A PostgreSQL 15 of the system, the oldest that DATABASE_URL may name: one cluster, started and stopped as a test wants it.
 *
 * `hasPostgres15` says whether it is there.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { connect } from '../../src/db/client.ts';
import type { DatabaseAddress } from '../../src/db/target.ts';
import { bindToUs, endChild, runOrThrow, until } from './child.ts';
import { makeTempDir } from './database.ts';

export const POSTGRES15_BIN = '/usr/lib/postgresql/15/bin';

export const hasPostgres15 = existsSync(join(POSTGRES15_BIN, 'postgres'));

export interface Postgres15 {
  readonly target: DatabaseAddress;
  /** DATABASE_URL. */
  readonly url: string;
  /** A folder of the server's account. */
  readonly directory: string;
  /** Starts it with settings of the command line: `-c`, `fsync=off`. */
  start(...settings: string[]): Promise<void>;
  /** Stops it, if it runs. */
  stop(): Promise<void>;
}

/** The command as the server's account runs it: PostgreSQL does not run as root. */
export function asServer(program: string, ...args: string[]): [string, string[]] {
  const account = ['--reuid=postgres', '--regid=postgres', '--clear-groups'];
  const path = join(POSTGRES15_BIN, program);
  return process.getuid?.() === 0 ? ['setpriv', [...account, path, ...args]] : [path, args];
}

/** Whether the server takes connections. */
export async function isUp(address: DatabaseAddress): Promise<boolean> {
  const sql = connect(address, { max: 1 });
  const [row] = await sql`select 1 as one`.catch(() => []);
  await sql.end({ timeout: 1 });
  return row !== undefined;
}

/** A folder for clusters, which the server's account owns. */
export async function makeServerDir(): Promise<string> {
  const directory = makeTempDir();
  if (process.getuid?.() === 0) await runOrThrow('chown', ['postgres', directory]);
  return directory;
}

/** Makes a cluster; it does not run yet. */
export async function makePostgres15(): Promise<Postgres15> {
  const directory = await makeServerDir();
  const folder = join(directory, 'pg');
  const target = { host: directory, port: 5432, database: 'postgres', user: 'bmx' };
  await runOrThrow(...asServer('initdb', '-D', folder, '-U', 'bmx', '--auth=trust', '--no-sync'));
  let server: ChildProcess | null = null;
  return {
    target,
    url: `postgres://bmx@localhost/postgres?host=${directory}`,
    directory,
    start: async (...settings) => {
      const options = ['-D', folder, '-k', directory, '-c', 'listen_addresses=', ...settings];
      server = spawn(...asServer('postgres', ...options), { cwd: '/', stdio: 'ignore' });
      bindToUs(server);
      await until('PostgreSQL 15 takes connections', 30_000, () => isUp(target));
    },
    stop: async () => {
      if (server !== null) await endChild(server, 'SIGINT', 10_000);
      server = null;
    },
  };
}
