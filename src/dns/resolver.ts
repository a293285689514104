/**
 * The stub resolver: asks recursive servers over UDP, over TCP when truncated, and remembers answers for their TTL.
 *
 * Promises: a DNS outcome is a value, never an exception; a failure to find out (SERVFAIL, timeout, garbage) is
 * TROUBLE and never "no such domain"; every look-up ends within its time; equal look-ups under way are asked once;
 * a reply counts only with the id, the question and the source of its query (RFC 5452). Follows aliases over replies.
 * Does not validate DNSSEC: it passes on the server's AD bit. RFC 1035, RFC 2308, RFC 6891.
 *
 * The only user of dns-packet (5.6.1). Not node:dns: under Deno it reports SERVFAIL as ENOTFOUND, and nowhere AD.
 */
import { Buffer } from 'node:buffer';
import {
  AUTHENTIC_DATA,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
  decode,
  encode,
  type Answer,
  type DecodedPacket,
} from 'dns-packet';
import { monotonicMs } from '../clock.ts';
import { normalizeAddress, parseAddress, parseEndpoint, reverseLookupName, type Endpoint } from '../mail/ip.ts';
import {
  MAX_ALIASES,
  RECORD_TYPES,
  isQueryableName,
  normalizeName,
  readReply,
  type DnsAnswer,
  type DnsRecord,
  type DnsRecordData,
  type DnsReply,
  type DnsTrouble,
  type MxRecord,
  type RecordType,
} from './answer.ts';
import { createDnsCache } from './cache.ts';
import { createShares, SHARES } from './shares.ts';
import { createDnsServers, type CodecAnswer, type DnsCodec, type DnsQuery, createDnsTransport } from './servers.ts';

export interface Resolver extends LookUps {
  /** The same, with the look-ups counted as those of a party, a tenant or a client: no party may hold many at once. */
  forParty(party: string): LookUps;
  /** Drops what is remembered of a name, so that the next look-up asks: for an operator who has just changed it. */
  forget(name: string): void;
  /** Ends look-ups under way and later ones as TROUBLE, TIMEOUT. */
  close(): void;
}

export interface LookUps {
  /** The holder of the places that they take; null: the zone that is asked has its own. */
  readonly party: string | null;
  /** Asks for one type of records of a name, given as an A-label. */
  query<T extends RecordType>(name: string, type: T): Promise<DnsAnswer<DnsRecordData[T]>>;
  resolveMx(domain: string): Promise<DnsAnswer<MxRecord>>;
  /** A and AAAA records together, IPv4 first. TROUBLE only when neither gave an address and one was in trouble. */
  resolveAddresses(host: string): Promise<DnsAnswer<string>>;
  resolveTxt(name: string): Promise<DnsAnswer<string>>;
  /** The names of an IP address. What is no address has none: NXDOMAIN. */
  resolvePtr(address: string): Promise<DnsAnswer<string>>;
}

export interface ResolverOptions {
  /** Recursive servers as `ip:port`, in order of preference; at least one. */
  readonly servers: readonly string[];
  /** Bound for one look-up, aliases, retries and all servers included. Default 8,000 ms. */
  readonly timeoutMs?: number;
  /** The clock of the cache, in milliseconds; never goes back. */
  readonly nowMs?: () => number;
  /** Look-ups of one zone at once. Default 16. */
  readonly zoneShare?: number;
}

/** Avoids fragments, and with them a way to forge answers (DNS flag day 2020). */
const UDP_PAYLOAD_BYTES = 1232;
const MAX_CACHE_ENTRIES = 10_000;
/** Octets in memory, roughly; the owner of an address chooses its name. */
const CACHE_WEIGHT = { of: weightOf, most: 32 * 1024 * 1024, mostEach: 64 * 1024 };
/**
 * An answer of 64 KB takes 20 to 30 ms to read, and whoever owns a name can have it asked for at will. BIND gives out at most 100
 * records of a type.
 */
const MAX_REPLY_BYTES = 16 * 1024;
const MAX_REPLY_RECORDS = 250;
/** Names of an address: no more are used (RFC 7208 §4.6.4), and the owner of an address may give it thousands. */
const MAX_NAMES = 10;
/** A customer's change is seen within the hour, even where a record says a week. */
const MAX_TTL_SECONDS = 3600;
const MAX_NEGATIVE_TTL_SECONDS = 900;
/** RFC 9520 asks for at least one second; more would delay an operator's "try now". */
const TROUBLE_TTL_SECONDS = 1;
/** Such an answer was no accident, and each look costs. */
const TOO_LARGE_TTL_SECONDS = 60;
/** Deviates (RFC 1035 §3.2.1: 0 is not to be kept): a client has its name looked up with each connection. */
const MIN_NAME_TTL_SECONDS = 60;

