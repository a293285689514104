/** Find mail: whatever is pasted leads to what is so, to whom it belongs, and to nobody else. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { newId } from '../../src/mail/id.ts';
import { nextId } from '../../src/queue/message.ts';
import { addDomain, endMessage, type Harness, holdMessage, startControl, TOKEN } from '../control/harness.ts';
import { createStranger, refuse, tokenOf } from './found.ts';
import { createVisit, type Visit } from './visit.ts';

let control: Harness;
let visit: Visit;
let destinationId: string;
let transaction: string;
let held: string;
let ended: string;
let reference: string;

beforeAll(async () => {
  control = await startControl();
  destinationId = await addDomain(control, 'north.example');
  await addDomain(control, 'northwest.example');
  const addresses = ['anna@north.example', 'bert@north.example'];
  transaction = newId();
  held = await holdMessage(control.database, {
    destinationId,
    addresses,
    id: nextId(transaction, 1),
    transactionId: transaction,
  });
  ended = await holdMessage(control.database, { destinationId, addresses: ['anna@north.example'] });
  await control.database.sql`update messages set header_message_id = '20261126.1@client.example' where id = ${ended}`;
  await endMessage(control.database, ended);
  reference = await refuse(control, { destinationId });
  visit = await createVisit(control, TOKEN);
});
afterAll(() => control.close());

const pathOf = (q: string, as?: string): string =>
  `/console/find?${new URLSearchParams({ q, ...(as === undefined ? {} : { as }) })}`;

const NOTHING = 'We have neither taken nor refused such mail.';

/** The messages that a page leads to. */
function messagesIn(page: string): string[] {
  return [...page.matchAll(/href="\/console\/m\/([\w-]+)"/g)].map(([, id = '']) => id);
}

