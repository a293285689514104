/**
 * The checks as they run where messages are traced: each says when it begins, and leaves a step when it has waited or decided.
 *
 * Changes no verdict. Where nobody traces, the checks run as they are.
 */
import type { RecipientTrail } from '../telemetry/message-trail.ts';
import type { Check, Verdict } from './decision.ts';
import type { RecipientPolicy } from './recipient.ts';

export function tracedCheck(name: string, check: Check, monotonicMs: () => number): Check {
  return (question) => {
    const { trail } = question.mail;
    if (trail === undefined) return check(question);
    trail.at(name);
    const beganMs = monotonicMs();
    const answer = check(question);
    if (!(answer instanceof Promise)) return answer.kind === 'PASS' ? answer : leave(trail, { name, beganMs }, answer);
    return answer.then(
      (verdict) => leave(trail, { name, beganMs }, verdict),
      (error: unknown) => {
        trail.step({ name: `check ${name}`, check: name, isQuestion: false, beganMs, isError: true, attributes: {} });
        throw error;
      },
    );
  };
}

function leave(trail: RecipientTrail, { name, beganMs }: { name: string; beganMs: number }, verdict: Verdict): Verdict {
  const { reply, zone } = verdict.kind === 'REFUSE' ? verdict : {};
  trail.step({
    name: `check ${name}`,
    check: name,
    isQuestion: false,
    beganMs,
    isError: false,
    attributes: {
      'backup_mx.verdict': verdict.kind,
      ...(reply === undefined ? {} : { 'backup_mx.reply_code': String(reply.code) }),
      ...(zone === undefined ? {} : { 'backup_mx.zone': zone }),
    },
  });
  return verdict;
}

/** Who has tried out many names is answered late: that wait is told too. */
export function tracedNote(
  note: NonNullable<RecipientPolicy['note']>,
  monotonicMs: () => number,
): NonNullable<RecipientPolicy['note']> {
  return (question, decision) => {
    const beganMs = monotonicMs();
    const held = note(question, decision);
    return held instanceof Promise
      ? held.then(() => {
          const step = { name: 'held back', check: 'harvest-guard', isQuestion: false, isError: false, attributes: {} };
          question.mail.trail?.step({ ...step, beganMs });
        })
      : held;
  };
}
