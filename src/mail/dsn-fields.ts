/**
 * The machine-readable part of a report: message/delivery-status (RFC 3464 §2) or message/global-delivery-status (RFC 6533 §4).
 *
 * Promises lines with CRLF, short enough for SMTP, in which no peer's text can begin a field of its own. The first form is
 * ASCII: an address beyond it is written in the ASCII form of RFC 6533 §3; other text loses what is not ASCII here and keeps it
 * in the human part. The second is UTF-8.
 */
import { Buffer } from 'node:buffer';
import { formatDate, wrapWords } from './mime.ts';
import { literalOf } from './domain.ts';
import { formatReply, parseReply, sanitizeText } from './reply.ts';
import type { ReportedEvent, ReportedRecipient, Report } from './dsn-report.ts';
import { encodeUtf8Address, encodeUtf8Unitext, parseEnvelopeId, parseOriginalRecipient } from './xtext.ts';

const LINE_LENGTH = 76;
/** A refusal says why in its first lines; the whole of a rambling one is in the queue's history. */
const MAX_DIAGNOSTIC_LENGTH = 2000;

/** No address that passed parsePath is longer in any form; ORCPT may hold anything, and the line must stay below 998. */
const MAX_ADDRESS_LENGTH = 900;

/** RFC 3464 §2.3.3. */
const ACTION: Readonly<Record<ReportedEvent, string>> = {
  FAILED: 'failed',
  EXPIRED: 'failed',
  DELAYED: 'delayed',
  RELAYED: 'relayed',
};

/** The status when no host gave an enhanced status code (RFC 3463 §3.5 for the expired). */
const STATUS_BY_EVENT: Readonly<Record<ReportedEvent, string>> = {
  FAILED: '5.0.0',
  EXPIRED: '4.4.7',
  DELAYED: '4.0.0',
  RELAYED: '2.0.0',
};

/** Only those basic codes that mean one thing (RFC 5321 §4.2.3); 550 and 554 may be policy as well as a missing mailbox. */
const STATUS_BY_CODE: ReadonlyMap<number, string> = new Map([
  [421, '4.3.2'],
  [450, '4.2.0'],
  [451, '4.3.0'],
  [452, '4.3.1'],
  [551, '5.1.6'],
  [552, '5.2.2'],
  [553, '5.1.3'],
]);

/** The per-message block, an empty line, and one block per recipient with an empty line between; ends with CRLF. */
export function deliveryStatus(report: Report, isGlobal: boolean): string {
  const blocks = [perMessage(report), ...report.recipients.map((recipient) => perRecipient(recipient, isGlobal))];
  return blocks.map((fields) => fields.map((field) => `${field}\r\n`).join('')).join('\r\n');
}

/**
 * The Status field. A given code counts first, then the peer's enhanced code, then what its basic code means, then the event.
 * An expired recipient has no use for a basic code: without an enhanced one it is 4.4.7.
 */
export function statusOf(recipient: Pick<ReportedRecipient, 'event' | 'status' | 'diagnostic'>): string {
  const { event, status, diagnostic } = recipient;
  if (status !== null && /^[245]\.[0-9]{1,3}\.[0-9]{1,3}$/.test(status)) return status;
  const reply = diagnostic === null ? null : parseReply(diagnostic);
  if (reply === null || event === 'RELAYED') return STATUS_BY_EVENT[event];
  if (reply.enhancedCode !== null) return reply.enhancedCode;
  if (event === 'EXPIRED') return STATUS_BY_EVENT.EXPIRED;
  const byClass = reply.code >= 500 ? '5.0.0' : reply.code >= 400 ? '4.0.0' : STATUS_BY_EVENT[event];
  return STATUS_BY_CODE.get(reply.code) ?? byClass;
}

function perMessage(report: Report): string[] {
  const envelopeId = report.envelopeId === null ? null : parseEnvelopeId(report.envelopeId);
  return [
    ...(envelopeId === null ? [] : [`Original-Envelope-Id: ${envelopeId}`]),
    `Reporting-MTA: ${mtaName(report.reportingMta)}`,
    `Arrival-Date: ${formatDate(report.arrivalAt)}`,
  ];
}

function perRecipient(recipient: ReportedRecipient, isGlobal: boolean): string[] {
  const { originalRecipient, remoteMta, diagnostic, lastAttemptAt, willRetryUntilAt, event } = recipient;
  const original = originalRecipient === null ? null : parseOriginalRecipient(originalRecipient);
  return [
    ...(original === null
      ? []
      : [`Original-Recipient: ${typedAddress(original.addressType, original.address, isGlobal)}`]),
    `Final-Recipient: ${typedAddress('rfc822', recipient.address, isGlobal)}`,
    `Action: ${ACTION[event]}`,
    `Status: ${statusOf(recipient)}`,
    ...(remoteMta === null ? [] : [`Remote-MTA: ${mtaName(remoteMta)}`]),
    ...(diagnostic === null ? [] : [diagnosticField(diagnostic, isGlobal)]),
    ...(lastAttemptAt === null ? [] : [`Last-Attempt-Date: ${formatDate(lastAttemptAt)}`]),
    ...(event === 'DELAYED' && willRetryUntilAt !== null ? [`Will-Retry-Until: ${formatDate(willRetryUntilAt)}`] : []),
  ];
}

function typedAddress(type: string, givenAddress: string, isGlobal: boolean): string {
  // Not sanitizeText: the type utf-8 has a spelling of its own for what is not seen (RFC 6533 §3).
  const address = givenAddress
    .toWellFormed()
    .slice(0, 512)
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .trimEnd();
  const isAscii = /^[ -~]*$/.test(address);
  if (type === 'utf-8' || (type === 'rfc822' && !isAscii)) {
    const encoded = isGlobal ? encodeUtf8Unitext(address) : encodeUtf8Address(address);
    return `utf-8; ${firstOctets(encoded, MAX_ADDRESS_LENGTH)}`;
  }
  return `${type}; ${asciiText(address)}`;
}

function mtaName(name: string): string {
  return `dns; ${literalOf(name) ?? asciiText(sanitizeText(name, 255))}`;
}

/** Words of our own, for want of a reply, are not called SMTP. */
function diagnosticField(diagnostic: string, isGlobal: boolean): string {
  const reply = parseReply(diagnostic);
  const [type, text] = reply === null ? ['x-backup-mx', diagnostic] : ['smtp', formatReply(reply)];
  const lines = text.slice(0, MAX_DIAGNOSTIC_LENGTH).split('\n');
  const [first = '', ...more] = lines
    .map((line) => sanitizeText(line, 1024))
    .map((line) => (isGlobal ? line : asciiText(line)));
  return foldLines([`Diagnostic-Code: ${type}; ${first}`, ...more]);
}

/** Joins lines into one folded field; every line but the first begins with a blank, and none is blank as a whole. */
function foldLines(lines: readonly string[]): string {
  return lines
    .flatMap((line) => wrapWords(line, LINE_LENGTH))
    .filter((line) => line.trim() !== '')
    .join('\r\n ');
}

function firstOctets(text: string, count: number): string {
  const octets = Buffer.from(text);
  return octets.length <= count ? text : octets.toString('utf8', 0, count).replace(/\ufffd+$/, '');
}

function asciiText(text: string): string {
  return text.replace(/[^ -~]/gu, '?');
}
