/**
 * The codes of user errors: what each says, and what to do about it.
 *
 * The one list: the enum of the schema, docs/errors.md and the page that `documentationUrl` leads to are made from it. Codes are
 * part of the public API and never renamed; a new cause gets a new code.
 */

export interface ErrorText {
  /** Ends with a full stop; the description in the schema. */
  readonly meaning: string;
  /** The advice, in the imperative. */
  readonly remedy: string;
}

const TEXTS = {
  INVALID: {
    meaning: 'The value cannot be used for a reason that no other code names; the message says why.',
    remedy: 'Read the message, change the field that `path` names, and repeat.',
  },
  REQUIRED: {
    meaning: 'Nothing was given where something is needed: an empty text or list.',
    remedy: 'Give a value, or leave the field out if it may be absent.',
  },
  NOT_A_DOMAIN: {
    meaning: 'The text is not a domain name.',
    remedy: 'Enter what follows the @ of your addresses, such as `example.org`; of a DNS list, its zone.',
  },
  NOT_A_HOST: {
    meaning: 'The text is neither a host name nor an IP address.',
    remedy: 'Enter one of them, such as `mail.example.org` or `192.0.2.25`.',
  },
  NOT_AN_ADDRESS: {
    meaning: 'The text is not a mail address, or not a local part of one.',
    remedy: 'Enter an address such as `alice@example.org`; in a User List what stands before the @.',
  },
  NOT_A_NETWORK: {
    meaning: 'The text is neither an IP address nor a network, or not one that is expected there.',
    remedy: 'Enter one, such as `192.0.2.0/24`; of the answers of a DNS list one within `127.0.0.0/8`.',
  },
  NOT_A_URL: {
    meaning: 'The text is not a URL that events can be sent to.',
    remedy: 'Enter an `https://` address without a user name and without a part after #.',
  },
  OUT_OF_RANGE: {
    meaning: 'A number, a span of time or an instant is too small, too large, or not whole.',
    remedy: 'Take one within the limits that the message names.',
  },
  TOO_LONG: {
    meaning: 'The text has too many characters.',
    remedy: 'Shorten it to the length that the message names.',
  },
  DUPLICATE: {
    meaning: 'The same entry is given twice.',
    remedy: 'Remove one of them.',
  },
  PRIVATE_ADDRESS: {
    meaning: 'The host has only addresses that are not dialled: private, loopback or reserved ones.',
    remedy: 'Enter a host with a public address, or have the operator set `ALLOW_PRIVATE_NEXT_HOPS`.',
  },
  OWN_ADDRESS: {
    meaning: 'The name or host is this service itself.',
    remedy: 'Enter the host that has the mailboxes, or that is to receive the events.',
  },
  NOT_FOUND: {
    meaning: 'You have no such object.',
    remedy: 'Check the id or the name. The lists of Query show what you have.',
  },
  ALREADY_EXISTS: {
    meaning: 'You have this object already; the payload holds it.',
    remedy: 'Use the one that exists, or change it.',
  },
  TAKEN: {
    meaning: 'Another tenant has this object.',
    remedy: 'If the domain is yours, ask the operator.',
  },
  HOST_NOT_DOMAIN: {
    meaning:
      'The name is a host name (`mail.example.com`), not a mail domain (`example.com`); `force: true` overrides.',
    remedy: 'Enter the domain. Give `force: true` if the name is really the domain of addresses.',
  },
  HELD_MAIL: {
    meaning: 'Mail is held; the input must say what happens to it.',
    remedy: 'Repeat with the choice that the message names, or wait until no mail is held.',
  },
  CONFLICT: {
    meaning: 'The object was changed meanwhile, or a request with the same idempotencyKey is in progress.',
    remedy: 'Read the object again, and repeat with what it says now.',
  },
  SHRINK: {
    meaning:
      'The User List would lose more than half of its entries (`force: true` overrides), or all of them (`allowEveryone: true` overrides).',
    remedy: 'Check that the new list is complete, then repeat with the override.',
  },
  TOO_MANY: {
    meaning: 'More than is allowed at once.',
    remedy: 'Give fewer, or wait; the message names the limit.',
  },
  QUOTA: {
    meaning: 'Your tenant has reached its quota.',
    remedy: 'Remove what is not needed, or ask the operator for a larger quota.',
  },
  FORBIDDEN: {
    meaning: 'Your token may not do this; the message names the scope that it lacks, or the reason.',
    remedy: 'Use a token that may, or have one made.',
  },
  NOT_PROVEN: {
    meaning: 'The domain is not proven to be yours: the TXT record was not seen.',
    remedy: 'Publish the record that `proof` of the domain shows, then request domainVerify.',
  },
  CLAIM_LOST: {
    meaning: 'Another tenant proved its claim of the domain first.',
    remedy: 'If the domain is yours, ask the operator.',
  },
  IN_DELIVERY: {
    meaning: 'The delivery of the message is in progress; repeat in a minute.',
    remedy: 'Read the message again in a minute, and repeat if it is still held.',
  },
  ENDED: {
    meaning: 'The message or the operation has ended already.',
    remedy: 'Nothing is to be done; its states say how it ended.',
  },
  NO_MATCH: {
    meaning: 'There is nothing that the mutation could act on: no message, no open outage, no drill.',
    remedy: 'Look at what there is with a query, and change the filter or the domain.',
  },
  UNKNOWN_ZONE: {
    meaning: 'The zone of the domain was not found, or the DNS server is not its master.',
    remedy: 'Give the primary master of the zone as `dnsServer`.',
  },
  SERVER_SILENT: {
    meaning: 'The DNS server does not answer, or cannot be reached.',
    remedy: 'Check its host, port and firewall. Read `mx.observed` before you repeat.',
  },
  SERVER_REFUSED: {
    meaning: 'The DNS server did not make the change; the message quotes it.',
    remedy: 'Compare the key and the server with its configuration. Read `mx.observed` before you repeat.',
  },
  WRONG_CODE: {
    meaning: 'The code is not the one that was mailed last, has expired, or was tried too often.',
    remedy: 'Enter the code of the latest mail, or request another one with alertContactCreate.',
  },
  INSIDE_DOMAIN: {
    meaning: 'The alert contact is inside a domain that it would watch, so no alert could reach it.',
    remedy: 'Take an address elsewhere, or name other domains.',
  },
  KEY_REUSED: {
    meaning: 'The idempotencyKey was used for another request, or is not one.',
    remedy: 'Make a new key for each request that is not a repetition.',
  },
} as const satisfies Readonly<Record<string, ErrorText>>;

export type UserErrorCode = keyof typeof TEXTS;

export const ERROR_TEXTS: Readonly<Record<UserErrorCode, ErrorText>> = TEXTS;
