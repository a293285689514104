/** The answers to what would happen if the server went down now: the check-up, the mailboxes, the last drill, and the proof that is missing. */
import type { PageRequest } from '../ask.ts';
import { type Html, html, NONE, shownText } from '../html.ts';
import { counted } from '../words/count.ts';
import type { DomainState } from '../words/domain-sentence.ts';
import { FINDINGS } from '../words/findings.ts';
import type { Tone } from '../words/labels.ts';
import { timeText } from '../words/time.ts';
import { head } from './panel.ts';
import { plainForm } from './todo-item.ts';

/** Problems and warnings of the doctor, each a sentence; opened it has advice and evidence. */
export function checkUp({ now, visitor }: PageRequest, { doctor }: DomainState, base: string): Html {
  const again = visitor.scopes.includes('DOMAIN_WRITE') ? plainForm(`${base}/check`, 'Check again', undefined) : NONE;
  if (doctor === null)
    return html`<section class="card">${head('Check-up', 'not yet')}<p class="soft">It comes by itself within a day.</p>${again}</section>`;
  const bad = doctor.findings.filter(({ verdict }) => verdict === 'PROBLEM' || verdict === 'WARNING');
  const list = bad.map(
    ({ code, verdict, advice, evidence }) => html`<li><details>
      <summary><span class="tone ${verdict === 'PROBLEM' ? 'loss' : 'attention'}">${FINDINGS[code]}</span></summary>
      ${advice === null ? NONE : html`<p>${shownText(advice)}</p>`}
      ${evidence.map(({ asked, answered }) => html`<p class="small"><span class="soft">${shownText(asked)}</span><br /><span class="mono">${shownText(answered)}</span></p>`)}
    </details></li>`,
  );
  return html`<section class="card">
    ${head('Check-up', `looked at ${timeText(new Date(doctor.at), now, visitor.timeZone)}`)}
    ${bad.length === 0 ? html`<p class="tone fine">No problems.</p>` : html`<ul class="findings">${list}</ul>`} ${again}
  </section>`;
}

/** Three answers to: if your server went down now? */
export function wouldWork(request: PageRequest, domain: DomainState): Html {
  return html`<section class="card begin">
    <h2>If your server went down now</h2>
    <ul class="answers">${[taken(request, domain), mailboxes(domain), drilled(request, domain)].map(answer)}</ul>
  </section>`;
}

interface Answer {
  readonly tone: Tone;
  readonly title: string;
  readonly text: string;
}

function answer({ tone, title, text }: Answer): Html {
  return html`<li><h3 class="tone ${tone}">${title}</h3><p class="soft small">${text}</p></li>`;
}

function taken({ now, visitor }: PageRequest, { doctor }: DomainState): Answer {
  if (doctor === null)
    return { tone: 'past', title: 'Not looked at yet', text: 'The first check-up comes within a day.' };
  const text = `Looked at ${timeText(new Date(doctor.at), now, visitor.timeZone)}.`;
  return doctor.verdict === 'PROBLEM'
    ? { tone: 'attention', title: 'A check found a problem', text }
    : { tone: 'fine', title: 'We would take its mail', text };
}

function mailboxes({ recipientList, hasCallAheads }: DomainState): Answer {
  if (recipientList.isEnabled) {
    const text = `${counted(recipientList.entryCount, 'entry', 'entries')} in the User List.`;
    return { tone: 'fine', title: 'Listed mailboxes are taken', text };
  }
  return hasCallAheads
    ? { tone: 'fine', title: 'Any mailbox is taken', text: 'Your server is asked while it is up.' }
    : {
        tone: 'attention',
        title: 'Any mailbox is taken',
        text: 'There is no User List, and your server is not asked.',
      };
}

function drilled({ now, visitor }: PageRequest, { drills }: DomainState): Answer {
  const [last] = drills.nodes;
  if (last === undefined)
    return { tone: 'attention', title: 'Never drilled', text: 'A drill sends one real message the whole way.' };
  const when = timeText(new Date(last.endedAt ?? last.requestedAt), now, visitor.timeZone);
  if (last.result === null) return { tone: 'held', title: 'A drill is under way', text: `It began ${when}.` };
  return last.result === 'DELIVERED'
    ? { tone: 'fine', title: 'The last drill arrived', text: `It ended ${when}.` }
    : { tone: 'attention', title: 'The last drill did not arrive', text: `It ended ${when}.` };
}

/** The TXT record that proves a domain. */
export function proof({ now, visitor }: PageRequest, { proof: wanted }: DomainState): Html {
  if (wanted === null) return NONE;
  const looked =
    wanted.checkedAt === null
      ? 'not looked for yet'
      : `looked for ${timeText(new Date(wanted.checkedAt), now, visitor.timeZone)}`;
  return html`<section class="card begin">
    ${head('The TXT record', looked)}
    <p>Publish this in the DNS of the domain. It proves that the domain is yours, and may stay.</p>
    <dl class="figures wide"><div><dt>Name</dt><dd class="mono">${shownText(wanted.name)}</dd></div>
      <div><dt>Value</dt><dd class="mono">${shownText(wanted.value)}</dd></div></dl>
  </section>`;
}
