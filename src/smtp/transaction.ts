/**
 * One SMTP transaction: what is said, what the peer owes a reply to, and what it came to (RFC 5321 §3.3, RFC 2920).
 *
 * Pure. Keeps what every recipient was answered, also when the connection broke later. A reply counts for the oldest command
 * that has none; one that cannot be its reply puts us out of step, and what comes after it is not believed. Does not judge.
 */
import type { RecipientNumber } from '../mail/outcome.ts';
import { type Answer, isYes, noAnswer, type Silence, unaskedAnswer } from './answer.ts';

/** `DATA`: the reply to the command. `CONTENT`: before our final dot. `DOT`: the final reply. */
export type TransactionStage = 'MAIL' | 'RCPT' | 'DATA' | 'CONTENT' | 'DOT';

/** The result of one transaction. Recipients in neither list had no answer of their own. */
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

/** A command and what it is. `RSET` and `XFORWARD` stand before MAIL. */
export interface Command {
  readonly kind: 'RSET' | 'XFORWARD' | 'MAIL' | 'RCPT' | 'DATA';
  /** Without its CRLF. */
  readonly line: string;
  /** The recipient of a RCPT. */
  readonly recipient?: RecipientNumber;
}

/** The move that a reply leads to. */
export type Move =
  /** The next command waits for its reply, or for being said. */
  | { readonly kind: 'WAIT' }
  /** The peer wants the content. */
  | { readonly kind: 'CONTENT' }
  /** `isFit`: the session can carry another one. */
  | { readonly kind: 'END'; readonly transaction: Transaction; readonly isFit: boolean };

export interface Exchange {
  /** The command whose reply is due next; null after the envelope. */
  readonly due: () => Command | null;
  readonly hear: (answer: Answer) => Move;
  /** Commands that have been said and not answered. */
  readonly owed: () => number;
  /** More replies have come than are owed: none of them is believed. */
  readonly hearUnasked: (lines: string) => Move;
  /** The last of the content, with the final dot, is handed on. */
  readonly finishContent: () => void;
  readonly isBehindDot: () => boolean;
  /** The result if no reply comes any more. */
  readonly endBy: (silence: Silence) => Transaction;
}

const STAGE_WORDS: { readonly [S in TransactionStage]: string } = {
  MAIL: 'the reply to MAIL',
  RCPT: 'the reply to RCPT',
  DATA: 'the reply to DATA',
  CONTENT: 'the peer to take the content',
  DOT: 'the final reply',
};

const WAIT: Move = { kind: 'WAIT' };

export interface ExchangeOptions {
  /** All commands are said at once; else each when `due` names it. */
  readonly isPipelined: boolean;
  /** The session has carried earlier transactions. */
  readonly isReused: boolean;
}

