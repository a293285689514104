/**
 * Looks that are repeated, with a pause between the end of one and the next: never two at once, and a fault ends none.
 */

export interface Looks {
  /** The next one now, unless one is under way. */
  readonly soon: () => void;
  /** No more. Resolves when none is under way. */
  readonly stop: () => Promise<void>;
}

export interface LooksDeps {
  readonly look: () => Promise<void>;
  /** Before the first one, too. */
  readonly pauseMs: () => number;
  readonly onFault: (error: unknown) => void;
}

export function startLooks({ look, pauseMs, onFault }: LooksDeps): Looks {
  let isStopped = false;
  let looking: Promise<void> | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const arm = (afterMs: number): void => {
    if (isStopped) return;
    timer = setTimeout(() => {
      looking = look()
        .catch(onFault)
        .finally(() => {
          looking = null;
          arm(pauseMs());
        });
    }, afterMs);
  };
  arm(pauseMs());
  return {
    soon: () => {
      if (looking !== null) return;
      clearTimeout(timer);
      arm(0);
    },
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
