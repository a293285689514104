/** The tries of a picture: no, no after a while, and yes. */
import { parseDuration } from '../../mail/duration.ts';
import { type Html, html } from '../html.ts';
import type { DomainAttemptsQuery } from '../operations/generated.ts';

export type Try = Pick<
  NonNullable<DomainAttemptsQuery['domain']>['attempts']['nodes'][number],
  'at' | 'outcome' | 'latency'
>;

/** More tries than that are ticks. */
const MOST_SIGNS = 60;
/** A try that took longer failed slowly: no answer came. */
const SLOW_MS = 5_000;
const CROSS = 'M-4-4 4 4M4-4-4 4';

/** @param x the place of an instant in percent, `y` of the line that they stand on */
export function trySigns(tries: readonly Try[], x: (at: number) => number, y: number): readonly Html[] {
  return tries.map(({ at, outcome, latency }) => {
    const place = x(Date.parse(at));
    if (tries.length > MOST_SIGNS)
      return html`<line class="try" x1="${place}%" x2="${place}%" y1="${y - 4}" y2="${y + 4}" />`;
    if (outcome === 'DELIVERED') return html`<circle class="try-ok" cx="${place}%" cy="${y}" r="4.5" />`;
    if ((parseDuration(latency) ?? 0) >= SLOW_MS) return html`<circle class="try" cx="${place}%" cy="${y}" r="4" />`;
    return html`<svg x="${place}%" y="${y}" overflow="visible"><path class="try" d="${CROSS}" /></svg>`;
  });
}
