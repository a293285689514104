/** Whoever is alarmed about the domain can be reached when it is down. */
import { type Check, ok, problem, whenKnown } from '../check.ts';

export const alertContactInside: Check = {
  code: 'ALERT_CONTACT_INSIDE',
  title: 'No alert contact lies in the domain that it watches.',
  meaning:
    'An alert contact lies in the domain that it watches: no alert could reach it when the domain is down, so it is told nothing of it.',
  advice: 'Add an alert contact with an address elsewhere.',
  judge: (facts) =>
    whenKnown(facts.contactsInside, (contacts) =>
      contacts.length === 0 ? ok() : problem({ asked: 'alert contacts', answered: contacts.join(', ') }),
    ),
};
