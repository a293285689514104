/**
 * The events of the service's log and the fields each one carries: the log is an API, not scattered strings.
 *
 * Envelope addresses, replies and numbers only: never content, tokens or passwords.
 * Sizes are bytes, durations milliseconds. A null reverse-path is `<>` and is written so.
 */
import { kindName } from '../mail/kind-name.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogEvents {
  /** The service is ready: where each listener is bound and where the operator token is kept. */
  started: {
    readonly version: string;
    /** `bun 1.4.5`, `deno 2.9.6`, `node 24.21.0`. */
    readonly runtime: string;
    readonly mxHostname: string;
    readonly roles: readonly string[];
    readonly smtp: readonly string[];
    readonly http: string | null;
    /** `embedded in /var/lib/backup-mx`, or the URL without its password. */
    readonly database: string;
    /** Null when the token came from the environment. */
    readonly operatorTokenFile: string | null;
  };
  /** A signal or a fault asked for the end; what is past the final dot still gets its reply. */
  stopping: { readonly reason: string; readonly graceMs: number };
  stopped: { readonly uptimeMs: number };

  connected: { readonly clientAddress: string; readonly connectionCount: number };
  /** The session's end, by QUIT, timeout or loss. */
  disconnected: { readonly clientAddress: string; readonly reason: string; readonly durationMs: number };
  /** 250 after the final dot: committed. */
  accepted: {
    readonly transactionId: string;
    readonly clientAddress: string;
    readonly ehloName: string;
    readonly tls: string | null;
    readonly reversePath: string | null;
    readonly recipientCount: number;
    readonly domains: readonly string[];
    readonly sizeBytes: number;
    readonly latencyMs: number;
  };
  /** A command or a message was refused, for now (4yz) or for good (5yz). */
  refused: {
    /** As in the reply to the client; the id of the recorded rejection; null without a rejection code. */
    readonly reference: string | null;
    readonly clientAddress: string;
    readonly ehloName: string;
    /** `CONNECT`, `MAIL`, `RCPT`, `DATA`, … */
    readonly command: string;
    readonly reversePath: string | null;
    readonly forwardPath: string | null;
    /** The stable rejection code such as `BMX-USER`; null for plain syntax and sequence errors. */
    readonly rejection: string | null;
    readonly reply: string;
  };

  /** One dial at one host, as AttemptRecord keeps it. */
  attempt: {
    readonly messageId: string;
    /** Null when another hand has settled the message meanwhile. */
    readonly transactionId: string | null;
    readonly domain: string;
    readonly host: string | null;
    readonly address: string | null;
    readonly tls: string | null;
    readonly outcome: 'DELIVERED' | 'DEFERRED' | 'FAILED';
    readonly recipientCount: number;
    readonly reply: string;
    readonly latencyMs: number;
  };
  delivered: {
    readonly messageId: string;
    readonly transactionId: string;
    readonly domain: string;
    readonly recipientCount: number;
    readonly host: string | null;
    /** `192.0.2.1:25`. Null with `host` when another hand has delivered it. */
    readonly address: string | null;
    readonly reply: string;
    /** Since acceptance. */
    readonly heldMs: number;
  };
  /** Recipients of a message with the same reply, and when they are tried next at the earliest. */
  deferred: {
    readonly messageId: string;
    readonly transactionId: string;
    readonly domain: string;
    readonly recipientCount: number;
    readonly reply: string;
    readonly nextAttemptAt: Date | null;
  };
  failed: {
    readonly messageId: string;
    readonly transactionId: string;
    readonly domain: string;
    readonly recipientCount: number;
    readonly reply: string;
  };
  expired: {
    readonly messageId: string;
    readonly transactionId: string;
    readonly domain: string;
    readonly recipientCount: number;
    readonly acceptedAt: Date;
    readonly reply: string | null;
  };
  cancelled: {
    readonly messageId: string;
    readonly transactionId: string;
    readonly domain: string;
    readonly recipientCount: number;
    readonly reason: string | null;
  };

  outageOpened: { readonly domain: string; readonly kind: string; readonly reply: string };
  outageReclassified: {
    readonly domain: string;
    readonly kind: string;
    readonly formerKind: string;
    readonly reply: string;
  };
  /** An open outage has passed an age. */
  outageThreshold: {
    readonly domain: string;
    readonly kind: string;
    readonly hours: number;
    readonly heldCount: number;
  };
  /** The first success; what is held is handed over from now on. */
  outageClosed: { readonly domain: string; readonly durationMs: number; readonly heldCount: number };
  outageDraining: { readonly domain: string; readonly heldCount: number };
  /** All mail of the outage is delivered or has ended, but for what waits for a reason of its own. */
  outageDrained: { readonly domain: string; readonly durationMs: number; readonly waitingCount: number };
  /** Most primaries fail at once: the fault is ours, and nothing expires until the other one. */
  serviceTroubleBegan: { readonly failingHosts: number; readonly workingDomains: number };
  serviceTroubleEnded: { readonly failingHosts: number; readonly workingDomains: number };

  /** A primary refuses recipients that it took before: its mail is kept. The reply is what it said, verbatim. */
  breakerOpened: { readonly domain: string; readonly reply: string };
  /** A primary is back, and its first refusals end no recipient. */
  breakerTrial: { readonly domain: string };
  breakerClosed: { readonly domain: string };

  /** A tenant has proven that a domain is its own. */
  domainActivated: { readonly domain: string };
  /** The record that had proven it is gone; the domain stays in service. */
  domainProofLost: { readonly domain: string };
  domainProofFound: { readonly domain: string };
  /** A fire drill has ended; its report is in the API. */
  drillFinished: { readonly domain: string; readonly drill: string; readonly result: string };

  /** A request to a webhook failed; it is tried again. The address but for its host is the owner's secret. */
  webhookFailed: {
    readonly webhookId: string;
    readonly host: string;
    /** The name of the event: `outage.opened`. */
    readonly kind: string;
    /** Null if there was no answer. */
    readonly status: number | null;
  };
  /** A webhook gets nothing more: its receiver said so, or has not answered for days. */
  webhookDisabled: { readonly webhookId: string; readonly host: string; readonly reason: string };
  /** A mail to an alert contact is in the queue. */
  alertSent: { readonly contactId: string };
  /** There is news for a contact whose own domain is in trouble: it waits. */
  alertWithheld: { readonly contactId: string };

  /** A DSN was spooled (RFC 3464). */
  reportMade: {
    readonly transactionId: string;
    readonly reportId: string;
    readonly action: string;
    readonly reversePath: string;
    readonly recipientCount: number;
  };
  /** A DSN was due and not made, with the reason: the sender is not proven, or was sent too many. */
  reportSuppressed: {
    readonly transactionId: string;
    readonly reversePath: string | null;
    readonly reason: string;
  };

  /** The database, a DNS server or the disk is gone; clients hear 4yz meanwhile. Once per change. */
  unavailable: { readonly what: string; readonly reason: string };
  available: { readonly what: string; readonly afterMs: number };

  /** Something the operator should know or set; the service goes on. */
  warning: { readonly where: string; readonly message: string };
  /** Steps of interest when looking for a cause. */
  trace: { readonly where: string; readonly message: string };
  /** A bug, or infrastructure lost in an unexpected way. */
  fault: { readonly where: string; readonly error: unknown; readonly requestId?: string };
  /** A subscriber read more slowly than things happened. A null token is the operator's of the service itself. */
  subscriberDropped: { readonly subscription: string; readonly tenantId: string; readonly tokenId: string | null };
}

