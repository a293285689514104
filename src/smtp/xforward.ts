/**
 * Who sent a message to us, told to a next hop that wants to know (Postfix's XFORWARD_README).
 *
 * A server offers XFORWARD only to hosts that its administrator trusts with that, and takes it for its log, its content filters
 * and its policy servers; access decisions stay about us. Only offered attributes are said. No value holds a control character:
 * all are xtext (RFC 3461 §4).
 */
import { isIPv6 } from 'node:net';
import type { OriginalClient } from '../mail/envelope.ts';
import { encodeXtext } from '../mail/xtext.ts';

/** RFC 5321 §4.5.3.1.4, without the CRLF. */
const MAX_COMMAND_LENGTH = 510;
/** XFORWARD_README: what each attribute takes, in characters. */
const MAX_NAME_LENGTH = 255;
const MAX_WORD_LENGTH = 64;
const UNAVAILABLE = '[UNAVAILABLE]';

/** The commands without their CRLF; nearly always one. @param offered attributes, upper case */
export function xforwardCommands(client: OriginalClient, offered: readonly string[]): string[] {
  if (offered.length === 0) return [];
  const { address, name, ehloName, protocol, transactionId } = client;
  // Deviates: XFORWARD_README – no PORT, which we do not keep.
  const values = {
    NAME: encoded(name, MAX_NAME_LENGTH),
    ADDR: isIPv6(address) ? `IPV6:${address}` : address,
    PROTO: encoded(protocol, MAX_WORD_LENGTH),
    HELO: encoded(ehloName, MAX_NAME_LENGTH),
    IDENT: encoded(transactionId, MAX_WORD_LENGTH),
    SOURCE: 'REMOTE',
  };
  const commands: string[] = [];
  for (const [attribute, value] of Object.entries(values)) {
    if (!offered.includes(attribute)) continue;
    const last = commands.at(-1);
    const word = ` ${attribute}=${value}`;
    if (last === undefined || last.length + word.length > MAX_COMMAND_LENGTH) commands.push(`XFORWARD${word}`);
    else commands[commands.length - 1] = last + word;
  }
  return commands;
}

/** A value too long to be said is not cut: what is left of a name is another name. */
function encoded(value: string | null, maxLength: number): string {
  const text = value === null || value.length > maxLength ? '' : encodeXtext(value);
  return text === '' || text.length > MAX_COMMAND_LENGTH - 'XFORWARD SOURCE='.length ? UNAVAILABLE : text;
}
