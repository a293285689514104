/**
 * Rows in PostgreSQL's binary COPY format, as a list of pieces, and the messages that carry them on the wire (PostgreSQL's protocol,
 * "COPY Operations"), for the sessions that write those themselves.
 *
 * Covers the types that the accept transaction writes. Content is not copied: its chunks stand between pieces of ours as
 * they are. Does not know tables.
 */
import { Buffer } from 'node:buffer';
import { addressBytes } from '../mail/ip.ts';
import type { Duplex } from 'node:stream';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const TRAILER = Buffer.from([0xff, 0xff]);
/** Chunks from this size on are passed on, not copied. */
const PASS_ON_BYTES = 1024;
/** Room for the rows of a usual group; small enough to come out of the runtime's pool. */
const PIECE_BYTES = 2048;

export interface CopyRows {
  /** Begins a row of `fieldCount` fields; exactly that many field calls must follow. */
  row(fieldCount: number): void;
  nothing(): void;
  uuid(value: string): void;
  text(value: string | null): void;
  bool(value: boolean): void;
  int2(value: number): void;
  int4(value: number): void;
  int8(value: number): void;
  /** An IPv4 or IPv6 address without prefix; null for what is not an address. */
  inet(value: string | null): void;
  /** One bytea made of all chunks, in order. */
  bytea(chunks: readonly Uint8Array[]): void;
  /** Ends the stream; the pieces are the whole of it. */
  finish(): { pieces: Uint8Array[]; byteLength: number };
}

/** Starts a binary COPY stream. */
export function copyRows(): CopyRows {
  const pieces: Uint8Array[] = [];
  let byteLength = 0;
  let buffer = Buffer.allocUnsafe(PIECE_BYTES);
  let used = SIGNATURE.copy(buffer);
  /** Start of what is in `buffer` and not in `pieces` yet. */
  let from = 0;

  const seal = () => {
    if (used > from) pieces.push(buffer.subarray(from, used));
    byteLength += used - from;
    from = used;
  };
  /** Makes room and says where. `buffer` may be another one afterwards: it must be read after this call. */
  const reserve = (bytes: number): number => {
    if (used + bytes > buffer.length) {
      seal();
      buffer = Buffer.allocUnsafe(Math.max(PIECE_BYTES, bytes));
      used = 0;
      from = 0;
    }
    const at = used;
    used += bytes;
    return at;
  };
  const length = (bytes: number) => {
    const at = reserve(4);
    buffer.writeInt32BE(bytes, at);
  };
  const nothing = () => length(-1);
  const integer = (bytes: 2 | 4 | 8, value: number) => {
    const at = reserve(4 + bytes);
    buffer.writeInt32BE(bytes, at);
    if (bytes === 2) buffer.writeInt16BE(value, at + 4);
    else if (bytes === 4) buffer.writeInt32BE(value, at + 4);
    else buffer.writeBigInt64BE(BigInt(value), at + 4);
  };

  return {
    nothing,
    row: (fieldCount) => {
      const at = reserve(2);
      buffer.writeInt16BE(fieldCount, at);
    },
    uuid: (value) => {
      const at = reserve(20);
      buffer.writeInt32BE(16, at);
      buffer.write(value.replaceAll('-', ''), at + 4, 16, 'hex');
    },
    text: (value) => {
      if (value === null) return nothing();
      const bytes = Buffer.byteLength(value);
      length(bytes);
      const at = reserve(bytes);
      buffer.write(value, at, bytes, 'utf8');
    },
    bool: (value) => {
      const at = reserve(5);
      buffer.writeInt32BE(1, at);
      buffer[at + 4] = value ? 1 : 0;
    },
    int2: (value) => integer(2, value),
    int4: (value) => integer(4, value),
    int8: (value) => integer(8, value),
    inet: (value) => {
      const bytes = value === null ? null : addressBytes(value);
      if (bytes === null) return nothing();
      const isIPv4 = bytes.length === 4;
      const at = reserve(8 + bytes.length);
      buffer.writeInt32BE(4 + bytes.length, at);
      // Family (PGSQL_AF_INET, PGSQL_AF_INET6), prefix length, is_cidr, address length.
      buffer.set([isIPv4 ? 2 : 3, isIPv4 ? 32 : 128, 0, bytes.length, ...bytes], at + 4);
    },
    bytea: (chunks) => {
      length(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
      for (const chunk of chunks) {
        if (chunk.length < PASS_ON_BYTES) {
          const at = reserve(chunk.length);
          buffer.set(chunk, at);
        } else {
          seal();
          pieces.push(chunk);
          byteLength += chunk.length;
        }
      }
    },
    finish: () => {
      const at = reserve(TRAILER.length);
      buffer.set(TRAILER, at);
      seal();
      return { pieces, byteLength };
    },
  };
}

/** All rows are said. */
export const COPY_DONE: Uint8Array = Buffer.from([0x63, 0, 0, 0, 4]);

/** The rows that were said are taken back; without a reason, since who feeds knows it. */
export const COPY_FAIL: Uint8Array = Buffer.from([0x66, 0, 0, 0, 5, 0]);

/** Handlers that `pg` requires of a query, for the answers that do not matter while rows are moved. */
export const IGNORED_ANSWERS = {
  handleRowDescription: () => undefined,
  handleDataRow: () => undefined,
  handlePortalSuspended: () => undefined,
  handleEmptyQuery: () => undefined,
  handleCommandComplete: () => undefined,
  handleCopyInResponse: () => undefined,
  handleCopyData: () => undefined,
};

/** The head of a CopyData message with `byteLength` bytes of rows. */
export function copyDataHead(byteLength: number): Buffer {
  const head = Buffer.allocUnsafe(5);
  head[0] = 0x64;
  head.writeInt32BE(byteLength + 4, 1);
  return head;
}

/** Resolves when the stream takes more, or is gone: its end shows elsewhere. */
export function drained(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
    if (stream.destroyed) done();
  });
}
