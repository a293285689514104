/** The primary refuses mailboxes that do not exist. */
import { type Check, ok, warning, whenKnown } from '../check.ts';

export const catchAll: Check = {
  code: 'CATCH_ALL',
  title: 'The primary refuses mailboxes that do not exist.',
  meaning:
    'Your primary takes every recipient: call-aheads are of no use, and mail for mailboxes that do not exist is taken and held.',
  advice: 'Let your primary refuse unknown mailboxes at RCPT, or keep a User List here.',
  judge: (facts) =>
    whenKnown(facts.record, ({ isCatchAll }) => {
      const asked = 'RCPT of a mailbox that cannot exist, in the last 7 days';
      if (isCatchAll !== true)
        return ok({ asked, answered: isCatchAll === null ? '[no call-ahead has asked]' : '[refused]' });
      const evidence = { asked, answered: '[taken]' };
      // The list refuses at our door what the primary would take.
      return facts.domain.listedCount > 0 ? ok(evidence) : warning(evidence);
    }),
};
