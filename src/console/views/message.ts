/**
 * The page of a message: where it is in a sentence, its life on a line, what happened, and what there is to do.
 *
 * Its content is not shown: the API asks for a reason. Its subject is, to whom may read content.
 */
import type { Asked, PageAnswer, PageRequest } from '../ask.ts';
import { noticeOf } from '../forms.ts';
import { type Html, html, NONE, shownText } from '../html.ts';
import {
  messageHeadersQuery,
  messageOutageQuery,
  messageQuery,
  messageSubjectQuery,
  messageTimelineQuery,
  type MessageTimelineQuery,
} from '../operations/generated.ts';
import { lifePicture } from '../pictures/life.ts';
import { type Away, type Entry, isTry, outagesOf, type Timeline } from '../words/happened.ts';
import { type MessageSentence, messageSentence, type MessageState } from '../words/message-sentence.ts';
import { findField } from './find-field.ts';
import { pageOf } from './layout.ts';
import { aboutMessage, headerFields, recipientsOf, whatHappened } from './message-panels.ts';
import { missingPage } from './missing.ts';
import { panel } from './panel.ts';
import { textField } from './fields.ts';
import { plainForm, type TodoItem, todoList } from './todo-item.ts';

/** Pages of 100 entries: ten days of tries are about 250. */
const MOST_PAGES = 5;

export async function messagePage(request: PageRequest, [id = '']: readonly string[]): Promise<PageAnswer> {
  const { ask, now, visitor, query } = request;
  const asked = await ask(messageQuery, { id });
  if (asked.kind === 'REFUSED') {
    const text = asked.scope === null ? asked.message : `To see this, a session needs the scope ${asked.scope}.`;
    return pageOf(request, { title: 'Backup MX', main: html`<h1 class="sentence">${text}</h1>`, status: 503 });
  }
  const { message } = asked.data;
  if (message === null) return missingPage(request);
  const sentence = messageSentence(message, now, visitor.timeZone);
  const [timeline, subject, away] = await Promise.all([
    wholeTimeline(request, message.id),
    subjectOf(request, message.id),
    awayAtFirst(request, message.id),
  ]);
  const headers = panel('Header', ask(messageHeadersQuery, { id: message.id }), headerFields);
  const [right, happened] = await Promise.all([
    headers,
    panel('What happened', Promise.resolve(timeline), (data) => whatHappened(request, message, data)),
  ]);
  const base = `/console/m/${message.id}`;
  const items = itemsOf(request, message);
  const quick =
    items.length === 0
      ? NONE
      : html`<div class="quick row">${plainForm(`${base}/try-message`, 'Try now', 'primary')}<a class="button" href="#todo">What else</a></div>`;
  const entries = timeline.kind === 'DATA' ? timeline.data.entries : [];
  return pageOf(request, {
    title: sentence.parts[0]?.text ?? 'Message',
    notice: noticeOf(query),
    place: 'find',
    ...(message.endedAt === null ? { live: liveOf(message.id, entries) } : {}),
    main: html`<p class="crumbs"><a href="/console/d/${encodeURIComponent(message.domainName)}">${shownText(message.domainName)}</a> / message</p>
      <p class="pill tone ${sentence.tone}">${sentence.label}</p>
      <h1 class="sentence">${sentence.parts.map(({ text, part }) => html`<span class="${part}">${text}</span> `)}</h1>
      ${items.length === 0 ? problem(request) : quick}
      <section class="card" aria-label="Its life">${life(request, message, sentence, entries, away)}</section>
      <div class="columns">
        <div>${happened}${recipientsOf(request, message)}</div>
        <div>${items.length === 0 ? NONE : html`<section class="card first" id="todo"><h2>What to do now</h2>${todoList(request, items, base)}</section>`}
          ${aboutMessage(request, message, subject)}${right}</div>
      </div>
      ${findField()}`,
  });
}

