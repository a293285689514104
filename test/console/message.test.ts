/** The page of a message: what it says, what it shows to whom, and that its forms ask, and do what they say, once. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { newId } from '../../src/mail/id.ts';
import { addDomain, endMessage, failNow, type Harness, holdMessage, startControl, TOKEN } from '../control/harness.ts';
import { createStranger, tokenOf } from './found.ts';
import { createVisit, type Visit } from './visit.ts';

let control: Harness;
let visit: Visit;
let destinationId: string;

beforeAll(async () => {
  control = await startControl();
  destinationId = await addDomain(control, 'north.example');
  visit = await createVisit(control, TOKEN);
});
afterAll(() => control.close());

const pathOf = (id: string): string => `/console/m/${id}`;
const hold = (...addresses: string[]): Promise<string> =>
  holdMessage(control.database, {
    destinationId,
    addresses: addresses.length === 0 ? ['anna@north.example'] : addresses,
  });
const plain = async (path: string, who = visit): Promise<string> => (await who.page(path)).replaceAll('\u00a0', ' ');

/** Sends the form of a verb with the key that its page has. */
async function send(id: string, verb: string, fields: Record<string, string> = {}): Promise<Response> {
  const page = await visit.page(`${pathOf(id)}?do=${verb}`);
  const form = new RegExp(`<form method="post" action="[^"]*/${verb}"[^]*?</form>`).exec(page)?.[0] ?? '';
  const [, key = ''] = /name="key" value="([\w-]+)"/.exec(form) ?? [];
  expect(key).not.toBe('');
  return visit.post(`${pathOf(id)}/${verb}`, { key, ...fields });
}

/** What a page says is wrong, or asks. */
function alertsIn(page: string): string[] {
  return [...page.matchAll(/role="alert">([^<]*)</g)].map(([, text = '']) => text.replaceAll('\u00a0', ' '));
}

async function statesOf(id: string): Promise<string[]> {
  const { message } = await control.ask<{ message: { recipients: { state: string }[] } }>(
    'query ($id: ID!) { message(id: $id) { recipients { state } } }',
    { id },
  );
  return message.recipients.map(({ state }) => state);
}

