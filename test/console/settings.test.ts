/** The pages of settings: who is told, what may speak, who is signed in; their forms ask, do what they say, and tell a secret once. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { addDomain, type Harness, startControl, TOKEN } from '../control/harness.ts';
import { createStranger, tokenOf } from './found.ts';
import { createVisit, type Visit } from './visit.ts';

const EVIL = '<script>alert(1)</script>\u202eevil';
const SETTINGS = '/console/settings';
let control: Harness;
let visit: Visit;

beforeAll(async () => {
  control = await startControl();
  await addDomain(control, 'north.example');
  visit = await createVisit(control, TOKEN);
});
afterAll(() => control.close());

const plain = async (path: string, who = visit): Promise<string> => (await who.page(path)).replaceAll('\u00a0', ' ');

/** Sends a form with the key that its page has. */
async function send(
  page: string,
  verb: string,
  fields: readonly (readonly [string, string])[] = [],
): Promise<Response> {
  const text = await visit.page(`${page}?do=${verb}`);
  const form = new RegExp(`<form method="post" action="([^"]*/${verb})"[^]*?</form>`).exec(text);
  const [, key = ''] = /name="key" value="([\w-]+)"/.exec(form?.[0] ?? '') ?? [];
  expect(key).not.toBe('');
  return visit.post(form?.[1] ?? '', [['key', key], ...fields]);
}

const placeOf = (response: Response): readonly (number | string | null)[] => [
  response.status,
  response.headers.get('Location'),
];

/** The texts on a page that say what is wrong, or ask. */
function alertsIn(page: string): string[] {
  return [...page.matchAll(/role="alert">([^<]*)</g)].map(([, text = '']) => text.replaceAll('\u00a0', ' '));
}

async function addContact(address: string, isConfirmed = false): Promise<string> {
  const id = newId();
  await control.database.sql`
    insert into alert_contacts (id, tenant_id, address, address_domain, confirmed_at, code_hash, code_until)
    values (${id}, ${OPERATOR_TENANT_ID}, ${address}, ${address.split('@')[1] ?? ''},
      ${isConfirmed ? new Date() : null}, ${isConfirmed ? null : Buffer.alloc(32)}, ${isConfirmed ? null : new Date(Date.now() + 86_400_000)})`;
  return id;
}

async function makeToken(name: string, scopes: string): Promise<string> {
  const { tokenCreate } = await control.ask<{ tokenCreate: { token: { id: string } } }>(
    `mutation ($name: String!) { tokenCreate(input: { name: $name, scopes: [${scopes}] }) { token { id } } }`,
    { name },
  );
  return tokenCreate.token.id;
}

async function makeWebhook(description: string): Promise<string> {
  const { webhookCreate } = await control.ask<{ webhookCreate: { webhook: { id: string } } }>(
    `mutation ($description: String!) { webhookCreate(input: { url: "https://hooks.example.org/mail", events: [OUTAGE_OPENED],
      description: $description }) { webhook { id } } }`,
    { description },
  );
  return webhookCreate.webhook.id;
}

test('a session without a scope is led to what it may see, and told what a page needs', async () => {
  expect(placeOf(await visit.get(SETTINGS))).toEqual([303, `${SETTINGS}/contacts`]);
  const reader = await createVisit(control, await tokenOf(control, 'TOKEN_READ, DOMAIN_READ'));
  expect(placeOf(await reader.get(SETTINGS))).toEqual([303, `${SETTINGS}/tokens`]);
  const tokens = await reader.page(`${SETTINGS}/tokens`);
  expect(tokens).toContain('may speak for you');
  expect(tokens).not.toContain('New token');
  expect(tokens).not.toContain(`href="${SETTINGS}/contacts"`);
  expect(await reader.page(`${SETTINGS}/contacts`)).toContain('a session needs the scope WEBHOOK_READ');
  const blind = await createVisit(control, await tokenOf(control, 'DOMAIN_READ'));
  expect(placeOf(await blind.get(SETTINGS))).toEqual([303, `${SETTINGS}/sessions`]);
  for (const path of ['webhooks', 'tokens'])
    expect(await blind.page(`${SETTINGS}/${path}`)).toContain('a session needs the scope');
});

