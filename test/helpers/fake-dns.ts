/**
 * A DNS server for tests: UDP and TCP on one ephemeral port of 127.0.0.1, zones as plain data that may change at any
 * time, and every way a server can misbehave. Answers like a recursive server; not part of the service.
 */
import { Buffer } from 'node:buffer';
import { createSocket } from 'node:dgram';
import type { Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { AUTHENTIC_DATA, RECURSION_AVAILABLE, RECURSION_DESIRED, TRUNCATED_RESPONSE, decode, encode } from 'dns-packet';
import type { Answer, DecodedPacket, Packet, Question } from 'dns-packet';

/**
 * What a server can do instead of answering. TIMEOUT: silence. TRUNCATE: the answer is had over TCP only.
 * SPOOFED_FIRST: forged replies (wrong id, wrong question, another source) arrive before the real one. REFERRAL: as a
 * server that does not recurse.
 */
export type FakeMode =
  | 'SERVFAIL'
  | 'REFUSED'
  | 'NXDOMAIN'
  | 'TIMEOUT'
  | 'TRUNCATE'
  | 'WRONG_ID'
  | 'WRONG_QUESTION'
  | 'SPOOFED_FIRST'
  | 'MALFORMED'
  | 'REFERRAL'
  | 'NO_EDNS';

/** Records of one name. A mode in place of a list makes only that type misbehave; `mode` all types. */
export interface FakeRecords {
  readonly A?: readonly string[] | FakeMode;
  readonly AAAA?: readonly string[] | FakeMode;
  readonly MX?: readonly (readonly [preference: number, exchange: string])[] | FakeMode;
  /** One string per record, or the character-strings of one. */
  readonly TXT?: readonly (string | readonly string[])[] | FakeMode;
  readonly PTR?: readonly string[] | FakeMode;
  readonly NS?: readonly string[] | FakeMode;
  readonly TLSA?: readonly { usage: number; selector: number; matchingType: number; certificate: Buffer }[] | FakeMode;
  readonly CNAME?: string;
  readonly mode?: FakeMode;
  /** Default 0: nothing is cached, so that changed records are seen at once. */
  readonly ttlSeconds?: number;
  readonly isAuthenticated?: boolean;
}

export interface FakeDnsOptions {
  /** Adds the target's records to a CNAME answer, as a recursive server does. Default true. */
  readonly followsAliases?: boolean;
  /** Whether negative answers carry a SOA, and its minimum; null leaves it out. Default 0. */
  readonly soaMinimumSeconds?: number | null;
}

export interface FakeQuery {
  readonly name: string;
  readonly type: string;
  readonly protocol: 'udp' | 'tcp';
  readonly id: number;
  readonly sourcePort: number;
}

export interface FakeDns {
  /** `127.0.0.1:PORT`, for DNS_SERVERS. */
  readonly address: string;
  /** Every query that came, in order. */
  readonly queries: readonly FakeQuery[];
  /** How many queries came for a name, or for one type of it. */
  count(name: string, type?: string): number;
  /** Puts new records in place of a name's old ones; null makes the name unknown. */
  set(name: string, records: FakeRecords | null): void;
  close(): Promise<void>;
}

/** What reaches the wire for one query: nothing, or packets, of which those marked come from another port. */
interface Emission {
  readonly bytes: Buffer;
  readonly isFromElsewhere?: boolean;
}

export async function startFakeDns(
  zones: Readonly<Record<string, FakeRecords>>,
  options: FakeDnsOptions = {},
): Promise<FakeDns> {
  const names = new Map(Object.entries(zones).map(([name, records]) => [name.toLowerCase(), records]));
  const queries: FakeQuery[] = [];
  const sockets = new Set<Socket>();
  const elsewhere = createSocket('udp4');
  let isClosed = false;

  function handle(bytes: Buffer, protocol: 'udp' | 'tcp', sourcePort: number): Emission[] {
    const query = decode(bytes);
    const question = query.questions?.[0];
    if (question === undefined) return [];
    const name = question.name.toLowerCase();
    queries.push({ name, type: question.type, protocol, id: query.id ?? 0, sourcePort });
    return emissionsFor({ names, query, question: { ...question, name }, protocol, options });
  }

  const { tcp, udp, port } = await bindPair((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let received = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      for (const { bytes: reply, isFromElsewhere } of handle(received.subarray(2), 'tcp', socket.remotePort ?? 0)) {
        if (isFromElsewhere !== true) socket.write(Buffer.concat([lengthOf(reply), reply]));
      }
      received = Buffer.alloc(0);
    });
  });
  udp.on('message', (bytes, from) => {
    for (const { bytes: reply, isFromElsewhere } of handle(bytes, 'udp', from.port)) {
      (isFromElsewhere === true ? elsewhere : udp).send(reply, from.port, from.address);
    }
  });

  return {
    address: `127.0.0.1:${port}`,
    queries,
    count: (name, type) =>
      queries.filter((query) => query.name === name && (type === undefined || query.type === type)).length,
    set(name, records) {
      if (records === null) names.delete(name.toLowerCase());
      else names.set(name.toLowerCase(), records);
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      for (const socket of sockets) socket.destroy();
      await Promise.all([closed(udp), closed(elsewhere), closed(tcp)]);
    },
  };
}

