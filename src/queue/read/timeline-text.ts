/**
 * The text of a timeline's entries, one English sentence each: for people who do not know our terms. Pure.
 *
 * Names nothing that the message's tenant may not know: no token, no other message, no numbers of other domains.
 */
import { parseReply } from '../../mail/reply.ts';
import { visible } from '../../mail/visible.ts';
import type { OutageClass } from '../../outage/class.ts';
import type { TimelineActor, TimelineEntry, TimelineFacts } from './timeline-entry.ts';

type ShownEntry = Pick<TimelineEntry, 'kind' | 'recipients' | 'reply' | 'host'> & {
  readonly facts: TimelineFacts;
  readonly actor: TimelineActor | null;
};

/** Characters of a reply in a sentence; the field `reply` has all of it. */
const REPLY_LENGTH = 300;
/** Recipients named in a sentence. */
const NAMED = 3;

const CLASSES: Readonly<Record<OutageClass, string>> = {
  DOWN: 'it cannot be reached',
  BLOCKING: 'it rejects this service',
  GREYLISTING: 'it defers all mail by greylisting',
  RATE_LIMITING: 'it limits how much it accepts',
  TARPITTING: 'it answers too slowly for mail to get through',
  MISCONFIGURED: 'it refuses good recipients, or does not offer the required TLS',
  DNS_BROKEN: 'its name cannot be resolved',
};

/** For people: what strangers and customers wrote is spelled out where it cannot be seen. */
export function sentenceOf(entry: ShownEntry): string {
  return visible(plainSentenceOf(entry));
}

function plainSentenceOf(entry: ShownEntry): string {
  const { kind, facts, reply } = entry;
  switch (kind) {
    case 'ACCEPTED':
      return acceptedText(facts);
    case 'ATTEMPT':
      return `${triedText(entry)} for ${names(entry.recipients)}: ${outcomeText(entry)}.`;
    case 'PROBE':
      return `The primary was tried with another message of the domain${placeText(entry)}, which counts for this one too: ${outcomeText(entry)}.`;
    case 'RECIPIENT_DELIVERED':
      return `Delivered to ${names(entry.recipients)}: ${hostText(entry)} accepted it${said(reply)}.`;
    case 'RECIPIENT_FAILED':
      return `Rejected permanently for ${names(entry.recipients)}${said(reply)}.`;
    case 'RECIPIENT_EXPIRED':
      return `Expired for ${names(entry.recipients)}: it could not be delivered within its lifetime${said(reply)}.`;
    case 'RECIPIENT_CANCELLED':
      return `Cancelled for ${names(entry.recipients)}: it is not delivered, and the sender gets no report.`;
    case 'RECIPIENT_SUSPECTED':
      return `Refused for ${names(entry.recipients)}, but kept, since that may be a mistake of the primary: it is tried again${said(reply)}.`;
    case 'CLAIM_LOST':
      return 'A process of the service died while it delivered the message: it is tried again, and may arrive twice.';
    case 'MESSAGE_RETRIED':
      return `Moved to the head of the queue ${handText(entry)}.`;
    case 'MESSAGE_CANCELLED':
      return `Cancelled ${handText(entry)}.`;
    case 'MESSAGE_BOUNCED':
      return `Returned to its sender ${handText(entry)}.`;
    case 'DOMAIN_FLUSHED':
      return `An immediate attempt for all mail of the domain was requested${byText(entry)}.`;
    case 'DOMAIN_PAUSED':
      return `Delivery to the domain was paused${byText(entry)}${windowText(facts)}${reasonText(facts)}.`;
    case 'DOMAIN_RESUMED':
      return `Delivery to the domain was resumed${byText(entry)}${reasonText(facts)}.`;
    case 'DOMAIN_REROUTED':
      return `The route was changed${byText(entry)}: mail of the domain now goes to ${routeText(facts)}.`;
    case 'DOMAIN_DELETED':
      return `The domain was deleted${byText(entry)}; what was held is ${facts.held === 'CANCEL' ? 'cancelled' : 'still delivered'}.`;
    case 'HOLD_EXTENDED':
      return `Mail of this outage is held ${facts.hours} hours longer${byText(entry)}.`;
    case 'HOLD_EXTENSION_ENDED':
      return 'The extension of the hold ended: all mail of its outage is delivered or has ended.';
    case 'OUTAGE_OPENED':
      return `An outage of the primary began: ${classText(facts.class)}${said(reply)}.`;
    case 'OUTAGE_RECLASSIFIED':
      return `The kind of the outage changed: ${classText(facts.class)}${said(reply)}.`;
    case 'OUTAGE_CLOSED':
      return `The outage is over${reasonText(facts)}.`;
    case 'OUTAGE_DRAINING':
      return 'The mail held during the outage is being delivered.';
    case 'OUTAGE_DRAINED':
      return drainedText(facts);
    case 'BREAKER_OPENED':
      return `The primary refuses too many recipients that should exist: no mail is delivered until that is resolved${said(reply)}.`;
    case 'BREAKER_TRIAL':
      return 'The primary is on trial after an outage: a refusal does not end a recipient yet.';
    case 'BREAKER_CLOSED':
      return 'The trial of the primary is over: delivery is normal again.';
    case 'SERVICE_TROUBLE_BEGAN':
      return 'Most primaries fail at once, so the service assumes a failure of its own: no mail expires meanwhile.';
    case 'SERVICE_TROUBLE_ENDED':
      return 'The failure of the service is over.';
    case 'REPORT_MADE':
      return `A delivery status notification that says "${facts.action ?? 'failed'}" was made for the sender: message ${facts.reportMessageId}.`;
    case 'REPORT_SUPPRESSED':
      return `No delivery status notification is sent: ${facts.reason}.`;
    case 'REPORT_DROPPED':
      return `The delivery status notification, message ${facts.reportMessageId}, could not be delivered itself and was dropped${said(reply)}.`;
    default:
      return kind satisfies never;
  }
}

