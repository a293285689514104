/**
 * The DNS as mailauth expects it, over our resolver: counted, bounded in time, with node:dns's shapes and error codes.
 */
import { monotonicMs, within } from '../../clock.ts';
import type { DnsAnswer, MxRecord } from '../../dns/answer.ts';

/** `Resolver.query` of src/dns/resolver.ts is one. */
export type Lookup = (
  name: string,
  type: 'TXT' | 'A' | 'AAAA' | 'MX' | 'PTR',
) => Promise<DnsAnswer<string> | DnsAnswer<MxRecord> | DnsAnswer<string | MxRecord>>;

/** How node:dns calls what is no answer. mailauth takes the first two for "no records" and the third for trouble. */
const ERROR_CODES = { NXDOMAIN: 'ENOTFOUND', NO_DATA: 'ENODATA', TROUBLE: 'ESERVFAIL' } as const;
const ANSWER_CODES: ReadonlySet<string> = new Set([ERROR_CODES.NXDOMAIN, ERROR_CODES.NO_DATA]);

export interface CountedQueries {
  /** As `resolve` of node:dns/promises, which mailauth expects. */
  readonly resolve: (name: string, type: string) => Promise<string[] | string[][]>;
  readonly wereTooMany: () => boolean;
  /** Did the look-up of a DKIM or ARC key end without an answer? */
  readonly keysAreUnknown: () => boolean;
}

/** @param deadlineMs of the monotonic clock; from then on every query is trouble */
export function countedQueries(lookup: Lookup, maxCount: number, deadlineMs: number): CountedQueries {
  let count = 0;
  let keysAreUnknown = false;
  const answerTo = async (name: string, type: string): ReturnType<Lookup> => {
    count += 1;
    // The look-up follows aliases, so a name that it does not know is none (asked by DMARC).
    if (type === 'CNAME') return { kind: 'NXDOMAIN' };
    if (count > maxCount || !isAskedType(type)) throw dnsError('EREFUSED', name);
    if (deadlineMs === Infinity) return lookup(name, type);
    return within(Math.max(0, deadlineMs - monotonicMs()), lookup(name, type), () => {
      throw dnsError('ETIMEOUT', name);
    });
  };
  return {
    wereTooMany: () => count > maxCount,
    keysAreUnknown: () => keysAreUnknown,
    resolve: async (name, type) => {
      try {
        const answer = await answerTo(name, type);
        if (answer.kind !== 'FOUND') throw dnsError(ERROR_CODES[answer.kind], name);
        return nodeRecords(type, answer.records);
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
