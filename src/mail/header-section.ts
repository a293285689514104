/**
 * The header section of a stored message, as a report returns it (RFC 5322 §2.2). Reads bytes, judges nothing.
 */
import { Buffer } from 'node:buffer';

const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;

/**
 * The header fields from the first octet to the CRLF of the last one, without the empty line; whole fields only, as many as
 * fit in `maxBytes`. Of a first field that is larger alone, the folded lines that fit.
 */
export function headerSectionOf(content: Uint8Array, maxBytes: number): Uint8Array {
  const end = Math.min(content.length, Math.max(0, maxBytes));
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  let lineStart = 0;
  let lastField = 0;
  while (lineStart < bytes.length) {
    const lf = bytes.indexOf(LF, lineStart);
    const lineEnd = lf < 0 ? bytes.length : lf + 1;
    const isEmpty = /^\r?\n$/.test(bytes.toString('latin1', lineStart, Math.min(lineEnd, lineStart + 3)));
    if (isEmpty) return content.subarray(0, lineStart);
    if (lineEnd > end) return content.subarray(0, lastField > 0 ? lastField : lineStart);
    lineStart = lineEnd;
    const next = bytes[lineStart];
    if (next !== SPACE && next !== TAB) lastField = lineStart;
  }
  return content;
}

/** The Message-ID with its angle brackets, or null when there is none that could be quoted safely. */
export function messageIdOf(headerSection: Uint8Array): string | null {
  const text = Buffer.from(headerSection.buffer, headerSection.byteOffset, headerSection.byteLength).toString('latin1');
  return /^message-id[ \t]*:\s*(<[!-;=?-~]{1,250}>)[ \t]*\r?$/im.exec(text)?.[1] ?? null;
}

export interface HeaderField {
  readonly name: string;
  /** On one line, encoded words as they are; octets that are no UTF-8 are shown as U+FFFD. */
  readonly value: string;
}

/** The fields of a header section in their order, unfolded (RFC 5322 §2.2.3). A line that is no field has the name "". */
export function headerFieldsOf(headerSection: Uint8Array): HeaderField[] {
  const text = new TextDecoder().decode(headerSection);
  const lines = text.split(/\r?\n(?![ \t])/).filter((line) => line !== '');
  return lines.map((line) => {
    const [, name, value] = /^([!-9;-~]+)[ \t]*:(.*)$/su.exec(line) ?? [null, '', line];
    return { name: name ?? '', value: (value ?? '').replaceAll(/\r?\n/g, '').trim() };
  });
}