/** Says why a form was not carried out where there is nothing to do any more. */
function problem({ submitted }: PageRequest): Html {
  if (submitted === null) return NONE;
  return html`<p class="notice attention" role="alert">${[...submitted.errors.values()].join(' ')}</p>`;
}

const reason: TodoItem['fields'] = (sent) =>
  textField(sent, 'reason', 'Why', { hint: 'For the record; it may stay empty.' });

const ITEMS: readonly TodoItem[] = [
  {
    title: 'Do not wait for the clock',
    text: 'This message is tried before all others.',
    verb: 'try-message',
    button: 'Try this message now',
    look: 'primary',
  },
  {
    title: 'It will not be taken',
    text: 'Its sender gets a report. This cannot be undone.',
    verb: 'return-message',
    button: 'Return to its sender…',
    send: 'Return it to its sender',
    look: 'danger',
    fields: reason,
  },
  {
    title: 'No one wants it',
    text: 'It ends, and no one is told. This cannot be undone.',
    verb: 'cancel-message',
    button: 'Cancel…',
    send: 'Cancel this message',
    look: 'danger',
    fields: reason,
  },
];

function itemsOf({ visitor }: PageRequest, { endedAt }: MessageState): readonly TodoItem[] {
  return endedAt === null && visitor.scopes.includes('QUEUE_WRITE') ? ITEMS : [];
}

/** Null also for who may not read it. */
async function subjectOf({ ask, visitor }: PageRequest, id: string): Promise<string | null> {
  if (!visitor.scopes.includes('MESSAGE_CONTENT')) return null;
  const asked = await ask(messageSubjectQuery, { id });
  return asked.kind === 'DATA' ? (asked.data.message?.subject ?? null) : null;
}

/** The outage that was open when it was accepted; null also for who may not see it. */
async function awayAtFirst({ ask, visitor }: PageRequest, id: string): Promise<Away | null> {
  if (!visitor.scopes.includes('DOMAIN_READ')) return null;
  const asked = await ask(messageOutageQuery, { id });
  return asked.kind === 'DATA' ? (asked.data.message?.timeline.nodes[0]?.outage ?? null) : null;
}

/** Page by page, oldest first. */
async function wholeTimeline({ ask }: PageRequest, id: string): Promise<Asked<Timeline>> {
  const entries: Entry[] = [];
  let after: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const asked: Asked<MessageTimelineQuery> = await ask(messageTimelineQuery, { id, after });
    if (asked.kind === 'REFUSED') return asked;
    const { message }: MessageTimelineQuery = asked.data;
    entries.push(...(message?.timeline.nodes ?? []));
    after = message?.timeline.pageInfo.endCursor ?? null;
    if (message?.timeline.pageInfo.hasNextPage !== true) return { kind: 'DATA', data: { entries, hasMore: false } };
  }
  return { kind: 'DATA', data: { entries, hasMore: true } };
}

/** The first item that comes is the last entry that the page has. */
function liveOf(id: string, entries: readonly Entry[]) {
  const query = 'subscription Live($id: ID!, $after: ID) { messageTimeline(id: $id, after: $after) { cursor } }';
  return { query, variables: { id, after: entries.at(-2)?.id ?? null } };
}

function life(
  { now, visitor }: PageRequest,
  message: MessageState,
  sentence: MessageSentence,
  entries: readonly Entry[],
  away: Away | null,
): Html {
  const { acceptedAt, endedAt, expiresAt } = message;
  return lifePicture({
    now,
    timeZone: visitor.timeZone,
    acceptedAt: new Date(acceptedAt),
    endedAt: endedAt === null ? null : new Date(endedAt),
    expiresAt: new Date(expiresAt),
    tone: sentence.tone,
    endText: sentence.label.toLowerCase(),
    tries: entries.flatMap((entry) =>
      isTry({ entry }) && entry.attempt !== null
        ? [{ at: entry.at, outcome: entry.attempt.outcome, latency: entry.attempt.latency }]
        : [],
    ),
    outages: outagesOf(entries, away),
  });
}
