/** A primary that comes back half set up, seen from our door: nobody is refused for what it says of its mailboxes. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import { type Flow, PATIENCE_MS, startFlow } from '../helpers/flow.ts';
import { countReports, holdAndReturn, openDomain, pass, readBreaker, REFUSAL, untilBreaker } from './breaker-scene.ts';

let flow: Flow;

beforeAll(async () => {
  flow = await startFlow();
});
afterAll(async () => {
  await flow?.close();
});

const STAFF = Array.from({ length: 6 }, (_, n) => `staff${n}`);

test('in the trial and behind an open breaker everybody gets through the door; mended, all arrives', async () => {
  const name = 'door.example';
  const primary = await openDomain(flow, { name, host: '127.0.0.21', recipients: STAFF, hasCallAheads: true });
  await holdAndReturn(flow, primary, { name, to: [['staff0']], rcptVerdict: () => REFUSAL });
  await untilBreaker(flow.service, name, 'TRIAL');
  await flow.untilSeen(name, 'is in no outage', ({ outage }) => outage === null);
  // send() throws on any refusal, a deferral too.
  for (const localPart of STAFF.slice(1)) await flow.send({ to: [`${localPart}@${name}`] });
  const breaker = await untilBreaker(flow.service, name, 'OPEN');
  expect(breaker.reply).toBe(REFUSAL);
  for (const localPart of STAFF) await flow.send({ to: [`${localPart}@${name}`] });
  const negative = await flow.database.sql`select from recipient_answers where answer = 'NEGATIVE'`;
  expect(negative).toHaveLength(0);
  expect((await flow.see(name)).queue.heldCount).toBe(12);
  primary.setMode({ rcptVerdict: null });
  await flow.untilIdle(name);
  await pass(flow, '61 minutes');
  await until('all is delivered', PATIENCE_MS, async () => (await flow.see(name)).queue.heldCount === 0);
  expect(primary.messages).toHaveLength(12);
  expect((await readBreaker(flow.service, name)).state).not.toBe('OPEN');
  expect(await countReports(flow)).toBe(0);
}, 60_000);
