/**
 * One open SMTP session: many messages one after another, each answered recipient by recipient (RFC 5321 §3.3, RFC 2920).
 *
 * Promises: `send` always resolves; nothing of the content goes out before the go-ahead to DATA; after an abort nothing more
 * goes out; a reply that comes before our final dot is never taken for an acceptance. Line ends are CRLF and leading dots
 * doubled by nodemailer's stream; nothing else of the content changes.
 */
import { Buffer } from 'node:buffer';
import type { Writable } from 'node:stream';
import { monotonicMs } from '../clock.ts';
import type { Silence } from './smtp-answer.ts';
import { mailCommand, type OutgoingEnvelope, rcptCommand, type SmtpOffers } from './smtp-commands.ts';
import type { SmtpTimeouts } from './smtp-timeouts.ts';
import {
  answeredCount,
  type LinkEnvelope,
  type LinkError,
  type Phase,
  readTransaction,
  type Transaction,
  unbegun,
} from './smtp-transaction.ts';
import { createWatchdog } from './watchdog.ts';

export interface OutgoingMessage extends OutgoingEnvelope {
  readonly content: Uint8Array;
  /** Aborting cuts the session, unless the final dot is on its way: then the reply is still waited for. */
  readonly signal?: AbortSignal | undefined;
}

