/**
 * The service itself was away for eleven days with mail in hand: the primary gets its chance before anything expires.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, PATIENCE_MS, startFlow } from '../helpers/flow.ts';
import { startServiceInProcess } from '../helpers/in-process-service.ts';
import type { RunningService } from '../helpers/service.ts';

const BACK = 'back.example';
const STILL_AWAY = 'still-away.example';

let flow: Flow;
let back: FakePrimary;
let stillAway: FakePrimary;
let again: RunningService;

beforeAll(async () => {
  flow = await startFlow();
  back = await startFakePrimary();
  stillAway = await startFakePrimary();
  await flow.addDomain(BACK, back);
  await flow.addDomain(STILL_AWAY, stillAway);
});

afterAll(async () => {
  await again?.remove();
  await flow?.close();
  await back?.close();
  await stillAway?.close();
});

async function hold(domain: string, primary: FakePrimary): Promise<string> {
  await primary.stop();
  const id = await flow.send({ from: null, to: [`user@${domain}`] });
  await flow.untilSeen(domain, 'an outage', ({ outage }) => outage !== null);
  await flow.untilIdle(domain);
  return id;
}

test('the first round after a long absence ends nothing, the next one what has expired', async () => {
  const ids = [await hold(BACK, back), await hold(STILL_AWAY, stillAway)];
  const { outage } = await flow.see(STILL_AWAY);
  expect(await flow.service.stop()).toBe(0);
  await flow.database.moveClock('11 days');
  await back.start();
  stillAway.setMode('greeting554');
  await stillAway.start();

  // On the same ports, folder and token: what the flow asks is answered by the new node.
  again = await startServiceInProcess({ env: flow.service.env });
  await back.waitFor(() => back.messages.length === 1, 'the mail for the primary that is back');
  await until('it is delivered', PATIENCE_MS, async () =>
    (await flow.message(ids[0] ?? ''))?.recipients.every(({ state }) => state === 'DELIVERED'),
  );

  await stillAway.waitFor(() => stillAway.sessions.length === 1, 'the attempt at the other');
  await flow.untilIdle(STILL_AWAY);
  expect((await flow.message(ids[1] ?? ''))?.recipients).toMatchObject([{ state: 'HELD', attemptCount: 2 }]);
  const later = await flow.see(STILL_AWAY);
  expect(later.outage).toMatchObject({ id: outage?.id, startedAt: outage?.startedAt, kind: 'BLOCKING' });
  // The grid goes on where it would be.
  const hours = (Date.parse(later.outage?.nextAttemptAt ?? '') - Date.parse(outage?.startedAt ?? '')) / 3_600_000;
  expect(hours).toBe(11 * 24 + 2);

  await flow.moveTo(later.outage?.nextAttemptAt);
  await stillAway.waitFor(() => stillAway.sessions.length === 2, 'the next attempt');
  await until('it has expired', PATIENCE_MS, async () =>
    (await flow.message(ids[1] ?? ''))?.recipients.every(({ state }) => state === 'EXPIRED'),
  );
  expect((await flow.see(STILL_AWAY)).queue.heldCount).toBe(0);
});
