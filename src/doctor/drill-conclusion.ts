/**
 * What all findings of a drill come to, in one sentence: what an outage would do today.
 *
 * Pure. Says no more than the findings do, and names those that it stands on.
 */
import type { DrillFinding, DrillResult } from '../queue/drills/drills.ts';

type Code = DrillFinding['code'];

/** What keeps mail from us, in an outage and mostly now. */
const WAY_IN: readonly Code[] = ['STATUS', 'MX', 'SPACE', 'ACCEPTANCE'];

export function conclusionOf(result: DrillResult, findings: readonly DrillFinding[]): DrillFinding {
  const codesOf = (wanted: DrillFinding['verdict']) =>
    findings.filter(({ verdict }) => verdict === wanted).map(({ code }) => code);
  const conclusion = (verdict: DrillFinding['verdict'], message: string): DrillFinding => ({
    code: 'OUTLOOK',
    verdict,
    message: `In an outage today ${message}`,
  });
  const problems = codesOf('PROBLEM');
  const wayIn = problems.filter((code) => WAY_IN.includes(code));
  if (wayIn.length > 0) {
    return conclusion('PROBLEM', `mail would not come to us, or not be taken by us. See ${wayIn.join(', ')}.`);
  }
  if (problems.length > 0) {
    return conclusion(
      'PROBLEM',
      `mail would be taken and held, and none of it lost; as things are it would not be handed over. See ${problems.join(', ')}.`,
    );
  }
  if (result === 'INTERRUPTED' || result === 'CANCELLED') {
    const known = result === 'CANCELLED' ? 'mail would be taken and held; ' : '';
    return conclusion('WARNING', `${known}nobody knows how it would end: the drill was not carried through.`);
  }
  const warnings = codesOf('WARNING');
  if (warnings.length > 0) {
    return conclusion(
      'WARNING',
      `mail would be taken, held and handed over when the primary is back, but late. See ${warnings.join(', ')}.`,
    );
  }
  return conclusion('OK', 'mail would come to us, be held, and be handed over when the primary is back.');
}
