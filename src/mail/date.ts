/** Dates as mail writes them, always in UTC (RFC 5322 §3.3). */

/** `Thu, 01 Oct 2026 10:00:00 +0000`. Throws a RangeError for a date that is none. */
export function formatDate(at: Date): string {
  const text = at.toUTCString();
  if (!text.endsWith(' GMT')) throw new RangeError('not a date');
  return `${text.slice(0, -4)} +0000`;
}
