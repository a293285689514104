/**
 * The results of SPF, DKIM, DMARC and ARC for a message (RFC 7208, RFC 6376, RFC 8617), and the seal over that.
 *
 * The bounce firewall evaluates SPF and DKIM when a report is due; all of them are evaluated at acceptance if the operator
 * wants a field or a seal. Promises an answer within a bounded time and number of queries, whatever the records say, and that
 * a failure of the DNS is a temporary error and never a verdict. Rejects nothing by itself.
 * The only user of mailauth (7.1), used in its lenient mode: a slip in a record costs an honest sender no report.
 */
import { Buffer } from 'node:buffer';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import { monotonicMs, within } from '../../clock.ts';
import type { ClientInfo } from '../../mail/envelope.ts';
import type { DnsAnswer, MxRecord } from '../../dns/answer.ts';

export type SpfResult = 'PASS' | 'FAIL' | 'SOFTFAIL' | 'NEUTRAL' | 'NONE' | 'TEMPERROR' | 'PERMERROR';

interface SpfQuestion {
  /** IPv4 or IPv6, without brackets. */
  readonly clientAddress: string;
  /** Its domain is asked when the reverse-path is null (RFC 7208 §2.4). */
  readonly ehloName: string;
  readonly reversePath: string | null;
  readonly lookup: Lookup;
  /** Default 20,000 ms: RFC 7208 §4.6.4 allows no less. */
  readonly timeoutMs?: number;
}

const RESULTS: ReadonlyMap<string, SpfResult> = new Map([
  ['pass', 'PASS'],
  ['fail', 'FAIL'],
  ['softfail', 'SOFTFAIL'],
  ['neutral', 'NEUTRAL'],
  ['none', 'NONE'],
  ['temperror', 'TEMPERROR'],
  ['permerror', 'PERMERROR'],
]);

/**
 * mailauth counts ten terms and two void look-ups (RFC 7208 §4.6.4), but every `mx` and `ptr` term counts its hosts anew, each
 * asked for A and AAAA: a record could ask for hundreds of names of somebody else. Honest ones stay far below this.
 */
const MAX_QUERIES = 100;
/** A key of 16,384 bits has less, and so has any SPF record that senders publish. A longer one counts as none. */
const MAX_TEXT_OCTETS = 4096;
/** mailauth needs up to half a millisecond for a kilobyte: so much text for one message, then no more is answered. */
const MAX_TEXTS_OCTETS = 65_536;

/** Evaluates SPF. NONE also when there is no domain to ask: a literal, a single label, a client address that is not valid. */
export async function checkSpf(question: SpfQuestion): Promise<SpfResult> {
  const { clientAddress, ehloName, reversePath, timeoutMs = 20_000 } = question;
  if (isIP(clientAddress) === 0) return 'NONE';
  const queries = countedQueries(question.lookup, MAX_QUERIES, Infinity);
  // Loaded when first needed: most of a node's life no report is due.
  const { spf } = await import('mailauth/lib/spf/index.js');
  const { status } = await spf({
    sender: reversePath ?? '',
    ip: clientAddress,
    helo: ehloName,
    mta: 'unknown',
    resolver: queries.resolve,
    maxElapsedTime: timeoutMs,
  });
  if (queries.wereTooMany()) return 'PERMERROR';
  return RESULTS.get(status.result) ?? 'TEMPERROR';
}

interface SignatureQuestion {
  /** Header section and body as they were signed. */
  readonly content: readonly Uint8Array[];
  /** The time that a signature's expiry is compared with. */
  readonly at: Date;
  readonly lookup: Lookup;
  readonly timeoutMs: number;
}

/** The result of one signature. PASS: it covers the whole body, its key is no test, and it verifies. */
export interface SignatureVerdict {
  readonly signingDomain: string;
  readonly result: 'PASS' | 'FAIL' | 'TEMPERROR';
  /** The same for every copy of the signature: a hash of its octets (`b=`). */
  readonly id: string;
  /** The fields that it covers, whole and unchanged. */
  readonly signedFields: readonly string[];
  /** Null if `t=` is absent. */
  readonly signedAt: Date | null;
}

/** Verifies all signatures of a message (RFC 6376 §6). None: an empty list. Trouble of the DNS is no verdict. */
export async function verifyDkim(question: SignatureQuestion): Promise<SignatureVerdict[]> {
  const { content, at, lookup, timeoutMs } = question;
  const queries = countedQueries(lookup, MAX_QUERIES, monotonicMs() + timeoutMs);
  const { dkimVerify } = await import('mailauth/lib/dkim/verify.js');
  const { results } = await dkimVerify(Readable.from(turns(content)), {
    resolver: queries.resolve,
    rejectRsaSha1: true,
    curTime: at,
  });
  return results.flatMap(({ signingDomain, status, id, signingHeaders, signTime }): SignatureVerdict[] => {
    if (signingDomain === undefined || id === undefined) return [];
    const signature = {
      signingDomain,
      id,
      signedFields: signingHeaders?.headers ?? [],
      signedAt: typeof signTime === 'string' ? new Date(signTime) : null,
    };
    if (status.result === 'temperror') return [{ ...signature, result: 'TEMPERROR' }];
    // RFC 6376 §3.6.1: a key under test signs as if it did not. §8.2: what `l=` leaves out may be anybody's.
    const isProof = status.result === 'pass' && status.testing !== true && (status.underSized ?? 0) === 0;
    return [{ ...signature, result: isProof ? 'PASS' : 'FAIL' }];
  });
}

