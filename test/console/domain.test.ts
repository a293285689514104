/** The page of a domain: what it says in each state, what it shows to whom, and that its forms do what they say, once. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { startControl, TOKEN, type Harness } from '../control/harness.ts';
import { playScene, type Scene } from './scene.ts';
import { createVisit, type Visit } from './visit.ts';

let control: Harness;
let scene: Scene;
let visit: Visit;

beforeAll(async () => {
  control = await startControl();
  scene = await playScene(control);
  visit = await createVisit(control, TOKEN);
}, 60_000);
afterAll(() => control.close());

const path = (name: string): string => `/console/d/${name}.northwind.example`;

/** Sends the form of a verb as its page has it, with these fields. */
async function send(name: string, verb: string, fields: Record<string, string> = {}): Promise<Response> {
  const page = await visit.page(`${path(name)}?do=${verb}`);
  const form = new RegExp(`<form method="post" action="[^"]*/${verb}"[^]*?</form>`).exec(page)?.[0] ?? '';
  const [, key = ''] = /name="key" value="([\w-]+)"/.exec(form) ?? [];
  expect(key).not.toBe('');
  return visit.post(`${path(name)}/${verb}`, { key, ...fields });
}

/** What a page says is wrong. */
function wrongIn(page: string): string[] {
  return [...page.matchAll(/role="alert">([^<]*)</g)].map(([, text = '']) => text.replaceAll('\u00a0', ' '));
}

async function destination<Row>(name: string, columns: string): Promise<Row> {
  const [row] = await control.database.sql.unsafe<Row[]>(`select ${columns} from destinations where id = $1`, [
    scene.ids.get(name) ?? '',
  ]);
  if (row === undefined) throw new Error(`no ${name}`);
  return row;
}

test.each([
  ['away', 'Your server has refused connections since', 'Try now'],
  [
    'archive',
    'Your server has not answered since',
    /The first message expires (?:tomorrow|\w{3} \d+ \w{3},) \d\d:\d\d, in 1 d [78] h\./,
  ],
  ['hr', 'Your server has refused mailboxes it knows since', 'Hand over everything'],
  ['vale', 'Your server has been back since', 'Slow down…'],
  ['paused', 'Delivery is paused until you resume it.', 'Resume'],
  ['pending', 'not proven to be yours', 'backup-mx-proof='],
  ['checked', 'A check found a problem.', 'An MX record names an alias, which some senders refuse.'],
  ['well', 'Nothing is held, nothing is late.', 'Run a fire drill'],
])('%s.northwind.example says what is so', async (name, sentence, more) => {
  const page = (await visit.page(path(name))).replaceAll('\u00a0', ' ');
  expect(page).toContain(sentence);
  if (more instanceof RegExp) expect(page).toMatch(more);
  else expect(page).toContain(more);
  expect(page).not.toMatch(/NaN|undefined|\[object/);
});

test('a page that is not there, and one of somebody else, are the same', async () => {
  const { tenantCreate } = await control.ask<{ tenantCreate: { tenant: { id: string } } }>(
    'mutation { tenantCreate(input: { name: "stranger" }) { tenant { id } userErrors { code } } }',
  );
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    `mutation { tokenCreate(input: { tenantId: "${tenantCreate.tenant.id}", name: "x", scopes: [DOMAIN_READ, QUEUE_WRITE, DOMAIN_WRITE] }) { secret userErrors { code } } }`,
  );
  const stranger = await createVisit(control, tokenCreate.secret);
  const before = await destination<{ flush_number: number; pause_from: unknown }>('away', 'flush_number, pause_from');
  for (const name of [path('away'), path('nothing')]) {
    const response = await stranger.get(name);
    expect(response.status).toBe(404);
    expect(await response.text()).not.toContain('northwind');
  }
  for (const verb of ['try', 'pause', 'release', 'hold', 'slow', 'check'])
    expect((await stranger.post(`${path('away')}/${verb}`, { key: 'k', days: '3', hours: '1' })).status).toBe(404);
  expect(await destination('away', 'flush_number, pause_from')).toEqual(before);
});

test('without a scope a panel says which it needs, and there is no button', async () => {
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    'mutation { tokenCreate(input: { name: "looks", scopes: [DOMAIN_READ] }) { secret userErrors { code } } }',
  );
  const page = await (await createVisit(control, tokenCreate.secret)).page(path('away'));
  expect(page).toContain('Your server has refused connections');
  expect(page).toContain('a session needs the scope QUEUE_READ');
  expect(page).toContain('This session may only look.');
  expect(page).not.toContain('<form method="post" action="/console/d/');
});

test('what a stranger wrote is text, whatever it holds', async () => {
  const reply = '550 <script>alert(1)</script> \u202eevil "quoted" \u0007';
  const id = scene.ids.get('checked') ?? '';
  await control.database.sql`
    insert into attempts (id, tenant_id, destination_id, message_id, recipient_numbers, is_host_level, host, reply, outcome, latency_ms)
    select gen_random_uuid(), tenant_id, id, gen_random_uuid(), '{0}', true, '"><img src=x>', ${reply}, 'DEFERRED', 1 from destinations where id = ${id}`;
  await control.database.sql`update destinations set last_reply = ${reply}, outage_id = null where id = ${id}`;
  const { outages } = { outages: await openOutage('checked', reply) };
  expect(outages).toBe(1);
  const page = await visit.page(path('checked'));
  expect(page).toContain('550 &lt;script&gt;alert(1)&lt;/script&gt;');
  expect(page).not.toContain('<script>alert');
  expect(page).not.toContain('\u202e');
  expect(page).not.toContain('<img');
});

