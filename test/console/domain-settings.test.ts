/** Adding a domain, its settings, its MX records and its end: forms keep what was typed, ask first, and overwrite no one's change. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { newId } from '../../src/mail/id.ts';
import { addDomain, type Harness, holdMessage, startControl, TOKEN } from '../control/harness.ts';
import { createStranger, tokenOf } from './found.ts';
import { createVisit, type Visit } from './visit.ts';

const NAME = 'north.example';
const PATH = `/console/d/${NAME}`;
let control: Harness;
let visit: Visit;
let customer: Visit;
let destinationId: string;

beforeAll(async () => {
  control = await startControl();
  destinationId = await addDomain(control, NAME);
  visit = await createVisit(control, TOKEN);
  customer = await createStranger(control);
});
afterAll(() => control.close());

const plain = async (path: string, who = visit): Promise<string> => (await who.page(path)).replaceAll('\u00a0', ' ');

/** Sends the form that a page has for a verb, with its hidden fields. */
async function send(
  page: string,
  verb: string,
  fields: readonly (readonly [string, string])[] = [],
): Promise<Response> {
  const text = await visit.page(`${page}?do=${verb}`);
  const form = new RegExp(`<form method="post" action="([^"]*/${verb})"[^]*?</form>`).exec(text);
  const hidden = [...(form?.[0] ?? '').matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)];
  expect(hidden.length).toBeGreaterThan(0);
  return visit.post(form?.[1] ?? '', [...hidden.map(([, name = '', value = '']) => [name, value] as const), ...fields]);
}

function alertsIn(page: string): string[] {
  return [...page.matchAll(/role="alert">([^<]*)</g)].map(([, text = '']) => text.replaceAll('\u00a0', ' '));
}

const placeOf = (response: Response) => [response.status, response.headers.get('Location')];

async function settings() {
  const { domain } = await control.ask<{ domain: Record<string, unknown> }>(
    `{ domain(by: { name: "${NAME}" }) { tlsPolicy drainPerMinute hasCallAheads unknownWhileDown { policy duration } recipientDelimiter
       hasDelayReports etrnClients labels { key value } deliverTo { host port } drillSchedule { interval } status } }`,
  );
  return domain;
}

test('a domain is added by one field, and its page says how it is proven', async () => {
  expect(await plain('/console', customer)).toContain('Add your domain');
  const none = await customer.post('/console/add/add-domain', { key: newId(), name: '' });
  expect([none.status, alertsIn(await none.text())]).toEqual([422, ['The name of the domain, such as example.org.']]);
  const bad = await customer.post('/console/add/add-domain', { key: newId(), name: 'not a domain' });
  const page = await bad.text();
  expect([bad.status, page.includes('value="not a domain"'), page.includes('id="wrong-name"')]).toEqual([
    422,
    true,
    true,
  ]);
  const added = await customer.post('/console/add/add-domain', { key: newId(), name: 'Mine.Example' });
  expect(placeOf(added)).toEqual([303, '/console/d/mine.example?did=add-domain']);
  expect(await plain('/console/d/mine.example', customer)).toContain('it is not proven to be yours');
  expect(await plain('/console', customer)).toContain('href="/console/add"');
});

