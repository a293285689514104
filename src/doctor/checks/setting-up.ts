/** The primary does not refuse mailboxes that it had: as one that is still being set up after an outage. */
import { type Check, type Evidence, ok, problem, warning, whenKnown } from '../check.ts';

export const settingUp: Check = {
  code: 'SETTING_UP',
  title: 'The primary does not refuse mailboxes that it had.',
  meaning:
    'Your primary refused many mailboxes that it had taken mail for, as a server does that is still being set up: the breaker has kept their mail.',
  advice:
    'Finish the set-up before the server listens, or let it answer 4xx until then; `domainReleaseBreaker` closes the breaker.',
  judge: (facts) =>
    whenKnown(facts.record, ({ breakerReply, breakerOpenings }) => {
      if (breakerReply !== null) return problem({ asked: 'breaker', answered: breakerReply });
      const past = breakerOpenings.map(
        ({ at, reply }): Evidence => ({ asked: `breaker opened at ${at.toISOString()}`, answered: reply }),
      );
      return past.length === 0 ? ok() : warning(...past);
    }),
};
