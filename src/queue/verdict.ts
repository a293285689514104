/**
 * What somebody says of recipients, with whose word it is: the input of finalize.ts. Types only.
 */
import type { AttemptRecord, Outcome } from '../mail/outcome.ts';
import type { Holder } from './claim.ts';
import type { RefusedMailbox } from './outcome-refusals.ts';

export interface Verdict {
  readonly messageId: string;
  readonly number: number;
  readonly outcome: Outcome['kind'] | 'CANCELLED';
  /** The verbatim reply, or in brackets what happened instead of one: kept as the recipient's last reply. */
  readonly reply: string;
  /** What a report says beyond the reply: a failure's enhanced code, and the host whose reply it is. */
  readonly origin?: {
    readonly status: string | null;
    readonly host: string | null;
    /** Handed to a host that heard nothing of NOTIFY. */
    readonly isRelayed?: boolean;
  };
  /** Of a failure: the host refused the recipient in its reply to RCPT. */
  readonly isAtRcpt?: boolean;
}

/** How a verb stands in the record. */
export type VerbEvent = 'MESSAGE_CANCELLED' | 'MESSAGE_BOUNCED';

export interface FinalizeInput {
  readonly destinationId: string;
  readonly routeGeneration: number | null;
  /**
   * Whose word it is. ATTEMPT: the holder of the claim. EXPIRY: a failed attempt, begun at that database instant, at the
   * destination of unclaimed messages. VERB: an operator's, on unclaimed messages.
   */
  readonly by:
    | { readonly kind: 'ATTEMPT'; readonly holder: Holder }
    | { readonly kind: 'EXPIRY'; readonly begunAt: string }
    | {
        readonly kind: 'VERB';
        readonly event: VerbEvent;
        readonly reason: string;
        /** As events have it; null: not known. */
        readonly actor: { readonly by: string; readonly token: string | null } | null;
        /** Of the verb on many that it is part of. */
        readonly operationId?: string;
      };
  readonly messages: readonly {
    readonly messageId: string;
    readonly isHostLevel: boolean;
    /** The destination's clock starts with it, or runs already: it says when the message is tried next. */
    readonly isTrouble?: boolean;
  }[];
  /** The database's instant at which the attempts began; needed where a message's `isTrouble` is set. */
  readonly begunAt?: string;
  readonly verdicts: readonly Verdict[];
  readonly attempts: readonly { readonly messageId: string; readonly record: AttemptRecord }[];
  /** Of those refused by a host, by `keyOfRecipient`. */
  readonly standings?: ReadonlyMap<string, RefusedMailbox>;
  /** Those of the messages that are fire drills': no mail that ended badly. */
  readonly drills?: ReadonlySet<string>;
}
