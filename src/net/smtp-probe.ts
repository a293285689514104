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
import { type Answer, noAnswer, type Silence } from './smtp-answer.ts';
import { type GreetedLink, type OpenFailure, openLink } from './smtp-client.ts';
import {
  mailCommand,
  needsSmtpUtf8,
  type OutgoingEnvelope,
  type OutgoingRecipient,
  rcptCommand,
  type SmtpOffers,
} from './smtp-commands.ts';
import { createDialogue } from './smtp-probe-dialogue.ts';
import { quit } from './smtp-session.ts';
import { DEFAULT_SMTP_TIMEOUTS } from './smtp-timeouts.ts';

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

/** Dials, greets and, where offered, encrypts. The probe is ready for its first question. */
export async function openProbe(options: ProbeOptions): Promise<ProbeOpenResult> {
  const { host, address, port, ehloName, tls, signal, timeouts = DEFAULT_PROBE_TIMEOUTS } = options;
  const { openMs, quitMs } = timeouts;
  const stop = new AbortController();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    stop.abort();
  }, openMs);
  const onAbort = (): void => stop.abort();
  if (signal?.aborted) onAbort();
  else signal?.addEventListener('abort', onAbort);
  const opened = await openLink({
    host,
    address,
    port,
    ehloName,
    tls,
    signal: stop.signal,
    // Half of it, so that a handshake that hangs leaves time for the dial in clear; greetings are slow on purpose.
    timeouts: { ...DEFAULT_SMTP_TIMEOUTS, connectMs: openMs / 2, greetingMs: openMs, commandMs: openMs / 2, quitMs },
  });
  clearTimeout(timer);
  signal?.removeEventListener('abort', onAbort);
  if (opened.kind === 'OPEN') return { kind: 'OPEN', probe: createProbe(opened, options, timeouts) };
  if (!isLate || opened.kind !== 'STOPPED') return opened;
  return { kind: 'TROUBLE', trouble: 'TIMEOUT', reply: `[no session within ${openMs} ms]` };
}

/** What one transaction came to. */
interface Step {
  readonly stage: ProbeReply['stage'];
  readonly answer: Answer;
  readonly isNullSender: boolean;
}

function createProbe(opened: GreetedLink, options: ProbeOptions, timeouts: ProbeTimeouts): Probe {
  const { link, offers, tls, localAddress } = opened;
  const dialogue = createDialogue(link, options.signal);
  let questionCount = 0;
  let refusalCount = 0;
  let rcptCount = 0;
  let needsReset = false;
  let refusesNullSender = false;
  let isBusy = false;

  const say = async (line: string, where: string): Promise<Answer> => {
    const answer = await dialogue.say(line, where);
    if (isRefusal(answer)) refusalCount += 1;
    // Out of step: the next reply would be taken for the answer to another question.
    if (answer.kind === 'JUNK' || (answer.kind === 'REPLY' && answer.reply.code < 400 && !isYes(answer))) {
      dialogue.cut('DROPPED');
    }
    return answer;
  };

  /** @param reversePath null is `<>` */
  const transact = async (reversePath: string | null, address: string): Promise<Step> => {
    const isNullSender = reversePath === null;
    const envelope = envelopeOf(reversePath, address);
    if (needsReset) {
      const reset = await say('RSET', 'the reply to RSET');
      if (!isYes(reset)) {
        dialogue.cut('DROPPED');
        return { stage: 'MAIL', answer: noAnswer('DROPPED', 'the reply to RSET'), isNullSender };
      }
      needsReset = false;
    }
    // A size would be a claim about a message that never comes.
    const mail = await say(mailCommand(envelope, 0, { ...offers, size: false }), 'the reply to MAIL');
    if (!isYes(mail)) return { stage: 'MAIL', answer: mail, isNullSender };
    needsReset = true;
    rcptCount += 1;
    const [recipient] = envelope.recipients;
    const rcpt = await say(rcptCommand(recipient, offers), 'the reply to RCPT');
    return { stage: 'RCPT', answer: rcpt, isNullSender };
  };

  const askBoth = async (address: string): Promise<ProbeReply> => {
    const first = await transact(refusesNullSender ? options.probeSender : null, address);
    if (!first.isNullSender || !isRefusal(first.answer) || !dialogue.isAlive()) {
      return replyOf(first, rcptCount, questionCount > 1 && isGone(first));
    }
    if (first.stage === 'MAIL') refusesNullSender = true;
    return replyOf(await transact(options.probeSender, address), rcptCount, false);
  };

  const canAsk = (): boolean => dialogue.isAlive() && questionCount < MAX_QUESTIONS && refusalCount < MAX_REFUSALS;

  return {
    offers,
    tls,
    localAddress,
    canAsk,
    async ask(address) {
      if (isBusy) throw new Error('a probe asks one question at a time');
      const reason = whyUnaskable(address, offers);
      if (reason !== null) return unasked(reason, false);
      if (!canAsk()) return unasked('this connection takes no more questions', true);
      isBusy = true;
      questionCount += 1;
      rcptCount = 0;
      dialogue.allow(timeouts.askMs);
      const reply = await askBoth(address);
      dialogue.rest();
      isBusy = false;
      return reply;
    },
    close: async () => {
      await quit(link, timeouts.quitMs);
      dialogue.cut('STOPPED');
    },
  };
}

function envelopeOf(reversePath: string | null, address: string) {
  const recipient: OutgoingRecipient = { number: 0, address, notify: [], originalRecipient: null };
  return {
    reversePath,
    recipients: [recipient] as const,
    smtpUtf8: false,
    body8bit: false,
    ret: null,
    envelopeId: null,
  } satisfies OutgoingEnvelope;
}

/** Why the question cannot be put to this primary, or null. */
function whyUnaskable(address: string, offers: SmtpOffers): string | null {
  if (!isAddress(address)) return 'no address that RCPT could name';
  const needsOffer = needsSmtpUtf8(envelopeOf(null, address)) && !offers.smtpUtf8;
  return needsOffer ? 'the address needs SMTPUTF8, which is not offered' : null;
}

function unasked(reason: string, isStale: boolean): ProbeReply {
  const text = `[not asked: ${reason}]`;
  return { stage: 'MAIL', reply: null, text, silence: null, isNullSender: true, rcptCount: 0, isStale };
}

function replyOf({ stage, answer, isNullSender }: Step, rcptCount: number, isStale: boolean): ProbeReply {
  const reply = answer.kind === 'REPLY' ? answer.reply : null;
  const silence = answer.kind === 'SILENCE' ? answer.silence : null;
  return { stage, reply, text: answer.text, silence, isNullSender, rcptCount, isStale };
}

/** The primary had closed the connection before it heard the question. */
function isGone({ stage, answer }: Step): boolean {
  if (stage !== 'MAIL') return false;
  return answer.kind === 'SILENCE'
    ? answer.silence === 'DROPPED'
    : answer.kind === 'REPLY' && answer.reply.code === 421;
}

function isYes(answer: Answer): boolean {
  return answer.kind === 'REPLY' && answer.reply.code < 300;
}

function isRefusal(answer: Answer): boolean {
  return answer.kind === 'REPLY' && answer.reply.code >= 500;
}
