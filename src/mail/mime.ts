/**
 * Parts of the mails that we write ourselves: dates, wrapped lines, and bodies that every SMTP server takes.
 *
 * The only user of nodemailer, which knows quoted-printable (RFC 2045 §6.7).
 */
import { Buffer } from 'node:buffer';
import { encode, wrap } from 'nodemailer/lib/qp';

/** RFC 5321 §4.5.3.1.6, without the CRLF. */
const MAX_SMTP_LINE_LENGTH = 998;
/** RFC 2045 §6.7, rule 5. */
const MAX_ENCODED_LINE_LENGTH = 76;

export interface EncodedText {
  readonly encoding: '7bit' | 'quoted-printable';
  /** ASCII lines with CRLF after each, the last included; empty for empty content. */
  readonly text: string;
}

/** Leaves text that any SMTP server takes as it is, and encodes all other. Bare CR and LF count as line ends. */
export function encodeText(content: Uint8Array): EncodedText {
  const lines = Buffer.from(content)
    .toString('latin1')
    .split(/\r\n|\r|\n/);
  if (lines.at(-1) === '') lines.pop();
  const isPlain = lines.every((line) => line.length <= MAX_SMTP_LINE_LENGTH && /^[\t -~]*$/.test(line));
  if (isPlain) return { encoding: '7bit', text: lines.map((line) => `${line}\r\n`).join('') };
  const encoded = lines.map((line) => `${wrap(encode(Buffer.from(line, 'latin1')), MAX_ENCODED_LINE_LENGTH)}\r\n`);
  return { encoding: 'quoted-printable', text: encoded.join('') };
}

/** `Thu, 01 Oct 2026 10:00:00 +0000`, always in UTC (RFC 5322 §3.3). Throws a RangeError for an invalid date. */
export function formatDate(at: Date): string {
  const text = at.toUTCString();
  if (!text.endsWith(' GMT')) throw new RangeError('not a date');
  return `${text.slice(0, -4)} +0000`;
}

/**
 * Cuts a line at its spaces; a word that is longer than a line is cut inside.
 *
 * Counts UTF-16 units, and never parts a surrogate pair.
 */
export function wrapWords(line: string, width: number): string[] {
  const wrapped: string[] = [];
  let rest = line.trim();
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    const end = space > 0 ? space : width;
    const isMidPair = space <= 0 && !rest.slice(0, end).isWellFormed();
    wrapped.push(rest.slice(0, isMidPair ? end - 1 : end).trimEnd());
    rest = rest.slice(isMidPair ? end - 1 : end).trimStart();
  }
  return [...wrapped, rest];
}
