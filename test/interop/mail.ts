/**
 * The message of the interop tests: small, and with everything a relay is tempted to change.
 *
 * 8-bit bytes, leading dots, trailing white space, a folded header, a field name in odd case, empty lines at both ends of
 * the body. Each server on the way may put trace fields in front; behind them the bytes must be these.
 */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';

/** A whole message with CRLF line ends. Complete as RFC 5322 wants it, so that no server adds a field of its own. */
export function oddMessage(from: string, to: string): Buffer {
  const lines = [
    `From: Sender <${from}>`,
    `To: <${to}>`,
    'subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=, folded',
    '\tand indented ',
    'Date: Thu, 01 Jan 2026 00:00:00 +0000',
    `Message-ID: <${randomBytes(12).toString('hex')}@elsewhere.example>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    'X-Empty:',
    '',
    '',
    '.',
    '..',
    '.leading dot',
    'trailing blanks   ',
    '\ttab\t',
    'grüße, 世界 €',
    'From the start of a line',
    randomBytes(300).toString('base64'),
    'x'.repeat(990),
    '',
    '',
    '',
  ];
  return Buffer.from(lines.join('\r\n'), 'utf8');
}

/** The trace fields in front of the original, or null when the original does not stand unchanged behind them. */
export function readTrace(arrived: Buffer, original: Buffer): string | null {
  const at = arrived.length - original.length;
  return at >= 0 && arrived.subarray(at).equals(original) ? arrived.subarray(0, at).toString('latin1') : null;
}

/** Doubles the leading dots, for a client that sends bytes as they are. RFC 5321 §4.5.2. */
export function stuffDots(content: Buffer): Buffer {
  return Buffer.from(content.toString('latin1').replaceAll(/^\./gmu, '..'), 'latin1');
}

/** Prints why tests are left out, so that nobody takes their silence for success. Returns whether they are. */
export function isSkipped(what: string, reason: string | null): boolean {
  if (reason !== null) console.log(`\n*** SKIPPED: ${what}: ${reason} ***\n`);
  return reason !== null;
}
