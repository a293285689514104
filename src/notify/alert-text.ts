/**
 * The mail to an alert contact: which domain, since when, why, what its owner should do, what we do, until when mail is kept.
 *
 * One line a thought, at most 76 characters but for a host's own words. A message that no robot answers (RFC 3834), ASCII with
 * CRLF line ends; nothing in the text can add a field. Pure.
 */
import { Buffer } from 'node:buffer';
import { isAddress } from '../mail/address.ts';
import { encodeText, formatDate, wrapWords } from '../mail/mime.ts';
import { sanitizeText } from '../mail/reply.ts';
import { domainPageUrl } from './webhook-message.ts';

export interface OutageNews {
  readonly news: 'OPENED' | 'CHANGED' | 'CLOSED';
  readonly outageId: string;
  readonly destinationId: string;
  readonly domain: string;
  /** As in the API. */
  readonly outageClass: string;
  /** The age that the outage has passed; null: none yet. */
  readonly thresholdHours: number | null;
  readonly startedAt: Date;
  /** Null while it is open. */
  readonly endedAt: Date | null;
  /** Verbatim, or in brackets what happened instead. */
  readonly lastReply: string;
  /** Messages and bytes held now. */
  readonly heldCount: number;
  readonly heldBytes: number;
  /** Messages held when it ended; null while it is open. */
  readonly heldAtEnd: number | null;
  /** Recipients that failed or expired since it began. */
  readonly failedCount: number;
  readonly nextAttemptAt: Date | null;
  /** When the oldest held message goes back to its sender; null when nothing is held. */
  readonly keptUntil: Date | null;
}

