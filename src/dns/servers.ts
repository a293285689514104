/**
 * Asks the configured servers one question until one answers: order, retries, TCP, servers without EDNS.
 *
 * The server that answered last is asked first. A server that answered with trouble is not asked again for the same
 * question, one that was silent is; the time left is shared evenly among the tries left, so the sum is bounded.
 * How a query is written and a reply read is the codec's business (resolver.ts).
 */
import type { Buffer } from 'node:buffer';
import { randomInt } from 'node:crypto';
import { monotonicMs } from '../clock.ts';
import type { Endpoint } from '../mail/ip.ts';
import type { DnsReply, DnsTrouble, RecordType } from './answer.ts';
import type { DnsTransport } from './transport.ts';

export interface DnsQuestion {
  readonly name: string;
  readonly type: RecordType;
}

/** One query of a question: a fresh id for every try. */
export interface DnsQuery extends DnsQuestion {
  readonly id: number;
  readonly hasEdns: boolean;
}

export type ServerAnswer =
  | { readonly kind: 'REPLY'; readonly reply: DnsReply }
  | { readonly kind: 'TROUBLE'; readonly reason: DnsTrouble };

export type CodecAnswer = ServerAnswer | { readonly kind: 'TRUNCATED' } | { readonly kind: 'NO_EDNS' };

export interface DnsCodec {
  encodeQuery(query: DnsQuery): Buffer;
  /** Null when the bytes are no reply to this query. Never throws. */
  decodeReply(bytes: Buffer, query: DnsQuery): CodecAnswer | null;
}

export interface DnsServers {
  /** The first reply that says something, or the trouble. `deadlineMs` is on the monotonic clock. */
  ask(question: DnsQuestion, deadlineMs: number): Promise<ServerAnswer>;
}

/** With a single server a lost datagram is worth two more tries; with several, each is asked twice. */
const MIN_TRIES = 3;
const MIN_ROUNDS = 2;

export function createDnsServers(options: {
  readonly servers: readonly Endpoint[];
  readonly transport: DnsTransport;
  readonly codec: DnsCodec;
}): DnsServers {
  const { servers, transport, codec } = options;
  const rounds = Math.max(MIN_ROUNDS, Math.ceil(MIN_TRIES / servers.length));
  let preferred = 0;

  /** One try at one server; null when it was silent. */
  async function askServer(server: Endpoint, question: DnsQuestion, timeoutMs: number): Promise<ServerAnswer | null> {
    const untilMs = monotonicMs() + timeoutMs;
    function send(protocol: 'udp' | 'tcp', hasEdns: boolean): Promise<CodecAnswer | null> {
      const query: DnsQuery = { ...question, id: randomInt(0x10000), hasEdns };
      return transport[protocol]({
        server,
        query: codec.encodeQuery(query),
        timeoutMs: untilMs - monotonicMs(),
        accept: (reply) => codec.decodeReply(reply, query),
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

  return {
    async ask(question, deadlineMs) {
      let trouble: DnsTrouble = 'TIMEOUT';
      const ordered = [...servers.slice(preferred), ...servers.slice(0, preferred)];
      let queue = Array.from({ length: rounds }, () => ordered).flat();
      for (let server = queue.shift(); server !== undefined; server = queue.shift()) {
        const current = server;
        const leftMs = deadlineMs - monotonicMs();
        if (leftMs <= 0) break;
        const answer = await askServer(current, question, leftMs / (queue.length + 1));
        if (answer?.kind === 'REPLY') {
          preferred = servers.indexOf(current);
          return answer;
        }
        if (answer === null) continue;
        trouble = answer.reason;
        queue = queue.filter((other) => other !== current);
      }
      return { kind: 'TROUBLE', reason: trouble };
    },
  };
}
