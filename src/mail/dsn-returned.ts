/**
 * The last part of a report: what it returns of the reported message (RFC 3461 §4.3; RFC 3464 §2; RFC 6522 §4; RFC 6533 §6).
 *
 * The whole message goes back as it came or not at all: RFC 2046 §5.2.1 forbids encoding it, so one that SMTP could not
 * carry is represented by its header section. Promises lines within SMTP's limits, and in a report that goes without
 * SMTPUTF8 no header beyond ASCII.
 */
import { Buffer, isAscii, isUtf8 } from 'node:buffer';
import { headerSectionOf } from './header-section.ts';
import { encodeText } from './mime.ts';

export interface ReportPart {
  /** Without line ends. */
  readonly fields: readonly string[];
  /** Ends with CRLF unless empty. */
  readonly body: Uint8Array;
  /** Needs 8BITMIME (RFC 6152). */
  readonly isEightBit: boolean;
}

const CRLF = '\r\n';
const LF = 0x0a;
const CR = 0x0d;
/** RFC 5321 §4.5.3.1.6, without the CRLF. */
const MAX_SMTP_LINE_LENGTH = 998;

/** `isGlobal`: the report goes as SMTPUTF8. */
export function headersPart(headerSection: Uint8Array, isGlobal: boolean): ReportPart {
  if (isGlobal && isSendable(headerSection) && isUtf8(headerSection)) {
    return textPart('message/global-headers', withLineEnd(headerSection));
  }
  // Of the two types only this one may be encoded without offending strict servers (RFC 2046 §5.2).
  const { encoding, text } = encodeText(headerSection);
  return {
    fields: ['Content-Type: text/rfc822-headers', `Content-Transfer-Encoding: ${encoding}`],
    body: Buffer.from(text, 'latin1'),
    isEightBit: false,
  };
}

/** Null when the message cannot go back as it came. */
export function messagePart(message: Uint8Array, isGlobal: boolean): ReportPart | null {
  const headerSection = headerSectionOf(message, message.length);
  if (!isSendable(message) || (isGlobal ? !isUtf8(headerSection) : !isAscii(headerSection))) return null;
  return textPart(isGlobal ? 'message/global' : 'message/rfc822', withLineEnd(message));
}

/** A part of any UTF-8 text. Its lines end with CRLF and are short enough. */
export function textPart(type: string, body: Uint8Array): ReportPart {
  const isEightBit = !isAscii(body);
  const encoding = isEightBit ? ['Content-Transfer-Encoding: 8bit'] : [];
  return { fields: [`Content-Type: ${type}`, ...encoding], body, isEightBit };
}

/** Only whole lines of text, none too long (RFC 2045 §2.7, §2.8). */
function isSendable(content: Uint8Array): boolean {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (bytes.includes(0)) return false;
  for (let start = 0; start < bytes.length; ) {
    const lf = bytes.indexOf(LF, start);
    const end = lf < 0 ? bytes.length : lf - 1;
    if (lf >= 0 && bytes[end] !== CR) return false;
    const cr = bytes.indexOf(CR, start);
    if ((cr >= 0 && cr < end) || end - start > MAX_SMTP_LINE_LENGTH) return false;
    start = end + CRLF.length;
  }
  return true;
}

function withLineEnd(content: Uint8Array): Uint8Array {
  return content.length === 0 || content.at(-1) === LF ? content : Buffer.concat([content, Buffer.from(CRLF)]);
}