/** Makes a resolver. Throws when there is no server or one is not `ip:port`: config/config.ts has checked them. */
export function createResolver({
  servers,
  timeoutMs = 8000,
  nowMs = monotonicMs,
  zoneShare = SHARES.zone,
}: ResolverOptions): Resolver {
  const transport = createDnsTransport();
  const dnsServers = createDnsServers({
    servers: endpointsOf(servers),
    transport,
    codec: CODEC,
    shares: createShares({ ...SHARES, zone: zoneShare }),
  });
  const cache = createDnsCache<DnsAnswer<unknown>>({ maxEntries: MAX_CACHE_ENTRIES, nowMs, weight: CACHE_WEIGHT });
  const underWay = new Map<string, Promise<DnsAnswer<unknown>>>();

  /** Asks until the aliases end. Returns the answer, its TTL not yet capped: 0 means not to be kept. */
  async function lookUp({ name, type, party }: Asked): Promise<{ answer: DnsAnswer<unknown>; ttlSeconds: number }> {
    const deadlineMs = monotonicMs() + timeoutMs;
    let current = name;
    let ttlSeconds = Number.POSITIVE_INFINITY;
    let isAuthenticated = true;
    for (let hops = 0; hops <= MAX_ALIASES; hops += 1) {
      if (!isQueryableName(current)) return trouble('MALFORMED');
      const asked = await dnsServers.ask({ name: current, type }, deadlineMs, party);
      if (asked.kind === 'TROUBLE') return trouble(asked.reason);
      const meaning = readReply(asked.reply, current, type);
      if (meaning.kind === 'LOOP') return trouble('LOOP');
      isAuthenticated &&= asked.reply.isAuthenticated;
      ttlSeconds = Math.min(ttlSeconds, meaning.ttlSeconds);
      if (meaning.kind === 'ALIAS') {
        current = meaning.name;
        continue;
      }
      if (meaning.kind !== 'RECORDS') {
        return { answer: { kind: meaning.kind }, ttlSeconds: Math.min(ttlSeconds, MAX_NEGATIVE_TTL_SECONDS) };
      }
      ttlSeconds = Math.min(ttlSeconds, MAX_TTL_SECONDS);
      if (type === 'PTR') ttlSeconds = Math.max(ttlSeconds, MIN_NAME_TTL_SECONDS);
      const { name: canonicalName } = meaning;
      const records = type === 'PTR' ? meaning.records.slice(0, MAX_NAMES) : meaning.records;
      return { answer: { kind: 'FOUND', records, canonicalName, ttlSeconds, isAuthenticated }, ttlSeconds };
    }
    return trouble('LOOP');
  }

  function startLookUp(key: string, asked: Asked): Promise<DnsAnswer<unknown>> {
    // A party has look-ups of its own, for those of another may wait long for their turn.
    const line = `${key} ${asked.party ?? ''}`;
    const known = underWay.get(line);
    if (known !== undefined) return known;
    // A name that was forgotten meanwhile has lost its place: this answer may be the old one.
    const isCurrent = (): boolean => underWay.get(line) === running;
    const running: Promise<DnsAnswer<unknown>> = lookUp(asked)
      .then(({ answer, ttlSeconds }) => {
        if (isCurrent()) cache.set(key, answer, ttlSeconds);
        return answer;
      })
      .finally(() => {
        if (isCurrent()) underWay.delete(line);
      });
    underWay.set(line, running);
    return running;
  }

  async function ask<T extends RecordType>(
    given: string,
    type: T,
    party: string | null,
  ): Promise<DnsAnswer<DnsRecordData[T]>> {
    const name = normalizeName(given);
    const key = `${type} ${name}`;
    const cached = cache.get(key);
    let answer: DnsAnswer<unknown>;
    if (cached !== null) {
      answer = cached.value.kind === 'FOUND' ? { ...cached.value, ttlSeconds: cached.ttlSeconds } : cached.value;
    } else {
      answer = await startLookUp(key, { name, type, party });
    }
    // The key holds the type, so what is kept under it has the data of that type.
    return answer as DnsAnswer<DnsRecordData[T]>;
  }

  function lookUpsOf(party: string | null): LookUps {
    const query: LookUps['query'] = (name, type) => ask(name, type, party);
    return {
      party,
      query,
      resolveMx: (domain) => query(domain, 'MX'),
      async resolveAddresses(host) {
        const [v4, v6] = await Promise.all([query(host, 'A'), query(host, 'AAAA')]);
        return joinAddresses(v4, v6);
      },
      resolveTxt: (name) => query(name, 'TXT'),
      async resolvePtr(text) {
        const address = parseAddress(text);
        return address === null ? { kind: 'NXDOMAIN' } : query(reverseLookupName(address), 'PTR');
      },
    };
  }

  return {
    ...lookUpsOf(null),
    forParty: lookUpsOf,
    forget(name) {
      dnsServers.forgive(normalizeName(name));
      const keys = RECORD_TYPES.map((type) => `${type} ${normalizeName(name)}`);
      for (const key of keys) cache.delete(key);
      for (const line of underWay.keys()) if (keys.some((key) => line.startsWith(`${key} `))) underWay.delete(line);
    },
    close: () => transport.close(),
  };
}

