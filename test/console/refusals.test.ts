/** The page of refusals: what it says and finds, that it shows each only its own, and that allowing asks first. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createDomain } from '../../src/domains/create.ts';
import { addDomain, addTenant, startControl, TOKEN, type Harness } from '../control/harness.ts';
import { countRefusals, recordRefusal } from './refused.ts';
import { createVisit, type Visit } from './visit.ts';

const PAGE = '/console/refusals';
const NAME = 'guarded.example';

let control: Harness;
let visit: Visit;
/** A tenant that has a domain and may do everything with it. */
let stranger: Visit;
let destinationId: string;

const tokenOf = async (input: string): Promise<string> => {
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    `mutation { tokenCreate(input: { ${input} }) { secret userErrors { code } } }`,
  );
  return tokenCreate.secret;
};

beforeAll(async () => {
  control = await startControl();
  destinationId = await addDomain(control, NAME);
  await control.ask(
    `mutation { recipientListReplace(input: { domain: "${NAME}", localParts: ["postmaster"] }) { userErrors { code } } }`,
  );
  const tenant = await addTenant(control.database, 'stranger');
  const created = await createDomain(control.domains, tenant, { name: 'other.example' });
  if (created.kind !== 'DONE') throw new Error(JSON.stringify(created.errors));
  const { database } = control;
  for (const number of [1, 2, 3])
    await recordRefusal(database, { code: 'BMX-USER', destinationId, recipient: `user${number}@${NAME}` }, number);
  await countRefusals(database, { code: 'BMX-USER', destinationId }, 30);
  await countRefusals(database, { code: 'BMX-SIZE', destinationId }, 10);
  await countRefusals(database, { code: 'BMX-DNSBL', destinationId, zone: 'bl.example', isDryRun: true }, 5);
  visit = await createVisit(control, TOKEN);
  stranger = await createVisit(
    control,
    await tokenOf(`tenantId: "${tenant.tenantId}", name: "x", scopes: [DOMAIN_READ, DOMAIN_WRITE, QUEUE_READ]`),
  );
}, 60_000);
afterAll(() => control.close());

const plain = (page: string): string => page.replaceAll('\u00a0', ' ');

/** The recipients in the table of the last ones. */
async function found(query: string): Promise<string[]> {
  const page = await visit.page(`${PAGE}${query}`);
  return [...page.matchAll(/<td class="address">([^<@]+@[^<]+)<\/td>/g)].map(([, to = '']) => to);
}

