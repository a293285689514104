/** The first card of a domain with held mail: the picture, the same as a table, and four figures. */
import type { PageRequest } from '../ask.ts';
import { type Html, html, NONE } from '../html.ts';
import { drainPicture } from '../pictures/drain.ts';
import { holdPicture, type Slot } from '../pictures/hold.ts';
import type { Try } from '../pictures/tries.ts';
import { countText, sizeText } from '../words/count.ts';
import type { DomainCase, DomainState } from '../words/domain-sentence.ts';
import { expiryText, intervalText, spanText, timeText } from '../words/time.ts';

export interface Stage {
  readonly intervalMs: number;
  readonly attemptCount: number;
}

export interface Drawn {
  readonly domain: DomainState;
  readonly state: DomainCase;
  readonly isLosing: boolean;
  readonly begunAt: Date;
  readonly slots: readonly Slot[];
  readonly tries: readonly Try[];
  readonly stages: readonly Stage[];
}

/** Rows of the table that says the same. */
const MOST_ROWS = 24;
const TEN_DAYS_MS = 10 * 86_400_000;

export function picture(request: PageRequest, drawn: Drawn): Html {
  return html`<section class="card begin" aria-label="What is held">
    ${drawn.state === 'DRAINING' ? draining(request, drawn) : holding(request, drawn)}
    ${asTable(request, drawn)} ${figures(request, drawn)}
  </section>`;
}

function holding({ now, visitor: { timeZone } }: PageRequest, drawn: Drawn): Html {
  const { domain, begunAt, slots, tries, stages, isLosing } = drawn;
  const { heldCount, firstExpiryAt, oldestAcceptedAt } = domain.queue;
  const expiry = firstExpiryAt === null ? null : new Date(firstExpiryAt);
  const lifetimeMs =
    expiry === null || oldestAcceptedAt === null ? TEN_DAYS_MS : expiry.getTime() - Date.parse(oldestAcceptedAt);
  let endsAt = begunAt.getTime();
  const parts = stages.map(({ intervalMs, attemptCount }) => {
    endsAt += intervalMs * attemptCount;
    return { until: new Date(endsAt), text: intervalText(intervalMs) };
  });
  const isBreaker = drawn.state === 'BREAKER';
  return html`${holdPicture({ now, timeZone, begunAt, heldCount, slots, tries, firstExpiryAt: expiry, lifetimeMs, isLosing, stages: isBreaker ? [] : parts })}
    <p class="small soft">${isBreaker ? 'One message an hour tries whether it is mended.' : scheduleText(stages)}</p>`;
}

/** `Tried every 15 minutes for the first 24 hours, then every hour for 4 days, then every 2 hours.` */
export function scheduleText(stages: readonly Stage[]): string {
  const texts = stages.map(({ intervalMs, attemptCount }, number) => {
    const every = intervalText(intervalMs);
    if (number === stages.length - 1) return every;
    const hours = (intervalMs * attemptCount) / 3_600_000;
    const span = hours > 48 && hours % 24 === 0 ? `${hours / 24} days` : `${hours} hours`;
    return number === 0 ? `${every} for the first ${span}` : `${every} for ${span}`;
  });
  return `Tried ${texts.join(', then ')}.`;
}

function draining({ now, visitor: { timeZone } }: PageRequest, { domain, begunAt, slots }: Drawn): Html {
  const { lastOutage, queue, drainPerMinute } = domain;
  const { messagesPerSecond = 0, etaAt = null } = lastOutage?.drain ?? {};
  const rate =
    messagesPerSecond >= 10
      ? countText(Math.round(messagesPerSecond))
      : messagesPerSecond.toFixed(1).replace(/\.0$/, '');
  const limit =
    drainPerMinute === null ? 'as fast as your server takes it' : `you allow ${countText(drainPerMinute)} a minute`;
  const words = messagesPerSecond > 0 ? `${rate} a second, ${limit}.` : 'The rate is not known yet.';
  return html`${drainPicture({ now, timeZone, backAt: begunAt, heldCount: queue.heldCount, heldAtEndCount: lastOutage?.heldAtEndCount ?? null, slots, etaAt: etaAt === null ? null : new Date(etaAt) })}
    <p class="small soft">${words}</p>`;
}

function asTable({ now, visitor: { timeZone } }: PageRequest, { slots }: Drawn): Html {
  const seen = slots.filter(({ until }) => Date.parse(until) <= now.getTime());
  const step = Math.max(1, Math.ceil(seen.length / MOST_ROWS));
  const rows = seen.filter((_, number) => number % step === 0);
  if (rows.length === 0) return NONE;
  return html`<details>
    <summary>The same as a table</summary>
    <table>
      <thead><tr><th scope="col">Until</th><th scope="col" class="number">Came</th><th scope="col" class="number">Held then</th></tr></thead>
      <tbody>${rows.map(({ until, acceptedCount, heldCount }) => html`<tr><td>${timeText(new Date(until), now, timeZone)}</td><td class="number">${countText(acceptedCount)}</td><td class="number">${countText(heldCount)}</td></tr>`)}</tbody>
    </table>
  </details>`;
}

function figures({ now, visitor: { timeZone } }: PageRequest, { domain, tries, isLosing }: Drawn): Html {
  const { heldCount, heldSize, oldestAcceptedAt, firstExpiryAt } = domain.queue;
  const oldest = oldestAcceptedAt === null ? null : new Date(oldestAcceptedAt);
  const expiry = firstExpiryAt === null ? null : new Date(firstExpiryAt);
  const triedCount = domain.outage?.attemptCount ?? tries.length;
  const through = tries.filter(({ outcome }) => outcome === 'DELIVERED').length;
  return html`<dl class="figures">
    <div><dt>Held</dt><dd>${countText(heldCount)}<small>${sizeText(heldSize)}</small></dd></div>
    ${oldest === null ? NONE : html`<div><dt>Oldest</dt><dd>${spanText(now.getTime() - oldest.getTime())}<small>${timeText(oldest, now, timeZone)}</small></dd></div>`}
    <div><dt>Tries</dt><dd>${countText(triedCount)}<small>${through === 0 ? 'none got through' : `${countText(through)} got through`}</small></dd></div>
    ${expiry === null ? NONE : html`<div><dt>Safe until</dt><dd class="${isLosing ? 'loss' : ''}">${expiryText(expiry, now, timeZone)}<small>the first of it</small></dd></div>`}
  </dl>`;
}
