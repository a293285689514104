/**
 * A mail of ours to an alert contact: plain text in a message that no robot answers (RFC 3834) and no server need be new for.
 *
 * Promises ASCII, CRLF line ends and that nothing in the text can add a field. Pure.
 */
import { Buffer } from 'node:buffer';
import { isAddress } from '../mail/address.ts';
import { formatDate, encodeText } from '../mail/mime.ts';
import { sanitizeText } from '../mail/reply.ts';

export interface AlertMessage {
  /** Of the message, before its `@`. */
  readonly id: string;
  /** Our MX name. */
  readonly mxHostname: string;
  /** The contact. */
  readonly to: string;
  readonly at: Date;
  readonly subject: string;
  /** LF line ends. */
  readonly text: string;
}

const MAX_SUBJECT_LENGTH = 200;

/** Content ready for the queue. Throws a RangeError when `to` is no address: a bug of the caller. */
export function composeAlert({ id, mxHostname, to, at, subject, text }: AlertMessage): Uint8Array {
  if (!isAddress(to)) throw new RangeError('not an address');
  const { encoding, text: body } = encodeText(Buffer.from(text));
  const fields = [
    `From: Backup MX <mailer-daemon@${mxHostname}>`,
    `To: <${to}>`,
    `Subject: ${sanitizeText(subject, MAX_SUBJECT_LENGTH)}`,
    `Date: ${formatDate(at)}`,
    `Message-ID: <${id}@${mxHostname}>`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Transfer-Encoding: ${encoding}`,
  ];
  return Buffer.from(`${fields.join('\r\n')}\r\n\r\n${body}`);
}
