/**
 * Spans of time as ISO 8601 writes them, with weeks, days, hours, minutes and seconds. Years and months have no fixed length, and
 * are not taken.
 */

const PART_MS = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1_000 } as const;
const ISO =
  /^P(?!$)(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,12}(?:\.\d{1,3})?)S)?)?$/;

/** Milliseconds; null when the text is no such span: `PT15M`, `P1DT12H`. */
export function parseDuration(text: string): number | null {
  const parts = ISO.exec(text.trim().toUpperCase());
  if (parts === null) return null;
  const [weeks, days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  const { days: dayMs, hours: hourMs, minutes: minuteMs, seconds: secondMs } = PART_MS;
  const ms = ((weeks ?? 0) * 7 + (days ?? 0)) * dayMs + (hours ?? 0) * hourMs + (minutes ?? 0) * minuteMs;
  return Math.round(ms + (seconds ?? 0) * secondMs);
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Milliseconds of a span as people type it: `90s`, `30m`, `12h`, `7d`, `2w`, or as ISO 8601 writes it. Null when it is neither. */
export function readSpan(text: string): number | null {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhdw])$/.exec(text.trim().toLowerCase()) ?? [];
  const unitMs = UNITS[unit];
  return unitMs === undefined ? parseDuration(text) : Number(count) * unitMs;
}

/** The shortest form in days, hours, minutes and seconds: `PT0.125S`, `P1DT12H`; `PT0S` for nothing. */
export function formatDuration(ms: number): string {
  const part = (of: number, unitMs: number): number => Math.floor(of / unitMs);
  const whole = Math.max(Math.round(ms), 0);
  const days = part(whole, PART_MS.days);
  const hours = part(whole % PART_MS.days, PART_MS.hours);
  const minutes = part(whole % PART_MS.hours, PART_MS.minutes);
  const seconds = (whole % PART_MS.minutes) / PART_MS.seconds;
  const time = [hours > 0 ? `${hours}H` : '', minutes > 0 ? `${minutes}M` : '', seconds > 0 ? `${seconds}S` : ''].join(
    '',
  );
  const date = days > 0 ? `${days}D` : '';
  if (time === '') return date === '' ? 'PT0S' : `P${date}`;
  return `P${date}T${time}`;
}
