/**
 * What an operator can do with one held message: try it now, end it silently, end it with a report.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';
import { decodeBody, parseEntity, parseFields, parseParts } from '../mail/mime.ts';

const DOMAIN = 'customer.example';
const SPF = ['v=spf1 ip4:127.0.0.1 -all'];

let flow: Flow;
let primary: FakePrimary;
let senderMx: FakePrimary;

beforeAll(async () => {
  flow = await startFlow({
    'sender.example': { MX: [[10, 'mx.sender.example']], TXT: SPF },
    'mx.sender.example': { A: ['127.0.0.3'] },
  });
  senderMx = await flow.primary('127.0.0.3');
  primary = await startFakePrimary();
  await flow.addDomain(DOMAIN, primary);
});

afterAll(async () => {
  await flow?.close();
  await primary?.close();
});

/** Mail that met a primary that is away. */
async function hold(localPart: string): Promise<string> {
  await flow.untilIdle(DOMAIN);
  await primary.stop();
  // Beside a session of the last minute it would be no outage.
  await flow.database.moveClock('2 minutes');
  const id = await flow.send({ to: [`${localPart}@${DOMAIN}`] });
  await flow.untilSeen(DOMAIN, 'an outage', ({ outage }) => outage !== null);
  await flow.untilIdle(DOMAIN);
  return id;
}

async function readState(id: string): Promise<string | undefined> {
  return (await flow.message(id))?.recipients[0]?.state;
}

function arrivedFor(localPart: string): number {
  return primary.messages.filter(({ recipients }) => recipients[0]?.address === `${localPart}@${DOMAIN}`).length;
}

test('retry tries this message at once while the outage goes on, and changes no slot', async () => {
  const other = await hold('other');
  const id = await hold('mine');
  const before = await flow.see(DOMAIN);
  const attempts = (await flow.message(id))?.recipients[0]?.attemptCount ?? -1;
  const others = (await flow.message(other))?.recipients[0]?.attemptCount;
  primary.setMode({ dropAt: 'RCPT' });
  await primary.start();
  const sessions = primary.sessions.length;
  expect(await flow.change('messageRetry', { id })).toEqual([]);
  await primary.waitFor(() => primary.sessions.length > sessions, 'the attempt');
  await flow.untilIdle(DOMAIN);
  expect((await flow.message(id))?.recipients).toMatchObject([{ state: 'HELD', attemptCount: attempts + 1 }]);
  expect((await flow.message(other))?.recipients).toMatchObject([{ state: 'HELD', attemptCount: others }]);
  expect((await flow.see(DOMAIN)).outage).toMatchObject({
    id: before.outage?.id,
    nextAttemptAt: before.outage?.nextAttemptAt,
  });

  primary.setMode('plain');
  expect(await flow.change('messageRetry', { id })).toEqual([]);
  await primary.waitFor(() => arrivedFor('mine') === 1 && arrivedFor('other') === 1, 'both: the outage is over');
  await flow.untilSeen(DOMAIN, 'nothing held', ({ queue, outage }) => queue.heldCount === 0 && outage === null);
  expect(primary.messages[0]?.recipients[0]?.address).toBe(`mine@${DOMAIN}`);
  expect(await flow.change('messageRetry', { id })).toEqual(['ENDED']);
});

test('retry tries a message that was itself deferred', async () => {
  const id = await flow.send({ to: [`greylist@${DOMAIN}`] });
  await primary.waitFor(() =>
    primary.sessions.some(({ commands }) => commands.some((line) => line.includes('greylist'))),
  );
  await flow.untilIdle(DOMAIN);
  expect(await readState(id)).toBe('HELD');
  expect(await flow.change('messageRetry', { id })).toEqual([]);
  await primary.waitFor(() => arrivedFor('greylist') === 1, 'the mail');
});

