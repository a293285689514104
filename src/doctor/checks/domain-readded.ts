/** The domain is not deleted and added again to mend delivery. */
import { type Check, ok, warning, whenKnown } from '../check.ts';

export const domainReadded: Check = {
  code: 'DOMAIN_READDED',
  title: 'The domain was not deleted and added again.',
  meaning:
    'The domain was deleted and added again within the last 7 days: that mends no delivery, and what it knew of its recipients and settings is gone.',
  advice: 'Use `domainFlush` to have held mail tried now, and look at `domain.outage` for what keeps it.',
  judge: (facts) =>
    whenKnown(facts.record, ({ deletions }) =>
      deletions.length === 0
        ? ok()
        : warning(
            ...deletions.map((at) => ({
              asked: 'events of the last 7 days',
              answered: `[deleted at ${at.toISOString()}]`,
            })),
          ),
    ),
};
