/** The browsers that are signed in with the token of this session. */
import type { PageAnswer, PageRequest } from '../ask.ts';
import { type Html, html, NONE, shownText } from '../html.ts';
import { sessionsQuery } from '../operations/generated.ts';
import { type Session, sessionsSentence } from '../words/settings-sentence.ts';
import { agoText, timeText } from '../words/time.ts';
import { framed, refusedPage } from './settings-frame.ts';
import { plainForm } from './todo-item.ts';

const PATH = '/console/settings/sessions';

export async function sessionsPage(request: PageRequest): Promise<PageAnswer> {
  const asked = await request.ask(sessionsQuery, {});
  if (asked.kind === 'REFUSED') return refusedPage(request, 'sessions', asked);
  const sessions = asked.data.viewer.consoleSessions;
  const others = sessions.filter(({ isCurrent }) => !isCurrent).length;
  const endAll = others < 2 ? NONE : plainForm(`${PATH}/end-others`, 'End all others', 'danger');
  return framed(request, {
    current: 'sessions',
    sentence: sessionsSentence(sessions),
    main: html`<section class="card"><h2>Sessions</h2>
      <p class="soft">Those that were opened with the token of this one. Each ends twelve hours after its sign-in, or two hours after its last page.</p>
      <ul class="todo">${sessions.map((session) => row(request, session))}</ul>${endAll}</section>`,
  });
}

function row({ now, visitor }: PageRequest, session: Session): Html {
  const { id, startedAt, lastUsedAt, expiresAt, clientAddress, isCurrent } = session;
  const at = (text: string): string => timeText(new Date(text), now, visitor.timeZone);
  const from = clientAddress === null ? 'A browser' : `From ${shownText(clientAddress)}`;
  const used = isCurrent ? 'this browser' : `last used ${agoText(new Date(lastUsedAt), now)}`;
  return html`<li><div><h3>${from}</h3><p>Since ${at(startedAt)}, ${used}, until ${at(expiresAt)} at the latest.</p></div>
    ${isCurrent ? NONE : plainForm(`${PATH}/${id}/end-session`, 'End', undefined)}</li>`;
}
