/**
 * A move from one database to another: all of it or nothing, between server versions, and never so that two of them could send.
 *
 * The command and whole services are in test/flow/transfer.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { appendFile, copyFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/db/client.ts';
import { migrate } from '../../src/db/migrate.ts';
import type { DatabaseAddress } from '../../src/db/target.ts';
import { joinNodes, type Nodes } from '../../src/cluster/nodes.ts';
import { exportDatabase, type TransferSummary, undoExport } from '../../src/transfer/export.ts';
import { openExportFile, readExportFile } from '../../src/transfer/file.ts';
import { fileWriter, FORMAT_VERSION } from '../../src/transfer/format.ts';
import { checkFile, importDatabase } from '../../src/transfer/import.ts';
import { TransferError } from '../../src/transfer/format.ts';
import { MOVED_TABLES } from '../../src/transfer/tables.ts';
import { runOrThrow } from '../helpers/child.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { hasPostgres15, makePostgres15, POSTGRES15_BIN } from '../helpers/postgres15.ts';
import { mountSmallDisk, mountTrouble } from '../helpers/small-disk.ts';
import { fillDatabase, fingerprint } from './full-database.ts';

let folder = '';
let source: TestDatabase;
let targets: TestDatabase[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bmx-move-'));
  source = await createTestDatabase();
  await fillDatabase(source.sql);
  await source.database.close();
});

afterAll(async () => {
  await Promise.all([...targets.map((target) => target.close()), source.close()]);
  await rm(folder, { recursive: true });
});

/** Without sessions of ours: a move takes them for a node. */
async function emptyTarget(): Promise<TestDatabase> {
  const target = await createTestDatabase();
  targets.push(target);
  await target.database.close();
  return target;
}

async function ask<T>(address: DatabaseAddress, work: (sql: TestDatabase['sql']) => Promise<T>): Promise<T> {
  const sql = connect(address, { max: 1, applicationName: 'test' });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

const quiet = (): void => undefined;

function joinAs(name: string): Promise<Nodes> {
  return joinNodes({
    address: source.target,
    name,
    version: '0',
    runtime: 'test',
    roles: [],
    isDelivering: false,
    onLost: quiet,
    free: async () => ({ messageCount: 0, tell: quiet }),
    onExpired: quiet,
    findHolders: async () => [],
    onFault: quiet,
  });
}

async function exportTo(
  path: string,
  address: DatabaseAddress,
  onProgress: () => void = quiet,
): Promise<TransferSummary> {
  return exportDatabase({ address, serviceVersion: '0.1.0', target: await openExportFile(path), onProgress });
}

function importFrom(path: string, address: DatabaseAddress): Promise<TransferSummary> {
  return importDatabase({ address, open: () => readExportFile(path), onProgress: quiet });
}

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(TransferError);
  return error instanceof TransferError ? error.message : '';
}

const printOf = (address: DatabaseAddress): Promise<Record<string, string>> => ask(address, fingerprint);

/** One export of the source that the tests of imports share; it is taken back at once. */
let file = '';
beforeAll(async () => {
  file = join(folder, 'source.bmx');
  await exportTo(file, source.target);
  await undoExport(source.target);
});

describe('from one server version to another', () => {
  if (!hasPostgres15) console.log(`SKIPPED: no PostgreSQL 15 in ${POSTGRES15_BIN}: a move is tried on 18 only`);

  test.skipIf(!hasPostgres15)('18 to 15 and back: every row, partition, sequence and the clock', async () => {
    const before = await printOf(source.target);
    for (const table of MOVED_TABLES) expect(before[table]).not.toStartWith('0 in');
    const server = await makePostgres15();
    await server.start();
    const there = await importFrom(file, server.target);
    expect(await printOf(server.target)).toEqual(before);
    expect(there.rows).toMatchObject({ contents: 2, messages: 2, seen_clients: 2 });

    const way = join(folder, 'back.bmx');
    const back = await exportTo(way, server.target);
    expect(back.rows).toEqual(there.rows);
    const target = await emptyTarget();
    await importFrom(way, target.target);
    expect(await printOf(target.target)).toEqual(before);
    // No number is given out twice: claims name epochs.
    const [epoch] = await ask(target.target, (sql) => sql<{ epoch: number }[]>`select nextval('node_epochs') as epoch`);
    expect(epoch?.epoch).toBe(42);
    await server.stop();
  });
});

const trouble = await mountTrouble();
if (trouble !== null) console.log(`SKIPPED: no export to a full disk is tried: ${trouble}`);

