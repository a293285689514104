/**
 * Which MX records a domain's zone gets and loses: all our names at one rank behind its primary, in a sandwich the primary once
 * more behind us.
 *
 * Promises: nothing is taken away but what we had added; ours is never the most preferred. Pure. RFC 5321 §5.1.
 */
import type { AddedMx } from '../domains/mx-records.ts';
import { MAX_PREFERENCE, STEP } from './mx-rank.ts';

export interface MxSituation {
  /** All that the zone has at the name. */
  readonly present: readonly AddedMx[];
  /** What of it we have added. */
  readonly added: readonly AddedMx[];
  /** Our names that are to stand there. */
  readonly mxNames: readonly string[];
  /** Every name that counts as ours, those included. */
  readonly ownNames: readonly string[];
}

export interface MxWish {
  /** Null: behind all others. */
  readonly preference: number | null;
  /** Null: as it is. */
  readonly isSandwich: boolean | null;
}

export type MxPlan =
  | { readonly kind: 'PLAN'; readonly added: readonly AddedMx[]; readonly removed: readonly AddedMx[] }
  | { readonly kind: 'REFUSED'; readonly field: string; readonly message: string };

export const isSameMx = (one: AddedMx, other: AddedMx): boolean =>
  one.preference === other.preference && one.host === other.host;

export function planSet(situation: MxSituation, { preference, isSandwich }: MxWish): MxPlan {
  const { present, added: earlier, ownNames, mxNames } = situation;
  const isAdded = (mx: AddedMx) => earlier.some((one) => isSameMx(one, mx));
  const own = present.filter(({ host }) => ownNames.includes(host));
  const { theirs, lower } = othersIn(present, situation);
  if (theirs.length === 0) {
    const message =
      'It has no MX record of its primary: ours alone would be the most preferred. Add the record of its primary first.';
    return { kind: 'REFUSED', field: 'name', message };
  }
  const best = Math.min(...theirs.map((mx) => mx.preference));
  const last = Math.max(...theirs.map((mx) => mx.preference));
  if (preference !== null && (preference <= best || preference > MAX_PREFERENCE)) {
    const message = `Its primary has preference ${best}: ours lies above it and is at most ${MAX_PREFERENCE}.`;
    return { kind: 'REFUSED', field: 'preference', message };
  }
  const wrong = own.filter((mx) => mx.preference <= best || (preference !== null && mx.preference !== preference));
  const foreign = wrong.find((mx) => !isAdded(mx));
  if (foreign !== undefined) {
    const message = `The record "${foreign.preference} ${foreign.host}" is not where it should be, and was not added here: change it by hand.`;
    return { kind: 'REFUSED', field: 'preference', message };
  }
  const right = own.filter((mx) => !wrong.includes(mx));
  // By hand they may stand at several ranks: the first is where senders begin with us.
  const [first] = right.map((mx) => mx.preference).toSorted((a, b) => a - b);
  const rank = first ?? preference ?? Math.min(last + STEP, MAX_PREFERENCE);
  const isWanted = isSandwich ?? lower.length > 0;
  const sandwich = isWanted ? planLower(rank, { theirs, lower, best }) : { kept: [], added: [] };
  if (rank <= best || (sandwich.added.length > 0 && rank + STEP > MAX_PREFERENCE)) {
    const message = `There is no room behind preference ${rank}: give its primary a lower one.`;
    return { kind: 'REFUSED', field: 'preference', message };
  }
  const missing = mxNames.filter((name) => !right.some(({ host }) => host === name));
  return {
    kind: 'PLAN',
    added: [...missing.map((host) => ({ preference: rank, host })), ...sandwich.added],
    removed: [...wrong, ...lower.filter((mx) => !sandwich.kept.includes(mx))],
  };
}

/** The records of others; apart from them those lower ones of a sandwich that we have added, unless they are all that there is. */
function othersIn(present: readonly AddedMx[], { added, ownNames }: Pick<MxSituation, 'added' | 'ownNames'>) {
  const others = present.filter(({ host }) => !ownNames.includes(host));
  const theirs = others.filter((mx) => !added.some((one) => isSameMx(one, mx)));
  if (theirs.length === 0) return { theirs: others, lower: [] };
  return { theirs, lower: others.filter((mx) => !theirs.includes(mx)) };
}

/** Each primary once more behind `rank`, where none is already. */
function planLower(
  rank: number,
  { theirs, lower, best }: { theirs: readonly AddedMx[]; lower: readonly AddedMx[]; best: number },
): { kept: readonly AddedMx[]; added: readonly AddedMx[] } {
  const primaries = theirs.filter((mx) => mx.preference === best).map(({ host }) => host);
  const isBelow = ({ preference, host }: AddedMx) => preference > rank && primaries.includes(host);
  const kept = lower.filter(isBelow);
  const lacking = theirs.some(isBelow) ? [] : primaries.filter((name) => !kept.some(({ host }) => host === name));
  return { kept, added: lacking.map((host) => ({ preference: rank + STEP, host })) };
}

/**
 * Takes away what we had added and is there still. Of a sandwich the primary's lower record stays when it is the only one
 * left of any primary: without it the domain would have no MX at all.
 */
export function planUnset({ present, added, ownNames }: Pick<MxSituation, 'present' | 'added' | 'ownNames'>): MxPlan {
  const isAdded = (mx: AddedMx) => added.some((one) => isSameMx(one, mx));
  const isOwn = ({ host }: AddedMx) => ownNames.includes(host);
  const isServed = present.some((mx) => !isOwn(mx) && !isAdded(mx));
  return { kind: 'PLAN', added: [], removed: present.filter((mx) => isAdded(mx) && (isServed || isOwn(mx))) };
}
