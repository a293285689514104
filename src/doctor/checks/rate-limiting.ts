/** The primary does not turn us away for coming too often: 421. */
import { type Check, warning, whenKnown } from '../check.ts';
import { okWhenSpoken, sessionEvidence } from '../sessions.ts';

export const rateLimiting: Check = {
  code: 'RATE_LIMITING',
  title: 'The primary does not limit our rate.',
  meaning:
    'Your primary ends sessions with 421: too many connections or messages from us. Held mail drains at that rate.',
  advice: 'Exempt our egress addresses from limits of rate and connections, or set drainPerMinute below them.',
  judge: (facts) => {
    const now = (facts.sessions.kind === 'KNOWN' ? facts.sessions.value : []).filter(({ reply }) =>
      reply.startsWith('421'),
    );
    if (now.length > 0) return warning(...now.map(sessionEvidence));
    return whenKnown(facts.record, ({ closings }) =>
      closings.length === 0
        ? okWhenSpoken(facts)
        : warning(...closings.map(({ at, reply }) => ({ asked: `attempt at ${at.toISOString()}`, answered: reply }))),
    );
  },
};
