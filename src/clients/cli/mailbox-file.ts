/**
 * Files of mailboxes as other programs write them: one a line, a Postfix map, CSV, LDIF.
 *
 * Pure. A name that cannot be a mailbox is refused with its line. Addresses of other domains are refused in a list, and passed over in
 * the formats that are for several domains.
 */
import { normalizeLocalPart } from '../../mail/address.ts';
import { normalizeLooseDomain } from '../../mail/domain.ts';
import { ClientError } from '../api/connection.ts';
import { UsageError } from './action.ts';

/** A mailbox to list, and the place that it comes from: `users.txt:12`. */
export interface Entry {
  readonly localPart: string;
  readonly place: string;
}

export interface Mailboxes {
  readonly entries: readonly Entry[];
  /** Addresses of other domains that were passed over. */
  readonly foreignCount: number;
}

export interface MailboxFile {
  /** Its name, for errors. */
  readonly file: string;
  readonly domain: string;
  /** LINES, POSTFIX, CSV or LDIF; absent, the content says it. */
  readonly format: string | undefined;
}

/** The text of a mailbox, with its line. */
interface Found {
  readonly address: string;
  readonly line: number;
}

type Format = keyof typeof READERS;

/** Complaints that a person reads at once. */
const MOST_COMPLAINTS = 20;

/** Throws ClientError with a line for each name that cannot be a mailbox. */
export function readMailboxes(content: string, { file, domain, format }: MailboxFile): Mailboxes {
  const lines = content.replace(/^\uFEFF/, '').split(/\r?\n/);
  const chosen = (format ?? formatOf(lines)) as Format;
  const isForSeveral = chosen !== 'LINES';
  const domainName = normalizeLooseDomain(domain);
  const entries: Entry[] = [];
  const complaints: string[] = [];
  let foreignCount = 0;
  for (const { address, line } of READERS[chosen](lines)) {
    const read = readAddress(address, domainName);
    const place = `${file}:${line}`;
    if (read.kind === 'MAILBOX') entries.push({ localPart: read.localPart, place });
    else if (read.kind === 'FOREIGN' && isForSeveral) foreignCount += 1;
    else complaints.push(`${place}: ${read.kind === 'FOREIGN' ? foreignText(address, domain) : read.complaint}`);
  }
  if (complaints.length > 0) {
    const more = complaints.length - MOST_COMPLAINTS;
    const shown = complaints.slice(0, MOST_COMPLAINTS);
    throw new ClientError([...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('\nbackup-mx: '));
  }
  if (entries.length === 0 && foreignCount > 0)
    throw new ClientError(`${file}: all ${foreignCount} addresses are of other domains than ${domain}`);
  return { entries, foreignCount };
}

function formatOf(lines: readonly string[]): Format {
  const content = lines.filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const [first = ''] = content;
  if (/^(?:dn|version)::? /i.test(first)) return 'LDIF';
  if (columnOf(fieldsOf(first, delimiterOf(first))) >= 0 && /[,;\t]/.test(first)) return 'CSV';
  const isMap = content.length > 0 && content.every((line) => /^(?:"[^"]*"|[^\s"]+)?@\S*\s+\S|^\s+\S/.test(line));
  return isMap ? 'POSTFIX' : 'LINES';
}

