/**
 * The decision of the policy about one recipient, and the words of a rejection.
 *
 * A refusal is one reply line with a stable rejection code; the client gets it together with the address of the page that
 * explains the code. No refusal names the primary or its address. Does not format replies: inbound/replies.ts does.
 */

import type { ParsedPath } from '../mail/address.ts';
import type { ClientInfo } from '../mail/envelope.ts';
import type { RelayDomain } from '../domains/relay-domain.ts';

/** Whom RCPT asks for: a mailbox, or `<postmaster>` without a domain. */
export type ForwardPath = Extract<ParsedPath, { readonly kind: 'PATH' | 'POSTMASTER' }>;

/** Stable codes that users' scripts and help pages depend on. Never renamed; a new reason gets a new code. */
export const REJECTION_CODES = [
  'BMX-USER',
  'BMX-PRIMARY',
  'BMX-RELAY',
  'BMX-DNSBL',
  'BMX-SIZE',
  'BMX-RANK',
  'BMX-LOOP',
  'BMX-NULLMX',
  'BMX-BYTES',
  'BMX-LIMIT',
  'BMX-LATER',
  'BMX-SUSPENDED',
  'BMX-DNS',
  'BMX-BUSY',
  'BMX-STORE',
] as const;

export type RejectionCode = (typeof REJECTION_CODES)[number];

/** One reply before it is formatted (RFC 5321 §4.2, RFC 2034). */
export interface ReplyLine {
  /** 200–599; 421 also closes the session. */
  readonly code: number;
  /** Enhanced status code; its class is the first digit of `code`. */
  readonly enhancedCode: string;
  /** One line without codes. Control characters are replaced, an over-long text is cut. */
  readonly text: string;
  /** Null for plain protocol errors, which need no page of their own. */
  readonly rejection: RejectionCode | null;
}

/** The destination of an accepted recipient's mail. */
export interface AcceptedRecipient {
  /** The relay domain as lower-case A-label. */
  readonly domain: string;
  readonly destinationId: string;
  readonly tenantId: string;
  /** Set when the mail goes to another address than the forward-path, as for `<postmaster>` without a domain. */
  readonly address?: string;
}

/** The destination and its tenant, for the record of a rejection. */
export type Destination = Pick<AcceptedRecipient, 'destinationId' | 'tenantId'>;

/** Says that the primary should have been asked about the mailbox, and could not: the callout budget is spent. */
export interface Unasked {
  /** The share of the mailboxes that its primary was asked about lately and did not know: 0 to 1. */
  readonly unknownShare?: number;
}

/** The answer to RCPT. */
export type Decision =
  | ({ readonly kind: 'ACCEPT'; readonly recipient: AcceptedRecipient } & Unasked)
  | {
      readonly kind: 'REFUSE';
      readonly reply: ReplyLine;
      /** The destination it was for; recipient.ts adds it where the domain is served. */
      readonly destination?: Destination;
      /** The DNSBL zone that listed the client. */
      readonly zone?: string;
    };

/** The result of one check: PASS leaves the recipient to the next one. */
export type Verdict = Decision | ({ readonly kind: 'PASS' } & Unasked);

export const PASS: Verdict = { kind: 'PASS' };

/** The transaction, as far as it is known when a recipient is judged. */
export interface MailInfo {
  /** Null is the null reverse-path `<>`. */
  readonly reversePath: string | null;
  /** The SIZE parameter of MAIL (RFC 1870), or null when it was not given. */
  readonly sizeBytes: number | null;
}

/** A question about a mailbox of a domain that we serve: the checks of `recipientChecks` judge it. */
export interface ServedQuestion {
  readonly client: ClientInfo;
  readonly mail: MailInfo;
  /** Unquoted, case kept. */
  readonly localPart: string;
  readonly domain: RelayDomain;
  /** postmaster@ and abuse@ must be reachable (RFC 5321 §4.5.1, RFC 2142): no User List, no DNSBL, no harvest guard. */
  readonly isRole: boolean;
}

/** The shape of every check. An error is unknown trouble, for the caller to turn into 451. */
export type Check = (question: ServedQuestion) => Verdict | Promise<Verdict>;
