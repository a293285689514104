/**
 * Changes the MX records of a zone at its primary master: one dynamic update (RFC 2136), signed by TSIG, over TCP.
 *
 * Promises: the update takes hold only while the MX records are the very ones that were seen before, so a change by somebody else is
 * never lost; nothing but the records given is added or removed; an answer counts only with its signature. Trouble is a value.
 * Does not choose records, and judges no address: the caller has.
 */
import { Buffer } from 'node:buffer';
import { randomInt } from 'node:crypto';
import type { Socket } from 'node:net';
import { within } from '../clock.ts';
import { dial } from './dial.ts';
import { createFrameReader } from './frame.ts';
import { BADKEY, BADSIG, signRequest, type TsigKey, u16, verifyReply, wireName } from './tsig.ts';

export interface MxChange {
  readonly preference: number;
  /** Lower-case A-label. */
  readonly host: string;
}

export interface MxUpdate {
  /** The zone whose SOA the server has. */
  readonly zone: string;
  /** The owner of the records, in the zone. */
  readonly name: string;
  /** All that it has now. */
  readonly present: readonly MxChange[];
  readonly added: readonly MxChange[];
  readonly removed: readonly MxChange[];
  /** TTL of records that are added. */
  readonly ttlSeconds: number;
}

export type UpdateResult =
  | { readonly kind: 'DONE' }
  /** RFC 2136 §2.2, RFC 8945 §5.2. */
  | {
      readonly kind:
        | 'BAD_KEY'
        | 'BAD_SIGNATURE'
        | 'NOT_AUTHORITATIVE'
        | 'REFUSED'
        /** The records are others than those seen. */
        | 'CHANGED'
        | 'NOT_IN_ZONE'
        | 'NOT_IMPLEMENTED'
        | 'SERVER_FAILURE'
        /** An answer that is not signed as it must be: nothing is known. */
        | 'FORGED'
        /** Not even the connection. */
        | 'UNREACHABLE'
        /** The request is out, and nothing came back: nothing is known. */
        | 'SILENT';
    }
  /** How far the server's clock is before ours, in seconds. */
  | { readonly kind: 'BAD_TIME'; readonly aheadSeconds: number };

const UPDATE_OPCODE = 5 << 11;
const TYPE_SOA = 6;
const TYPE_MX = 15;
const CLASS_IN = 1;
const CLASS_NONE = 254;
const HEADER_OCTETS = 12;

export async function updateMx(
  server: { readonly address: string; readonly port: number },
  update: MxUpdate,
  options: { readonly key: TsigKey; readonly nowSeconds: number; readonly timeoutMs: number },
): Promise<UpdateResult> {
  const { key, nowSeconds, timeoutMs } = options;
  const id = randomInt(0x10000);
  const request = signRequest(encodeUpdate(id, update), key, nowSeconds);
  const dialled = await dial({ ...server, timeoutMs });
  if (dialled.kind !== 'CONNECTED') return { kind: 'UNREACHABLE' };
  const { socket } = dialled;
  const reply = await within(timeoutMs, exchange(socket, request.bytes), () => null);
  socket.destroy();
  if (reply === null || reply.length < HEADER_OCTETS) return { kind: 'SILENT' };
  const flags = reply.readUInt16BE(2);
  if (reply.readUInt16BE(0) !== id || (flags & 0x8000) === 0) return { kind: 'FORGED' };
  try {
    const verdict = verifyReply(reply, key, request, nowSeconds);
    if (verdict.kind === 'BAD_TIME') return { kind: 'BAD_TIME', aheadSeconds: verdict.serverSeconds - nowSeconds };
    if (verdict.kind === 'KEY_REFUSED') return { kind: KEY_ERRORS[verdict.error] ?? 'FORGED' };
    const outcome = RCODES[flags & 15] ?? 'SERVER_FAILURE';
    // Who does not do what was asked need not prove who he is, and a refusal changes nothing.
    if (verdict.kind === 'VERIFIED' || (verdict.kind === 'UNSIGNED' && outcome !== 'DONE')) return { kind: outcome };
    return { kind: 'FORGED' };
  } catch {
    return { kind: 'FORGED' };
  }
}

const KEY_ERRORS: { readonly [error: number]: 'BAD_SIGNATURE' | 'BAD_KEY' } = {
  [BADSIG]: 'BAD_SIGNATURE',
  [BADKEY]: 'BAD_KEY',
};

const RCODES: { readonly [rcode: number]: Exclude<UpdateResult['kind'], 'BAD_TIME'> } = {
  0: 'DONE',
  4: 'NOT_IMPLEMENTED',
  5: 'REFUSED',
  // YXRRSET and NXRRSET: what the prerequisites say.
  7: 'CHANGED',
  8: 'CHANGED',
  9: 'NOT_AUTHORITATIVE',
  10: 'NOT_IN_ZONE',
};

function encodeUpdate(id: number, { zone, name, present, added, removed, ttlSeconds }: MxUpdate): Buffer {
  const owner = wireName(name);
  // RFC 2136 §2.4.2 and §2.4.3: exactly these are there, or none.
  const prerequisites =
    present.length === 0
      ? [recordOf(owner, CLASS_NONE, 0, Buffer.alloc(0))]
      : present.map((mx) => recordOf(owner, CLASS_IN, 0, dataOf(mx)));
  const updates = [
    ...added.map((mx) => recordOf(owner, CLASS_IN, ttlSeconds, dataOf(mx))),
    // §2.5.4: this record and no other.
    ...removed.map((mx) => recordOf(owner, CLASS_NONE, 0, dataOf(mx))),
  ];
  const header = [id, UPDATE_OPCODE, 1, prerequisites.length, updates.length, 0].map(u16);
  return Buffer.concat([...header, wireName(zone), u16(TYPE_SOA), u16(CLASS_IN), ...prerequisites, ...updates]);
}

function recordOf(owner: Buffer, recordClass: number, ttlSeconds: number, data: Buffer): Buffer {
  const ttl = Buffer.alloc(4);
  ttl.writeUInt32BE(ttlSeconds);
  return Buffer.concat([owner, u16(TYPE_MX), u16(recordClass), ttl, u16(data.length), data]);
}

function dataOf({ preference, host }: MxChange): Buffer {
  return Buffer.concat([u16(preference), wireName(host)]);
}

/** One message over TCP, its length before it (RFC 1035 §4.2.2); null when the connection ends before. */
function exchange(socket: Socket, message: Buffer): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const reader = createFrameReader();
    socket.on('data', (chunk: Buffer) => {
      const frame = reader.take(chunk);
      if (frame !== null) resolve(frame.bytes);
    });
    socket.on('error', () => resolve(null));
    socket.on('close', () => resolve(null));
    socket.write(Buffer.concat([u16(message.length), message]));
  });
}
