/**
 * What a report changes: which checks have become a PROBLEM since the last one, and which are none any more. Pure.
 *
 * UNKNOWN says nothing either way, so that a primary that does not answer for a day begins and ends no problem.
 */
import type { CheckCode, Verdict } from './check.ts';

export type Verdicts = readonly { readonly code: CheckCode; readonly verdict: Verdict }[];

export interface VerdictChanges {
  readonly began: readonly CheckCode[];
  readonly ended: readonly CheckCode[];
}

export function changesBetween(former: Verdicts, present: Verdicts): VerdictChanges {
  const before = new Map(former.map(({ code, verdict }) => [code, verdict]));
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
