/** Messages, refusals, domains and mailboxes that were found, each kind a list with links. */
import type { PageRequest } from '../ask.ts';
import { type Html, html, NONE, shownText } from '../html.ts';
import type {
  FindDomainsQuery,
  FindMessagesQuery,
  FindRejectionsQuery,
  StandingQuery,
} from '../operations/generated.ts';
import { counted, sizeText } from '../words/count.ts';
import { LABELS, REJECTIONS } from '../words/labels.ts';
import { stateLabel } from '../words/message-states.ts';
import { standingText } from '../words/standing.ts';
import { codeText } from '../words/refusals-sentence.ts';
import { dueText, timeText } from '../words/time.ts';

type Message = FindMessagesQuery['messages']['nodes'][number];
type Rejection = FindRejectionsQuery['rejections']['nodes'][number];

export function messageRows(request: PageRequest, messages: readonly Message[]): Html {
  return html`<ul class="found">${messages.map((message) => messageRow(request, message))}</ul>`;
}

function messageRow({ now, visitor: { timeZone } }: PageRequest, message: Message): Html {
  const { id, acceptedAt, endedAt, size, reversePath, recipients } = message;
  const { text, tone } = stateLabel(recipients.map(({ state }) => state));
  const [first, ...more] = recipients;
  const next = recipients.flatMap(({ nextAttemptAt }) => nextAttemptAt ?? []).sort()[0];
  const end = endedAt !== null ? `ended ${timeText(new Date(endedAt), now, timeZone)}` : '';
  const facts = [
    `from ${senderText(reversePath)}`,
    `accepted ${timeText(new Date(acceptedAt), now, timeZone)}`,
    sizeText(size),
    next === undefined ? end : `next try ${dueText(new Date(next), now)}`,
  ];
  return html`<li><span class="tone ${tone}">${text}</span> <a href="/console/m/${id}">${shownText(first?.address ?? '')}</a>${
    more.length === 0 ? NONE : ` and ${more.length} more`
  }
    <p class="small soft">${facts.filter(Boolean).join(' · ')}</p></li>`;
}

/** `<>` is the sender of reports. */
export function senderText(reversePath: string | null): string {
  return reversePath === null || reversePath === '' ? '<> (a report)' : shownText(reversePath);
}

export function rejectionRows({ now, visitor }: PageRequest, rejections: readonly Rejection[]): Html {
  return html`<ul class="found">${rejections.map(
    ({ id, at, code, reply, reversePath, recipient, clientAddress, isDryRun }) => html`<li>
      <p><strong>${isDryRun ? 'On trial' : 'Refused'}</strong> ${REJECTIONS[code]}${isDryRun ? ' (it was taken)' : ''} ${codeLink(code)}</p>
      <p class="mono">${shownText(reply)}</p>
      <p class="small soft">${[
        timeText(new Date(at), now, visitor.timeZone),
        `from ${senderText(reversePath)}`,
        ...(recipient === null ? [] : [`to ${shownText(recipient)}`]),
        ...(clientAddress === null ? [] : [`client ${shownText(clientAddress)}`]),
      ].join(' · ')} · reference <a class="mono" href="/console/find?q=${id}">${id}</a></p></li>`,
  )}</ul>`;
}

/** The page that explains a code to its sender. */
export function codeLink(code: Rejection['code']): Html {
  if (code === 'OTHER') return NONE;
  const spoken = codeText(code);
  return html`<a href="/reject/${spoken}">${spoken}</a>`;
}

export function domainRows(domains: FindDomainsQuery['domains']['nodes']): Html {
  return html`<ul class="found">${domains.map(({ name, situation, queue }) => {
    const { text, tone } = LABELS[situation];
    const held = queue.heldCount === 0 ? 'nothing held' : `${counted(queue.heldCount, 'message')} held`;
    return html`<li><a href="/console/d/${encodeURIComponent(name)}">${shownText(name)}</a>
      <p class="small soft"><span class="tone ${tone}">${text}</span> · ${held}</p></li>`;
  })}</ul>`;
}

/** Null: no domain of this session has the mailbox. */
export function mailbox({ now, visitor }: PageRequest, { recipientStanding }: StandingQuery): Html | null {
  if (recipientStanding === null) return null;
  const { address, reply } = recipientStanding;
  return html`<h2>${shownText(address)}</h2><p>${standingText(recipientStanding, now, visitor.timeZone).join(' ')}</p>
    ${reply === null ? NONE : html`<p class="mono">${shownText(reply)}</p>`}`;
}
