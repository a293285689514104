/**
 * What a report changes: which checks have become a PROBLEM since the last one, and which are none any more. Pure.
 *
 * UNKNOWN says nothing either way, so that a primary that does not answer for a day begins and ends no problem. What a check
 * said last when it knew is kept beside the report: a problem that began or ended behind an UNKNOWN is told when it is known.
 */
import type { Verdict } from './check.ts';
import type { CheckCode } from './checks.ts';

export type Verdicts = readonly { readonly code: CheckCode; readonly verdict: Verdict }[];

export interface VerdictChanges {
  readonly began: readonly CheckCode[];
  readonly ended: readonly CheckCode[];
}

/** By check: the last verdict that was not UNKNOWN. Of a check that has one now nothing need be kept. */
export type LastKnown = Readonly<Partial<Record<CheckCode, Verdict>>>;

/** What is to be kept beside `present`. */
export function lastKnownBehind(former: Verdicts, kept: LastKnown, present: Verdicts): LastKnown {
  const before = knownOf(former, kept);
  const known = present.flatMap(({ code, verdict }) => {
    const last = before.get(code);
    return verdict !== 'UNKNOWN' || last === undefined ? [] : [[code, last] as const];
  });
  return Object.fromEntries(known);
}

function knownOf(former: Verdicts, kept: LastKnown): Map<CheckCode, Verdict> {
  return new Map(
    former.flatMap(({ code, verdict }) => {
      const known = verdict === 'UNKNOWN' ? kept[code] : verdict;
      return known === undefined ? [] : [[code, known] as const];
    }),
  );
}

/** @param kept beside the former report */
export function changesBetween(former: Verdicts, kept: LastKnown, present: Verdicts): VerdictChanges {
  const before = knownOf(former, kept);
  const codes = (from: (verdict: Verdict) => boolean, to: (verdict: Verdict) => boolean): CheckCode[] =>
    present
      .filter(({ code, verdict }) => {
        const was = before.get(code);
        return was !== undefined && from(was) && to(verdict);
      })
      .map(({ code }) => code);
  return { began: codes(isFine, isProblem), ended: codes(isProblem, isFine) };
}

const isProblem = (verdict: Verdict): boolean => verdict === 'PROBLEM';
const isFine = (verdict: Verdict): boolean => verdict === 'OK' || verdict === 'WARNING';
