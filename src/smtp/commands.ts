/**
 * The words we say to a next hop: what it offers, and our MAIL and RCPT commands
 * (RFC 5321 §4.1.1.2, §4.1.1.3; RFC 1870, RFC 3461, RFC 6152, RFC 6531, RFC 6533).
 *
 * A parameter is sent only where its extension was offered. No command holds a control character, whatever the envelope held.
 */
import type { Notify, OriginalClient } from '../mail/envelope.ts';
import type { RecipientNumber } from '../mail/outcome.ts';
import { encodeUtf8Address, parseOriginalRecipient, encodeXtext } from '../mail/xtext.ts';
import { isIPv6 } from 'node:net';

/** The extensions of an EHLO reply that matter to a transfer. */
export interface SmtpOffers {
  readonly pipelining: boolean;
  readonly eightBitMime: boolean;
  readonly smtpUtf8: boolean;
  readonly dsn: boolean;
  readonly size: boolean;
  /** The announced limit, or null when there is none. */
  readonly sizeLimitBytes: number | null;
  /** Attributes of a client that this host wants to know of us, upper case; empty where it does not. */
  readonly xforward: readonly string[];
}

export interface OutgoingRecipient {
  readonly number: RecipientNumber;
  readonly address: string;
  readonly notify: readonly Notify[];
  /** ORCPT, still xtext-encoded, or null. */
  readonly originalRecipient: string | null;
}

export interface OutgoingEnvelope {
  /** Null is `<>`. */
  readonly reversePath: string | null;
  readonly recipients: readonly OutgoingRecipient[];
  readonly smtpUtf8: boolean;
  readonly body8bit: boolean;
  readonly ret: 'FULL' | 'HDRS' | null;
  /** ENVID, still xtext-encoded, or null. */
  readonly envelopeId: string | null;
  /** From whom we have it; null or absent for mail of our own. */
  readonly client?: OriginalClient | null;
}

/** Reads an EHLO reply, its lines separated by LF. A HELO reply offers nothing. */
export function readOffers(ehloReply: string): SmtpOffers {
  const keywords = new Map<string, string>();
  for (const line of ehloReply.split('\n').slice(1)) {
    const match = /^250[ -]([A-Za-z0-9][A-Za-z0-9-]*)(?:[ =](.*))?$/.exec(line.trimEnd());
    if (match?.[1] !== undefined) keywords.set(match[1].toUpperCase(), match[2] ?? '');
  }
  // RFC 1870: zero, or no number, is no fixed limit.
  const sizeLimit = Number(/^\d{1,15}$/.exec((keywords.get('SIZE') ?? '').trim())?.[0] ?? 0);
  return {
    pipelining: keywords.has('PIPELINING'),
    eightBitMime: keywords.has('8BITMIME'),
    smtpUtf8: keywords.has('SMTPUTF8'),
    dsn: keywords.has('DSN'),
    size: keywords.has('SIZE'),
    sizeLimitBytes: sizeLimit > 0 ? sizeLimit : null,
    xforward: (keywords.get('XFORWARD') ?? '').toUpperCase().split(' ').filter(Boolean),
  };
}

/** RFC 5321 §4.5.3.1.7: every host must take so much. */
const LEAST_SIZE_LIMIT_BYTES = 65_536;

/**
 * The limit to hold a message against before it is sent. A smaller one than every host must have is a mistake, or worse: then
 * nothing is refused for the host, which may do so itself.
 */
export function bindingSizeLimit(announcedBytes: number | null): number | null {
  return announcedBytes !== null && announcedBytes < LEAST_SIZE_LIMIT_BYTES ? null : announcedBytes;
}

/** The MAIL command without its CRLF. */
export function mailCommand(envelope: OutgoingEnvelope, sizeBytes: number, offers: SmtpOffers): string {
  let command = `MAIL FROM:<${harmlessPath(envelope.reversePath ?? '')}>`;
  if (offers.size) command += ` SIZE=${sizeBytes}`;
  // Deviates: RFC 6152 – without the offer the body goes unchanged and unannounced; a backup MX does not re-encode.
  if (offers.eightBitMime && envelope.body8bit) command += ' BODY=8BITMIME';
  if (offers.smtpUtf8 && needsSmtpUtf8(envelope)) command += ' SMTPUTF8';
  if (offers.dsn && envelope.ret !== null) command += ` RET=${envelope.ret}`;
  if (offers.dsn && isParameterValue(envelope.envelopeId)) command += ` ENVID=${envelope.envelopeId}`;
  return command;
}

/** The RCPT command without its CRLF. */
export function rcptCommand(recipient: OutgoingRecipient, offers: SmtpOffers): string {
  let command = `RCPT TO:<${harmlessPath(recipient.address)}>`;
  if (offers.dsn && recipient.notify.length > 0) command += ` NOTIFY=${recipient.notify.join(',')}`;
  const originalRecipient =
    recipient.originalRecipient === null ? null : asciiOriginalRecipient(recipient.originalRecipient);
  if (offers.dsn && isParameterValue(originalRecipient)) command += ` ORCPT=${originalRecipient}`;
  return command;
}

/** RFC 6533 §3: the ASCII form of the address type `utf-8` may go anywhere, the other only over SMTPUTF8. */
function asciiOriginalRecipient(given: string): string | null {
  if (!isBeyondAscii(given)) return given;
  const original = parseOriginalRecipient(given);
  return original?.addressType === 'utf-8' ? `utf-8;${encodeUtf8Address(original.address)}` : null;
}

/** True where the envelope can only be spoken with SMTPUTF8 (RFC 6531). */
export function needsSmtpUtf8(envelope: OutgoingEnvelope): boolean {
  return (
    envelope.smtpUtf8 ||
    isBeyondAscii(envelope.reversePath ?? '') ||
    envelope.recipients.some((r) => isBeyondAscii(r.address))
  );
}

function isBeyondAscii(text: string): boolean {
  return /[^\u0000-\u007f]/.test(text);
}

/**
 * The last guard against a command hidden in an address. The listener rejects control characters, so one here is a bug:
 * better an address the next hop refuses than a command we did not mean.
 */
function harmlessPath(path: string): string {
  return path.replace(/[\u0000-\u001f\u007f]/g, '?');
}

function isParameterValue(value: string | null): value is string {
  return value !== null && /^[!-~]+$/.test(value);
}

/** RFC 5321 §4.5.3.1.4, without the CRLF. */
const MAX_COMMAND_LENGTH = 510;
/** XFORWARD_README: what each attribute takes, in characters. */
const MAX_NAME_LENGTH = 255;
const MAX_WORD_LENGTH = 64;
const UNAVAILABLE = '[UNAVAILABLE]';

/**
 * The XFORWARD commands, without their CRLF, that tell a next hop who sent a message to us (Postfix's XFORWARD_README); nearly always one.
 *
 * A server offers XFORWARD only to hosts that its administrator trusts with that, for its log, its content filters and its policy
 * servers; access decisions stay about us. Only offered attributes are said, all values as xtext (RFC 3461 §4).
 *
 * @param offered attributes, upper case
 */
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
