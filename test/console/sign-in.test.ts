/** The door of the console: sign-in by token and by link, what a session may, when it ends, and that other sites cannot use it. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createConsoleSessions } from '../../src/tenants/console-sessions.ts';
import { type Harness, startControl, TOKEN } from '../control/harness.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

interface Sent {
  readonly fields?: Readonly<Record<string, string>>;
  readonly cookie?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function get(path: string, cookie = ''): Promise<Response> {
  return fetch(control.url + path, { redirect: 'manual', headers: { Cookie: cookie } });
}

function post(path: string, { fields = {}, cookie = '', headers = { 'Sec-Fetch-Site': 'same-origin' } }: Sent) {
  const body = new URLSearchParams(fields);
  return fetch(control.url + path, {
    method: 'POST',
    redirect: 'manual',
    body,
    headers: { Cookie: cookie, ...headers },
  });
}

async function signIn(token = TOKEN, fields: Readonly<Record<string, string>> = {}): Promise<string> {
  const response = await post('/console/sign-in', { fields: { token, timeZone: 'Europe/Vienna', ...fields } });
  expect(response.status).toBe(303);
  return response.headers.get('Set-Cookie')?.split(';')[0] ?? '';
}

async function createToken(scopes: readonly string[]): Promise<{ id: string; secret: string }> {
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string; token: { id: string } } }>(
    `mutation($scopes: [Scope!]!) { tokenCreate(input: { name: "browser", scopes: $scopes }) { secret token { id } userErrors { code } } }`,
    { scopes },
  );
  return { id: tokenCreate.token.id, secret: tokenCreate.secret };
}

/** As a page of ours asks for it. */
async function askApi(
  cookie: string,
  query: string,
  headers: Readonly<Record<string, string>> = { 'Sec-Fetch-Site': 'same-origin' },
) {
  const response = await fetch(`${control.url}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Cookie: cookie, ...headers },
    body: JSON.stringify({ query }),
  });
  return {
    status: response.status,
    body: (await response.json()) as { data?: unknown; errors?: { extensions: { code: string } }[] },
  };
}

describe('a token', () => {
  test('opens a session in a cookie that no script reads and no other site sends', async () => {
    const response = await post('/console/sign-in', { fields: { token: TOKEN, next: '/console/find?q=a' } });
    expect(response.headers.get('Location')).toBe('/console/find?q=a');
    expect(response.headers.get('Set-Cookie')).toMatch(
      /^bmx=bms_[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=43200$/,
    );
    const page = await get('/console', response.headers.get('Set-Cookie')?.split(';')[0]);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('Operator');
    expect(page.headers.get('Cache-Control')).toBe('no-store');
    expect(page.headers.get('Content-Security-Policy')).toContain("default-src 'none'; script-src 'self'");
  });

  test('that is none is refused beside its field, and leads nowhere else', async () => {
    const response = await post('/console/sign-in', { fields: { token: 'bmx_nobody', next: 'https://evil.example/' } });
    expect(response.status).toBe(422);
    const text = await response.text();
    expect(text).toContain('This token is unknown here');
    expect(text).not.toContain('evil.example');
    for (const next of ['//evil.example', '/console\\..\\', 'https://evil.example', '/graphql'])
      expect((await post('/console/sign-in', { fields: { token: TOKEN, next } })).headers.get('Location')).toBe(
        '/console',
      );
  });

  test('gives its session no more than it has, and only looks if asked to', async () => {
    const { secret } = await createToken(['DOMAIN_WRITE', 'QUEUE_READ']);
    const scopesOf = async (cookie: string) =>
      ((await askApi(cookie, '{ viewer { scopes } }')).body.data as { viewer: { scopes: string[] } }).viewer.scopes;
    expect(await scopesOf(await signIn(secret))).toEqual(['DOMAIN_WRITE', 'QUEUE_READ']);
    expect(await scopesOf(await signIn(secret, { isReadOnly: 'true' }))).toEqual(['DOMAIN_READ', 'QUEUE_READ']);
  });

  test('ends its sessions with its own end, and twenty are the most', async () => {
    const { id, secret } = await createToken(['DOMAIN_READ']);
    const cookies: string[] = [];
    for (let index = 0; index < 21; index += 1) cookies.push(await signIn(secret));
    const states = await Promise.all(cookies.map(async (cookie) => (await get('/console', cookie)).status));
    expect(states.filter((status) => status === 200)).toHaveLength(20);
    await control.ask(`mutation { tokenDelete(input: { id: "${id}" }) { userErrors { code } } }`);
    const { sql } = control.database;
    const others = createConsoleSessions(sql);
    for (const cookie of cookies) expect(await others.find(cookie.slice('bmx='.length))).toBeNull();
  });
});

describe('a link', () => {
  const makeLink = async (lastsSeconds: number) => {
    const sessions = createConsoleSessions(control.database.sql);
    const { secret } = await createToken(['DOMAIN_READ']);
    const cookie = await signIn(secret);
    const found = await sessions.find(cookie.slice('bmx='.length));
    if (found === null) throw new Error('no session');
    const { code } = await sessions.makeLink({ parent: found.parent, scopes: ['DOMAIN_READ'], lastsSeconds });
    return code;
  };

  test('opens once', async () => {
    const code = await makeLink(60);
    expect((await get('/console/enter')).status).toBe(200);
    const entered = await post('/console/enter', { fields: { code } });
    expect([entered.status, entered.headers.get('Location')]).toEqual([303, '/console']);
    const cookie = entered.headers.get('Set-Cookie')?.split(';')[0];
    expect((await get('/console', cookie)).status).toBe(200);
    expect((await post('/console/enter', { fields: { code } })).status).toBe(422);
  });

  test('does not open after its time', async () => {
    expect((await post('/console/enter', { fields: { code: await makeLink(0) } })).status).toBe(422);
  });

  interface Made {
    readonly consoleLinkCreate: { readonly url: string; readonly expiresAt: string };
  }
  const makeByApi = (secret: string, input = '{}') =>
    control.postAs<Made>(
      secret,
      `mutation { consoleLinkCreate(input: ${input}) { url expiresAt userErrors { code } } }`,
    );

  test('of the API opens what its maker may do, where it says, and is seen and ended by its maker', async () => {
    const { secret } = await createToken(['DOMAIN_READ', 'QUEUE_WRITE']);
    const { data } = await makeByApi(secret);
    const [base, code = ''] = data.consoleLinkCreate.url.split('#');
    expect(base).toEndWith('/console/enter');
    const left = Date.parse(data.consoleLinkCreate.expiresAt) - Date.now();
    expect(left).toBeGreaterThan(100_000);
    expect(left).toBeLessThanOrEqual(120_000);
    expect(await (await get('/console/enter?next=/console/d/a.example')).text()).toContain(
      'value="/console/d/a.example"',
    );
    expect(await (await get('/console/enter?next=//evil.example')).text()).toContain('name="next" value="/console"');
    const entered = await post('/console/enter', { fields: { code, next: '/console/d/a.example' } });
    expect([entered.status, entered.headers.get('Location')]).toEqual([303, '/console/d/a.example']);
    const cookie = entered.headers.get('Set-Cookie')?.split(';')[0] ?? '';

    interface Listed {
      readonly viewer: { readonly consoleSessions: readonly { readonly id: string; readonly isCurrent: boolean }[] };
    }
    const list = '{ viewer { consoleSessions { id startedAt lastUsedAt expiresAt clientAddress isCurrent } } }';
    const { consoleSessions } = (await control.postAs<Listed>(secret, list)).data.viewer;
    expect(consoleSessions).toMatchObject([{ clientAddress: '127.0.0.1', isCurrent: false }]);
    const [session] = consoleSessions;
    const { secret: other } = await createToken(['DOMAIN_READ']);
    const end = `mutation { consoleSessionEnd(input: { id: "${session?.id}" }) { userErrors { code } } }`;
    const ended = async (who: string) =>
      (await control.postAs<{ consoleSessionEnd: { userErrors: { code: string }[] } }>(who, end)).data
        .consoleSessionEnd;
    expect((await control.postAs<Listed>(other, list)).data.viewer.consoleSessions).toEqual([]);
    expect(await ended(other)).toEqual({ userErrors: [{ code: 'NOT_FOUND' }] });
    expect((await get('/console', cookie)).status).toBe(200);
    expect(await ended(secret)).toEqual({ userErrors: [] });
    expect((await get('/console', cookie)).status).toBe(303);
    expect(await ended(secret)).toEqual({ userErrors: [{ code: 'NOT_FOUND' }] });
  });

  test('to look only gives no scope that changes anything', async () => {
    const { secret } = await createToken(['DOMAIN_WRITE', 'QUEUE_WRITE']);
    const { data } = await makeByApi(secret, '{ isReadOnly: true }');
    const [, code = ''] = data.consoleLinkCreate.url.split('#');
    const entered = await post('/console/enter', { fields: { code } });
    const found = await createConsoleSessions(control.database.sql).find(
      entered.headers.get('Set-Cookie')?.split(';')[0]?.slice('bmx='.length) ?? '',
    );
    expect(found?.scopes).toEqual(['DOMAIN_READ', 'QUEUE_READ']);
  });

  test('is in no audit entry', async () => {
    const { secret } = await createToken(['DOMAIN_READ']);
    const { data } = await makeByApi(secret);
    const [, code = 'x'] = data.consoleLinkCreate.url.split('#');
    const [{ text } = { text: '' }] = await control.database.sql<{ text: string }[]>`
      select coalesce(string_agg(a::text, ' '), '') as text from audit_entries a`;
    expect(text).toContain('consoleLinkCreate');
    expect(text).not.toContain(code);
  });
});

test('who is not signed in is led to the sign-in, and from there on', async () => {
  const response = await get('/console/d/example.com?range=90d');
  expect(response.headers.get('Location')).toBe('/console/sign-in?next=%2Fconsole%2Fd%2Fexample.com%3Frange%3D90d');
});

test('sign-out ends the session on every node', async () => {
  const cookie = await signIn();
  const out = await post('/console/sign-out', { cookie });
  expect([out.status, out.headers.get('Clear-Site-Data')]).toEqual([303, '"cache"']);
  expect((await get('/console', cookie)).status).toBe(303);
  expect(await createConsoleSessions(control.database.sql).find(cookie.slice('bmx='.length))).toBeNull();
});

test('another site cannot use a session', async () => {
  const cookie = await signIn();
  for (const headers of [{ 'Sec-Fetch-Site': 'cross-site' }, { Origin: 'https://evil.example' }, {}]) {
    expect((await post('/console/sign-out', { cookie, headers })).status).toBe(403);
    expect((await askApi(cookie, '{ viewer { isOperator } }', headers)).status).toBe(401);
  }
  expect(
    (
      await askApi(cookie, '{ viewer { isOperator } }', {
        'Content-Type': 'text/plain',
        'Sec-Fetch-Site': 'same-origin',
      })
    ).status,
  ).toBe(401);
  const origin = { Origin: control.url };
  expect((await askApi(cookie, '{ viewer { isOperator } }', origin)).body).toEqual({
    data: { viewer: { isOperator: true } },
  });
  expect((await get('/console', cookie)).status).toBe(200);
});

test('a session that was not used for two hours, or is twelve hours old, has ended', async () => {
  const { sql } = control.database;
  for (const change of [
    "last_used_at = bmx_now() - interval '121 minutes'",
    "expires_at = bmx_now() - interval '1 second'",
  ]) {
    const cookie = await signIn();
    await sql.unsafe(
      `update console_sessions set ${change} where started_at = (select max(started_at) from console_sessions)`,
    );
    expect(await createConsoleSessions(sql).find(cookie.slice('bmx='.length))).toBeNull();
  }
});

test('over plain HTTP from elsewhere there is no session', async () => {
  const response = await fetch(`${control.url}/console`, {
    headers: { Host: 'mx.elsewhere.example' },
    redirect: 'manual',
  });
  expect([response.status, await response.text()]).toEqual([403, expect.stringContaining('Not over plain HTTP')]);
});

test('assets are kept for ever under the address of their content', async () => {
  const page = await (await get('/console/sign-in')).text();
  const [path = ''] = /\/console\/assets\/[\w-]+\/app\.css/.exec(page) ?? [];
  const css = await get(path);
  expect([css.status, css.headers.get('Cache-Control')]).toEqual([200, 'public, max-age=31536000, immutable']);
  expect((await get(path.replace(/assets\/./, 'assets/_'))).status).toBe(404);
});
