/**
 * Without an outage mail goes out within five seconds of its acceptance, to many domains at once, a slow one beside the others.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow, transact } from '../helpers/flow.ts';

const DOMAINS = Array.from({ length: 20 }, (_, n) => `d${n}.example`);

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
  await flow.send({ to: ['user@d0.example'] });
  const acceptedAtMs = performance.now();
  await primary.waitFor(() => primary.messages.length === 1, 'the mail');
  expect(performance.now() - acceptedAtMs).toBeLessThan(5000);
});

test('twenty domains at once are attempted within five seconds, though one primary does not speak', async () => {
  const before = primary.messages.length;
  await flow.send({ to: ['user@stuck.example'] });
  await stuck.waitFor(() => stuck.sessions.length === 1, 'the attempt at the silent primary');
  const session = await flow.connect();
  for (const domain of DOMAINS) await transact(session, { to: [`user@${domain}`] });
  const acceptedAtMs = performance.now();
  session.destroy();
  await primary.waitFor(() => primary.messages.length === before + DOMAINS.length, 'all the mail');
  expect(performance.now() - acceptedAtMs).toBeLessThan(5000);
  const arrived = primary.messages.slice(before).map(({ recipients }) => recipients[0]?.address ?? '');
  expect(arrived.toSorted()).toEqual(DOMAINS.map((domain) => `user@${domain}`).toSorted());
  for (const domain of DOMAINS) {
    await flow.untilSeen(domain, 'nothing held', ({ queue }) => queue.heldCount === 0);
    expect(await flow.outages(domain)).toEqual([]);
  }
  expect((await flow.see('stuck.example')).queue.heldCount).toBe(1);
});
