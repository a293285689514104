/** The refusals at our door in the last fourteen days: how many, why, what lists on trial would have refused, and the newest. */
import type { Asked, PageAnswer, PageRequest } from '../ask.ts';
import { noticeOf } from '../forms.ts';
import { type Html, html, NONE, shownText } from '../html.ts';
import { type RefusalCountsQuery, refusalCountsQuery, type RejectionCode } from '../operations/generated.ts';
import { type Bar, type BarPart, barsPicture } from '../pictures/bars.ts';
import { countText, counted } from '../words/count.ts';
import { REJECTIONS } from '../words/labels.ts';
import { codeText, type RefusalCount, refusalsSentence, type Tally, tallyOf } from '../words/refusals-sentence.ts';
import { dayBegin, timeText } from '../words/time.ts';
import { pageOf } from './layout.ts';
import { head } from './panel.ts';
import { type Chosen, chosenOf, refusalsAddress } from './refusals-chosen.ts';
import { allowQuestion, lastRefusals } from './refusals-list.ts';

/** Refusals are kept by themselves for as long, and counted by the hour. */
const DAYS = 14;
const DAY_MS = 86_400_000;
/** As many codes have a colour of their own. */
const OWN_COLOURS = 5;

export async function refusalsPage(request: PageRequest): Promise<PageAnswer> {
  const { ask, query, now, visitor } = request;
  const chosen = chosenOf(query, visitor.timeZone);
  const since = dayBegin(now, visitor.timeZone, DAYS - 1);
  const [asked, last] = await Promise.all([
    ask(refusalCountsQuery, { since: since.toISOString(), domain: chosen.domain || null }),
    lastRefusals(request, chosen),
  ]);
  const { title, status, sentence, cards } = headOf(request, asked, chosen, since);
  return pageOf(request, {
    title,
    status,
    notice: noticeOf(query),
    place: 'refusals',
    main: html`<h1 class="sentence">${sentence}</h1>${allowQuestion(request, chosen)}${cards}${last}`,
  });
}

interface Head {
  readonly title: string;
  readonly status: 200 | 404 | 503;
  readonly sentence: Html;
  readonly cards: Html;
}

/** The sentence, and the counts that it was made from. */
function headOf(request: PageRequest, asked: Asked<RefusalCountsQuery>, chosen: Chosen, since: Date): Head {
  const only = (title: string, status: Head['status']): Head => ({
    title,
    status,
    sentence: html`<span class="first">${title}</span>`,
    cards: NONE,
  });
  if (asked.kind === 'REFUSED') {
    if (asked.scope === null) return only(asked.message, 503);
    return only(`To see refusals, a session needs the scope ${asked.scope}.`, 200);
  }
  const counts = asked.data.rejectionCounts;
  if (counts === null) return only(`You have no domain ${shownText(chosen.domain)}.`, 404);
  const tally = tallyOf(counts);
  const parts = refusalsSentence(tally, DAYS, chosen.domain === '' ? null : shownText(chosen.domain));
  return {
    title: parts[0]?.text ?? '',
    status: 200,
    sentence: html`${parts.map(({ text, part }) => html`<span class="${part}">${text}</span> `)}`,
    cards: html`${tally.refusedCount === 0 ? NONE : codesCard(request, counts, tally, chosen, since)}${tally.zones.length === 0 ? NONE : zonesCard(tally, chosen)}`,
  };
}

