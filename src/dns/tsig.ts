/**
 * Signatures of DNS transactions by a shared secret (TSIG, RFC 8945): the request signed, its reply verified.
 *
 * Pure. The secret is used and kept nowhere. Signs whole messages of one packet; knows nothing of what they say.
 */
import { Buffer } from 'node:buffer';
import { createHmac, timingSafeEqual } from 'node:crypto';

export type TsigAlgorithm = 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';

export interface TsigKey {
  /** Lower case, no trailing dot. */
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  readonly secret: Uint8Array;
}

interface SignedRequest {
  readonly bytes: Buffer;
  readonly mac: Buffer;
}

type TsigVerdict =
  | { readonly kind: 'VERIFIED' }
  /** The server could not sign, and says why not: the error of its TSIG (RFC 8945 §5.2). */
  | { readonly kind: 'KEY_REFUSED'; readonly error: number }
  /** Signed, and refused for the time of the request; the server's own time, in seconds of Unix. */
  | { readonly kind: 'BAD_TIME'; readonly serverSeconds: number }
  | { readonly kind: 'UNSIGNED' | 'FORGED' };

export const BADSIG = 16;
export const BADKEY = 17;
export const BADTIME = 18;

const TYPE_TSIG = 250;
const CLASS_ANY = 255;
/** RFC 8945 §10: how far clocks may differ. */
const FUDGE_SECONDS = 300;
const HEADER_OCTETS = 12;
const AR_COUNT_AT = 10;

/** `message` without TSIG, which is appended to it. `nowSeconds`: of Unix. */
export function signRequest(message: Buffer, key: TsigKey, nowSeconds: number): SignedRequest {
  const time = { seconds: nowSeconds, fudge: FUDGE_SECONDS };
  const mac = hmac(key, [message, variablesOf(key, time, 0, Buffer.alloc(0))]);
  const data = Buffer.concat([
    wireName(key.algorithm),
    timeOf(time),
    u16(mac.length),
    mac,
    message.subarray(0, 2),
    u16(0),
    u16(0),
  ]);
  const record = Buffer.concat([
    wireName(key.name),
    u16(TYPE_TSIG),
    u16(CLASS_ANY),
    u16(0),
    u16(0),
    u16(data.length),
    data,
  ]);
  const bytes = Buffer.concat([message, record]);
  bytes.writeUInt16BE(message.readUInt16BE(AR_COUNT_AT) + 1, AR_COUNT_AT);
  return { bytes, mac };
}

/** Reads a whole reply. Throws a RangeError on octets that end too early. */
export function verifyReply(reply: Buffer, key: TsigKey, request: SignedRequest, nowSeconds: number): TsigVerdict {
  const at = lastRecordAt(reply);
  const tsig = at === null ? null : readTsig(reply, at);
  if (at === null || tsig === null) return { kind: 'UNSIGNED' };
  if (tsig.mac.length === 0) return { kind: 'KEY_REFUSED', error: tsig.error };
  const unsigned = Buffer.from(reply.subarray(0, at));
  unsigned.writeUInt16BE(tsig.originalId, 0);
  unsigned.writeUInt16BE(reply.readUInt16BE(AR_COUNT_AT) - 1, AR_COUNT_AT);
  const variables = variablesOf(key, tsig.time, tsig.error, tsig.other);
  const expected = hmac(key, [u16(request.mac.length), request.mac, unsigned, variables]);
  if (tsig.mac.length !== expected.length || !timingSafeEqual(tsig.mac, expected)) return { kind: 'FORGED' };
  if (tsig.error === BADTIME && tsig.other.length === 6) {
    return { kind: 'BAD_TIME', serverSeconds: tsig.other.readUIntBE(0, 6) };
  }
  if (tsig.error !== 0) return { kind: 'KEY_REFUSED', error: tsig.error };
  return Math.abs(tsig.time.seconds - nowSeconds) > tsig.time.fudge ? { kind: 'FORGED' } : { kind: 'VERIFIED' };
}

interface Time {
  readonly seconds: number;
  readonly fudge: number;
}

interface Tsig {
  readonly time: Time;
  readonly mac: Buffer;
  readonly originalId: number;
  readonly error: number;
  readonly other: Buffer;
}

/** The index of the last record of the message; null when it has none in the additional section. */
function lastRecordAt(message: Buffer): number | null {
  const [questions = 0, answers = 0, authorities = 0, additionals = 0] = [4, 6, 8, AR_COUNT_AT].map((at) =>
    message.readUInt16BE(at),
  );
  if (additionals === 0) return null;
  let at = HEADER_OCTETS;
  for (let left = questions; left > 0; left -= 1) at = skipName(message, at) + 4;
  for (let left = answers + authorities + additionals - 1; left > 0; left -= 1) {
    const typeAt = skipName(message, at);
    at = typeAt + 10 + message.readUInt16BE(typeAt + 8);
  }
  return at;
}

function readTsig(message: Buffer, recordAt: number): Tsig | null {
  const typeAt = skipName(message, recordAt);
  if (message.readUInt16BE(typeAt) !== TYPE_TSIG) return null;
  const timeAt = skipName(message, typeAt + 10);
  const macAt = timeAt + 10;
  const idAt = macAt + message.readUInt16BE(timeAt + 8);
  const otherAt = idAt + 6;
  return {
    time: { seconds: message.readUIntBE(timeAt, 6), fudge: message.readUInt16BE(timeAt + 6) },
    mac: message.subarray(macAt, idAt),
    originalId: message.readUInt16BE(idAt),
    error: message.readUInt16BE(idAt + 2),
    other: message.subarray(otherAt, otherAt + message.readUInt16BE(idAt + 4)),
  };
}

/** The index after the name at `at`, whether it is spelled out or ends in a pointer (RFC 1035 §4.1.4). */
function skipName(message: Buffer, at: number): number {
  for (let next = at; ; ) {
    const length = message.readUInt8(next);
    if (length >= 0xc0) return next + 2;
    next += length + 1;
    if (length === 0) return next;
  }
}

/** RFC 8945 §4.3.3. */
function variablesOf(key: TsigKey, time: Time, error: number, other: Buffer): Buffer {
  const head = [wireName(key.name), u16(CLASS_ANY), u16(0), u16(0), wireName(key.algorithm)];
  return Buffer.concat([...head, timeOf(time), u16(error), u16(other.length), other]);
}

function timeOf({ seconds, fudge }: Time): Buffer {
  const octets = Buffer.alloc(8);
  octets.writeUIntBE(seconds, 0, 6);
  octets.writeUInt16BE(fudge, 6);
  return octets;
}

function hmac(key: TsigKey, parts: readonly Buffer[]): Buffer {
  return createHmac(key.algorithm.replace('hmac-', ''), key.secret).update(Buffer.concat(parts)).digest();
}

/** A name of letters, digits, hyphens and underscores, not compressed. */
export function wireName(name: string): Buffer {
  const labels = name === '' ? [] : name.split('.');
  return Buffer.concat([
    ...labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, 'latin1')]),
    Buffer.from([0]),
  ]);
}

export function u16(value: number): Buffer {
  const octets = Buffer.alloc(2);
  octets.writeUInt16BE(value);
  return octets;
}
