/**
 * The octets of a request's body: received at a pace, and kept without what the pieces they came in would weigh.
 */
import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { clearInterval, setInterval } from 'node:timers';
import type { Span } from './json-scan.ts';
import { type Refused, refuse } from './refusals.ts';

/** A body comes at this pace at least, or is given up. */
const PACE = { octets: 64 * 1024, ms: 20_000 };
const BLOCK = { least: 4 * 1024, most: 256 * 1024 };

const TOO_SLOW = refuse(
  408,
  'REQUEST_TIMEOUT',
  `The request came too slowly: less than ${PACE.octets / 1024} KiB in ${PACE.ms / 1000} s.`,
);
const GONE = refuse(400, 'BAD_REQUEST', 'The request ended before its body was whole.');

export interface Octets {
  append(chunk: Uint8Array): void;
  text(span: Span): string;
  clear(): void;
}

/** Copied into blocks: a client may send each octet in a chunk of its own, which weighs a hundred times as much. */
export function createOctets(): Octets {
  let blocks: Buffer[] = [];
  let [capacity, length] = [0, 0];

  function append(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length; ) {
      if (length === capacity) {
        const block = Buffer.allocUnsafeSlow(
          Math.min(Math.max(BLOCK.least, capacity, chunk.length - from), BLOCK.most),
        );
        blocks.push(block);
        capacity += block.length;
      }
      const block = blocks.at(-1) ?? Buffer.alloc(0);
      const some = chunk.subarray(from, from + capacity - length);
      block.set(some, block.length - (capacity - length));
      length += some.length;
      from += some.length;
    }
  }

  return {
    append,
    text({ start, end }) {
      const parts: Buffer[] = [];
      let offset = 0;
      for (const block of blocks) {
        if (offset + block.length > start && offset < end)
          parts.push(block.subarray(Math.max(start - offset, 0), end - offset));
        offset += block.length;
      }
      return Buffer.concat(parts).toString();
    },
    clear() {
      blocks = [];
      [capacity, length] = [0, 0];
    },
  };
}

/** Hands each chunk to `take` until that returns something, and resolves with it. Null: the body is whole. */
export function receiveOctets<T>(
  { incoming, signal }: { readonly incoming: IncomingMessage; readonly signal: AbortSignal },
  take: (chunk: Buffer) => T | null,
): Promise<T | Refused | null> {
  // Between two calls it may have gone, and then tells nothing more.
  if (signal.aborted) return Promise.resolve(GONE);
  return new Promise((resolve, reject) => {
    let lately = 0;
    const done = (outcome: T | Refused | null): void => {
      clearInterval(pace);
      incoming.pause();
      incoming.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      signal.removeEventListener('abort', onGone);
      resolve(outcome);
    };
    const onEnd = (): void => done(null);
    const onGone = (): void => done(GONE);
    const onData = (chunk: Buffer): void => {
      lately += chunk.length;
      try {
        const outcome = take(chunk);
        if (outcome !== null) done(outcome);
      } catch (error) {
        done(GONE);
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const pace = setInterval(() => {
      if (lately < PACE.octets) done(TOO_SLOW);
      lately = 0;
    }, PACE.ms);
    signal.addEventListener('abort', onGone);
    incoming.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone).resume();
  });
}
