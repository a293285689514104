/**
 * Classifies the reply of a next hop for each recipient. Pure. The rules:
 *
 * - 2yz to the final dot delivers; nothing else does.
 * - 4yz, 421, junk, a lost connection, a timeout: deferred, wherever it happens. Lost after the dot: deferred too, and not
 *   tried elsewhere at once, as the message may have been taken.
 * - 5yz to RCPT fails that recipient, 5yz to DATA or the dot those that were accepted (RFC 5321 §4.2.1), but:
 *   552 to RCPT is 452 (RFC 5321 §4.5.3.1.10) unless 5.2.2 or 5.3.4; codes about the dialogue (500, 502, 503, 555) defer;
 *   a refusal of *us* – a policy code before the content for every recipient tried, text that names our address or a
 *   blocklist, authentication asked for – is the host's trouble: deferred, never failed. So is a 4yz with such a text before
 *   the content, unless it speaks of greylisting: that is about the message.
 * - 5yz to MAIL fails only when it is about the sender or the message; else it is about us.
 */
import type { HostTrouble, Outcome, RecipientNumber } from '../mail/outcome.ts';
import { namesAddress, namesBlocklist, parseReply, type Reply, saysGreylisting } from '../mail/reply.ts';
import type { Answer } from '../smtp/answer.ts';
import { bindingSizeLimit, type SmtpOffers } from '../smtp/commands.ts';
import type { Transaction, TransactionStage } from '../smtp/transaction.ts';

/**
 * The next step. `NEXT_ADDRESS`: this address was no use. `NEXT_HOST`: the host spoke about the recipient, another may be
 * kinder. `LATER`: not again in this attempt.
 */
export type NextStep = 'DONE' | 'NEXT_ADDRESS' | 'NEXT_HOST' | 'LATER';

export interface Verdict {
  readonly outcome: Outcome;
  /** The verbatim reply, or our words in brackets. */
  readonly text: string;
  /** Set when the host, not the recipient or the message, was the trouble. */
  readonly trouble: HostTrouble | null;
  readonly next: NextStep;
  /** We stopped it ourselves: no verdict of anybody else. */
  readonly isStopped: boolean;
}

/** The verdict on everybody when no session came about. */
export function classifyTrouble(trouble: HostTrouble, text: string): Verdict {
  // RFC 3463 §3.8: X.7.5 is a failure of cryptography; else there was no answer from the host.
  const enhancedCode = trouble === 'TLS' ? '4.7.5' : '4.4.1';
  return deferred(parseReply(text) ?? ownReply(enhancedCode, text), text, trouble, 'NEXT_ADDRESS');
}

/** The verdict on everybody when we stopped before a session came about. */
export function classifyStop(text: string): Verdict {
  return { ...deferred(ownReply('4.4.2', text), text, null, 'LATER'), isStopped: true };
}

/** The verdict on everybody when the host's offers rule the message out before a word of it is said; else null. */
export function classifyOffers(
  message: { readonly sizeBytes: number; readonly needsSmtpUtf8: boolean },
  offers: SmtpOffers,
): Verdict | null {
  const sizeLimitBytes = bindingSizeLimit(offers.sizeLimitBytes);
  if (sizeLimitBytes !== null && message.sizeBytes > sizeLimitBytes) {
    // RFC 1870: known in advance to be refused.
    const text = `the message has ${message.sizeBytes} octets, the next hop takes ${sizeLimitBytes}`;
    return failed({ code: 552, enhancedCode: '5.3.4', text }, `[${text}]`);
  }
  if (message.needsSmtpUtf8 && !offers.smtpUtf8) {
    // RFC 6531: no downgrade.
    const text = 'the message needs SMTPUTF8, which the next hop does not offer';
    return failed({ code: 550, enhancedCode: '5.6.7', text }, `[${text}]`);
  }
  return null;
}

