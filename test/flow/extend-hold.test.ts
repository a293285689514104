/**
 * A longer hold for one outage: what would have expired is tried on, and the next outage has the lifetime again.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';

const DOMAIN = 'customer.example';
const HOUR_MS = 3_600_000;

let flow: Flow;
let primary: FakePrimary;

beforeAll(async () => {
  flow = await startFlow();
  primary = await startFakePrimary();
  await flow.addDomain(DOMAIN, primary);
  await primary.stop();
});

afterAll(async () => {
  await flow?.close();
  await primary?.close();
});

/** Takes the clock beyond an instant, and sees an attempt fail there. */
async function failAfter(instant: string): Promise<void> {
  const { outage } = await flow.see(DOMAIN);
  await flow.moveTo(instant);
  await flow.untilSeen(
    DOMAIN,
    'an attempt',
    (seen) => seen.outage === null || seen.outage.nextAttemptAt !== outage?.nextAttemptAt,
  );
  await flow.untilIdle(DOMAIN);
}

test('what would have expired is held on, and expires at the end of the longer hold', async () => {
  const id = await flow.send({ to: [`user@${DOMAIN}`], from: null });
  await flow.untilSeen(DOMAIN, 'an outage', ({ outage }) => outage !== null);
  await flow.untilIdle(DOMAIN);
  const before = await flow.message(id);
  expect(await flow.change('domainExtendHold', { name: DOMAIN, by: 'PT1201H' })).toEqual(['OUT_OF_RANGE']);
  expect(await flow.change('domainExtendHold', { name: DOMAIN, by: 'PT48H' })).toEqual([]);
  const after = await flow.message(id);
  const gained = Date.parse(after?.expiresAt ?? '') - Date.parse(before?.expiresAt ?? '');
  expect(gained).toBe(48 * HOUR_MS);

  await failAfter(before?.expiresAt ?? '');
  expect((await flow.message(id))?.recipients).toMatchObject([{ state: 'HELD' }]);
  await failAfter(after?.expiresAt ?? '');
  expect((await flow.message(id))?.recipients).toMatchObject([{ state: 'EXPIRED' }]);
  expect((await flow.message(id))?.expiresAt).toBe(after?.expiresAt);
});