interface MessageQuestion {
  readonly client: ClientInfo;
  readonly reversePath: string | null;
  /** Header section and body, as the next hop will see them. */
  readonly content: readonly Uint8Array[];
  readonly authservId: string;
  readonly lookup: Lookup;
  /** After this long no query is waited for: what is not known then is a temporary error. */
  readonly timeoutMs: number;
}

/** The operator's private key for ARC seals (RFC 8617 §4.1, RFC 8301 §3.2, RFC 8463 §3). */
export interface ArcKey {
  /** Its `SELECTOR._domainkey.DOMAIN` holds the public key. */
  readonly domain: string;
  readonly selector: string;
  /** PEM of RSA or Ed25519. A secret. */
  readonly privateKey: string;
}

interface MessageVerdict {
  /**
   * The authserv-id and every method's result, folded: what stands in an Authentication-Results field (RFC 8601 §2.2). One
   * character an octet.
   */
  readonly results: string;
  /** The fields of a new ARC set, or why there is none. */
  readonly seal: (key: ArcKey) => Promise<SealOutcome>;
}

type SealOutcome =
  /** Each with its CRLF, one character an octet. */
  | { readonly kind: 'SEALED'; readonly fields: string }
  /** No set can be added: 50 are there, the newest says that the chain failed, or there is no author. */
  | { readonly kind: 'FINAL' }
  /** A key of the chain could not be looked up. */
  | { readonly kind: 'UNDETERMINED' };

/** SPF's, a few signatures', a chain of 50 seals', and DMARC's walk up the tree. */
const MAX_MESSAGE_QUERIES = 200;
/** An octet of the body costs some 10 to 100 nanoseconds for each signature: so much, then others have their turn. */
const TURN_BYTES = 16_384;
/** The error of createSeal when RFC 8617 §5.1 forbids to seal the message. */
const FINAL_CODES = new Set(['EINVALIDINSTANCE', 'EARCCHAINFAILED', 'ENOFROM']);

/** Evaluates all methods. Trouble of the library is an error; that of the DNS is part of the results. */
export async function authenticateMessage(question: MessageQuestion): Promise<MessageVerdict> {
  const { client, reversePath, content, authservId, lookup, timeoutMs } = question;
  const queries = countedQueries(lookup, MAX_MESSAGE_QUERIES, monotonicMs() + timeoutMs);
  const { authenticate, createSeal } = await import('mailauth');
  // Without a key nothing is sealed yet, but the hash of the body is kept.
  const hashed: { bodyHash?: string } & Record<'signingDomain' | 'selector' | 'privateKey', string> = {
    signingDomain: '',
    selector: '',
    privateKey: '',
  };
  const { arc, dkim } = await authenticate(Readable.from(turns(content)), {
    sender: reversePath ?? '',
    ip: client.address,
    helo: client.ehloName,
    mta: authservId,
    resolver: queries.resolve,
    // RFC 8301 §3.1.
    rejectRsaSha1: true,
    disableBimi: true,
    seal: hashed,
  });
  const { bodyHash } = hashed;
  const { authResults, status } = arc === false ? {} : arc;
  if (authResults === undefined || status === undefined || bodyHash === undefined) {
    throw new Error('mailauth gave no results');
  }
  const results = octetsOf(authResults, client.protocol);
  return {
    results,
    seal: async (key) => {
      // Deviates: RFC 8617 §5.2.1 (any error fails the chain for good) – unsealed it can still be verified at the primary.
      if (status.result === 'fail' && queries.keysAreUnknown()) return { kind: 'UNDETERMINED' };
      const { headers, errors } = await createSeal(false, {
        headers: dkim.headers,
        ...(dkim.arc === undefined ? {} : { arc: dkim.arc }),
        seal: {
          signingDomain: key.domain,
          selector: key.selector,
          privateKey: key.privateKey,
          bodyHash,
          cv: status.result,
          authResults: results,
        },
      });
      if (headers.length > 0) return { kind: 'SEALED', fields: headers.map((field) => `${field}\r\n`).join('') };
      const [{ err } = { err: new Error('mailauth gave no seal') }] = errors;
      if (FINAL_CODES.has('code' in err ? err.code : '')) return { kind: 'FINAL' };
      throw err;
    },
  };
}

