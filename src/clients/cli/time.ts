/** Instants as people say them, `in 12 min`, and as they type them, `--since 1h`. */
import { readSpan, UNIT_MS } from '../../mail/duration.ts';
import { type Call, UsageError } from './action.ts';

/** Further away than this a date says more than a number of days. */
const DATES_FROM_MS = 60 * UNIT_MS.d;
/** Units by which a span is said, the largest first. */
const UNITS = [
  ['d', UNIT_MS.d, 'h', UNIT_MS.h],
  ['h', UNIT_MS.h, 'min', UNIT_MS.m],
  ['min', UNIT_MS.m, 's', UNIT_MS.s],
] as const;

/** Says instants against this one, or with `isUtc` as the API writes them. */
export function timeText(nowMs: number, isUtc: boolean): Call['time'] {
  return ((at: string | null | undefined) => {
    if (at === null || at === undefined || isUtc) return at;
    const atMs = Date.parse(at);
    if (Number.isNaN(atMs)) return at;
    const away = Math.abs(atMs - nowMs);
    if (away >= DATES_FROM_MS) return at.slice(0, 10);
    if (away < UNIT_MS.s) return 'now';
    return atMs > nowMs ? `in ${spanText(away)}` : `${spanText(away)} ago`;
  }) as Call['time'];
}

/** A span in at most two units: `40 s`, `12 min`, `2 h 5 min`, `3 d`. */
export function spanText(ms: number): string {
  for (const [unit, unitMs, smaller, smallerMs] of UNITS) {
    if (ms < unitMs) continue;
    const whole = Math.floor(ms / unitMs);
    const rest = Math.floor((ms % unitMs) / smallerMs);
    // The seconds of minutes, and the hours of many days, say nothing.
    const isFine = unit !== 'min' && whole < 10 && rest > 0;
    return `${whole} ${unit}${isFine ? ` ${rest} ${smaller}` : ''}`;
  }
  return `${Math.floor(ms / UNIT_MS.s)} s`;
}

/** An option as an instant of the API: RFC 3339, or a span before (`PAST`) or after (`FUTURE`) now. Throws UsageError. */
export function timeOption(call: Pick<Call, 'text'>, option: string, direction: 'PAST' | 'FUTURE'): string | undefined {
  const text = call.text(option);
  if (text === undefined) return undefined;
  const span = readSpan(text);
  if (span !== null) return new Date(Date.now() + (direction === 'PAST' ? -span : span)).toISOString();
  if (/^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))) return `${text}T00:00:00Z`;
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text)) return text;
  throw new UsageError(
    `--${option} is "${text}": expected a span such as 30m, 12h or 7d, or a time such as 2026-08-01T03:10:00Z`,
  );
}

/** The same as a field of an input; absent when it was not given. */
export function timeField(
  call: Pick<Call, 'text'>,
  option: string,
  direction: 'PAST' | 'FUTURE',
  field = option,
): Record<string, string> {
  const at = timeOption(call, option, direction);
  return at === undefined ? {} : { [field]: at };
}
