/**
 * The header field by which a sender says that a message may go without protection (RFC 8689 §5). Reads bytes, judges nothing.
 */
import { Buffer } from 'node:buffer';
import { headerSectionOf } from './header-section.ts';

/** Where the field is looked for: header sections are smaller. */
const MAX_HEADER_BYTES = 262_144;

/** Whether the header section says `TLS-Required: No`. */
export function waivesTls(content: Uint8Array): boolean {
  const { buffer, byteOffset, byteLength } = headerSectionOf(content, MAX_HEADER_BYTES);
  return /^tls-required:[ \t]*no[ \t]*\r?$/im.test(Buffer.from(buffer, byteOffset, byteLength).toString('latin1'));
}