/** Something else that happened, already in words. */
export interface OtherNews {
  readonly kind: string;
  readonly at: Date;
  readonly domain: string | null;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface Digest {
  readonly contactId: string;
  readonly tenantName: string;
  readonly at: Date;
  readonly outages: readonly OutageNews[];
  readonly others: readonly OtherNews[];
  /** PUBLIC_URL, for links to the console. */
  readonly publicUrl: string;
}

const WIDTH = 76;
const MAX_REPLY_LENGTH = 1000;

/** The meaning of each class, and what the server's owner can do. */
const CLASSES: Readonly<Record<string, readonly [string, string]>> = {
  DOWN: ['its mail server does not answer', 'Look whether the server runs, and whether port 25 is open to us.'],
  BLOCKING: [
    'its mail server refuses us',
    'Take our addresses into the allow lists of its firewall, block lists and filters.',
  ],
  GREYLISTING: ['its mail server puts every message off', 'Exempt our addresses from greylisting.'],
  RATE_LIMITING: ['its mail server limits how much we may send', 'Exempt our addresses from rate limits.'],
  TARPITTING: ['its mail server answers too slowly to take mail', 'Exempt our addresses from delays for strangers.'],
  MISCONFIGURED: [
    'its mail server refuses mailboxes that it has taken mail for, or its certificate',
    'Look at the reply below, and mend the set-up of the server. Mail is kept until it takes it again.',
  ],
  DNS_BROKEN: ['its mail server cannot be found in the DNS', "Look at the domain's MX records and its name servers."],
};

export function digestSubject({ outages, others }: Digest): string {
  const [first] = outages;
  if (first === undefined)
    return `[Backup MX] ${others.length === 1 ? otherTitle(others[0]) : `${others.length} notices`}`;
  const title = { OPENED: 'mail is held', CHANGED: 'mail is still held', CLOSED: 'mail flows again' }[first.news];
  const more = outages.length + others.length - 1;
  return `[Backup MX] ${first.domain}: ${title}${more > 0 ? `, and ${more} more` : ''}`;
}

/** LF line ends, the last included. */
export function digestText(digest: Digest): string {
  const { outages, others, tenantName, contactId } = digest;
  const paragraphs = [
    ...outages.map((outage) => (outage.news === 'CLOSED' ? closedText(outage, digest) : openText(outage, digest))),
    ...others.map(otherText),
    [
      ...wrapped(`You get this as an alert contact of ${sanitizeText(tenantName, 100)}, at most a few times an hour.`),
      ...wrapped(`To end it: backup-mx contact delete ${contactId}. No one reads answers to this mail.`),
    ].join('\n'),
  ];
  return `${paragraphs.join('\n\n')}\n`;
}

function openText(outage: OutageNews, { at, publicUrl }: Digest): string {
  const [what, remedy] = CLASSES[outage.outageClass] ?? ['its mail server takes no mail', 'Look at the reply below.'];
  return [
    ...wrapped(`${outage.domain}: ${what}. We accept its mail and hold it.`),
    '',
    fact('since', `${formatDate(outage.startedAt)} (${duration(outage.startedAt, at)})`),
    fact('kind', outage.outageClass),
    fact('last reply', replyOf(outage)),
    fact('held now', `${messages(outage.heldCount)}, ${size(outage.heldBytes)}`),
    ...(outage.failedCount > 0 ? [fact('failed', `${outage.failedCount} recipients since it began`)] : []),
    ...(outage.nextAttemptAt === null ? [] : [fact('next try', formatDate(outage.nextAttemptAt))]),
    ...(outage.keptUntil === null ? [] : [fact('kept until', `${formatDate(outage.keptUntil)}, the oldest of it`)]),
    fact('look', domainPageUrl(publicUrl, outage.domain)),
    '',
    ...wrapped(`What you should do: ${remedy}`),
    ...wrapped(
      'What we do: we try every 15 minutes for a day, then every hour, then every two hours, and deliver all as soon as the server takes it. ' +
        'What cannot be delivered by the end of its time goes back to its sender. You are told when it is over.',
    ),
  ].join('\n');
}

function closedText(outage: OutageNews, { publicUrl }: Digest): string {
  const { startedAt, endedAt, heldAtEnd, heldCount, failedCount } = outage;
  const until = endedAt ?? startedAt;
  const stillHeld = Math.min(heldCount, heldAtEnd ?? 0);
  const delivered = Math.max(0, (heldAtEnd ?? 0) - stillHeld);
  return [
    ...wrapped(`${outage.domain}: the outage is over.`),
    '',
    fact('began', formatDate(startedAt)),
    fact('ended', `${formatDate(until)} (${duration(startedAt, until)})`),
    fact('kind', outage.outageClass),
    fact('last reply', replyOf(outage)),
    fact('held', `${messages(heldAtEnd ?? 0)} when it ended`),
    fact('settled', `${messages(delivered)} since then, ${stillHeld} still held`),
    fact('failed', `${failedCount} recipients refused or expired since it began`),
    fact('look', domainPageUrl(publicUrl, outage.domain)),
  ].join('\n');
}

const OTHERS: Readonly<Record<string, string>> = {
  PROOF_LOST: 'the record that proves the domain is yours is gone',
  DOMAIN_SUSPENDED: 'the domain is suspended by an operator: its mail is put off',
  DNSBL_ZONE_OFF: 'a DNS list that you use failed its test and is not asked any more',
  WEBHOOK_DISABLED: 'a webhook is disabled: it could not be reached for days, or wants nothing more',
};

export const ALERTED_KINDS: readonly string[] = Object.keys(OTHERS);

function otherTitle(other: OtherNews | undefined): string {
  const about = other?.domain ?? other?.facts['zone'] ?? other?.facts['host'];
  const what = OTHERS[other?.kind ?? ''] ?? 'notice';
  return typeof about === 'string' ? `${sanitizeText(about, 255)}: ${what}` : what;
}

function otherText(other: OtherNews): string {
  const { reason, webhookId } = other.facts;
  return [
    ...wrapped(`${otherTitle(other)}.`),
    fact('at', formatDate(other.at)),
    ...(typeof webhookId === 'string' ? [fact('webhook', webhookId)] : []),
    ...(typeof reason === 'string' ? [fact('reason', sanitizeText(reason, 300))] : []),
  ].join('\n');
}

export interface Confirmation {
  readonly contactId: string;
  readonly tenantName: string;
  readonly code: string;
  readonly until: Date;
}

export const CONFIRMATION_SUBJECT = '[Backup MX] Confirm that you want alerts';

/** LF line ends, the last included. */
export function confirmationText({ contactId, tenantName, code, until }: Confirmation): string {
  return `${[
    ...wrapped(
      `Somebody at ${sanitizeText(tenantName, 100)} wants this address to be told when a mail server that we are the backup of cannot be reached.`,
    ),
    '',
    'Whoever wants that enters this code:',
    '',
    `    backup-mx contact confirm ${contactId} ${code}`,
    '',
    ...wrapped(
      `The code holds until ${formatDate(until)}. If you do not want it, do nothing: you will hear no more of it.`,
    ),
  ].join('\n')}\n`;
}

function fact(name: string, value: string): string {
  return `  ${name.padEnd(10)}  ${value}`;
}

function wrapped(text: string): string[] {
  return wrapWords(text, WIDTH);
}

function replyOf({ lastReply }: OutageNews): string {
  return lastReply
    .slice(0, MAX_REPLY_LENGTH)
    .split('\n')
    .map((line) => sanitizeText(line, MAX_REPLY_LENGTH))
    .join(`\n${' '.repeat(14)}`);
}

function messages(count: number): string {
  return count === 1 ? '1 message' : `${count} messages`;
}

function size(bytes: number): string {
  if (bytes < 10_000) return `${bytes} bytes`;
  return bytes < 10_000_000 ? `${Math.round(bytes / 1000)} kB` : `${Math.round(bytes / 1_000_000)} MB`;
}

/** `3 days 4 hours`. */
function duration(from: Date, until: Date): string {
  const minutes = Math.max(0, Math.round((until.getTime() - from.getTime()) / 60_000));
  const parts = [
    [Math.floor(minutes / 1440), 'day'],
    [Math.floor(minutes / 60) % 24, 'hour'],
    [minutes % 60, 'minute'],
  ] as const;
  const shown = parts.filter(([count]) => count > 0).slice(0, 2);
  return shown.map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`).join(' ') || 'less than a minute';
}

export interface AlertMessage {
  /** The part of Message-ID before its `@`. */
  readonly id: string;
  /** Our MX name. */
  readonly mxHostname: string;
  /** The contact. */
  readonly to: string;
  readonly at: Date;
  readonly subject: string;
  /** LF line ends. */
  readonly text: string;
}

const MAX_SUBJECT_LENGTH = 200;

/** Content ready for the queue. Throws a RangeError when `to` is no address: a bug of the caller. */
export function composeAlert({ id, mxHostname, to, at, subject, text }: AlertMessage): Uint8Array {
  if (!isAddress(to)) throw new RangeError('not an address');
  const { encoding, text: body } = encodeText(Buffer.from(text));
  const fields = [
    `From: Backup MX <mailer-daemon@${mxHostname}>`,
    `To: <${to}>`,
    `Subject: ${sanitizeText(subject, MAX_SUBJECT_LENGTH)}`,
    `Date: ${formatDate(at)}`,
    `Message-ID: <${id}@${mxHostname}>`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Transfer-Encoding: ${encoding}`,
  ];
  return Buffer.from(`${fields.join('\r\n')}\r\n\r\n${body}`);
}
