/** The sentence about what was refused: how much, mostly why, and what lists on trial would have refused. Pure. */
import type { RefusalCountsQuery, RejectionCode } from '../operations/generated.ts';
import { countText, counted } from './count.ts';
import { REJECTIONS } from './labels.ts';
import type { SentencePart } from './overview-sentence.ts';

export type RefusalCount = NonNullable<RefusalCountsQuery['rejectionCounts']>[number];

/** The refusals in all, the most frequent first. */
export interface Tally {
  readonly refusedCount: number;
  /** The number that zones on trial would have refused: it was taken. */
  readonly trialCount: number;
  readonly codes: readonly { readonly code: RejectionCode; readonly count: number }[];
  readonly zones: readonly ZoneTally[];
}

/** The refusals of a DNS list. */
export interface ZoneTally {
  readonly zone: string;
  readonly refusedCount: number;
  readonly trialCount: number;
}

export function tallyOf(counts: readonly RefusalCount[]): Tally {
  const real = counts.filter(({ isDryRun }) => !isDryRun);
  const trial = counts.filter(({ isDryRun }) => isDryRun);
  const named = (list: readonly RefusalCount[], wanted: string): number =>
    sum(list.filter(({ zone }) => zone === wanted));
  const codes = [...new Set(real.map(({ code }) => code))];
  const zones = [...new Set(counts.flatMap(({ zone }) => zone ?? []))];
  return {
    refusedCount: sum(real),
    trialCount: sum(trial),
    codes: codes
      .map((code) => ({ code, count: sum(real.filter((one) => one.code === code)) }))
      .sort((one, other) => other.count - one.count || one.code.localeCompare(other.code)),
    zones: zones
      .map((zone) => ({ zone, refusedCount: named(real, zone), trialCount: named(trial, zone) }))
      .sort(
        (one, other) =>
          other.refusedCount + other.trialCount - one.refusedCount - one.trialCount ||
          one.zone.localeCompare(other.zone),
      ),
  };
}

/** @param domain the one that was asked for; null: all */
export function refusalsSentence(tally: Tally, days: number, domain: string | null): readonly SentencePart[] {
  const { refusedCount, trialCount, codes } = tally;
  const of = domain === null ? '' : ` for ${domain}`;
  const during = `in ${days}\u00a0days`;
  const first =
    refusedCount === 0 ? `Nothing was refused${of} ${during}.` : `${counted(refusedCount, 'refusal')}${of} ${during}.`;
  const parts: SentencePart[] = [{ text: first, part: 'first' }];
  const top = codes[0];
  if (top !== undefined) parts.push({ text: reasonText(top, refusedCount), part: 'rest' });
  if (trialCount > 0) {
    const more = refusedCount > 0 ? ' more' : '';
    parts.push({ text: `Lists on trial would have refused ${countText(trialCount)}${more}.`, part: 'rest' });
  }
  return parts;
}

/** The code as replies, the log and the page that explains it have it. */
export function codeText(code: RejectionCode): string {
  return code.replaceAll('_', '-');
}

function reasonText({ code, count }: Tally['codes'][number], all: number): string {
  const words = REJECTIONS[code];
  const reason = `${words.charAt(0).toLowerCase()}${words.slice(1)}`;
  const share = count === all ? (all === 1 ? 'It was' : 'All') : count * 2 > all ? 'Most' : 'Most often';
  return `${share} because of ${codeText(code)}: ${reason}.`;
}

function sum(counts: readonly RefusalCount[]): number {
  return counts.reduce((total, { count }) => total + count, 0);
}
