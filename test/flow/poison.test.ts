/**
 * One message on which the primary chokes keeps no other waiting: neither when the outage ends, nor later.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, PATIENCE_MS, startFlow } from '../helpers/flow.ts';

const DOMAIN = 'customer.example';
const GOOD = Array.from({ length: 10 }, (_, n) => `good${n}@${DOMAIN}`);

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

test.each(['drop-at-rcpt', 'closing', 'drop-in-data'])('%s', async (localPart) => {
  await flow.untilIdle(DOMAIN);
  await primary.stop();
  // Beside a session of the last minute it would be no outage.
  await flow.database.moveClock('2 minutes');
  const arrived = primary.messages.length;
  const poison = await flow.send({ to: [`${localPart}@${DOMAIN}`] });
  for (const to of GOOD) await flow.send({ to: [to] });
  await flow.untilSeen(DOMAIN, 'an outage', ({ outage }) => outage !== null);
  await flow.untilIdle(DOMAIN);
  await primary.start();

  // At worst the poison is the first probe; the second takes another.
  let slots = 0;
  while ((await flow.see(DOMAIN)).outage !== null) {
    slots += 1;
    expect(slots).toBeLessThanOrEqual(2);
    const { outage } = await flow.see(DOMAIN);
    await flow.moveTo(outage?.nextAttemptAt);
    await flow.untilSeen(DOMAIN, 'the attempt', (seen) => seen.outage?.nextAttemptAt !== outage?.nextAttemptAt);
    await flow.untilIdle(DOMAIN);
  }
  await primary.waitFor(() => primary.messages.length === arrived + GOOD.length, 'all that can be delivered');
  await until('the poison alone is held', PATIENCE_MS, async () => (await flow.see(DOMAIN)).queue.heldCount === 1);
  expect((await flow.see(DOMAIN)).outage).toBeNull();
  expect((await flow.message(poison))?.recipients).toMatchObject([{ state: 'HELD' }]);
  await flow.change('messageCancel', { id: poison });
});
