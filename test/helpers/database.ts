/**
 * Databases for tests: a fresh one per test, with all migrations applied.
 *
 * They are on the server that `npm test` offers to all files of its run (shared-server.ts); a file that is run alone starts such a
 * server with its first database. Other files work on the same server: roles, settings of the server and `pg_stat_activity` are
 * everybody's. Tests that kill or restart PostgreSQL, or change what is everybody's, take a private server.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import process from 'node:process';
import { connect, type Database, openDatabase, type Sql } from '../../src/db/client.ts';
import { type EmbeddedDatabase, startEmbedded } from '../../src/embedded-postgres/embedded.ts';
import { waitForExit } from '../../src/embedded-postgres/launch.ts';
import type { DatabaseAddress } from '../../src/db/target.ts';
import { usePreparedData } from './prepared-data.ts';
import { fillDatabase, HOST, LOG, OFFERED, startSharedServer, TEMPLATE } from './shared-server.ts';
import { makeTempDir, MEMORY } from './temp-dir.ts';

export { makeTempDir };

export interface TestDatabase {
  readonly target: DatabaseAddress;
  /** Pools on it, closed by `close()`. */
  readonly database: Database;
  /** `database.sql`. */
  readonly sql: Sql;
  /** Moves the service's time: `moveClock('2 hours')`. */
  moveClock(interval: string): Promise<void>;
  /** Closes the pools and drops the database, whoever is still connected. */
  close(): Promise<void>;
}

export interface PrivateServer extends TestDatabase {
  readonly dataDir: string;
  readonly embedded: EmbeddedDatabase;
  postmasterPid(): number;
  /** Kills the postmaster with SIGKILL and waits until it is gone. It stays down until `restart()`. */
  kill9(): Promise<void>;
  /** Stops the server if it runs, and starts it at the same address. */
  restart(): Promise<void>;
}

function openTestDatabase(target: DatabaseAddress): Pick<TestDatabase, 'target' | 'database' | 'sql' | 'moveClock'> {
  const database = openDatabase(target, { poolSize: 5, queuePoolSize: 2 });
  return {
    target,
    database,
    sql: database.sql,
    moveClock: async (interval) => {
      await database.sql`update clock set shift = shift + ${interval}::text::interval`;
    },
  };
}

let server: Promise<DatabaseAddress> | null = null;

/** The server of this run: the one that is offered, or our own. */
function sharedServer(): Promise<DatabaseAddress> {
  const offered = process.env[OFFERED];
  server ??=
    offered === undefined
      ? startSharedServer(makeTempDir()).then(({ address }) => address)
      : Promise.resolve(JSON.parse(offered) as DatabaseAddress);
  return server;
}

/** Runs `work` in a session on the maintenance database, for CREATE and DROP DATABASE. */
async function administer(work: (admin: Sql) => Promise<unknown>): Promise<void> {
  const admin = connect(await sharedServer(), { max: 1, settings: { statement_timeout: 0 } });
  try {
    await work(admin);
  } finally {
    await admin.end({ timeout: 5 });
  }
}

/** The address of a fresh, migrated database on the shared server, and what drops it, whoever is still connected. */
export async function createBareDatabase(): Promise<{ target: DatabaseAddress; drop: () => Promise<void> }> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await administer(async (admin) => {
    const [folder] = await admin<{ data_directory: string }[]>`show data_directory`;
    // Copying files is twice as fast in memory, and costs a checkpoint with a flush of each file on a disk.
    const strategy = folder?.data_directory.startsWith(MEMORY) === true ? 'file_copy' : 'wal_log';
    await admin.unsafe(`create database ${name} template ${TEMPLATE} strategy ${strategy}`);
  });
  return {
    target: { ...(await sharedServer()), database: name },
    drop: () => administer((admin) => admin.unsafe(`drop database if exists ${name} with (force)`)),
  };
}

/** DATABASE_URL of a test server. */
export function urlOf({ host, port, database, user }: DatabaseAddress): string {
  const place = host.startsWith('/') ? `localhost/${database}?host=${host}` : `${host}:${port}/${database}`;
  return `postgres://${user}@${place}`;
}

/** A fresh, migrated database on the shared server. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { target, drop } = await createBareDatabase();
  const opened = openTestDatabase(target);
  return {
    ...opened,
    close: async () => {
      await opened.database.close();
      await drop();
    },
  };
}

/** A whole embedded server of its own, with a migrated database. */
export async function startPrivateServer(): Promise<PrivateServer> {
  const dataDir = await usePreparedData(makeTempDir());
  const embedded = await startEmbedded({ dataDir, log: LOG, host: HOST, isRelaunched: false });
  await fillDatabase(embedded.connection);
  const opened = openTestDatabase(embedded.connection);
  const end = async (signal: 'SIGKILL' | 'SIGINT'): Promise<void> => {
    const pid = embedded.postmasterPid();
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    await waitForExit(pid);
  };
  return {
    ...opened,
    dataDir,
    embedded,
    postmasterPid: () => embedded.postmasterPid(),
    kill9: async () => await end('SIGKILL'),
    restart: async () => {
      await end('SIGINT');
      await embedded.relaunch();
    },
    close: async () => {
      await opened.database.close();
      await embedded.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
