/** Whoever is alarmed about the domain can be reached when it is down. */
import { type Check, ok, problem, whenKnown } from '../check.ts';

export const alertContactInside: Check = {
  code: 'ALERT_CONTACT_INSIDE',
  title: 'Alert contacts of the domain do not all lie in it.',
  meaning:
    'All alert contacts of the domain lie in it: no alert could reach them when it is down, so they are told nothing of it.',
  advice: 'Add an alert contact with an address elsewhere.',
  judge: (facts) =>
    whenKnown(facts.contactsInside, ({ addresses, isToldOutside }) => {
      if (addresses.length === 0) return ok();
      const inside = { asked: 'alert contacts that lie in it', answered: addresses.join(', ') };
      return isToldOutside
        ? ok(inside, { asked: 'alert contacts elsewhere', answered: '[told of it]' })
        : problem(inside);
    }),
};