export type LogEvent = keyof LogEvents;

/** The name of an event in the log, spelled as in webhooks: `outageOpened` is `outage.opened`, as OUTAGE_OPENED of the API. */
export function nameOfEvent(event: string): string {
  return kindName(event.replaceAll(/[A-Z]/g, '_$&'));
}

/** At which level each event is written. */
export const EVENT_LEVELS: { readonly [E in LogEvent]: LogLevel } = {
  started: 'info',
  stopping: 'info',
  stopped: 'info',
  connected: 'debug',
  disconnected: 'debug',
  accepted: 'info',
  refused: 'info',
  attempt: 'info',
  delivered: 'info',
  deferred: 'info',
  failed: 'warn',
  expired: 'warn',
  cancelled: 'info',
  outageOpened: 'warn',
  outageReclassified: 'warn',
  outageThreshold: 'warn',
  outageClosed: 'info',
  outageDraining: 'info',
  outageDrained: 'info',
  serviceTroubleBegan: 'error',
  serviceTroubleEnded: 'warn',
  breakerOpened: 'warn',
  breakerTrial: 'info',
  breakerClosed: 'info',
  domainActivated: 'info',
  domainProofLost: 'warn',
  domainProofFound: 'info',
  drillFinished: 'info',
  webhookFailed: 'debug',
  webhookDisabled: 'warn',
  alertSent: 'info',
  alertWithheld: 'info',
  reportMade: 'info',
  reportSuppressed: 'info',
  unavailable: 'error',
  available: 'info',
  warning: 'warn',
  trace: 'debug',
  fault: 'error',
  subscriberDropped: 'warn',
};