/** @param ownAddresses addresses the next hop may know us by */
export function classifyTransaction(
  transaction: Transaction,
  recipients: readonly RecipientNumber[],
  ownAddresses: readonly string[],
): Map<RecipientNumber, Verdict> {
  const { refused, stage, answer } = transaction;
  const context: Context = { ownAddresses, isPolicyAgainstUs: isPolicyForEverybody(transaction) };
  const wholesale = classifyAnswer(stage, answer, context);
  const verdicts = new Map<RecipientNumber, Verdict>();
  for (const number of recipients) {
    // After a refused MAIL the answers to RCPT say only that there was no MAIL.
    const own = stage === 'MAIL' ? undefined : refused.get(number);
    verdicts.set(number, own === undefined ? wholesale : classifyAnswer('RCPT', own, context));
  }
  return verdicts;
}

interface Context {
  readonly ownAddresses: readonly string[];
  /** Every recipient tried was refused with a policy code: the policy is against us. */
  readonly isPolicyAgainstUs: boolean;
}

function classifyAnswer(stage: TransactionStage, answer: Answer, context: Context): Verdict {
  const { kind, text } = answer;
  if (kind === 'SILENCE') return classifySilence(stage, answer);
  if (kind === 'JUNK') return outOfStep(stage, text, text);
  const { reply } = answer;
  switch (Math.floor(reply.code / 100)) {
    case 2:
      if (stage !== 'DOT') return outOfStep(stage, `[out of step: ${reply.code}]`, text);
      return { outcome: { kind: 'DELIVERED', reply }, text, trouble: null, next: 'DONE', isStopped: false };
    case 4:
      return classifyTransient(stage, reply, text, context);
    case 5:
      return classifyPermanent(stage, reply, text, context);
    default:
      return outOfStep(stage, `[out of step: ${reply.code}]`, text);
  }
}

/** A reply that is not valid at this stage. After the dot the message may have been accepted. */
function outOfStep(stage: TransactionStage, ownText: string, text: string): Verdict {
  return deferred(ownReply('4.5.0', ownText), text, 'FAULT', stage === 'DOT' ? 'LATER' : 'NEXT_ADDRESS');
}

function classifySilence(stage: TransactionStage, answer: Answer & { kind: 'SILENCE' }): Verdict {
  const { silence, text } = answer;
  if (silence === 'STOPPED') return classifyStop(text);
  return deferred(ownReply('4.4.2', text), text, silence, stage === 'DOT' ? 'LATER' : 'NEXT_ADDRESS');
}

function classifyTransient(stage: TransactionStage, reply: Reply, text: string, context: Context): Verdict {
  if (reply.code === 421) return deferred(reply, text, 'DROPPED', 'NEXT_ADDRESS');
  const isEarly = stage === 'MAIL' || stage === 'RCPT' || stage === 'DATA';
  if (isEarly && !saysGreylisting(reply.text) && namesUs(stage, reply.text, context)) {
    return deferred(reply, text, 'GREETING', 'NEXT_ADDRESS');
  }
  // Before any recipient, and not about this sender or message: the host takes no mail just now.
  if (stage === 'MAIL' && !isAboutMessage(reply)) return deferred(reply, text, 'FAULT', 'NEXT_ADDRESS');
  return deferred(reply, text, null, 'NEXT_HOST');
}

function classifyPermanent(stage: TransactionStage, reply: Reply, text: string, context: Context): Verdict {
  const code = enhancedCodeOf(reply);
  if (isRefusalOfUs(stage, reply, context)) return deferred(reply, text, 'GREETING', 'NEXT_ADDRESS');
  // 5.5.z to DATA: no recipients, bad sequence – the host has lost track of what it accepted.
  if (isAboutDialogue(reply) || (stage === 'DATA' && code?.startsWith('5.5.'))) {
    return deferred(reply, text, null, 'NEXT_HOST');
  }
  if (stage === 'RCPT' && reply.code === 552 && code !== '5.2.2' && code !== '5.3.4') {
    return deferred(reply, text, null, 'NEXT_HOST');
  }
  return failed(reply, text, stage);
}