test('says how much was refused, why, and what would have been', async () => {
  const page = plain(await visit.page(PAGE));
  expect(page).toContain('<title>40 refusals in 14 days.</title>');
  expect(page).toContain('Most because of BMX-USER: not in your User List.');
  expect(page).toContain('Lists on trial would have refused 5 more.');
  expect(page).toContain('<b>30</b> <span class="soft">75 %</span>');
  expect(page).toContain('bl.example');
  expect(page).toContain('aria-current="page"');
  expect(page).not.toMatch(/NaN|undefined|\[object/);
  expect(plain(await visit.page(`${PAGE}?domain=${NAME}`))).toContain(`40 refusals for ${NAME} in 14 days.`);
});

test('what is chosen in the address is what is found, and stays in each link', async () => {
  expect(await found('')).toEqual([1, 2, 3].map((number) => `user${number}@${NAME}`));
  expect(await found(`?recipient=user2@${NAME}`)).toEqual([`user2@${NAME}`]);
  expect(await found('?code=BMX-SIZE')).toEqual([]);
  expect(await found('?code=BMX-USER&client=192.0.2.0/24')).toHaveLength(3);
  expect(await found('?client=198.51.100.0/24')).toEqual([]);
  expect(await found('?since=2099-01-01')).toEqual([]);
  expect(await found('?since=2020-01-01')).toHaveLength(3);
  const page = await visit.page(`${PAGE}?client=192.0.2.9&since=soon`);
  expect(page).toContain('A day, such as 2026-12-01.');
  expect(page).toContain('name="client" type="text" value="192.0.2.9"');
  expect(page).toContain('href="/console/refusals?code=BMX-USER&amp;client=192.0.2.9&amp;since=soon#last"');
});

test('more than a page are found by a link to older ones', async () => {
  for (let number = 0; number < 26; number += 1)
    await recordRefusal(control.database, { code: 'BMX-SIZE', destinationId, recipient: `big${number}@${NAME}` }, 60);
  const first = await visit.page(`${PAGE}?code=BMX-SIZE`);
  const [, older = ''] = /href="([^"]*after=[^"]*)#last">Older/.exec(first) ?? [];
  expect(older).toContain('code=BMX-SIZE');
  expect(await found(older.slice(PAGE.length).replaceAll('&amp;', '&'))).toHaveLength(1);
});

test('another tenant sees none of it, whatever it asks for', async () => {
  const [{ id } = { id: '' }] = await control.database.sql<{ id: string }[]>`select id from rejections limit 1`;
  const page = plain(await stranger.page(PAGE));
  expect(page).toContain('Nothing was refused in 14 days.');
  expect(page).not.toContain('guarded');
  for (const domain of [NAME, 'nothing.example']) {
    const response = await stranger.get(`${PAGE}?domain=${domain}`);
    expect(response.status).toBe(404);
    const text = plain(await response.text());
    expect(text).toContain(`You have no domain ${domain}.`);
    expect(text).not.toContain('user1@');
  }
  expect(plain(await stranger.page(`${PAGE}?recipient=user1@${NAME}`))).toContain('There is none.');
  const asked = await stranger.post(`${PAGE}/${id}/allow`, { key: 'k' });
  expect(asked.status).toBe(422);
  expect(await asked.text()).toContain('There is no such refusal.');
  const sent = await stranger.post(`${PAGE}/${id}/allow`, { key: 'k', sure: id });
  expect(sent.status).toBe(422);
  expect(await sent.text()).not.toContain('guarded');
});

test('a scope that is missing is named, and without it there is no link and no button', async () => {
  const looks = await createVisit(control, await tokenOf('name: "looks", scopes: [DOMAIN_READ]'));
  const page = await looks.page(PAGE);
  expect(page).toContain('To see refusals, a session needs the scope QUEUE_READ.');
  expect(page).toContain('To see this, a session needs the scope QUEUE_READ.');
  expect(page).not.toContain('href="/console/refusals"');
  const reads = await createVisit(control, await tokenOf('name: "reads", scopes: [DOMAIN_READ, QUEUE_READ]'));
  const read = await reads.page(PAGE);
  expect(read).toContain(`user1@${NAME}`);
  expect(read).toContain('href="/console/refusals"');
  expect(read).not.toContain('Allow…');
});

test('what a stranger wrote is text, whatever it holds, and a long one is cut', async () => {
  const hostile = '"><script>alert(1)</script>\u202eevil\u0007';
  await recordRefusal(control.database, {
    code: 'BMX-USER',
    destinationId,
    recipient: `${hostile}@${NAME}`,
    reversePath: `${hostile}${'x'.repeat(65_536)}`,
    ehloName: hostile,
    zone: hostile,
  });
  const page = await visit.page(PAGE);
  expect(page.match(/&quot;&gt;&lt;script&gt;alert\(1\)&lt;\/script&gt;\\u202eevil\\u0007/g)).toHaveLength(4);
  expect(page).not.toContain('<script>alert');
  expect(page).not.toMatch(/[\u202e\u0007]/);
  expect(page).not.toContain('x'.repeat(501));
  const address = `${PAGE}?${new URLSearchParams({ domain: hostile, recipient: hostile, client: hostile, since: hostile, code: hostile })}`;
  const echoed = await visit.get(address);
  expect(echoed.status).toBe(404);
  expect(await echoed.text()).not.toContain('<script>alert');
});

test('to allow asks first what would change, and changes just that', async () => {
  const id = await recordRefusal(control.database, { code: 'BMX-USER', destinationId, recipient: `anna@${NAME}` });
  const entries = async (): Promise<readonly string[]> => {
    const { domain } = await control.ask<{
      domain: { recipientList: { entries: { nodes: { localPart: string }[] } } };
    }>(`{ domain(by: { name: "${NAME}" }) { recipientList { entries(first: 10) { nodes { localPart } } } } }`);
    return domain.recipientList.entries.nodes.map(({ localPart }) => localPart);
  };
  const page = await visit.page(`${PAGE}?code=BMX-USER`);
  const [, action = '', key = ''] =
    new RegExp(`action="([^"]*${id}/allow[^"]*)"[^]*?name="key" value="([\\w-]+)"`).exec(page) ?? [];
  expect(action).toBe(`${PAGE}/${id}/allow?code=BMX-USER`);
  const asked = await visit.post(action, { key });
  expect(asked.status).toBe(422);
  const question = await asked.text();
  expect(question).toContain(`The User List of ${NAME} would get one more mailbox: anna@${NAME}.`);
  expect(question).toContain(`name="key" value="${key}"`);
  expect(await entries()).toEqual(['postmaster']);
  // The answer to another question is no answer.
  expect((await visit.post(action, { key, sure: 'another' })).status).toBe(422);
  expect(await entries()).toEqual(['postmaster']);
  const sure = await visit.post(action, { key, sure: id });
  expect([sure.status, sure.headers.get('Location')]).toEqual([303, `${PAGE}?did=allow&code=BMX-USER`]);
  expect(await entries()).toEqual(['anna', 'postmaster']);
  expect(await visit.page(`${PAGE}?did=allow&code=BMX-USER`)).toContain('It is allowed from now on.');
  const size = await recordRefusal(control.database, { code: 'BMX-SIZE', destinationId });
  expect(await (await visit.post(`${PAGE}/${size}/allow`, { key: 'k' })).text()).toContain(
    'Only a refusal by a DNS list or by the User List can be allowed here.',
  );
});
