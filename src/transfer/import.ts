/**
 * The import: a file of an export into an empty database, in one transaction.
 *
 * The file is read to its end before the database is touched, so that one that is cut off or altered is reported as such; and once
 * more while it is written, with its digest checked before the commit. The partitions become those of the old database, so that
 * every row lies where it lay. Nodes that start meanwhile wait for the end.
 */
import { ADVISORY_LOCKS } from '../db/advisory-locks.ts';
import type { CopySession, Query } from '../db/copy-session.ts';
import { DURABLY } from '../db/durability.ts';
import { migrate, releaseVersion } from '../db/migrate.ts';
import type { DatabaseAddress } from '../db/target.ts';
import type { OnProgress, TransferSummary } from './export.ts';
import { keepNodesOut, refuseLiving, withTransferSession } from './fence.ts';
import {
  altered,
  type FileFrame,
  type FileHead,
  type Partition,
  readFrames,
  type TableHead,
  TransferError,
} from './format.ts';
import { MOVED_TABLES, OCCUPIED_TABLES, quoted, REFERRING_TABLES, readColumns } from './tables.ts';

export interface ImportOptions {
  readonly address: DatabaseAddress;
  /** Begins to read the file; called twice. */
  readonly open: () => AsyncIterable<Uint8Array>;
  readonly onProgress: OnProgress;
}

/**
 * Reads a file to its end, without a database.
 *
 * @throws TransferError when it is cut off, altered, or not for this release
 */
export async function checkFile(source: AsyncIterable<Uint8Array>, onProgress: OnProgress): Promise<void> {
  let head: FileHead | null = null;
  let table = '';
  let bytes = 0;
  for await (const frame of readFrames(source)) {
    if (frame.kind === 'HEAD') head = frame.head;
    if (frame.kind === 'TABLE') table = frame.table.table;
    if (frame.kind !== 'DATA') continue;
    bytes += frame.bytes.length;
    onProgress(table, bytes);
  }
  // Only after the digest: a head that was altered would be refused for a reason that is not the true one.
  if (head !== null) await refuseOtherSchema(head);
}

/**
 * Migrates the database and fills it. `checkFile` should have been called before.
 *
 * @throws TransferError when it is not empty, a node is alive on it, or the file is not right; nothing of the file stays then
 */
export async function importDatabase(options: ImportOptions): Promise<TransferSummary> {
  const { address, open } = options;
  const frames = readFrames(open());
  try {
    const first = await next(frames);
    if (first.kind !== 'HEAD') throw altered();
    const { head } = first;
    await refuseOtherSchema(head);
    return await withTransferSession(address, async (session) => {
      await refuseUse(session.query);
      const migrated = await migrate(address);
      if (migrated.kind === 'REFUSED') throw new TransferError(migrated.line);
      return fillDatabase(session, { head, frames, onProgress: options.onProgress });
    });
  } finally {
    await frames.return(undefined);
  }
}

interface Reading {
  readonly head: FileHead;
  /** The frames after the head. */
  readonly frames: AsyncGenerator<FileFrame>;
  readonly onProgress: OnProgress;
}

/** The rows of the outbox come along; events that arrive do not happen again. */
const WITHOUT_OUTBOX = "set local backup_mx.is_import = 'yes'";

/** One transaction. */
async function fillDatabase(session: CopySession, { head, frames, onProgress }: Reading): Promise<TransferSummary> {
  const { query } = session;
  await query('begin');
  await query(DURABLY);
  await query(WITHOUT_OUTBOX);
  await query('select pg_advisory_xact_lock($1)', [ADVISORY_LOCKS.MIGRATION]);
  await keepNodesOut(query);
  await refuseOccupied(query);
  await makeRoom(query, head.partitions);
  const filled = await fillTables(session, frames, onProgress);
  await setClockAndSequences(query, head);
  await commit(session);
  // Plans are good from the first statement on. Without, autovacuum does it within minutes.
  await query(`analyze ${MOVED_TABLES.map(quoted).join(', ')}`).catch(() => undefined);
  const { formatVersion, schemaVersion, serviceVersion, exportedAt } = head;
  return { formatVersion, schemaVersion, serviceVersion, exportedAt, ...filled };
}

async function next(frames: AsyncGenerator<FileFrame>): Promise<FileFrame> {
  const { done, value } = await frames.next();
  if (done === true) throw altered();
  return value;
}

