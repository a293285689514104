/** The fields of forms: each keeps what was typed, and has what is wrong beside it. */
import { type Html, html, NONE } from '../html.ts';
import type { Sent } from './todo-item.ts';

interface More {
  readonly preset?: string;
  readonly hint?: string;
  readonly type?: 'text' | 'date' | 'number';
}

/** A labelled field of one line. */
export function textField(sent: Sent, name: string, label: string, { preset, hint, type = 'text' }: More = {}): Html {
  return html`<label for="field-${name}">${label}</label>
    <input id="field-${name}" name="${name}" value="${sent.value(name, preset)}" type="${type}" autocomplete="off" spellcheck="false"${described(sent, name)} />
    ${hintOf(hint)}${sent.error(name)}`;
}

/** A labelled field of several lines. */
export function areaField(sent: Sent, name: string, label: string, { preset, hint }: Omit<More, 'type'> = {}): Html {
  return html`<label for="field-${name}">${label}</label>
    <textarea id="field-${name}" name="${name}" rows="4" autocomplete="off" spellcheck="false"${described(sent, name)}>
${sent.value(name, preset)}</textarea>
    ${hintOf(hint)}${sent.error(name)}`;
}

/** A choice of which several may be ticked. */
export function checkFields(
  sent: Sent,
  name: string,
  legend: string,
  options: readonly (readonly [value: string, label: string])[],
  preset: readonly string[] = [],
): Html {
  const ticked = sent.values(name, preset);
  return html`<fieldset class="checks"${described(sent, name)}><legend>${legend}</legend>${options.map(
    ([value, label]) =>
      html`<label class="check"><input type="checkbox" name="${name}" value="${value}"${ticked.includes(value) ? html` checked` : NONE} /> ${label}</label>`,
  )}${sent.error(name)}</fieldset>`;
}

/** A choice of which one is taken. */
export function choiceField(
  sent: Sent,
  name: string,
  label: string,
  options: readonly (readonly [value: string, label: string])[],
  { preset, hint }: Omit<More, 'type'> = {},
): Html {
  const chosen = sent.value(name, preset);
  return html`<label for="field-${name}">${label}</label>
    <select id="field-${name}" name="${name}"${described(sent, name)}>${options.map(
      ([value, text]) => html`<option value="${value}"${value === chosen ? html` selected` : NONE}>${text}</option>`,
    )}</select>
    ${hintOf(hint)}${sent.error(name)}`;
}

function described(sent: Sent, name: string): Html {
  return sent.hasError(name) ? html` aria-invalid="true" aria-describedby="wrong-${name}"` : NONE;
}

function hintOf(hint: string | undefined): Html {
  return hint === undefined ? NONE : html`<p class="hint">${hint}</p>`;
}

/** Names that stand in a field one per line, or between commas. */
export function namesOf(text: string | null): readonly string[] {
  return (text ?? '').split(/[\s,;]+/).filter((name) => name !== '');
}
