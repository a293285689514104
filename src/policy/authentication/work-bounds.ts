/**
 * How much work a message may be to authenticate. What is more than that is not authenticated at all, as if it had no signature.
 *
 * mailauth takes a header section apart in one turn of the event loop, and some fields in more steps than they have octets: without
 * these bounds a quarter of a megabyte holds up everybody for half a second. Honest mail stays far below all of them.
 */
import { MAX_HEADER_BYTES } from '../../mail/header-section.ts';
import type { HeaderScan } from './header-scan.ts';

/** The work grows with the square of a field's lines. */
const MAX_HEADER_LINES = 2_000;
/** RFC 6376 §6.1 lets a verifier set a limit. */
const MAX_SIGNATURES = 20;
/** In a header section: its work grows with the square of a run of white space. */
const MAX_SPACE_OCTETS = 200;
/** RFC 5322 §2.1.1 allows 998; some senders put a whole page of HTML on a line. A line is read anew with each piece that comes. */
const MAX_BODY_LINE_OCTETS = 65_536;
/** Empty lines are kept until something follows, and are hashed in one turn then. */
const MAX_BODY_SPACE_OCTETS = 65_536;
/** The size of the message, once for each signature: five for one of the largest size. */
const MAX_HASHED_OCTETS = 52_428_800;
/** The lines of the message, once for each signature and once for our own: each is put in its canonical form by itself. */
const MAX_HASHED_LINES = 1_000_000;

/** All fields of one name together, folds included. Those of other names are only hashed. */
const MAX_FIELD_OCTETS: Readonly<Record<string, number>> = {
  'arc-authentication-results': 20_480,
  'arc-message-signature': 32_768,
  'arc-seal': 32_768,
  'content-type': 3072,
  'dkim-signature': 32_768,
  from: 8192,
  received: 65_536,
  'return-path': 4096,
};
/** All of these fields. */
const MAX_READ_OCTETS = 65_536;
/** Lines that belong to no field: they are read as a part of the one above. */
const MAX_STRAY_OCTETS = 4096;
/** A signature may name a field with each two of its octets, and each is looked for among all fields. */
const MAX_LOOKED_FOR = 5_000_000;
/** The header section, once for each signature. */
const MAX_SIGNED_OCTETS = 524_288;
/** The ARC sets, once for each of their seals. */
const MAX_SEALED_OCTETS = 1_200_000;

/** Whether to authenticate it would take more than honest mail ever does. */
export function isTooMuchWork(scan: HeaderScan, content: readonly Uint8Array[]): boolean {
  const { bytes, lineCount, fields } = scan;
  const signatureCount = fields.get('dkim-signature')?.count ?? 0;
  if (bytes > MAX_HEADER_BYTES || lineCount > MAX_HEADER_LINES || signatureCount > MAX_SIGNATURES) return true;
  const size = content.reduce((sum, { length }) => sum + length, 0);
  return (
    signatureCount * size > MAX_HASHED_OCTETS ||
    isTooMuchToRead(scan) ||
    hasMoreLines(content, MAX_HASHED_LINES / (signatureCount + 1)) ||
    hasStretch(content, { bytes, most: MAX_SPACE_OCTETS, isEnd: isNoSpace }) ||
    hasStretch(content, { bytes: size, most: MAX_BODY_LINE_OCTETS, isEnd: isLineFeed }) ||
    hasStretch(content, { bytes: size, most: MAX_BODY_SPACE_OCTETS, isEnd: isNoSpace })
  );
}

function isTooMuchToRead({ bytes, fields, strayOctets }: HeaderScan): boolean {
  const octetsOf = (name: string): number => fields.get(name)?.octets ?? 0;
  const isOver = Object.entries(MAX_FIELD_OCTETS).some(([name, most]) => octetsOf(name) > most);
  const readOctets = Object.keys(MAX_FIELD_OCTETS).reduce((sum, name) => sum + octetsOf(name), 0);
  if (isOver || readOctets > MAX_READ_OCTETS || strayOctets > MAX_STRAY_OCTETS) return true;
  const fieldCount = [...fields.values()].reduce((sum, { count }) => sum + count, 0);
  const sealCount = fields.get('arc-seal')?.count ?? 0;
  // Of the ARC sets only the signature of the newest is verified.
  const verifiedCount = (fields.get('dkim-signature')?.count ?? 0) + Math.min(1, sealCount);
  return (
    sealCount * readOctets > MAX_SEALED_OCTETS ||
    verifiedCount * bytes > MAX_SIGNED_OCTETS ||
    (octetsOf('dkim-signature') + octetsOf('arc-message-signature')) * fieldCount > MAX_LOOKED_FOR
  );
}

interface Stretch {
  /** Only so many octets are looked at. */
  readonly bytes: number;
  readonly most: number;
  readonly isEnd: (octet: number) => boolean;
}

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;

const isLineFeed = (octet: number): boolean => octet === LF;
const isNoSpace = (octet: number): boolean => octet !== SPACE && octet !== LF && octet !== CR && octet !== TAB;

/** Whether more than `most` octets follow each other without one that ends the stretch. Looks at few of them, where ends are near. */
export function hasStretch(content: readonly Uint8Array[], { bytes, most, isEnd }: Stretch): boolean {
  let octets = 0;
  let leftBytes = bytes;
  for (const chunk of content) {
    const end = Math.min(chunk.length, leftBytes);
    for (let at = 0; at < end; ) {
      // The next end must lie before this; the last one that does is looked for.
      const bound = Math.min(end, at + most + 1 - octets);
      let last = bound - 1;
      while (last >= at && !isEnd(chunk[last] ?? 0)) last -= 1;
      octets = last >= at ? 0 : octets + bound - at;
      if (octets > most) return true;
      at = last >= at ? last + 1 : bound;
    }
    leftBytes -= end;
    if (leftBytes === 0) break;
  }
  return false;
}

/** Counts no further than that. */
function hasMoreLines(content: readonly Uint8Array[], most: number): boolean {
  let count = 0;
  for (const chunk of content) {
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) {
      count += 1;
      if (count > most) return true;
    }
  }
  return false;
}