test('who may only look finds no form', async () => {
  const reader = await createVisit(control, await tokenOf(control, 'DOMAIN_READ'));
  for (const path of ['/console/add', `${PATH}/settings`, `${PATH}/mx`]) {
    const page = await reader.page(path);
    expect(page).not.toMatch(/action="\/console\/(?!sign-out|find)/);
    expect(page).not.toContain('?do=');
  }
  const sent = await reader.post(`${PATH}/settings/more`, { key: newId(), revision: '1', labels: 'a=b' });
  expect(sent.status).toBe(422);
  expect((await settings())['labels']).toEqual([]);
});

test('every setting is changed by its form, and shown', async () => {
  expect(
    placeOf(
      await send(`${PATH}/settings`, 'delivery', [
        ['tls', 'REQUIRED'],
        ['most', '600'],
      ]),
    ),
  ).toEqual([303, `${PATH}/settings?did=delivery`]);
  await send(`${PATH}/settings`, 'mailboxes', [
    ['unknown', 'DEFER_THEN_ACCEPT'],
    ['hours', '6'],
    ['delimiter', '+'],
  ]);
  await send(`${PATH}/settings`, 'more', [
    ['delayReports', 'true'],
    ['etrn', '192.0.2.0/24\n2001:db8::/48'],
    ['labels', 'site=vienna\nplan=a=b'],
  ]);
  await send(`${PATH}/settings`, 'drill-days', [['days', '30']]);
  expect(await settings()).toEqual({
    tlsPolicy: 'REQUIRED',
    drainPerMinute: 600,
    hasCallAheads: false,
    unknownWhileDown: { policy: 'DEFER_THEN_ACCEPT', duration: 'PT6H' },
    recipientDelimiter: '+',
    hasDelayReports: true,
    etrnClients: ['192.0.2.0/24', '2001:db8::/48'],
    labels: [
      { key: 'plan', value: 'a=b' },
      { key: 'site', value: 'vienna' },
    ],
    deliverTo: [],
    drillSchedule: { interval: 'P30D' },
    status: 'ACTIVE',
  });
  const page = await plain(`${PATH}/settings`);
  expect(page).toContain('It never goes in clear text.');
  expect(page).toContain('600 messages a minute');
  expect(page).toContain('site=vienna');
});

test.each([
  [
    'delivery',
    [
      ['tls', 'REQUIRED'],
      ['most', 'many'],
    ],
    'most',
  ],
  [
    'delivery',
    [
      ['tls', 'REQUIRED'],
      ['most', '0'],
    ],
    'most',
  ],
  [
    'mailboxes',
    [
      ['unknown', 'DEFER'],
      ['hours', '999'],
    ],
    'hours',
  ],
  [
    'mailboxes',
    [
      ['unknown', 'DEFER'],
      ['hours', '4'],
      ['delimiter', '++'],
    ],
    'delimiter',
  ],
  ['more', [['etrn', 'everywhere']], 'etrn'],
  ['more', [['labels', `${'k'.repeat(300)}=v`]], 'labels'],
  ['drill-days', [['days', '400']], 'days'],
  ['route', [['hosts', 'mail.example:99999']], 'hosts'],
  ['route', [['hosts', 'mail.example:smtp']], 'hosts'],
] as const)('%s says beside its field what is wrong', async (verb, fields, wrong) => {
  const before = await settings();
  const sent = await send(`${PATH}/settings`, verb, fields);
  const page = await sent.text();
  expect([sent.status, page.includes(`id="wrong-${wrong}"`)]).toEqual([422, true]);
  expect(alertsIn(page)).toHaveLength(1);
  expect(await settings()).toEqual(before);
});

test('a change of somebody else in between is not overwritten', async () => {
  const text = await visit.page(`${PATH}/settings?do=more`);
  const [, revision = ''] = /name="revision" value="(\d+)"/.exec(text) ?? [];
  await control.ask(
    `mutation { domainUpdate(input: { name: "${NAME}", etrnClients: ["192.0.2.9"] }) { userErrors { code } } }`,
  );
  const sent = await visit.post(`${PATH}/settings/more`, { key: newId(), revision, etrn: '', labels: '' });
  expect(sent.status).toBe(422);
  expect((await settings())['etrnClients']).toEqual(['192.0.2.9']);
});

test('another way is shown before mail goes there', async () => {
  control.routes.hosts = [{ host: 'mail.new.example', port: 2525, addresses: ['192.0.2.77'], verdict: 'USABLE' }];
  const asked = await send(`${PATH}/settings`, 'route', [['hosts', 'mail.new.example:2525']]);
  expect(asked.status).toBe(422);
  const page = await asked.text();
  expect(alertsIn(page)[0]).toContain('would go to mail.new.example, port 2525 (192.0.2.77).');
  expect((await settings())['deliverTo']).toEqual([]);
  const [, sure = ''] = /name="sure" value="([^"]*)"/.exec(page) ?? [];
  const sent = await send(`${PATH}/settings`, 'route', [
    ['hosts', 'mail.new.example:2525'],
    ['sure', sure],
  ]);
  expect(sent.status).toBe(303);
  expect((await settings())['deliverTo']).toEqual([{ host: 'mail.new.example', port: 2525 }]);
});