interface Asked {
  readonly name: string;
  readonly type: RecordType;
  readonly party: string | null;
}

/** A string or a record costs so much beside its octets. */
const RECORD_WEIGHT = 64;

function weightOf(answer: DnsAnswer<unknown>): number {
  const records = answer.kind === 'FOUND' ? answer.records : [];
  return records.reduce<number>((sum, record) => sum + RECORD_WEIGHT + octetsOf(record), RECORD_WEIGHT);
}

function octetsOf(record: unknown): number {
  if (typeof record === 'string' || record instanceof Uint8Array) return record.length;
  if (typeof record !== 'object' || record === null) return 0;
  return Object.values(record).reduce<number>((sum, value) => sum + RECORD_WEIGHT + octetsOf(value), 0);
}

function endpointsOf(servers: readonly string[]): Endpoint[] {
  const endpoints = servers.map((text) => {
    const endpoint = parseEndpoint(text);
    if (endpoint === null) throw new Error(`DNS server is not ip:port: ${text}`);
    return endpoint;
  });
  if (endpoints.length === 0) throw new Error('a resolver needs at least one DNS server');
  return endpoints;
}

function trouble(reason: DnsTrouble): { answer: DnsAnswer<never>; ttlSeconds: number } {
  const ttlSeconds = reason === 'TOO_LARGE' ? TOO_LARGE_TTL_SECONDS : TROUBLE_TTL_SECONDS;
  return { answer: { kind: 'TROUBLE', reason }, ttlSeconds };
}

function joinAddresses(v4: DnsAnswer<string>, v6: DnsAnswer<string>): DnsAnswer<string> {
  if (v4.kind === 'FOUND' && v6.kind === 'FOUND') {
    return {
      ...v4,
      records: [...v4.records, ...v6.records],
      ttlSeconds: Math.min(v4.ttlSeconds, v6.ttlSeconds),
      isAuthenticated: v4.isAuthenticated && v6.isAuthenticated,
    };
  }
  // Of two answers the one that says more: addresses, then trouble (it might hide some), then that the name exists.
  const byWeight = ['FOUND', 'TROUBLE', 'NO_DATA', 'NXDOMAIN'] as const;
  return byWeight.indexOf(v4.kind) <= byWeight.indexOf(v6.kind) ? v4 : v6;
}

const CODEC: DnsCodec = {
  encodeQuery({ id, name, type, hasEdns }) {
    return encode({
      type: 'query',
      id,
      // AD in a query asks for AD in the reply without the bulk of signatures (RFC 6840 §5.7).
      flags: RECURSION_DESIRED | AUTHENTIC_DATA,
      questions: [{ type, name, class: 'IN' }],
      additionals: hasEdns ? [OPT_RECORD] : [],
    });
  },
  maxReplyBytes: MAX_REPLY_BYTES,
  decodeReply(bytes, query, length) {
    if (bytes.length < 12 || bytes.readUInt16BE(0) !== query.id) return null;
    const flags = bytes.readUInt16BE(2);
    if ((flags & RESPONSE_FLAG) === 0) return null;
    if (isTooLarge(bytes, length)) return { kind: 'TROUBLE', reason: 'TOO_LARGE' };
    try {
      const packet = decode(bytes);
      return isReplyTo(packet, query) ? meaningOf(packet, query) : null;
    } catch {
      // dns-packet throws on whatever it cannot read; a truncated reply may end in mid-record.
      return (flags & TRUNCATED_RESPONSE) === 0 ? MALFORMED : { kind: 'TRUNCATED' };
    }
  },
};

/** By the counts of its head (RFC 1035 §4.1.1), before any of it is read. */
function isTooLarge(bytes: Buffer, length: number): boolean {
  const counts = [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at));
  return length > MAX_REPLY_BYTES || counts.reduce((sum, count) => sum + count, 0) > MAX_REPLY_RECORDS;
}