/** For servers of a test's own: a reply to the query with any records in its answer section. */
export function forgeReply(query: Buffer, answersFor: (name: string) => Answer[]): Buffer {
  const { id, questions = [] } = decode(query);
  return encode({ type: 'response', id, questions, answers: answersFor(questions[0]?.name ?? '') });
}

/** A TCP and a UDP server on one port: TCP picks it, UDP takes the same; another if a stranger has it. */
export async function bindPair(
  onTcp: (socket: Socket) => void,
): Promise<{ tcp: Server; udp: UdpSocket; port: number }> {
  for (;;) {
    const tcp = createServer(onTcp).listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    const at = tcp.address();
    const port = typeof at === 'object' && at !== null ? at.port : 0;
    const udp = createSocket('udp4');
    const isBound = await new Promise<boolean>((resolve) => {
      udp.once('error', () => resolve(false));
      udp.bind(port, '127.0.0.1', () => resolve(true));
    });
    if (isBound) return { tcp, udp, port };
    await Promise.all([closed(tcp), closed(udp)]);
  }
}

function closed(server: { close(done: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function lengthOf(bytes: Buffer): Buffer {
  const prefix = Buffer.alloc(2);
  prefix.writeUInt16BE(bytes.length);
  return prefix;
}

interface Asked {
  readonly names: ReadonlyMap<string, FakeRecords>;
  readonly query: DecodedPacket;
  readonly question: Question;
  readonly protocol: 'udp' | 'tcp';
  readonly options: FakeDnsOptions;
}

function emissionsFor(asked: Asked): Emission[] {
  const { query, question, protocol } = asked;
  const mode = modeOf(asked);
  const packet = (changes: Packet, rcode = 0): Buffer => {
    const flags = RECURSION_DESIRED | RECURSION_AVAILABLE | rcode | (changes.flags ?? 0);
    return encode({ type: 'response', id: query.id, questions: [question], ...changes, flags });
  };
  const answer = (): Buffer => {
    const { rcode, ...rest } = answerOf(asked);
    return packet(rest, rcode);
  };
  const forgedData: Answer[] = [{ name: question.name, type: 'A', ttl: 60, data: '192.0.2.66' }];
  const wrongId = (): Buffer => packet({ id: ((query.id ?? 0) + 1) & 0xffff, answers: forgedData });
  const wrongQuestion = (): Buffer =>
    packet({ questions: [{ ...question, name: `x.${question.name}` }], answers: forgedData });
  const misbehave: Record<FakeMode, () => Emission[]> = {
    SERVFAIL: () => [{ bytes: packet({}, 2) }],
    REFUSED: () => [{ bytes: packet({}, 5) }],
    NXDOMAIN: () => [{ bytes: packet({ authorities: soaFor(asked) }, 3) }],
    TIMEOUT: () => [],
    TRUNCATE: () => [{ bytes: protocol === 'tcp' ? answer() : packet({ flags: TRUNCATED_RESPONSE }) }],
    WRONG_ID: () => [{ bytes: wrongId() }],
    WRONG_QUESTION: () => [{ bytes: wrongQuestion() }],
    SPOOFED_FIRST: () => [
      { bytes: wrongId() },
      { bytes: wrongQuestion() },
      { bytes: packet({ answers: forgedData }), isFromElsewhere: true },
      { bytes: answer() },
    ],
    MALFORMED: () => [{ bytes: packet({ answers: forgedData }).subarray(0, -3) }],
    REFERRAL: () => [
      { bytes: packet({ authorities: [{ name: 'example', type: 'NS', ttl: 60, data: 'ns.example' }] }) },
    ],
    NO_EDNS: () => [{ bytes: (query.additionals ?? []).length > 0 ? packet({ questions: [] }, 1) : answer() }],
  };
  return mode === undefined ? [{ bytes: answer() }] : misbehave[mode]();
}

/** What is wrong with a name, or with the end of its aliases where the server follows them. */
function modeOf({ names, question, options }: Asked): FakeMode | undefined {
  let name = question.name;
  for (let hops = 0; hops < 20; hops += 1) {
    const records = names.get(name);
    const own = recordsOf(records, question.type);
    if (typeof own === 'string') return own;
    if (records?.mode !== undefined) return records.mode;
    if (records?.CNAME === undefined || options.followsAliases === false) return undefined;
    name = records.CNAME.toLowerCase();
  }
  return undefined;
}

/** The answer of a well-behaved server. */
function answerOf(asked: Asked): Packet & { rcode: number } {
  const { names, question, options } = asked;
  const answers: Answer[] = [];
  const visited = new Set<string>();
  let name = question.name;
  let isAuthenticated = true;
  for (let records = names.get(name); ; records = names.get(name)) {
    isAuthenticated &&= records?.isAuthenticated === true;
    const flags = isAuthenticated ? AUTHENTIC_DATA : 0;
    const own = recordsOf(records, question.type);
    if (Array.isArray(own) && own.length > 0) {
      answers.push(...own.map((data) => toAnswer(name, question, { data, ttl: records?.ttlSeconds ?? 0 })));
      return { rcode: 0, answers, flags };
    }
    const target = records?.CNAME;
    if (target === undefined) {
      const exists = records !== undefined || [...names.keys()].some((other) => other.endsWith(`.${name}`));
      return { rcode: exists ? 0 : 3, answers, flags, authorities: soaFor(asked) };
    }
    answers.push({ name, type: 'CNAME', ttl: records?.ttlSeconds ?? 0, data: target });
    name = target.toLowerCase();
    if (options.followsAliases === false || visited.has(name)) return { rcode: 0, answers, flags };
    visited.add(name);
  }
}

function recordsOf(records: FakeRecords | undefined, type: string): readonly unknown[] | FakeMode | undefined {
  switch (type) {
    case 'A':
    case 'AAAA':
    case 'MX':
    case 'TXT':
    case 'PTR':
    case 'NS':
    case 'TLSA':
      return records?.[type];
    case 'CNAME':
      return records?.CNAME === undefined ? undefined : [records.CNAME];
    default:
      return undefined;
  }
}

/** The shape of the data was checked where the zone was written (FakeRecords); dns-packet's types cannot follow it. */
function toAnswer(name: string, { type }: Question, { data, ttl }: { data: unknown; ttl: number }): Answer {
  const value = type === 'MX' && Array.isArray(data) ? { preference: data[0], exchange: data[1] } : data;
  return { name, type, ttl, class: 'IN', data: Array.isArray(value) ? [...value] : value } as Answer;
}

function soaFor({ question, options }: Asked): Answer[] {
  const minimum = options.soaMinimumSeconds === undefined ? 0 : options.soaMinimumSeconds;
  if (minimum === null) return [];
  const data = { mname: 'ns.example', rname: 'hostmaster.example', minimum };
  return [{ name: question.name, type: 'SOA', ttl: 86_400, data }];
}
