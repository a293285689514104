/** The MX records of a domain: as they are, as they should be, and how they come into its zone. */
import type { PageAnswer, PageRequest } from '../ask.ts';
import { type Html, html, NONE, shownText } from '../html.ts';
import { type DomainMxFormQuery, domainMxFormQuery } from '../operations/generated.ts';
import { MX_VERDICTS } from '../words/labels.ts';
import { domainPart, refusedPart } from './domain-frame.ts';
import { choiceField, textField } from './fields.ts';
import { missingPage } from './missing.ts';
import { head } from './panel.ts';
import { type Sent, type TodoItem, todoList } from './todo-item.ts';

const CHANGES = { ADD: 'Add it', KEEP: 'It is there', REMOVE: 'Take it out' } as const;
const ALGORITHMS = [
  ['HMAC_SHA256', 'hmac-sha256'],
  ['HMAC_SHA384', 'hmac-sha384'],
  ['HMAC_SHA512', 'hmac-sha512'],
] as const;

export async function domainMxPage(request: PageRequest, [name = '']: readonly string[]): Promise<PageAnswer> {
  const asked = await request.ask(domainMxFormQuery, { name });
  if (asked.kind === 'REFUSED') return refusedPart(request, asked.message);
  const { domain } = asked.data;
  if (domain === null) return missingPage(request);
  const base = `/console/d/${encodeURIComponent(domain.name)}/mx`;
  const items = request.visitor.scopes.includes('DOMAIN_WRITE') ? ITEMS : [];
  const { text, tone } = MX_VERDICTS[domain.mx.verdict];
  return domainPart(request, {
    name: domain.name,
    current: 'mx',
    sentence: [{ text, part: tone === 'loss' ? 'loss' : 'first' }],
    main: html`<div class="columns"><div>${byHand(domain)}</div>
      <div>${items.length === 0 ? NONE : html`<section class="card first"><h2>Have it done</h2>${todoList(request, items, base)}</section>`}</div></div>`,
  });
}

function byHand({ mx: { formRecords, zoneFile } }: NonNullable<DomainMxFormQuery['domain']>): Html {
  if (formRecords.length === 0)
    return html`<section class="card">${head('At your DNS host')}<p class="soft">The DNS has not been read.</p></section>`;
  return html`<section class="card">${head('At your DNS host', 'the records as its form asks for them')}
    <div class="scroll" role="group" tabindex="0" aria-label="MX records"><table>
      <thead><tr><th scope="col">What to do</th><th scope="col">Name</th><th scope="col" class="number">Priority</th><th scope="col">Mail server</th></tr></thead>
      <tbody>${formRecords.map(
        ({
          change,
          name,
          preference,
          host,
        }) => html`<tr><td class="nowrap">${change === 'KEEP' ? html`<span class="tone fine">${CHANGES[change]}</span>` : html`<span class="tone attention">${CHANGES[change]}</span>`}</td>
          <td class="address mono">${shownText(name)}</td><td class="number">${preference}</td><td class="address mono">${shownText(host)}</td></tr>`,
      )}</tbody></table></div>
    <details><summary>As lines of a zone file</summary><pre tabindex="0" aria-label="Lines of a zone file">${zoneFile}</pre></details></section>`;
}

/** The key of the zone is not kept, and not shown again. */
function serverFields(sent: Sent): Html {
  return html`${textField(sent, 'server', 'Name server', { hint: 'Empty: the primary server that the zone itself names.' })}
    ${textField(sent, 'port', 'Port', { preset: '53' })}
    <p class="hint">Its key is needed for the second step only; the first shows what would change.</p>
    ${textField(sent, 'keyName', 'Name of the key')}
    ${choiceField(sent, 'algorithm', 'Algorithm', ALGORITHMS)}
    <label for="field-secret">Secret of the key</label>
    <input id="field-secret" name="secret" type="password" autocomplete="off"${sent.hasError('secret') ? html` aria-invalid="true" aria-describedby="wrong-secret"` : NONE} />${sent.error('secret')}`;
}

const ITEMS: readonly TodoItem[] = [
  {
    title: 'Write our records into your zone',
    text: 'By a dynamic update (RFC 2136), signed with a key of your zone. Nothing else in it changes.',
    verb: 'set-mx',
    button: 'Set MX…',
    send: 'Set the records',
    look: 'primary',
    fields: (sent) =>
      html`${textField(sent, 'preference', 'Priority of ours', { hint: 'Empty: after all others.' })}${serverFields(sent)}`,
  },
  {
    title: 'Take them out again',
    text: 'Only the records that were set this way.',
    verb: 'unset-mx',
    button: 'Unset MX…',
    send: 'Take the records out',
    look: 'danger',
    fields: serverFields,
  },
];
