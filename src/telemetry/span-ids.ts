/**
 * The ids of traces and spans (W3C Trace Context §3.2.2), and who is traced. Hex, without hyphens.
 */
import { Buffer } from 'node:buffer';
import { randomFillSync } from 'node:crypto';

const SPAN_ID_OCTETS = 8;
/** A call for randomness costs more than the rest of a span. */
const POOL_OCTETS = 512 * SPAN_ID_OCTETS;

const pool = Buffer.alloc(POOL_OCTETS);
let poolOffset = POOL_OCTETS;

export function newSpanId(): string {
  if (poolOffset === POOL_OCTETS) {
    randomFillSync(pool);
    poolOffset = 0;
  }
  poolOffset += SPAN_ID_OCTETS;
  return pool.toString('hex', poolOffset - SPAN_ID_OCTETS, poolOffset);
}

/** The trace of a message, or whatever else has an id of ours: a UUID has 128 bits, as a trace id has. */
export function traceOf(id: string): string {
  return id.replaceAll('-', '');
}

/** What the spans of a message hang below: every node knows it without having been told. It is the random half of a UUIDv7. */
export function rootSpanOf(traceId: string): string {
  return traceId.slice(16);
}

/** By the random end of the id, so that all nodes choose alike (W3C Trace Context level 2 §2.2.2.2). */
export function isChosen(traceId: string, ratio: number): boolean {
  return ratio >= 1 || Number.parseInt(traceId.slice(-13), 16) / 2 ** 52 < ratio;
}
