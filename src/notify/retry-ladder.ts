/**
 * When a delivery that failed is tried again: soon at first, then for five days.
 *
 * The steps are those that the Standard Webhooks specification proposes. A receiver that asks for more time gets it, within
 * bounds. Pure; all in seconds.
 */

const MINUTE = 60;
const HOUR = 3600;
const STEPS = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR];
/** A receiver that is tried with others at once shall not meet them all again at once. */
const JITTER = 0.1;
const MOST_ASKED_FOR = 24 * HOUR;

/** A delivery that has not succeeded by then is given up, and a webhook that has not for so long is disabled. */
export const GIVE_UP_AFTER_SECONDS = 120 * HOUR;

/** After the attempt with this number, from 1 on. `random`: from 0 to 1. `askedFor`: of Retry-After, or null. */
export function secondsToNext(attemptCount: number, random: number, askedFor: number | null): number {
  const step = STEPS[Math.min(attemptCount, STEPS.length) - 1] ?? 0;
  return Math.max(step * (1 + random * JITTER), Math.min(askedFor ?? 0, MOST_ASKED_FOR));
}

/** Of a Retry-After field: seconds, or a date (RFC 9110 §10.2.3). Null when it is neither. */
export function retryAfterSeconds(field: string | undefined, nowMs: number): number | null {
  const text = field?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const atMs = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? null : Math.max(0, (atMs - nowMs) / 1000);
}
