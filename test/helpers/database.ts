/**
 * Databases for tests: a fresh one per test, with all migrations applied, on one embedded server per test process.
 *
 * The server starts with the first database and goes with the process. Tests that kill or restart PostgreSQL take a private one.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type Database, openDatabase, type Sql } from '../../src/db/client.ts';
import { type EmbeddedDatabase, startEmbedded } from '../../src/embedded-postgres/embedded.ts';
import { waitForExit } from '../../src/embedded-postgres/launch.ts';
import { migrate } from '../../src/db/migrate.ts';
import type { DatabaseAddress } from '../../src/db/target.ts';

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

const LOG = {
  info: (): void => {},
  warn: (message: string): void => console.error(`embedded PostgreSQL: ${message}`),
};

/** The test machine runs several servers at once. */
const HOST = { memoryBytes: 1024 * 1024 * 1024 };

/**
 * Reads directories from its input; when that ends, with the test process, waits for their servers and removes them. What
 * does this is nobody's child, because the runner kills the children of a test process that runs beside others; the child
 * only stays, because the runtime closes the pipe of one that has ended.
 */
const CLEANER = `exec 3<&0
( { while read -r d; do set -- "$@" "$d"; done
for d in "$@"; do
  i=0
  while [ -e "$d/postgres/postmaster.pid" ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done
  rm -rf "$d"
done; } <&3 3<&- & )
exec 3<&- 0<&-
while kill -0 $PPID; do sleep 1; done`;

let cleaner: ChildProcess | null = null;

/**
 * A new directory that every account may enter. A process of its own removes it after the test process, because the runner
 * calls no exit handlers and may be killed.
 */
export function makeTempDir(): string {
  const directory = mkdtempSync(join(tmpdir(), 'bmx-test-'));
  chmodSync(directory, 0o755);
  if (cleaner === null) {
    cleaner = spawn('/bin/sh', ['-c', CLEANER], { cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    cleaner.unref();
  }
  cleaner.stdin?.write(`${directory}\n`);
  return directory;
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

async function migrateOrThrow(target: DatabaseAddress): Promise<void> {
  const result = await migrate(target);
  if (result.kind === 'REFUSED') {
    throw new Error(result.line);
  }
}

interface SharedServer {
  readonly address: DatabaseAddress;
  /** On the maintenance database, for CREATE and DROP DATABASE. */
  readonly admin: Sql;
}

const TEMPLATE = 'template_bmx';

async function startShared(): Promise<SharedServer> {
  const dataDir = makeTempDir();
  const embedded = await startEmbedded({ dataDir, log: LOG, host: HOST });
  const { database: admin } = openTestDatabase({ ...embedded.connection, database: 'postgres' });
  await admin.sql.unsafe(`create database ${TEMPLATE}`);
  await migrateOrThrow({ ...embedded.connection, database: TEMPLATE });
  return { address: embedded.connection, admin: admin.sql };
}

let shared: Promise<SharedServer> | null = null;
let databaseCount = 0;

/** A fresh, migrated database on the shared server. */
export async function createTestDatabase(): Promise<TestDatabase> {
  shared ??= startShared();
  const { address, admin } = await shared;
  databaseCount += 1;
  const name = `test_${databaseCount}`;
  await admin.unsafe(`create database ${name} template ${TEMPLATE}`);
  const opened = openTestDatabase({ ...address, database: name });
  return {
    ...opened,
    close: async () => {
      await opened.database.close();
      await admin.unsafe(`drop database if exists ${name} with (force)`);
    },
  };
}

/** A whole embedded server of its own, with a migrated database. */
export async function startPrivateServer(): Promise<PrivateServer> {
  const dataDir = makeTempDir();
  const embedded = await startEmbedded({ dataDir, log: LOG, host: HOST, isRelaunched: false });
  await migrateOrThrow(embedded.connection);
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
