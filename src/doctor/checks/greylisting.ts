/** The primary does not put us off at first (RFC 6647). */
import { saysGreylisting } from '../../mail/refusal-words.ts';
import { type Check, warning, whenKnown } from '../check.ts';
import { okWhenSpoken, sessionEvidence } from '../sessions.ts';

export const greylisting: Check = {
  code: 'GREYLISTING',
  title: 'The primary does not greylist us.',
  meaning: 'Your primary puts off what comes from us until it comes again: held mail arrives later than it could.',
  advice: 'Exempt our egress addresses from greylisting; `domain.primarySetup` has ready-made texts.',
  judge: (facts) => {
    const seen = facts.sessions.kind === 'KNOWN' ? facts.sessions.value : [];
    const now = seen.filter(({ kind, reply }) => kind === 'DEFERRED' && saysGreylisting(reply));
    if (now.length > 0) return warning(...now.map(sessionEvidence));
    return whenKnown(facts.record, ({ greylistingAt }) => {
      if (greylistingAt === null) return okWhenSpoken(facts);
      return warning({
        asked: 'deliveries of the last 7 days',
        answered: `[greylisted last at ${greylistingAt.toISOString()}]`,
      });
    });
  },
};
