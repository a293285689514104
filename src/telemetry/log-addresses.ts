/**
 * Takes the local parts of mail addresses out of log lines and spans, for operators who must not keep them.
 *
 * Promises that no local part is left in what the service tells about mail: addresses become `*@example.org` wherever they stand,
 * and of a primary's reply, which may name a mailbox in any way, only the codes are left. The whole reply is in the API.
 */

/** `full`: as they are. `domain`: without local parts. */
export type LogAddresses = 'full' | 'domain';

/** A quoted local part (RFC 5321 §4.1.2), or whatever stands before an @ without a delimiter. */
const LOCAL_PART = /(?:"(?:[^"\\]|\\.)*"|[^\s<>()[\]:;,"@]+)@/gu;
/** The words of ours in brackets that quote a peer, and the refusal that quotes a client (`555 5.5.4`). */
const JUNK = /^\[not a reply: /;
const PARAMETER = /^(555 5\.5\.4 parameter )\S+/;
/** Code, and the enhanced status code after it (RFC 2034). */
const CODES = /^\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?/;

/** One text of a log line; `event` and `field` say what it is. */
export function withoutLocalParts(text: string, { event, field }: { event: string; field: string }): string {
  // Our own refusals name no one; words of our own in brackets stand where there was no reply.
  if (field === 'reply' && event !== 'refused' && !text.startsWith('[')) return codesOf(text);
  if (JUNK.test(text)) return '[not a reply: *]';
  if (field === 'reversePath' || field === 'forwardPath') return pathWithoutLocalPart(text);
  // Of a text that was cut the last word may be half of an address.
  return text
    .replace(/[^\s"]+…$/u, '…')
    .replace(PARAMETER, '$1*')
    .replace(LOCAL_PART, '*@');
}

function codesOf(reply: string): string {
  const codes = CODES.exec(reply)?.[0];
  return codes === undefined ? '*' : `${codes} *`;
}

function pathWithoutLocalPart(path: string): string {
  const at = path.lastIndexOf('@');
  return at < 0 ? '*' : `*${path.slice(at)}`;
}