/** The picture, its legend, and the same as a table. */
function codesCard(
  { now, visitor: { timeZone } }: PageRequest,
  counts: readonly RefusalCount[],
  { codes, refusedCount }: Tally,
  chosen: Chosen,
  since: Date,
): Html {
  const colourOf = new Map(codes.map(({ code }, index) => [code, Math.min(index, OWN_COLOURS) + 1]));
  const halves = halfDays(counts.filter(({ isDryRun }) => !isDryRun));
  const textOf = (at: string): string => timeText(new Date(at), now, timeZone);
  const bars = halves.map((slots): HalfDay => {
    const { since: from, until } = slots[0];
    const parts = codes.flatMap(({ code }) => {
      const count = slots.reduce((sum, slot) => sum + (slot.code === code ? slot.count : 0), 0);
      return count === 0 ? [] : [{ code, count, colour: colourOf.get(code) ?? OWN_COLOURS + 1 }];
    });
    const count = parts.reduce((sum, part) => sum + part.count, 0);
    const words = `From ${textOf(from)}: ${countText(count)}. ${parts.map((part) => `${codeText(part.code)} ${countText(part.count)}`).join(', ')}.`;
    return { since: new Date(from), until: new Date(until), words, parts, from, count };
  });
  const picture = barsPicture({
    since,
    until: new Date(since.getTime() + DAYS * DAY_MS),
    timeZone,
    bars,
    words: `${counted(refusedCount, 'refusal')} in ${DAYS} days, by half day and reason`,
  });
  return html`<section class="card" aria-label="By reason">${picture}
    <table class="codes"><tbody>${codes.map(
      ({ code, count }) => html`<tr>
      <th scope="row"><span class="swatch code-${colourOf.get(code) ?? OWN_COLOURS + 1}"></span><a class="mono" href="${refusalsAddress({ ...chosen, code })}#last">${codeText(code)}</a></th>
      <td class="soft">${REJECTIONS[code]}</td>
      <td class="number nowrap"><b>${countText(count)}</b> <span class="soft">${shareText(count, refusedCount)}</span></td></tr>`,
    )}</tbody></table>
    <details><summary>Each half day as a table</summary><div class="scroll" role="group" tabindex="0" aria-label="By half day"><table>
      <thead><tr><th scope="col">From</th><th scope="col" class="number">Refused</th><th scope="col">Because of</th></tr></thead>
      <tbody>${bars.map(
        ({
          from,
          count,
          parts,
        }) => html`<tr><td class="nowrap">${textOf(from)}</td><td class="number">${countText(count)}</td>
        <td>${parts.map((part) => `${codeText(part.code)} ${countText(part.count)}`).join(', ')}</td></tr>`,
      )}</tbody></table></div></details>
  </section>`;
}

/** A bar, and what the table says of it. */
interface HalfDay extends Bar {
  readonly from: string;
  readonly count: number;
  readonly parts: readonly (BarPart & { readonly code: RejectionCode })[];
}

/** The counts of each half day together, in the order of time. */
function halfDays(counts: readonly RefusalCount[]): readonly (readonly [RefusalCount, ...RefusalCount[]])[] {
  const halves = new Map<string, [RefusalCount, ...RefusalCount[]]>();
  for (const count of counts) {
    const half = halves.get(count.since);
    if (half === undefined) halves.set(count.since, [count]);
    else half.push(count);
  }
  return [...halves.values()];
}

function shareText(count: number, all: number): string {
  const percent = Math.round((count / all) * 100);
  return percent === 0 ? 'under 1\u00a0%' : `${percent}\u00a0%`;
}

/** The number that each DNS list has refused, and would have. */
function zonesCard({ zones }: Tally, chosen: Chosen): Html {
  return html`<section class="card">${head('DNS lists', 'what a list on trial would have refused was taken')}
    <table class="zones"><thead><tr><th scope="col">List</th><th scope="col" class="number">Refused</th><th scope="col" class="number">On trial</th></tr></thead>
      <tbody>${zones.map(
        ({ zone, refusedCount, trialCount }) => html`<tr><td class="address">${shownText(zone)}</td>
        <td class="number">${refusedCount === 0 ? '–' : countText(refusedCount)}</td><td class="number">${trialCount === 0 ? '–' : countText(trialCount)}</td></tr>`,
      )}</tbody></table>
    <p class="small"><a href="${refusalsAddress({ ...chosen, code: 'BMX_DNSBL' })}#last">The last ones because of DNS lists</a></p>
  </section>`;
}