async function openOutage(name: string, reply: string): Promise<number> {
  const { recordFailure } = await import('../../src/outage/clock.ts');
  const [row] = await control.database.sql<{ now: string }[]>`select bmx_now()::text as now`;
  await recordFailure(control.database.sql, {
    destinationId: scene.ids.get(name) ?? '',
    begunAt: row?.now ?? '',
    trouble: 'GREETING',
    reply,
  });
  const rows = await control.database
    .sql`select from outages where destination_id = ${scene.ids.get(name) ?? ''} and ended_at is null`;
  return rows.length;
}

test('pause and resume', async () => {
  const paused = await send('away', 'pause', { hours: '4', reason: 'new disks' });
  expect(paused.status).toBe(303);
  expect(paused.headers.get('Location')).toBe(`${path('away')}?did=pause`);
  expect(await visit.page(`${path('away')}?did=pause`)).toContain('Delivery is paused until');
  expect((await send('away', 'resume')).status).toBe(303);
  expect(await visit.page(path('away'))).toContain('Your server has refused connections since');
});

test('a form that is wrong comes back with what was typed, and says so beside the field', async () => {
  const response = await send('away', 'hold', { days: 'ten' });
  expect(response.status).toBe(422);
  const page = await response.text();
  expect(page).toContain('name="days" value="ten"');
  expect(page).toContain('aria-invalid="true"');
  expect(page).toContain('A number of days, 1 to 50.');
  expect((await send('away', 'hold', { days: '3' })).status).toBe(303);
  const [{ extension } = { extension: '' }] = await control.database.sql<{ extension: string }[]>`
    select hold_extension::text as extension from destinations where id = ${scene.ids.get('away') ?? ''}`;
  expect(extension).toBe('72:00:00');
});

test('deliver elsewhere asks first, and goes where it said', async () => {
  control.routes.hosts = [{ host: 'mx2.northwind.example', port: 2525, addresses: ['192.0.2.77'], verdict: 'USABLE' }];
  const asked = await send('away', 'elsewhere', { host: 'mx2.northwind.example', port: '2525' });
  expect(asked.status).toBe(422);
  expect(wrongIn(await asked.text())).toEqual([
    '72 held messages, 338 kB, and what comes, would go to mx2.northwind.example, port 2525 (192.0.2.77).',
  ]);
  expect(await destination<{ deliver_to: unknown }>('away', 'deliver_to')).toEqual({ deliver_to: [] });
  // An answer to the question about another host is no answer.
  const other = await send('away', 'elsewhere', {
    host: 'mx2.northwind.example',
    port: '2525',
    sure: 'mx9.northwind.example:25',
  });
  expect(other.status).toBe(422);
  const sure = await send('away', 'elsewhere', {
    host: 'mx2.northwind.example',
    port: '2525',
    sure: 'mx2.northwind.example:2525',
  });
  expect(sure.status).toBe(303);
  expect(await destination<{ deliver_to: unknown }>('away', 'deliver_to')).toEqual({
    deliver_to: [{ host: 'mx2.northwind.example', port: 2525 }],
  });
});

test('to return mail to its senders needs its count', async () => {
  const id = scene.ids.get('hr') ?? '';
  const { sql } = control.database;
  await sql`update recipients set suspected_at = bmx_now(), suspected_reply = '550 no' where destination_id = ${id}`;
  const [{ count } = { count: 0 }] = await sql<
    { count: number }[]
  >`select count(*)::int as count from recipients where destination_id = ${id}`;
  expect(count).toBeGreaterThan(0);
  const asked = await send('hr', 'return');
  expect(asked.status).toBe(422);
  expect(wrongIn(await asked.text())).toEqual([
    `${count} recipients would end as failed, each with a report to its sender. This cannot be undone.`,
  ]);
  const [{ operations } = { operations: -1 }] = await sql<
    { operations: number }[]
  >`select count(*)::int as operations from operations`;
  expect(operations).toBe(0);
  const wrong = await send('hr', 'return', { sure: String(count - 1) });
  expect(wrong.status).toBe(422);
  expect((await send('hr', 'return', { sure: String(count) })).status).toBe(303);
});

test('the pace of a drain, the release of a breaker, a check and a look', async () => {
  expect((await send('vale', 'slow', { most: 'many' })).status).toBe(422);
  expect((await send('vale', 'slow', { most: '240' })).status).toBe(303);
  expect(await destination<{ drain_per_minute: number }>('vale', 'drain_per_minute')).toEqual({
    drain_per_minute: 240,
  });
  expect((await send('hr', 'release')).status).toBe(303);
  expect(await destination<{ breaker: string }>('hr', 'breaker')).not.toEqual({ breaker: 'OPEN' });
  expect((await send('well', 'drill')).status).toBe(303);
  expect((await send('well', 'check')).status).toBe(303);
  const looked = await send('pending', 'look');
  expect([looked.status, wrongIn(await looked.text()).length]).toEqual([422, 1]);
});
