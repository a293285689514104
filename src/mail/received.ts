/**
 * The one Received field we prepend, and the count of those already there (RFC 5321 §4.4, §6.3, RFC 3848).
 *
 * Promises that nothing a client said can end a line, close a comment or add a clause: what is not plainly a host name or
 * an address is replaced. Changes nothing else in the content.
 */
import { Buffer } from 'node:buffer';
import { isAddress } from './address.ts';
import { formatDate } from './mime.ts';
import { literalOf, normalizeLiteral } from './domain.ts';
import type { ClientInfo } from './envelope.ts';

export interface ReceivedOptions {
  readonly client: ClientInfo;
  /** The MX name the client spoke to. */
  readonly by: string;
  readonly transactionId: string;
  /** The forward-path if it is the only one, else null: several would show blind copies to each other. */
  readonly forRecipient: string | null;
  readonly at: Date;
}

/** The folded field with its final CRLF. ASCII, save for the recipient of a UTF8SMTP transaction (RFC 6531 §3.7.3). */
export function receivedField(options: ReceivedOptions): string {
  const { client, by, transactionId, at } = options;
  const tls = client.tls === null ? '' : ` (${commentText(client.tls, 80)})`;
  const lines = [
    `Received: from ${fromDomain(client)}`,
    ` by ${hostName(by) ?? 'unknown'} with ${client.protocol}${tls}`,
    ` id ${transactionId.replace(/[^A-Za-z0-9-]/g, '').slice(0, 64)}${forClause(options)};`,
    ` ${formatDate(at)}`,
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/** `ehlo.name (rdns.name [192.0.2.1])`. An EHLO argument that is no name moves into a comment after the address. */
function fromDomain(client: ClientInfo): string {
  const literal = literalOf(client.address) ?? '[0.0.0.0]';
  const name = client.name === null ? null : hostName(client.name);
  const tcpInfo = name === null ? `(${literal})` : `(${name} ${literal})`;
  const ehloName = hostName(client.ehloName) ?? normalizeLiteral(client.ehloName);
  if (ehloName !== null) return `${ehloName} ${tcpInfo}`;
  const said = client.ehloName === '' ? '' : ` (EHLO ${commentText(client.ehloName, 100)})`;
  return `${literal} ${tcpInfo}${said}`;
}

function forClause({ client, forRecipient }: ReceivedOptions): string {
  if (forRecipient === null || !isAddress(forRecipient)) return '';
  const mayBeUtf8 = client.protocol === 'UTF8SMTP' || client.protocol === 'UTF8SMTPS';
  return mayBeUtf8 || isAscii(forRecipient) ? `\r\n for <${forRecipient}>` : '';
}

/** The name as given if it looks like a host's, wider than the DNS rules: many clients say `my_pc`. */
function hostName(text: string): string | null {
  return /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9])?$/.test(text) ? text : null;
}

function commentText(text: string, maxLength: number): string {
  return text.slice(0, maxLength).replace(/[^ -'*-[\]-~]/g, '?');
}

function isAscii(text: string): boolean {
  return /^[\x00-\x7f]*$/.test(text);
}

export interface ReceivedCount {
  readonly total: number;
  /** Those whose `by` is one of our names. */
  readonly ours: number;
}

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const FIELD_NAME = 'received';
/** Ours are far shorter; a field of megabytes is not worth its memory. */
const MAX_READ_OCTETS = 4096;

/**
 * Counts the Received fields of a header section; a body after it is not read. Linear, and copies only what it counts.
 *
 * @param headerBytes content from its first octet on
 * @param names our MX names, in any case
 */
export function countReceived(headerBytes: Uint8Array, names: readonly string[]): ReceivedCount {
  const bytes = Buffer.from(headerBytes.buffer, headerBytes.byteOffset, headerBytes.byteLength);
  const ourNames = new Set(names.map((name) => name.toLowerCase()));
  let total = 0;
  let ours = 0;
  let start = 0;
  while (start < bytes.length && !isLineEnd(bytes, start)) {
    const end = fieldEnd(bytes, start);
    if (isReceived(bytes, start, end)) {
      total += 1;
      const by = byName(bytes.toString('latin1', start, Math.min(end, start + MAX_READ_OCTETS)));
      if (by !== null && ourNames.has(by)) ours += 1;
    }
    start = end;
  }
  return { total, ours };
}

function isLineEnd(bytes: Buffer, at: number): boolean {
  return bytes[at] === LF || (bytes[at] === CR && bytes[at + 1] === LF);
}

/** The start of the next field or of the empty line: folded lines belong to the field. */
function fieldEnd(bytes: Buffer, start: number): number {
  let end = start;
  do {
    const lf = bytes.indexOf(LF, end);
    if (lf < 0) return bytes.length;
    end = lf + 1;
  } while (bytes[end] === SPACE || bytes[end] === TAB);
  return end;
}

function isReceived(bytes: Buffer, start: number, end: number): boolean {
  const first = bytes[start];
  if (first !== 0x52 && first !== 0x72) return false;
  const head = bytes.toString('latin1', start, Math.min(end, start + 40)).toLowerCase();
  return head.startsWith(FIELD_NAME) && /^[ \t]*:/.test(head.slice(FIELD_NAME.length));
}

/** The lower-case name after `by`, comments not counting: a client chooses what stands in them. */
function byName(field: string): string | null {
  const name = /[\s:]by\s+([^\s;]+)/i.exec(withoutComments(field))?.[1];
  return name === undefined ? null : name.toLowerCase().replace(/\.$/, '');
}

function withoutComments(field: string): string {
  let depth = 0;
  let plain = '';
  for (let i = 0; i < field.length; i += 1) {
    const character = field[i];
    if (character === '\\') i += 1;
    else if (character === '(') depth += 1;
    else if (character === ')') depth = Math.max(0, depth - 1);
    else if (depth === 0) plain += character;
    if (depth === 0 && character === ')') plain += ' ';
  }
  return plain;
}