const READERS = {
  *LINES(lines: readonly string[]): Generator<Found> {
    for (const [index, line] of lines.entries()) {
      const address = line.trim();
      if (address !== '' && !address.startsWith('#')) yield { address, line: index + 1 };
    }
  },
  /** A key, white space and a value a line; a line that begins with white space continues the one before. */
  *POSTFIX(lines: readonly string[]): Generator<Found> {
    for (const [index, line] of lines.entries()) {
      const [, key] = /^((?:"(?:[^"\\]|\\.)*"|[^\s"#])(?:"(?:[^"\\]|\\.)*"|[^\s"])*)/.exec(line) ?? [];
      // `@example.org` stands for all mailboxes of the domain.
      if (key !== undefined) yield { address: key.startsWith('@') ? `*${key}` : key, line: index + 1 };
    }
  },
  *CSV(lines: readonly string[]): Generator<Found> {
    const head = lines.findIndex((line) => line.trim() !== '');
    const delimiter = delimiterOf(lines[head] ?? '');
    const column = columnOf(fieldsOf(lines[head] ?? '', delimiter));
    if (column < 0) throw new UsageError(`the first line of the CSV names no column ${CSV_COLUMNS.join(', ')}`);
    for (const [index, line] of lines.entries()) {
      if (index <= head || line.trim() === '') continue;
      const address = fieldsOf(line, delimiter)[column]?.trim() ?? '';
      if (address !== '') yield { address, line: index + 1 };
    }
  },
  /** The attributes that hold addresses; a line that begins with a space continues the one before. */
  *LDIF(lines: readonly string[]): Generator<Found> {
    for (let index = 0; index < lines.length; ) {
      const line = index + 1;
      let attribute = lines[index] ?? '';
      for (index += 1; lines[index]?.startsWith(' ') === true; index += 1) attribute += lines[index]?.slice(1) ?? '';
      const [, name = '', isCoded, value = ''] = /^([\w-]+)(?:;[\w-]+)*:(:?) *(.*)$/.exec(attribute) ?? [];
      if (!LDIF_ATTRIBUTES.includes(name.toLowerCase())) continue;
      const text = isCoded === ':' ? Buffer.from(value, 'base64').toString('utf8') : value;
      const [, kind = 'smtp', address = text] = /^([a-z0-9]+):(.*)$/i.exec(text.trim()) ?? [];
      if (kind.toLowerCase() === 'smtp' && address !== '') yield { address, line };
    }
  },
} as const;

const LDIF_ATTRIBUTES = [
  'mail',
  'rfc822mailbox',
  'mailalternateaddress',
  'maillocaladdress',
  'mailalias',
  'othermailbox',
  'proxyaddresses',
];
const CSV_COLUMNS = ['address', 'email', 'e-mail', 'mail', 'mailbox', 'local part', 'email address', 'primary email'];

function columnOf(fields: readonly string[]): number {
  const plain = (text: string): string => text.trim().toLowerCase().replaceAll(/[_-]/g, ' ');
  return fields.findIndex((field) => CSV_COLUMNS.map(plain).includes(plain(field)));
}

function delimiterOf(head: string): string {
  return [',', ';', '\t'].find((each) => head.includes(each)) ?? ',';
}

/** The fields of a line; a field does not go on in the next line. */
function fieldsOf(line: string, delimiter: string): string[] {
  const fields: string[] = [];
  let field = '';
  let isQuoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at];
    if (character === '"' && isQuoted && line[at + 1] === '"') {
      field += '"';
      at += 1;
    } else if (character === '"') isQuoted = !isQuoted;
    else if (character === delimiter && !isQuoted) {
      fields.push(field);
      field = '';
    } else field += character;
  }
  return [...fields, field];
}

type Read =
  | { readonly kind: 'MAILBOX'; readonly localPart: string }
  | { readonly kind: 'FOREIGN' }
  | { readonly kind: 'WRONG'; readonly complaint: string };

const QUOTED = /^"(?:[^"\\]|\\.)*"$/su;
/** Characters that an unquoted local part cannot have. */
const NEEDS_QUOTES = /[\s()<>[\]:;,\\"]/;

/** `domainName`: null if it is not one, of which the service complains. */
function readAddress(address: string, domainName: string | null): Read {
  const at = address.endsWith('"') ? -1 : address.lastIndexOf('@');
  const localPart = at < 0 ? address : address.slice(0, at);
  if (at >= 0 && domainName !== null && normalizeLooseDomain(address.slice(at + 1)) !== domainName) {
    if (!/\s/.test(address.slice(at + 1))) return { kind: 'FOREIGN' };
  }
  if (QUOTED.test(localPart)) return { kind: 'MAILBOX', localPart };
  const odd = NEEDS_QUOTES.exec(at < 0 || !/\s/.test(address.slice(at)) ? localPart : address)?.[0];
  if (odd !== undefined) return wrong(address, /\s/.test(odd) ? 'has a space' : `has a ${JSON.stringify(odd)}`);
  if (normalizeLocalPart(localPart) !== null) return { kind: 'MAILBOX', localPart };
  return wrong(address, localPart === '' ? 'has nothing before the @' : 'cannot be a mailbox: 1 to 64 octets');
}

function wrong(address: string, what: string): Read {
  const advice = /space|has a/.test(what) ? ': one mailbox a line, and in quotes one that really has it' : '';
  return { kind: 'WRONG', complaint: `${shownText(address)} ${what}${advice}` };
}

function foreignText(address: string, domain: string): string {
  return `${shownText(address)} is not an address of ${domain}`;
}

function shownText(address: string): string {
  return JSON.stringify(address.length > 80 ? `${address.slice(0, 80)}…` : address);
}
