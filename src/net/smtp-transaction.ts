/**
 * What one SMTP transaction came to, read from the dialogue's remains (RFC 5321 §3.3).
 *
 * Pure. Keeps what every recipient was answered, also when the connection broke later. Does not judge it.
 */
import type { RecipientNumber } from '../mail/outcome.ts';
import { type Answer, noAnswer, readAnswer, type Silence } from './smtp-answer.ts';
import type { OutgoingRecipient } from './smtp-commands.ts';

/** `DATA`: the reply to the command. `CONTENT`: before our final dot. `DOT`: the final reply. */
export type TransactionStage = 'MAIL' | 'RCPT' | 'DATA' | 'CONTENT' | 'DOT';

/** What one transaction came to. Recipients in neither list had no answer of their own. */
export interface Transaction {
  /** Answers to RCPT that were not 2yz. */
  readonly refused: ReadonlyMap<RecipientNumber, Answer>;
  readonly accepted: readonly RecipientNumber[];
  /** The last thing that happened; when everything went well the stage is DOT and the answer 250. */
  readonly stage: TransactionStage;
  readonly answer: Answer;
  /** True when a session used before turned out to be closed already: says nothing about the host, dial again. */
  readonly isStale: boolean;
  /** From MAIL to the go-ahead to DATA, or to the end where none came; milliseconds. */
  readonly envelopeMs?: number;
}

/** The bookkeeping of the SMTP engine for one transaction; addresses are positions in the message's list of recipients. */
export interface LinkEnvelope {
  readonly accepted?: readonly string[];
  readonly rejectedErrors?: readonly LinkError[];
}

export interface LinkError {
  readonly command?: string | undefined;
  /** The reply, its lines separated by LF. */
  readonly response?: string | undefined;
  readonly recipient?: string | undefined;
}

/** How far we got ourselves: `DOT` from when the last of the content was handed on. */
export type Phase = 'ENVELOPE' | 'CONTENT' | 'DOT';

export interface Remains {
  readonly recipients: readonly OutgoingRecipient[];
  readonly envelope: LinkEnvelope;
  readonly phase: Phase;
  /** Something came from the peer during this transaction. */
  readonly sawReply: boolean;
  readonly error: LinkError | null;
  /** The final reply where there was no error; empty when there was none. */
  readonly response: string;
  /** Why there was none. */
  readonly silence: Silence;
  /** The session has carried earlier transactions. */
  readonly isReused: boolean;
}

const STAGE_WORDS: { readonly [S in TransactionStage]: string } = {
  MAIL: 'the reply to MAIL',
  RCPT: 'the reply to RCPT',
  DATA: 'the reply to DATA',
  CONTENT: 'the peer to take the content',
  DOT: 'the final reply',
};

export function readTransaction(remains: Remains): Transaction {
  const { recipients, envelope, error, response, silence, isReused } = remains;
  const stage = stageOf(remains);
  const lines = error === null ? response : (error.response ?? '');
  const answer = lines === '' ? noAnswer(silence, STAGE_WORDS[stage]) : readAnswer(lines);
  const refused = new Map<RecipientNumber, Answer>();
  for (const { recipient = '', response: refusal = '' } of envelope.rejectedErrors ?? []) {
    const number = recipients[Number(recipient)]?.number;
    if (number !== undefined) refused.set(number, readAnswer(refusal));
  }
  const accepted = (envelope.accepted ?? [])
    .map((position) => recipients[Number(position)]?.number)
    .filter((number) => number !== undefined);
  const isGone =
    answer.kind === 'SILENCE' ? silence === 'DROPPED' : answer.kind === 'REPLY' && answer.reply.code === 421;
  return { refused, accepted, stage, answer, isStale: isReused && stage === 'MAIL' && isGone };
}

/** A transaction that never began: not a word of it was said. */
export function unbegun(silence: Silence, isStale: boolean): Transaction {
  return { refused: new Map(), accepted: [], stage: 'MAIL', answer: noAnswer(silence, STAGE_WORDS.MAIL), isStale };
}

/** Recipients that have their answer to RCPT. */
export function answeredCount({ accepted = [], rejectedErrors = [] }: LinkEnvelope): number {
  return accepted.length + rejectedErrors.length;
}

function stageOf({ phase, envelope, recipients, sawReply, error }: Remains): TransactionStage {
  if (phase !== 'ENVELOPE') return phase;
  if (error?.command === 'MAIL FROM') return 'MAIL';
  if (error?.command === 'RCPT TO') return 'RCPT';
  if (error?.command === 'DATA') return 'DATA';
  const answered = answeredCount(envelope);
  if (answered === recipients.length) return 'DATA';
  return answered === 0 && !sawReply ? 'MAIL' : 'RCPT';
}
