/** How things are written in a configuration: names, hosts with a port, choices. Pure. */
import { isIPv4, isIPv6 } from 'node:net';
import { normalizeDomain } from '../../../mail/domain.ts';
import { type Attribute, optional, required } from '../sdk/schema.ts';
import { isList, type Value } from '../sdk/value.ts';

/** A domain has one form here, so that what is found is what was written. */
export function checkDomainName(value: Value): string | null {
  const name = typeof value === 'string' ? normalizeDomain(value) : null;
  if (name === null) return `${JSON.stringify(value)} is not a domain name. Expected one such as "example.org".`;
  return name === value ? null : `Write it in lower case and as A-label: "${name}".`;
}

/** The domain that a resource belongs to. */
export const OF_DOMAIN: Attribute = required('string', 'Name of the domain.', {
  replaces: true,
  check: checkDomainName,
});

interface Host {
  readonly host: string;
  readonly port: number;
}

const DEFAULT_PORT = 25;

/** `mail.example.org`, `192.0.2.1:2525`, `[2001:db8::1]:25`; null for anything else. */
export function parseHost(text: string): Host | null {
  const [, bracketed, plain = bracketed ?? '', port] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed === undefined ? nameOf(plain) : isIPv6(bracketed) ? shortest(bracketed) : null;
  const number = port === undefined ? DEFAULT_PORT : Number(port);
  return host === null || number < 1 || number > 65_535 ? null : { host, port: number };
}

export function formatHost({ host, port }: Host): string {
  const name = isIPv6(host) ? `[${host}]` : host;
  return port === DEFAULT_PORT ? name : `${name}:${port}`;
}

function nameOf(text: string): string | null {
  return isIPv4(text) ? text : normalizeDomain(text);
}

/** RFC 5952, as URLs have it. */
function shortest(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

export function checkHost(value: Value): string | null {
  return typeof value === 'string' && parseHost(value) !== null
    ? null
    : `${JSON.stringify(value)} is not a host. Expected "mail.example.org", "192.0.2.1:2525" or "[2001:db8::1]:25".`;
}

/** The same hosts in the same order, however written. */
export function meansSameHosts(one: Value, other: Value): boolean {
  const [left, right] = [one, other].map((value) => (isList(value) ? value.map((each) => hostText(each)) : null));
  return left !== null && right !== null && left?.join(' ') === right?.join(' ');
}

function hostText(value: Value): string {
  const host = typeof value === 'string' ? parseHost(value) : null;
  return host === null ? JSON.stringify(value) : formatHost(host);
}

/** A network as the service keeps it: an address, or one with the length of its prefix, IPv6 as RFC 5952 has it. */
export function checkNetwork(value: Value): string | null {
  const [address = '', length, ...more] = typeof value === 'string' ? value.split('/') : [];
  const most = isIPv4(address) ? 32 : isIPv6(address) && !address.includes('%') ? 128 : 0;
  const isLength = length === undefined || (/^(?:0|[1-9]\d{0,2})$/.test(length) && Number(length) <= most);
  if (most === 0 || !isLength || more.length > 0)
    return `${JSON.stringify(value)} is neither an address nor a network. Expected one such as "192.0.2.0/24" or "2001:db8::/32".`;
  const form = [most === 32 ? address : shortest(address), ...(length === undefined ? [] : [length])].join('/');
  return form === value ? null : `Write it as "${form}".`;
}

/** A text for people: with something in it, and nothing around it that the service would take away. */
export function checkTitle(value: Value): string | null {
  const text = typeof value === 'string' ? value : '';
  if (text.trim() === '') return 'It is empty.';
  return text === text.trim() ? null : `Leave out the spaces around it: ${JSON.stringify(text.trim())}.`;
}

/** A time with its zone, as RFC 3339 writes it. */
export function checkInstant(value: Value): string | null {
  const text = typeof value === 'string' ? value : '';
  const isInstant =
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text));
  return isInstant ? null : `${JSON.stringify(value)} is not a time. Expected one such as "2027-01-31T00:00:00Z".`;
}

/** The same time, in whatever zone and precision. */
export function isSameInstant(one: Value, other: Value): boolean {
  return typeof one === 'string' && typeof other === 'string' && Date.parse(one) === Date.parse(other);
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

function checkUuid(value: Value): string | null {
  if (typeof value !== 'string' || !isUuid(value)) return `${JSON.stringify(value)} is not a UUID.`;
  return value === value.toLowerCase() ? null : `Write it in lower case: "${value.toLowerCase()}".`;
}

/** One of some words. */
export function oneOf(words: readonly string[]): NonNullable<Attribute['check']> {
  return (value) =>
    typeof value === 'string' && words.includes(value)
      ? null
      : `${JSON.stringify(value)} is not one of ${words.map((word) => `"${word}"`).join(', ')}.`;
}

/** A whole number within bounds. */
export function wholeNumber(least: number, most: number): NonNullable<Attribute['check']> {
  return (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
      ? null
      : `Expected a whole number from ${least} to ${most}.`;
}

export const ADOPT: Attribute = optional(
  'bool',
  'Take over an existing object, and make it match this description. Without it an existing object is an error.',
  { isLocal: true },
);

export const TENANT_ID: Attribute = optional(
  'string',
  "The owner: the UUID of a tenant. Without it your own tenant. Another tenant requires a token of the operator's tenant.",
  { isFilled: true, check: checkUuid },
);