function isRefusalOfUs(stage: TransactionStage, reply: Reply, context: Context): boolean {
  if (ASKS_FOR_MORE.has(reply.code)) return true;
  if (namesUs(stage, reply.text, context)) return true;
  switch (stage) {
    case 'MAIL':
      return !isAboutMessage(reply) && !isAboutDialogue(reply);
    case 'RCPT':
      return isPolicy(reply) && context.isPolicyAgainstUs;
    case 'DATA':
      return isPolicy(reply);
    case 'CONTENT':
    case 'DOT':
      return false;
    default:
      return stage satisfies never;
  }
}

/** 521: takes no mail at all (RFC 7504); 530, 534, 535, 538: wants authentication or TLS of us (RFC 4954, RFC 3207). */
const ASKS_FOR_MORE: ReadonlySet<number> = new Set([521, 530, 534, 535, 538]);

/** Unknown or misplaced command, unknown parameter: we and the host do not understand each other. */
function isAboutDialogue({ code, enhancedCode }: Reply): boolean {
  return (code === 500 || code === 502 || code === 503 || code === 555) && !/^5\.[1267]\./.test(enhancedCode ?? '');
}

/** A reply to MAIL that speaks of the sender's address (x.1.z), the size or the message (x.6.z), not of the one who sends. */
function isAboutMessage(reply: Reply): boolean {
  const code = enhancedCodeOf(reply);
  if (code === null) return reply.code === 501 || reply.code === 552 || reply.code === 553;
  return /^[45]\.(?:1|6)\./.test(code) || /^[45]\.(?:2\.3|3\.4)$/.test(code);
}

function isPolicyForEverybody({ refused, accepted, stage }: Transaction): boolean {
  if (accepted.length > 0 || stage === 'MAIL') return false;
  // A recipient refused for his own sake shows that the host does deal with us.
  return [...refused.values()].every((a) => a.kind === 'REPLY' && (a.reply.code < 500 || isPolicy(a.reply)));
}

function isPolicy(reply: Reply): boolean {
  return reply.code >= 500 && (enhancedCodeOf(reply)?.startsWith('5.7.') ?? false);
}

/** qmail and its kin write the enhanced code at the end: `(#5.7.1)`. */
function enhancedCodeOf(reply: Reply): string | null {
  return reply.enhancedCode ?? /\(#([45]\.\d{1,3}\.\d{1,3})\)/.exec(reply.text)?.[1] ?? null;
}

/** Lists of what stands *in* a message: a refusal of the content. */
const CONTENT_LIST_WORDS = /\b(?:surbl|uribl|ur[il]s?|links?|attachments?|dbl)\b/i;

function namesUs(stage: TransactionStage, text: string, { ownAddresses }: Context): boolean {
  return namesAddress(text, ownAddresses) || isListing(stage, text);
}

function isListing(stage: TransactionStage, text: string): boolean {
  return namesBlocklist(text) && !(stage === 'DOT' && CONTENT_LIST_WORDS.test(text));
}

function failed(reply: Reply, text: string, stage: TransactionStage | null = null): Verdict {
  const outcome: Outcome = { kind: 'FAILED', reply, ...(stage === 'RCPT' && { isAtRcpt: true }) };
  return { outcome, text, trouble: null, next: 'DONE', isStopped: false };
}

function deferred(reply: Reply, text: string, trouble: HostTrouble | null, next: NextStep): Verdict {
  return { outcome: { kind: 'DEFERRED', reply }, text, trouble, next, isStopped: false };
}

/** Our own words in place of a reply: the text is in brackets. */
function ownReply(enhancedCode: string, text: string): Reply {
  return { code: 451, enhancedCode, text };
}
