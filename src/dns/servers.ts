/**
 * Asks the configured servers one question until one answers: order, retries, TCP, servers without EDNS.
 *
 * The server that answered last is asked first. A server that answered with trouble is not asked again for the same
 * question, one that was silent is; the time left is shared evenly among the tries left, so the sum is bounded.
 * How a query is written and a reply read is the codec's business (resolver.ts). A question waits for its place (shares.ts), and is not
 * asked where the servers of its zone were silent lately (silence.ts).
 *
 * The transport below carries one query and one reply, as bytes, over UDP or TCP (RFC 1035, RFC 7766). Every UDP query has a
 * socket of its own, so a source port chosen by the kernel that is open for this one reply only. What comes from another
 * address, or is not accepted by the caller, is ignored and the wait goes on (RFC 5452). It never rejects: no reply is null.
 */
import { Buffer } from 'node:buffer';
import { randomInt } from 'node:crypto';
import { monotonicMs } from '../clock.ts';
import { type Endpoint, normalizeAddress } from '../mail/ip.ts';
import type { DnsReply, DnsTrouble, RecordType } from './answer.ts';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { createFrameReader } from './frame.ts';
import { type Shares, zoneOf } from './shares.ts';
import { createSilences } from './silence.ts';

interface DnsQuestion {
  readonly name: string;
  readonly type: RecordType;
}

/** One query of a question: a fresh id for every try. */
export interface DnsQuery extends DnsQuestion {
  readonly id: number;
  readonly hasEdns: boolean;
}

type ServerAnswer =
  | { readonly kind: 'REPLY'; readonly reply: DnsReply }
  | { readonly kind: 'TROUBLE'; readonly reason: DnsTrouble };

export type CodecAnswer = ServerAnswer | { readonly kind: 'TRUNCATED' } | { readonly kind: 'NO_EDNS' };

export interface DnsCodec {
  encodeQuery(query: DnsQuery): Buffer;
  /** The head of a longer reply is enough for `decodeReply`. */
  readonly maxReplyBytes: number;
  /** Null when the bytes are no reply to this query. `length`: of the whole reply, of which they may be the head. Never throws. */
  decodeReply(bytes: Buffer, query: DnsQuery, length: number): CodecAnswer | null;
}

interface DnsServers {
  /** The first reply that says something, or the trouble. `deadlineMs` is on the monotonic clock; `party`: whose look-up it is. */
  ask(question: DnsQuestion, deadlineMs: number, party: string | null): Promise<ServerAnswer>;
  /** Forgets that the servers of a name were silent. */
  forgive(name: string): void;
}

/** With a single server a lost datagram is worth two more tries; with several, each is asked twice. */
const MIN_TRIES = 3;
const MIN_ROUNDS = 2;

export function createDnsServers(options: {
  readonly servers: readonly Endpoint[];
  readonly transport: DnsTransport;
  readonly codec: DnsCodec;
  readonly shares: Shares;
}): DnsServers {
  const { servers, transport, codec, shares } = options;
  const silences = createSilences(monotonicMs);
  const rounds = Math.max(MIN_ROUNDS, Math.ceil(MIN_TRIES / servers.length));
  let preferred = 0;

  /** One try at one server; null when it was silent. */
  async function askServer(server: Endpoint, question: DnsQuestion, limits: Limits): Promise<ServerAnswer | null> {
    const { timeoutMs, signal } = limits;
    const untilMs = monotonicMs() + timeoutMs;
    function send(protocol: 'udp' | 'tcp', hasEdns: boolean): Promise<CodecAnswer | null> {
      const query: DnsQuery = { ...question, id: randomInt(0x10000), hasEdns };
      return transport[protocol]({
        server,
        query: codec.encodeQuery(query),
        timeoutMs: untilMs - monotonicMs(),
        signal,
        maxBytes: codec.maxReplyBytes,
        accept: (reply, length) => codec.decodeReply(reply, query, length),
      });
    }
    let hasEdns = true;
    let answer = await send('udp', hasEdns);
    if (answer?.kind === 'NO_EDNS') {
      hasEdns = false;
      answer = await send('udp', hasEdns);
    }
    if (answer?.kind === 'TRUNCATED') answer = await send('tcp', hasEdns);
    if (answer === null || answer.kind === 'REPLY' || answer.kind === 'TROUBLE') return answer;
    // Truncated even over TCP, or no wiser without EDNS.
    return { kind: 'TROUBLE', reason: 'MALFORMED' };
  }

  async function askAll(question: DnsQuestion, deadlineMs: number, signal: AbortSignal): Promise<ServerAnswer> {
    let trouble: DnsTrouble = 'TIMEOUT';
    const ordered = [...servers.slice(preferred), ...servers.slice(0, preferred)];
    let queue = Array.from({ length: rounds }, () => ordered).flat();
    for (let server = queue.shift(); server !== undefined; server = queue.shift()) {
      const current = server;
      const leftMs = deadlineMs - monotonicMs();
      if (leftMs <= 0 || signal.aborted) break;
      const answer = await askServer(current, question, { timeoutMs: leftMs / (queue.length + 1), signal });
      if (answer?.kind === 'REPLY') {
        preferred = servers.indexOf(current);
        return answer;
      }
      if (answer === null) continue;
      trouble = answer.reason;
      // The others would have the same to say.
      if (trouble === 'TOO_LARGE') break;
      queue = queue.filter((other) => other !== current);
    }
    return { kind: 'TROUBLE', reason: trouble };
  }

  return {
    forgive: (name) => silences.forgive(zoneOf(name)),
    async ask(question, deadlineMs, party) {
      const zone = zoneOf(question.name);
      const visit = silences.begin(zone);
      if (visit === null) return SILENT;
      try {
        const place = await shares.take({ party, zone }, deadlineMs - monotonicMs());
        if (place === null) return NO_PLACE;
        try {
          if (!visit.isWelcome()) return SILENT;
          const startedAtMs = monotonicMs();
          const answer = await askAll(question, deadlineMs, place.lost);
          visit.note(answer.kind === 'REPLY', monotonicMs() - startedAtMs);
          return answer;
        } finally {
          place.give();
        }
      } finally {
        visit.end();
      }
    },
  };
}

