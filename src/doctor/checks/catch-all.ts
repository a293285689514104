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
      if (!isCatchAll) return ok();
      const evidence = { asked: 'RCPT of a mailbox that cannot exist, in the last 7 days', answered: '[taken]' };
      // The list refuses at our door what the primary would take.
      return facts.domain.listedCount > 0 ? ok(evidence) : warning(evidence);
    }),
};
