/**
 * Times and spans as a person says them, in the time zone of whoever looks. No-break spaces keep a number with its unit.
 */
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A day of the month without a time is enough beyond that. */
const NEAR_MS = 48 * HOUR_MS;

/** A span in at most two units: `3 h 46 min`, `8 d 15 h`. Less than a minute is `under a minute`. */
export function spanText(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  const units = days > 0 ? [days, 'd', hours, 'h'] : hours > 0 ? [hours, 'h', rest, 'min'] : [rest, 'min', 0, ''];
  const [first, unit, second, next] = units;
  if (days + hours + rest === 0) return 'under a minute';
  return second === 0 ? `${first}\u00a0${unit}` : `${first}\u00a0${unit} ${second}\u00a0${next}`;
}

/** `02:14` today, `yesterday 21:10`, `tomorrow 10:03`, else `Mon 23 Nov, 10:03`; without its time where `isDay`. */
export function timeText(at: Date, now: Date, timeZone: string, isDay = false): string {
  const days = Math.round((startOfDay(at, timeZone) - startOfDay(now, timeZone)) / DAY_MS);
  const time = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(at);
  if (days === 0) return time;
  if (days === 1) return `tomorrow\u00a0${time}`;
  if (days === -1) return `yesterday\u00a0${time}`;
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short', day: 'numeric', month: 'short' })
    .formatToParts(at)
    .filter(({ type }) => type !== 'literal')
    .map(({ value }) => value);
  const day = parts.join('\u00a0');
  return isDay ? day : `${day}, ${time}`;
}

/** The end of a lifetime: to the minute while it is near, else its day. */
export function expiryText(at: Date, now: Date, timeZone: string): string {
  return timeText(at, now, timeZone, !isNear(at, now));
}

/** Whether it is less than 48 hours away. */
export function isNear(at: Date, now: Date): boolean {
  return at.getTime() - now.getTime() < NEAR_MS;
}

/** The instant as which the day of this one begins, as if its zone were UTC. */
function startOfDay(at: Date, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return Date.parse(`${parts.format(at)}T00:00:00Z`);
}
