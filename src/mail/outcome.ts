/**
 * The outcome of an attempt for one recipient, as a value (RFC 5321 §4.2.1).
 *
 * `Deferred` is every trouble that is not a permanent refusal by the next hop: unknown trouble is never `Failed`.
 */
import type { Reply } from './reply.ts';

/** Why an attempt was deferred before any host gave a final reply about the recipient. */
export type HostTrouble =
  | 'REFUSED'
  | 'TIMEOUT'
  | 'UNREACHABLE'
  | 'DROPPED'
  | 'GREETING'
  | 'TLS'
  | 'DNS'
  | 'NO_MX'
  | 'FAULT';

/** The evidence for the class of an outage: the result of one try at one address. */
export interface OutageEvidence {
  /** An instant as JSON has it. */
  readonly at: string;
  /** Null when it was no trouble of the host: a recipient was put off. */
  readonly trouble: HostTrouble | null;
  /** Null when nothing was dialled. */
  readonly host: string | null;
  /** `192.0.2.1:25`; null when nothing was dialled. */
  readonly address: string | null;
  /** Verbatim, or in brackets what happened instead. */
  readonly reply: string;
  readonly latencyMs: number;
  /** Greeting and EHLO were answered with 2yz. */
  readonly isGreeted: boolean;
}

export type Outcome =
  | { readonly kind: 'DELIVERED'; readonly reply: Reply }
  | { readonly kind: 'DEFERRED'; readonly reply: Reply }
  | {
      readonly kind: 'FAILED';
      readonly reply: Reply;
      /** The host refused the recipient as such, in its reply to RCPT; else it was the sender, the message or its content. */
      readonly isAtRcpt?: boolean;
    };

/** A recipient's position in its message, from 0; stable for the life of the message. */
export type RecipientNumber = number;

/** One try at one host, as it is kept and shown: what the operator asks for at 03:10. */
export interface AttemptRecord {
  /** Host name of the MX or next hop, or null when none could be found. */
  readonly host: string | null;
  /** Address and port dialled, `192.0.2.1:25` or `[2001:db8::1]:25`; null when nothing was dialled. */
  readonly address: string | null;
  /** `TLSv1.3 TLS_AES_256_GCM_SHA384`, or null for clear text. */
  readonly tls: string | null;
  /** Whether the host offered DSN (RFC 3461), so that the sender's wishes were passed on; absent where none was asked. */
  readonly offersDsn?: boolean;
  /** The verbatim, sanitised reply, or our own words in brackets when there was none. */
  readonly reply: string;
  readonly outcome: Outcome['kind'];
  /** Recipients this row speaks of; all that were tried when the trouble was the host's. */
  readonly recipientNumbers: readonly RecipientNumber[];
  /** True when the host, not a recipient or the message, was the trouble. */
  readonly isHostLevel: boolean;
  /** The failure, if it was the host's. */
  readonly trouble?: HostTrouble | undefined;
  /** A session came about: greeting and EHLO were answered with 2yz. */
  readonly isGreeted?: boolean | undefined;
  /** The longest wait for the host before the content, in milliseconds: for its greeting and EHLO, or for the envelope's replies. */
  readonly answerMs?: number | undefined;
  /** Duration in milliseconds on the monotonic clock. */
  readonly latencyMs: number;
}

/** The result of one attempt of one message at all its usable next hops. */
export interface AttemptResult {
  readonly outcomes: ReadonlyMap<RecipientNumber, Outcome>;
  /** Every dial, in order. */
  readonly records: readonly AttemptRecord[];
  /** Set when no host let us get to a verdict about a recipient: the destination, not the message, is in trouble. */
  readonly hostTrouble: { readonly trouble: HostTrouble; readonly reply: string } | null;
}
