/** Quoted-printable (RFC 2045 §6.7): any octets as lines of at most 76 ASCII characters. */
import { Buffer } from 'node:buffer';

const MAX_LINE_LENGTH = 76;
/** RFC 5321 §4.5.3.1.6, without the CRLF. */
const MAX_SMTP_LINE_LENGTH = 998;

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
  const encoded = isPlain ? lines : lines.map(encodeLine);
  return { encoding: isPlain ? '7bit' : 'quoted-printable', text: encoded.map((line) => `${line}\r\n`).join('') };
}

/** @param line octets as Latin-1 */
function encodeLine(line: string): string {
  let encoded = '';
  let column = 0;
  for (let i = 0; i < line.length; i += 1) {
    const isLast = i === line.length - 1;
    const token = encodeOctet(line.charCodeAt(i), isLast);
    if (column + token.length > MAX_LINE_LENGTH - (isLast ? 0 : 1)) {
      encoded += '=\r\n';
      column = 0;
    }
    encoded += token;
    column += token.length;
  }
  return encoded;
}

function encodeOctet(octet: number, isLast: boolean): string {
  const isBlank = octet === 0x20 || octet === 0x09;
  const isPlain = isBlank ? !isLast : octet > 0x20 && octet < 0x7f && octet !== 0x3d;
  return isPlain ? String.fromCharCode(octet) : `=${octet.toString(16).toUpperCase().padStart(2, '0')}`;
}
