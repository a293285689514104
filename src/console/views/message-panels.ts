/** The panels of a message's page: what happened, its recipients, its facts and its header. */
import type { PageRequest } from '../ask.ts';
import { type Html, html, NONE, shownText } from '../html.ts';
import type { MessageHeadersQuery } from '../operations/generated.ts';
import { counted, sizeText } from '../words/count.ts';
import { type Happened, happenedOf, type Timeline } from '../words/happened.ts';
import type { MessageState } from '../words/message-sentence.ts';
import { RECIPIENT_STATES } from '../words/message-states.ts';
import { dueText, timeText } from '../words/time.ts';
import { senderText } from './found.ts';
import { head } from './panel.ts';

const MOST_RECIPIENTS = 50;
const MOST_FIELDS = 200;

/** Oldest first; equal entries that follow each other once, with their number. */
export function whatHappened(request: PageRequest, message: MessageState, { entries, hasMore }: Timeline): Html {
  return html`${head('What happened', 'oldest first')}
    <ul class="life">${happenedOf(entries).map((happened) => happening(request, message, happened))}</ul>
    ${hasMore ? html`<p class="soft">There is more, which the API has.</p>` : NONE}`;
}

function happening(
  { now, visitor }: PageRequest,
  message: MessageState,
  { entry, text, count, lastAt }: Happened,
): Html {
  const at = (instant: string): string => timeText(new Date(instant), now, visitor.timeZone);
  const { kind, reply, reason, reportId } = entry;
  const more = kind === 'ACCEPTED' ? ` ${acceptedText(message)}` : '';
  return html`<li><span class="soft">${at(entry.at)}</span>
    <div><p>${shownText(text)}${more}${count === 1 ? NONE : html` <span class="times">${count} times, the last ${at(lastAt)}</span>`}${
      reportId === null ? NONE : html` <a href="/console/m/${reportId}">The report</a>`
    }</p>
    ${reply === null || reply === '' ? NONE : html`<p class="mono">${shownText(reply)}</p>`}
    ${reason === null || reason === '' ? NONE : html`<p class="soft">Why: ${shownText(reason)}</p>`}</div></li>`;
}

function acceptedText({ clientAddress, ehloName }: MessageState): string {
  if (clientAddress === null) return 'It is a report of ours.';
  return `It came from ${shownText(clientAddress)}, which called itself ${shownText(ehloName)}.`;
}

export function recipientsOf({ now }: PageRequest, { recipients }: MessageState): Html {
  return html`<section class="card">${head('Recipients', recipients.length > 1 ? String(recipients.length) : '')}
    <ul class="found">${recipients.slice(0, MOST_RECIPIENTS).map((recipient) => {
      const { address, state, nextAttemptAt, attemptCount, lastReply, dsnSuppressedReason, suspectedAt } = recipient;
      const { text, tone } = RECIPIENT_STATES[state];
      const reply = recipient.suspectedReply ?? lastReply;
      const facts = [
        ...(attemptCount === 0 ? [] : [counted(attemptCount, 'try', 'tries')]),
        ...(nextAttemptAt === null ? [] : [`next try ${dueText(new Date(nextAttemptAt), now)}`]),
        ...(suspectedAt === null ? [] : ['your server refuses it, though it knew it before']),
        ...(dsnSuppressedReason === null ? [] : [`no report: ${shownText(dsnSuppressedReason)}`]),
      ];
      return html`<li><span class="tone ${tone}">${text}</span> <span class="address">${shownText(address)}</span>
        ${reply === null ? NONE : html`<p class="mono">${shownText(reply)}</p>`}
        <p class="small soft">${facts.join(' · ')}</p></li>`;
    })}</ul>
    ${recipients.length > MOST_RECIPIENTS ? html`<p class="soft">and ${recipients.length - MOST_RECIPIENTS} more</p>` : NONE}
  </section>`;
}

/** @param subject null: there is none, or this session may not read it */
export function aboutMessage({ now, visitor }: PageRequest, message: MessageState, subject: string | null): Html {
  const { reversePath, recipients, size, clientAddress, internetMessageId, transactionId, acceptedAt } = message;
  const to = recipients[0]?.address ?? '';
  const rest = recipients.length > 1 ? ` and ${recipients.length - 1} more` : '';
  const facts: readonly (readonly [name: string, value: string | null, isMono?: boolean])[] = [
    ['Subject', subject],
    ['From', senderText(reversePath)],
    ['To', `${shownText(to)}${rest}`],
    ['Accepted', timeText(new Date(acceptedAt), now, visitor.timeZone)],
    ['Size', sizeText(size)],
    ['From host', clientAddress, true],
    ['Message-ID', internetMessageId, true],
    ['Id', transactionId, true],
  ];
  return html`<section class="card"><h2>The message</h2>
    <dl class="facts">${facts.map(([name, value, isMono = false]) =>
      value === null ? NONE : html`<dt>${name}</dt><dd class="${isMono ? 'mono' : ''}">${shownText(value)}</dd>`,
    )}</dl></section>`;
}

/** Null after the message has ended: its content is deleted then. */
export function headerFields({ message }: MessageHeadersQuery): Html | null {
  const fields = message?.headers ?? null;
  if (fields === null) return null;
  return html`<h2>Header</h2>
    <details><summary>${counted(fields.length, 'field')}</summary>
      <dl class="facts wide">${fields
        .slice(0, MOST_FIELDS)
        .map(({ name, value }) => html`<dt>${shownText(name)}</dt><dd class="mono">${shownText(value)}</dd>`)}</dl>
      ${fields.length > MOST_FIELDS ? html`<p class="soft">and ${fields.length - MOST_FIELDS} more</p>` : NONE}
    </details>`;
}
