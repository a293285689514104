/**
 * The commands the library may run, and our replies in the place of its own (RFC 5321 §4.2.4).
 *
 * smtp-server 3.21.6 says some things itself, with codes and words of its own: they are known by code and words, and
 * replaced. Knows the library's texts, but imports nothing of it.
 */
import * as replies from '../replies.ts';
import type { Refusals, Reply } from '../replies.ts';

/** Commands that exist but are not offered: 502, where an unknown word is 500 (RFC 5321 §4.2.4). */
const NOT_OFFERED = new Set(['AUTH', 'ATRN', 'EXPN', 'LHLO', 'SAML', 'SEND', 'SOML', 'TURN', 'XFORWARD']);

/** Commands with a handler. */
export const OFFERED = new Set([
  'BDAT',
  'DATA',
  'EHLO',
  'ETRN',
  'HELO',
  'HELP',
  'MAIL',
  'NOOP',
  'QUIT',
  'RCPT',
  'RSET',
  'STARTTLS',
  'VRFY',
  'XCLIENT',
]);

/** Our reply instead of the library's; null when the library's may go out as it is. `command` is its upper-case verb. */
export function replaceReply(refusals: Refusals, code: number, text: string, command: string): Reply | null {
  if (code === 500) return NOT_OFFERED.has(command) ? replies.NOT_IMPLEMENTED : replies.UNKNOWN_COMMAND;
  if (code === 503 && text.includes('EHLO')) return replies.GREET_FIRST;
  if (code === 451) return refusals.fault;
  if (code !== 421) return null;
  if (text.includes('talk too soon')) return refusals.talkedTooSoon;
  if (text.includes('HTTP')) return refusals.httpRequest;
  return text.includes('Timeout') ? refusals.timedOut : refusals.shuttingDown;
}
