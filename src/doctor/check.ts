/**
 * What a check of the doctor is: a stable code, what it looks at, what to do, and a pure judgement of facts.
 *
 * A judgement asks nobody: what could not be found out is UNKNOWN with its reason, never an error.
 */
import type { Fact, Facts } from './facts.ts';

/** Names that users' scripts depend on. Each has one file in checks/ and one line in checks.ts. */
export type CheckCode =
  | 'RANK'
  | 'EQUAL_RANK'
  | 'NOT_LISTED'
  | 'NULL_MX'
  | 'DNS_LAPSING'
  | 'MX_ALIAS'
  | 'MX_LITERAL'
  | 'MX_PRIVATE'
  | 'MX_UNREACHABLE'
  | 'MTA_STS'
  | 'TLSA'
  | 'PRIMARY_REFUSES'
  | 'GREYLISTING'
  | 'TARPITTING'
  | 'RATE_LIMITING'
  | 'SMALLER_SIZE'
  | 'CATCH_ALL'
  | 'FILTER_IN_FRONT'
  | 'USER_LIST_GAPS'
  | 'ALERT_CONTACT_INSIDE'
  | 'FORWARDED_MAIL_REFUSED'
  | 'SETTING_UP'
  | 'DOMAIN_READDED'
  | 'POSTMASTER_UNSET';

export type Verdict = 'OK' | 'WARNING' | 'PROBLEM' | 'UNKNOWN';

/** What was asked, and what was answered: verbatim, or our own words in brackets. */
export interface Evidence {
  readonly asked: string;
  readonly answered: string;
}

export interface Judgement {
  readonly verdict: Verdict;
  readonly evidence: readonly Evidence[];
  /** In place of the check's own, where one thing to do does not fit all. */
  readonly advice?: string;
}

export interface Check {
  readonly code: CheckCode;
  /** What is so when all is well: a short sentence. */
  readonly title: string;
  /** What it means that it is not. */
  readonly meaning: string;
  /** What the postmaster does then: one sentence. */
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
