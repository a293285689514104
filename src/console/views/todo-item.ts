/** A thing to do on a page: what it is good for, and its button, or the form that the button opens. */
import { randomUUID } from 'node:crypto';
import type { PageRequest, Submitted } from '../ask.ts';
import { type Html, html, NONE, shownText } from '../html.ts';

export interface TodoItem {
  readonly title: string;
  readonly text: string;
  /** The last part of the address that its form is sent to. Null: there is nothing to press. */
  readonly verb: string | null;
  readonly button: string;
  readonly look?: 'primary' | 'danger';
  /** The fields of the form; without any the button sends it at once. */
  readonly fields?: (sent: Sent) => Html;
  /** The button of a form with fields, and of one that was asked for a second time. */
  readonly send?: string;
}

/** The text that was typed and what is wrong with it, where a form comes back. */
export interface Sent {
  readonly value: (field: string, preset?: string) => string;
  /** Those of several boxes of one name that are ticked. */
  readonly values: (field: string, preset: readonly string[]) => readonly string[];
  /** Beside a field. */
  readonly error: (field: string) => Html;
  readonly hasError: (field: string) => boolean;
}

/** @param base the address that forms of this page are sent below, such as `/console/d/example.org` */
export function todoList(request: PageRequest, items: readonly TodoItem[], base: string): Html {
  return html`<ul class="todo">${items.map((item) => todo(request, item, base))}</ul>`;
}

function todo({ query, submitted }: PageRequest, item: TodoItem, base: string): Html {
  const { title, text, verb, button, look, fields } = item;
  const words = html`<div><h3>${title}</h3><p>${text}</p></div>`;
  if (verb === null) return html`<li>${words}</li>`;
  const sent = submitted?.verb === verb && submitted.told === null ? submitted : null;
  if (fields === undefined && sent === null)
    return html`<li>${words}${plainForm(`${base}/${verb}`, button, look)}</li>`;
  if (query.get('do') !== verb && sent === null)
    return html`<li>${words}<a class="button ${look ?? ''}" href="${base}?do=${verb}#${verb}">${button}</a></li>`;
  return html`<li id="${verb}">${words}${openForm(item, sent, base)}</li>`;
}

/** A form that is its button. Sent twice it is done once: its key was made with the page. */
export function plainForm(to: string, button: string, look: TodoItem['look'], more: Html = NONE): Html {
  return html`<form method="post" action="${to}">
    <input type="hidden" name="key" value="${randomUUID()}" />${more}<button class="${look ?? ''}">${button}</button>
  </form>`;
}

function openForm({ verb, look, fields, send, button }: TodoItem, submitted: Submitted | null, base: string): Html {
  const sent = sentOf(submitted);
  const question = submitted?.question ?? null;
  const extra = Object.entries(question?.fields ?? {});
  return html`<form method="post" action="${base}/${verb}" class="stack open">
    <input type="hidden" name="key" value="${submitted?.fields.get('key') ?? randomUUID()}" />
    ${sent.error('')} ${fields === undefined ? NONE : fields(sent)}
    ${question === null ? NONE : html`<p class="notice attention" role="alert">${shownText(question.text)}</p>`}
    ${extra.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    <p class="row"><button class="${question === null ? (look ?? 'primary') : 'danger'}">${question === null ? (send ?? button) : `Yes, ${lower(send ?? button)}`}</button>
      <a class="quiet" href="${base}">Leave it</a></p>
  </form>`;
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1).replace(/…$/, '');
}

function sentOf(submitted: Submitted | null): Sent {
  const hasError = (field: string): boolean => submitted?.errors.has(field) === true;
  return {
    value: (field, preset = '') => submitted?.fields.get(field) ?? preset,
    values: (field, preset) => submitted?.fields.getAll(field) ?? preset,
    hasError,
    error: (field) =>
      hasError(field)
        ? html`<p class="field-error" id="wrong-${field}" role="alert">${shownText(submitted?.errors.get(field) ?? '')}</p>`
        : NONE,
  };
}
