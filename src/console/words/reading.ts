/**
 * Reads the text that somebody pasted to find mail: a word, or a whole line of a log, a header or a report. Pure.
 *
 * The first reading is the likeliest. The others are offered beside it.
 */
import { isAddress } from '../../mail/address.ts';
import { normalizeDomain } from '../../mail/domain.ts';
import { isId } from '../../mail/id.ts';
import { parseCidr, parseEndpoint } from '../../mail/ip.ts';
import { REJECTIONS } from './labels.ts';

export interface Reading {
  /** The value in an address of the console: `?as=code`. */
  readonly as: 'id' | 'code' | 'message-id' | 'address' | 'client' | 'senders' | 'domain';
  readonly value: string;
}

/** As it is said: "Read as an address". */
export const READINGS: Readonly<Record<Reading['as'], string>> = {
  id: 'an id of ours',
  code: 'a reason of a refusal',
  'message-id': 'a Message-ID',
  address: 'an address',
  client: 'a sending server',
  senders: 'all senders of a domain',
  domain: 'the beginning of a domain’s name',
};

/** No line of mail is longer (RFC 5321 §4.5.3.1.6); a report may be pasted as a few. */
const MOST_READ = 4_000;
const MOST_READINGS = 8;
const ID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/gi;
const CODE = /\bBMX[-_][A-Z]+\b/gi;
/** Longer than 998 octets is no line (RFC 5322 §2.1.1). */
const MESSAGE_ID_FIELD = /\bmessage-id\s*[:=]\s*<?([^<>\s]{1,900})>?/i;
const IN_ANGLES = /^<([^<>\s@]+@[^<>\s@]+)>$/;
/** Stands around addresses and hosts in logs and headers; not part of them. */
const AROUND = /[\s<>()[\]{},;"'|]+/;
const NAME = /^[\p{L}\p{N}](?:[\p{L}\p{N}._-]{0,252})\.?$/u;

/** The readings, the likeliest first; none if there is nothing in it that mail is found by. */
export function readingsOf(pasted: string): readonly Reading[] {
  const cut = pasted.slice(0, MOST_READ).replace(/\p{Cc}+/gu, ' ');
  // The word that was cut through would be read as another one.
  const text = (pasted.length > MOST_READ ? cut.slice(0, cut.lastIndexOf(' ') + 1) : cut).trim();
  const words = text.split(AROUND).map(bare).filter(Boolean);
  const found: Reading[] = [
    ...idsIn(text).map((value) => ({ as: 'id', value }) as const),
    ...codesIn(text).map((value) => ({ as: 'code', value }) as const),
    ...messageIdIn(text).map((value) => ({ as: 'message-id', value }) as const),
    ...words.flatMap(addressIn).map((value) => ({ as: 'address', value }) as const),
    ...words.flatMap(clientIn).map((value) => ({ as: 'client', value }) as const),
    ...angledIn(text).map((value) => ({ as: 'message-id', value }) as const),
    ...nameIn(text),
  ];
  const isFirst = ({ as, value }: Reading, at: number): boolean =>
    found.findIndex((other) => other.as === as && other.value === value) === at;
  return found.filter(isFirst).slice(0, MOST_READINGS);
}

/** Whether two texts name the same domain, in any of its spellings. */
export function isSameDomain(text: string, name: string): boolean {
  return normalizeDomain(text) === name;
}

function idsIn(text: string): string[] {
  return [...text.matchAll(ID)].map(([id]) => id.toLowerCase()).filter(isId);
}

/** As the API has it: `BMX_USER`. */
function codesIn(text: string): string[] {
  return [...text.matchAll(CODE)]
    .map(([code]) => code.toUpperCase().replace('-', '_'))
    .filter((code) => Object.hasOwn(REJECTIONS, code));
}

function messageIdIn(text: string): string[] {
  const [, value] = MESSAGE_ID_FIELD.exec(text) ?? [];
  return value === undefined ? [] : [value];
}

/** `<1@host>` alone is an address as well as a Message-ID. */
function angledIn(text: string): string[] {
  const [, value] = IN_ANGLES.exec(text) ?? [];
  return value === undefined ? [] : [value];
}

/** `to=anna@example.org.` without the words around it. */
function bare(word: string): string {
  return word.replace(/^(?:from|to|orig_to|for|client|helo|mailto)[:=]/i, '').replace(/[.:]+$/, '');
}

function addressIn(word: string): string[] {
  return word.includes('@') && isAddress(word) ? [word] : [];
}

function clientIn(word: string): string[] {
  const host = word.replace(/^ipv6:/i, '');
  if (parseCidr(host) !== null) return [host];
  const endpoint = parseEndpoint(host);
  return endpoint === null ? [] : [endpoint.address];
}

function nameIn(text: string): Reading[] {
  const name = text.replace(/^@/, '');
  if (!NAME.test(name) || parseCidr(name) !== null || idsIn(name).length > 0 || codesIn(name).length > 0) return [];
  const prefix: Reading = { as: 'domain', value: name.replace(/\.$/, '').toLowerCase() };
  const isWhole = name.includes('.') && normalizeDomain(name) !== null;
  const senders: readonly Reading[] = isWhole ? [{ as: 'senders', value: `@${normalizeDomain(name)}` }] : [];
  return text.startsWith('@') ? [...senders, prefix] : [prefix, ...senders];
}