test('an address that is wrong stays in its field, with the reason beside it', async () => {
  const none = await send(`${SETTINGS}/contacts`, 'add-contact', [['domains', 'north.example']]);
  expect(none.status).toBe(422);
  expect(alertsIn(await none.text())).toEqual(['The address, such as admin@example.net.']);
  const inside = await send(`${SETTINGS}/contacts`, 'add-contact', [
    ['address', 'anna@north.example'],
    ['domains', 'north.example'],
  ]);
  expect(inside.status).toBe(422);
  const page = await inside.text();
  expect(page).toContain('value="anna@north.example"');
  expect(page).toContain('aria-describedby="wrong-address"');
  expect(page).toMatch(/<textarea[^>]*>\nnorth\.example<\/textarea>/);
  const unknown = await send(`${SETTINGS}/contacts`, 'add-contact', [
    ['address', 'anna@elsewhere.example'],
    ['domains', 'north.example, foreign.example'],
  ]);
  expect(await unknown.text()).toContain('id="wrong-domains"');
});

test('an alert contact: listed, confirmed only with its code, deleted only when asked twice', async () => {
  const id = await addContact('duty@elsewhere.example');
  await addContact('boss@elsewhere.example', true);
  const list = await plain(`${SETTINGS}/contacts`);
  expect(list).toContain('1 address is told when a server goes down.');
  expect(list).toContain('1 address has not been confirmed yet.');
  const page = `${SETTINGS}/contacts/${id}`;
  expect(await plain(page)).toContain('told nothing until its code is entered here');
  const wrong = await send(page, 'confirm-contact', [['code', 'ABCD-EFGH']]);
  expect(wrong.status).toBe(422);
  expect(await wrong.text()).toContain('id="wrong-code"');
  expect(placeOf(await send(page, 'change-contact', [['domains', 'north.example']]))).toEqual([
    303,
    `${page}?did=change-contact`,
  ]);
  expect(await plain(page)).toContain('<dt>Told of</dt><dd>north.example</dd>');
  const asked = await send(page, 'delete-contact');
  expect(asked.status).toBe(422);
  expect(alertsIn(await asked.text())).toEqual([
    'duty@elsewhere.example would get no more alerts. 1 address would be left.',
  ]);
  expect(placeOf(await send(page, 'delete-contact', [['sure', id]]))).toEqual([
    303,
    `${SETTINGS}/contacts?did=delete-contact`,
  ]);
  expect((await visit.get(page)).status).toBe(404);
});

test('a token: its secret is shown once, however often the form comes', async () => {
  const fields = [
    ['name', 'terraform'],
    ['scopes', 'DOMAIN_READ'],
    ['scopes', 'QUEUE_READ'],
  ] as const;
  expect(alertsIn(await (await send(`${SETTINGS}/tokens`, 'add-token', [['name', 'x']])).text())).toEqual([
    'A token that may do nothing is of no use. Tick at least one.',
  ]);
  const bad = await send(`${SETTINGS}/tokens`, 'add-token', [...fields, ['ends', '2001-01-01']]);
  expect(bad.status).toBe(422);
  const kept = await bad.text();
  expect(kept).toContain('id="wrong-ends"');
  expect(kept).toMatch(/value="QUEUE_READ" checked/);
  expect(kept).not.toMatch(/value="QUEUE_WRITE" checked/);
  const form = [['key', newId()], ...fields] as const;
  const made = await visit.post(`${SETTINGS}/tokens/add-token`, form);
  expect([made.status, made.headers.get('Cache-Control')]).toEqual([200, 'no-store']);
  const page = await made.text();
  const [secret = ''] = /bmx_[\w-]{43}/.exec(page) ?? [];
  expect(secret).not.toBe('');
  const { data } = await control.postAs<{ viewer: { scopes: string[] } }>(secret, '{ viewer { scopes } }');
  expect(data.viewer.scopes.toSorted()).toEqual(['DOMAIN_READ', 'QUEUE_READ']);
  const repeated = await (await visit.post(`${SETTINGS}/tokens/add-token`, form)).text();
  expect(repeated).not.toContain(secret);
  expect(repeated).toContain('the secret was shown then');
  expect(await visit.page(`${SETTINGS}/tokens`)).not.toContain(secret);
});

