/**
 * How long an SMTP client waits for what (RFC 5321 §4.5.3.2).
 */

/** Milliseconds of waiting, each for one step (RFC 5321 §4.5.3.2). */
export interface SmtpTimeouts {
  readonly connectMs: number;
  readonly greetingMs: number;
  /** MAIL, RCPT and every other command. */
  readonly commandMs: number;
  readonly dataMs: number;
  /** One block of the content on its way. */
  readonly blockMs: number;
  /** The reply to the final dot. */
  readonly dotMs: number;
  readonly quitMs: number;
}

/** RFC 5321 §4.5.3.2; connecting is ours: a firewall that drops our SYN must not hold a message for minutes. */
export const DEFAULT_SMTP_TIMEOUTS: SmtpTimeouts = {
  connectMs: 30_000,
  greetingMs: 5 * 60_000,
  commandMs: 5 * 60_000,
  dataMs: 2 * 60_000,
  blockMs: 3 * 60_000,
  dotMs: 10 * 60_000,
  quitMs: 2000,
};
