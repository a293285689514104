/** The page of the service: what it says, and that it is there for its operator alone. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { foldDeltas } from '../../src/queue/counts.ts';
import { addDomain, addTenant, type Harness, holdMessage, startControl, TOKEN } from '../control/harness.ts';
import { createVisit, type Visit } from './visit.ts';

const PAGE = '/console/service';
const HOSTILE = '"><script>alert(1)</script>\u202eevil';
const SHOWN = '&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\\u202eevil';

let control: Harness;
let visit: Visit;
let tenantId: string;

const tokenOf = async (input: string): Promise<string> => {
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    `mutation { tokenCreate(input: { ${input} }) { secret userErrors { code } } }`,
  );
  return tokenCreate.secret;
};
const plain = (page: string): string => page.replaceAll('\u00a0', ' ');

beforeAll(async () => {
  control = await startControl();
  const { sql } = control.database;
  const destinationId = await addDomain(control, 'away.example');
  for (let number = 0; number < 3; number += 1) await holdMessage(control.database, { destinationId });
  await foldDeltas(sql);
  ({ tenantId } = await addTenant(control.database, HOSTILE));
  await control.ask(
    `mutation { tenantUpdate(input: { id: "${tenantId}", quotas: { domains: 10 } }) { userErrors { code } } }`,
  );
  for (const [name, seconds] of [
    ['mx1.example', 2],
    [HOSTILE, 45],
  ] as const)
    await sql`
      insert into nodes (epoch, name, version, runtime, roles, backend_pid, beat_at, last_seen_at)
      values (${seconds}, ${name}, '9.9.9', 'bun 1.4.5', '{inbound,delivery}', 1, clock_timestamp(), bmx_now() - make_interval(secs => ${seconds}))`;
  visit = await createVisit(control, TOKEN);
}, 60_000);
afterAll(() => control.close());

test('says how the service is, what it holds, which nodes it has, and what tenants use', async () => {
  const page = plain(await visit.page(PAGE));
  expect(page).toMatch(/<title>1 of 2 nodes has not been seen for 4\d s\.<\/title>/);
  expect(page).toContain('3 messages are safe with us.');
  expect(page).toContain('aria-label="Held in the last 24 hours: 3 messages now, most 3"');
  expect(page).toContain('takes mail, hands it over');
  expect(page).toMatch(/<span class="tone fine">\d s ago<\/span>/);
  expect(page).toMatch(/<span class="tone attention">4\d s ago<\/span>/);
  expect(page).toContain('0 <span class="soft">of 10</span><meter');
  expect(page).toContain('aria-current="page"');
  expect(page).not.toMatch(/NaN|undefined|\[object/);
});

test('a name of a stranger is text', async () => {
  const page = await visit.page(PAGE);
  expect(page.split(SHOWN)).toHaveLength(3);
  expect(page).not.toContain('<script>alert');
  expect(page).not.toContain('\u202e');
});

test('all reasons are told, the first one in the sentence', async () => {
  control.readiness = ['Free space is below MIN_FREE_BYTES.', 'This node has no lease.'];
  const page = await visit.page(PAGE);
  control.readiness = [];
  expect(page).toContain('<title>Free space is below MIN_FREE_BYTES.</title>');
  expect(page).toContain('This node has no lease.');
});

test('who is not the operator has no such page, and no link to it', async () => {
  const scopes = '[DOMAIN_READ, DOMAIN_WRITE, QUEUE_READ, QUEUE_WRITE, TOKEN_READ]';
  const stranger = await createVisit(control, await tokenOf(`tenantId: "${tenantId}", name: "x", scopes: ${scopes}`));
  const response = await stranger.get(PAGE);
  const page = await response.text();
  expect(response.status).toBe(404);
  expect(page).toContain('There is no such page.');
  expect(page).not.toContain('mx1.example');
  expect(page).not.toContain('href="/console/service"');
  expect(await stranger.page('/console')).not.toContain('href="/console/service"');
  expect(await visit.page('/console')).toContain('href="/console/service"');
});

test('an operator without a scope sees what is left, and which scope is missing', async () => {
  const looks = await createVisit(control, await tokenOf('name: "looks", scopes: [DOMAIN_READ]'));
  const page = await looks.page(PAGE);
  expect(page).toContain('To see this, a session needs the scope SERVICE_READ.');
  expect(page).toContain('mx1.example');
  expect(page).toContain('The last 24 hours');
  expect(page).not.toContain('safe with us');
});

test('twenty tenants are a page, and the next one has the rest', async () => {
  for (let number = 0; number < 20; number += 1) await addTenant(control.database, `tenant ${number}`);
  const first = await visit.page(PAGE);
  const [, more = ''] = /href="([^"]*after=[^"]*)#tenants">More/.exec(first) ?? [];
  expect(more).not.toBe('');
  const second = await visit.page(more.replaceAll('&amp;', '&'));
  const tenantsIn = (page: string): number =>
    (page.slice(page.indexOf('id="tenants"')).match(/<td class="address">/g) ?? []).length;
  expect([tenantsIn(first), tenantsIn(second)]).toEqual([20, 2]);
  expect(second).toContain('From the first');
});
