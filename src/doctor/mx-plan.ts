/**
 * The MX records that a domain should have: its own as they are, all our names after them at one preference (RFC 5321 §5.1). Pure.
 *
 * As a recommendation to people, and as the plan of a change that we make in the zone ourselves, in a sandwich with the primary once
 * more after us. A plan removes only records that we added, and ours is never the most preferred.
 */
import { ownPreference, unlistedNames } from '../dns/mx-set.ts';
import type { AddedMx } from '../domains/mx-records.ts';
import type { MxVerdict } from '../mail/mx.ts';

/** Space for a record in between, as people number them. */
const STEP = 10;
/** Ours when the domain has no records yet: its primary's, at 10, comes before. */
const LONE_PREFERENCE = 20;
/** RFC 1035 §3.3.9: sixteen bits. */
const MAX_PREFERENCE = 65_535;

/** For our records, and suggested for those that people write: a change is seen within the hour. */
export const TTL_SECONDS = 3600;

export interface JudgedMx {
  /** Most preferred first. */
  readonly hosts: readonly (AddedMx & { readonly isSelf: boolean })[];
  readonly verdict: MxVerdict;
}

/** @param names of ours, all that are to stand there */
export function recommendMx({ hosts, verdict }: JudgedMx, names: readonly string[]): AddedMx[] {
  const isRight = verdict === 'OK' || verdict === 'SANDWICH';
  const kept = hosts.filter(({ isSelf }) => isRight || !isSelf).map(({ host, preference }) => ({ host, preference }));
  const last = Math.max(LONE_PREFERENCE - STEP, ...kept.map(({ preference }) => preference));
  const preference = (isRight ? ownPreference(hosts) : null) ?? Math.min(last + STEP, MAX_PREFERENCE);
  const added = (isRight ? unlistedNames(hosts, names) : names).map((host) => ({ host, preference }));
  return [...kept, ...added].toSorted((a, b) => a.preference - b.preference);
}

/** As lines of a zone file (RFC 1035 §5.1), names whole, so that they fit whatever origin the file has. */
export function zoneFileOf(name: string, records: readonly AddedMx[]): string {
  return records.map(({ preference, host }) => `${name}. ${TTL_SECONDS} IN MX ${preference} ${host}.\n`).join('');
}

export interface MxFormRecord extends AddedMx {
  readonly change: 'ADD' | 'KEEP' | 'REMOVE';
  readonly name: string;
  readonly type: 'MX';
  readonly ttlSeconds: number;
}

/** Field by field, as the forms of DNS hosts ask for records, with what is to be done to each; most preferred first. */
export function formRecordsOf(
  name: string,
  { observed, recommended }: { readonly observed: readonly AddedMx[]; readonly recommended: readonly AddedMx[] },
): MxFormRecord[] {
  const rest = { name, type: 'MX', ttlSeconds: TTL_SECONDS } as const;
  return [
    ...observed
      .filter((mx) => !hasMx(recommended, mx))
      .map(({ host, preference }) => ({ change: 'REMOVE' as const, host, preference, ...rest })),
    ...recommended.map((mx) => ({
      change: hasMx(observed, mx) ? ('KEEP' as const) : ('ADD' as const),
      ...mx,
      ...rest,
    })),
  ].toSorted((a, b) => a.preference - b.preference);
}

export interface MxSituation {
  /** All that the zone has at the name. */
  readonly present: readonly AddedMx[];
  /** Those of them that we have added. */
  readonly added: readonly AddedMx[];
  /** Our names that are to stand there. */
  readonly mxNames: readonly string[];
  /** Every name that counts as ours, those included. */
  readonly ownNames: readonly string[];
}

export interface MxWish {
  /** Null: after all others. */
  readonly preference: number | null;
  /** Null: as it is. */
  readonly isSandwich: boolean | null;
}

export type MxPlan =
  | { readonly kind: 'PLAN'; readonly added: readonly AddedMx[]; readonly removed: readonly AddedMx[] }
  | { readonly kind: 'REFUSED'; readonly field: string; readonly message: string };

/** Whether a record is among others, with the same host and preference. */
export function hasMx(records: readonly AddedMx[], { host, preference }: AddedMx): boolean {
  return records.some((one) => one.host === host && one.preference === preference);
}

export function planSet(situation: MxSituation, { preference, isSandwich }: MxWish): MxPlan {
  const { present, added: earlier, ownNames, mxNames } = situation;
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
  const foreign = wrong.find((mx) => !hasMx(earlier, mx));
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
    const message = `There is no room after preference ${rank}: give its primary a lower one.`;
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
  const theirs = others.filter((mx) => !hasMx(added, mx));
  if (theirs.length === 0) return { theirs: others, lower: [] };
  return { theirs, lower: others.filter((mx) => !theirs.includes(mx)) };
}

/** Each primary once more after `rank`, unless one is there already. */
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
 * Removes the records that we added and that are still there. The primary's lower record of a sandwich stays if it is the only one
 * left of any primary: without it the domain would have no MX at all.
 */
export function planUnset({ present, added, ownNames }: Pick<MxSituation, 'present' | 'added' | 'ownNames'>): MxPlan {
  const isOwn = ({ host }: AddedMx) => ownNames.includes(host);
  const isServed = present.some((mx) => !isOwn(mx) && !hasMx(added, mx));
  return { kind: 'PLAN', added: [], removed: present.filter((mx) => hasMx(added, mx) && (isServed || isOwn(mx))) };
}
