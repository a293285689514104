/**
 * A check of the doctor: a stable code, its texts, and a pure judgement of facts.
 *
 * A judgement asks no one: what could not be found out is UNKNOWN with its reason, never an error.
 */
import type { Evidence, Fact, Facts } from './facts.ts';

export type Verdict = 'OK' | 'WARNING' | 'PROBLEM' | 'UNKNOWN';

export interface Judgement {
  readonly verdict: Verdict;
  readonly evidence: readonly Evidence[];
  /** In place of the check's own, where one thing to do does not fit all. */
  readonly advice?: string;
}

export interface Check {
  /** Stable: users' scripts depend on it. */
  readonly code: string;
  /** The good state: a short sentence. */
  readonly title: string;
  /** The meaning of a finding that is not OK. */
  readonly meaning: string;
  /** The action for the postmaster then: one sentence. */
  readonly advice: string;
  readonly judge: (facts: Facts) => Judgement;
}

export function ok(...evidence: readonly Evidence[]): Judgement {
  return { verdict: 'OK', evidence };
}

export function warning(...evidence: readonly Evidence[]): Judgement {
  return { verdict: 'WARNING', evidence };
}

export function problem(...evidence: readonly Evidence[]): Judgement {
  return { verdict: 'PROBLEM', evidence };
}

export function unknown(...evidence: readonly Evidence[]): Judgement {
  return { verdict: 'UNKNOWN', evidence };
}

/** Judges what is known; else UNKNOWN. */
export function whenKnown<T>(fact: Fact<T>, judge: (value: T) => Judgement): Judgement {
  return fact.kind === 'KNOWN' ? judge(fact.value) : unknown(fact.why);
}
