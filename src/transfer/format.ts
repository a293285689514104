/**
 * The file of a move: a signature, frames, and a SHA-256 of all that stands before it.
 *
 * A frame is a letter, a length of four bytes, and its content: `H` the head (JSON), `T` a table begins (JSON), `D` bytes of its
 * binary COPY, `E` it ends (JSON), `Z` the end with the rows of each table (JSON), `S` the digest. Writing and reading take one
 * piece at a time. Reading refuses whatever is not in this order, is cut off, continues after the digest, or has another one.
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

/** Grows when a reader of the one before could not read it. */
export const FORMAT_VERSION = 1;

const SIGNATURE = Buffer.from('backup-mx export\r\n\x1a\n', 'latin1');
const HEAD_BYTES = 5;
const DIGEST_BYTES = 32;
/** The maximum of a frame: far above a piece of COPY and the partitions of a thousand days. */
const MOST_FRAME_BYTES = 1_048_576;

export interface FileHead {
  readonly formatVersion: number;
  /** Migrations that the tables have. */
  readonly schemaVersion: number;
  readonly serviceVersion: string;
  /** RFC 3339, by the database's clock. */
  readonly exportedAt: string;
  /** How far bmx_now() was moved, as PostgreSQL writes an interval. Other than zero in tests and drills only. */
  readonly clockShift: string;
  /** Sequence → its last value. */
  readonly sequences: Readonly<Record<string, number>>;
  readonly partitions: readonly Partition[];
}

export interface Partition {
  readonly parent: string;
  readonly name: string;
  readonly fromId: string;
  readonly toId: string;
}

export interface TableHead {
  readonly table: string;
  readonly columns: readonly string[];
}

export type FileFrame =
  | { readonly kind: 'HEAD'; readonly head: FileHead }
  | { readonly kind: 'TABLE'; readonly table: TableHead }
  | { readonly kind: 'DATA'; readonly bytes: Uint8Array }
  | { readonly kind: 'TABLE_END'; readonly rows: number }
  | { readonly kind: 'END'; readonly rows: Readonly<Record<string, number>> }
  /** All is read and true. */
  | { readonly kind: 'DIGEST'; readonly sha256: string };

const LETTERS = { HEAD: 'H', TABLE: 'T', DATA: 'D', TABLE_END: 'E', END: 'Z', DIGEST: 'S' } as const;
type Kind = keyof typeof LETTERS;
const KINDS = new Map(Object.entries(LETTERS).map(([kind, letter]) => [letter.charCodeAt(0), kind as Kind]));

/** The kinds that may follow each kind: a file in another order was altered. */
const NEXT: Readonly<Record<Kind | 'NOTHING', readonly Kind[]>> = {
  NOTHING: ['HEAD'],
  HEAD: ['TABLE'],
  TABLE: ['DATA'],
  DATA: ['DATA', 'TABLE_END'],
  TABLE_END: ['TABLE', 'END'],
  END: ['DIGEST'],
  DIGEST: [],
};

/** @param write resolves when it is ready for more */
export function fileWriter(write: (bytes: Uint8Array) => Promise<void>) {
  const hash = createHash('sha256');
  let isBegun = false;
  const put = async (bytes: Uint8Array) => {
    hash.update(bytes);
    await write(bytes);
  };
  const frame = async (kind: Kind, content: Uint8Array) => {
    if (!isBegun) await put(SIGNATURE);
    isBegun = true;
    await put(frameHead(kind, content.length));
    await put(content);
  };
  const json = (kind: Kind, value: unknown) => frame(kind, Buffer.from(JSON.stringify(value)));
  return {
    head: (head: FileHead) => json('HEAD', head),
    table: (table: TableHead) => json('TABLE', table),
    data: (bytes: Uint8Array) => frame('DATA', bytes),
    tableEnd: (rows: number) => json('TABLE_END', { rows }),
    /** Writes the end and the digest; the digest, in hexadecimal. */
    end: async (rows: Readonly<Record<string, number>>): Promise<string> => {
      await json('END', rows);
      await put(frameHead('DIGEST', DIGEST_BYTES));
      const digest = hash.digest();
      await write(digest);
      return digest.toString('hex');
    },
  };
}

