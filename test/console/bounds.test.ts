/** The bounds of the console: forms that are too large or too strange, tokens in debt, and pages that are paid for. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Authentication, callerOf } from '../../src/control/admission/auth.ts';
import { createBilling } from '../../src/control/admission/billing.ts';
import { createPaying } from '../../src/control/admission/paying.ts';
import { type Harness, startControl, TOKEN } from '../control/harness.ts';
import { createVisit } from './visit.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

function signIn(fields: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(`${control.url}/console/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'Sec-Fetch-Site': 'same-origin' },
    body: new URLSearchParams(fields),
  });
}

test('a form to sign in with is short, another has up to 1 MiB and 500 fields', async () => {
  expect((await signIn({ token: 'x'.repeat(20_000) })).status).toBe(413);
  const visit = await createVisit(control, TOKEN);
  const reason = (length: number) => visit.post('/console/d/nowhere.example/pause', { reason: 'x'.repeat(length) });
  expect((await reason(100_000)).status).not.toBe(413);
  expect((await reason(1024 * 1024)).status).toBe(413);
  const many = Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`f${index}`, '']));
  expect((await visit.post('/console/d/nowhere.example/pause', many)).status).toBe(413);
});

test('whatever a form holds, its answer is no fault', async () => {
  const before = control.faults.length;
  for (const next of ['/console/\r\nSet-Cookie: a=b', '/console/☃', '/console/\u0000', '/console?q=é']) {
    const response = await signIn({ token: TOKEN, next });
    expect([response.status, response.headers.get('Location')]).toEqual([303, '/console']);
  }
  const visit = await createVisit(control, TOKEN);
  await control.ask('mutation { domainCreate(input: { name: "odd.example" }) { userErrors { code } } }');
  const odd = ['1e300', '1e400', '-1', 'x', '0x7fffffffffffff'];
  const forms = [
    ...odd.map((hours) => ['pause', { hours }] as const),
    ...odd.map((days) => ['hold', { days }] as const),
    ...odd.map((most) => ['slow', { most }] as const),
    ...odd.map((port) => ['elsewhere', { host: '192.0.2.1', port }] as const),
    ...odd.map((sure) => ['return', { sure }] as const),
    ['pause', { reason: '\u0000' }],
    ['try', { key: '\u0000' }],
    ['try', { key: 'x'.repeat(100_000) }],
  ] as const;
  for (const [verb, fields] of forms) {
    const { status } = await visit.post(`/console/d/odd.example/${verb}`, fields);
    expect([verb, fields, status]).toEqual([verb, fields, 422]);
  }
  for (const path of [
    '/console/d/%00',
    '/console/d/%ed%a0%80',
    `/console/d/${'x'.repeat(8_000)}`,
    '/console?after=%00',
  ])
    expect([path, (await visit.get(path)).status]).not.toEqual([path, 500]);
  expect(control.faults.slice(before)).toEqual([]);
});

const SESSION = 'Session a';
const KNOWN = callerOf(
  {
    id: 'a',
    tenantId: 'b',
    name: 'c',
    prefix: 'd',
    scopes: [],
    isTenantSuspended: false,
  },
  '192.0.2.1',
);

test('each page and file of the console is paid for, and none at its door', async () => {
  const authenticate: Pick<Authentication, 'find' | 'isKnown'> = {
    isKnown: (credential) => credential === SESSION,
    find: async () => KNOWN,
  };
  const billing = createBilling(() => 0);
  const pays = createPaying({ authenticate, billing, publicUrl: 'https://mx.example' });
  const ask = (url: string): Promise<boolean> =>
    pays({
      method: 'GET',
      url,
      headers: { host: 'mx.example', cookie: '__Host-bmx=a' },
      socket: { remoteAddress: '192.0.2.1' },
    });
  for (const door of ['/console/sign-in', '/console/enter?next=x', '/healthz']) expect(await ask(door)).toBe(false);
  let paid = 0;
  while (paid < 20_000 && (await ask('/console/assets/a/app.css'))) paid += 1;
  // A bucket of 500,000, of which each takes 100.
  expect(paid).toBe(5_000);
});

test('a token in debt opens no session', async () => {
  const { tenantCreate } = await control.ask<{ tenantCreate: { tenant: { id: string } } }>(
    'mutation { tenantCreate(input: { name: "in debt" }) { tenant { id } userErrors { code } } }',
  );
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    'mutation ($tenantId: ID!) { tokenCreate(input: { name: "a", tenantId: $tenantId, scopes: [DOMAIN_READ] }) { secret } }',
    { tenantId: tenantCreate.tenant.id },
  );
  // Refused as too dear, which costs 20,000.
  const dear = '{ domains(first: 100) { nodes { outages(first: 100) { nodes { domain { name situation } } } } } }';
  let status = 200;
  for (let turn = 0; turn < 100 && status !== 429; turn += 1)
    ({ status } = await control.postAs(tokenCreate.secret, dear));
  expect(status).toBe(429);
  const refused = await signIn({ token: tokenCreate.secret });
  expect([refused.status, refused.headers.get('Set-Cookie')]).toEqual([429, null]);
  expect(await refused.text()).toContain('asked for as much as it may');
});
