/**
 * Cuts what a server sends into replies (RFC 5321 §4.2), however its octets are spread over segments.
 *
 * Promises: no octet is looked at twice; a reply without end is given up, so that memory is bounded. A line that is no reply is
 * one of its own: whoever asked has to judge it. Knows no commands.
 */
import { Buffer } from 'node:buffer';

/** A reply longer than this is an attack or a mistake; in octets. */
export const MAX_REPLY_BYTES = 65_536;

export interface ReplyReader {
  /** The replies that are whole now, their lines separated by LF; null when one has grown too long. */
  readonly read: (chunk: Buffer) => readonly string[] | null;
  /** The beginning of a reply that is not whole; empty when there is none. */
  readonly begun: () => string;
  /** What is left at the end of a connection, where it can be told for a refusal although its line end is missing; else null. */
  readonly rest: () => string | null;
}

export function createReplyReader(): ReplyReader {
  /** The line under way. */
  let line = '';
  /** The lines of a reply that goes on. */
  let begun = '';

  return {
    read(chunk) {
      const replies: string[] = [];
      const text = chunk.toString('latin1');
      let start = 0;
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
        line += text.slice(start, end);
        start = end + 1;
        const whole = line.endsWith('\r') ? line.slice(0, -1) : line;
        line = '';
        const reply = begun + whole;
        begun = '';
        if (isContinued(whole)) {
          begun = `${reply}\n`;
          if (begun.length > MAX_REPLY_BYTES) return null;
        } else if (reply.trim() !== '') {
          replies.push(decode(reply));
        }
      }
      line += text.slice(start);
      return begun.length + line.length > MAX_REPLY_BYTES ? null : replies;
    },
    begun: () => (begun + line).trim(),
    rest: () => (/^[45]\d\d[ -]/.test(line) ? decode(begun + line.trimEnd()) : null),
  };
}

function isContinued(line: string): boolean {
  return line[3] === '-' && /^\d{3}-/.test(line);
}

/** UTF-8 where it is, else each octet as a character. */
function decode(octets: string): string {
  if (!/[\u0080-\u00ff]/.test(octets)) return octets;
  const text = Buffer.from(octets, 'latin1').toString('utf8');
  return text.includes('\ufffd') ? octets : text;
}
