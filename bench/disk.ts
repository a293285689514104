/**
 * `disk`: what 50,000 held messages of 10 KB take on disk, and what is left of them when they have been delivered.
 *
 * Sent by SMTP to the service with its embedded database while the primary is down; then the primary comes back and takes
 * all. Sizes are those of the database's files, indexes and TOAST included; the write-ahead log is told apart.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../test/helpers/child.ts';
import { flushDomain, readHeldCount } from '../test/helpers/domains.ts';
import { findFreePort } from '../test/helpers/free-port.ts';
import { openDatabase } from './database.ts';
import { makeContent, senderName } from './load.ts';
import type { Report } from './report.ts';
import { DOMAIN, makeBenchFolder, RECIPIENT, runOurs, startOurs } from './sides.ts';
import { startSink } from './sink.ts';

const MESSAGES = 50_000;
const SIZE_BYTES = 10_240;
const GIGABYTE = 1e9;
const DELIVERED_WITHIN_MS = 300_000;

interface Sizes {
  readonly contents: number;
  readonly queue: number;
  readonly record: number;
  readonly whole: number;
  readonly wal: number;
}

async function folderBytes(path: string): Promise<number> {
  const names = await readdir(path, { recursive: true });
  const sizes = await Promise.all(names.map((name) => stat(join(path, name)).catch(() => null)));
  return sizes.reduce((sum, file) => sum + (file?.isFile() === true ? file.size : 0), 0);
}

async function readSizes(dataDir: string): Promise<Sizes> {
  const { sql } = await openDatabase(dataDir);
  try {
    await sql.unsafe('vacuum analyze');
    await sql.unsafe('checkpoint');
    const [row] = await sql<{ contents: string; queue: string; record: string; whole: string }[]>`
      select coalesce(sum(bytes) filter (where name ~ '^contents_'), 0)::text as contents,
        coalesce(sum(bytes) filter (where name in ('messages', 'recipients', 'queue_delta', 'reports_due')), 0)::text as queue,
        coalesce(sum(bytes) filter (where name ~ '^(attempts|history|events)_'), 0)::text as record,
        pg_database_size(current_database())::text as whole
      from (select relname as name, pg_total_relation_size(oid) as bytes from pg_class where relkind = 'r') as tables`;
    const wal = await folderBytes(join(dataDir, 'postgres', 'pg_wal'));
    return {
      contents: Number(row?.contents),
      queue: Number(row?.queue),
      record: Number(row?.record),
      whole: Number(row?.whole),
      wal,
    };
  } finally {
    await sql.end();
  }
}

/** One run: sizes do not scatter. */
export async function runDisk(): Promise<Report> {
  const folder = await makeBenchFolder();
  const port = await findFreePort();
  const service = await startOurs(folder.path, { primaryPort: port });
  try {
    const content = await makeContent(`${folder.path}/content`, SIZE_BYTES);
    const empty = await readSizes(service.dataDir);
    await runOurs(service, { messages: MESSAGES, sessions: 20, isKept: true, content, recipient: RECIPIENT });
    const held = await readSizes(service.dataDir);
    const sink = await startSink(port);
    try {
      await flushDomain(service, DOMAIN);
      await until('nothing is held', DELIVERED_WITHIN_MS, async () => (await readHeldCount(service, DOMAIN)) === 0);
    } finally {
      await sink.stop();
    }
    const delivered = await readSizes(service.dataDir);
    return report(empty, held, delivered);
  } finally {
    await service.remove();
    await folder.remove();
  }
}

function report(empty: Sizes, held: Sizes, delivered: Sizes): Report {
  const part = (name: keyof Sizes): string[] => {
    const bytes = (sizes: Sizes) => sizes[name] - empty[name];
    return [
      name,
      (bytes(held) / MESSAGES).toFixed(0),
      ((bytes(held) / MESSAGES) * (1e6 / GIGABYTE)).toFixed(2),
      (bytes(delivered) / MESSAGES).toFixed(0),
    ];
  };
  return {
    head: ['files', 'held, bytes a message', 'held, GB a million', 'delivered, bytes a message'],
    rows: (['contents', 'queue', 'record', 'whole'] as const).map(part),
    verdicts: [],
    notes: [
      `${MESSAGES} messages of ${SIZE_BYTES} bytes sent by ${senderName()}; contents: what is free in today's file goes to later mail, and to the disk when its day is dropped`,
      `write-ahead log: ${(held.wal / GIGABYTE).toFixed(2)} GB while held, ${(delivered.wal / GIGABYTE).toFixed(2)} GB after delivery; it stays below 4 GB and a checkpoint's worth`,
    ],
  };
}