const SILENT: ServerAnswer = { kind: 'TROUBLE', reason: 'TIMEOUT' };
const NO_PLACE: ServerAnswer = { kind: 'TROUBLE', reason: 'NOT_YET_ASKED' };

interface DnsExchange<T> {
  readonly server: Endpoint;
  readonly query: Buffer;
  readonly timeoutMs: number;
  /** Ends the exchange without a reply. */
  readonly signal: AbortSignal;
  /** A reply over TCP that says it is longer is not received beyond its head. */
  readonly maxBytes: number;
  /** Reads a reply of this length; null when it does not belong to the query. Must not throw. */
  readonly accept: (reply: Buffer, length: number) => T | null;
}

interface DnsTransport {
  udp<T>(exchange: DnsExchange<T>): Promise<T | null>;
  tcp<T>(exchange: DnsExchange<T>): Promise<T | null>;
  /** Ends every exchange under way, without a reply; later ones end at once. */
  close(): void;
}

interface Limits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export function createDnsTransport(): DnsTransport {
  const closing = new AbortController();
  const isOver = ({ signal }: Limits): boolean => signal.aborted || closing.signal.aborted;
  return {
    udp: async (exchange) => (isOver(exchange) ? null : exchangeUdp(exchange, closing.signal)),
    tcp: async (exchange) => (isOver(exchange) ? null : exchangeTcp(exchange, closing.signal)),
    close: () => closing.abort(),
  };
}

function exchangeUdp<T>({ server, query, accept, ...limits }: DnsExchange<T>, closing: AbortSignal): Promise<T | null> {
  const socket = createSocket(server.address.includes(':') ? 'udp6' : 'udp4');
  return settleOnce<T>(limits, closing, {
    start(finish, isSettled) {
      socket.on('error', () => finish(null));
      socket.on('message', (bytes, from) => {
        // The kernel drops other sources of a connected socket; the check is for runtimes that only emulate connect.
        if (from.port !== server.port || normalizeAddress(from.address) !== server.address) return;
        const reply = accept(bytes, bytes.length);
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

function exchangeTcp<T>(
  { server, query, accept, maxBytes, ...limits }: DnsExchange<T>,
  closing: AbortSignal,
): Promise<T | null> {
  const socket = connect({ host: server.address, port: server.port });
  return settleOnce<T>(limits, closing, {
    start(finish) {
      const reader = createFrameReader(maxBytes);
      socket.on('error', () => finish(null));
      socket.on('close', () => finish(null));
      socket.on('connect', () => socket.write(Buffer.concat([lengthPrefix(query.length), query])));
      socket.on('data', (bytes: Buffer) => {
        const frame = reader.take(bytes);
        if (frame !== null) finish(accept(frame.bytes, frame.length));
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
function settleOnce<T>({ timeoutMs, signal }: Limits, closing: AbortSignal, work: Work<T>): Promise<T | null> {
  return new Promise((resolve) => {
    let isSettled = false;
    const abandon = () => finish(null);
    const timer = setTimeout(abandon, Math.max(0, timeoutMs));
    for (const end of [signal, closing]) end.addEventListener('abort', abandon);
    function finish(value: T | null): void {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      for (const end of [signal, closing]) end.removeEventListener('abort', abandon);
      work.stop();
      resolve(value);
    }
    work.start(finish, () => isSettled);
  });
}
