/**
 * The timeline of a message in words for its owner: each kind of entry a sentence, and equal ones that follow each other once. Pure.
 *
 * Made of the fields of an entry; its `text` has times of UTC within its words.
 */
import type { MessageTimelineQuery } from '../operations/generated.ts';

export type Entry = NonNullable<MessageTimelineQuery['message']>['timeline']['nodes'][number];

export interface Happened {
  readonly entry: Entry;
  readonly text: string;
  /** The number of equal entries; `entry` is the first of them. */
  readonly count: number;
  readonly lastAt: string;
}

export interface Timeline {
  readonly entries: readonly Entry[];
  /** There are later ones that are not here. */
  readonly hasMore: boolean;
}

/** One round of tries goes to so many hosts, whose entries alternate from round to round. */
const MOST_HOSTS = 4;
/** Recipients named in a sentence. */
const MOST_NAMED = 3;

/** Oldest first. */
export function happenedOf(entries: readonly Entry[]): readonly Happened[] {
  const folded: Happened[] = [];
  for (const entry of entries) {
    const text = SENTENCES[entry.kind](entry);
    const at = folded.findLastIndex((one) => isSame(one, entry, text));
    const known = folded[at];
    if (known !== undefined && folded.length - at <= MOST_HOSTS && folded.slice(at).every(isTry))
      folded[at] = { ...known, count: known.count + 1, lastAt: entry.at };
    else folded.push({ entry, text, count: 1, lastAt: entry.at });
  }
  return folded;
}

export function isTry({ entry: { kind } }: Pick<Happened, 'entry'>): boolean {
  return kind === 'ATTEMPT' || kind === 'PROBE';
}

/** Null: it is open. */
export interface Away {
  readonly startedAt: string;
  readonly endedAt: string | null;
}

/**
 * The outages of the server while the message was held, oldest first.
 *
 * @param first the one that was open when it was accepted; null: none, or it is not known
 */
export function outagesOf(entries: readonly Entry[], first: Away | null): readonly Away[] {
  const outages: Away[] = first === null ? [] : [first];
  for (const { kind, at } of entries) {
    const last = outages.at(-1);
    if (kind === 'OUTAGE_OPENED' && last?.endedAt !== null) outages.push({ startedAt: at, endedAt: null });
    if (kind === 'OUTAGE_CLOSED' && last?.endedAt === null) outages[outages.length - 1] = { ...last, endedAt: at };
    // It was open at the beginning.
    if (kind === 'OUTAGE_CLOSED' && last === undefined) outages.push({ startedAt: entries[0]?.at ?? at, endedAt: at });
  }
  return outages;
}

function isSame({ entry, text }: Happened, other: Entry, otherText: string): boolean {
  return text === otherText && entry.reply === other.reply && entry.reason === other.reason;
}

const SENTENCES: Readonly<Record<Entry['kind'], (entry: Entry) => string>> = {
  ACCEPTED: () => 'We took it.',
  ATTEMPT: (entry) => `Tried${placeText(entry)}${forText(entry)}: ${outcomeText(entry)}.`,
  PROBE: (entry) => `Your server was tried${placeText(entry)} with other mail: ${outcomeText(entry)}.`,
  RECIPIENT_DELIVERED: (entry) => `Your server took it${forText(entry)}.`,
  RECIPIENT_FAILED: (entry) => `It could not be handed over${forText(entry)}.`,
  RECIPIENT_EXPIRED: (entry) => `Its time was over${forText(entry)}.`,
  RECIPIENT_CANCELLED: (entry) => `It was cancelled${forText(entry)}.`,
  RECIPIENT_SUSPECTED: (entry) =>
    `Your server refused it${forText(entry)}, whom it knew before. We keep it and try again.`,
  MESSAGE_RETRIED: (entry) => `A try was asked for${byText(entry)}.`,
  MESSAGE_CANCELLED: (entry) => `It was cancelled${byText(entry)}.`,
  MESSAGE_BOUNCED: (entry) => `It was returned to its sender${byText(entry)}.`,
  CLAIM_LOST: () => 'One of our machines went down while it handed this over. We try again, and it may arrive twice.',
  DOMAIN_FLUSHED: (entry) => `A try for all mail of the domain was asked for${byText(entry)}.`,
  DOMAIN_PAUSED: (entry) => `Delivery was paused${byText(entry)}.`,
  DOMAIN_RESUMED: (entry) => `Delivery went on${byText(entry)}.`,
  DOMAIN_REROUTED: (entry) => `Mail of the domain goes elsewhere from here on${byText(entry)}.`,
  DOMAIN_DELETED: (entry) => `The domain was deleted${byText(entry)}.`,
  HOLD_EXTENDED: (entry) => `It is kept longer${byText(entry)}.`,
  HOLD_EXTENSION_ENDED: () => 'All mail that was kept longer has ended.',
  OUTAGE_OPENED: () => 'An outage of your server began.',
  OUTAGE_RECLASSIFIED: () => 'The outage became one of another kind.',
  OUTAGE_CLOSED: () => 'Your server was back.',
  OUTAGE_DRAINING: () => 'We began to hand over what was held.',
  OUTAGE_DRAINED: () => 'All that was held meanwhile was handed over, has ended, or waits for other reasons.',
  BREAKER_OPENED: () => 'Your server refused mailboxes it knew: we handed nothing over until that was settled.',
  BREAKER_TRIAL: () => 'Your server was on trial: what it refused was kept.',
  BREAKER_CLOSED: () => 'The trial was over.',
  SERVICE_TROUBLE_BEGAN: () => 'Most servers could not be reached from here: the fault was ours, and nothing expired.',
  SERVICE_TROUBLE_ENDED: () => 'That fault of ours was over.',
  REPORT_MADE: () => 'A report to its sender was made.',
  REPORT_SUPPRESSED: () => 'No report is sent to its sender.',
  REPORT_DROPPED: () => 'The report to its sender could not be handed over.',
};

const OUTCOMES = { DELIVERED: 'taken', DEFERRED: 'not taken yet', FAILED: 'refused' } as const;

function outcomeText({ attempt }: Entry): string {
  return OUTCOMES[attempt?.outcome ?? 'DEFERRED'];
}

function placeText({ host, attempt }: Entry): string {
  const address = attempt?.address ?? null;
  if (host === null) return address === null ? '' : ` at ${address}`;
  return ` at ${host}${address === null ? '' : ` (${address})`}`;
}

function forText({ recipients }: Entry): string {
  if (recipients.length === 0) return '';
  const rest = recipients.length - MOST_NAMED;
  return ` for ${recipients.slice(0, MOST_NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function byText({ actor }: Entry): string {
  if (actor === null) return '';
  return actor.isOperator ? ' by the operator of the service' : ' by the administrator of the domain';
}
