/**
 * DNS replies as values: what a question can be answered with, and how one reply is read (RFC 1034, RFC 2308).
 *
 * Keeps the three things apart that must never be mixed up: the name does not exist, the name has no such records, and
 * no one could tell. Only the first two say something about the domain. Pure; bytes are resolver.ts's business.
 */

export interface MxRecord {
  readonly preference: number;
  /** Lower case, without the final dot; `.` is the root, the target of a null MX. */
  readonly exchange: string;
}

/** RFC 6698. */
export interface TlsaRecord {
  readonly usage: number;
  readonly selector: number;
  readonly matchingType: number;
  readonly certificate: Uint8Array;
}

/** The value of one record of each type we ask for. Names are lower case without the final dot. */
export interface DnsRecordData {
  readonly A: string;
  readonly AAAA: string;
  readonly MX: MxRecord;
  /** The character-strings of one record, joined without a separator. */
  readonly TXT: string;
  readonly PTR: string;
  readonly CNAME: string;
  readonly NS: string;
  /** MNAME: the primary master. */
  readonly SOA: string;
  readonly TLSA: TlsaRecord;
}

export type RecordType = keyof DnsRecordData;

export const RECORD_TYPES: readonly RecordType[] = ['A', 'AAAA', 'MX', 'TXT', 'PTR', 'CNAME', 'NS', 'SOA', 'TLSA'];

/**
 * SERVFAIL also stands for every other code that is no answer; TIMEOUT also for a server that cannot be reached.
 * TOO_LARGE: more octets or records than honest answers have.
 * NOT_YET_ASKED: of a long MX set, those looked up have no address, and the others are a later attempt's; or the look-up had no
 * place in its time, among others of the same party or zone.
 */
export type DnsTrouble = 'SERVFAIL' | 'TIMEOUT' | 'REFUSED' | 'MALFORMED' | 'TOO_LARGE' | 'LOOP' | 'NOT_YET_ASKED';

interface DnsFound<T> {
  readonly kind: 'FOUND';
  /** At least one, in the order of the reply. */
  readonly records: readonly T[];
  /** The name at which the aliases ended; without aliases the name asked for. */
  readonly canonicalName: string;
  /** Seconds the answer may still be used. */
  readonly ttlSeconds: number;
  /** The AD bit of every reply used. Means something only when server and path are trusted (DNS_TRUST_AD). */
  readonly isAuthenticated: boolean;
}

export type DnsAnswer<T> =
  | DnsFound<T>
  | { readonly kind: 'NO_DATA' }
  | { readonly kind: 'NXDOMAIN' }
  | { readonly kind: 'TROUBLE'; readonly reason: DnsTrouble };

export interface DnsRecord<T extends RecordType = RecordType> {
  readonly name: string;
  readonly type: T;
  readonly ttlSeconds: number;
  readonly data: DnsRecordData[T];
}

/** One reply, decoded. */
export interface DnsReply {
  readonly rcode: 'NOERROR' | 'NXDOMAIN';
  readonly isAuthenticated: boolean;
  /** The answer section, without records of types we do not know. */
  readonly answers: readonly DnsRecord[];
  /** Seconds a negative answer may be kept by the SOA of the authority section (RFC 2308); null without one. */
  readonly negativeTtlSeconds: number | null;
}

/** The content of one reply about a name. ALIAS: the chain leaves the reply, and its end must be asked for. */
type ReplyMeaning<T> =
  | { readonly kind: 'RECORDS'; readonly records: readonly T[]; readonly name: string; readonly ttlSeconds: number }
  | { readonly kind: 'ALIAS'; readonly name: string; readonly ttlSeconds: number }
  | { readonly kind: 'NO_DATA' | 'NXDOMAIN'; readonly ttlSeconds: number }
  | { readonly kind: 'LOOP' };

/** Aliases followed for one question, over all replies. Real chains have one or two; BIND stops at 16 restarts. */
export const MAX_ALIASES = 10;

/** Reads a reply to the question (name, type), following aliases inside it. Records of other names are ignored. */
export function readReply<T extends RecordType>(
  reply: DnsReply,
  name: string,
  type: T,
): ReplyMeaning<DnsRecordData[T]> {
  let current = name;
  let ttlSeconds = Number.POSITIVE_INFINITY;
  for (let hops = 0; hops <= MAX_ALIASES; hops += 1) {
    const here = reply.answers.filter((record) => record.name === current);
    const records = here.filter((record): record is DnsRecord<T> => record.type === type);
    if (records.length > 0) {
      const least = Math.min(ttlSeconds, ...records.map((record) => record.ttlSeconds));
      return { kind: 'RECORDS', records: records.map((record) => record.data), name: current, ttlSeconds: least };
    }
    const alias = here.find((record): record is DnsRecord<'CNAME'> => record.type === 'CNAME');
    if (alias === undefined) return meaningOfAbsence(reply, { current, isAlias: hops > 0, ttlSeconds });
    ttlSeconds = Math.min(ttlSeconds, alias.ttlSeconds);
    current = alias.data;
  }
  return { kind: 'LOOP' };
}

function meaningOfAbsence(
  reply: DnsReply,
  at: { readonly current: string; readonly isAlias: boolean; readonly ttlSeconds: number },
): ReplyMeaning<never> {
  // Without a SOA a negative answer must not be cached (RFC 2308).
  const ttlSeconds = Math.min(at.ttlSeconds, reply.negativeTtlSeconds ?? 0);
  // With aliases in the answer, NXDOMAIN speaks of the last of them (RFC 6604).
  if (reply.rcode === 'NXDOMAIN') return { kind: 'NXDOMAIN', ttlSeconds };
  if (at.isAlias && reply.negativeTtlSeconds === null) {
    return { kind: 'ALIAS', name: at.current, ttlSeconds: at.ttlSeconds };
  }
  return { kind: 'NO_DATA', ttlSeconds };
}

/** Lower case, without the final dot; the root stays `.`. */
export function normalizeName(name: string): string {
  const lower = name.toLowerCase();
  return lower.length > 1 && lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/** Whether a normalized name can be asked for at all: labels of 1 to 63 octets, 253 in all (RFC 1035 §2.3.4). */
export function isQueryableName(name: string): boolean {
  // A label above U+007F is no A-label, and its length in octets is not its length here.
  return name.length <= 253 && /^[\x21-\x2d\x2f-\x7e]{1,63}(\.[\x21-\x2d\x2f-\x7e]{1,63})*$/.test(name);
}
