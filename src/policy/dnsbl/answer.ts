/**
 * What a DNS list says of a client, read from its answer, and the reason it gives (RFC 5782 §2.1).
 *
 * Promises that only what can be a listing is one. An answer outside 127.0.0.0/8 comes from a zone that has gone or a
 * resolver that lies, 127.255.255.0/24 says that the list refused the query, and 127.0.0.1 is the address that must never
 * be listed: an answer with any of them is an ERROR as a whole. Trouble says nothing of the client. Pure.
 */
import type { DnsAnswer, DnsTrouble } from '../../dns/answer.ts';
import { type Cidr, isInCidr, parseAddress, parseCidr } from '../../mail/ip.ts';

export type ZoneAnswer =
  /** `codes`: every A record of the answer, all of them valid. */
  | { readonly kind: 'LISTED'; readonly codes: readonly string[] }
  | { readonly kind: 'NOT_LISTED' }
  /** `answer`: the first record that cannot be a listing. */
  | { readonly kind: 'ERROR'; readonly answer: string }
  /** Nobody could tell. NOT_ASKED: the zone was silent lately, or too many questions wait for it. */
  | { readonly kind: 'TROUBLE'; readonly reason: DnsTrouble | 'NOT_ASKED' };

export const NOT_LISTED: ZoneAnswer = { kind: 'NOT_LISTED' };
export const NOT_ASKED: ZoneAnswer = { kind: 'TROUBLE', reason: 'NOT_ASKED' };

const LISTINGS = cidrOf('127.0.0.0/8');
const REFUSALS = cidrOf('127.255.255.0/24');
const NEVER_LISTED = '127.0.0.1';

/** Longest URL that is told on; with the rest of a reply it fits into 512 octets (RFC 5321 §4.5.3.1.5). */
const MAX_URL_LENGTH = 120;
/** Lists say a sentence; a kilobyte of TXT is no reason. */
const MAX_REASON_LENGTH = 1000;

export function readZoneAnswer(answer: DnsAnswer<string>): ZoneAnswer {
  if (answer.kind === 'TROUBLE') return answer;
  if (answer.kind !== 'FOUND') return NOT_LISTED;
  const odd = answer.records.find((record) => !isListing(record));
  return odd === undefined ? { kind: 'LISTED', codes: answer.records } : { kind: 'ERROR', answer: odd };
}

function isListing(record: string): boolean {
  const address = parseAddress(record);
  return address !== null && record !== NEVER_LISTED && isInCidr(address, LISTINGS) && !isInCidr(address, REFUSALS);
}

/** The first code of a listing that counts; null when none does, or nothing is listed. No `wanted`: every one counts. */
export function listedCode(answer: ZoneAnswer, wanted: readonly Cidr[]): string | null {
  if (answer.kind !== 'LISTED') return null;
  const counts = (code: string): boolean => {
    const address = parseAddress(code);
    return address !== null && wanted.some((network) => isInCidr(address, network));
  };
  return answer.codes.find((code) => wanted.length === 0 || counts(code)) ?? null;
}

/** The first plain web address in a list's TXT records, as it stands there; null without one that can be told on. */
export function reasonUrl(texts: readonly string[]): string | null {
  for (const text of texts) {
    const [found = ''] = /\bhttps?:\/\/[\w.~:/?#[\]@!$&'()*+,;=%-]+/i.exec(text.slice(0, MAX_REASON_LENGTH)) ?? [];
    const url = found.replace(/[.,;:!?'()[\]]+$/, '');
    // No user names: whoever reads the line must see where it leads.
    if (url.length <= MAX_URL_LENGTH && !url.includes('@') && URL.canParse(url)) return url;
  }
  return null;
}

function cidrOf(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === null) throw new Error(`not a CIDR block: ${text}`);
  return cidr;
}
