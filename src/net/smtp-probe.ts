/**
 * Asks a primary whether mailboxes exist: one connection, one question after another, never DATA (RFC 5321 §3.3).
 *
 * Each question is a transaction of its own, `MAIL FROM:<>`, RCPT: many servers take one recipient for the null reverse-path.
 * Whatever 5yz comes under `<>` is asked once more as `probeSender` before it counts (BATV and no-bounce mailboxes refuse `<>`).
 * A connection carries few questions and few refusals, so that no primary takes us for a harvester.
 *
 * It is a dialogue on the link of smtp-client.ts, because dialling, greeting, HELO, STARTTLS and the reading of replies are
 * the same for a probe and a transfer; what differs is a page. Expected trouble is a value, and every wait is bounded, an
 * octet now and then included. Does not judge replies (mail/callout-verdict.ts), choose hosts, or know whether a host is us.
 */
import { isAddress } from '../mail/address.ts';
import type { CalloutReply } from '../mail/callout-verdict.ts';
import { type Answer, noAnswer, readAnswer, type Silence } from './smtp-answer.ts';
import { type OpenFailure, openLink } from './smtp-client.ts';
import { mailCommand, needsSmtpUtf8, type OutgoingEnvelope, rcptCommand, type SmtpOffers } from './smtp-commands.ts';
import { quit, type SmtpLink } from './smtp-session.ts';

/** Milliseconds, each for the whole of a step, whatever the peer does. */
export interface ProbeTimeouts {
  /** From dialling to the first question, the second dial without TLS included. */
  readonly openMs: number;
  /** One question with its confirmation. */
  readonly askMs: number;
  readonly quitMs: number;
}

/** Opening and one question take less than the 30 s that a client may be kept waiting at RCPT. */
export const DEFAULT_PROBE_TIMEOUTS: ProbeTimeouts = { openMs: 14_000, askMs: 14_000, quitMs: 1000 };

export interface ProbeOptions {
  /** The primary's name: SNI, never resolved here. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** What we call ourselves in EHLO. */
  readonly ehloName: string;
  /** The reverse-path that confirms, `probe@MX_HOSTNAME`. */
  readonly probeSender: string;
  readonly tls: 'OPPORTUNISTIC' | 'NONE';
  readonly timeouts?: ProbeTimeouts | undefined;
  /** Aborting cuts the connection at once, also in the middle of a question. */
  readonly signal?: AbortSignal | undefined;
}

export type ProbeOpenResult = { readonly kind: 'OPEN'; readonly probe: Probe } | OpenFailure;

export interface Probe {
  readonly offers: SmtpOffers;
  /** `TLSv1.3 TLS_AES_256_GCM_SHA384`, or null for clear text. */
  readonly tls: string | null;
  /** Our own address on this connection, or null. */
  readonly localAddress: string | null;
  /** False when the connection is gone, or has carried as many questions or refusals as one should: open another. */
  readonly canAsk: () => boolean;
  /** Asks about one mailbox, `local@domain` in its canonical spelling. One at a time; always resolves. */
  readonly ask: (address: string) => Promise<ProbeReply>;
  /** QUIT, waiting a moment for the farewell. Resolves when the connection is gone. */
  readonly close: () => Promise<void>;
}

/** What one question came to: ready for `classifyCalloutReply`. */
export interface ProbeReply extends CalloutReply {
  /** The reply verbatim but sanitised, or our words in brackets. For the record only: it may name the primary. */
  readonly text: string;
  /** Why there is no reply; null where there is one, and for junk or a question that could not be put. */
  readonly silence: Silence | null;
  /** True where the last MAIL was `<>`. */
  readonly isNullSender: boolean;
  /** RCPT commands this question cost the primary: 0, 1 or 2. */
  readonly rcptCount: number;
  /** The connection was no longer fit for a question: says nothing about mailbox or host, ask on a new one. */
  readonly isStale: boolean;
}

/** Postfix disconnects at 20 errors and counts RSET among 100 junk commands; Exim at 1000 transactions. */
const MAX_QUESTIONS = 20;
/** Postfix slows down from its 11th error in a session on (smtpd_soft_error_limit); a question may cost two. */
const MAX_REFUSALS = 8;
