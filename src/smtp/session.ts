/**
 * One open SMTP session: many messages one after another, each answered recipient by recipient (RFC 5321 §3.3, RFC 2920).
 *
 * Promises: `send` always resolves; nothing of the content goes out before the go-ahead to DATA; after an abort nothing more
 * goes out; a reply that comes before our final dot is never taken for an acceptance. Where the peer takes it (PIPELINING) a
 * transaction costs two writes, its envelope and its content with the dot. Every wait is bounded (RFC 5321 §4.5.3.2): for a
 * reply until it is whole, for a block of content until it is on its way.
 */
import { Buffer } from 'node:buffer';
import { readAnswer, type Silence } from './answer.ts';
import { mailCommand, type OutgoingEnvelope, rcptCommand, type SmtpOffers, xforwardCommands } from './commands.ts';
import { createContentEncoder } from './content.ts';
import { quit, type SmtpLink } from './link.ts';
import { type Command, createExchange, type Exchange, type Move, type Transaction, unbegun } from './transaction.ts';
import { monotonicMs } from '../clock.ts';

export interface OutgoingMessage extends OutgoingEnvelope {
  readonly content: Uint8Array;
  /** Aborting cuts the session, unless the final dot is on its way: then the reply is still waited for. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Asked right before the final dot: false cuts the session as an abort does, also if there was no time to abort yet. The
   * rest of the content waits for the answer; an abort does not.
   */
  readonly mayFinish?: (() => boolean | Promise<boolean>) | undefined;
}

export interface SmtpSession {
  readonly offers: SmtpOffers;
  /** `TLSv1.3 TLS_AES_256_GCM_SHA384 verified by DANE`, without the last words where the peer was not; null for clear text. */
  readonly tls: string | null;
  /** Our own address on this connection, or null. */
  readonly localAddress: string | null;
  readonly isAlive: () => boolean;
  /** Transactions begun. */
  readonly messageCount: () => number;
  /** One at a time. */
  readonly send: (message: OutgoingMessage) => Promise<Transaction>;
  /** QUIT, waiting a moment for the farewell. Resolves when the connection is gone. */
  readonly close: () => Promise<void>;
  /** Cuts the connection at once. */
  readonly abort: () => void;
}

export interface SessionParts {
  readonly link: SmtpLink;
  readonly offers: SmtpOffers;
  readonly tls: string | null;
  readonly localAddress: string | null;
  readonly timeouts: SmtpTimeouts;
  /** Content goes out in pieces of this size. */
  readonly blockBytes: number;
}

/** The transaction under way. */
interface Pending {
  readonly message: OutgoingMessage;
  readonly exchange: Exchange;
  readonly settle: (transaction: Transaction) => void;
  readonly beganAtMs: number;
  envelopeMs: number | null;
}

