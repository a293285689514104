/**
 * The database's clock jumps by a day: forward no slot is made up for and nothing is lost; backward nothing is tried until the
 * clock has caught up, unless somebody asks for it.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';

const FORWARD = 'forward.example';
const BACK = 'back.example';
const HOUR_MS = 3_600_000;

let flow: Flow;
let forward: FakePrimary;
let back: FakePrimary;

beforeAll(async () => {
  flow = await startFlow();
  forward = await startFakePrimary({ modes: 'greeting421' });
  back = await startFakePrimary({ modes: 'greeting421' });
  await flow.addDomain(FORWARD, forward);
  await flow.addDomain(BACK, back);
});

afterAll(async () => {
  await flow?.close();
  await forward?.close();
  await back?.close();
});

test('a day forward: one attempt, and the grid goes on where it would be', async () => {
  const id = await flow.send({ to: [`user@${FORWARD}`] });
  const { outage } = await flow.untilSeen(FORWARD, 'an outage', (seen) => seen.outage !== null);
  await flow.untilIdle(FORWARD);
  await flow.database.moveClock('1 day');
  await forward.waitFor(() => forward.sessions.length === 2, 'the attempt');
  const later = await flow.untilSeen(
    FORWARD,
    'the next slot',
    (seen) => seen.outage?.nextAttemptAt !== outage?.nextAttemptAt,
  );
  await flow.untilIdle(FORWARD);
  expect(forward.sessions).toHaveLength(2);
  expect(Date.parse(later.outage?.nextAttemptAt ?? '') - Date.parse(outage?.startedAt ?? '')).toBe(25 * HOUR_MS);
  expect((await flow.message(id))?.recipients).toMatchObject([{ state: 'HELD', attemptCount: 2 }]);
  forward.setMode('plain');
  await flow.moveTo(later.outage?.nextAttemptAt);
  await forward.waitFor(() => forward.messages.length === 1, 'the mail');
  await flow.untilSeen(FORWARD, 'the end of it', (seen) => seen.outage === null && seen.queue.heldCount === 0);
  await flow.untilIdle(FORWARD);
});

test('a day back: nothing is tried or lost meanwhile; a flush does not wait', async () => {
  const id = await flow.send({ to: [`user@${BACK}`] });
  const { outage } = await flow.untilSeen(BACK, 'an outage', (seen) => seen.outage !== null);
  await flow.untilIdle(BACK);
  await flow.database.moveClock('-1 day');
  // Mail accepted meanwhile is delivered: the service looks, and leaves the other alone.
  const ids = [await flow.send({ to: [`user@${FORWARD}`] }), await flow.send({ to: [`other@${FORWARD}`] })];
  await forward.waitFor(() => forward.messages.length === 3, 'mail of another domain');
  expect(ids).toHaveLength(2);
  expect(back.sessions).toHaveLength(1);
  const seen = await flow.see(BACK);
  expect(seen).toMatchObject({
    queue: { heldCount: 1 },
    outage: { id: outage?.id, nextAttemptAt: outage?.nextAttemptAt },
  });

  back.setMode('plain');
  expect(await flow.change('domainFlush', { name: BACK })).toEqual([]);
  await back.waitFor(() => back.messages.length === 1, 'the mail');
  await flow.untilSeen(BACK, 'the end of it', ({ outage: open, queue }) => open === null && queue.heldCount === 0);
  expect((await flow.message(id))?.recipients).toMatchObject([{ state: 'DELIVERED' }]);
});
