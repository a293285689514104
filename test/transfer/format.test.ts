/** The file of a move: read as it was written, and refused wherever it was cut off or altered. */
import { describe, expect, test } from 'bun:test';
import { type FileFrame, type FileHead, fileWriter, readFrames } from '../../src/transfer/format.ts';
import { TransferError } from '../../src/transfer/format.ts';

const HEAD: FileHead = {
  formatVersion: 1,
  schemaVersion: 8,
  serviceVersion: '0.1.0',
  exportedAt: '2026-01-01T00:00:00Z',
  clockShift: '00:00:00',
  sequences: { node_epochs: 7 },
  partitions: [{ parent: 'contents', name: 'contents_20260101', fromId: '0', toId: '1' }],
};

async function written(head: FileHead = HEAD): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const writer = fileWriter(async (bytes) => void pieces.push(Uint8Array.from(bytes)));
  await writer.head(head);
  for (const table of ['messages', 'contents']) {
    await writer.table({ table, columns: ['id', 'content'] });
    await writer.data(new Uint8Array([1, 2, 3]));
    await writer.data(new Uint8Array(300).fill(4));
    await writer.tableEnd(2);
  }
  await writer.end({ messages: 2, contents: 2 });
  return Buffer.concat(pieces);
}

async function* cut(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

async function read(bytes: Uint8Array, pieceBytes = 65_536): Promise<FileFrame[]> {
  const frames: FileFrame[] = [];
  for await (const frame of readFrames(cut(bytes, pieceBytes))) frames.push(frame);
  return frames;
}

/** The words of the refusal; anything else is a failure of the test. */
async function refusalOf(bytes: Uint8Array): Promise<string> {
  const error = await read(bytes).then(
    () => null,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(TransferError);
  return error instanceof TransferError ? error.message : '';
}

const SIGNATURE_BYTES = 20;
const file = await written();

test.each([7, 65_536, 10_000_000])('is read as it was written, in pieces of %d bytes', async (pieceBytes) => {
  const frames = await read(file, pieceBytes);
  expect(frames.map(({ kind }) => kind)).toEqual(
    'HEAD TABLE DATA DATA TABLE_END TABLE DATA DATA TABLE_END END DIGEST'.split(' ') as FileFrame['kind'][],
  );
  expect(frames[0]).toEqual({ kind: 'HEAD', head: HEAD });
  expect(frames[1]).toEqual({ kind: 'TABLE', table: { table: 'messages', columns: ['id', 'content'] } });
  expect(frames[2]?.kind === 'DATA' && [...frames[2].bytes]).toEqual([1, 2, 3]);
  expect(frames[3]?.kind === 'DATA' && frames[3].bytes.length).toBe(300);
  expect(frames.at(-2)).toEqual({ kind: 'END', rows: { messages: 2, contents: 2 } });
});

describe('is refused', () => {
  test('wherever it is cut off', async () => {
    for (let length = SIGNATURE_BYTES; length < file.length; length += 1) {
      expect(await refusalOf(file.subarray(0, length))).toContain('cut off');
    }
  });

  test('wherever a byte of it was altered', async () => {
    for (const place of file.keys()) {
      const other = Uint8Array.from(file);
      other[place] = (other[place] ?? 0) ^ 1;
      expect(await refusalOf(other)).toMatch(/altered|cut off|no file of backup-mx|of format 0/);
    }
  });

  test('when something stands behind its end', async () => {
    expect(await refusalOf(Buffer.concat([file, new Uint8Array(1)]))).toContain('altered');
  });

  test('when a frame is out of its order or too long to be one', async () => {
    const signature = file.subarray(0, SIGNATURE_BYTES);
    const [first] = [...file.keys()]
      .slice(SIGNATURE_BYTES + 1)
      .filter((at) => file[at] === 'T'.charCodeAt(0) && file[at + 1] === 0);
    expect(await refusalOf(Buffer.concat([signature, file.subarray(first)]))).toContain('altered');
    const long = Uint8Array.from(file);
    long[SIGNATURE_BYTES + 1] = 0x7f;
    expect(await refusalOf(long)).toContain('altered');
  });

  test('when it is of another format, or no such file at all', async () => {
    expect(await refusalOf(await written({ ...HEAD, formatVersion: 2 }))).toContain('of format 2');
    expect(await refusalOf(new TextEncoder().encode('create table messages ();'))).toContain(
      'no file of backup-mx export',
    );
    expect(await refusalOf(new Uint8Array())).toContain('no file of backup-mx export');
  });
});
