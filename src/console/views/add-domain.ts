/** One field: the name of a domain. Its proof and its MX records come on its page. */
import type { PageAnswer, PageRequest } from '../ask.ts';
import { type Html, html } from '../html.ts';
import { textField } from './fields.ts';
import { pageOf } from './layout.ts';
import { type TodoItem, todoList } from './todo-item.ts';

const ADD: TodoItem = {
  title: 'Add your domain',
  text: 'Then publish the TXT record that proves that it is yours, and our MX records after your own.',
  verb: 'add-domain',
  button: 'Add…',
  send: 'Add it',
  look: 'primary',
  fields: (sent) => textField(sent, 'name', 'Its name', { hint: 'Such as example.org.' }),
};

export function addDomainPage(request: PageRequest): Promise<PageAnswer> {
  const canAdd = request.visitor.scopes.includes('DOMAIN_WRITE');
  const title = canAdd
    ? 'Which domain should we stand by?'
    : 'To add a domain, a session needs the scope DOMAIN_WRITE.';
  return pageOf(request, {
    title,
    place: 'overview',
    main: html`<p class="crumbs"><a href="/console">Domains</a> / add</p><h1 class="sentence">${title}</h1>${canAdd ? addForm(request) : ''}`,
  });
}

/** The form, open; it may stand on another page. */
export function addForm(request: PageRequest): Html {
  const open = { ...request, query: new URLSearchParams({ do: 'add-domain' }) };
  return html`<section class="card first"><h2 class="unseen">Add a domain</h2>${todoList(open, [ADD], '/console/add')}</section>`;
}