describe('an export', () => {
  test('is for the eyes of its owner only, and no other file is written over', async () => {
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    expect(await refusalOf(openExportFile(file))).toContain('is there already');
    const taken = join(folder, 'taken.bmx');
    await writeFile(`${taken}.partial`, 'not ours');
    expect(await refusalOf(openExportFile(taken))).toContain('.partial');
    expect(await readFile(`${taken}.partial`, 'utf8')).toBe('not ours');
  });

  test('is refused while a node is alive, and leaves no file and no mark', async () => {
    const nodes = await joinAs('living.example');
    const path = join(folder, 'living.bmx');
    expect(await refusalOf(exportTo(path, source.target))).toMatch(/a node is running.*living\.example/);
    await nodes.close();
    expect(readdirSync(folder).filter((name) => name.startsWith('living'))).toEqual([]);
    expect(await refusalOf(undoExport(source.target))).toContain('not marked');
  });

  test('of a schema that this release does not know is refused', async () => {
    await ask(
      source.target,
      (sql) => sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('newer', 0)`,
    );
    expect(await refusalOf(exportTo(join(folder, 'newer.bmx'), source.target))).toContain('and this release knows');
    await ask(source.target, (sql) => sql`delete from drizzle.__drizzle_migrations where hash = 'newer'`);
  });

  test('that fails half-way leaves no file and no mark', async () => {
    const path = join(folder, 'half.bmx');
    const before = await printOf(source.target);
    let pieces = 0;
    const failing = exportTo(path, source.target, () => {
      pieces += 1;
      if (pieces === 30) throw new TransferError('stopped');
    });
    expect(await refusalOf(failing)).toBe('stopped');
    expect(readdirSync(folder).filter((name) => name.startsWith('half'))).toEqual([]);
    expect((await migrate(source.target)).kind).toBe('READY');
    expect(await printOf(source.target)).toEqual(before);
  });

  test.skipIf(trouble !== null)('to a disk that is full leaves no file and no mark', async () => {
    const disk = await mkdtemp(join(folder, 'disk-'));
    await mountSmallDisk(disk, 1_000_000);
    expect(await refusalOf(exportTo(join(disk, 'full.bmx'), source.target))).toContain('the disk is full');
    expect(readdirSync(disk)).toEqual([]);
    await runOrThrow('umount', [disk]);
    expect((await migrate(source.target)).kind).toBe('READY');
  });

  test('of a database that another export has in hand waits for its end in vain', async () => {
    const path = join(folder, 'beside.bmx');
    const seconds: string[] = [];
    await exportDatabase({
      address: source.target,
      serviceVersion: '0',
      onProgress: quiet,
      target: {
        write: async () => {
          if (seconds.length === 0) seconds.push(await refusalOf(exportTo(path, source.target)));
        },
        finish: async () => undefined,
        discard: async () => undefined,
      },
    });
    expect(seconds).toEqual([expect.stringContaining('another export or import')]);
    await undoExport(source.target);
    expect(existsSync(path)).toBe(false);
  });

  test('leaves a database on which nobody starts, joins, accepts or claims, until it is taken back', async () => {
    await exportTo(join(folder, 'moved.bmx'), source.target);
    expect(await migrate(source.target)).toMatchObject({
      kind: 'REFUSED',
      line: expect.stringContaining('was exported'),
    });
    expect(await refusalOf(exportTo(join(folder, 'again.bmx'), source.target))).toContain('was exported');
    await ask(source.target, async (sql) => {
      const [row] = await sql<{ minimum: number }[]>`select minimum_version as minimum from schema_requirements`;
      // A release that knows nothing of moves refuses this as well.
      expect(row?.minimum).toBeGreaterThan(1_000_000);
      const late = joinAs('late.example');
      expect(late).rejects.toThrow('was exported');
      await late.catch(quiet);
      for (const statement of [
        'update messages set claimed_by = 1',
        `insert into messages select (json_populate_record(m, '{"id": "018f0000-0000-7000-8000-0000000000ff"}')).* from messages m limit 1`,
      ]) {
        const failing = sql.unsafe(statement).execute();
        expect(failing).rejects.toThrow('messages_moved');
        await failing.catch(quiet);
      }
    });
    await undoExport(source.target);
    expect((await migrate(source.target)).kind).toBe('READY');
    await ask(source.target, (sql) => sql`update messages set claimed_by = claimed_by`);
  });
});

describe('an import', () => {
  test('is refused where there is something already, and where a node is alive', async () => {
    const before = await printOf(source.target);
    expect(await refusalOf(importFrom(file, source.target))).toContain('the database is not empty');
    expect(await printOf(source.target)).toEqual(before);
    const target = await emptyTarget();
    const living = connect(target.target, { max: 1, applicationName: 'backup-mx' });
    await living`select 1`;
    expect(await refusalOf(importFrom(file, target.target))).toMatch(/a node is running.*backup-mx/);
    await living.end({ timeout: 1 });
  });

  test('of a file that is cut off, altered, or not one is refused, and nothing was changed', async () => {
    const target = await emptyTarget();
    const before = await printOf(target.target);
    const size = statSync(file).size;
    for (const [words, spoil] of [
      ['cut off', (path: string) => truncate(path, size - 100)],
      ['altered', (path: string) => appendFile(path, 'x')],
      [
        'altered',
        async (path: string) => {
          const bytes = await readFile(path);
          bytes[size >> 1] = (bytes[size >> 1] ?? 0) ^ 1;
          await writeFile(path, bytes);
        },
      ],
      ['no file of backup-mx export', (path: string) => writeFile(path, 'mail')],
      ['no such file', (path: string) => rm(path)],
    ] as const) {
      const path = join(folder, 'spoilt.bmx');
      await copyFile(file, path);
      await spoil(path);
      expect(await refusalOf(checkFile(readExportFile(path), quiet))).toContain(words);
      // And where only the second reading finds it.
      expect(await refusalOf(importFrom(path, target.target))).toContain(words);
      expect(await printOf(target.target)).toEqual(before);
    }
    await importFrom(file, target.target);
  });

  test('of another schema is refused', async () => {
    for (const [schemaVersion, words] of [
      [1, 'start this release once on the old database'],
      [1000, 'import with release 9.9.9 or a newer one'],
    ] as const) {
      const pieces: Uint8Array[] = [];
      const writer = fileWriter(async (bytes) => void pieces.push(bytes));
      await writer.head({
        formatVersion: FORMAT_VERSION,
        schemaVersion,
        serviceVersion: '9.9.9',
        exportedAt: '',
        clockShift: '',
        sequences: {},
        partitions: [],
      });
      await writer.table({ table: 'messages', columns: [] });
      await writer.data(new Uint8Array(1));
      await writer.tableEnd(0);
      await writer.end({});
      const path = join(folder, 'other.bmx');
      await writeFile(path, Buffer.concat(pieces));
      expect(await refusalOf(checkFile(readExportFile(path), quiet))).toContain(words);
    }
  });
});