const RESPONSE_FLAG = 0x8000;
const MALFORMED: CodecAnswer = { kind: 'TROUBLE', reason: 'MALFORMED' };
const OPT_RECORD: Answer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: UDP_PAYLOAD_BYTES,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};

/** Some servers leave the question out when they refuse to read it; a reply that says something repeats it. */
function isReplyTo(packet: DecodedPacket, query: DnsQuery): boolean {
  const [question, ...others] = packet.questions ?? [];
  if (question === undefined) return ![0, 3].includes(rcodeOf(packet));
  return (
    others.length === 0 &&
    normalizeName(question.name) === query.name &&
    question.type === query.type &&
    question.class === 'IN'
  );
}

function rcodeOf(packet: DecodedPacket): number {
  const opt = packet.additionals?.find((record) => record.type === 'OPT');
  return ((opt?.extendedRcode ?? 0) << 4) | ((packet.flags ?? 0) & 15);
}

/** RCODEs by RFC 1035 §4.1.1 and RFC 6891. */
function meaningOf(packet: DecodedPacket, query: DnsQuery): CodecAnswer {
  if (packet.flag_tc) return { kind: 'TRUNCATED' };
  switch (rcodeOf(packet)) {
    case 0:
      return isReferral(packet) ? { kind: 'TROUBLE', reason: 'REFUSED' } : toReply(packet, 'NOERROR');
    case 3:
      return toReply(packet, 'NXDOMAIN');
    case 1: // FORMERR
    case 4: // NOTIMP
    case 16: // BADVERS
      return query.hasEdns ? { kind: 'NO_EDNS' } : { kind: 'TROUBLE', reason: 'SERVFAIL' };
    case 5:
      return { kind: 'TROUBLE', reason: 'REFUSED' };
    default:
      return { kind: 'TROUBLE', reason: 'SERVFAIL' };
  }
}

/** A server that does not recurse points elsewhere (RFC 2308 §2.2): that is no "no such data". */
function isReferral({ answers = [], authorities = [] }: DecodedPacket): boolean {
  const has = (type: Answer['type']) => authorities.some((record) => record.type === type);
  return answers.length === 0 && has('NS') && !has('SOA');
}

function toReply(packet: DecodedPacket, rcode: DnsReply['rcode']): CodecAnswer {
  const answers: DnsRecord[] = [];
  for (const answer of packet.answers ?? []) {
    const record = toRecord(answer);
    if (record !== null) answers.push(record);
  }
  const soa = packet.authorities?.find((record) => record.type === 'SOA');
  const negativeTtlSeconds = soa === undefined ? null : Math.min(ttlOf(soa.ttl), ttlOf(soa.data.minimum));
  return { kind: 'REPLY', reply: { rcode, isAuthenticated: packet.flag_ad, answers, negativeTtlSeconds } };
}

/** Null for types we never ask for. Throws on data that cannot be what its type says: dns-packet checks no lengths. */
function toRecord(answer: Answer): DnsRecord | null {
  if (answer.type === 'OPT' || answer.class !== 'IN') return null;
  const at = { name: normalizeName(answer.name), ttlSeconds: ttlOf(answer.ttl) };
  if (answer.type === 'A' || answer.type === 'AAAA') {
    const address = normalizeAddress(answer.data);
    if (address === null) throw new Error(`not an address: ${answer.data}`);
    return { ...at, type: answer.type, data: address };
  }
  if (answer.type === 'CNAME' || answer.type === 'NS' || answer.type === 'PTR') {
    return { ...at, type: answer.type, data: normalizeName(answer.data) };
  }
  if (answer.type === 'SOA') return { ...at, type: 'SOA', data: normalizeName(answer.data.mname) };
  if (answer.type === 'MX') {
    const { preference = 0, exchange } = answer.data;
    return { ...at, type: 'MX', data: { preference, exchange: normalizeName(exchange) } };
  }
  if (answer.type === 'TXT') {
    const strings = [answer.data].flat().map((part) => Buffer.from(part));
    return { ...at, type: 'TXT', data: Buffer.concat(strings).toString('utf8') };
  }
  if (answer.type === 'TLSA') {
    const { usage, selector, matchingType, certificate } = answer.data;
    return { ...at, type: 'TLSA', data: { usage, selector, matchingType, certificate: Uint8Array.from(certificate) } };
  }
  return null;
}

/** A TTL with the top bit set counts as 0 (RFC 2181 §8). */
function ttlOf(seconds = 0): number {
  return seconds > 0x7fffffff ? 0 : seconds;
}
