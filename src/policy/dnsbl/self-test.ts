/**
 * Does a DNS list work? It must list 127.0.0.2 and must not list 127.0.0.1; a list of IPv6 addresses the same of
 * ::ffff:127.0.0.2 and ::ffff:127.0.0.1 in the form of IPv6 (RFC 5782 §5).
 *
 * A list passes when it does so for one family, and lists neither of the addresses that none may. TROUBLE: the DNS did not say.
 */
import { dnsblName } from '../../mail/ip.ts';
import type { DnsAnswer } from '../../dns/answer.ts';
import { readZoneAnswer, type ZoneAnswer } from './lookup.ts';

export type SelfTest =
  | { readonly kind: 'PASSED' }
  /** `reason`: a sentence for the operator. */
  | { readonly kind: 'FAILED' | 'TROUBLE'; readonly reason: string };

/** Last octet of the address that every list has, and of the one that none has. */
const LISTED = 2;
const NEVER_LISTED = 1;

/** `query` must not answer from memory. */
export async function testZone(zone: string, query: (name: string) => Promise<DnsAnswer<string>>): Promise<SelfTest> {
  const ask = async (bytes: Uint8Array): Promise<ZoneAnswer> => readZoneAnswer(await query(dnsblName(bytes, zone)));
  const pair = (of: (last: number) => Uint8Array) => Promise.all([ask(of(LISTED)), ask(of(NEVER_LISTED))]);
  const pairs = await Promise.all([pair(ipv4), pair(mapped)]);
  const verdicts = pairs.map(([listed, never]) => verdictOf(listed, never));
  // What speaks against a list in one family outweighs what speaks for it in the other.
  const wrong = verdicts.find((verdict) => verdict.kind === 'WRONG');
  if (wrong !== undefined) return { kind: 'FAILED', reason: wrong.reason };
  if (verdicts.some((verdict) => verdict.kind === 'PASSED')) return { kind: 'PASSED' };
  const trouble = verdicts.find((verdict) => verdict.kind === 'TROUBLE');
  if (trouble !== undefined) return { kind: 'TROUBLE', reason: trouble.reason };
  return { kind: 'FAILED', reason: 'It does not list 127.0.0.2, as every list must.' };
}

type PairVerdict =
  | { readonly kind: 'PASSED' | 'ABSENT' }
  | { readonly kind: 'WRONG'; readonly reason: string }
  | { readonly kind: 'TROUBLE'; readonly reason: string };

function verdictOf(listed: ZoneAnswer, never: ZoneAnswer): PairVerdict {
  for (const answer of [listed, never]) {
    if (answer.kind === 'ERROR') return { kind: 'WRONG', reason: reasonOfError(answer.answer) };
  }
  if (never.kind === 'LISTED') return { kind: 'WRONG', reason: 'It lists 127.0.0.1, so it may list everybody.' };
  for (const answer of [listed, never]) {
    if (answer.kind === 'TROUBLE') return { kind: 'TROUBLE', reason: `It does not answer (${answer.reason}).` };
  }
  return { kind: listed.kind === 'LISTED' ? 'PASSED' : 'ABSENT' };
}

function reasonOfError(answer: string): string {
  return answer.startsWith('127.255.255.')
    ? `It answers ${answer}: it refuses the queries of our DNS servers.`
    : `It answers ${answer}, which is no listing: it may have gone, or our DNS servers answer in its place.`;
}

function ipv4(last: number): Uint8Array {
  return Uint8Array.from([127, 0, 0, last]);
}

/** Sixteen octets: here the IPv6 form of the address is meant, not the address it stands for. */
function mapped(last: number): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set([0xff, 0xff, 127, 0, 0, last], 10);
  return bytes;
}