test('cancel ends without a report, and nothing of the message is kept or delivered', async () => {
  const id = await hold('cancelled');
  expect(await flow.change('messageCancel', { id, reason: 'sent by mistake', idempotencyKey: 'once' })).toEqual([]);
  expect((await flow.see(DOMAIN)).queue).toMatchObject({ heldCount: 0, heldSize: 0, nextAttemptAt: null });
  expect((await flow.message(id))?.recipients).toMatchObject([{ state: 'CANCELLED', nextAttemptAt: null }]);
  expect((await flow.message(id))?.recipients[0]?.lastReply).toContain('sent by mistake');
  // The same request again has its answer; another one finds the message ended.
  expect(await flow.change('messageCancel', { id, reason: 'sent by mistake', idempotencyKey: 'once' })).toEqual([]);
  expect(await flow.change('messageCancel', { id })).toEqual(['ENDED']);
  expect(await flow.change('messageBounce', { id })).toEqual(['ENDED']);
  expect(await flow.database.sql`select from contents where message_id = ${id}`).toHaveLength(0);
  expect(await flow.database.sql`select from reports_due`).toHaveLength(0);

  await primary.start();
  const later = await flow.send({ to: [`later@${DOMAIN}`] });
  await flow.change('domainFlush', { name: DOMAIN });
  await primary.waitFor(() => arrivedFor('later') === 1, 'mail behind it');
  await flow.untilSeen(DOMAIN, 'nothing held', ({ queue }) => queue.heldCount === 0);
  expect(await readState(later)).toBe('DELIVERED');
  expect(arrivedFor('cancelled')).toBe(0);
});

test('bounce ends with a report that gives the reason', async () => {
  const id = await hold('bounced');
  expect(await flow.change('messageBounce', { id, reason: 'the customer has moved away' })).toEqual([]);
  expect(await readState(id)).toBe('FAILED');
  await senderMx.waitFor(() => senderMx.messages.length === 1, 'the report');
  const [text, status] = parseParts(parseEntity(senderMx.messages[0]?.content.toString('utf8') ?? ''));
  if (text === undefined || status === undefined) throw new Error('a part is missing');
  expect(decodeBody(text).toString()).toContain('the customer has moved away');
  const fields = parseFields(status.body.trimEnd().split('\r\n\r\n')[1] ?? '');
  expect(fields.get('final-recipient')).toBe(`rfc822; bounced@${DOMAIN}`);
  expect(fields.get('action')).toBe('failed');
  expect(fields.get('status')).toMatch(/^5\.\d+\.\d+$/);
  expect((await flow.see(DOMAIN)).queue.heldCount).toBe(0);
});

test('a message that is being handed over is not touched', async () => {
  await primary.start();
  primary.setMode({ silentAt: 'DOT' });
  const sessions = primary.sessions.length;
  const id = await flow.send({ to: [`moving@${DOMAIN}`] });
  await flow.change('domainFlush', { name: DOMAIN });
  await primary.waitFor(() => primary.messages.some(({ recipients }) => recipients[0]?.address === `moving@${DOMAIN}`));
  expect(primary.sessions.length).toBeGreaterThan(sessions);
  for (const verb of ['messageCancel', 'messageBounce', 'messageRetry']) {
    expect(await flow.change(verb, { id })).toEqual(['IN_DELIVERY']);
  }
  expect(await readState(id)).toBe('HELD');
  // The reply to its dot never comes: it may have been taken, so it is tried again, at its own next slot.
  primary.setMode('plain');
  await primary.stop();
  await flow.untilIdle(DOMAIN);
  expect(await readState(id)).toBe('HELD');
  expect(await flow.change('messageCancel', { id })).toEqual([]);
});

test('what is not there is not found', async () => {
  for (const verb of ['messageRetry', 'messageCancel', 'messageBounce']) {
    expect(await flow.change(verb, { id: '01a20cc6-9949-729f-829f-2805d8771efb' })).toEqual(['NOT_FOUND']);
    expect(await flow.change(verb, { id: 'no id' })).toEqual(['NOT_FOUND']);
  }
});
