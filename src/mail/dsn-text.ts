/**
 * The part of a report that people read: what happened, for how long we tried, what they can do (RFC 3464 §1.1).
 *
 * Promises lines of at most 76 characters, save for an address that is longer, and no control characters. May hold any
 * Unicode: a peer's reply stands here as it was given.
 */
import { formatDate, wrapWords } from './mime.ts';
import type { HostTry, Report, ReportedEvent, ReportedRecipient } from './dsn-report.ts';
import { sanitizeText } from './reply.ts';

const LINE_LENGTH = 76;
const MAX_REPLY_LINES = 10;
const MAX_HOSTS = 10;

const SUBJECT: Readonly<Record<ReportedEvent, string>> = {
  FAILED: 'Your message could not be delivered',
  EXPIRED: 'Your message could not be delivered',
  DELAYED: 'Your message is delayed',
  RELAYED: 'Your message was handed on',
};

/** In which order the events of one report matter to its reader. */
const EVENTS: readonly ReportedEvent[] = ['FAILED', 'EXPIRED', 'DELAYED', 'RELAYED'];

/** The Subject of the report, named after its worst event. */
export function reportSubject(report: Report): string {
  const worst = EVENTS.find((event) => report.recipients.some((recipient) => recipient.event === event));
  return SUBJECT[worst ?? 'FAILED'];
}

/** The text with LF line ends, the last included. */
export function reportText(report: Report): string {
  const present = EVENTS.filter((event) => report.recipients.some((recipient) => recipient.event === event));
  const paragraphs = [
    paragraph(
      `This is the mail system at ${sanitizeText(report.reportingMta, 255)}, the backup mail server of the recipients below. ` +
        `Your message reached us on ${formatDate(report.arrivalAt)}.`,
    ),
    ...report.recipients.map((recipient) => recipientText(recipient, report)),
    ...present.map((event) => paragraph(advice(event, report))),
    paragraph(
      `If you ask your postmaster or ours about this, quote our transaction id: ${sanitizeText(report.transactionId, 64)}`,
    ),
  ];
  return `${paragraphs.join('\n\n')}\n`;
}

function recipientText(recipient: ReportedRecipient, report: Report): string {
  const lines = [
    `<${sanitizeText(recipient.address, 320)}>`,
    ...wrapWords(happening(recipient, report), LINE_LENGTH - 4).map((line) => `    ${line}`),
    ...replyLines(recipient.diagnostic, 8),
  ];
  if (recipient.hosts.length > 0) {
    lines.push('    Servers tried:', ...recipient.hosts.slice(0, MAX_HOSTS).flatMap(hostLines));
  }
  return lines.join('\n');
}

function happening(recipient: ReportedRecipient, report: Report): string {
  const by = recipient.remoteMta === null ? '' : ` by ${sanitizeText(recipient.remoteMta, 255)}`;
  const from = recipient.remoteMta === null ? '' : ` from ${sanitizeText(recipient.remoteMta, 255)}`;
  const when = recipient.lastAttemptAt === null ? '' : ` on ${formatDate(recipient.lastAttemptAt)}`;
  const end = recipient.diagnostic === null ? '.' : ':';
  const happenings: Readonly<Record<ReportedEvent, string>> = {
    FAILED: recipient.remoteMta === null ? `Could not be delivered${end}` : `Refused${by}${when}${end}`,
    EXPIRED: `We tried for ${sanitizeText(report.lifetimeText, 40)} without success. The last result${from}${when}${end}`,
    DELAYED: `Not delivered yet. The last result${from}${when}${end}`,
    RELAYED: `Accepted${by}${when}${end}`,
  };
  return happenings[recipient.event];
}

function advice(event: ReportedEvent, report: Report): string {
  const advices: Readonly<Record<ReportedEvent, string>> = {
    FAILED:
      'A refusal is final: there will be no further attempt. Check the address; if it is right, reach the recipient in another way ' +
      'and pass on the answer above, as the reason lies with their mail system.',
    EXPIRED:
      `The recipient's mail server did not take the message in ${sanitizeText(report.lifetimeText, 40)}, and there will be ` +
      'no further attempt. Please reach the recipient in another way, and send the message again once their mail server works.',
    DELAYED: 'You need not do anything: we keep your message and go on trying. Please do not send it again.',
    RELAYED:
      'The server that accepted it gives no reports of success: you may hear nothing more even if all goes well.',
  };
  return advices[event];
}

function replyLines(reply: string | null, indent: number): string[] {
  if (reply === null) return [];
  return reply
    .split(/\r\n|\r|\n/)
    .slice(0, MAX_REPLY_LINES)
    .flatMap((line) => wrapWords(sanitizeText(line, 1024), LINE_LENGTH - indent))
    .filter((line) => line !== '')
    .map((line) => `${' '.repeat(indent)}${line}`);
}

function hostLines(host: HostTry): string[] {
  const line = `        ${sanitizeText(host.host, 255)}, last tried on ${formatDate(host.lastAttemptAt)}:`;
  return [line, ...replyLines(host.reply, 12)];
}

function paragraph(text: string): string {
  return wrapWords(text, LINE_LENGTH).join('\n');
}
