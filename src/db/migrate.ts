/**
 * Brings the schema up to date: the numbered SQL files of `drizzle/`, each once, in one transaction, under an advisory lock.
 *
 * Any number of nodes may start at once on an empty database: one migrates, the others wait. The tables that are changed are locked
 * before the first change; a wait for other sessions' locks is short, and all is then tried again, so that a
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
import { MOVED, MOVED_LINE } from './moved.ts';
import { type DatabaseTarget, resolveTarget } from './target.ts';
import { monotonicMs } from '../clock.ts';

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

/** The share of `deadlock_timeout` (1 s by default) for which all tables together may be waited for. */
const SHARE_OF_DEADLOCK_TIMEOUT = 0.5;

/**
 * Locks the tables that exist and that the statements name: all before the first change, and within less time than PostgreSQL takes
 * to look for deadlocks. A migration changes tables one after the other, and nodes of the release before use them in another order:
 * each would hold what the other wants, and after `deadlock_timeout` the server would end one of both, as a rule the node's work.
 * So a migration waits for tables only while it holds none for long, and releases all if it does not get them in time.
 *
 * @param contended the tables that earlier tries did not get, which come first; this try adds its own. So the order becomes that
 *   of the sessions that use the tables meanwhile.
 * @throws SQLSTATE 55P03 or 57014 when they are not all free in time
 */
export async function lockTablesOf(
  transaction: TransactionSql,
  statements: readonly string[],
  contended: string[],
): Promise<void> {
  const words = [
    ...new Set(
      statements
        .join('\n')
        .replace(/--.*$/gm, '')
        .match(/[a-z_][a-z0-9_]*/gi),
    ),
  ];
  // Partitions come with their parents.
  const tables = await transaction<{ name: string }[]>`
    select c.relname as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname = any(${words}::text[])
    order by array_position(${contended}::text[], c.relname::text), c.oid`;
  const [row] = await transaction<{ ms: number }[]>`
    select extract(epoch from current_setting('deadlock_timeout')::interval)::float8 * 1000 as ms`;
  const deadlineAt = monotonicMs() + (row?.ms ?? 1000) * SHARE_OF_DEADLOCK_TIMEOUT;
  for (const { name } of tables) {
    // Zero would be no limit.
    const leftMs = Math.max(1, Math.floor(deadlineAt - monotonicMs()));
    // The first is for each of its partitions, the second for all of them.
    await transaction.unsafe(`set local lock_timeout = ${leftMs}; set local statement_timeout = ${leftMs}`);
    try {
      await transaction`lock table ${transaction(name)} in access exclusive mode`;
    } catch (error) {
      contended.splice(0, contended.length, name, ...contended.filter((other) => other !== name));
      throw error;
    }
  }
  await transaction`set local statement_timeout = 0`;
}
