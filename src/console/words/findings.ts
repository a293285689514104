/** The findings of the doctor, each as the sentence of what is wrong. */
import type { DoctorCode } from '../operations/generated.ts';

export const FINDINGS: Readonly<Record<DoctorCode, string>> = {
  RANK: 'No server of yours stands before us in the MX records: we refuse your mail.',
  EQUAL_RANK: 'Another host has our number in the MX records, and we hand nothing over to it.',
  NOT_LISTED: 'None of our MX names is listed: when your server is down, senders do not find us.',
  NULL_MX: 'The DNS says that this domain takes no mail at all: senders do not even try.',
  DNS_LAPSING: 'The domain, or its mail server, is gone from the DNS: mail reaches neither your server nor us.',
  MX_ALIAS: 'An MX record names an alias, which some senders refuse.',
  MX_LITERAL: 'An MX record holds an address instead of a name: most senders pass over it.',
  MX_PRIVATE: 'An MX host has a private address, which cannot be reached from outside.',
  MX_UNREACHABLE: 'Your server does not answer at one or all of its addresses.',
  MTA_STS: 'Your MTA-STS policy keeps senders from us.',
  TLSA: 'TLSA records at our names do not fit our certificate: senders that use DANE do not come to us.',
  PRIMARY_REFUSES: 'Your server refuses us, or its own postmaster: it would not take the mail that we hold.',
  GREYLISTING: 'Your server puts us off at first: held mail arrives later than it could.',
  TARPITTING: 'Your server makes us wait on purpose: held mail is handed over slowly.',
  RATE_LIMITING: 'Your server limits our rate: held mail is handed over no faster.',
  SMALLER_SIZE: 'Your server takes smaller messages than we do: larger ones are accepted here and refused there.',
  CATCH_ALL: 'Your server accepts every mailbox: we cannot refuse those that do not exist.',
  FILTER_IN_FRONT: 'A filtering service stands in front of your server, and may judge mail from us by our address.',
  USER_LIST_GAPS: 'The User List lacks mailboxes that took mail lately: we refuse their mail.',
  ALERT_CONTACT_INSIDE: 'All alert contacts are inside this domain: no alert reaches them while its server is down.',
  FORWARDED_MAIL_REFUSED: 'Your server refused mail from us for SPF or DMARC: it took us for the sender.',
  SETTING_UP: 'Your server refused many mailboxes that it had accepted before, as if half set up.',
  DOMAIN_READDED: 'The domain was deleted and added again lately, which loses what was known of its recipients.',
  POSTMASTER_UNSET: 'This service has no postmaster address: its operator has to set POSTMASTER_ADDRESS.',
};

/** With these, as problems, mail is refused or lost. */
export const LOSING: ReadonlySet<DoctorCode> = new Set<DoctorCode>([
  'RANK',
  'EQUAL_RANK',
  'NOT_LISTED',
  'NULL_MX',
  'DNS_LAPSING',
]);
