/** The User List has every mailbox that mail was delivered to. */
import { type Check, ok, problem, whenKnown } from '../check.ts';

export const userListGaps: Check = {
  code: 'USER_LIST_GAPS',
  title: 'The User List has every mailbox that took mail.',
  meaning:
    'The User List lacks mailboxes that took mail within the last 90 days: their mail is refused at our door (BMX-USER).',
  advice: 'Add the mailboxes to the User List, or empty the list so that your primary is asked instead.',
  judge: (facts) =>
    whenKnown(facts.record, ({ unlisted }) => {
      if (facts.domain.listedCount === 0) return ok({ asked: 'User List', answered: '[off]' });
      if (unlisted.length === 0) return ok();
      return problem({ asked: 'delivered within 90 days, not in the User List', answered: unlisted.join(', ') });
    }),
};
