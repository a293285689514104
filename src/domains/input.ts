/**
 * Checks what a person typed for a domain: its name, the hosts of deliverTo, the labels.
 *
 * Pure. Each complaint is a sentence that says what to do. Whether the domain exists in DNS is not asked here.
 */
import { isIP } from 'node:net';
import { bad, type Checked, faultOfText, invalid, shown, type UserError } from '../input/checked.ts';
import { normalizeDomain } from '../mail/domain.ts';
import type { DeliverToHost } from './relay-domain.ts';

/** A person lists a few hosts; this many still fit one look at the settings. */
const MAX_DELIVER_TO_HOSTS = 20;
const MAX_LABELS = 64;
const MAX_LABEL_KEY_LENGTH = 63;
const MAX_LABEL_VALUE_LENGTH = 255;
const SMTP_PORT = 25;

export interface HostInput {
  readonly host: string;
  /** Absent or null: 25. */
  readonly port?: number | null;
}

export interface LabelInput {
  readonly key: string;
  readonly value: string;
}

/** The one form of a relay domain's name. `ownNames`: lower-case names of this service. */
export function checkDomainName(text: string, ownNames: ReadonlySet<string>): Checked<string> {
  const given = text.trim();
  const complaint = describeBadName(given);
  if (complaint !== null) return bad(invalid(['name'], complaint, given === '' ? 'REQUIRED' : 'NOT_A_DOMAIN'));
  const name = normalizeDomain(given);
  if (name === null || !name.includes('.')) {
    return bad(
      invalid(
        ['name'],
        `"${shown(given)}" is not a domain name. Enter the part after the @ of your addresses, such as example.org.`,
        'NOT_A_DOMAIN',
      ),
    );
  }
  if (ownNames.has(name)) {
    return bad(
      invalid(
        ['name'],
        `${name} is a name of this service itself. Enter the domain whose mail is to be held.`,
        'OWN_ADDRESS',
      ),
    );
  }
  return { kind: 'OK', value: name };
}

/** Common slips that deserve a sentence of their own; null when there is none. */
function describeBadName(given: string): string | null {
  if (given === '') return 'The name is empty. Enter your domain, such as example.org.';
  if (given.includes('://')) {
    return `"${shown(given)}" is a web address. Enter the domain alone, such as example.org.`;
  }
  if (given.includes('@')) {
    return `"${shown(given)}" is a mail address. Enter only what follows the @, such as example.org.`;
  }
  if (given.startsWith('*')) {
    return `"${shown(given)}" is a wildcard. Each domain is added by its own name, such as example.org.`;
  }
  if (isIP(given.replace(/^\[|\]$/g, '')) !== 0) {
    return `"${shown(given)}" is an IP address. Enter the domain; its mail server is found through its MX records.`;
  }
  return null;
}

/** The hosts of deliverTo in their one form. */
export function checkDeliverTo(input: readonly HostInput[]): Checked<DeliverToHost[]> {
  if (input.length > MAX_DELIVER_TO_HOSTS) {
    return bad({
      path: ['deliverTo'],
      message: `deliverTo takes at most ${MAX_DELIVER_TO_HOSTS} hosts. Leave it out and let the MX records decide.`,
      code: 'TOO_MANY',
    });
  }
  const errors: UserError[] = [];
  const hosts: DeliverToHost[] = [];
  for (const [index, entry] of input.entries()) {
    const given = entry.host.trim();
    const host = isIP(given) === 0 ? normalizeDomain(given) : given.toLowerCase();
    const port = entry.port ?? SMTP_PORT;
    if (host === null) {
      const message = `"${shown(given)}" is neither a host name nor an IP address. Enter one, such as mail.example.org.`;
      errors.push(invalid(['deliverTo', String(index), 'host'], message, 'NOT_A_HOST'));
    }
    if (port < 1 || port > 65_535) {
      errors.push(
        invalid(
          ['deliverTo', String(index), 'port'],
          'A port lies between 1 and 65535; SMTP servers use 25.',
          'OUT_OF_RANGE',
        ),
      );
    }
    if (host !== null && hosts.some((other) => other.host === host && other.port === port)) {
      errors.push(
        invalid(['deliverTo', String(index)], `${host} port ${port} is listed twice. Remove one of them.`, 'DUPLICATE'),
      );
    }
    if (host !== null) hosts.push({ host, port });
  }
  return errors.length === 0 ? { kind: 'OK', value: hosts } : { kind: 'BAD', errors };
}

