/**
 * One look at the header section of a message in chunks: how much work it would be to authenticate, and which
 * Authentication-Results fields pretend to be ours (RFC 8601 §5).
 *
 * Promises linear time, no copy of the content, and that no octet but those of such fields is left out. Judges no results.
 */
import { Buffer } from 'node:buffer';
import { setImmediate } from 'node:timers';
import { normalizeDomain } from '../../mail/domain.ts';
import { MAX_HEADER_BYTES } from '../../mail/header-section.ts';

export interface HeaderScan {
  readonly bytes: number;
  readonly lineCount: number;
  /** By lower-case name, of the fields that begin within MAX_HEADER_BYTES. */
  readonly fields: ReadonlyMap<string, FieldTotal>;
  /** Lines that neither begin a field nor fold one, and what folds them. */
  readonly strayOctets: number;
  /** Fields that carry one of our names, in order. */
  readonly forged: readonly OctetRange[];
}

/** All fields of one name together. */
interface FieldTotal {
  readonly count: number;
  /** With the name, folds, line ends, and stray lines below. */
  readonly octets: number;
}

/** Offsets in the content, the end exclusive. */
interface OctetRange {
  readonly start: number;
  readonly end: number;
}

/** No honest authserv-id follows so long a comment. */
const MAX_READ_CHARACTERS = 4096;
const LF = 0x0a;
/** `A`, `a`, space and tab: other lines begin and fold no Authentication-Results. */
const INTERESTING = new Set([0x41, 0x61, 0x20, 0x09]);
const FIELD_START = /^([!-9;-~]+)[ \t]*:/;

/** Octets that are read at once: a header section may be as large as a message. */
const TURN_BYTES = 65_536;

/**
 * Reads to the empty line, with pauses for others; a body is not read.
 *
 * @param authservIds our names as lower-case A-labels
 */
export async function scanHeader(
  content: readonly Uint8Array[],
  authservIds: ReadonlySet<string>,
): Promise<HeaderScan> {
  const forged: OctetRange[] = [];
  let bytes = 0;
  let lineCount = 0;
  const fields = createFieldTotals();
  let field: { start: number; text: string } | null = null;
  const closeField = (end: number): void => {
    if (field !== null && authservIds.has(authservIdOf(field.text) ?? '')) forged.push({ start: field.start, end });
    field = null;
  };
  for (const { start, end, text } of linesOf(content)) {
    if (end - start <= 2 && /^\r?\n$/.test(text)) break;
    lineCount += 1;
    if (Math.floor(end / TURN_BYTES) > Math.floor(bytes / TURN_BYTES)) await new Promise((done) => setImmediate(done));
    bytes = end;
    if (start < MAX_HEADER_BYTES) fields.add(text, end - start);
    if (/^[ \t]/.test(text)) {
      if (field !== null && field.text.length < MAX_READ_CHARACTERS) field.text += text;
      continue;
    }
    closeField(start);
    if (/^authentication-results[ \t]*(?::|\r?\n)/i.test(text)) field = { start, text };
  }
  closeField(bytes);
  return { bytes, lineCount, fields: fields.totals, strayOctets: fields.strayOctets(), forged };
}

interface FieldTotals {
  readonly totals: ReadonlyMap<string, FieldTotal>;
  readonly strayOctets: () => number;
  /** The next line. Anything that begins no field belongs to the one above, as mailauth reads it. */
  readonly add: (line: string, octets: number) => void;
}

function createFieldTotals(): FieldTotals {
  const totals = new Map<string, FieldTotal>();
  let strayOctets = 0;
  let isStray = true;
  let name = '';
  return {
    totals,
    strayOctets: () => strayOctets,
    add: (line, octets) => {
      const begun = FIELD_START.exec(line)?.[1];
      if (begun !== undefined) name = begun.toLowerCase();
      if (begun !== undefined || !/^[ \t]/.test(line)) isStray = begun === undefined;
      if (isStray) strayOctets += octets;
      const total = totals.get(name) ?? { count: 0, octets: 0 };
      totals.set(name, { count: total.count + (begun === undefined ? 0 : 1), octets: total.octets + octets });
    },
  };
}

/** The content without those octets: views of the same chunks. */
export function withoutRanges(content: readonly Uint8Array[], ranges: readonly OctetRange[]): Uint8Array[] {
  const kept: Uint8Array[] = [];
  let offset = 0;
  let next = 0;
  for (const chunk of content) {
    let from = 0;
    for (let range = ranges[next]; range !== undefined && range.start - offset < chunk.length; range = ranges[next]) {
      const start = Math.max(from, range.start - offset);
      if (start > from) kept.push(chunk.subarray(from, start));
      from = Math.min(chunk.length, range.end - offset);
      if (range.end - offset > chunk.length) break;
      next += 1;
    }
    if (from < chunk.length) kept.push(from === 0 ? chunk : chunk.subarray(from));
    offset += chunk.length;
  }
  return kept;
}

interface Line extends OctetRange {
  /** Its beginning as Latin-1 if it begins within MAX_HEADER_BYTES, is empty, or begins with a letter of interest; else empty. */
  readonly text: string;
}

function* linesOf(content: readonly Uint8Array[]): Generator<Line> {
  let start = 0;
  let at = 0;
  let text = '';
  let isRead = false;
  for (const chunk of content) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let from = 0; from < bytes.length; ) {
      if (at === start)
        isRead = start < MAX_HEADER_BYTES || INTERESTING.has(bytes[from] ?? 0) || isEmptyLine(bytes, from);
      const lf = bytes.indexOf(LF, from);
      const end = lf < 0 ? bytes.length : lf + 1;
      if (isRead) text += bytes.toString('latin1', from, Math.min(end, from + MAX_READ_CHARACTERS - text.length));
      at += end - from;
      from = end;
      if (lf < 0) continue;
      yield { start, end: at, text };
      start = at;
      text = '';
    }
  }
  if (at > start) yield { start, end: at, text };
}

/** CR counts as one, as its LF may be in the next chunk: elsewhere it does not begin a line. */
function isEmptyLine(bytes: Buffer, at: number): boolean {
  return bytes[at] === LF || bytes[at] === 0x0d;
}

/** RFC 8601 §2.2: the first value of the field, comments not counting; case does not matter in a host name. */
function authservIdOf(field: string): string | null {
  const colon = field.indexOf(':');
  if (colon < 0) return null;
  const rest = withoutLeadingComments(field.slice(colon + 1));
  const quoted = /^"((?:[^"\\]|\\.)*)"/s.exec(rest)?.[1]?.replace(/\\(.)/gs, '$1');
  const value = (quoted ?? /^[^\s;()"]+/.exec(rest)?.[0])?.replace(/\s+/g, '') ?? '';
  return normalizeDomain(Buffer.from(value, 'latin1').toString('utf8')) ?? value.toLowerCase();
}

function withoutLeadingComments(text: string): string {
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i] ?? '';
    if (character === '\\' && depth > 0) i += 1;
    else if (character === '(') depth += 1;
    else if (character === ')' && depth > 0) depth -= 1;
    else if (depth === 0 && !/\s/.test(character)) return text.slice(i);
  }
  return '';
}
