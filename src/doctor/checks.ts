/**
 * The checks in the order in which a report tells them: who finds us, what they find, what the primary does, what is set up here.
 *
 * A new check is a file in checks/, a line here, a value of CheckCode and of the schema's enum, and a row of docs/doctor.md.
 */
import type { Check, CheckCode, Judgement, Verdict } from './check.ts';
import { alertContactInside } from './checks/alert-contact-inside.ts';
import { catchAll } from './checks/catch-all.ts';
import { dnsLapsing } from './checks/dns-lapsing.ts';
import { domainReadded } from './checks/domain-readded.ts';
import { equalRank } from './checks/equal-rank.ts';
import { filterInFront } from './checks/filter-in-front.ts';
import { forwardedMailRefused } from './checks/forwarded-mail-refused.ts';
import { greylisting } from './checks/greylisting.ts';
import { mtaSts } from './checks/mta-sts.ts';
import { mxAlias } from './checks/mx-alias.ts';
import { mxLiteral } from './checks/mx-literal.ts';
import { mxPrivate } from './checks/mx-private.ts';
import { mxUnreachable } from './checks/mx-unreachable.ts';
import { notListed } from './checks/not-listed.ts';
import { nullMx } from './checks/null-mx.ts';
import { postmasterUnset } from './checks/postmaster-unset.ts';
import { primaryRefuses } from './checks/primary-refuses.ts';
import { rank } from './checks/rank.ts';
import { rateLimiting } from './checks/rate-limiting.ts';
import { settingUp } from './checks/setting-up.ts';
import { smallerSize } from './checks/smaller-size.ts';
import { tarpitting } from './checks/tarpitting.ts';
import { tlsa } from './checks/tlsa.ts';
import { userListGaps } from './checks/user-list-gaps.ts';
import type { Facts } from './facts.ts';
import { sanitizeText } from '../mail/reply.ts';

export const CHECKS: readonly Check[] = [
  rank,
  equalRank,
  notListed,
  nullMx,
  dnsLapsing,
  mxAlias,
  mxLiteral,
  mxPrivate,
  mxUnreachable,
  mtaSts,
  tlsa,
  primaryRefuses,
  greylisting,
  tarpitting,
  rateLimiting,
  smallerSize,
  catchAll,
  filterInFront,
  userListGaps,
  alertContactInside,
  forwardedMailRefused,
  settingUp,
  domainReadded,
  postmasterUnset,
];

/** What one check says, as it is kept and shown. */
export interface Finding {
  readonly code: CheckCode;
  readonly verdict: Verdict;
  readonly title: string;
  readonly evidence: Judgement['evidence'];
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
    const judgement = judge(facts);
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
