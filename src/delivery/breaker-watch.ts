/**
 * What a round hears of its destination's breaker while it records: whether it must end, and what is told of a step.
 */
import type { BreakerState } from '../outage/breaker.ts';
import type { BreakerStep } from '../outage/breaker-feed.ts';
import type { DestinationState } from '../outage/clock.ts';
import type { OutcomesInput } from '../queue/outcome.ts';
import type { MailEvents } from '../telemetry/events.ts';

/** Of mail that an open breaker has kept to the end of its lifetime, where no host has spoken of it. */
export const HELD_BACK = '[not handed over: the mail server refused recipients it had taken before]';

export interface BreakerWatch {
  /** For recordOutcomes. */
  readonly onBreaker: NonNullable<OutcomesInput['onBreaker']>;
  /** Nothing more is handed over in this round. */
  readonly isOpen: () => boolean;
}

export function createBreakerWatch(
  destination: DestinationState,
  events: Pick<MailEvents, 'breakerMoved'>,
): BreakerWatch {
  let state: BreakerState = 'CLOSED';
  return {
    onBreaker: (now, step: BreakerStep | null) => {
      state = now;
      if (step !== null) events.breakerMoved(destination.name, step);
    },
    isOpen: () => state === 'OPEN',
  };
}
