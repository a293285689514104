/** The tokens that may speak for this tenant, and each by itself. A secret is shown once, when it is made. */
import type { PageAnswer, PageRequest } from '../ask.ts';
import { OVERLAPS } from '../forms-of-tokens.ts';
import { type Html, html, NONE, shownText } from '../html.ts';
import { tokenQuery, type TokenQuery, tokensQuery } from '../operations/generated.ts';
import type { Tone } from '../words/labels.ts';
import { type Token, tokensSentence } from '../words/settings-sentence.ts';
import { SCOPE_WORDS, SCOPES_IN_ORDER } from '../words/settings-words.ts';
import { agoText, dayText, isNear, timeText } from '../words/time.ts';
import { checkFields, choiceField, textField } from './fields.ts';
import { missingPage } from './missing.ts';
import { facts, framed, ownerOf, pager, refusedPage } from './settings-frame.ts';
import { type Sent, type TodoItem, todoList } from './todo-item.ts';

const PATH = '/console/settings/tokens';

type Whole = NonNullable<TokenQuery['token']>;

export async function tokensPage(request: PageRequest): Promise<PageAnswer> {
  const { ask, query, visitor, now } = request;
  const asked = await ask(tokensQuery, { after: query.get('after') });
  if (asked.kind === 'REFUSED') return refusedPage(request, 'tokens', asked);
  const { totalCount, nodes, pageInfo } = asked.data.tokens;
  const items = visitor.scopes.includes('TOKEN_WRITE') ? [addItem(request)] : [];
  const add =
    items.length === 0
      ? NONE
      : html`<section class="card first"><h2 class="unseen">Add a token</h2>${todoList(request, items, PATH)}</section>`;
  const list =
    nodes.length === 0
      ? NONE
      : html`<section class="card"><h2>Tokens</h2><ul class="found">${nodes.map((node) => row(request, node))}</ul>${pager(PATH, pageInfo)}</section>`;
  return framed(request, {
    current: 'tokens',
    items,
    sentence: tokensSentence({ totalCount, nodes }, now),
    main: html`${add}${list}`,
  });
}

function addItem(request: PageRequest): TodoItem {
  return {
    title: 'A script or a program needs one',
    text: 'Give it a token of its own, with no more than it needs. It can have what this session has.',
    verb: 'add-token',
    button: 'New token…',
    send: 'Create it',
    look: 'primary',
    fields: (sent) => tokenFields(request, sent, { name: '', scopes: [], ends: '' }),
  };
}

function tokenFields(
  { visitor }: PageRequest,
  sent: Sent,
  preset: { readonly name: string; readonly scopes: readonly string[]; readonly ends: string },
): Html {
  const offered = SCOPES_IN_ORDER.filter((scope) => visitor.scopes.includes(scope) || preset.scopes.includes(scope));
  return html`${textField(sent, 'name', 'Name', { preset: preset.name, hint: 'The place where it is used, such as terraform.' })}
    ${checkFields(
      sent,
      'scopes',
      'It may',
      offered.map((scope) => [scope, SCOPE_WORDS[scope]]),
      preset.scopes,
    )}
    ${textField(sent, 'ends', 'Ends on', { preset: preset.ends, type: 'date', hint: 'With nothing it does not end by itself.' })}`;
}

function stateOf(
  { expiresAt, lastUsedAt }: Pick<Token, 'expiresAt' | 'lastUsedAt'>,
  now: Date,
): { text: string; tone: Tone } {
  if (expiresAt !== null && Date.parse(expiresAt) <= now.getTime()) return { text: 'Expired', tone: 'past' };
  if (expiresAt !== null && isNear(new Date(expiresAt), now)) return { text: 'Expires soon', tone: 'attention' };
  if (lastUsedAt === null) return { text: 'Never used', tone: 'past' };
  return { text: 'In use', tone: 'fine' };
}