test('a token is changed, rotated and revoked', async () => {
  const id = await makeToken(`lists ${EVIL}`, 'DOMAIN_READ');
  const page = `${SETTINGS}/tokens/${id}`;
  const shown = await plain(page);
  expect(shown).toContain('This token was never used.');
  expect(shown).not.toContain('<script>alert');
  expect(shown).not.toContain('\u202e');
  expect(await plain(`${SETTINGS}/tokens`)).toContain('See domains and outages');
  const ends = new Date(Date.now() + 9 * 86_400_000).toISOString().slice(0, 10);
  const changed = await send(page, 'change-token', [
    ['name', 'lists'],
    ['scopes', 'DOMAIN_READ'],
    ['scopes', 'AUDIT_READ'],
    ['ends', ends],
  ]);
  expect(placeOf(changed)).toEqual([303, `${page}?did=change-token`]);
  const after = await plain(`${page}?do=change-token`);
  expect(after).toContain('See who changed what');
  expect(after).toContain(`value="${ends}"`);
  const rotated = await send(page, 'rotate-token', [['overlap', 'PT1H']]);
  const text = await rotated.text();
  expect([rotated.status, /bmx_[\w-]{43}/.test(text)]).toEqual([200, true]);
  expect(text).toContain('The old one ends in an hour.');
  // The form that was carried out is closed again.
  expect(text).not.toContain('Make a new secret');
  const asked = await send(page, 'revoke-token');
  expect(alertsIn(await asked.text())[0]).toStartWith('It was never used. Whatever uses lists');
  expect(placeOf(await send(page, 'revoke-token', [['sure', id]]))).toEqual([
    303,
    `${SETTINGS}/tokens?did=revoke-token`,
  ]);
  expect((await visit.get(page)).status).toBe(404);
});

test('a webhook: added with its secret, changed, disabled, enabled, deleted', async () => {
  const [url, description] = ['https://hooks.example.org/backup-mx', 'pager'];
  const usual = await visit.page(`${SETTINGS}/webhooks?do=add-webhook`);
  expect(usual).toMatch(/value="OUTAGE_OPENED" checked/);
  expect(usual).not.toMatch(/value="DOMAIN_ACTIVATED" checked/);
  const refused = await send(`${SETTINGS}/webhooks`, 'add-webhook', [
    ['url', 'ftp://hooks.example.org/'],
    ['description', description],
    ['events', 'OUTAGE_OPENED'],
  ]);
  expect(refused.status).toBe(422);
  const kept = await refused.text();
  expect(kept).toContain('id="wrong-url"');
  expect(kept).toContain('value="ftp://hooks.example.org/"');
  const added = await send(`${SETTINGS}/webhooks`, 'add-webhook', [
    ['url', url],
    ['description', description],
    ['events', 'OUTAGE_OPENED'],
    ['events', 'MAIL_DIGEST'],
  ]);
  expect(await added.text()).toMatch(/whsec_[\w+/=]{40}/);
  const { webhooks } = await control.ask<{ webhooks: { nodes: { id: string; description: string }[] } }>(
    '{ webhooks(first: 100) { nodes { id description } } }',
  );
  const id = webhooks.nodes.find((node) => node.description === description)?.id ?? '';
  const page = `${SETTINGS}/webhooks/${id}`;
  const shown = await plain(page);
  expect(shown).toContain('This address is told what happens.');
  expect(shown).toContain('Mail has failed or expired, once an hour');
  const change = (revision: string) =>
    send(page, 'change-webhook', [
      ['revision', revision],
      ['url', url],
      ['description', `${description} 2`],
      ['events', 'OUTAGE_CLOSED'],
      ['domains', 'north.example'],
    ]);
  const [, revision = ''] = /name="revision" value="(\d+)"/.exec(await visit.page(`${page}?do=change-webhook`)) ?? [];
  expect((await change(revision)).status).toBe(303);
  // Somebody else has changed it in between: nothing is overwritten.
  expect((await change(revision)).status).toBe(422);
  expect(await plain(page)).toContain('An outage is over');
  expect(placeOf(await send(page, 'disable-webhook'))).toEqual([303, `${page}?did=disable-webhook`]);
  expect(await plain(page)).toContain('It was disabled here or through the API.');
  expect(await plain(`${SETTINGS}/webhooks`)).toContain('1 is disabled.');
  expect((await send(page, 'enable-webhook')).status).toBe(303);
  expect(await (await send(page, 'rotate-secret')).text()).toMatch(/whsec_[\w+/=]{40}/);
  const replay = await send(page, 'replay', [['since', 'yesterday']]);
  expect(alertsIn(await replay.text())).toEqual(['A day, such as 2026-12-01.']);
  expect((await send(page, 'replay', [['since', new Date().toISOString().slice(0, 10)]])).status).toBe(303);
  expect(alertsIn(await (await send(page, 'delete-webhook')).text())).toEqual([
    `${url} would get nothing any more, and its secret would be gone.`,
  ]);
  expect((await send(page, 'delete-webhook', [['sure', id]])).status).toBe(303);
  expect((await visit.get(page)).status).toBe(404);
});

