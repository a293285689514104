/**
 * The notations a setting's value may have: numbers, sizes, durations, addresses, lists.
 *
 * Each parser is pure and gives the value or, in words for a person, what was expected with an example. White space around
 * a value or a list's entries does not matter. Does not know any variable's name.
 */
import { isIP, isIPv4 } from 'node:net';
import { isAddress } from '../mail/address.ts';
import { normalizeDomain } from '../mail/domain.ts';
import { spanOf } from '../mail/duration.ts';

type Parsed<T> = { readonly value: T } | { readonly expected: string };
export type Parser<T> = (text: string) => Parsed<T>;

/** An address to listen on; port 0 lets the system choose. */
export interface ListenAddress {
  /** Without brackets. */
  readonly address: string;
  readonly port: number;
}

/** 128 bits in hexadecimal digits. */
const MIN_TOKEN_LENGTH = 32;

/** The longest wait that a timer of any runtime can keep: 2^31 - 1 ms. */
const MAX_DURATION_MS = 2_147_483_647;
const MAX_GREETING_WAIT_MS = 120_000;
const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

/** A whole number in decimal digits. */
export function integer(minimum: number, maximum: number, example: number): Parser<number> {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return { value };
    return { expected: `a whole number from ${minimum} to ${maximum}, for example ${example}` };
  };
}

export const portNumber: Parser<number> = integer(1, 65_535, 25);

/** Bytes: a plain number, or one with KiB, MiB, GiB or TiB. */
export function byteSize(minimum: number): Parser<number> {
  return (text) => {
    const match = /^(\d{1,15})\s*(|[kmgt]ib)$/i.exec(text);
    const value = Number(match?.[1] ?? Number.NaN) * (SIZE_UNITS[match?.[2]?.toLowerCase() ?? ''] ?? Number.NaN);
    if (value >= minimum && Number.isSafeInteger(value)) return { value };
    return { expected: `a number of bytes, at least ${minimum}, for example 10485760 or 64MiB` };
  };
}

/** Milliseconds, written as 500ms, 120s, 5m, 2h or 1d. A bare number has no meaning, except 0. */
export const duration: Parser<number> = (text) => {
  const match = /^(\d{1,10})\s*(ms|s|m|h|d)$/i.exec(text);
  const value = text === '0' ? 0 : (spanOf(Number(match?.[1]), match?.[2] ?? '') ?? Number.NaN);
  if (value <= MAX_DURATION_MS) return { value };
  return { expected: 'a duration with its unit, at most 24d, for example 120s, 5m or 2h' };
};

/** As `duration`; senders wait five minutes for 220 (RFC 5321 §4.5.3.2.1), and many less. */
export const greetingWait: Parser<number> = (text) => {
  const parsed = duration(text);
  if ('value' in parsed && parsed.value <= MAX_GREETING_WAIT_MS) return parsed;
  return { expected: 'a duration with its unit, at most 2m, for example 500ms or 6s' };
};

export const boolean: Parser<boolean> = (text) => {
  if (/^(?:true|yes|on|1)$/i.test(text)) return { value: true };
  if (/^(?:false|no|off|0)$/i.test(text)) return { value: false };
  return { expected: 'true or false' };
};

/** One of a few words, in any case. */
export function oneOf<const W extends string>(words: readonly W[]): Parser<W> {
  return (text) => {
    const value = words.find((word) => word === text.toLowerCase());
    return value === undefined ? { expected: words.join(' or ') } : { value };
  };
}

/** A comma list with at least one entry; an empty entry, as after a last comma, is not one. Repeats are dropped. */
export function listOf<T>(entry: Parser<T>): Parser<readonly T[]> {
  return (text) => {
    const values = new Map<string, T>();
    for (const part of text.split(',').map((one) => one.trim())) {
      if (part === '') continue;
      const parsed = entry(part);
      if ('expected' in parsed) return { expected: `a comma list of which each entry is ${parsed.expected}` };
      values.set(JSON.stringify(parsed.value), parsed.value);
    }
    return values.size === 0 ? { expected: 'a comma list with at least one entry' } : { value: [...values.values()] };
  };
}

/** As `parser`, with the word `none` for the empty list. */
export function orNone<T>(parser: Parser<readonly T[]>): Parser<readonly T[]> {
  return (text) => {
    if (text.toLowerCase() === 'none') return { value: [] };
    const parsed = parser(text);
    return 'expected' in parsed ? { expected: `${parsed.expected}, or none` } : parsed;
  };
}

/** A host name in its one form: lower case, A-labels, no trailing dot. */
export const hostName: Parser<string> = (text) => {
  const value = normalizeDomain(text);
  return value === null ? { expected: 'a host name, for example mx2.example.net' } : { value };
};

export const mailbox: Parser<string> = (text) => {
  if (isAddress(text)) return { value: text };
  return { expected: 'a mail address, for example postmaster@example.net' };
};

/** An IP address without zone, lower case; a v4-mapped one as IPv4. */
export const ipAddress: Parser<string> = (text) => {
  const value = plainAddress(text);
  return value === null ? { expected: 'an IP address, for example 192.0.2.1 or 2001:db8::1' } : { value };
};

/** A network as `address/length`; an address alone is a network of one. */
export const network: Parser<string> = (text) => {
  const [given = '', length, ...rest] = text.split('/');
  const address = plainAddress(given);
  const bits = address !== null && isIPv4(address) ? 32 : 128;
  // A mapped address counts its length from the IPv6 form; it is never written, so it is refused rather than guessed at.
  const isLength =
    length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits && !/^::ffff:.*\./i.test(given));
  if (address !== null && isLength && rest.length === 0) return { value: `${address}/${Number(length ?? bits)}` };
  return { expected: 'an IP network, for example 192.0.2.0/24 or 2001:db8::/32' };
};

