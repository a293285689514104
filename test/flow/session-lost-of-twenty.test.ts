/**
 * One session of twenty is lost, dropped or silent until its time is over: that message waits for its own clock, the others
 * arrive meanwhile, and there is no outage.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow, transact } from '../helpers/flow.ts';
import { startService } from '../helpers/service.ts';
import { shortTimeouts, WHY_NO_SHORT_TIMEOUTS } from '../helpers/short-timeouts.ts';
import { isSkipped } from '../interop/mail.ts';

const OTHERS = 19;
const WAIT_MS = 4000;

let flow: Flow;
const primaries: FakePrimary[] = [];

beforeAll(async () => {
  flow = await startFlow({}, WHY_NO_SHORT_TIMEOUTS === null ? shortTimeouts({ commandMs: WAIT_MS }) : {}, startService);
});

afterAll(async () => {
  await flow?.close();
  await Promise.all(primaries.map((primary) => primary.close()));
});

/** Gives the reply of its one attempt. */
async function loseOneOfTwenty(domain: string, localPart: string): Promise<string | null | undefined> {
  const primary = await startFakePrimary();
  primaries.push(primary);
  await flow.addDomain(domain, primary);
  await flow.send({ to: [`before@${domain}`] });
  await primary.waitFor(() => primary.messages.length === 1, 'a first session');
  const session = await flow.connect();
  const lost = await transact(session, { to: [`${localPart}@${domain}`] });
  for (let n = 0; n < OTHERS; n += 1) await transact(session, { to: [`user${n}@${domain}`] });
  session.destroy();
  await primary.waitFor(() => primary.messages.length === OTHERS + 1, 'the others');
  const { outage } = await flow.untilSeen(domain, 'one held', ({ queue }) => queue.heldCount === 1);
  await flow.untilIdle(domain);
  expect(outage).toBeNull();
  expect(await flow.outages(domain)).toEqual([]);
  const message = await flow.message(lost);
  expect(message?.recipients).toMatchObject([{ state: 'HELD', attemptCount: 1 }]);
  const waits = Date.parse(message?.recipients[0]?.nextAttemptAt ?? '') - Date.parse(message?.acceptedAt ?? '');
  expect(waits).toBeGreaterThanOrEqual(14 * 60_000);
  return message?.recipients[0]?.lastReply;
}

test('dropped: it costs that message an interval, and the destination nothing', async () => {
  expect(await loseOneOfTwenty('dropped.example', 'drop-at-rcpt')).toStartWith('[connection lost while waiting for ');
});

describe.skipIf(isSkipped('a session that times out', WHY_NO_SHORT_TIMEOUTS))('timed out', () => {
  test('the others do not wait for it; it costs that message an interval, and the destination nothing', async () => {
    expect(await loseOneOfTwenty('silent.example', 'silent')).toBe('[timed out waiting for the reply to RCPT]');
  });
});
