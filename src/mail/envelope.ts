/**
 * The envelope of one SMTP transaction (RFC 5321 §2.3.1) with its DSN parameters (RFC 3461).
 *
 * Addresses keep the spelling of the client, except the domain, which is the lower-case A-label.
 */

/** From this size on a message is large: it is received, written, read and reported about apart from the small ones. */
export const LARGE_MESSAGE_BYTES = 262_144;

/** RFC 3461 §4.1. An empty list means the parameter was not given. */
export type Notify = 'NEVER' | 'SUCCESS' | 'FAILURE' | 'DELAY';

export interface EnvelopeRecipient {
  /** The forward-path as `local@domain`: local part as given, quoted where it must be; domain as A-label. */
  readonly address: string;
  readonly domain: string;
  readonly notify: readonly Notify[];
  /** ORCPT as given, still xtext-encoded: `rfc822;user+2B@example.org`. Null when absent. */
  readonly originalRecipient: string | null;
}

export interface ClientInfo {
  /** IPv4 or IPv6 address of the client, without brackets; v4-mapped addresses as IPv4. */
  readonly address: string;
  /** Name from the reverse look-up, or null. */
  readonly name: string | null;
  /** The EHLO or HELO argument, sanitised; empty before it. */
  readonly ehloName: string;
  /** RFC 3848 "with" protocol of the session. */
  readonly protocol: 'SMTP' | 'ESMTP' | 'ESMTPS' | 'UTF8SMTP' | 'UTF8SMTPS';
  /** `TLSv1.3 TLS_AES_256_GCM_SHA384`, or null for clear text. */
  readonly tls: string | null;
}

export interface Envelope {
  /** Null is the null reverse-path `<>`. */
  readonly reversePath: string | null;
  readonly recipients: readonly EnvelopeRecipient[];
  readonly client: ClientInfo;
  readonly smtpUtf8: boolean;
  readonly body: '7BIT' | '8BITMIME' | null;
  /** RFC 3461 §4.3, null when absent. */
  readonly ret: 'FULL' | 'HDRS' | null;
  /** RFC 3461 §4.4, still xtext-encoded; null when absent. */
  readonly envelopeId: string | null;
}

/** The client a message came from, as it is kept with the message. */
export interface OriginalClient {
  /** An IP address. */
  readonly address: string;
  /** Its verified name in DNS, or null. */
  readonly name: string | null;
  readonly ehloName: string;
  /** `ESMTPS` and its kind (RFC 3848). */
  readonly protocol: string;
  /** The message's id here: what our 250, the Received field and the API name. */
  readonly transactionId: string;
}
