/** The sentence of the overview: how many servers are away, what is safe with us, and when the first of it expires. */
import type { SummaryQuery } from '../operations/generated.ts';
import { countText, counted } from './count.ts';
import { expiryText, isNear } from './time.ts';

export interface SentencePart {
  readonly text: string;
  /** The first one is in ink, the rest soft, a loss red. */
  readonly part: 'first' | 'rest' | 'loss';
}

export function overviewSentence(
  { domainCount, heldCount, firstExpiryAt, situations }: SummaryQuery['summary'],
  now: Date,
  timeZone: string,
): readonly SentencePart[] {
  const countOf = (...wanted: string[]): number =>
    situations.filter(({ situation }) => wanted.includes(situation)).reduce((sum, { count }) => sum + count, 0);
  const away = countOf('OUTAGE', 'EXPIRING');
  const other = situations.filter(({ situation }) => situation !== 'FINE').reduce((sum, { count }) => sum + count, 0);
  const held: SentencePart = {
    text: heldCount === 0 ? 'Nothing is held.' : `${counted(heldCount, 'message is', 'messages are')} safe with us.`,
    part: 'rest',
  };
  if (domainCount === 0) return [{ text: 'There is no domain yet.', part: 'first' }];
  const all = domainCount === 1 ? 'The domain is' : `All ${countText(domainCount)} domains are`;
  const first =
    away > 0
      ? `${countText(away)} of ${counted(domainCount, 'server')} ${away === 1 ? 'is' : 'are'} away.`
      : other > 0
        ? `${countText(other)} of ${counted(domainCount, 'domain')} ${other === 1 ? 'needs' : 'need'} a look.`
        : `${all} fine.`;
  const expiry = firstExpiryAt === null || heldCount === 0 ? null : new Date(firstExpiryAt);
  if (expiry === null) return [{ text: first, part: 'first' }, held];
  const end = `The first expires ${expiryText(expiry, now, timeZone)}.`;
  return [{ text: first, part: 'first' }, held, { text: end, part: isNear(expiry, now) ? 'loss' : 'rest' }];
}
