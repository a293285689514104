/**
 * Without an outage mail goes out within five seconds of its acceptance, to many domains at once, a slow one beside the others.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow, transact } from '../helpers/flow.ts';

const DOMAINS = Array.from({ length: 20 }, (_, n) => `d${n}.example`);

/** Of which the median counts. */
const ROUNDS = 3;
const medianOf = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
let flow: Flow;
let primary: FakePrimary;
let stuck: FakePrimary;

beforeAll(async () => {
  flow = await startFlow();
  primary = await startFakePrimary();
  stuck = await startFakePrimary({ modes: { silentAt: 'GREETING' } });
  await flow.addDomain('stuck.example', stuck);
  for (const domain of DOMAINS) await flow.addDomain(domain, primary);
});

afterAll(async () => {
  await stuck?.close();
  await flow?.close();
  await primary?.close();
});

test('one message is attempted within five seconds', async () => {
  const tookMs: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    await flow.send({ to: ['user@d0.example'] });
    const acceptedAtMs = performance.now();
    await primary.waitFor(() => primary.messages.length === round, 'the mail');
    tookMs.push(performance.now() - acceptedAtMs);
  }
  expect(medianOf(tookMs)).toBeLessThan(5000);
});

test('twenty domains at once are attempted within five seconds, though one primary does not speak', async () => {
  await flow.send({ to: ['user@stuck.example'] });
  await stuck.waitFor(() => stuck.sessions.length === 1, 'the attempt at the silent primary');
  const tookMs: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const before = primary.messages.length;
    const session = await flow.connect();
    for (const domain of DOMAINS) await transact(session, { to: [`user@${domain}`] });
    const acceptedAtMs = performance.now();
    session.destroy();
    await primary.waitFor(() => primary.messages.length === before + DOMAINS.length, 'all the mail');
    tookMs.push(performance.now() - acceptedAtMs);
    const arrived = primary.messages.slice(before).map(({ recipients }) => recipients[0]?.address ?? '');
    expect(arrived.toSorted()).toEqual(DOMAINS.map((domain) => `user@${domain}`).toSorted());
  }
  expect(medianOf(tookMs)).toBeLessThan(5000);
  for (const domain of DOMAINS) {
    await flow.untilSeen(domain, 'nothing held', ({ queue }) => queue.heldCount === 0);
    expect(await flow.outages(domain)).toEqual([]);
  }
  expect((await flow.see('stuck.example')).queue.heldCount).toBe(1);
});
