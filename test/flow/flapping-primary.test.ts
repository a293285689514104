/** A primary that comes and goes: each time what it took is gone, what it did not take is held; nothing is lost, nothing sent twice. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';

const DOMAIN = 'flapping.example';
const ROUNDS = 3;

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

test('each outage is an object of its own, on a grid of its own', async () => {
  const sent: string[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    await primary.stop();
    // Beside a session of the last minute it would be no outage.
    await flow.database.moveClock('2 minutes');
    for (const n of [1, 2, 3]) {
      await flow.send({ to: [`r${round}n${n}@${DOMAIN}`] });
      sent.push(`r${round}n${n}@${DOMAIN}`);
    }
    const { outage } = await flow.untilSeen(DOMAIN, 'an outage', (seen) => seen.outage?.heldCount === 3);
    await flow.untilIdle(DOMAIN);
    expect(Date.parse(outage?.nextAttemptAt ?? '') - Date.parse(outage?.startedAt ?? '')).toBe(15 * 60_000);
    await primary.start();
    await flow.moveTo(outage?.nextAttemptAt);
    await primary.waitFor(() => primary.messages.length === sent.length, 'the mail of the round');
    await flow.untilSeen(DOMAIN, 'the end of it', (seen) => seen.outage === null && seen.queue.heldCount === 0);
    await flow.untilIdle(DOMAIN);
  }
  const arrived = primary.messages.map(({ recipients }) => recipients[0]?.address ?? '');
  expect(arrived.toSorted()).toEqual(sent.toSorted());
  const outages = await flow.outages(DOMAIN);
  expect(outages.map(({ endedAt }) => endedAt !== null)).toEqual(Array.from({ length: ROUNDS }, () => true));
});
