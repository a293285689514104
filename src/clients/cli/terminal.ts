/** The terminal as verbs see it, how they end, and the progress of what lasts. */
import { setInterval } from 'node:timers';

/** A verb's view of the world. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A line of the result, to standard output. */
  print(line: string): void;
  /** A line for whoever watches, to standard error. */
  report(line: string): void;
  /** The line of progress on standard error, which replaces the one before; the empty text removes it. */
  progress(text: string): void;
  /** Whether standard output is a screen that a person looks at. */
  readonly isScreen: boolean;
  /** Whether standard error is a screen: if not, progress is not reported. */
  readonly isWatched: boolean;
  /** Columns of the screen; null if standard output is not one, and lines may have any length. */
  readonly width: number | null;
  /** Aborted when the user wants it to stop. */
  readonly interruption: AbortSignal;
  /** Asks on the terminal and resolves with the line that was typed, empty when interrupted. Null without a terminal to ask on. */
  readonly question: ((text: string) => Promise<string>) | null;
  /** Opens an address in the browser of whoever sits here. False: there is none, or it did not begin. */
  openBrowser(url: string): Promise<boolean>;
  /** Standard input, read to its end. */
  readInput(): Promise<string>;
}

export const DONE = 0;
export const FAILED = 1;
export const WRONG_USE = 2;
/** `plan --detailed-exitcode`: there is something to do. As Terraform has it, the same number as WRONG_USE. */
export const CHANGES = 2;
export type ExitCode = typeof DONE | typeof FAILED | typeof WRONG_USE;

/** Whether lines may have colours: on a screen, unless NO_COLOR forbids it. */
export function mayStyle({ isScreen, env }: Pick<Terminal, 'isScreen' | 'env'>): boolean {
  return isScreen && (env['NO_COLOR'] ?? '') === '';
}

export interface Progress {
  /** Says what is being done; shown from the second second on. */
  say(text: string): void;
  /** Nothing is shown while a person is asked. */
  pause<T>(work: () => Promise<T>): Promise<T>;
  end(): void;
}

const TICK_MS = 1_000;

/** Shows what is being done, and for how long, once that lasts for more than a second; only if somebody watches. */
export function startProgress(terminal: Pick<Terminal, 'isWatched' | 'progress'>): Progress {
  if (!terminal.isWatched) return { say: () => undefined, pause: (work) => work(), end: () => undefined };
  let text = 'waiting for the service';
  let seconds = 0;
  let isPaused = false;
  let isShown = false;
  const timer = setInterval(() => {
    seconds += 1;
    if (isPaused) return;
    terminal.progress(`${text}, ${seconds} s`);
    isShown = true;
  }, TICK_MS);
  timer.unref();
  const clear = (): void => {
    if (isShown) terminal.progress('');
    isShown = false;
  };
  return {
    say: (next) => void (text = next),
    async pause(work) {
      isPaused = true;
      clear();
      try {
        return await work();
      } finally {
        isPaused = false;
        seconds = 0;
      }
    },
    end() {
      clearInterval(timer);
      clear();
    },
  };
}
