/**
 * The commands that one question about a mailbox takes (RFC 5321 §3.3, RFC 6531).
 *
 * `MAIL FROM:<>`, RCPT. Whatever 5yz comes under `<>` is asked once more as the callout sender before it counts: BATV and
 * no-bounce mailboxes refuse `<>`. Questions with one reverse-path share a transaction, as Exim disconnects at the eleventh
 * RSET; where a server defers a recipient that is not its transaction's first (Google takes one domain, others one recipient
 * of a bounce), each gets its own. Never DATA. Does not judge replies nor know the limits of a session.
 */
import { isAddress } from '../mail/address.ts';
import type { CalloutReply } from '../mail/callout-verdict.ts';
import { type Answer, isYes, noAnswer, readAnswer, type Silence } from './answer.ts';
import {
  mailCommand,
  needsSmtpUtf8,
  type OutgoingEnvelope,
  type OutgoingRecipient,
  rcptCommand,
  type SmtpOffers,
} from './commands.ts';
import type { SmtpLink } from './link.ts';

/** The outcome of one question: ready for `classifyCalloutReply`. */
export interface CalloutAnswer extends CalloutReply {
  /** The reply verbatim but sanitised, or our words in brackets. For the record only: it may name the primary. */
  readonly text: string;
  /** Why there is no reply; null where there is one, and for junk or a question that could not be put. */
  readonly silence: Silence | null;
  /** True where the last MAIL was `<>`. */
  readonly isNullSender: boolean;
  /** RCPT commands this question cost the primary: 0 to 3. */
  readonly rcptCount: number;
  /** The connection was no longer fit for a question: says nothing about mailbox or host, ask on a new one. */
  readonly isStale: boolean;
}

/** Counts of a session so far. */
export interface SessionUsage {
  questionCount: number;
  refusalCount: number;
  resetCount: number;
}

/** How far one reverse-path took us. */
interface Step {
  readonly stage: CalloutAnswer['stage'];
  readonly answer: Answer;
  readonly isNullSender: boolean;
  /** The recipient joined a transaction that was open already. */
  readonly isJoined: boolean;
}

const RSET_REPLY = 'the reply to RSET';

