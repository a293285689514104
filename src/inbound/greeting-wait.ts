/**
 * The wait before the greeting, for clients never seen before (GREETING_WAIT).
 *
 * Who sends spam in bulk does not wait for 220 and speaks at once; command-parser.ts sees that. Promises that the look into
 * the memory never makes a client wait longer than the wait itself, whatever the memory does.
 */
import type { ClientShare } from './limits.ts';

export interface GreetingWait {
  /** Zero: nobody waits. */
  readonly greetingWaitMs: number;
  /** Whether a client of that network has waited before. Absent: nobody has. */
  readonly isSeenClient?: (network: string) => Promise<boolean>;
  /** A client of that network was greeted; must not wait or throw. */
  readonly rememberClient?: (network: string) => void;
}

/** Calls `greet` once the client may be greeted, at once where it need not wait. `greet` says whether it still was there. */
export function waitToGreet(wait: GreetingWait, client: ClientShare, greet: () => boolean): void {
  if (wait.greetingWaitMs <= 0 || client.isTrusted) {
    greet();
    return;
  }
  let isOver = false;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    if (greet()) wait.rememberClient?.(client.network);
  };
  const timer = setTimeout(end, wait.greetingWaitMs);
  wait.isSeenClient?.(client.network).then(
    (isSeen) => {
      if (isSeen) end();
    },
    () => undefined,
  );
}
