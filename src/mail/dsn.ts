/**
 * Delivery status notifications: the message that tells a sender what became of theirs (RFC 3464, RFC 6522, RFC 6533,
 * RFC 3834).
 *
 * Promises CRLF line ends, lines within SMTP's limits, and that no text of a client or peer can add a field, a part or a line
 * end. A report to an address beyond ASCII can only go as SMTPUTF8 and has the global forms of RFC 6533; every other one is
 * ASCII, but for a body that RET=FULL returns. Written by hand, since every field of a report is fixed by its RFC. Decides
 * nothing: whether a report is due, and to whom, is queue/reports/reports.ts's matter; its null reverse-path is queue/reports/own-mail.ts's.
 */
import { Buffer } from 'node:buffer';
import { isAddress } from './address.ts';
import { formatDate, encodeText } from './mime.ts';
import { deliveryStatus } from './dsn-fields.ts';
import type { Report } from './dsn-report.ts';
import { headersPart, messagePart, type ReportPart, textPart } from './dsn-returned.ts';
import { reportSubject, reportText } from './dsn-text.ts';
import { messageIdOf } from './header-section.ts';
import { sanitizeText } from './reply.ts';

export { headerSectionOf } from './header-section.ts';

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
