/**
 * Says one command at a time on a greeted link and waits for its reply, within a limit for several together.
 *
 * Promises: `say` always resolves, once the link has ended at once; no word goes out after `cut`. Knows no commands.
 */
import { type Answer, noAnswer, readAnswer, type Silence } from './answer.ts';
import type { SmtpLink } from './link.ts';

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
    // Words that nobody asked for put us out of step.
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
