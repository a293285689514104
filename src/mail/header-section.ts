/**
 * The header section of a stored message, as a report returns it (RFC 5322 §2.2). Reads bytes, judges nothing.
 */
import { Buffer } from 'node:buffer';

/** Whatever is looked for in a header section is looked for in so much of it: those of honest mail are smaller. */
export const MAX_HEADER_BYTES = 262_144;

const LF = 0x0a;
const CR = 0x0d;
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

/** A line of a header section may have so many octets (RFC 5322 §2.1.1). */
const MAX_MESSAGE_ID_OCTETS = 998;
/** A field with its name, folds and comments; a longer one is ignored. */
const MAX_FIELD_OCTETS = 2048;
/** The name, then the value with its folded lines. */
const MESSAGE_ID_FIELD = /^message-id[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)/i;
/** As many octets as show that a line is another field: whole fields are decoded only when they may be the one. */
const NAME_OCTETS = 'message-id'.length;
const M = new Set([0x4d, 0x6d]);

/**
 * The value of the first field Message-ID as it is searched for: without angle brackets, unfolded. Null when there is none, or
 * one that could not be searched for: empty, longer than a line, or with octets that are no text. Reads to the empty line, and
 * at most MAX_HEADER_BYTES.
 */
export function searchedMessageIdOf(content: Uint8Array): string | null {
  const bytes = Buffer.from(content.buffer, content.byteOffset, Math.min(content.byteLength, MAX_HEADER_BYTES));
  for (let start = 0; start < bytes.length; ) {
    const first = bytes[start] ?? 0;
    if (first === LF || (first === CR && bytes[start + 1] === LF)) return null;
    if (M.has(first) && /^message-id$/i.test(bytes.toString('latin1', start, start + NAME_OCTETS))) {
      const end = Math.min(bytes.length, start + MAX_FIELD_OCTETS);
      const field = bytes.toString('utf8', start, end);
      const [whole, value] = MESSAGE_ID_FIELD.exec(field) ?? [];
      if (value !== undefined)
        return whole?.length === field.length && end < bytes.length ? null : searchedMessageId(value);
    }
    const lf = bytes.indexOf(LF, start);
    if (lf < 0) return null;
    start = lf + 1;
  }
  return null;
}

/** A Message-ID in the one form in which it is stored and searched: case counts (RFC 5322 §3.6.4). Null if the text is not one. */
export function searchedMessageId(text: string): string | null {
  const value = text.replace(/\r?\n(?=[ \t])/g, '').trim();
  const id = /^<(.*)>$/s.exec(value)?.[1]?.trim() ?? value;
  const isText = !/[\u0000-\u001f\u007f\ufffd]/.test(id) && id.isWellFormed();
  return id !== '' && isText && Buffer.byteLength(id) <= MAX_MESSAGE_ID_OCTETS ? id : null;
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

/** Whether the header section says `TLS-Required: No`: the message may go without protection (RFC 8689 §5). */
export function waivesTls(content: Uint8Array): boolean {
  const { buffer, byteOffset, byteLength } = headerSectionOf(content, MAX_HEADER_BYTES);
  return /^tls-required:[ \t]*no[ \t]*\r?$/im.test(Buffer.from(buffer, byteOffset, byteLength).toString('latin1'));
}