test.each([
  ['our 250', () => `250 2.0.0 Ok: held as ${transaction}`, () => [held]],
  ['the id of a message', () => held, () => [held]],
  ['an address', () => 'to=<anna@north.example>', () => [ended, held]],
  ['a sender', () => 'sender@sender.example', () => [ended, held]],
  ['all senders of a domain', () => '@sender.example', () => [ended, held]],
  ['a Message-ID', () => 'Message-ID: <20261126.1@client.example>', () => [ended]],
  ['a client', () => 'Received: from client.example ([192.0.2.7])', () => [ended, held]],
  ['a network', () => '192.0.2.0/24', () => [ended, held]],
])('%s leads to its messages', async (_what, query, ids) => {
  const page = await visit.page(pathOf(query()));
  expect(messagesIn(page)).toEqual(ids());
  expect(page).not.toContain(NOTHING);
  expect(page).not.toMatch(/NaN|undefined|\[object/);
});

test('a message says its state, its sender and what comes next', async () => {
  const page = (await visit.page(pathOf('anna@north.example'))).replaceAll('\u00a0', ' ');
  expect(page).toContain('>Held</span>');
  expect(page).toContain('>Handed over</span>');
  expect(page).toContain('anna@north.example</a> and 1 more');
  expect(page).toMatch(/from sender@sender\.example · accepted [^·]*\d\d:\d\d · 1 kB · next try (?:now|in )/);
  expect(page).toContain(
    'Nothing is known of this mailbox: its mail is taken while your server is away, as you set it.',
  );
});

test.each([
  ['its reference', () => `550 5.1.1 no (reference ${reference}) BMX-USER`],
  ['its code', () => 'BMX-USER'],
  ['its recipient', () => 'nobody@north.example'],
  ['its sender', () => 'maria@client.example'],
  ['its client', () => '203.0.113.0/24'],
])('a refusal is found by %s', async (_what, query) => {
  const page = await visit.page(pathOf(query()));
  expect(page).toContain('550 5.1.1 no such mailbox');
  expect(page).toContain('Not in your User List');
  expect(page).toContain('href="/reject/BMX-USER"');
  expect(page).not.toContain(NOTHING);
});

test('a code leads to its refusals', async () => {
  expect(await visit.page(pathOf('BMX-USER'))).toContain('href="/console/refusals?code=BMX-USER"');
});

test('how it was read is said, with the other ways', async () => {
  const line = `550 5.1.1 <nobody@north.example>: (reference ${reference}) BMX-USER`;
  const page = await visit.page(pathOf(line));
  expect(page).toContain(`Read as an id of ours: <span class="mono">${reference}</span>`);
  expect(page).toContain('&amp;as=code"');
  expect(page).toContain('&amp;as=address"');
  expect(page).toContain('a reason of a refusal: <span class="mono">BMX-USER</span></a>, <a ');
  expect(await visit.page(pathOf(line, 'address'))).toContain(
    'Read as an address: <span class="mono">nobody@north.example</span>',
  );
});

test('a whole name leads to its domain, a part of it to a list', async () => {
  const whole = await visit.get(pathOf('North.example.'));
  expect([whole.status, whole.headers.get('Location')]).toEqual([303, '/console/d/north.example']);
  const page = await visit.page(pathOf('nor'));
  expect(page).toContain('href="/console/d/north.example"');
  expect(page).toContain('href="/console/d/northwest.example"');
  expect(await visit.page(pathOf('north.example', 'domain'))).toContain('href="/console/d/north.example"');
  expect(await visit.page(pathOf('south'))).toContain('No domain of yours begins so.');
});

test('nothing is said only where there is nothing', async () => {
  for (const query of [newId(), 'who@else.example', '198.51.100.1', '<1@else.example>'])
    expect(await visit.page(pathOf(query))).toContain(NOTHING);
  expect(await visit.page(pathOf('please help me'))).toContain('We can read no id');
  expect(await visit.page('/console/find')).toContain('Whole lines will do');
  const blind = await createVisit(control, await tokenOf(control, 'DOMAIN_READ'));
  const page = await blind.page(pathOf('anna@north.example'));
  expect(page).toContain('a session needs the scope QUEUE_READ');
  expect(page).not.toContain(NOTHING);
});

test('more than a page is looked through page by page', async () => {
  for (let number = 0; number < 21; number += 1)
    await holdMessage(control.database, { destinationId, addresses: ['many@north.example'] });
  const first = await visit.page(pathOf('many@north.example'));
  const [, next = ''] = /href="([^"]*after-to=[^"]*)"/.exec(first) ?? [];
  const second = await visit.page(next.replaceAll('&amp;', '&'));
  expect([messagesIn(first).length, messagesIn(second).length]).toEqual([20, 1]);
  expect(second).not.toContain(NOTHING);
});

test('what belongs to somebody else is as unknown as what does not exist', async () => {
  const stranger = await createStranger(control);
  const masked = async (query: string): Promise<string> => {
    const page = await stranger.page(pathOf(query));
    expect(messagesIn(page)).toEqual([]);
    const typed = [encodeURIComponent(query), query, query.replace(/^@/, '')];
    return typed.reduce((text, part) => text.replaceAll(part, 'Q'), page).replace(/data-now="[^"]*"/, '');
  };
  for (const [theirs, unknown] of [
    [held, newId()],
    [transaction, newId()],
    [reference, newId()],
    ['anna@north.example', 'anna@else.example'],
    ['nobody@north.example', 'nobody@else.example'],
    ['sender@sender.example', 'sender@else.example'],
    ['20261126.1@client.example', '20261126.1@else.example'],
    ['192.0.2.7', '198.51.100.7'],
    ['@sender.example', '@else.example'],
    ['north', 'south'],
    ['north.example', 'south.example'],
  ] as const)
    expect(await masked(theirs)).toBe(await masked(unknown));
  const page = await stranger.page(pathOf('BMX-USER'));
  // QUEUE_WRITE reads as well.
  expect(page).toContain('href="/console/find" aria-current="page"');
  expect(page).not.toContain(reference);
});

test('what strangers wrote and what was typed is text, whatever it holds', async () => {
  const evil = '<script>alert(1)</script>\u202eevil';
  await refuse(control, {
    destinationId,
    reversePath: `${evil}@client.example`,
    reply: `550 ${evil} ${'x'.repeat(65_536)}`,
    forwardPath: `"<img src=x>"@north.example`,
    clientAddress: '203.0.113.66',
  });
  await holdMessage(control.database, {
    destinationId,
    reversePath: `${evil}@odd.example`,
    addresses: ['"<img src=x>"@north.example'],
  });
  for (const query of ['203.0.113.66', '192.0.2.7', `"><script>alert(1)</script> ${evil}`, '<b>@north.example']) {
    const page = await visit.page(pathOf(query));
    expect(page).not.toContain('<script>alert');
    expect(page).not.toContain('<img');
    expect(page).not.toContain('<b>@');
    expect(page.slice(page.indexOf('Paste what you have'))).not.toMatch(/\u202e(?![^<]*" \/>)/);
    expect(page.length).toBeLessThan(60_000);
  }
});