/** UTF-8 in a UTF8SMTP transaction only (RFC 6531 §3.7.3). mailauth signs a string's characters as octets. */
function octetsOf(text: string, protocol: ClientInfo['protocol']): string {
  const mayBeUtf8 = protocol === 'UTF8SMTP' || protocol === 'UTF8SMTPS';
  return mayBeUtf8 ? Buffer.from(text, 'utf8').toString('latin1') : text.replace(/[^\x00-\x7f]/gu, '?');
}

/** Pieces with a pause for others between them. */
async function* turns(content: readonly Uint8Array[]): AsyncGenerator<Buffer> {
  let leftBytes = TURN_BYTES;
  for (const chunk of content) {
    for (let at = 0; at < chunk.length; ) {
      const bytes = Math.min(leftBytes, chunk.length - at);
      yield Buffer.from(chunk.buffer, chunk.byteOffset + at, bytes);
      at += bytes;
      leftBytes -= bytes;
      if (leftBytes > 0) continue;
      leftBytes = TURN_BYTES;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** `Resolver.query` of src/dns/resolver.ts is one. */
export type Lookup = (
  name: string,
  type: 'TXT' | 'A' | 'AAAA' | 'MX' | 'PTR',
) => Promise<DnsAnswer<string> | DnsAnswer<MxRecord> | DnsAnswer<string | MxRecord>>;

/** How node:dns calls what is no answer. mailauth takes the first two for "no records" and the third for trouble. */
const ERROR_CODES = { NXDOMAIN: 'ENOTFOUND', NO_DATA: 'ENODATA', TROUBLE: 'ESERVFAIL' } as const;
const ANSWER_CODES: ReadonlySet<string> = new Set([ERROR_CODES.NXDOMAIN, ERROR_CODES.NO_DATA]);

interface CountedQueries {
  /** As `resolve` of node:dns/promises, which mailauth expects. */
  readonly resolve: (name: string, type: string) => Promise<string[] | string[][]>;
  readonly wereTooMany: () => boolean;
  /** Did the look-up of a DKIM or ARC key end without an answer? */
  readonly keysAreUnknown: () => boolean;
}

/**
 * The DNS as mailauth expects it, over our resolver: counted, bounded in time and text, with node:dns's shapes and error codes.
 *
 * @param deadlineMs of the monotonic clock; from then on every query fails
 */
function countedQueries(lookup: Lookup, maxCount: number, deadlineMs: number): CountedQueries {
  let count = 0;
  let textOctets = 0;
  let keysAreUnknown = false;
  const answerTo = async (name: string, type: string): ReturnType<Lookup> => {
    count += 1;
    // The look-up follows aliases, so an alias that is asked for (by DMARC) does not exist.
    if (type === 'CNAME') return { kind: 'NXDOMAIN' };
    if (count > maxCount || !isAskedType(type)) throw dnsError('EREFUSED', name);
    if (deadlineMs === Infinity) return lookup(name, type);
    return within(Math.max(0, deadlineMs - monotonicMs()), lookup(name, type), () => {
      throw dnsError('ETIMEOUT', name);
    });
  };
  return {
    wereTooMany: () => count > maxCount || textOctets > MAX_TEXTS_OCTETS,
    keysAreUnknown: () => keysAreUnknown,
    resolve: async (name, type) => {
      try {
        const answer = await answerTo(name, type);
        if (answer.kind !== 'FOUND') throw dnsError(ERROR_CODES[answer.kind], name);
        const octetsOf = (record: string | MxRecord): number => (typeof record === 'string' ? record.length : 0);
        const records = answer.records.filter((record) => octetsOf(record) <= MAX_TEXT_OCTETS);
        textOctets += records.reduce((sum, record) => sum + octetsOf(record), 0);
        if (records.length === 0 || textOctets > MAX_TEXTS_OCTETS) throw dnsError(ERROR_CODES.NO_DATA, name);
        return nodeRecords(type, records);
      } catch (error) {
        const isAnswer = error instanceof Error && 'code' in error && ANSWER_CODES.has(String(error.code));
        if (!isAnswer && name.includes('._domainkey.')) keysAreUnknown = true;
        throw error;
      }
    },
  };
}

function isAskedType(type: string): type is Parameters<Lookup>[1] {
  return ['TXT', 'A', 'AAAA', 'MX', 'PTR'].includes(type);
}

/** In the shapes of node:dns. */
function nodeRecords(type: string, records: readonly (string | MxRecord)[]): string[] | string[][] {
  const texts = records.filter((record) => typeof record === 'string');
  if (type === 'TXT') return texts.map((text) => [text]);
  if (type !== 'MX') return texts;
  const hosts = records.filter((record) => typeof record !== 'string');
  // mailauth's types know no MX records, its code does.
  return hosts.map(({ preference, exchange }) => ({ priority: preference, exchange })) as unknown as string[];
}

function dnsError(code: string, name: string): Error {
  return Object.assign(new Error(`${code} ${name}`), { code });
}