function row(request: PageRequest, token: Token): Html {
  const { id, name, prefix, scopes, expiresAt, lastUsedAt } = token;
  const { now, visitor } = request;
  const { text, tone } = stateOf(token, now);
  const used = lastUsedAt === null ? '' : ` · last used ${agoText(new Date(lastUsedAt), now)}`;
  const ends = expiresAt === null ? '' : ` · ends ${timeText(new Date(expiresAt), now, visitor.timeZone)}`;
  const may = scopes.map((scope) => SCOPE_WORDS[scope] ?? scope);
  return html`<li><a class="name" href="${PATH}/${id}">${shownText(name)}</a> <span class="mono soft">${prefix}…</span>${ownerOf(request, token)}
    <p><span class="tone ${tone}">${text}</span></p>
    <p class="soft small">${may.join(' · ')}${used}${ends}</p></li>`;
}

export async function tokenPage(request: PageRequest, [id = '']: readonly string[]): Promise<PageAnswer> {
  const { ask, now, visitor } = request;
  const asked = await ask(tokenQuery, { id });
  if (asked.kind === 'REFUSED') return refusedPage(request, 'tokens', asked);
  const { token } = asked.data;
  if (token === null) return missingPage(request);
  const at = (text: string | null): string | null =>
    text === null ? null : timeText(new Date(text), now, visitor.timeZone);
  const { name, prefix, previousPrefix, previousUntil, scopes, expiresAt, lastUsedAt, rotatedAt, createdAt } = token;
  const label = stateOf(token, now);
  const used = lastUsedAt === null ? 'was never used' : `was used ${agoText(new Date(lastUsedAt), now)}`;
  const items = visitor.scopes.includes('TOKEN_WRITE') ? itemsOf(request, token) : [];
  return framed(request, {
    current: 'tokens',
    items,
    name,
    label,
    sentence: [
      { text: `This token ${used}.`, part: 'first' },
      { text: expiresAt === null ? 'It does not end by itself.' : `It ends ${at(expiresAt)}.`, part: 'rest' },
    ],
    main: html`<div class="columns"><div>
        ${items.length === 0 ? NONE : html`<section class="card first"><h2>What to do</h2>${todoList(request, items, `${PATH}/${token.id}`)}</section>`}
        <section class="card"><h2>It may</h2><ul class="plain">${scopes.map((scope) => html`<li>${SCOPE_WORDS[scope]} <span class="mono soft">${scope}</span></li>`)}</ul></section>
      </div><div><section class="card"><h2>About it</h2>${facts([
        ['Begins with', html`<span class="mono">${prefix}…</span>`],
        ['Of', visitor.isOperator ? shownText(token.tenant.name) : null],
        ['Created', at(createdAt)],
        ['Rotated', at(rotatedAt)],
        [
          'Old secret',
          previousPrefix === null
            ? null
            : html`<span class="mono">${previousPrefix}…</span> until ${at(previousUntil)}`,
        ],
        ['Last used', at(lastUsedAt) ?? 'Never'],
      ])}</section></div></div>`,
  });
}

function itemsOf(request: PageRequest, { name, scopes, expiresAt }: Whole): readonly TodoItem[] {
  const ends = expiresAt === null ? '' : dayText(new Date(expiresAt), request.visitor.timeZone);
  return [
    {
      title: 'Its secret has been seen',
      text: 'It gets a new one. The old one may stay valid while you put the new one in its place.',
      verb: 'rotate-token',
      button: 'Rotate…',
      send: 'Make a new secret',
      look: 'primary',
      fields: (sent) => choiceField(sent, 'overlap', 'The old secret ends', OVERLAPS, { preset: 'P1D' }),
    },
    {
      title: 'It should do more, or less',
      text: 'Its secret stays as it is.',
      verb: 'change-token',
      button: 'Change…',
      send: 'Change',
      fields: (sent) => tokenFields(request, sent, { name, scopes, ends }),
    },
    {
      title: 'It is not needed any more',
      text: 'It ends at once, and for good.',
      verb: 'revoke-token',
      button: 'Revoke…',
      send: 'Revoke this token',
      look: 'danger',
      fields: () => NONE,
    },
  ];
}