test('MX records: what would change is shown, the key is never shown again', async () => {
  const page = await plain(`${PATH}/mx`);
  expect(page).toContain('At your DNS host');
  const asked = await send(`${PATH}/mx`, 'set-mx', [
    ['server', 'localhost.invalid'],
    ['keyName', 'key.example'],
    ['secret', 'c2VjcmV0LXNlY3JldA=='],
  ]);
  expect(asked.status).toBe(422);
  const text = await asked.text();
  expect(text).toContain('value="localhost.invalid"');
  expect(text).toContain('value="key.example"');
  expect(text).not.toContain('c2VjcmV0');
  expect(alertsIn(text)).toHaveLength(1);
});

test('a domain is suspended by the operator, with its reason', async () => {
  expect((await send(`${PATH}/settings`, 'suspend', [['reason', 'not paid']])).status).toBe(303);
  expect((await settings())['status']).toBe('SUSPENDED');
  expect((await send(`${PATH}/settings`, 'unsuspend')).status).toBe(303);
  expect((await settings())['status']).toBe('ACTIVE');
});

test('the settings of a domain of somebody else are as unknown as none', async () => {
  const masked = async (path: string, name: string): Promise<string> => {
    const response = await customer.get(`/console/d/${name}/${path}`);
    expect(response.status).toBe(404);
    return (await response.text()).replaceAll(name, 'NAME').replace(/data-now="[^"]*"/, '');
  };
  for (const path of ['settings', 'mx']) expect(await masked(path, NAME)).toBe(await masked(path, 'none.example'));
  for (const verb of [
    'route',
    'delivery',
    'mailboxes',
    'more',
    'drill-days',
    'suspend',
    'unsuspend',
    'delete-domain',
  ]) {
    const fields = { key: newId(), revision: '1', hours: '4', hosts: '', most: '1', sure: `${NAME} null`, days: '1' };
    expect([verb, (await customer.post(`${PATH}/settings/${verb}`, fields)).status]).toEqual([verb, 404]);
  }
  for (const verb of ['set-mx', 'unset-mx'])
    expect((await customer.post(`${PATH}/mx/${verb}`, { key: newId() })).status).toBe(404);
});

test('a domain is removed only when what is held was counted', async () => {
  for (const local of ['anna', 'bert'])
    await holdMessage(control.database, { destinationId, addresses: [`${local}@${NAME}`] });
  const asked = await send(`${PATH}/settings`, 'delete-domain', [['held', 'CANCEL']]);
  expect(asked.status).toBe(422);
  const page = await asked.text();
  expect(alertsIn(page)[0]).toContain('2 held messages');
  const [, sure = ''] = /name="sure" value="([^"]*)"/.exec(page) ?? [];
  // One more has come in between: it is counted anew.
  await holdMessage(control.database, { destinationId, addresses: [`carl@${NAME}`] });
  const again = await send(`${PATH}/settings`, 'delete-domain', [
    ['held', 'CANCEL'],
    ['sure', sure],
  ]);
  const text = await again.text();
  expect([again.status, alertsIn(text)[0]?.includes('3 held messages')]).toEqual([422, true]);
  const [, now = ''] = /name="sure" value="([^"]*)"/.exec(text) ?? [];
  const done = await send(`${PATH}/settings`, 'delete-domain', [
    ['held', 'CANCEL'],
    ['sure', now],
  ]);
  expect(placeOf(done)).toEqual([303, '/console?did=delete-domain']);
  expect((await visit.get(`${PATH}/settings`)).status).toBe(404);
});
