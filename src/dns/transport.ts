/**
 * Carries one DNS query and one reply, as bytes, over UDP or TCP (RFC 1035, RFC 7766).
 *
 * Every UDP query has a socket of its own, so a source port chosen by the kernel that is open for this one reply only;
 * what comes from another address, or is not accepted by the caller, is ignored and the wait goes on (RFC 5452).
 * Never rejects: no reply is null. Does not retry and does not know what is in the bytes.
 */
import { Buffer } from 'node:buffer';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { monotonicMs } from '../clock.ts';
import { normalizeAddress } from '../mail/ip.ts';
import type { Endpoint } from '../mail/ip.ts';

export interface DnsExchange<T> {
  readonly server: Endpoint;
  readonly query: Buffer;
  /** From the call to its end, waiting for a free socket included. */
  readonly timeoutMs: number;
  /** Reads a reply; null when it does not belong to the query. Must not throw. */
  readonly accept: (reply: Buffer) => T | null;
}

export interface DnsTransport {
  udp<T>(exchange: DnsExchange<T>): Promise<T | null>;
  tcp<T>(exchange: DnsExchange<T>): Promise<T | null>;
  /** Ends every exchange under way, without a reply; later ones end at once. */
  close(): void;
}

interface Limits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Each exchange holds a socket; the bound keeps a flood of look-ups from eating the file descriptors of the queue. */
const MAX_IN_FLIGHT = 256;

export function createDnsTransport(): DnsTransport {
  const closing = new AbortController();
  const slots = createSlots(MAX_IN_FLIGHT);

  async function inSlot<T>(exchange: DnsExchange<T>, run: (limits: Limits) => Promise<T | null>): Promise<T | null> {
    const { signal } = closing;
    const startedAtMs = monotonicMs();
    if (signal.aborted || !(await slots.take({ timeoutMs: exchange.timeoutMs, signal }))) return null;
    try {
      const timeoutMs = exchange.timeoutMs - (monotonicMs() - startedAtMs);
      return await run({ timeoutMs, signal });
    } finally {
      slots.give();
    }
  }

  return {
    udp: (exchange) => inSlot(exchange, (limits) => exchangeUdp(exchange, limits)),
    tcp: (exchange) => inSlot(exchange, (limits) => exchangeTcp(exchange, limits)),
    close: () => closing.abort(),
  };
}

function exchangeUdp<T>({ server, query, accept }: DnsExchange<T>, limits: Limits): Promise<T | null> {
  const socket = createSocket(server.address.includes(':') ? 'udp6' : 'udp4');
  return settleOnce<T>(limits, {
    start(finish, isSettled) {
      socket.on('error', () => finish(null));
      socket.on('message', (bytes, from) => {
        // The kernel drops other sources of a connected socket; the check is for runtimes that only emulate connect.
        if (from.port !== server.port || normalizeAddress(from.address) !== server.address) return;
        const reply = accept(bytes);
        if (reply !== null) finish(reply);
      });
      // An event, not a callback of connect: that one is also called when the address cannot be reached.
      socket.on('connect', () => {
        if (!isSettled()) socket.send(query);
      });
      // Connected, a closed port is an error at once instead of a timeout (not under Deno 2.9).
      socket.connect(server.port, server.address);
    },
    stop: () => socket.close(),
  });
}

function exchangeTcp<T>({ server, query, accept }: DnsExchange<T>, limits: Limits): Promise<T | null> {
  const socket = connect({ host: server.address, port: server.port });
  return settleOnce<T>(limits, {
    start(finish) {
      let received = Buffer.alloc(0);
      socket.on('error', () => finish(null));
      socket.on('close', () => finish(null));
      socket.on('connect', () => socket.write(Buffer.concat([lengthPrefix(query.length), query])));
      socket.on('data', (bytes: Buffer) => {
        received = Buffer.concat([received, bytes]);
        if (received.length < 2) return;
        const end = 2 + received.readUInt16BE(0);
        if (received.length >= end) finish(accept(received.subarray(2, end)));
      });
    },
    stop: () => socket.destroy(),
  });
}

function lengthPrefix(length: number): Buffer {
  const prefix = Buffer.alloc(2);
  prefix.writeUInt16BE(length);
  return prefix;
}

interface Work<T> {
  readonly start: (finish: (value: T | null) => void, isSettled: () => boolean) => void;
  readonly stop: () => void;
}

/** Resolves with what `finish` is called with first, or null at the timeout or the abort; then stops, once. */
function settleOnce<T>({ timeoutMs, signal }: Limits, work: Work<T>): Promise<T | null> {
  return new Promise((resolve) => {
    let isSettled = false;
    const abandon = () => finish(null);
    const timer = setTimeout(abandon, Math.max(0, timeoutMs));
    signal.addEventListener('abort', abandon);
    function finish(value: T | null): void {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', abandon);
      work.stop();
      resolve(value);
    }
    work.start(finish, () => isSettled);
  });
}

/** A counting semaphore, first come first served. `take` resolves to false when its time is over. */
function createSlots(count: number): { take(limits: Limits): Promise<boolean>; give(): void } {
  const waiting = new Set<() => void>();
  let free = count;
  return {
    async take(limits) {
      if (free > 0) {
        free -= 1;
        return true;
      }
      let wake = (): void => undefined;
      const got = await settleOnce<true>(limits, {
        start(finish) {
          wake = () => finish(true);
          waiting.add(wake);
        },
        stop: () => waiting.delete(wake),
      });
      return got === true;
    },
    give() {
      const next = waiting.values().next();
      if (next.done === true) free += 1;
      else next.value();
    },
  };
}
