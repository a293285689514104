/**
 * Sends a drill's message in: a TCP session to our own listener, as a client from outside would have it (RFC 5321 §3).
 *
 * Promises: each step with its verbatim reply and its time; never throws and never lasts longer than its limits. Judges nothing.
 */
import { monotonicMs } from '../clock.ts';
import { dial } from '../dns/dial.ts';
import { createLink, quit, type SmtpLink } from '../smtp/link.ts';
import type { DrillStep } from '../db/schema-doctor.ts';

export interface DrillMail {
  readonly ehloName: string;
  readonly recipient: string;
  /** ENVID: the mark. */
  readonly envelopeId: string;
  /** Lines with CRLF, none of which begins with a dot. */
  readonly content: string;
}

export interface DrillEntry {
  readonly steps: readonly DrillStep[];
  /** The id of the transaction; null when it was not accepted. */
  readonly messageId: string | null;
}

const CONNECT_MS = 10_000;
/** Longer than our listener needs for any reply. */
const REPLY_MS = 120_000;
const FAREWELL_MS = 1000;

export interface Listener {
  readonly address: string;
  readonly port: number;
}

/** The first of this node's listeners, as it is reached from this machine. */
export function ownListener([first]: readonly Listener[]): Listener | null {
  if (first === undefined) return null;
  const { address, port } = first;
  return { address: { '0.0.0.0': '127.0.0.1', '::': '::1' }[address] ?? address, port };
}

export async function enterMail(listener: Listener, mail: DrillMail): Promise<DrillEntry> {
  const steps: DrillStep[] = [];
  const enteredMs = monotonicMs();
  const note = async (name: DrillStep['name'], wanted: string, answer: () => Promise<string>): Promise<boolean> => {
    const begunMs = monotonicMs();
    const reply = await answer();
    const isPassed = reply.startsWith(wanted);
    const [latencyMs = 0, afterMs = 0] = [begunMs, enteredMs].map((sinceMs) => Math.round(monotonicMs() - sinceMs));
    steps.push({ name, afterMs, latencyMs, reply, host: null, isPassed });
    return isPassed;
  };

  let link: SmtpLink | null = null;
  const ask = (octets: string) => () => (link === null ? Promise.resolve(NO_ANSWER) : replyTo(link, octets));
  const greeting = async (): Promise<string> => {
    const dialled = await dial({ ...listener, timeoutMs: CONNECT_MS });
    if (dialled.kind !== 'CONNECTED') return dialled.reply;
    link = createLink(dialled.socket);
    return replyTo(link, '');
  };
  const isIn =
    (await note('CONNECT', '220', greeting)) &&
    (await note('EHLO', '250', ask(`EHLO ${mail.ehloName}\r\n`))) &&
    (await note('MAIL', '250', ask(`MAIL FROM:<> ENVID=${mail.envelopeId}\r\n`))) &&
    // No report is made, whatever becomes of it (RFC 3461 §4.1).
    (await note('RCPT', '250', ask(`RCPT TO:<${mail.recipient}> NOTIFY=NEVER\r\n`))) &&
    (await note('DATA', '354', ask('DATA\r\n'))) &&
    (await note('CONTENT', '250', ask(`${mail.content}.\r\n`)));
  if (link !== null) await quit(link, FAREWELL_MS);
  const messageId = isIn ? (/[0-9a-f]{8}-[0-9a-f-]{27}/.exec(steps.at(-1)?.reply ?? '')?.[0] ?? null) : null;
  return { steps, messageId };
}

const NO_ANSWER = '[no connection]';

/** Writes, and resolves with the reply, or in brackets with what came instead. */
function replyTo(link: SmtpLink, octets: string): Promise<string> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve('[no reply in time]');
      link.cut();
    }, REPLY_MS);
    const answer = (text: string): void => {
      clearTimeout(timer);
      resolve(text);
    };
    link.listen({ onReply: (lines) => answer(lines), onEnd: () => answer('[connection closed]') });
    if (octets !== '') link.write(octets);
  });
}
