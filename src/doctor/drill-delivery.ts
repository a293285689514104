/**
 * What a drill met on its way, as findings: at our own listener, and at the primary.
 *
 * Pure: everything it says it is told. Of what was not taken it says what would become of mail in its place.
 */
import type { DrillStanding, PutOff } from '../queue/drills/drill-facts.ts';
import type { DrillFinding, DrillResult, DrillStep } from '../queue/drills/drills.ts';
import { troubleOf } from './drill-outlook.ts';

/** Of the way in. */
export function acceptanceOf(steps: readonly DrillStep[], isAccepted: boolean): DrillFinding {
  const last = steps.at(-1);
  if (isAccepted) return { code: 'ACCEPTANCE', verdict: 'OK', message: 'Our own listener took the message.' };
  const message = `Our own listener did not take the message: at ${last?.name ?? 'CONNECT'} it said "${last?.reply ?? ''}".`;
  return { code: 'ACCEPTANCE', verdict: 'PROBLEM', message };
}

/** Of the way on. */
export function deliveryOf(
  result: DrillResult,
  deliveries: readonly DrillStep[],
  standing: DrillStanding | null,
): DrillFinding {
  const said = deliveries.at(-1)?.reply ?? '';
  if (result === 'DELIVERED')
    return { code: 'DELIVERY', verdict: 'OK', message: `Its primary took the message: "${said}".` };
  if (result === 'NOT_DELIVERED') return { code: 'DELIVERY', verdict: 'PROBLEM', message: untakenOf(said) };
  if (result === 'CANCELLED') {
    return { code: 'DELIVERY', verdict: 'WARNING', message: 'Its message was cancelled before it was handed over.' };
  }
  const why = standing === null ? [] : troubleOf(standing).map(({ message }) => message);
  const message = `No attempt was made. ${why.join(' ') || 'No node that delivers has tried it in time.'}`;
  return { code: 'DELIVERY', verdict: 'PROBLEM', message };
}

/** The trial and the breaker: src/outage/breaker.ts. */
function untakenOf(said: string): string {
  switch (said.charAt(0)) {
    case '4':
      return `Its primary put the message off: "${said}". Mail in its place would be kept and tried again, until it is taken or its time is over.`;
    case '5':
      return `Its primary refused the message for good: "${said}". When it comes back from an outage so, nothing is returned at first: its first 20 messages are a trial, and if it refuses them all its mail is held and you are told. After that, what it refuses goes back to the sender.`;
    default:
      return `Its primary was not reached: "${said}". Mail in its place would begin an outage: it is accepted, held, and tried until the primary answers.`;
  }
}

/** As long as the drill waits for the next try. */
export function putOffOf({ reply, nextAttemptAt }: PutOff): DrillFinding {
  const message = `Its primary put the message off: "${reply}". Greylisting looks like that. The message is tried again at ${nextAttemptAt.toISOString()}, as mail would be.`;
  return { code: 'GREYLISTING', verdict: 'WARNING', message };
}

/** Once a message that was put off has ended. */
export function greylistingOf(result: DrillResult, deliveries: readonly DrillStep[]): DrillFinding {
  const finding = (message: string): DrillFinding => ({ code: 'GREYLISTING', verdict: 'WARNING', message });
  const first = deliveries.find(({ reply }) => reply.startsWith('4'));
  const last = deliveries.at(-1);
  const said = `Its primary put the message off at first: "${first?.reply ?? ''}"`;
  if (first === undefined || last === undefined || first === last) return finding(`${said}. It was not tried again.`);
  const minutes = Math.round((last.afterMs - first.afterMs) / 60_000);
  if (result === 'DELIVERED') {
    return finding(
      `${said}, and took it ${minutes} minutes later: greylisting. Behind an outage mail would be that much later. Let our egress addresses through it.`,
    );
  }
  return finding(`${said}, and did not take it ${minutes} minutes later either: greylisting alone does not do that.`);
}