test('the answers of a receiver are text, and a message that has ended is sent again', async () => {
  const id = await makeWebhook(`answers ${EVIL}`);
  const delivery = newId();
  await control.database.sql`
    insert into webhook_deliveries (id, webhook_id, tenant_id, kind, body, state, attempt_count, next_attempt_at, created_at, response_status, response_text)
    select ${delivery}, id, tenant_id, 'OUTAGE_OPENED', '{}', 'FAILED', 3, null, now(), 500, ${`${EVIL}${'x'.repeat(900)}`} from webhooks where id = ${id}`;
  const page = `${SETTINGS}/webhooks/${id}`;
  const shown = await plain(page);
  expect(shown).toContain('Did not arrive');
  expect(shown).toContain('500 &lt;script&gt;');
  expect(shown).not.toContain('<script>alert');
  expect(shown).not.toContain('\u202e');
  const sent = await visit.post(`${page}/redeliver`, { key: newId(), delivery });
  expect(placeOf(sent)).toEqual([303, `${page}?did=redeliver`]);
  expect(await plain(page)).toContain('Waits');
  const unknown = await visit.post(`${page}/redeliver`, { key: newId(), delivery: newId() });
  expect([unknown.status, alertsIn(await unknown.text()).length]).toEqual([422, 1]);
});

test('sessions end one by one, or all others at once', async () => {
  const token = await tokenOf(control, 'DOMAIN_READ');
  const mine = await createVisit(control, token);
  expect(await plain(`${SETTINGS}/sessions`, mine)).toContain('You are signed in here only.');
  const others = [
    await createVisit(control, token),
    await createVisit(control, token),
    await createVisit(control, token),
  ];
  const list = await plain(`${SETTINGS}/sessions`, mine);
  expect(list).toContain('You are signed in here and in 3 other browsers.');
  const [, action = ''] = /action="([^"]*\/end-session)"/.exec(list) ?? [];
  expect(placeOf(await mine.post(action, {}))).toEqual([303, `${SETTINGS}/sessions?did=end-session`]);
  expect((await mine.post(action, {})).status).toBe(422);
  const answers = async () =>
    (await Promise.all(others.map((other) => other.get('/console')))).map(({ status }) => status);
  expect((await answers()).filter((status) => status === 303)).toHaveLength(1);
  expect((await mine.post(`${SETTINGS}/sessions/end-others`, {})).status).toBe(303);
  expect(await answers()).toEqual([303, 303, 303]);
  expect(await plain(`${SETTINGS}/sessions`, mine)).toContain('You are signed in here only.');
});

test('the things of another tenant are as unknown as none', async () => {
  const things: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'contacts',
      await addContact('other@elsewhere.example'),
      ['confirm-contact', 'send-code', 'change-contact', 'delete-contact'],
    ],
    [
      'webhooks',
      await makeWebhook('mine'),
      ['change-webhook', 'disable-webhook', 'ping', 'replay', 'redeliver', 'rotate-secret', 'delete-webhook'],
    ],
    ['tokens', await makeToken('mine', 'DOMAIN_READ'), ['change-token', 'rotate-token', 'revoke-token']],
  ];
  const stranger = await createStranger(control);
  const masked = async (list: string, id: string): Promise<string> => {
    const response = await stranger.get(`${SETTINGS}/${list}/${id}`);
    expect(response.status).toBe(404);
    return (await response.text()).replaceAll(id, 'ID').replace(/data-now="[^"]*"/, '');
  };
  for (const [list, id, verbs] of things) {
    expect(await masked(list, id)).toBe(await masked(list, newId()));
    expect(await stranger.page(`${SETTINGS}/${list}`)).not.toContain(id);
    for (const verb of verbs) {
      const fields = {
        key: newId(),
        sure: id,
        name: 'x',
        scopes: 'DOMAIN_READ',
        since: '2026-12-01',
        code: 'x',
        url: 'https://a.example/',
      };
      const sent = await stranger.post(`${SETTINGS}/${list}/${id}/${verb}`, fields);
      expect([verb, sent.status]).toEqual([verb, 404]);
    }
    expect((await visit.get(`${SETTINGS}/${list}/${id}`)).status).toBe(200);
  }
});
