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

/** `in 3 min`, `in 40 s`; `now` within a second. */
export function dueText(at: Date, now: Date): string {
  const ms = at.getTime() - now.getTime();
  return ms < 1000 ? 'now' : `in ${ms < 60_000 ? `${Math.round(ms / 1000)}\u00a0s` : spanText(ms)}`;
}

/** `2 s ago`, `3 h 46 min ago`; a clock that is ahead of ours is no reason to count backwards. */
export function agoText(at: Date, now: Date): string {
  return `${shortSpanText(Math.max(0, now.getTime() - at.getTime()))} ago`;
}

/** A span that may be of seconds: `40 s`. */
export function shortSpanText(ms: number): string {
  return ms < 60_000 ? `${Math.floor(ms / 1000)}\u00a0s` : spanText(ms);
}

/** `every 15 minutes`, `every hour`, `every 2 hours`. */
export function intervalText(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  const [count, unit] = minutes % 60 === 0 ? [minutes / 60, 'hour'] : [minutes, 'minute'];
  return count === 1 ? `every ${unit}` : `every ${count} ${unit}s`;
}

/** How far the clocks of a zone are ahead of UTC at an instant, in milliseconds. */
export function zoneOffsetMs(at: Date, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(at);
  const of = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((part) => part.type === type)?.value);
  const local = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  return local - Math.floor(at.getTime() / 1000) * 1000;
}

/** The instant at which the day begins that this one lies in, or one so many days before it. */
export function dayBegin(at: Date, timeZone: string, daysBefore = 0): Date {
  return localInstant(startOfDay(at, timeZone) - daysBefore * DAY_MS, timeZone);
}

/** The day of an instant as a field for dates has it, `2026-12-01`. */
export function dayText(at: Date, timeZone: string): string {
  return new Date(startOfDay(at, timeZone)).toISOString().slice(0, 10);
}

/** The beginning of a day as a field for dates has it, `2026-12-01`; null if it is another text. */
export function dayIn(text: string, timeZone: string): Date | null {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  return Number.isNaN(ms) ? null : localInstant(ms, timeZone);
}

/** Whether it is less than 48 hours away. */
export function isNear(at: Date, now: Date): boolean {
  return at.getTime() - now.getTime() < NEAR_MS;
}

/** The instant at which clocks of the zone show this time, given as if the zone were UTC. */
function localInstant(localMs: number, timeZone: string): Date {
  const guess = new Date(localMs - zoneOffsetMs(new Date(localMs), timeZone));
  return new Date(localMs - zoneOffsetMs(guess, timeZone));
}

/** The instant as which the day of this one begins, as if its zone were UTC. */
function startOfDay(at: Date, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return Date.parse(`${parts.format(at)}T00:00:00Z`);
}
