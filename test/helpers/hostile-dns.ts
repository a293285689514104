/**
 * A DNS server of an attacker, for tests: answers of any size under names that never come twice, and late ones.
 *
 * Records are octets made once (`repeat`, `wideTxt`, `widePtr`): each is about the name in the question, by a compression pointer,
 * so that an answer of 64 KB costs the test nothing to make. What is longer than a datagram is had over TCP.
 */
import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { AUTHORITATIVE_ANSWER, TRUNCATED_RESPONSE, decode, encode, type Question } from 'dns-packet';
import { bindPair } from './fake-dns.ts';

/** Octets of resource records, and how many records they are. */
export interface WideRecords {
  readonly octets: Buffer;
  readonly count: number;
}

/**
 * Over TCP in place of one frame: octet by octet, an empty one first, one with another id first, or many, each longer than it
 * says.
 */
export type FrameFault = 'OCTETS' | 'EMPTY' | 'WRONG_ID' | 'MANY';

/** Records of the answer section, or a code (RFC 1035 §4.1.1); `delayMs` after the question. */
export interface HostileReply {
  readonly records?: WideRecords;
  readonly code?: 'NOERROR' | 'SERVFAIL' | 'NXDOMAIN';
  readonly delayMs?: number;
  readonly frames?: FrameFault;
}

export interface HostileDns {
  /** `127.0.0.1:PORT`, for DNS_SERVERS. */
  readonly address: string;
  /** How many questions have come that `pattern` fits, UDP and TCP. */
  count(pattern: RegExp): number;
  close(): Promise<void>;
}

const CODES = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3 } as const;
const DATAGRAM_BYTES = 1232;
/** Of a message over TCP, its header and question included (RFC 1035 §4.2.2). */
const MOST_RECORD_BYTES = 65_000;

/** Answers with what `replyTo` says of a name in lower case. */
export async function startHostileDns(replyTo: (name: string, type: string) => HostileReply): Promise<HostileDns> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const delays = new Set<ReturnType<typeof setTimeout>>();

  function handle(bytes: Buffer, isDatagram: boolean, send: (reply: Buffer, frames?: FrameFault) => void): void {
    const { id = 0, questions: [question] = [] } = decode(bytes);
    if (question === undefined) return;
    const name = question.name.toLowerCase();
    asked.push(name);
    const { delayMs, ...reply } = replyTo(name, question.type);
    const answer = encodeReply({ id, question, isDatagram, reply });
    if (delayMs === undefined) return send(answer, reply.frames);
    const delay = setTimeout(() => {
      delays.delete(delay);
      send(answer);
    }, delayMs);
    delays.add(delay);
  }

  const { tcp, udp, port } = await bindPair((socket) => {
    sockets.add(socket.on('error', () => socket.destroy()));
    socket.on('close', () => sockets.delete(socket));
    let received = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      handle(received.subarray(2), false, (reply, frames) => sendFrames(socket, reply, frames));
      received = Buffer.alloc(0);
    });
  });
  udp.on('message', (bytes, from) => handle(bytes, true, (reply) => udp.send(reply, from.port, from.address)));

  return {
    address: `127.0.0.1:${port}`,
    count: (pattern) => asked.filter((name) => pattern.test(name)).length,
    async close() {
      for (const delay of delays) clearTimeout(delay);
      for (const socket of sockets) socket.destroy();
      await Promise.all([udp, tcp].map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
    },
  };
}

const MANY_FRAMES = 1000;

