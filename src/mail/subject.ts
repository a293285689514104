/**
 * The subject of a message as its reader sees it: the field Subject, unfolded, its encoded words decoded (RFC 2047), and bounded. Pure.
 *
 * A subject is content: whoever shows it needs the right to see content, and no log and no event has it.
 */
import { Buffer } from 'node:buffer';
import { headerFieldsOf } from './header-section.ts';

/** Characters of a subject that are shown; a reader's list shows fewer. */
const MAX_LENGTH = 500;
/** Characters of the field that are decoded. */
const MAX_FIELD_LENGTH = 10_000;
/** A word is at most 75 characters (RFC 2047 §2); some senders write longer ones. */
const WORD = String.raw`=\?([!-)+\-0-9A-Za-z.^_{|}~]{1,40}?)(?:\*[A-Za-z0-9-]{1,20})?\?([bBqQ])\?([!->@-~]{0,1000})\?=`;
const ENCODED_WORD = new RegExp(WORD, 'g');
/** Encoded words with nothing but space between them. */
const RUN = /=\?[!->@-~]{1,60}\?[bBqQ]\?[!->@-~]{0,1000}\?=(?:[ \t]+=\?[!->@-~]{1,60}\?[bBqQ]\?[!->@-~]{0,1000}\?=)*/g;

/** Fields of a header section that are content, in lower case (RFC 5322 §3.6.5, and what clients make of the subject). */
export const CONTENT_FIELDS: ReadonlySet<string> = new Set(['subject', 'comments', 'keywords', 'thread-topic']);

/** Null without the field. */
export function subjectOf(headerSection: Uint8Array): string | null {
  const field = headerFieldsOf(headerSection).find(({ name }) => name.toLowerCase() === 'subject');
  return field === undefined ? null : bounded(decodeWords(field.value.slice(0, MAX_FIELD_LENGTH)));
}

/** Control characters and halves of characters are shown as U+FFFD. */
function bounded(text: string): string {
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '\uFFFD').toWellFormed();
  return plain.length > MAX_LENGTH ? `${plain.slice(0, MAX_LENGTH).toWellFormed()}…` : plain;
}

/**
 * A text with encoded words as what they mean; other text, and words of an unknown charset, stay as they are. Space between two encoded words
 * is not shown (§6.2). A character that is parted over words of one charset becomes whole.
 */
export function decodeWords(value: string): string {
  return value.replace(RUN, decodeRun);
}

function decodeRun(run: string): string {
  let text = '';
  let hasWord = false;
  let open: { readonly charset: string; readonly bytes: Uint8Array[]; readonly raw: string[] } | null = null;
  const close = (): void => {
    if (open !== null) text += decodeBytes(open.charset, Buffer.concat(open.bytes)) ?? open.raw.join(' ');
    open = null;
  };
  for (const [raw, charset = '', encoding = '', encoded = ''] of run.matchAll(ENCODED_WORD)) {
    hasWord = true;
    const bytes = encoding.toLowerCase() === 'b' ? Buffer.from(encoded, 'base64') : quotedBytes(encoded);
    if (open?.charset !== charset.toLowerCase()) close();
    open ??= { charset: charset.toLowerCase(), bytes: [], raw: [] };
    open.bytes.push(bytes);
    open.raw.push(raw);
  }
  close();
  // It may look like a run and have no word.
  return hasWord ? text : run;
}

/** The Q encoding (§4.2). */
function quotedBytes(encoded: string): Uint8Array {
  const text = encoded
    .replaceAll('_', ' ')
    .replace(/=([0-9A-Fa-f]{2})/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(text, 'latin1');
}

/** Null for a charset that no runtime knows. */
function decodeBytes(charset: string, bytes: Uint8Array): string | null {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
