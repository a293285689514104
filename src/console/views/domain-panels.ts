/** The smaller panels of a domain's page: what was said, what is held, what was before, what is refused, MX records, set-up. */
import type { PageRequest } from '../ask.ts';
import { type Html, html, NONE, shownText } from '../html.ts';
import type {
  DomainAttemptsQuery,
  DomainHeldQuery,
  DomainMxQuery,
  DomainOutagesQuery,
  DomainRejectionsQuery,
  DomainSetupQuery,
} from '../operations/generated.ts';
import { outagesPicture } from '../pictures/outages.ts';
import { countText, counted, sizeText } from '../words/count.ts';
import type { DomainState } from '../words/domain-sentence.ts';
import { OUTAGE_KINDS, REJECTIONS, MX_VERDICTS } from '../words/labels.ts';
import { expiryText, spanText, timeText } from '../words/time.ts';
import { head } from './panel.ts';

const MOST_SAID = 8;

/** Replies verbatim, newest first; equal ones that follow each other once, with their number. */
export function whatWasSaid({ now, visitor }: PageRequest, { domain }: DomainAttemptsQuery): Html | null {
  const attempts = domain?.attempts.nodes ?? [];
  const folded: { at: string; from: string; reply: string; count: number }[] = [];
  for (const { at, host, address, reply } of attempts) {
    const from = host ?? address ?? '';
    const last = folded.at(-1);
    if (last?.reply === reply && last.from === from) last.count += 1;
    else folded.push({ at, from, reply, count: 1 });
  }
  if (folded.length === 0) return null;
  return html`${head('What your server said', 'verbatim, newest first')}
    <ul class="said">${folded.slice(0, MOST_SAID).map(
      ({
        at,
        from,
        reply,
        count,
      }) => html`<li><span class="soft">${timeText(new Date(at), now, visitor.timeZone)}${count > 1 ? html`<br />and ${count - 1} before` : NONE}</span>
        <span><span class="mono">${shownText(reply)}</span><br /><span class="soft small">${shownText(from)}</span></span></li>`,
    )}</ul>`;
}

export function heldMail(
  { now, visitor }: PageRequest,
  { messages }: DomainHeldQuery,
  { queue }: DomainState,
): Html | null {
  if (messages.nodes.length === 0) return null;
  const of = queue.heldCount > messages.nodes.length ? `newest of ${countText(queue.heldCount)}` : '';
  return html`${head('Held mail', of)}
    <div class="scroll" role="group" tabindex="0" aria-label="Held mail"><table>
      <thead><tr><th scope="col">Accepted</th><th scope="col">From</th><th scope="col">To</th><th scope="col" class="number">Size</th><th scope="col">Expires</th></tr></thead>
      <tbody>${messages.nodes.map(({ id, acceptedAt, expiresAt, size, reversePath, recipients }) => {
        const [first, ...more] = recipients.filter(({ state }) => state === 'HELD');
        return html`<tr>
          <td class="nowrap"><a href="/console/m/${id}">${timeText(new Date(acceptedAt), now, visitor.timeZone)}</a></td>
          <td class="address">${reversePath === null || reversePath === '' ? html`<span class="soft">(a report)</span>` : shownText(reversePath)}</td>
          <td class="address">${shownText(first?.address ?? '')}${more.length > 0 ? html` <span class="soft nowrap">and ${more.length} more</span>` : NONE}</td>
          <td class="number nowrap">${sizeText(size)}</td>
          <td class="nowrap">${expiryText(new Date(expiresAt), now, visitor.timeZone)}</td></tr>`;
      })}</tbody>
    </table></div>`;
}

export function outagesBefore(
  { now, visitor: { timeZone } }: PageRequest,
  { domain }: DomainOutagesQuery,
  since: Date,
): Html {
  const outages = domain?.outages.nodes ?? [];
  const ms = outages.reduce((sum, { startedAt, endedAt }) => sum + lastedMs(startedAt, endedAt, now), 0);
  const all = outages.length === 0 ? 'no outage' : `${counted(outages.length, 'outage')}, ${spanText(ms)} in all`;
  const ended = outages.filter(({ endedAt }) => endedAt !== null);
  return html`${head('The last 90 days', all)} ${outages.length === 0 ? NONE : outagesPicture(outages, since, now, timeZone)}
    ${
      ended.length === 0
        ? NONE
        : html`<div class="scroll" role="group" tabindex="0" aria-label="Earlier outages"><table>
      <thead><tr><th scope="col">Began</th><th scope="col">Lasted</th><th scope="col">What</th><th scope="col">Last words</th></tr></thead>
      <tbody>${ended.map(
        ({ startedAt, endedAt, kind, lastReply }) => html`<tr>
          <td class="nowrap">${timeText(new Date(startedAt), now, timeZone)}</td><td class="nowrap">${spanText(lastedMs(startedAt, endedAt, now))}</td>
          <td class="nowrap">${OUTAGE_KINDS[kind]}</td><td class="mono">${shownText(lastReply)}</td></tr>`,
      )}</tbody></table></div>`
    }`;
}

function lastedMs(startedAt: string, endedAt: string | null, now: Date): number {
  return (endedAt === null ? now.getTime() : Date.parse(endedAt)) - Date.parse(startedAt);
}

export function refused(
  { now, visitor }: PageRequest,
  { rejections }: DomainRejectionsQuery,
  name: string,
): Html | null {
  if (rejections.nodes.length === 0) return null;
  return html`${head('Refused at our door', 'the newest')}
    <ul class="said">${rejections.nodes.map(
      ({
        at,
        code,
        reversePath,
        recipient,
        isDryRun,
      }) => html`<li><span class="soft">${timeText(new Date(at), now, visitor.timeZone)}</span>
        <span>${REJECTIONS[code]}${isDryRun ? ' (on trial: it was taken)' : ''}<br />
          <span class="small soft">${shownText(reversePath ?? '')} → ${shownText(recipient ?? name)}</span></span></li>`,
    )}</ul>`;
}

export function mxRecords({ domain }: DomainMxQuery): Html | null {
  if (domain === null) return null;
  const { verdict, observed, recommended } = domain.mx;
  const { text, tone } = MX_VERDICTS[verdict];
  return html`<h2>MX records</h2><p class="tone ${tone}">${text}</p>
    ${records('In the DNS now', observed)} ${verdict === 'OK' ? NONE : records('As they should be', recommended)}`;
}

function records(title: string, list: readonly { readonly preference: number; readonly host: string }[]): Html {
  if (list.length === 0) return NONE;
  return html`<h3>${title}</h3><pre>${list.map(({ preference, host }) => `MX ${preference} ${shownText(host)}\n`).join('')}</pre>`;
}

export function setUp({ domain }: DomainSetupQuery): Html | null {
  const setups = domain?.primarySetup ?? [];
  if (setups.length === 0) return null;
  return html`<h2>Set up your server</h2><p class="soft small">So that it takes mail from us as from a friend.</p>
    ${setups.map(({ title, snippet }) => html`<details><summary>${title}</summary><pre>${snippet}</pre></details>`)}`;
}