/** Labels as one object, their keys unique. */
export function checkLabels(input: readonly LabelInput[]): Checked<Record<string, string>> {
  if (input.length > MAX_LABELS) {
    return bad({ path: ['labels'], message: `A domain takes at most ${MAX_LABELS} labels.`, code: 'TOO_MANY' });
  }
  const errors: UserError[] = [];
  const labels = new Map<string, string>();
  for (const [index, { key, value }] of input.entries()) {
    if (!/^[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?$/.test(key) || key.length > MAX_LABEL_KEY_LENGTH) {
      const message = `A label's key has 1 to ${MAX_LABEL_KEY_LENGTH} letters, digits, ".", "_", "-" or "/".`;
      errors.push(invalid(['labels', String(index), 'key'], message, faultOfText(key, MAX_LABEL_KEY_LENGTH)));
    } else if (labels.has(key)) {
      errors.push(
        invalid(
          ['labels', String(index), 'key'],
          `The label "${key}" is given twice. Remove one of them.`,
          'DUPLICATE',
        ),
      );
    }
    if (value.length > MAX_LABEL_VALUE_LENGTH || /[\u0000-\u001f\u007f]/.test(value) || !value.isWellFormed()) {
      const message = `A label's value has at most ${MAX_LABEL_VALUE_LENGTH} characters and no control characters.`;
      errors.push(invalid(['labels', String(index), 'value'], message, faultOfText(value, MAX_LABEL_VALUE_LENGTH)));
    }
    labels.set(key, value);
  }
  return errors.length === 0 ? { kind: 'OK', value: Object.fromEntries(labels) } : { kind: 'BAD', errors };
}

/** Networks in lower case; IPv6 in its shortest form, so that one network is one text. Complaints go to `errors`. */
export function checkNetworks(
  input: readonly string[],
  { field, limit }: { readonly field: string; readonly limit: number },
  errors: UserError[],
): string[] {
  if (isTooMany(input, { field, what: 'networks', limit }, errors)) return [];
  const networks = new Set<string>();
  for (const [index, text] of input.entries()) {
    const path = [field, String(index)];
    const network = networkOf(text.trim());
    if (network === null) {
      const message = `"${shown(text)}" is neither an IP address nor a network. Enter one, such as 192.0.2.0/24.`;
      errors.push(invalid(path, message, 'NOT_A_NETWORK'));
    } else if (networks.has(network)) {
      errors.push(invalid(path, `${network} is listed twice. Remove one of them.`, 'DUPLICATE'));
    } else {
      networks.add(network);
    }
  }
  return [...networks];
}

/** Adds the complaint when there are more than `limit`. */
export function isTooMany(
  input: readonly unknown[],
  { field, what, limit }: { readonly field: string; readonly what: string; readonly limit: number },
  errors: UserError[],
): boolean {
  if (input.length <= limit) return false;
  errors.push({ path: [field], message: `A domain takes at most ${limit} ${what} here.`, code: 'TOO_MANY' });
  return true;
}

/** Null when the text is no network. Bits after the prefix do not matter: 192.0.2.7/24 is taken. */
export function networkOf(text: string): string | null {
  const [address = '', length, ...more] = text.split('/');
  const family = address.includes('%') ? 0 : isIP(address);
  if (family === 0 || more.length > 0) return null;
  // The URL standard writes an IPv6 host in the form of RFC 5952, on every runtime.
  const canonical = family === 4 ? address : new URL(`http://[${address}]/`).hostname.slice(1, -1);
  if (length === undefined) return canonical;
  if (!/^(?:0|[1-9]\d{0,2})$/.test(length) || Number(length) > (family === 4 ? 32 : 128)) return null;
  return `${canonical}/${length}`;
}
