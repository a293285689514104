/** The forms about tokens and sessions: what may speak for this tenant. */
import { again, asking, type Form, type FormRequest, type FormResult, keyIn, resultOf, toldOf } from './form.ts';
import {
  type Scope,
  sessionEndMutation,
  sessionsQuery,
  tokenCreateMutation,
  tokenDeleteMutation,
  tokenQuery,
  tokenRotateMutation,
  tokenUpdateMutation,
} from './operations/generated.ts';
import { agoText, dayIn } from './words/time.ts';

const LIST = '/settings/tokens';
const SESSIONS = '/settings/sessions';
const NAMES = { name: 'name', scopes: 'scopes', expiresAt: 'ends' };

const tokenPage = ([id = '']: readonly string[]): string => `${LIST}/${encodeURIComponent(id)}`;

export const TOKEN_FORMS: readonly Form[] = [
  {
    pattern: /^\/settings\/tokens\/add-token$/,
    verb: 'add-token',
    done: '',
    page: () => LIST,
    submit: addToken,
  },
  {
    pattern: /^\/settings\/tokens\/([^/]+)\/change-token$/,
    verb: 'change-token',
    done: 'The token is changed. It holds at once.',
    page: tokenPage,
    async submit(request, [id = '']) {
      const input = inputOf(request);
      if ('kind' in input) return input;
      const asked = await request.ask(tokenUpdateMutation, { input: { id, ...input, ...keyIn(request.fields) } });
      return resultOf(asked, (data) => data.tokenUpdate, NAMES);
    },
  },
  {
    pattern: /^\/settings\/tokens\/([^/]+)\/rotate-token$/,
    verb: 'rotate-token',
    done: '',
    page: tokenPage,
    submit: rotateToken,
  },
  {
    pattern: /^\/settings\/tokens\/([^/]+)\/revoke-token$/,
    verb: 'revoke-token',
    done: 'The token is revoked.',
    page: tokenPage,
    next: LIST,
    submit: revokeToken,
  },
  {
    pattern: /^\/settings\/sessions\/([0-9a-f-]{36})\/end-session$/,
    verb: 'end-session',
    done: 'This session has ended.',
    page: () => SESSIONS,
    submit: async ({ ask }, [id = '']) =>
      resultOf(await ask(sessionEndMutation, { input: { id } }), (data) => data.consoleSessionEnd),
  },
  {
    pattern: /^\/settings\/sessions\/end-others$/,
    verb: 'end-others',
    done: 'All other sessions have ended.',
    page: () => SESSIONS,
    submit: endOthers,
  },
];

/** Times that a rotated secret stays valid. */
export const OVERLAPS = [
  ['PT0S', 'at once'],
  ['PT1H', 'in an hour'],
  ['P1D', 'in a day'],
  ['P7D', 'in a week'],
] as const;

interface TokenInput {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: string | null;
}

function inputOf({ fields, timeZone }: FormRequest): TokenInput | FormResult {
  const name = (fields.get('name') ?? '').trim();
  const scopes = fields.getAll('scopes') as Scope[];
  const ends = (fields.get('ends') ?? '').trim();
  const endsAt = ends === '' ? null : dayIn(ends, timeZone);
  if (name === '') return again('name', 'A name that says what it is for, such as terraform.');
  if (scopes.length === 0) return again('scopes', 'A token that may do nothing is of no use. Tick at least one.');
  if (ends !== '' && endsAt === null) return again('ends', 'A day, such as 2027-01-31, or nothing for no end.');
  return { name, scopes, expiresAt: endsAt?.toISOString() ?? null };
}

async function addToken(request: FormRequest): Promise<FormResult> {
  const input = inputOf(request);
  if ('kind' in input) return input;
  const asked = await request.ask(tokenCreateMutation, { input: { ...input, ...keyIn(request.fields) } });
  const result = resultOf(asked, (data) => data.tokenCreate, NAMES);
  if (result.kind !== 'DONE' || asked.kind === 'REFUSED') return result;
  return toldOf(`The secret of the new token ${input.name}`, asked.data.tokenCreate.secret);
}

async function rotateToken({ ask, fields }: FormRequest, [id = '']: readonly string[]): Promise<FormResult> {
  const [overlap, when] = OVERLAPS.find(([value]) => value === fields.get('overlap')) ?? OVERLAPS[2];
  const asked = await ask(tokenRotateMutation, { input: { id, overlap, ...keyIn(fields) } });
  const result = resultOf(asked, (data) => data.tokenRotate, { overlap: 'overlap' });
  if (result.kind !== 'DONE' || asked.kind === 'REFUSED') return result;
  return toldOf(`The new secret of this token. The old one ends ${when}.`, asked.data.tokenRotate.secret);
}

/** The last use is told first: something may depend on it. */
async function revokeToken({ ask, fields, now }: FormRequest, [id = '']: readonly string[]): Promise<FormResult> {
  if (fields.get('sure') === id)
    return resultOf(await ask(tokenDeleteMutation, { input: { id, ...keyIn(fields) } }), (data) => data.tokenDelete);
  const asked = await ask(tokenQuery, { id });
  if (asked.kind === 'REFUSED') return again('', asked.message);
  const { token } = asked.data;
  if (token === null) return again('', 'There is no such token.');
  const { name, lastUsedAt } = token;
  const used = lastUsedAt === null ? 'It was never used' : `It was used ${agoText(new Date(lastUsedAt), now)}`;
  return asking(`${used}. Whatever uses ${name}, and sessions that were opened with it, would end at once.`, {
    sure: id,
  });
}

/** One after the other: there are at most twenty. */
async function endOthers({ ask }: FormRequest): Promise<FormResult> {
  const asked = await ask(sessionsQuery, {});
  if (asked.kind === 'REFUSED') return again('', asked.message);
  for (const { id, isCurrent } of asked.data.viewer.consoleSessions) {
    if (isCurrent) continue;
    const ended = await ask(sessionEndMutation, { input: { id } });
    // One that ended by itself in between is what was wanted.
    const isGone = ended.kind === 'DATA' && ended.data.consoleSessionEnd.userErrors[0]?.code === 'NOT_FOUND';
    const result = resultOf(ended, (data) => data.consoleSessionEnd);
    if (result.kind !== 'DONE' && !isGone) return result;
  }
  return { kind: 'DONE' };
}