/** The waiting mail was counted when all else had ended; events of earlier versions have no count. */
function drainedText({ waitingCount }: TimelineFacts): string {
  const ended = 'All mail held during the outage has been delivered or has ended';
  if (waitingCount === undefined) return `${ended}, or waits for other reasons.`;
  if (waitingCount === 0) return `${ended}.`;
  if (waitingCount === 1) return `${ended}; 1 message still waits for other reasons.`;
  return `${ended}; ${waitingCount} messages still wait for other reasons.`;
}

function acceptedText(facts: TimelineFacts): string {
  const { transaction, clientAddress, ehloName, sizeBytes, recipientCount = 0, since, class: outageClass } = facts;
  if (facts.isReport === true)
    return `Made by the service itself: a delivery status notification of ${sizeBytes} bytes.`;
  const during =
    since == null ? '' : ` The primary was down at that time, since ${instantText(since)}: ${classText(outageClass)}.`;
  const whom = recipientCount === 1 ? '1 recipient' : `${recipientCount} recipients`;
  return `Accepted from ${clientAddress ?? 'an unknown address'}, which called itself ${ehloName}${sessionText(facts)}: ${sizeBytes} bytes for ${whom}, transaction ${transaction}.${during}`;
}

/** Mail that ended under an earlier version does not say it. */
function sessionText({ protocol, tls }: TimelineFacts): string {
  return `${protocol ? ` by ${protocol}` : ''}${tls ? ` with ${tls}` : ''}`;
}

function triedText(entry: ShownEntry): string {
  return entry.facts.address == null && entry.host === null ? 'Tried' : `Tried${placeText(entry)}`;
}

function placeText({ host, facts: { address = null } }: ShownEntry): string {
  if (host === null && address === null) return '';
  return ` at ${host ?? 'an unnamed host'}${address === null ? '' : ` (${address})`}`;
}

function hostText({ host }: ShownEntry): string {
  return host ?? 'the next hop';
}

function outcomeText({ facts, reply }: ShownEntry): string {
  const words = { DELIVERED: 'accepted', DEFERRED: 'deferred', FAILED: 'rejected permanently' };
  return `${words[facts.outcome ?? 'DEFERRED']}${said(reply)}`;
}

/** Our own words stand in brackets in place of a reply. */
function said(reply: string | null): string {
  if (reply === null) return '';
  const parsed = parseReply(reply);
  const whole = parsed === null ? reply : [parsed.code, parsed.enhancedCode, parsed.text].filter(Boolean).join(' ');
  const words = whole.replace(/\s+/g, ' ').trim();
  const short = words.length > REPLY_LENGTH ? `${words.slice(0, REPLY_LENGTH)}…` : words;
  const own = /^\[(.*)\]$/.exec(short);
  return own === null ? `; it said "${short}"` : `; ${own[1]}`;
}

function names(addresses: readonly string[]): string {
  if (addresses.length === 0) return 'its recipients';
  const rest = addresses.length - NAMED;
  return `${addresses.slice(0, NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function byText({ actor }: Pick<ShownEntry, 'actor'>): string {
  if (actor === null) return '';
  return actor.isOperator ? ' by the operator of the service' : " by the domain's own administrator";
}

function handText({ actor, facts }: ShownEntry): string {
  const many = facts.operationId === undefined ? '' : ', with many others';
  return `${byText({ actor }).trim() || 'by hand'}${many}${reasonText(facts)}`;
}

function reasonText({ reason }: TimelineFacts): string {
  return reason === undefined ? '' : ` (${reason})`;
}

function windowText({ from, until }: TimelineFacts): string {
  return `${from == null ? '' : ` from ${instantText(from)}`}${until == null ? ' until it is resumed' : ` until ${instantText(until)}`}`;
}

function routeText({ after }: TimelineFacts): string {
  const hosts = after?.deliverTo ?? [];
  return hosts.length === 0
    ? 'the hosts of its MX records'
    : hosts.map(({ host, port }) => `${host}:${port}`).join(', ');
}

function classText(outageClass: OutageClass | null | undefined): string {
  return outageClass == null ? 'for a reason that is not known' : CLASSES[outageClass];
}

/** `2026-11-26 16:08 UTC` */
function instantText(instant: string): string {
  return `${new Date(instant).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
