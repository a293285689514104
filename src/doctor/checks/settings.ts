/**
 * The settings here: the User List, alert contacts, the domain itself, and the service's postmaster.
 */
import { type Check, ok, problem, warning, whenKnown } from '../facts.ts';

export const userListGaps = {
  code: 'USER_LIST_GAPS',
  title: 'The User List has every mailbox that accepted mail.',
  meaning: 'The User List lacks mailboxes that accepted mail within the last 90 days: we refuse their mail (BMX-USER).',
  advice: 'Add the mailboxes to the User List, or empty the list so that your primary is asked instead.',
  judge: (facts) =>
    whenKnown(facts.record, ({ unlisted }) => {
      if (facts.domain.listedCount === 0) return ok({ asked: 'User List', answered: '[off]' });
      if (unlisted.length === 0) return ok();
      return problem({ asked: 'delivered within 90 days, not in the User List', answered: unlisted.join(', ') });
    }),
} as const satisfies Check;

export const alertContactInside = {
  code: 'ALERT_CONTACT_INSIDE',
  title: 'Alert contacts of the domain do not all lie in it.',
  meaning:
    'All alert contacts of the domain are inside it. No alert could reach them while it is down, so they get none about it.',
  advice: 'Add an alert contact with an address elsewhere.',
  judge: (facts) =>
    whenKnown(facts.contactsInside, ({ addresses, isAlertedOutside }) => {
      if (addresses.length === 0) return ok();
      const inside = { asked: 'alert contacts that lie in it', answered: addresses.join(', ') };
      return isAlertedOutside
        ? ok(inside, { asked: 'alert contacts elsewhere', answered: '[notified]' })
        : problem(inside);
    }),
} as const satisfies Check;

export const domainReadded = {
  code: 'DOMAIN_READDED',
  title: 'The domain was not deleted and added again.',
  meaning:
    'The domain was deleted and added again within the last 7 days. That repairs no delivery, and it loses what was known of its recipients and settings.',
  advice: 'Use `domainFlush` to try held mail now, and look at `domain.outage` for the reason why it is held.',
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
} as const satisfies Check;

/** Mail for our own postmaster goes somewhere (RFC 5321 §4.5.1). */
export const postmasterUnset = {
  code: 'POSTMASTER_UNSET',
  title: 'This service has a postmaster.',
  meaning:
    'POSTMASTER_ADDRESS of this service is not set: mail for postmaster and abuse at our own name is refused, which RFC 5321 forbids.',
  advice: 'You need not do anything: the operator of this service sets POSTMASTER_ADDRESS.',
  judge: ({ service }) =>
    service.postmasterAddress === null ? warning({ asked: 'POSTMASTER_ADDRESS', answered: '[unset]' }) : ok(),
} as const satisfies Check;