async function refuseOtherSchema({ schemaVersion, serviceVersion }: FileHead): Promise<void> {
  const known = await releaseVersion();
  if (schemaVersion === known) return;
  throw new TransferError(
    schemaVersion < known
      ? `the file has schema version ${schemaVersion} and this release ${known}: revert the export (backup-mx export --undo), start this release once on the old database, stop it, and export again`
      : `the file has schema version ${schemaVersion} and this release ${known}: import with release ${serviceVersion} or a newer one`,
  );
}

/** Before a migration changes somebody's database. */
async function refuseUse(query: Query): Promise<void> {
  const [schema] = await query("select to_regclass('schema_requirements') is not null as is_there");
  if (schema?.['is_there'] !== true) return;
  await refuseOccupied(query);
  await refuseLiving(query);
}

async function refuseOccupied(query: Query): Promise<void> {
  for (const table of OCCUPIED_TABLES) {
    // The first tenant is the schema's own.
    const [row] = await query(`select from ${quoted(table)} offset ${table === 'tenants' ? 1 : 0} limit 1`);
    if (row === undefined) continue;
    throw new TransferError(
      `the database is not empty, there are rows in ${table}: import into a new data folder or a new database`,
    );
  }
}

/** Empties what a fresh schema has brought, and makes the partitions of the old database instead of its own. */
async function makeRoom(query: Query, partitions: readonly Partition[]): Promise<void> {
  await query(`truncate ${[...MOVED_TABLES, ...REFERRING_TABLES].map(quoted).join(', ')}`);
  const own = await query(`
    select b.name from pg_class p cross join lateral partition_bounds(p.oid) b
    where p.relkind = 'p' and p.relnamespace = current_schema()::regnamespace`);
  for (const { name } of own) await query(`drop table ${quoted(String(name))}`);
  for (const { parent, name, fromId, toId } of partitions) {
    if (![fromId, toId].every((id) => /^[0-9a-f-]{36}$/.test(id))) throw altered();
    const bounds = `from ('${fromId}') to ('${toId}')`;
    await query(`create table ${quoted(name)} partition of ${quoted(parent)} for values ${bounds}`);
  }
}

async function fillTables(
  session: CopySession,
  frames: AsyncGenerator<FileFrame>,
  onProgress: OnProgress,
): Promise<Pick<TransferSummary, 'rows' | 'bytes' | 'sha256'>> {
  const rows: Record<string, number> = {};
  const missing = new Set<string>(MOVED_TABLES);
  let bytes = 0;
  for (;;) {
    const frame = await next(frames);
    if (frame.kind === 'TABLE') {
      const { table } = frame.table;
      if (!missing.delete(table)) throw altered();
      rows[table] = await fillTable(session, frames, frame.table, (count) => {
        bytes += count;
        onProgress(table, bytes);
      });
    } else if (frame.kind === 'END') {
      const isWhole = Object.keys(frame.rows).every((table) => frame.rows[table] === rows[table]);
      if (missing.size > 0 || !isWhole) throw altered();
    } else if (frame.kind === 'DIGEST') {
      return { rows, bytes, sha256: frame.sha256 };
    }
  }
}

async function fillTable(
  session: CopySession,
  frames: AsyncGenerator<FileFrame>,
  { table, columns }: TableHead,
  onBytes: (count: number) => void,
): Promise<number> {
  const expected = await readColumns(session.query, table);
  if (columns.join() !== expected.join()) throw altered();
  const declared: { rows: number | null } = { rows: null };
  async function* data(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const frame = await next(frames);
      if (frame.kind === 'TABLE_END') {
        declared.rows = frame.rows;
        return;
      }
      if (frame.kind !== 'DATA') throw altered();
      onBytes(frame.bytes.length);
      yield frame.bytes;
    }
  }
  const list = expected.map(quoted).join(', ');
  const written = await session.copyIn(`copy ${quoted(table)} (${list}) from stdin (format binary)`, data());
  if (declared.rows !== written) throw altered();
  return written;
}

async function setClockAndSequences(query: Query, head: FileHead): Promise<void> {
  await query('update clock set shift = $1::interval where shift <> $1::interval', [head.clockShift]);
  // Never back: numbers that were given out here stay given out.
  for (const [name, value] of Object.entries(head.sequences)) {
    await query(
      `select setval(format('%I.%I', schemaname, sequencename)::regclass, greatest($2::bigint, coalesce(last_value, 0)))
       from pg_sequences where schemaname = current_schema() and sequencename = $1 and $2::bigint > 0`,
      [name, value],
    );
  }
}

async function commit(session: CopySession): Promise<void> {
  await session.commit().catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const advice = 'import again: the database refuses as not empty where it was';
    throw new Error(`it is not known whether the import was committed (${reason}); ${advice}`, { cause });
  });
}
