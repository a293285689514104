/**
 * The checks in the order of a report: who finds us, what they find, what the primary does, what is set up here.
 *
 * A new check is a constant in checks/, a line here and a test; `npm run generate` puts its texts into the schema and docs/doctor.md.
 */
import * as mx from './checks/mx-records.ts';
import * as primary from './checks/primary.ts';
import * as senderTls from './checks/sender-tls.ts';
import * as settings from './checks/settings.ts';
import type { Check, Evidence, Facts, Judgement, Verdict } from './facts.ts';
import { sanitizeText } from '../mail/reply.ts';

export const CHECKS = [
  mx.rank,
  mx.equalRank,
  mx.notListed,
  mx.nullMx,
  mx.dnsLapsing,
  mx.mxAlias,
  mx.mxLiteral,
  mx.mxPrivate,
  primary.mxUnreachable,
  senderTls.mtaSts,
  senderTls.tlsa,
  primary.primaryRefuses,
  primary.greylisting,
  primary.tarpitting,
  primary.rateLimiting,
  primary.smallerSize,
  primary.catchAll,
  mx.filterInFront,
  settings.userListGaps,
  settings.alertContactInside,
  primary.forwardedMailRefused,
  primary.settingUp,
  settings.domainReadded,
  settings.postmasterUnset,
] as const satisfies readonly Check[];

export type CheckCode = (typeof CHECKS)[number]['code'];

/** The result of one check, as it is stored and shown. */
export interface Finding {
  readonly code: CheckCode;
  readonly verdict: Verdict;
  readonly title: string;
  readonly evidence: readonly Evidence[];
  /** Null where nothing is to be done. */
  readonly advice: string | null;
}

const MOST_EVIDENCE = 10;
const MAX_TEXT_LENGTH = 500;
const ADVICE_WHEN_UNKNOWN =
  'Nothing yet: it could not be found out, and is looked at again by itself, or by `domainCheck` at once.';

/** All findings, in the order of the checks. */
export function examine(facts: Facts): readonly Finding[] {
  return CHECKS.map(({ code, title, advice, judge }) => {
    const judgement: Judgement = judge(facts);
    const { verdict } = judgement;
    const evidence = judgement.evidence.slice(0, MOST_EVIDENCE).map(({ asked, answered }) => ({
      asked: sanitizeText(asked, MAX_TEXT_LENGTH),
      answered: sanitizeText(answered, MAX_TEXT_LENGTH),
    }));
    const toDo = verdict === 'UNKNOWN' ? ADVICE_WHEN_UNKNOWN : (judgement.advice ?? advice);
    return { code, verdict, title, evidence, advice: verdict === 'OK' ? null : toDo };
  });
}

/** From bad to good. */
const BY_WEIGHT: readonly Verdict[] = ['PROBLEM', 'WARNING', 'UNKNOWN', 'OK'];

/** The worst verdict of a report. */
export function statusOf(findings: readonly Finding[]): Verdict {
  return BY_WEIGHT.find((verdict) => findings.some((finding) => finding.verdict === verdict)) ?? 'OK';
}
