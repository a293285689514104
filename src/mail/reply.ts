/**
 * An SMTP reply as a value: code, enhanced status code and text (RFC 5321 §4.2, RFC 3463).
 *
 * The text holds no CR or LF beyond the separation of its lines, so that it can stand in a log, a DSN and the API.
 * Does not judge what a reply means for a message: delivery/classify.ts does.
 */

export interface Reply {
  /** Three-digit code, 200–599. */
  readonly code: number;
  /** Enhanced status code such as `5.1.1`, or null where the peer gave none. */
  readonly enhancedCode: string | null;
  /** The text lines, joined by LF, without the codes, sanitised: no control characters but LF. */
  readonly text: string;
}