function frameHead(kind: Kind, length: number): Buffer {
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  head.writeUInt8(LETTERS[kind].charCodeAt(0), 0);
  head.writeUInt32BE(length, 1);
  return head;
}

/**
 * The frames of a file, the digest as the last one.
 *
 * @throws TransferError when it is no such file, of another format, cut off, or altered
 */
export async function* readFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<FileFrame> {
  const input = byteReader(source);
  try {
    const signature = await input.take(SIGNATURE.length);
    if (signature === null || !signature.equals(SIGNATURE))
      throw new TransferError('this is no file of backup-mx export');
    const hash = createHash('sha256').update(signature);
    let before: Kind | 'NOTHING' = 'NOTHING';
    while (before !== 'DIGEST') {
      const { kind, head, content }: RawFrame = await readFrame(input.take, before);
      hash.update(head);
      if (kind !== 'DIGEST') hash.update(content);
      else if (!hash.digest().equals(content) || (await input.take(1)) !== null) throw altered();
      before = kind;
      yield frameOf(kind, content);
    }
  } finally {
    await input.end();
  }
}

interface RawFrame {
  readonly kind: Kind;
  readonly head: Buffer;
  readonly content: Buffer;
}

async function readFrame(take: (count: number) => Promise<Buffer | null>, before: Kind | 'NOTHING'): Promise<RawFrame> {
  const head = await take(HEAD_BYTES);
  if (head === null) throw cutOff();
  const kind = KINDS.get(head.readUInt8(0));
  const length = head.readUInt32BE(1);
  if (kind === undefined || !NEXT[before].includes(kind) || length > MOST_FRAME_BYTES) throw altered();
  if (kind === 'DIGEST' && length !== DIGEST_BYTES) throw altered();
  const content = await take(length);
  if (content === null) throw cutOff();
  return { kind, head, content };
}

export function altered(): TransferError {
  return new TransferError('the file was altered: its checksum does not match. Nothing was imported');
}

function cutOff(): TransferError {
  return new TransferError(
    'the file is cut off: the export or a copy of it did not come to its end. Nothing was imported',
  );
}

function frameOf(kind: Kind, content: Buffer): FileFrame {
  switch (kind) {
    case 'HEAD': {
      const head = parse(content) as FileHead;
      if (typeof head.formatVersion !== 'number') throw altered();
      if (head.formatVersion !== FORMAT_VERSION) {
        throw new TransferError(
          `the file is of format ${head.formatVersion}, and this release reads format ${FORMAT_VERSION}: import with the release that exported`,
        );
      }
      return { kind, head };
    }
    case 'TABLE':
      return { kind, table: parse(content) as TableHead };
    case 'DATA':
      return { kind, bytes: content };
    case 'TABLE_END':
      return { kind, rows: (parse(content) as { rows: number }).rows };
    case 'END':
      return { kind, rows: parse(content) as Record<string, number> };
    case 'DIGEST':
  }
  return { kind, sha256: content.toString('hex') };
}

/** The reason why a database is not moved: one line for the operator, who can act on it. Nothing was changed. */
export class TransferError extends Error {
  override readonly name = 'TransferError';
}

function parse(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch {
    throw altered();
  }
}

/** Bytes in the numbers that are asked for; null when fewer are left. */
function byteReader(source: AsyncIterable<Uint8Array>) {
  const iterator = source[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();
  return {
    take: async (count: number): Promise<Buffer | null> => {
      const parts = [rest];
      let available = rest.length;
      while (available < count) {
        const { done, value } = await iterator.next();
        if (done === true) return null;
        parts.push(value);
        available += value.length;
      }
      const all = parts.length === 1 ? rest : Buffer.concat(parts);
      rest = all.subarray(count);
      return Buffer.from(all.buffer, all.byteOffset, count);
    },
    /** Lets the source close what it has open. */
    end: async (): Promise<void> => {
      await iterator.return?.();
    },
  };
}
