/** One session of twenty is lost: that message waits for its own clock, the others arrive, and there is no outage. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow, transact } from '../helpers/flow.ts';

const DOMAIN = 'busy.example';
const OTHERS = 19;

let flow: Flow;
let primary: FakePrimary;

beforeAll(async () => {
  flow = await startFlow();
  primary = await startFakePrimary();
  await flow.addDomain(DOMAIN, primary);
});

afterAll(async () => {
  await flow?.close();
  await primary?.close();
});

test('it costs that message an interval, and the destination nothing', async () => {
  await flow.send({ to: [`before@${DOMAIN}`] });
  await primary.waitFor(() => primary.messages.length === 1, 'a first session');
  const session = await flow.connect();
  const lost = await transact(session, { to: [`drop-at-rcpt@${DOMAIN}`] });
  for (let n = 0; n < OTHERS; n += 1) await transact(session, { to: [`user${n}@${DOMAIN}`] });
  session.destroy();
  await primary.waitFor(() => primary.messages.length === OTHERS + 1, 'the others');
  const { outage } = await flow.untilSeen(DOMAIN, 'one held', ({ queue }) => queue.heldCount === 1);
  await flow.untilIdle(DOMAIN);
  expect(outage).toBeNull();
  expect(await flow.outages(DOMAIN)).toEqual([]);
  const message = await flow.message(lost);
  expect(message?.recipients).toMatchObject([{ state: 'HELD', attemptCount: 1 }]);
  const waits = Date.parse(message?.recipients[0]?.nextAttemptAt ?? '') - Date.parse(message?.acceptedAt ?? '');
  expect(waits).toBeGreaterThanOrEqual(14 * 60_000);
});
