/**
 * What a transaction is made of, and what the dialogue needs from the rest of the service (RFC 5321 §2.3.1, §3.3).
 *
 * Types only: main.ts passes the functions, tests pass fakes.
 */
import type { ClientInfo, Envelope, EnvelopeRecipient } from '../mail/envelope.ts';
import type { Authenticate } from '../policy/authentication/acceptance-seal.ts';
import type { Decision, Destination, ForwardPath, MailInfo } from '../policy/decision.ts';
import type { StartQueue } from '../policy/queue-start.ts';
import type { LogEvents } from '../telemetry/log-events.ts';
import type { BareNewlines } from './bytes.ts';
import type { ClientLimits, SharedByteBudget } from './limits.ts';
import type { Refusals } from './replies.ts';
import type { Watch } from './listener-state.ts';

/** One accepted recipient and where its mail belongs. */
export interface TransactionRecipient extends EnvelopeRecipient {
  readonly destinationId: string;
  readonly tenantId: string;
}

/** A message received in full, ready to be stored. */
export interface ReceivedTransaction {
  /** UUIDv7; stands in the Received field and in the 250. */
  readonly id: string;
  readonly envelope: Envelope;
  readonly recipients: readonly TransactionRecipient[];
  /** The field Message-ID as it is searched for; null: none. */
  readonly headerMessageId: string | null;
  /**
   * What `authenticate` puts on top, our Received field, then the content as received. Not to be changed: they may be views
   * of socket buffers.
   */
  readonly content: readonly Uint8Array[];
  /** Octets of the content as received, without what we add or take out. */
  readonly sizeBytes: number;
}

/** Whether mail can be stored now: the database is away, or free space is below the watermark. */
export type Readiness = 'OK' | 'DOWN' | 'FULL';

/** Telemetry: `Log` has these; main.ts may count in passing. */
export interface InboundEvents {
  readonly connected: (fields: LogEvents['connected']) => void;
  readonly disconnected: (fields: LogEvents['disconnected']) => void;
  readonly accepted: (fields: LogEvents['accepted']) => void;
  readonly refused: (fields: LogEvents['refused'], subject: RefusalSubject) => void;
  /** For the metrics: a handshake is done, or a session without one (null) has brought its first message. */
  readonly tlsSession: (session: { readonly tls: string | null }) => void;
  readonly fault: (fields: LogEvents['fault']) => void;
  /** Something the operator should look at, such as a balancer that sends a bad PROXY header. */
  readonly warning: (fields: LogEvents['warning']) => void;
}

/** What a refusal is about. */
export interface RefusalSubject {
  readonly forwardPath: string | null;
  /** Null when no served domain is concerned. */
  readonly destination: Destination | null;
  /** The DNSBL zone that listed the client. */
  readonly zone: string | null;
}

/** The rest of the service, as the listener sees it. */
export interface InboundDependencies {
  /** May take long or never answer; a rejection is answered 451. */
  readonly decideRecipient: (client: ClientInfo, mail: MailInfo, path: ForwardPath) => Promise<Decision>;
  /** Resolves after COMMIT. Any rejection is answered 451, one whose error is named `StorageFull` 452. */
  readonly accept: (transaction: ReceivedTransaction) => Promise<void>;
  /** A client asks for a domain's mail by ETRN. May take long; a rejection is answered 458. */
  readonly startQueue: StartQueue;
  /** What the operator wants above our Received field; it never rejects. Undefined: nothing, and the content stays. */
  readonly authenticate?: Authenticate | undefined;
  readonly newTransactionId: () => string;
  /** Asked at every MAIL, so it must be cheap. */
  readonly readiness: () => Readiness;
  /** The reverse name of an address, or null; never waited for. */
  readonly resolveName: (address: string) => Promise<string | null>;
  /** Clients that no connection or rate limit and no greeting wait applies to. */
  readonly isTrusted: (address: string) => boolean;
  /** Clients that may not connect for now. Absent: none. */
  readonly isBarred?: ((address: string) => boolean) | undefined;
  readonly wallClock: () => Date;
  readonly monotonicMs: () => number;
  readonly events: InboundEvents;
}

/** All that a session needs; one per listener. */
export interface Context extends InboundDependencies {
  readonly hostname: string;
  /** Our MX names, for the loop test. */
  readonly names: readonly string[];
  readonly messageSizeLimit: () => number;
  readonly maxRecipients: number;
  readonly bareNewlines: BareNewlines;
  readonly decisionTimeoutMs: number;
  readonly acceptTimeoutMs: number;
  readonly budget: SharedByteBudget;
  readonly limits: ClientLimits;
  readonly refusals: Refusals;
  readonly watch: Watch;
}

/** The transaction between MAIL and the final reply. */
export interface Transaction {
  readonly client: ClientInfo;
  readonly reversePath: string | null;
  readonly sizeBytes: number | null;
  readonly body: Envelope['body'];
  readonly smtpUtf8: boolean;
  readonly ret: Envelope['ret'];
  readonly envelopeId: string | null;
  /** By exact address, so that a repeated RCPT is one recipient. */
  readonly recipients: Map<string, TransactionRecipient>;
  /** Set when a recipient was refused: then DATA without any is 554, not 503. */
  hasRefusedRecipient: boolean;
}
