/**
 * The wait at the start for what passes by itself: it says what it waits for, and gives up after a minute.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../clock.ts';
import { UnavailableError } from './start-error.ts';

const PATIENCE_MS = 60_000;
const TRY_EVERY_MS = 500;
const TELL_EVERY_MS = 5_000;

export interface Patience {
  /** Called with the reason at the first failure and every five seconds after. */
  readonly onWait: (reason: string) => void;
  /** How long to wait at the most. Default 60 s. */
  readonly patienceMs?: number;
}

/**
 * The result of `attempt`, which is tried until it throws nothing that passes.
 *
 * @param toldAsLast what the error at the end says, of the last reason and the seconds waited
 * @throws what `attempt` throws; UnavailableError when the time is up
 */
export async function withPatience<T>(
  attempt: () => Promise<T>,
  { onWait, patienceMs = PATIENCE_MS }: Patience,
  toldAsLast = (reason: string, seconds: number) => `${reason} (waited ${seconds} s)`,
): Promise<T> {
  const startedAt = monotonicMs();
  let toldAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    const trouble = await attempt().then(
      (value) => ({ value }),
      (error: unknown) => {
        if (error instanceof UnavailableError && error.isPassing) return error;
        throw error;
      },
    );
    if ('value' in trouble) return trouble.value;
    const now = monotonicMs();
    if (now - startedAt + TRY_EVERY_MS > patienceMs) {
      const seconds = Math.round((now - startedAt) / 1000);
      throw new UnavailableError(toldAsLast(trouble.message, seconds));
    }
    if (now - toldAt >= TELL_EVERY_MS) {
      toldAt = now;
      onWait(trouble.message);
    }
    await sleep(TRY_EVERY_MS);
  }
}
