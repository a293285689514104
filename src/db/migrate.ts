/**
 * Brings the schema up to date: the numbered SQL files of `drizzle/`, each once, in one transaction, under an advisory lock.
 *
 * Any number of nodes may start at once on an empty database: one migrates, the others wait. The tables that are changed are locked
 * before the first change (migration-locks.ts); a wait for other sessions' locks is short, and all is then tried again, so that a
 * migration never holds up the accepting of mail for long, and no node of the release before runs into a deadlock with it.
 * A database that is ahead of this release is accepted, because migrations only ever add, unless one of them has written down
 * in `schema_requirements` that it needs newer nodes.
 */
import { ADVISORY_LOCKS } from './advisory-locks.ts';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as runMigrations } from 'drizzle-orm/postgres-js/migrator';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { connect, type Sql, type TransactionSql } from './client.ts';
import type { Query } from './copy-session.ts';
import { lockTablesOf } from './migration-locks.ts';
import { MOVED, MOVED_LINE } from './moved.ts';
import { type DatabaseTarget, resolveTarget } from './target.ts';

/** How long a statement of a migration may queue for a lock: later statements, such as accepting mail, wait as long. */
const LOCK_TIMEOUT_MS = 2_000;

const DEFAULT_PATIENCE_MS = 120_000;

export interface MigrateOptions {
  readonly migrationsFolder?: string;
  /** How long to go on trying while others hold locks that a migration needs. Default two minutes. */
  readonly patienceMs?: number;
}

export type MigrateResult =
  | {
      readonly kind: 'READY';
      /** Migrations this release knows: its schema version. */
      readonly version: number;
      /** How many this call applied. */
      readonly appliedCount: number;
    }
  /** One line for the operator. */
  | { readonly kind: 'REFUSED'; readonly line: string };

const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../drizzle', import.meta.url));

function sqlState(error: unknown): string | null {
  if (!(error instanceof Error)) {
    return null;
  }
  return 'code' in error && typeof error.code === 'string' ? error.code : sqlState(error.cause);
}

/** Migrations that this release knows: its schema version. */
export async function releaseVersion(migrationsFolder: string = MIGRATIONS_FOLDER): Promise<number> {
  const journal = JSON.parse(await readFile(join(migrationsFolder, 'meta', '_journal.json'), 'utf8')) as {
    readonly entries: readonly unknown[];
  };
  return journal.entries.length;
}

/** How many migrations the database has; 0 when it has no schema. */
export async function countApplied(query: Query): Promise<number> {
  const [table] = await query("select to_regclass('drizzle.__drizzle_migrations') is not null as is_there");
  if (table?.['is_there'] !== true) return 0;
  const [row] = await query('select count(*)::integer as count from drizzle.__drizzle_migrations');
  return Number(row?.['count']);
}

/** The lowest schema version that may work with this database. */
async function minimumVersion(sql: Sql): Promise<number> {
  const [table] = await sql`select to_regclass('schema_requirements') is not null as "isThere"`;
  if (table?.['isThere'] !== true) {
    return 0;
  }
  const [row] = await sql<
    { minimum: number | null }[]
  >`select max(minimum_version) as minimum from schema_requirements`;
  return row?.minimum ?? 0;
}

/** The statements of the migrations that the database does not have. */
async function readPending(query: Query, migrationsFolder: string): Promise<readonly string[]> {
  const [row] =
    (await countApplied(query)) === 0
      ? []
      : await query('select max(created_at) as last from drizzle.__drizzle_migrations');
  const last = Number(row?.['last'] ?? Number.NEGATIVE_INFINITY);
  return readMigrationFiles({ migrationsFolder }).flatMap(({ folderMillis, sql }) => (folderMillis > last ? sql : []));
}

/** For drizzle, which has no hook before its first change: the client, whose transactions begin with the locks. */
function lockingClient(sql: Sql, pending: readonly string[]): Sql {
  const contended: string[] = [];
  const begin = (work: (transaction: TransactionSql) => unknown) =>
    sql.begin(async (transaction) => {
      await lockTablesOf(transaction, pending, contended);
      await transaction.unsafe(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
      return await work(transaction);
    });
  return new Proxy(sql, {
    get: (target, property) => (property === 'begin' ? begin : (Reflect.get(target, property) as unknown)),
  });
}

async function applyPatiently(sql: Sql, migrationsFolder: string, patienceMs: number): Promise<boolean> {
  const pending = await readPending(async (text) => await sql.unsafe(text), migrationsFolder);
  const db = drizzle(lockingClient(sql, pending));
  const deadlineAt = performance.now() + patienceMs;
  for (;;) {
    try {
      await runMigrations(db, { migrationsFolder });
      return true;
    } catch (error) {
      // 55P03: lock_not_available. 57014: query_canceled, by the time for all locks. 40P01: deadlock_detected.
      if (!['55P03', '57014', '40P01'].includes(sqlState(error) ?? '')) {
        throw error;
      }
      if (performance.now() > deadlineAt) {
        return false;
      }
      await sleep(250 + Math.random() * 500);
    }
  }
}

/**
 * Migrates the database, or says why this release cannot work with it.
 *
 * @throws when the connection is lost or a migration has a fault; nothing of a failed migration stays
 */
export async function migrate(target: DatabaseTarget, options: MigrateOptions = {}): Promise<MigrateResult> {
  const migrationsFolder = options.migrationsFolder ?? MIGRATIONS_FOLDER;
  const version = await releaseVersion(migrationsFolder);
  // One connection and no more: the advisory lock belongs to its session.
  const sql = connect(resolveTarget(target), {
    max: 1,
    applicationName: 'backup-mx migrate',
    // It waits for another node that migrates, and changes tables as large as they are.
    settings: { statement_timeout: 0 },
  });
  try {
    await sql`select pg_advisory_lock(${ADVISORY_LOCKS.MIGRATION})`;
    const query: Query = async (text) => await sql.unsafe(text);
    const before = await countApplied(query);
    const required = await minimumVersion(sql);
    if (required >= MOVED) return { kind: 'REFUSED', line: MOVED_LINE };
    if (required > version) {
      return {
        kind: 'REFUSED',
        line: `the database needs schema version ${required} and this release knows ${version}: start a newer release`,
      };
    }
    await sql.unsafe(`set lock_timeout = ${LOCK_TIMEOUT_MS}`);
    if (!(await applyPatiently(sql, migrationsFolder, options.patienceMs ?? DEFAULT_PATIENCE_MS))) {
      return {
        kind: 'REFUSED',
        line: 'the schema cannot be migrated because other sessions hold locks: end long transactions on this database and start again',
      };
    }
    return { kind: 'READY', version, appliedCount: (await countApplied(query)) - before };
  } finally {
    await sql.end({ timeout: 5 });
  }
}
