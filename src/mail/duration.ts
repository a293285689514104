/**
 * Spans of time as ISO 8601 writes them, with weeks, days, hours, minutes and seconds. Years and months have no fixed length, and
 * are not taken.
 */

/** Milliseconds of each unit that a span is written in. */
export const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
type SpanUnit = keyof typeof UNIT_MS;

const ISO =
  /^P(?!$)(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,12}(?:\.\d{1,3})?)S)?)?$/;

/** Milliseconds; null when the text is no such span: `PT15M`, `P1DT12H`. */
export function parseDuration(text: string): number | null {
  const parts = ISO.exec(text.trim().toUpperCase());
  if (parts === null) return null;
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  const { w, d, h, m, s } = UNIT_MS;
  return Math.round(weeks * w + days * d + hours * h + minutes * m + seconds * s);
}

/** Milliseconds of so many of a unit; null when there is no such unit. Upper and lower case are equal. */
export function spanOf(count: number, unit: string): number | null {
  const name = unit.toLowerCase();
  return Object.hasOwn(UNIT_MS, name) ? count * UNIT_MS[name as SpanUnit] : null;
}

/** The number of units in a span; null unless it is whole, and within the bounds. */
export function wholeUnits(ms: number, unit: SpanUnit, most: number): number | null {
  const units = ms / UNIT_MS[unit];
  return Number.isInteger(units) && units >= 1 && units <= most ? units : null;
}

/** Milliseconds of a span as people type it: `90s`, `30m`, `12h`, `7d`, `2w`, or as ISO 8601 writes it. Null when it is neither. */
export function readSpan(text: string): number | null {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhdw])$/i.exec(text.trim()) ?? [];
  return spanOf(Number(count), unit) ?? parseDuration(text);
}

/** The shortest form in days, hours, minutes and seconds: `PT0.125S`, `P1DT12H`; `PT0S` for nothing. */
export function formatDuration(ms: number): string {
  const part = (of: number, unitMs: number): number => Math.floor(of / unitMs);
  const whole = Math.max(Math.round(ms), 0);
  const days = part(whole, UNIT_MS.d);
  const hours = part(whole % UNIT_MS.d, UNIT_MS.h);
  const minutes = part(whole % UNIT_MS.h, UNIT_MS.m);
  const seconds = (whole % UNIT_MS.m) / UNIT_MS.s;
  const time = [hours > 0 ? `${hours}H` : '', minutes > 0 ? `${minutes}M` : '', seconds > 0 ? `${seconds}S` : ''].join(
    '',
  );
  const date = days > 0 ? `${days}D` : '';
  if (time === '') return date === '' ? 'PT0S' : `P${date}`;
  return `P${date}T${time}`;
}
