/**
 * Delivery status notifications: the message that tells a sender what became of theirs (RFC 3464, RFC 6522, RFC 6533,
 * RFC 3834).
 *
 * Promises CRLF line ends, lines within SMTP's limits, and that no text of a client or peer can add a field, a part or a line
 * end. A report to an address beyond ASCII can only go as SMTPUTF8 and has the global forms of RFC 6533; every other one is
 * ASCII, but for a body that RET=FULL returns. The reported message goes back whole as it came or not at all: RFC 2046 §5.2.1
 * forbids encoding it, so one that SMTP could not carry is represented by its header section. Written by hand, since every field of
 * a report is fixed by its RFC. Decides nothing: whether a report is due, and to whom, is queue/reports/reports.ts's matter; its
 * null reverse-path is queue/reports/own-mail.ts's.
 */
import { Buffer, isAscii, isUtf8 } from 'node:buffer';
import { isAddress } from './address.ts';
import { encodeText, formatDate } from './mime.ts';
import { deliveryStatus } from './dsn-fields.ts';
import type { Report } from './dsn-report.ts';
import { reportSubject, reportText } from './dsn-text.ts';
import { headerSectionOf, messageIdOf } from './header-section.ts';
import { sanitizeText } from './reply.ts';

export interface ComposedReport {
  readonly content: Uint8Array;
  readonly smtpUtf8: boolean;
  readonly body: '8BITMIME' | null;
}

/** The report as content ready for the queue. Throws a RangeError when `from` or `to` is no address: a bug of the caller. */
export function composeReport(report: Report): ComposedReport {
  const smtpUtf8 = /[^\x00-\x7f]/.test(report.to);
  const whole = report.message === null ? null : messagePart(report.message, smtpUtf8);
  const composed = whole === null ? null : compose(report, smtpUtf8, whole);
  if (composed !== null && composed.content.length <= report.maxBytes) return composed;
  return compose(report, smtpUtf8, headersPart(report.headerSection, smtpUtf8));
}

function compose(report: Report, smtpUtf8: boolean, returned: ReportPart): ComposedReport {
  const text = encodeText(Buffer.from(reportText(report)));
  const status = Buffer.from(deliveryStatus(report, smtpUtf8));
  const parts: ReportPart[] = [
    {
      fields: ['Content-Type: text/plain; charset=utf-8', `Content-Transfer-Encoding: ${text.encoding}`],
      body: Buffer.from(text.text),
      isEightBit: false,
    },
    textPart(smtpUtf8 ? 'message/global-delivery-status' : 'message/delivery-status', status),
    returned,
  ];
  const isEightBit = smtpUtf8 || parts.some((part) => part.isEightBit);
  const boundary = boundaryFor(report.reportId, parts);
  const pieces = parts.flatMap(({ fields, body }) => [
    Buffer.from(`--${boundary}\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`),
    body,
    Buffer.from('\r\n'),
  ]);
  const content = Buffer.concat([
    Buffer.from(`${headerFields(report, boundary, isEightBit)}\r\n`),
    ...pieces,
    Buffer.from(`--${boundary}--\r\n`),
  ]);
  return { content, smtpUtf8, body: isEightBit ? '8BITMIME' : null };
}

/** No one outside knows the id of a report that is not sent yet; should a part hold it all the same, the boundary is longer. */
function boundaryFor(reportId: string, parts: readonly ReportPart[]): string {
  let boundary = `=_report_${reportId.replace(/[^0-9A-Za-z-]/g, '').slice(0, 36)}`;
  while (parts.some(({ body }) => Buffer.from(body.buffer, body.byteOffset, body.length).includes(boundary)))
    boundary += '_';
  return boundary;
}

function headerFields(report: Report, boundary: string, isEightBit: boolean): string {
  const messageId = messageIdOf(report.headerSection);
  const fields = [
    `From: Mail Delivery System <${mailbox(report.from)}>`,
    `To: <${mailbox(report.to)}>`,
    `Subject: ${reportSubject(report)}`,
    `Date: ${formatDate(report.at)}`,
    `Message-ID: <${report.reportId}@${sanitizeText(report.reportingMta, 255)}>`,
    ...(messageId === null ? [] : [`In-Reply-To: ${messageId}`, `References: ${messageId}`]),
    // RFC 3834 §5: no robot answers it.
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="${boundary}"`,
    ...(isEightBit ? ['Content-Transfer-Encoding: 8bit'] : []),
  ];
  return fields.map((field) => `${field}\r\n`).join('');
}

function mailbox(address: string): string {
  if (!isAddress(address)) throw new RangeError('not an address');
  return address;
}

export interface ReportPart {
  /** Without line ends. */
  readonly fields: readonly string[];
  /** Ends with CRLF unless empty. */
  readonly body: Uint8Array;
  /** Needs 8BITMIME (RFC 6152). */
  readonly isEightBit: boolean;
}

const CRLF = '\r\n';
const LF = 0x0a;
const CR = 0x0d;
/** RFC 5321 §4.5.3.1.6, without the CRLF. */
const MAX_SMTP_LINE_LENGTH = 998;

/** `isGlobal`: the report goes as SMTPUTF8. */
export function headersPart(headerSection: Uint8Array, isGlobal: boolean): ReportPart {
  if (isGlobal && isSendable(headerSection) && isUtf8(headerSection)) {
    return textPart('message/global-headers', withLineEnd(headerSection));
  }
  // Of the two types only this one may be encoded without offending strict servers (RFC 2046 §5.2).
  const { encoding, text } = encodeText(headerSection);
  return {
    fields: ['Content-Type: text/rfc822-headers', `Content-Transfer-Encoding: ${encoding}`],
    body: Buffer.from(text, 'latin1'),
    isEightBit: false,
  };
}

/** Null when the message cannot go back as it came. */
export function messagePart(message: Uint8Array, isGlobal: boolean): ReportPart | null {
  const headerSection = headerSectionOf(message, message.length);
  if (!isSendable(message) || (isGlobal ? !isUtf8(headerSection) : !isAscii(headerSection))) return null;
  return textPart(isGlobal ? 'message/global' : 'message/rfc822', withLineEnd(message));
}

/** A part of any UTF-8 text. Its lines end with CRLF and are short enough. */
export function textPart(type: string, body: Uint8Array): ReportPart {
  const isEightBit = !isAscii(body);
  const encoding = isEightBit ? ['Content-Transfer-Encoding: 8bit'] : [];
  return { fields: [`Content-Type: ${type}`, ...encoding], body, isEightBit };
}

/** Only whole lines of text, none too long (RFC 2045 §2.7, §2.8). */
function isSendable(content: Uint8Array): boolean {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (bytes.includes(0)) return false;
  for (let start = 0; start < bytes.length; ) {
    const lf = bytes.indexOf(LF, start);
    const end = lf < 0 ? bytes.length : lf - 1;
    if (lf >= 0 && bytes[end] !== CR) return false;
    const cr = bytes.indexOf(CR, start);
    if ((cr >= 0 && cr < end) || end - start > MAX_SMTP_LINE_LENGTH) return false;
    start = end + CRLF.length;
  }
  return true;
}

function withLineEnd(content: Uint8Array): Uint8Array {
  return content.length === 0 || content.at(-1) === LF ? content : Buffer.concat([content, Buffer.from(CRLF)]);
}
