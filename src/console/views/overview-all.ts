/** All domains in one row above the others: what is held for them together, and the button that tries them all. */
import type { PageRequest } from '../ask.ts';
import { type Html, html, NONE } from '../html.ts';
import { allOfServiceQuery, allOfTenantQuery, type SummaryQuery } from '../operations/generated.ts';
import { type Band, bandHeight, type BandRow, bandRow } from '../pictures/band.ts';
import { countText, counted, sizeText } from '../words/count.ts';
import { isNear } from '../words/time.ts';
import { plainForm } from './todo-item.ts';

export interface All {
  readonly summary: SummaryQuery['summary'];
  /** The mail held for all of them; null: this session may not see it. */
  readonly slots: BandRow['slots'] | null;
}

/** The mail held for all domains together, over time. */
export async function totalFlow({ ask, visitor }: PageRequest, since: Date): Promise<All['slots']> {
  const range = { since: since.toISOString() };
  if (visitor.isOperator) {
    const asked = await ask(allOfServiceQuery, range);
    return asked.kind === 'DATA' ? asked.data.service.flow : null;
  }
  const asked = await ask(allOfTenantQuery, range);
  return asked.kind === 'DATA' ? asked.data.viewer.tenant.flow : null;
}

/** All domains in one row above the others, with a scale of its own. */
export function allRow(request: PageRequest, { summary, slots }: All, { now, past, future }: Band): Html {
  const { domainCount, heldCount, heldSize, firstExpiryAt } = summary;
  if (slots === null || domainCount < 2) return NONE;
  const most = Math.max(heldCount, ...slots.map((slot) => slot.heldCount));
  const picture = bandRow(
    { now, past, future, heightOf: bandHeight(most) },
    {
      slots,
      heldCount,
      outages: [],
      firstExpiryAt: firstExpiryAt === null ? null : new Date(firstExpiryAt),
      isLosing: firstExpiryAt !== null && isNear(new Date(firstExpiryAt), now),
      words: `${counted(heldCount, 'message')} held for all domains now, at most ${countText(most)}`,
    },
  );
  const tryAll = heldCount === 0 ? NONE : plainForm('/console/try-all', 'Try all', undefined);
  return html`<tr class="all">
    <td><b>All ${counted(domainCount, 'domain')}</b><small>at most ${countText(most)} held in this time</small></td>
    <td class="band">${picture}</td>
    <td class="number" data-label="Held">${heldCount === 0 ? '–' : html`${countText(heldCount)}<small>${sizeText(heldSize)}</small>`}</td>
    <td class="number" data-label="Next try">–</td><td class="number" data-label="Safe until">–</td>
    ${canTry(request) ? html`<td class="end">${tryAll}</td>` : NONE}
  </tr>`;
}

export function canTry({ visitor: { scopes } }: PageRequest): boolean {
  return scopes.includes('QUEUE_WRITE');
}
