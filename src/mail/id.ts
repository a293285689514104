/**
 * Identifiers: UUID version 7 (RFC 9562 §5.7), sortable by time and unique across nodes.
 *
 * Promises that within one process every id is greater than the one before, also in the same millisecond and when the clock
 * goes back. An id is no secret: who has one can guess its neighbours' time.
 */
import { Buffer } from 'node:buffer';
import { randomFillSync } from 'node:crypto';

const COUNTER_LIMIT = 0x1000;
const RANDOM_OCTETS = 8;
/** A call for randomness costs more than the rest of an id; one serves 512 ids. */
const POOL_OCTETS = 512 * RANDOM_OCTETS;

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A new id of this process, now. */
export const newId = createIdSource(() => Date.now());

/** A source of ids with its own clock, in milliseconds since 1970. */
export function createIdSource(now: () => number): () => string {
  const pool = Buffer.alloc(POOL_OCTETS);
  let poolOffset = POOL_OCTETS;
  let lastMs = -1;
  let counter = 0;

  return () => {
    if (poolOffset === POOL_OCTETS) {
      randomFillSync(pool);
      poolOffset = 0;
    }
    const nowMs = Math.floor(now());
    if (nowMs > lastMs) {
      lastMs = nowMs;
      // The counter begins in the lower half of its 12 bits, so that it seldom overflows (RFC 9562 §6.2).
      counter = pool.readUInt16BE(poolOffset) & 0x7ff;
    } else {
      counter += 1;
    }
    if (counter === COUNTER_LIMIT) {
      lastMs += 1;
      counter = 0;
    }
    pool[poolOffset] = ((pool[poolOffset] ?? 0) & 0x3f) | 0x80;
    const random = pool.toString('hex', poolOffset, poolOffset + RANDOM_OCTETS);
    poolOffset += RANDOM_OCTETS;
    const time = hexTime(lastMs);
    const tail = `${random.slice(0, 4)}-${random.slice(4)}`;
    return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, '0')}-${tail}`;
  };
}

/**
 * Below and above every UUIDv7. With them "of one destination, by id" is a range of the index (destination_id, id): an
 * equality with `order by id` lets the planner walk the whole primary key, past everybody else's mail.
 */
export const FIRST_ID = '00000000-0000-0000-0000-000000000000';
export const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Is this the text of a UUIDv7, in lower case? For ids that come from outside. */
export function isId(text: string): boolean {
  return ID.test(text);
}

/** An id that came from outside, to be looked for: in lower case, or one that nothing has. */
export function askedId(text: string): string {
  const id = text.toLowerCase();
  return isId(id) ? id : FIRST_ID;
}

/** 48 bits of milliseconds. */
function hexTime(ms: number): string {
  if (!(ms >= 0 && ms < 2 ** 48)) throw new RangeError('time outside of UUIDv7');
  return ms.toString(16).padStart(12, '0');
}
