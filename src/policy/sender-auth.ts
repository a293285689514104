/**
 * Does SPF say that this client may send for this reverse-path? The bounce firewall's question, asked when a report is due
 * (RFC 7208).
 *
 * Promises an answer within a bounded time and number of queries, whatever the record says, and that trouble in the DNS is
 * TEMPERROR and never a verdict. Evaluates only what was stored; refuses nothing by itself.
 * The only door to mailauth (7.1), used in its lenient mode: a slip in a record costs an honest sender no report.
 */
import { isIP } from 'node:net';
import type { DnsAnswer, MxRecord } from '../net/dns-answer.ts';

export type SpfResult = 'PASS' | 'FAIL' | 'SOFTFAIL' | 'NEUTRAL' | 'NONE' | 'TEMPERROR' | 'PERMERROR';

/** `Resolver.query` of src/net/resolver.ts is one. */
export type Lookup = (
  name: string,
  type: 'TXT' | 'A' | 'AAAA' | 'MX' | 'PTR',
) => Promise<DnsAnswer<string> | DnsAnswer<MxRecord> | DnsAnswer<string | MxRecord>>;

export interface SpfQuestion {
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

/** How node:dns calls what is no answer. mailauth takes the first two for "no records" and the third for trouble. */
const ERROR_CODES = { NXDOMAIN: 'ENOTFOUND', NO_DATA: 'ENODATA', TROUBLE: 'ESERVFAIL' } as const;

/** Evaluates SPF. NONE also when there is no domain to ask: a literal, a single label, a client address that is none. */
export async function checkSpf(question: SpfQuestion): Promise<SpfResult> {
  const { clientAddress, ehloName, reversePath, timeoutMs = 20_000 } = question;
  if (isIP(clientAddress) === 0) return 'NONE';
  const queries = countedQueries(question.lookup);
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

interface CountedQueries {
  /** As `resolve` of node:dns/promises, which mailauth expects. */
  readonly resolve: (name: string, type: string) => Promise<string[] | string[][]>;
  readonly wereTooMany: () => boolean;
}

function countedQueries(lookup: Lookup): CountedQueries {
  let count = 0;
  return {
    wereTooMany: () => count > MAX_QUERIES,
    resolve: async (name, type) => {
      count += 1;
      if (count > MAX_QUERIES || !isAskedType(type)) throw dnsError('EREFUSED', name);
      const answer = await lookup(name, type);
      if (answer.kind !== 'FOUND') throw dnsError(ERROR_CODES[answer.kind], name);
      return nodeRecords(type, answer.records);
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
