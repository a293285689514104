/**
 * The messages of a COPY on the wire (PostgreSQL's protocol, "COPY Operations"), for the sessions that write it themselves.
 */
import { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';

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