test('a held message: where it is, what happened, and what there is to do', async () => {
  const id = await hold();
  await failNow(control.database, destinationId);
  const page = await plain(pathOf(id));
  expect(page).toContain('<title>This message is safe with us.</title>');
  expect(page).toContain('It is kept until ');
  expect(page).toContain('We took it. It came from 192.0.2.7, which called itself client.example.');
  expect(page).toContain('An outage of your server began.');
  expect(page).toContain('[connection refused]');
  expect(page).toContain('Try this message now');
  expect(page).toContain('href="/console/d/north.example"');
  expect(page).toContain('messageTimeline');
  expect(page).not.toMatch(/NaN|undefined|\[object/);
  // Its content is not shown.
  expect(page).not.toContain('hello\r\n');
});

test('one that has ended says how, and has nothing to press and nothing to wait for', async () => {
  const id = await hold();
  await endMessage(control.database, id);
  const page = await plain(pathOf(id));
  expect(page).toContain('<title>Your server has this message.</title>');
  expect(page).toContain('Your server took it for anna@north.example.');
  expect(page).toContain('250 2.0.0 taken');
  expect(page).not.toContain(`action="${pathOf(id)}`);
  expect(page).toContain('data-live=""');
  const late = await visit.post(`${pathOf(id)}/try-message`, { key: newId() });
  expect([late.status, alertsIn(await late.text()).length]).toEqual([422, 1]);
});

test('the subject is for who may read content, the buttons for who may write', async () => {
  const id = await hold();
  expect(await plain(pathOf(id))).toContain('<dt>Subject</dt><dd class="">hello</dd>');
  const reader = await createVisit(control, await tokenOf(control, 'QUEUE_READ'));
  const page = await plain(pathOf(id), reader);
  expect(page).toContain('This message is safe with us.');
  expect(page).not.toContain('hello');
  expect(page).not.toContain(`action="${pathOf(id)}`);
  expect(page).not.toContain('needs the scope');
  const blind = await createVisit(control, await tokenOf(control, 'DOMAIN_READ'));
  const nothing = await blind.page(pathOf(id));
  expect(nothing).toContain('a session needs the scope QUEUE_READ');
  expect(nothing).not.toContain('anna@north.example');
});

test('a message is tried now, however often the button is pressed', async () => {
  const id = await hold();
  await control.database.sql`update messages set next_attempt_at = bmx_now() + interval '1 hour' where id = ${id}`;
  const page = await visit.page(pathOf(id));
  const [, key = ''] = /try-message">\s*<input type="hidden" name="key" value="([\w-]+)"/.exec(page) ?? [];
  for (let time = 0; time < 2; time += 1) {
    const sent = await visit.post(`${pathOf(id)}/try-message`, { key });
    expect([sent.status, sent.headers.get('Location')]).toEqual([303, `${pathOf(id)}?did=try-message`]);
  }
  const asked = await plain(`${pathOf(id)}?did=try-message`);
  expect(asked.match(/A try was asked for/g)).toHaveLength(1);
  expect(asked).toContain('We try this message now.');
});

test.each([
  ['cancel-message', 'CANCELLED', 'This message was cancelled.'],
  ['return-message', 'FAILED', 'This message could not be handed over.'],
])('%s asks first', async (verb, state, sentence) => {
  const id = await hold('anna@north.example', 'bert@north.example');
  const asked = await send(id, verb, { reason: 'the caller <b>asked</b>' });
  expect(asked.status).toBe(422);
  const question = await asked.text();
  expect(alertsIn(question)).toEqual(['2 recipients would not get this message. This cannot be undone.']);
  expect(question).toContain('value="the caller &lt;b&gt;asked&lt;/b&gt;"');
  // Its address is no page: whoever loads it again, or leaves it, is back at the message.
  expect(question).toContain(`<a class="quiet" href="${pathOf(id)}">Leave it</a>`);
  expect(question).toContain('data-live=""');
  const again = await visit.get(`${pathOf(id)}/${verb}`);
  expect([again.status, again.headers.get('Location')]).toEqual([303, pathOf(id)]);
  // An answer to another question is none.
  expect((await send(id, verb, { sure: '1' })).status).toBe(422);
  expect(await statesOf(id)).toEqual(['HELD', 'HELD']);
  expect((await send(id, verb, { sure: '2', reason: 'the caller <b>asked</b>' })).status).toBe(303);
  expect(await statesOf(id)).toEqual([state, state]);
  const page = await plain(`${pathOf(id)}?did=${verb}`);
  expect(page).toContain(`<title>${sentence}</title>`);
  expect(page).toContain('Why: the caller &lt;b&gt;asked&lt;/b&gt;');
});

test('a message of somebody else is as unknown as none', async () => {
  const id = await hold();
  const stranger = await createStranger(control);
  const masked = async (of: string): Promise<string> => {
    const response = await stranger.get(pathOf(of));
    expect(response.status).toBe(404);
    return (await response.text()).replaceAll(of, 'ID').replace(/data-now="[^"]*"/, '');
  };
  expect(await masked(id)).toBe(await masked(newId()));
  expect(await masked('nonsense')).toBe(await masked(newId()));
  for (const verb of ['try-message', 'cancel-message', 'return-message'])
    expect((await stranger.post(`${pathOf(id)}/${verb}`, { key: 'k', sure: '1' })).status).toBe(404);
  expect(await statesOf(id)).toEqual(['HELD']);
});

test('what strangers wrote is text, whatever it holds and however long it is', async () => {
  const evil = '<script>alert(1)</script>\u202eevil\u0007';
  const id = await holdMessage(control.database, {
    destinationId,
    reversePath: `${evil}@odd.example`,
    addresses: ['"<img src=x>\u202e"@north.example'],
  });
  const { sql } = control.database;
  const fields = Array.from({ length: 300 }, (_, at) => `X-${at}: <b>${'y'.repeat(150)}</b>\r\n`).join('');
  const content = Buffer.from(
    `Subject: ${evil}\r\nX-Evil: ${evil}\r\nX-Long: ${'x'.repeat(20_000)}\r\n${fields}\r\nhello\r\n`,
  );
  await sql`update contents set content = ${content} where message_id = ${id}`;
  const reply = `550 ${evil} ${'z'.repeat(65_536)}`;
  await sql`update messages set ehlo_name = ${'"><img src=x>\u202e'} where id = ${id}`;
  await sql`update recipients set last_reply = ${reply} where message_id = ${id}`;
  await sql`
    insert into attempts (id, tenant_id, destination_id, message_id, recipient_numbers, is_host_level, host, reply, outcome, latency_ms)
    select gen_random_uuid(), tenant_id, destination_id, id, '{0}', false, '"><img src=x>', ${reply}, 'DEFERRED', 1 from messages where id = ${id}`;
  const page = await visit.page(pathOf(id));
  expect(page).toContain('550 &lt;script&gt;alert(1)&lt;/script&gt;');
  expect(page).not.toContain('<script>alert');
  expect(page).not.toContain('<img');
  expect(page).not.toContain('<b>y');
  expect(page).not.toMatch(/[\u202e\u0007]/);
  expect(page.length).toBeLessThan(150_000);
});
