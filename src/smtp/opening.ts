/**
 * The beginning of an SMTP session: greeting, EHLO or HELO, STARTTLS and EHLO again (RFC 5321 §3.1, §3.2, RFC 3207).
 *
 * Promises: every wait is bounded, and an abort ends it at once. More replies than commands put us out of step: nothing more is
 * believed. What came in clear after the 220 to STARTTLS is forgotten (RFC 3207 §6). Does not judge the certificate of the peer.
 */
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type HandshakeTurn, handshakeTurns } from '../dns/handshake-turns.ts';
import type { HostTrouble } from '../mail/outcome.ts';
import { LET_PASS } from '../tls/peer.ts';
import { type Answer, noAnswer, readAnswer, type Silence, unaskedAnswer } from './answer.ts';
import type { SmtpLink } from './link.ts';
import type { SmtpTimeouts } from './session.ts';

export type OpenFailure =
  /** `reply`: the peer's words, or ours in brackets. */
  | { readonly kind: 'TROUBLE'; readonly trouble: HostTrouble; readonly reply: string }
  /** The signal was aborted: says nothing about the host. */
  | { readonly kind: 'STOPPED'; readonly reply: string };

export interface OpeningOptions {
  /** The peer's. */
  readonly address: string;
  /** Our name in EHLO. */
  readonly ehloName: string;
  /** False: STARTTLS is not used, even if it is offered. */
  readonly useTls: boolean;
  /** The name that SNI asks for. */
  readonly serverName: string;
  /** PEM certificates of authorities in place of the runtime's. */
  readonly authorities?: readonly string[] | undefined;
  readonly timeouts: Pick<SmtpTimeouts, 'greetingMs' | 'commandMs'>;
  readonly signal?: AbortSignal | undefined;
}

export interface Greeted {
  readonly kind: 'GREETED';
  /** The last reply to EHLO or HELO, its lines separated by LF. */
  readonly offers: string;
  /** The TLS connection; null in clear text. */
  readonly secured: TLSSocket | null;
}

/** `TURN`: nothing is asked; the handshake waits for its turn. */
type Stage = 'GREETING' | 'EHLO' | 'HELO' | 'TURN' | 'STARTTLS';

const STAGE_WORDS: { readonly [S in Stage]: string } = {
  GREETING: 'the greeting',
  EHLO: 'the reply to EHLO',
  HELO: 'the reply to EHLO',
  TURN: 'a turn for the TLS handshake',
  STARTTLS: 'the TLS handshake',
};

/** Says and hears everything before the first MAIL. */
export function openDialogue(link: SmtpLink, options: OpeningOptions): Promise<Greeted | OpenFailure> {
  const { address, ehloName, useTls, serverName, authorities, timeouts, signal } = options;
  return new Promise((resolve) => {
    let stage: Stage = 'GREETING';
    let secured: TLSSocket | null = null;
    let turn: HandshakeTurn | null = null;
    let turnFromBytes = 0;
    let isFinished = false;

    const endTurn = (): void => turn?.end(link.receivedBytes() - turnFromBytes);
    const finish = (opening: Greeted | OpenFailure): void => {
      if (isFinished) return;
      isFinished = true;
      endTurn();
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      resolve(opening);
    };
    const fail = (answer: Answer): void =>
      finish({ kind: 'TROUBLE', trouble: troubleOf(stage, answer), reply: answer.text });
    const failBy = (silence: Silence): void => fail(noAnswer(silence, STAGE_WORDS[stage]));
    const onAbort = (): void => finish({ kind: 'STOPPED', reply: noAnswer('STOPPED', STAGE_WORDS[stage]).text });

    /** @param after replies that have come already. A 421 may come at any time (RFC 5321 §3.8), and is heard next. */
    const isInStep = (next: Stage, after: readonly string[]): boolean => {
      stage = next;
      const [first] = after;
      const isUnasked = first !== undefined && !/^421[ -]/.test(first);
      if (isUnasked) fail(unaskedAnswer(after.join('\n')));
      return !isUnasked;
    };
    const say = (next: Stage, line: string, after: readonly string[] = []): void => {
      if (!isInStep(next, after)) return;
      clearTimeout(timer);
      timer = setTimeout(() => failBy('TIMEOUT'), timeouts.commandMs);
      return link.write(`${line}\r\n`);
    };
    const sayEhlo = (after?: readonly string[]): void => say('EHLO', `EHLO ${ehloName}`, after);
    /** The wait is part of that for the reply to EHLO. */
    const sayStartTls = async (after: readonly string[]): Promise<void> => {
      if (!isInStep('STARTTLS', after)) return;
      stage = 'TURN';
      turn = await handshakeTurns.take(address);
      if (isFinished) return endTurn();
      turnFromBytes = link.receivedBytes();
      say('STARTTLS', 'STARTTLS');
    };
    const startTls = (): void =>
      link.startTls(
        {
          ...LET_PASS,
          host: serverName,
          ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
          ...(authorities === undefined ? {} : { ca: [...authorities] }),
        },
        (socket) => {
          secured = socket;
          endTurn();
          if (!isFinished) sayEhlo();
        },
      );
    const greeted = (offers: string, after: readonly string[]): void => {
      if (after.length > 0) fail(unaskedAnswer(after.join('\n')));
      else finish({ kind: 'GREETED', offers, secured });
    };
    const onReply = (lines: string, after: readonly string[]): void => {
      if (isFinished) return link.cut();
      const isYes = lines.startsWith('2');
      switch (stage) {
        case 'GREETING':
          return lines.startsWith('220') ? sayEhlo(after) : fail(readAnswer(lines));
        case 'EHLO':
          if (isYes && useTls && secured === null && /[ -]STARTTLS\b/i.test(lines)) return void sayStartTls(after);
          if (isYes) return greeted(lines, after);
          return lines.startsWith('421') || !link.isAlive()
            ? fail(readAnswer(lines))
            : say('HELO', `HELO ${ehloName}`, after);
        case 'HELO':
          return isYes ? greeted(lines, after) : fail(readAnswer(lines));
        case 'TURN':
          return fail(lines.startsWith('421') ? readAnswer(lines) : unaskedAnswer(lines));
        case 'STARTTLS':
          return isYes ? startTls() : fail(readAnswer(lines));
        default:
          return stage satisfies never;
      }
    };

    let timer = setTimeout(() => failBy('TIMEOUT'), timeouts.greetingMs);
    signal?.addEventListener('abort', onAbort);
    link.listen({ onReply, onEnd: () => failBy('DROPPED') });
  });
}

const TROUBLE_OF_ANSWER = { REPLY: 'GREETING', JUNK: 'FAULT' } as const;

/** Whatever goes wrong between STARTTLS and the second EHLO is trouble with TLS: the host may still take mail in clear. */
function troubleOf(stage: Stage, answer: Answer): HostTrouble {
  if (stage === 'STARTTLS') return 'TLS';
  if (answer.kind !== 'SILENCE') return TROUBLE_OF_ANSWER[answer.kind];
  return answer.silence === 'TIMEOUT' ? 'TIMEOUT' : 'DROPPED';
}