/** The part of a session that knows which commands a question takes. */
export function createQuestioner(dialogue: Dialogue, offers: SmtpOffers, probeSender: string, usage: SessionUsage) {
  /** The reverse-path of the transaction under way, null being `<>`. */
  let openPath: string | null | undefined;
  let isShared = true;
  let refusesNullSender = false;
  let rcptCount = 0;

  const say = async (line: string, where: string): Promise<Answer> => {
    const answer = await dialogue.say(line, where);
    if (isRefusal(answer)) usage.refusalCount += 1;
    // Out of step: the next reply would be taken for the answer to another question.
    if (answer.kind === 'JUNK' || (answer.kind === 'REPLY' && answer.reply.code < 400 && !isYes(answer))) {
      dialogue.cut('DROPPED');
    }
    return answer;
  };

  /** Null when there is no transaction any more, else what came instead of a yes. */
  const reset = async (): Promise<Answer | null> => {
    if (openPath === undefined) return null;
    usage.resetCount += 1;
    const answer = await say('RSET', RSET_REPLY);
    if (isYes(answer)) {
      openPath = undefined;
      return null;
    }
    dialogue.cut('DROPPED');
    // A refusal of RSET is not one of the mailbox.
    return answer.kind === 'SILENCE' ? answer : noAnswer('DROPPED', RSET_REPLY);
  };

  const transact = async (reversePath: string | null, address: string): Promise<Step> => {
    const envelope = envelopeOf(reversePath, address);
    const isNullSender = reversePath === null;
    // SMTPUTF8 is a parameter of the whole transaction.
    const isJoined = isShared && openPath === reversePath && !needsSmtpUtf8(envelope);
    if (!isJoined) {
      const trouble = await reset();
      if (trouble !== null) return { stage: 'MAIL', answer: trouble, isNullSender, isJoined };
      // A size would be a claim about a message that never comes.
      const mail = await say(mailCommand(envelope, 0, { ...offers, size: false }), 'the reply to MAIL');
      if (!isYes(mail)) return { stage: 'MAIL', answer: mail, isNullSender, isJoined };
      openPath = reversePath;
    }
    rcptCount += 1;
    const rcpt = await say(rcptCommand(envelope.recipients[0], offers), 'the reply to RCPT');
    return { stage: 'RCPT', answer: rcpt, isNullSender, isJoined };
  };

  return async (address: string): Promise<CalloutAnswer> => {
    rcptCount = 0;
    const reversePath = refusesNullSender ? probeSender : null;
    const first = await transact(reversePath, address);
    if (usage.questionCount > 1 && isGone(first)) return replyOf(first, rcptCount, true);
    let last = first;
    if (last.isJoined && isDeferral(last.answer) && dialogue.isAlive()) {
      isShared = false;
      last = await transact(reversePath, address);
    }
    // Also where the connection is gone by now: a refusal that cannot be confirmed must not stand as the answer.
    if (last.isNullSender && isRefusal(last.answer)) {
      refusesNullSender = last.stage === 'MAIL';
      last = await transact(probeSender, address);
    }
    return replyOf(last, rcptCount, false);
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
export function whyUnaskable(address: string, offers: SmtpOffers): string | null {
  if (!isAddress(address)) return 'no address that RCPT could name';
  const needsOffer = needsSmtpUtf8(envelopeOf(null, address)) && !offers.smtpUtf8;
  return needsOffer ? 'the address needs SMTPUTF8, which is not offered' : null;
}

export function unasked(reason: string, isStale: boolean): CalloutAnswer {
  const text = `[not asked: ${reason}]`;
  return { stage: 'MAIL', reply: null, text, silence: null, isNullSender: true, rcptCount: 0, isStale };
}

function replyOf({ stage, answer, isNullSender }: Step, rcptCount: number, isStale: boolean): CalloutAnswer {
  const reply = answer.kind === 'REPLY' ? answer.reply : null;
  const silence = answer.kind === 'SILENCE' ? answer.silence : null;
  return { stage, reply, text: answer.text, silence, isNullSender, rcptCount, isStale };
}

/** The first command of a question found the connection closed. */
function isGone({ stage, answer, isJoined }: Step): boolean {
  if (stage === 'RCPT' && !isJoined) return false;
  return answer.kind === 'SILENCE'
    ? answer.silence === 'DROPPED'
    : answer.kind === 'REPLY' && answer.reply.code === 421;
}

function isDeferral(answer: Answer): boolean {
  return answer.kind === 'REPLY' && Math.floor(answer.reply.code / 100) === 4;
}

function isRefusal(answer: Answer): boolean {
  return answer.kind === 'REPLY' && answer.reply.code >= 500;
}

/**
 * Says one command at a time on a greeted link and waits for its reply, within a limit for several together.
 *
 * `say` always resolves, once the link has ended at once; no word goes out after `cut`.
 */
export interface Dialogue {
  /** From now on all that is said has to be answered within this time, or the link is cut. */
  readonly allow: (limitMs: number) => void;
  /** Nothing is being said: the link may rest. */
  readonly rest: () => void;
  /** @param where what is waited for, such as `the reply to RCPT` */
  readonly say: (line: string, where: string) => Promise<Answer>;
  readonly cut: (silence: Silence) => void;
  readonly isAlive: () => boolean;
}

/** @param signal aborting cuts the link at once */
export function createDialogue(link: SmtpLink, signal: AbortSignal | undefined): Dialogue {
  let waiting: ((answer: Answer | Silence) => void) | null = null;
  let ended: Silence | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const settle = (answer: Answer | Silence): void => {
    const waiter = waiting;
    waiting = null;
    waiter?.(answer);
  };
  const end = (silence: Silence): void => {
    ended ??= silence;
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    settle(ended);
  };
  const cut = (silence: Silence): void => {
    ended ??= silence;
    link.cut();
    end(silence);
  };
  const onAbort = (): void => cut('STOPPED');

  link.listen({
    // Unasked words put us out of step.
    onReply: (lines) => (waiting === null ? cut('DROPPED') : settle(readAnswer(lines))),
    onEnd: () => end('DROPPED'),
  });
  if (signal?.aborted) cut('STOPPED');
  else signal?.addEventListener('abort', onAbort);

  return {
    allow(limitMs) {
      clearTimeout(timer);
      timer = setTimeout(() => cut('TIMEOUT'), limitMs);
    },
    rest: () => clearTimeout(timer),
    say: (line, where) =>
      new Promise((resolve) => {
        waiting = (answer) => resolve(typeof answer === 'string' ? noAnswer(answer, where) : answer);
        if (ended === null && !link.isAlive()) cut('DROPPED');
        else if (ended !== null) settle(ended);
        else link.write(`${line}\r\n`);
      }),
    cut,
    isAlive: () => ended === null && link.isAlive(),
  };
}