export function createExchange(commands: readonly Command[], { isPipelined, isReused }: ExchangeOptions): Exchange {
  const refused = new Map<RecipientNumber, Answer>();
  const accepted: RecipientNumber[] = [];
  let at = 0;
  /** After the envelope. */
  let phase: 'CONTENT' | 'DOT' | null = null;
  let mailRefusal: Answer | null = null;
  let lastRefusal: Answer | null = null;

  const due = (): Command | null => (phase === null ? (commands[at] ?? null) : null);
  const stage = (): TransactionStage => {
    if (phase !== null) return phase;
    const kind = due()?.kind ?? 'DATA';
    return kind === 'RSET' || kind === 'XFORWARD' ? 'MAIL' : kind;
  };
  const transactionOf = (endStage: TransactionStage, answer: Answer): Transaction => {
    const isStale = isReused && endStage === 'MAIL' && isGone(answer);
    return { refused, accepted, stage: endStage, answer, isStale };
  };
  const end = (endStage: TransactionStage, answer: Answer, isFit: boolean): Move & { kind: 'END' } => ({
    kind: 'END',
    transaction: transactionOf(endStage, answer),
    isFit: isFit && !isGone(answer) && answer.kind === 'REPLY',
  });
  /** The end if it is known that no recipient gets the content; else null. */
  const endWithoutRecipients = (): (Move & { kind: 'END' }) | null => {
    if (mailRefusal !== null) return end('MAIL', mailRefusal, true);
    const isAllAsked = commands.length - at <= 1;
    if (!isAllAsked || accepted.length > 0 || lastRefusal === null) return null;
    return end('RCPT', lastRefusal, true);
  };

  const hearEnvelope = (command: Command, answer: Answer): Move => {
    const { kind, recipient } = command;
    if (isClosing(answer)) return end(stage(), answer, false);
    at += 1;
    switch (kind) {
      case 'RSET':
        // A session that cannot be reset is of no use; that says nothing about the host.
        return isYes(answer) ? WAIT : end('MAIL', noAnswer('DROPPED', STAGE_WORDS.MAIL), false);
      case 'XFORWARD':
        // Where it is refused, the mail goes without.
        return answer.kind === 'REPLY' ? WAIT : end('MAIL', answer, false);
      case 'MAIL':
        if (isYes(answer)) return WAIT;
        if (!isRefusal(answer)) return end('MAIL', answer, false);
        mailRefusal = answer;
        return WAIT;
      case 'RCPT':
        // Without its MAIL it is an answer to nothing.
        if (mailRefusal !== null) return WAIT;
        if (isYes(answer)) accepted.push(recipient ?? 0);
        else refused.set(recipient ?? 0, (lastRefusal = answer));
        return WAIT;
      case 'DATA':
        return hearData(answer);
      default:
        return kind satisfies never;
    }
  };
  const hearData = (answer: Answer): Move => {
    const early = endWithoutRecipients();
    // Deviates: RFC 2920 §3.1 ends content without recipients with a lone dot. A peer that asks for it after it has refused the
    // envelope may take that for an empty message; nothing but the end of the connection is safe to say.
    if (early !== null) return { ...early, isFit: early.isFit && isRefusal(answer) };
    if (isGoAhead(answer)) {
      phase = 'CONTENT';
      return { kind: phase };
    }
    // A 2yz is the reply to something else, and the next 250 would be taken for the final one: mail lost. Then those before
    // it may be replies to something else as well: whom they refuse is not known.
    if (isYes(answer)) refused.clear();
    return end('DATA', answer, isRefusal(answer));
  };

  return {
    due,
    hear(answer) {
      switch (phase) {
        case 'CONTENT':
          // The rest of the content would be taken for commands.
          return end('CONTENT', answer, false);
        case 'DOT':
          // A go-ahead is the reply to something else: the next reply may be the one to the dot.
          return end('DOT', answer, !isGoAhead(answer));
        case null: {
          const command = due();
          if (command === null) return end('DATA', answer, false);
          const move = hearEnvelope(command, answer);
          // What was not said yet need not be.
          return move.kind === 'WAIT' && !isPipelined ? (endWithoutRecipients() ?? move) : move;
        }
        default:
          return phase satisfies never;
      }
    },
    owed: () => {
      if (phase !== null) return phase === 'CONTENT' ? 0 : 1;
      return isPipelined ? commands.length - at : 1;
    },
    hearUnasked: (lines) => end(stage(), unaskedAnswer(lines), false),
    finishContent: () => {
      phase = 'DOT';
    },
    isBehindDot: () => phase === 'DOT',
    endBy: (silence) => {
      const early = endWithoutRecipients();
      if (early !== null) return early.transaction;
      const endStage = stage();
      return transactionOf(endStage, noAnswer(silence, STAGE_WORDS[endStage]));
    },
  };
}

/** A transaction that never began: not a word of it was said. */
export function unbegun(silence: Silence, isStale: boolean): Transaction {
  return { refused: new Map(), accepted: [], stage: 'MAIL', answer: noAnswer(silence, STAGE_WORDS.MAIL), isStale };
}

function isGoAhead(answer: Answer): boolean {
  return answer.kind === 'REPLY' && answer.reply.code >= 300 && answer.reply.code < 400;
}

function isRefusal(answer: Answer): boolean {
  return answer.kind === 'REPLY' && answer.reply.code >= 400;
}

function isClosing(answer: Answer): boolean {
  return answer.kind === 'REPLY' && answer.reply.code === 421;
}

function isGone(answer: Answer): boolean {
  return isClosing(answer) || (answer.kind === 'SILENCE' && answer.silence === 'DROPPED');
}