/** `192.0.2.1:25` or `[2001:db8::1]:25`; port 0 and a zone (`[fe80::1%eth0]:25`) are allowed. */
export const listenAddress: Parser<ListenAddress> = (text) => {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const address = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3] ?? Number.NaN);
  const family = match?.[1] === undefined ? 4 : 6;
  if (isIP(address) === family && port <= 65_535) return { value: { address: address.toLowerCase(), port } };
  return { expected: 'an IP address and a port, for example 127.0.0.1:2525 or [::1]:2525' };
};

/** A name server as `ip:port`; the port is 53 when it is left out. */
export const nameServer: Parser<string> = (text) => {
  const alone = plainAddress(text.replace(/^\[(.*)\]$/, '$1'));
  const withPort = alone === null ? listenAddress(text) : { value: { address: alone, port: 53 } };
  const server = 'value' in withPort ? withPort.value : null;
  const address = server === null ? null : plainAddress(server.address);
  if (server !== null && address !== null && server.port > 0) return { value: endpointText(address, server.port) };
  return { expected: 'the IP address of a name server and a port, for example 192.0.2.53:53 or [2001:db8::53]:53' };
};

/** An http or https address without credentials, query or fragment; given back without a trailing slash. */
export const webAddress: Parser<string> = (text) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain =
    url !== null && /^https?:$/.test(url.protocol) && url.username + url.password + url.search + url.hash === '';
  // It stands in replies of at most 512 octets.
  if (isPlain && !/[?#]/.test(text) && url.href.length <= 255) return { value: url.href.replace(/\/+$/, '') };
  return { expected: 'an http or https address of at most 255 characters, for example https://mx2.example.net' };
};

/** `name=value,name=value`, values percent-encoded as in W3C Baggage: OpenTelemetry's notation for headers. */
export const headerList: Parser<Readonly<Record<string, string>>> = (text) => {
  const pairs = text.split(',').map((pair) => /^\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*([!-~]*)\s*$/.exec(pair));
  const headers = pairs.flatMap((pair) => {
    const [, name = '', value = ''] = pair ?? [];
    const plain = decoded(value);
    return pair === null || plain === null ? [] : [[name, plain] as const];
  });
  if (headers.length === pairs.length) return { value: Object.fromEntries(headers) };
  return { expected: 'headers as name=value, with commas between them, for example authorization=Bearer%20abc' };
};

/** Null when it is not well-formed or would break a header. */
function decoded(value: string): string | null {
  try {
    const plain = decodeURIComponent(value);
    return /^[\x20-\x7e]*$/.test(plain) ? plain : null;
  } catch {
    return null;
  }
}

/** From 0 to 1. */
export const share: Parser<number> = (text) => {
  const value = /^\d(?:\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
  return value <= 1 ? { value } : { expected: 'a number from 0 to 1, for example 0.1' };
};

export const plainName: Parser<string> = (text) =>
  /^[!-~]{1,100}$/.test(text)
    ? { value: text }
    : { expected: 'at most 100 characters without spaces, for example backup-mx' };

export const databaseUrl: Parser<string> = (text) => {
  // Several hosts with commas between are no URL to a parser of URLs, but each of them alone is.
  const [, start, hosts = '', rest = ''] = /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^/?#@]*)(.*)$/.exec(text) ?? [];
  const isUrl = start !== undefined && hosts.split(',').every((host) => URL.canParse(start + host + rest));
  if (isUrl) return { value: text };
  return {
    expected:
      'a PostgreSQL address, for example postgres://user:password@db.example.net:5432/backup_mx, or with several hosts db1.example.net:5432,db2.example.net:5432',
  };
};

/** RFC 6750 §2.1: what can stand after "Bearer". It may do everything, so it may not be one that can be guessed. */
export const operatorToken: Parser<string> = (text) => {
  if (/^[A-Za-z0-9._~+/-]+=*$/.test(text) && text.length >= MIN_TOKEN_LENGTH) return { value: text };
  const letters = 'letters, digits and any of - . _ ~ + /';
  return { expected: `at least ${MIN_TOKEN_LENGTH} ${letters}, as \`openssl rand -hex 32\` prints them` };
};

/** A path; control characters are refused, as a line could not name it. */
export const filePath: Parser<string> = (text) => {
  return /\p{Cc}/u.test(text) ? { expected: 'a path, for example /var/lib/backup-mx' } : { value: text };
};

/** A comma list of paths, repeats kept: an entry belongs to that of another list in the same place. */
export const pathList: Parser<readonly string[]> = (text) => {
  const paths = text.split(',').map((path) => path.trim());
  if (/\p{Cc}/u.test(text) || paths.includes('')) {
    return { expected: 'a path, or a comma list of them, for example /etc/ssl/mx2.example.net.pem' };
  }
  return { value: paths };
};

/** RFC 6376 §3.1: the labels before `_domainkey` in the name of a public key. */
export const selector: Parser<string> = (text) => {
  const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
  if (text.length <= 200 && new RegExp(`^${label}(?:\\.${label})*$`).test(text)) return { value: text.toLowerCase() };
  return { expected: 'the selector of a key in the DNS, for example arc2026' };
};

function plainAddress(text: string): string | null {
  if (isIP(text) === 0 || text.includes('%')) return null;
  const mapped = /^::ffff:([\d.]+)$/i.exec(text)?.[1] ?? '';
  return isIPv4(mapped) ? mapped : text.toLowerCase();
}

function endpointText(address: string, port: number): string {
  return isIPv4(address) ? `${address}:${port}` : `[${address}]:${port}`;
}