function sendFrames(socket: Socket, reply: Buffer, fault?: FrameFault): void {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(reply.length);
  const frame = Buffer.concat([length, reply]);
  if (fault === undefined) return void socket.write(frame);
  if (fault === 'EMPTY') return void socket.write(Buffer.concat([Buffer.alloc(2), frame]));
  if (fault === 'WRONG_ID') {
    const wrong = Buffer.from(frame);
    wrong.writeUInt16BE(wrong.readUInt16BE(2) ^ 1, 2);
    return void socket.write(Buffer.concat([wrong, frame]));
  }
  if (fault === 'MANY') {
    for (let sent = 0; sent < MANY_FRAMES && socket.write(Buffer.concat([frame, frame.subarray(20)])); sent += 1);
    return;
  }
  let at = 0;
  socket.setNoDelay(true);
  const go = (): void => {
    if (socket.destroyed || at >= frame.length) return;
    socket.write(frame.subarray(at, (at += 1)));
    setImmediate(go);
  };
  go();
}

interface Replying {
  readonly id: number;
  readonly question: Question;
  readonly isDatagram: boolean;
  readonly reply: HostileReply;
}

function encodeReply({ id, question, isDatagram, reply: { records, code = 'NOERROR' } }: Replying): Buffer {
  const isTruncated = isDatagram && (records?.octets.length ?? 0) > DATAGRAM_BYTES;
  const flags = AUTHORITATIVE_ANSWER | CODES[code] | (isTruncated ? TRUNCATED_RESPONSE : 0);
  const soa = { mname: 'ns.example', rname: 'hostmaster.example', minimum: 0 };
  const authorities = records === undefined ? [{ name: question.name, type: 'SOA' as const, ttl: 0, data: soa }] : [];
  const head = encode({ type: 'response', id, flags, questions: [question], authorities });
  if (records === undefined || isTruncated) return head;
  head.writeUInt16BE(records.count, 6);
  return Buffer.concat([head, records.octets]);
}

const TYPES = { A: 1, PTR: 12, MX: 15, TXT: 16 } as const;
/** Where the name of the question stands (RFC 1035 §4.1.4). */
const QUESTION_POINTER = [0xc0, 12] as const;

/** One record about the name in the question, of class IN and with a TTL of 0. */
function record(type: keyof typeof TYPES, data: Uint8Array): Buffer {
  const head = Buffer.from([...QUESTION_POINTER, 0, TYPES[type], 0, 1, 0, 0, 0, 0, 0, 0]);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function joined(records: readonly Buffer[]): WideRecords {
  return { octets: Buffer.concat(records), count: records.length };
}

/** A character-string or a label (RFC 1035 §3.3, §3.1). */
function withLength(text: string): string {
  return `${String.fromCodePoint(text.length)}${text}`;
}

/** Addresses of 10.0.0.0/8. */
export function wideA(count: number): WideRecords {
  return joined(Array.from({ length: count }, (_, at) => record('A', Buffer.from([10, 1, at >> 8, at & 255]))));
}

/** Text records. */
export function wideTxt(texts: readonly string[]): WideRecords {
  const wireText = (text: string): string => (text.match(/.{1,255}/gs) ?? []).map(withLength).join('');
  return joined(texts.map((text) => record('TXT', Buffer.from(wireText(text), 'latin1'))));
}

/** MX records of one preference. */
export function wideMx(hosts: readonly string[]): WideRecords {
  const wireName = (host: string): string => `${host.split('.').map(withLength).join('')}\0`;
  return joined(hosts.map((host) => record('MX', Buffer.from(`\0\n${wireName(host)}`, 'latin1'))));
}

/** 65,000 octets of PTR records, each name a label before the name of the record above it: the longest to read. */
export function widePtr(questionName: string): WideRecords {
  const records: Buffer[] = [];
  let at = 12 + questionName.length + 2 + 4;
  let depth = 0;
  let target = 12;
  for (let sum = 0; sum < MOST_RECORD_BYTES; ) {
    const next = record('PTR', Buffer.from([1, 0x61, 0xc0 | (target >> 8), target & 255]));
    records.push(next);
    const nameAt = at + 12;
    at += next.length;
    sum += next.length;
    depth += 1;
    // A pointer has fourteen bits, and a name 255 octets.
    if (nameAt >= 16_384) continue;
    target = depth < 80 ? nameAt : 12;
    if (depth >= 80) depth = 0;
  }
  return joined(records);
}
