/**
 * The export: all moved tables of a database, as one snapshot saw them, in one stream.
 *
 * The mark is set before the first byte is written, so there is no moment in which a whole file and a database that may be
 * started both exist. A failure discards what was written and then removes the mark; a process that is killed leaves the mark, and
 * `undoExport` removes it.
 */
import type { CopySession } from '../db/copy-session.ts';
import { countApplied, releaseVersion } from '../db/migrate.ts';
import type { DatabaseAddress } from '../db/target.ts';
import { closeForNodes, openForNodes, withTransferSession } from './fence.ts';
import { type FileHead, fileWriter, FORMAT_VERSION, type Partition, TransferError } from './format.ts';
import { MOVED_TABLES, quoted, readColumns } from './tables.ts';

/** How far a move has come, after each piece: the table, and the bytes of rows so far. */
export type OnProgress = (table: string, bytes: number) => void;

/** The target of an export. */
export interface ExportTarget {
  /** Resolves when it is ready for more; called in order. */
  write(bytes: Uint8Array): Promise<void>;
  /** Makes what was written safe and whole. The export is not done before. */
  finish(): Promise<void>;
  /** Nothing of it may be left. */
  discard(): Promise<void>;
}

export interface ExportOptions {
  readonly address: DatabaseAddress;
  readonly serviceVersion: string;
  readonly target: ExportTarget;
  readonly onProgress: OnProgress;
}

export interface TransferSummary {
  readonly formatVersion: number;
  readonly schemaVersion: number;
  readonly serviceVersion: string;
  /** RFC 3339, by the clock of the database. */
  readonly exportedAt: string;
  /** Table → rows. */
  readonly rows: Readonly<Record<string, number>>;
  /** Bytes of rows. */
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/**
 * Exports the database and marks it as moved.
 *
 * @throws TransferError when a node is alive, the schema is not this release's, or it was exported before
 */
export async function exportDatabase(options: ExportOptions): Promise<TransferSummary> {
  const { address, target } = options;
  const database = { isMarked: false };
  try {
    return await withTransferSession(address, async (session) => {
      await refuseOtherSchema(session);
      await closeForNodes(session);
      database.isMarked = true;
      const summary = await writeAll(session, options);
      await target.finish();
      return summary;
    });
  } catch (error) {
    await target.discard();
    if (database.isMarked) await reopen(address, error);
    throw error;
  }
}

/**
 * Lets the service start on a database that was exported.
 *
 * @throws TransferError when it was not
 */
export async function undoExport(address: DatabaseAddress): Promise<void> {
  await withTransferSession(address, async (session) => {
    if ((await countApplied(session.query)) === 0) throw new TransferError('this database has no schema of backup-mx');
    await openForNodes(session);
  });
}

async function reopen(address: DatabaseAddress, cause: unknown): Promise<void> {
  await undoExport(address).catch(() => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const advice = 'The database is still marked as exported: revert that with backup-mx export --undo';
    throw new Error(`${reason}. ${advice}`, { cause });
  });
}

async function refuseOtherSchema(session: CopySession): Promise<void> {
  const [known, applied] = [await releaseVersion(), await countApplied(session.query)];
  if (applied === known) return;
  if (applied === 0) throw new TransferError('there is nothing to export: this database has no schema of backup-mx');
  throw new TransferError(
    applied < known
      ? `the database has schema version ${applied} and this release exports version ${known}: start the service of this release once on it, stop it, and export then`
      : `the database has schema version ${applied} and this release knows ${known}: export with the release that ran on it`,
  );
}

async function writeAll(session: CopySession, options: ExportOptions): Promise<TransferSummary> {
  const { serviceVersion, target, onProgress } = options;
  await session.query('begin isolation level repeatable read read only');
  const writer = fileWriter((piece) => target.write(piece));
  const head = await readHead(session, serviceVersion);
  await writer.head(head);
  const rows: Record<string, number> = {};
  let bytes = 0;
  for (const table of MOVED_TABLES) {
    const columns = await readColumns(session.query, table);
    await writer.table({ table, columns });
    // A partitioned table has no COPY of its own, so the rows of all are selected.
    const select = `select ${columns.map(quoted).join(', ')} from ${quoted(table)}`;
    const count = await session.copyOut(`copy (${select}) to stdout (format binary)`, async (piece) => {
      await writer.data(piece);
      bytes += piece.length;
      onProgress(table, bytes);
    });
    rows[table] = count;
    await writer.tableEnd(count);
  }
  const sha256 = await writer.end(rows);
  const { formatVersion, schemaVersion, exportedAt } = head;
  return { formatVersion, schemaVersion, serviceVersion, exportedAt, rows, bytes, sha256 };
}

async function readHead(session: CopySession, serviceVersion: string): Promise<FileHead> {
  const [row] = await session.query(`
    select to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at, (select shift::text from clock) as shift`);
  const sequences = await session.query(`
    select sequencename as name, coalesce(last_value, 0)::text as value
    from pg_sequences where schemaname = current_schema() order by sequencename`);
  const partitions = await session.query(`
    select p.relname as parent, b.name, b.from_id as "fromId", b.to_id as "toId"
    from pg_class p cross join lateral partition_bounds(p.oid) b
    where p.relkind = 'p' and p.relnamespace = current_schema()::regnamespace order by p.relname, b.from_id`);
  return {
    formatVersion: FORMAT_VERSION,
    schemaVersion: await countApplied(session.query),
    serviceVersion,
    exportedAt: String(row?.['at']),
    clockShift: String(row?.['shift']),
    sequences: Object.fromEntries(sequences.map(({ name, value }) => [String(name), Number(value)])),
    partitions: partitions as unknown as readonly Partition[],
  };
}
