/**
 * Which MX records a domain's zone gets and loses: all our names at one rank behind its primary, in a sandwich the primary once
 * more behind us.
 *
 * Promises: nothing is taken away but what we had added; ours is never the most preferred. Pure. RFC 5321 §5.1.
 */
import type { AddedMx } from '../settings/mx-records.ts';
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
  readonly isSandwich: boolean;
}

export type MxPlan =
  | { readonly kind: 'PLAN'; readonly added: readonly AddedMx[]; readonly removed: readonly AddedMx[] }
  | { readonly kind: 'REFUSED'; readonly field: string; readonly message: string };

export const isSameMx = (one: AddedMx, other: AddedMx): boolean =>
  one.preference === other.preference && one.host === other.host;

export function planSet(situation: MxSituation, { preference, isSandwich }: MxWish): MxPlan {
  const { present, added: earlier, ownNames, mxNames } = situation;
  const theirs = present.filter(({ host }) => !ownNames.includes(host));
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
  const own = present.filter(({ host }) => ownNames.includes(host));
  const wrong = own.filter((mx) => mx.preference <= best || (preference !== null && mx.preference !== preference));
  const foreign = wrong.find((mx) => !earlier.some((one) => isSameMx(one, mx)));
  if (foreign !== undefined) {
    const message = `The record "${foreign.preference} ${foreign.host}" is not where it should be, and was not added here: change it by hand.`;
    return { kind: 'REFUSED', field: 'preference', message };
  }
  const right = own.filter((mx) => !wrong.includes(mx));
  // By hand they may stand at several ranks: the first is where senders begin with us.
  const [first] = right.map((mx) => mx.preference).toSorted((a, b) => a - b);
  const rank = first ?? preference ?? Math.min(last + STEP, MAX_PREFERENCE);
  const primaries = theirs.filter((mx) => mx.preference === best);
  const isBelow = theirs.some((mx) => mx.preference > rank && primaries.some(({ host }) => host === mx.host));
  const below = isSandwich && !isBelow ? primaries.map(({ host }) => ({ preference: rank + STEP, host })) : [];
  if (rank <= best || (below.length > 0 && rank + STEP > MAX_PREFERENCE)) {
    const message = `There is no room behind preference ${rank}: give its primary a lower one.`;
    return { kind: 'REFUSED', field: 'preference', message };
  }
  const missing = mxNames.filter((name) => !right.some(({ host }) => host === name));
  const ours = missing.map((host) => ({ preference: rank, host }));
  return { kind: 'PLAN', added: [...ours, ...below], removed: wrong };
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
