/**
 * xtext and the parameters written in it: ORCPT and ENVID (RFC 3461 §4, §4.2, §4.4).
 *
 * Decoded values hold printable characters only. What hides a CR, LF or any other control in `+0D` is refused here, so that
 * it reaches no field of a report.
 */
import { Buffer } from 'node:buffer';

/** RFC 3461 §4.4. */
const MAX_ENVELOPE_ID_LENGTH = 100;
/** RFC 3461: what ORCPT may add to the command line. */
const MAX_ORIGINAL_RECIPIENT_LENGTH = 500;

export interface OriginalRecipient {
  /** Such as `rfc822`, lower case. */
  readonly addressType: string;
  readonly address: string;
}

/** Null when it is no xtext, or its octets are no UTF-8. The result may hold any character, controls included. */
export function decodeXtext(text: string): string | null {
  if (!/^(?:[!-*,-<>-~]|\+[0-9A-Fa-f]{2})*$/.test(text)) return null;
  const octets = Buffer.from(
    text.replace(/\+(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
  const decoded = octets.toString('utf8');
  return decoded.includes('\ufffd') ? null : decoded;
}

/** Any text in xtext, its UTF-8 octets. */
export function encodeXtext(text: string): string {
  if (/^[!-*,-<>-~]*$/.test(text)) return text;
  return [...Buffer.from(text, 'utf8')]
    .map((octet) => {
      const isPlain = octet > 0x20 && octet < 0x7f && octet !== 0x2b && octet !== 0x3d;
      return isPlain ? String.fromCharCode(octet) : `+${octet.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

/** Reads ORCPT, `rfc822;user+2Btag@example.org`. Null for what the client must be told is a syntax error. */
export function parseOriginalRecipient(text: string): OriginalRecipient | null {
  if (text.length > MAX_ORIGINAL_RECIPIENT_LENGTH) return null;
  const match = /^([A-Za-z0-9-]{1,64});(.+)$/s.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return null;
  const addressType = match[1].toLowerCase();
  const address = addressType === 'utf-8' ? decodeUtf8Address(match[2]) : decodeXtext(match[2]);
  return address !== null && isPrintable(address) ? { addressType, address } : null;
}

/** An address of the type `utf-8` where UTF-8 may stand: `jürgen\x{2B}tag@example.org` (RFC 6533 §3, utf-8-addr-unitext). */
export function encodeUtf8Unitext(address: string): string {
  return address.replace(
    /[^!-*,-<>-[\]-~\u00a0-\u{10ffff}]|[\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu,
    embed,
  );
}

/** An address in the ASCII form of the address type `utf-8`: `j\x{FC}rgen@example.org` (RFC 6533 §3). */
export function encodeUtf8Address(address: string): string {
  return address.replace(/[^!-*,-<>-[\]-~]/gu, embed);
}

function embed(character: string): string {
  return `\\x{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(2, '0')}}`;
}

/** Either form of the address type `utf-8`, ASCII or not; other characters stand for themselves (RFC 6533 §3). */
function decodeUtf8Address(text: string): string | null {
  if (!/^(?:[!-[\]-~\u0080-\u{10ffff}]|\\x\{(?:10|0?[0-9A-Fa-f])?[0-9A-Fa-f]{2,4}\})*$/u.test(text)) return null;
  const decoded = text.replace(/\\x\{([^}]*)\}/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
  return decoded.isWellFormed() ? decoded : null;
}

/** Reads ENVID. Null for what the client must be told is a syntax error. */
export function parseEnvelopeId(text: string): string | null {
  const decoded = text.length > MAX_ENVELOPE_ID_LENGTH ? null : decodeXtext(text);
  return decoded !== null && /^[ -~]+$/.test(decoded) ? decoded : null;
}

function isPrintable(text: string): boolean {
  return text.trim() !== '' && !/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text);
}
