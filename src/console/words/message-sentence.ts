/**
 * The sentence of a message: where it is, since when, what comes next and until when it is kept. Pure.
 *
 * Red is what is lost, or will be within 48 hours, and nothing else.
 */
import type { MessageQuery } from '../operations/generated.ts';
import { counted } from './count.ts';
import type { Tone } from './labels.ts';
import { stateLabel } from './message-states.ts';
import type { SentencePart } from './overview-sentence.ts';
import { dueText, expiryText, isNear, spanText, timeText } from './time.ts';

export type MessageState = NonNullable<MessageQuery['message']>;
type Told = Pick<MessageState, 'acceptedAt' | 'expiresAt' | 'endedAt' | 'reversePath' | 'recipients'>;
type RecipientState = MessageState['recipients'][number]['state'];

export interface MessageSentence {
  readonly label: string;
  readonly tone: Tone;
  readonly parts: readonly SentencePart[];
}

const MINUTE_MS = 60_000;

/** @param now and the time zone of whoever looks */
export function messageSentence(message: Told, now: Date, timeZone: string): MessageSentence {
  const { expiresAt, endedAt, recipients } = message;
  const countOf = (state: RecipientState): number => recipients.filter((one) => one.state === state).length;
  const label = stateLabel(recipients.map(({ state }) => state));
  const heldCount = countOf('HELD');
  const isLosing = heldCount > 0 && isNear(new Date(expiresAt), now);
  const isLost = [countOf('FAILED'), countOf('EXPIRED')].includes(recipients.length);
  const parts: SentencePart[] = [
    { text: firstText(recipients.length, countOf), part: isLost ? 'loss' : 'first' },
    ...lostParts(message, countOf),
    { text: whenText(message, heldCount, now, timeZone), part: 'rest' },
  ];
  if (heldCount > 0) {
    parts.push({ text: nextText(message, now), part: 'rest' });
    parts.push({ text: untilText(new Date(expiresAt), now, timeZone), part: isLosing ? 'loss' : 'rest' });
  } else if (endedAt !== null) {
    const cancelled = countOf('CANCELLED');
    const text =
      cancelled === recipients.length
        ? 'No one was told.'
        : `For ${counted(cancelled, 'recipient')} it was cancelled, and no one was told.`;
    if (cancelled > 0) parts.push({ text, part: 'rest' });
  }
  return { label: isLosing ? 'Expires soon' : label.text, tone: isLosing ? 'loss' : label.tone, parts };
}

function firstText(all: number, countOf: (state: RecipientState) => number): string {
  const [held, delivered] = [countOf('HELD'), countOf('DELIVERED')];
  if (held === all) return 'This message is safe with us.';
  if (delivered === all) return 'Your server has this message.';
  if (countOf('EXPIRED') === all) return 'This message has expired.';
  if (countOf('FAILED') === all) return 'This message could not be handed over.';
  if (countOf('CANCELLED') === all) return 'This message was cancelled.';
  const there = delivered === 0 ? '' : `Your server has this message for ${delivered} of ${counted(all, 'recipient')}.`;
  const here =
    held === 0 ? '' : `It is safe with us for ${delivered === 0 ? `${held} of ${counted(all, 'recipient')}` : held}.`;
  return [there, here].filter(Boolean).join(' ') || 'This message has ended.';
}

/** Never left out: those who do not get it, and whether their sender knows. */
function lostParts({ recipients, reversePath }: Told, countOf: (state: RecipientState) => number): SentencePart[] {
  const [failed, expired] = [countOf('FAILED'), countOf('EXPIRED')];
  if (failed + expired === 0) return [];
  const lost = recipients.filter(({ state }) => state === 'FAILED' || state === 'EXPIRED');
  const silent = lost.filter(({ dsnSuppressedReason }) => dsnSuppressedReason !== null).length;
  const all = recipients.length;
  const parts: SentencePart[] = [];
  const of = (count: number, what: string): void => {
    if (count > 0 && count < all) parts.push({ text: `It ${what} for ${counted(count, 'recipient')}.`, part: 'loss' });
  };
  of(failed, 'could not be handed over');
  of(expired, 'has expired');
  const told =
    reversePath === null || reversePath === ''
      ? 'It is a report itself, so no one was told.'
      : silent === 0
        ? 'Its sender is told.'
        : silent === lost.length
          ? 'Its sender is not told.'
          : `Its sender is told, but not of ${counted(silent, 'recipient')}.`;
  return [...parts, { text: told, part: silent > 0 ? 'loss' : 'rest' }];
}

function whenText({ acceptedAt, endedAt }: Told, heldCount: number, now: Date, timeZone: string): string {
  const took = `We took it ${timeText(new Date(acceptedAt), now, timeZone)}`;
  if (heldCount > 0 || endedAt === null) return `${took}.`;
  const ms = Date.parse(endedAt) - Date.parse(acceptedAt);
  const stayed = ms < MINUTE_MS ? 'within a minute' : `after ${spanText(ms)}`;
  return `${took}; it ended ${timeText(new Date(endedAt), now, timeZone)}, ${stayed}.`;
}

function nextText({ recipients }: Told, now: Date): string {
  const next = recipients.flatMap(({ nextAttemptAt }) => nextAttemptAt ?? []).sort()[0];
  if (next === undefined) return 'Delivery is paused.';
  const due = dueText(new Date(next), now);
  return due === 'now' ? 'We are trying now.' : `Next try ${due}.`;
}

function untilText(expiry: Date, now: Date, timeZone: string): string {
  const at = expiryText(expiry, now, timeZone);
  if (!isNear(expiry, now)) return `It is kept until ${at}.`;
  const left = expiry.getTime() - now.getTime();
  return left <= 0 ? 'It expires at its next try.' : `It expires ${at}, in ${spanText(left)}.`;
}
