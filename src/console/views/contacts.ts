/** The addresses that are told when a server goes down, and each by itself. */
import type { PageAnswer, PageRequest } from '../ask.ts';
import { type Html, html, NONE, shownText } from '../html.ts';
import { type ContactQuery, contactQuery, contactsQuery } from '../operations/generated.ts';
import { contactsSentence, type Contact } from '../words/settings-sentence.ts';
import { timeText } from '../words/time.ts';
import { areaField, textField } from './fields.ts';
import { missingPage } from './missing.ts';
import { domainsText, facts, framed, ownerOf, pager, refusedPage } from './settings-frame.ts';
import { type Sent, type TodoItem, todoList } from './todo-item.ts';

const PATH = '/console/settings/contacts';
const STATUS = {
  CONFIRMED: { text: 'Gets alerts', tone: 'fine' },
  UNCONFIRMED: { text: 'Not confirmed', tone: 'attention' },
} as const;

const domainsField = (sent: Sent, preset = ''): Html =>
  areaField(sent, 'domains', 'Only for these domains', { preset, hint: 'One per line. With none it is told of all.' });

const ADD: TodoItem = {
  title: 'Tell another address',
  text: 'It should lie outside of the domains that it watches: their mail may wait with us.',
  verb: 'add-contact',
  button: 'Add…',
  send: 'Send it a code',
  look: 'primary',
  fields: (sent) => html`${textField(sent, 'address', 'Address')}${domainsField(sent)}`,
};

export async function contactsPage(request: PageRequest): Promise<PageAnswer> {
  const { ask, query, visitor } = request;
  const asked = await ask(contactsQuery, { after: query.get('after') });
  if (asked.kind === 'REFUSED') return refusedPage(request, 'contacts', asked);
  const { totalCount, nodes, pageInfo } = asked.data.alertContacts;
  const items = visitor.scopes.includes('WEBHOOK_WRITE') ? [ADD] : [];
  const add =
    items.length === 0
      ? NONE
      : html`<section class="card first"><h2 class="unseen">Add an address</h2>${todoList(request, items, PATH)}</section>`;
  const list =
    nodes.length === 0
      ? NONE
      : html`<section class="card"><h2>Addresses</h2><ul class="found">${nodes.map((node) => row(request, node))}</ul>${pager(PATH, pageInfo)}</section>`;
  return framed(request, {
    current: 'contacts',
    items,
    sentence: contactsSentence({ totalCount, nodes }),
    main: html`${add}${list}`,
  });
}

function row(request: PageRequest, contact: Contact): Html {
  const { id, address, status, domains, lastMailedAt, ignoredDomains } = contact;
  const { now, visitor } = request;
  const last = lastMailedAt === null ? '' : ` · last told ${timeText(new Date(lastMailedAt), now, visitor.timeZone)}`;
  const blind = ignoredDomains.length === 0 ? '' : ' · not told of the domains that it lies in';
  return html`<li><a class="name" href="${PATH}/${id}">${shownText(address)}</a>${ownerOf(request, contact)}
    <p><span class="tone ${STATUS[status].tone}">${STATUS[status].text}</span></p>
    <p class="soft small">${domainsText(domains)}${last}${blind}</p></li>`;
}

export async function contactPage(request: PageRequest, [id = '']: readonly string[]): Promise<PageAnswer> {
  const { ask, now, visitor } = request;
  const asked = await ask(contactQuery, { id });
  if (asked.kind === 'REFUSED') return refusedPage(request, 'contacts', asked);
  const contact = asked.data.alertContact;
  if (contact === null) return missingPage(request);
  const { address, status, domains, lastMailedAt, confirmedAt, codeExpiresAt, ignoredDomains, createdAt } = contact;
  const at = (text: string | null): string | null =>
    text === null ? null : timeText(new Date(text), now, visitor.timeZone);
  const items = visitor.scopes.includes('WEBHOOK_WRITE') ? itemsOf(contact) : [];
  return framed(request, {
    current: 'contacts',
    items,
    name: address,
    label: STATUS[status],
    sentence: [
      {
        text:
          status === 'CONFIRMED'
            ? 'This address is told when a server goes down.'
            : 'This address is told nothing until its code is entered here.',
        part: 'first',
      },
    ],
    main: html`<div class="columns"><div>
        ${items.length === 0 ? NONE : html`<section class="card first"><h2>What to do</h2>${todoList(request, items, `${PATH}/${contact.id}`)}</section>`}
      </div><div><section class="card"><h2>About it</h2>${facts([
        ['Address', shownText(address)],
        ['Of', visitor.isOperator ? shownText(contact.tenant.name) : null],
        ['Told of', domains === null ? 'All domains' : domains.map((domain) => shownText(domain)).join(', ')],
        [
          'Not told of',
          ignoredDomains.length === 0
            ? null
            : `${ignoredDomains.map((domain) => shownText(domain)).join(', ')}: it lies in them`,
        ],
        ['Added', at(createdAt)],
        ['Confirmed', at(confirmedAt)],
        ['Code valid until', status === 'CONFIRMED' ? null : at(codeExpiresAt)],
        ['Last told', at(lastMailedAt) ?? 'Never'],
      ])}</section></div></div>`,
  });
}

function itemsOf({ status, domains }: NonNullable<ContactQuery['alertContact']>): readonly TodoItem[] {
  const confirm: readonly TodoItem[] = [
    {
      title: 'The code has arrived',
      text: 'It stands in the mail that we have sent to this address.',
      verb: 'confirm-contact',
      button: 'Enter the code…',
      send: 'Confirm',
      look: 'primary',
      fields: (sent) => textField(sent, 'code', 'Code'),
    },
    {
      title: 'No mail has come',
      text: 'Look where spam goes as well.',
      verb: 'send-code',
      button: 'Send another code',
    },
  ];
  return [
    ...(status === 'UNCONFIRMED' ? confirm : []),
    {
      title: 'Told of other domains',
      text: 'The address stays confirmed. Another address is another contact.',
      verb: 'change-contact',
      button: 'Change…',
      send: 'Change',
      fields: (sent) => domainsField(sent, domains?.join('\n') ?? ''),
    },
    {
      title: 'Not to be told any more',
      text: 'It has to be confirmed again if you add it later.',
      verb: 'delete-contact',
      button: 'Delete…',
      look: 'danger',
      fields: () => NONE,
      send: 'Delete this contact',
    },
  ];
}