export interface SmtpSession {
  readonly offers: SmtpOffers;
  /** `TLSv1.3 TLS_AES_256_GCM_SHA384 verified by DANE`, without the last words where nobody was; null for clear text. */
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

/** What a session needs of the SMTP engine under it. */
export interface SmtpLink {
  /** Called with each command before it leaves; returns what really leaves. */
  rewriteCommand: (line: string) => string;
  /** `pipe` is called after the go-ahead to DATA. The envelope fills up while the transaction goes on. */
  readonly send: (
    recipientCount: number,
    pipe: (stream: Writable) => void,
    done: (envelope: LinkEnvelope, error: LinkError | null, response: string) => void,
  ) => LinkEnvelope;
  readonly lastReply: () => string;
  /** What came behind the last reply already, its lines separated by LF. */
  readonly unread: () => string;
  /** Says one command outside a message. `done` gets the reply, its lines separated by LF; a connection that ends first calls nothing. */
  readonly ask: (line: string, done: (reply: string) => void) => void;
  readonly reset: (done: (isReset: boolean) => void) => void;
  readonly quit: () => void;
  /** Ends the connection at once; nothing is called back for what was in flight. */
  readonly cut: () => void;
  readonly onData: (listener: () => void) => void;
  readonly onEnd: (listener: () => void) => void;
  readonly isAlive: () => boolean;
}

export interface SessionParts {
  readonly link: SmtpLink;
  readonly offers: SmtpOffers;
  readonly tls: string | null;
  readonly localAddress: string | null;
  readonly timeouts: SmtpTimeouts;
  readonly blockBytes: number;
}

/** The transaction under way. */
interface Pending {
  readonly message: OutgoingMessage;
  readonly settle: (transaction: Transaction) => void;
  envelope: LinkEnvelope;
  phase: Phase;
  sawReply: boolean;
  readonly beganAtMs: number;
  envelopeMs: number | null;
}

/** Makes a session of a link that has been greeted. */
export function createSession({ link, offers, tls, localAddress, timeouts, blockBytes }: SessionParts): SmtpSession {
  let pending: Pending | null = null;
  let messageCount = 0;
  let needsReset = false;
  /** Whoever waits for the reply to RSET. */
  let onReset: ((isReset: boolean) => void) | null = null;

  const watchdog = createWatchdog(() => cut('TIMEOUT'));
  link.onData(() => {
    if (pending === null) return;
    pending.sawReply = true;
    // Behind the dot only the whole reply counts.
    if (pending.phase !== 'DOT') watchdog.progress();
  });
  link.onEnd(() => {
    watchdog.stop();
    onReset?.(false);
    // Where the engine knows more, it says so in this same turn.
    setImmediate(() => finish(null, '', 'DROPPED'));
  });

  const cut = (silence: Silence): void => {
    watchdog.stop();
    link.cut();
    finish(null, '', silence);
  };
  const finish = (error: LinkError | null, response: string, silence: Silence): void => {
    if (pending === null) return;
    const { message, settle, envelope, phase, sawReply } = pending;
    const envelopeMs = pending.envelopeMs ?? monotonicMs() - pending.beganAtMs;
    const { recipients } = message;
    const isReused = messageCount > 1;
    const ended = readTransaction({ recipients, envelope, phase, sawReply, error, response, silence, isReused });
    pending = null;
    watchdog.rest();
    message.signal?.removeEventListener('abort', onAbort);
    needsReset = ended.stage !== 'DOT';
    // A reply before our final dot: the rest of the content would be taken for commands.
    if (ended.stage === 'CONTENT') cut(silence);
    settle({ ...ended, envelopeMs });
  };
  const onAbort = (): void => {
    if (pending?.phase !== 'DOT') cut('STOPPED');
  };

  const pipe = (stream: Writable): void => {
    if (pending === null) return;
    const goAhead = link.lastReply();
    const early = link.unread();
    pending.envelopeMs = monotonicMs() - pending.beganAtMs;
    if (goAhead.startsWith('3') && early === '') {
      pending.phase = 'CONTENT';
      writeContent(stream, pending);
      return;
    }
    // nodemailer also takes 2yz for a go-ahead, and what came behind a 354 for the final reply. From a server out of step that
    // is the reply to something else, and its 250 would be taken for the final one: mail lost.
    finish({ command: 'DATA', response: `${goAhead}\n${early}`.trimEnd() }, '', 'DROPPED');
    cut('DROPPED');
  };
  const writeContent = (stream: Writable, mine: Pending): void => {
    // A view, not a copy.
    const { buffer, byteOffset, byteLength } = mine.message.content;
    const content = Buffer.from(buffer, byteOffset, byteLength);
    let offset = 0;
    const next = (): void => {
      if (pending !== mine) return;
      const start = offset;
      offset = Math.min(start + blockBytes, byteLength);
      const block = offset - start === byteLength ? content : content.subarray(start, offset);
      if (offset < byteLength) {
        watchdog.expect(timeouts.blockMs, () => timeouts.blockMs);
        stream.write(block, next);
      } else {
        mine.phase = 'DOT';
        watchdog.expect(timeouts.dotMs, () => timeouts.dotMs);
        stream.end(block);
      }
    };
    next();
  };

  const transact = (message: OutgoingMessage): Promise<Transaction> =>
    new Promise((settle) => {
      const beganAtMs = monotonicMs();
      const mine: Pending = {
        message,
        settle,
        envelope: {},
        phase: 'ENVELOPE',
        sawReply: false,
        beganAtMs,
        envelopeMs: null,
      };
      const total = message.recipients.length;
      pending = mine;
      messageCount += 1;
      link.rewriteCommand = (line) => {
        if (line.startsWith('MAIL FROM:')) return mailCommand(message, message.content.byteLength, offers);
        const recipient = line.startsWith('RCPT TO:<') ? message.recipients[Number(line.slice(9, -1))] : undefined;
        return recipient === undefined ? line : rcptCommand(recipient, offers);
      };
      const endsAtMs = beganAtMs + (total + 2) * timeouts.commandMs;
      watchdog.expect(Math.min(timeouts.commandMs, timeouts.dataMs), () => {
        // A peer that sends an octet now and then makes no progress for ever.
        if (monotonicMs() >= endsAtMs) return 0;
        return answeredCount(mine.envelope) === total ? timeouts.dataMs : timeouts.commandMs;
      });
      message.signal?.addEventListener('abort', onAbort);
      const envelope = link.send(total, pipe, (finalEnvelope, error, response) => {
        if (pending !== mine) return;
        mine.envelope = finalEnvelope;
        finish(error, response, 'DROPPED');
      });
      mine.envelope = envelope;
    });

  /** False when the session can no longer be used. */
  const reset = (): Promise<boolean> =>
    new Promise((resolve) => {
      onReset = resolve;
      watchdog.expect(timeouts.commandMs, () => timeouts.commandMs);
      link.reset(resolve);
    });

  return {
    offers,
    tls,
    localAddress,
    isAlive: link.isAlive,
    messageCount: () => messageCount,
    async send(message) {
      if (message.signal?.aborted) return unbegun('STOPPED', false);
      if (needsReset) {
        needsReset = false;
        if (!(await reset())) {
          cut('DROPPED');
          return unbegun('DROPPED', true);
        }
      }
      return transact(message);
    },
    close: () => quit(link, timeouts.quitMs),
    abort: () => cut('STOPPED'),
  };
}

/** QUIT, waiting a moment for the farewell. Resolves when the connection is gone. */
export function quit(link: SmtpLink, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    if (!link.isAlive()) {
      link.cut();
      resolve();
      return;
    }
    const timer = setTimeout(link.cut, limitMs);
    link.onEnd(() => {
      clearTimeout(timer);
      resolve();
    });
    link.quit();
  });
}
