/**
 * The whole retry schedule on the movable clock: one attempt at acceptance, then 96 + 96 + 60 on a grid anchored at the first
 * failure; the last of them ends the message, and its sender is told.
 *
 * The service looks for what is due once a second, and at once at a domain whose mail a verb has touched. So that 252 slots
 * take seconds, one spare message is cancelled at every slot; that makes the service look and asks for nothing.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, SENDER, startFlow, transact } from '../helpers/flow.ts';
import { decodeBody, parseEntity, parseFields, parseParts } from '../mail/mime.ts';

const DOMAIN = 'customer.example';
const MINUTE_MS = 60_000;
const BUSY = '421 4.3.2 Busy until further notice';
const CONTENT = `From: <${SENDER}>\r\nSubject: on the grid\r\nMessage-ID: <grid@sender.example>\r\n\r\nBody.\r\n`;

let flow: Flow;
let primary: FakePrimary;
let senderMx: FakePrimary;
let reportedId: string;

beforeAll(async () => {
  flow = await startFlow({
    'sender.example': { MX: [[10, 'mx.sender.example']], TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
    'mx.sender.example': { A: ['127.0.0.3'] },
  });
  senderMx = await flow.primary('127.0.0.3');
  primary = await startFakePrimary({ modes: { greeting: BUSY } });
  await flow.addDomain(DOMAIN, primary);
});

afterAll(async () => {
  await flow?.close();
  await primary?.close();
});

/** Slot by slot, in milliseconds from the first failure. */
function* grid(): Generator<number> {
  for (let n = 1; n <= 96; n += 1) yield n * 15 * MINUTE_MS;
  for (let n = 1; n <= 96; n += 1) yield (24 + n) * 60 * MINUTE_MS;
  for (let n = 1; n <= 60; n += 1) yield (120 + 2 * n) * 60 * MINUTE_MS;
}

async function sendSpares(count: number): Promise<string[]> {
  const session = await flow.connect();
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) ids.push(await transact(session, { from: null, to: [`spare@${DOMAIN}`] }));
  session.destroy();
  return ids;
}

test('252 slots after the first failure, one attempt at each, the last one final', async () => {
  reportedId = await flow.send({ to: [`user@${DOMAIN}`], content: CONTENT });
  const { outage } = await flow.untilSeen(DOMAIN, 'an outage', (seen) => seen.outage !== null);
  await flow.untilIdle(DOMAIN);
  const anchorMs = Date.parse(outage?.startedAt ?? '');
  expect(primary.sessions).toHaveLength(1);

  // The spares come after the first failure: at the last slot they are not yet due to expire.
  const spares = await sendSpares(252);
  let slot = 0;
  let nextAttemptAt = outage?.nextAttemptAt;
  for (const offsetMs of grid()) {
    slot += 1;
    expect([slot, Date.parse(nextAttemptAt ?? '') - anchorMs]).toEqual([slot, offsetMs]);
    await flow.moveTo(nextAttemptAt);
    expect(await flow.change('messageCancel', { id: spares[slot - 1] })).toEqual([]);
    await primary.waitFor(() => primary.sessions.length > slot, `the attempt at slot ${slot}`);
    await flow.untilIdle(DOMAIN);
    expect([slot, primary.sessions.length]).toEqual([slot, slot + 1]);
    ({ nextAttemptAt } = (await flow.see(DOMAIN)).outage ?? {});
    if (slot < 252) expect((await flow.see(DOMAIN)).queue.heldCount).toBe(253 - slot);
  }
  expect(slot).toBe(252);
  expect((await flow.message(reportedId))?.recipients[0]).toMatchObject({
    state: 'EXPIRED',
    nextAttemptAt: null,
    lastReply: BUSY,
  });
  expect((await flow.see(DOMAIN)).queue.heldCount).toBe(0);
}, 600_000);

test('the report names the last reply, ten days, and the mail it is about', async () => {
  await senderMx.waitFor(() => senderMx.messages.length > 0, 'the report');
  const [report] = senderMx.messages;
  expect(report?.reversePath).toBe('');
  expect(report?.recipients.map(({ address }) => address)).toEqual([SENDER]);
  const entity = parseEntity(report?.content.toString('utf8') ?? '');
  expect(entity.fields.get('to')).toBe(`<${SENDER}>`);
  expect(entity.fields.get('auto-submitted')).toBe('auto-replied');
  expect(entity.fields.get('in-reply-to')).toBe('<grid@sender.example>');
  expect(entity.fields.get('content-type')).toStartWith('multipart/report; report-type=delivery-status;');
  const [text, status, headers, ...others] = parseParts(entity);
  expect(others).toEqual([]);
  if (text === undefined || status === undefined || headers === undefined) throw new Error('a part is missing');

  expect(decodeBody(text).toString()).toContain('10 days');
  expect(decodeBody(text).toString()).toContain(BUSY);
  expect(status.fields.get('content-type')).toBe('message/delivery-status');
  const [perMessage = '', perRecipient = '', ...rest] = status.body.trimEnd().split('\r\n\r\n');
  expect(rest).toEqual([]);
  const message = await flow.message(reportedId);
  expect(parseFields(perMessage).get('reporting-mta')).toBe('dns; backup.test.example');
  const seconds = (date: string | undefined): number => Math.floor(Date.parse(date ?? '') / 1000);
  expect(seconds(parseFields(perMessage).get('arrival-date'))).toBe(seconds(message?.acceptedAt));
  const fields = parseFields(perRecipient);
  expect(fields.get('final-recipient')).toBe(`rfc822; user@${DOMAIN}`);
  expect(fields.get('action')).toBe('failed');
  expect(fields.get('status')).toBe('4.3.2');
  expect(fields.get('diagnostic-code')).toBe(`smtp; ${BUSY}`);
  expect(fields.get('remote-mta')).toBe('dns; [127.0.0.1]');
  expect(Date.parse(fields.get('last-attempt-date') ?? '')).toBeGreaterThanOrEqual(
    Date.parse(message?.expiresAt ?? '') - 1000,
  );
  expect(headers.fields.get('content-type')).toBe('text/rfc822-headers');
  const original = decodeBody(headers).toString();
  expect(original).toContain('Subject: on the grid\r\nMessage-ID: <grid@sender.example>\r\n');
  expect(original).toStartWith('Received: from client.sender.example');
  expect(original).not.toContain('Body.');

  await flow.untilIdle('sender.example');
  expect(senderMx.messages).toHaveLength(1);
});