/** Makes a session of a link that has been greeted. */
export function createSession({ link, offers, tls, localAddress, timeouts, blockBytes }: SessionParts): SmtpSession {
  let pending: Pending | null = null;
  let messageCount = 0;
  let needsReset = false;

  const cut = (silence: Silence): void => {
    watchdog.stop();
    link.cut();
    if (pending !== null) finish(pending, pending.exchange.endBy(silence));
  };
  const watchdog = createWatchdog(() => cut('TIMEOUT'));
  const allow = watchdog.expect;

  const finish = (mine: Pending, transaction: Transaction): void => {
    pending = null;
    watchdog.rest();
    mine.message.signal?.removeEventListener('abort', onAbort);
    needsReset = transaction.stage !== 'DOT';
    const envelopeMs = mine.envelopeMs ?? monotonicMs() - mine.beganAtMs;
    mine.settle({ ...transaction, envelopeMs });
  };
  const onAbort = (): void => {
    if (pending?.exchange.isBehindDot() !== true) cut('STOPPED');
  };

  const onReply = (lines: string, after: readonly string[]): void => {
    // Unasked words.
    if (pending === null) return cut('DROPPED');
    const { exchange } = pending;
    const isUnasked = after.length >= exchange.owed() && !exchange.isBehindDot() && !after[0]?.startsWith('421');
    if (after.length > 0 && isUnasked) make(pending, exchange.hearUnasked([lines, ...after].join('\n')));
    else make(pending, exchange.hear(readAnswer(lines)));
  };
  const make = (mine: Pending, move: Move): void => {
    switch (move.kind) {
      case 'WAIT':
        return ask(mine, offers.pipelining);
      case 'CONTENT':
        mine.envelopeMs = monotonicMs() - mine.beganAtMs;
        return writeContent(mine);
      case 'END':
        if (!move.isFit) {
          watchdog.stop();
          link.cut();
        }
        return finish(mine, move.transaction);
      default:
        return move satisfies never;
    }
  };
  /** Waits for the reply that is due, once its command has been said. */
  const ask = ({ exchange }: Pending, isSaid: boolean): void => {
    const due = exchange.due();
    allow(due?.kind === 'DATA' ? timeouts.dataMs : timeouts.commandMs);
    if (!isSaid && due !== null) link.write(`${due.line}\r\n`);
  };
  const writeContent = (mine: Pending): void => {
    // A view, not a copy.
    const { buffer, byteOffset, byteLength } = mine.message.content;
    const content = Buffer.from(buffer, byteOffset, byteLength);
    const encoder = createContentEncoder();
    let offset = 0;
    const next = (): void => {
      if (pending !== mine) return;
      const block = content.subarray(offset, offset + blockBytes);
      offset += block.length;
      if (offset < byteLength) {
        allow(timeouts.blockMs);
        link.write(encoder.encode(block), next);
      } else {
        const mayFinish = mine.message.mayFinish?.() ?? true;
        if (typeof mayFinish === 'boolean') return finishWith(block, mayFinish);
        watchdog.rest();
        void mayFinish.catch(() => false).then((isFree) => finishWith(block, isFree));
      }
    };
    const finishWith = (block: Buffer, mayFinish: boolean): void => {
      if (pending !== mine) return;
      if (!mayFinish) return cut('STOPPED');
      mine.exchange.finishContent();
      allow(timeouts.blockMs);
      link.write(encoder.end(block), () => {
        if (pending === mine) allow(timeouts.dotMs);
      });
    };
    next();
  };

  link.listen({
    onReply,
    onEnd: () => cut('DROPPED'),
  });

  const transact = (message: OutgoingMessage, commands: readonly Command[]): Promise<Transaction> =>
    new Promise((settle) => {
      const exchange = createExchange(commands, { isPipelined: offers.pipelining, isReused: messageCount > 0 });
      const mine: Pending = { message, exchange, settle, beganAtMs: monotonicMs(), envelopeMs: null };
      pending = mine;
      messageCount += 1;
      needsReset = false;
      message.signal?.addEventListener('abort', onAbort);
      if (!link.isAlive()) return cut('DROPPED');
      if (offers.pipelining) link.write(commands.map(({ line }) => `${line}\r\n`).join(''));
      ask(mine, offers.pipelining);
    });

  return {
    offers,
    tls,
    localAddress,
    isAlive: link.isAlive,
    messageCount: () => messageCount,
    async send(message) {
      if (message.signal?.aborted) return unbegun('STOPPED', false);
      return transact(message, commandsOf(message, offers, needsReset));
    },
    close: () => {
      // `quit` has a limit of its own. The timer would hold the session for minutes.
      watchdog.stop();
      return quit(link, timeouts.quitMs);
    },
    abort: () => cut('STOPPED'),
  };
}

function commandsOf(message: OutgoingMessage, offers: SmtpOffers, needsReset: boolean): Command[] {
  const commands: Command[] = [];
  if (needsReset) commands.push({ kind: 'RSET', line: 'RSET' });
  const { client = null } = message;
  const forwards = client === null ? [] : xforwardCommands(client, offers.xforward);
  for (const line of forwards) commands.push({ kind: 'XFORWARD', line });
  commands.push({ kind: 'MAIL', line: mailCommand(message, message.content.byteLength, offers) });
  for (const recipient of message.recipients) {
    commands.push({ kind: 'RCPT', line: rcptCommand(recipient, offers), recipient: recipient.number });
  }
  commands.push({ kind: 'DATA', line: 'DATA' });
  return commands;
}

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

/**
 * Notices that what is expected has not come in time.
 *
 * One timer serves a whole session and is hardly touched on the fast path: `expect` only notes the time, and the timer, when it
 * fires, looks whether the limit has really passed. A session may carry thousands of messages a second.
 */
function createWatchdog(onExpired: () => void) {
  let dueAtMs = Number.POSITIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let firesAtMs = Number.POSITIVE_INFINITY;
  let isStopped = false;

  const arm = (inMs: number): void => {
    if (timer !== null) clearTimeout(timer);
    firesAtMs = monotonicMs() + inMs;
    timer = setTimeout(fire, inMs);
  };
  const fire = (): void => {
    timer = null;
    firesAtMs = Number.POSITIVE_INFINITY;
    if (dueAtMs === Number.POSITIVE_INFINITY) return;
    const remainingMs = dueAtMs - monotonicMs();
    if (remainingMs <= 0) onExpired();
    else arm(remainingMs);
  };
  return {
    expect(limitMs: number): void {
      if (isStopped) return;
      dueAtMs = monotonicMs() + limitMs;
      if (dueAtMs < firesAtMs) arm(limitMs);
    },
    /** Nothing is expected any more. */
    rest(): void {
      dueAtMs = Number.POSITIVE_INFINITY;
    },
    stop(): void {
      isStopped = true;
      dueAtMs = Number.POSITIVE_INFINITY;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
