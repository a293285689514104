/**
 * A planned maintenance window: nothing is dialled in it, mail is taken, and afterwards all of it goes, also what grew old.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';
import { holdMany } from '../helpers/held-mail.ts';

let flow: Flow;
let primary: FakePrimary;

beforeAll(async () => {
  flow = await startFlow();
  primary = await startFakePrimary();
});

afterAll(async () => {
  await flow?.close();
  await primary?.close();
});

const HOUR_MS = 3_600_000;

/** The service's own time, which tests move. */
async function later(hours: number): Promise<string> {
  const [row] = await flow.database.sql<{ now: Date }[]>`select bmx_now() as now`;
  return new Date((row?.now.getTime() ?? 0) + hours * HOUR_MS).toISOString();
}

function arrivedAt(domain: string): number {
  return primary.messages.filter(({ recipients }) => recipients[0]?.address.endsWith(`@${domain}`)).length;
}

/** Waits until the sweep has passed over the domain at least once. */
async function untilSwept(): Promise<void> {
  const other = `other${primary.messages.length}.example`;
  await flow.addDomain(other, primary);
  await flow.send({ to: [`user@${other}`] });
  await primary.waitFor(() => arrivedAt(other) === 1, 'the mail of another domain');
}

test('in its window nothing is dialled, not even a call-ahead; behind it the mail goes by itself', async () => {
  const domain = 'window.example';
  await flow.addDomain(domain, primary, { hasCallAheads: true });
  const [from, until] = [await later(1), await later(3)];
  expect(await flow.change('domainPause', { name: domain, from, until, reason: 'new disks' })).toEqual([]);
  await flow.send({ to: [`before@${domain}`] });
  await primary.waitFor(() => arrivedAt(domain) === 1, 'the mail before the window');
  await flow.untilIdle(domain);

  await flow.moveTo(from);
  const sessions = primary.sessions.length;
  const ids = [await flow.send({ to: [`a@${domain}`] }), await flow.send({ to: [`b@${domain}`] })];
  const { queue } = await flow.see(domain);
  expect(queue).toMatchObject({ heldCount: 2, nextAttemptAt: until });
  expect(primary.sessions).toHaveLength(sessions);
  await untilSwept();
  expect(arrivedAt(domain)).toBe(1);
  // A call-ahead for another mailbox may end in an "a".
  expect(primary.sessions.some(({ commands }) => commands.some((line) => line.includes(`<a@${domain}>`)))).toBe(false);

  await flow.moveTo(until);
  await primary.waitFor(() => arrivedAt(domain) === 3, 'the mail behind the window');
  await flow.untilSeen(domain, 'nothing held', ({ queue: { heldCount } }) => heldCount === 0);
  for (const id of ids)
    expect((await flow.message(id))?.recipients).toMatchObject([{ state: 'DELIVERED', attemptCount: 1 }]);
  expect(await flow.outages(domain)).toEqual([]);
});

test('a flush in a pause hands over one message; the rest waits for the resume', async () => {
  const domain = 'flush.example';
  await flow.addDomain(domain, primary);
  await flow.change('domainPause', { name: domain });
  for (const localPart of ['a', 'b', 'c']) await flow.send({ to: [`${localPart}@${domain}`] });
  await flow.change('domainFlush', { name: domain });
  await primary.waitFor(() => arrivedAt(domain) === 1, 'the one message');
  await flow.untilIdle(domain);
  await untilSwept();
  expect((await flow.see(domain)).queue.heldCount).toBe(2);
  expect(arrivedAt(domain)).toBe(1);
  await flow.change('domainResume', { name: domain });
  await primary.waitFor(() => arrivedAt(domain) === 3, 'the rest');
});

test('a message that is retried goes in spite of the pause, alone', async () => {
  const domain = 'retry.example';
  await flow.addDomain(domain, primary);
  await flow.change('domainPause', { name: domain });
  await flow.send({ to: [`other@${domain}`] });
  const id = await flow.send({ to: [`wanted@${domain}`] });
  expect(await flow.change('messageRetry', { id })).toEqual([]);
  await primary.waitFor(() => arrivedAt(domain) === 1, 'the one message');
  await flow.untilIdle(domain);
  expect((await flow.message(id))?.recipients).toMatchObject([{ state: 'DELIVERED' }]);
  expect((await flow.see(domain)).queue.heldCount).toBe(1);
});

test('mail that has outlived its lifetime in a pause is attempted before it expires', async () => {
  const domain = 'old.example';
  await primary.stop();
  await flow.addDomain(domain, primary);
  const id = await flow.send({ to: [`user@${domain}`] });
  await flow.untilSeen(domain, 'an outage', ({ outage }) => outage !== null);
  await flow.untilIdle(domain);
  await flow.change('domainPause', { name: domain, reason: 'moving house' });
  await flow.moveTo(await later(12 * 24));
  const message = await flow.message(id);
  expect(message?.recipients).toMatchObject([{ state: 'HELD', nextAttemptAt: null }]);
  expect(Date.parse(message?.expiresAt ?? '')).toBeLessThan(Date.parse(await later(0)));
  await primary.start();
  await flow.change('domainResume', { name: domain });
  await primary.waitFor(() => arrivedAt(domain) === 1, 'the old mail');
  await flow.untilSeen(domain, 'no outage', ({ outage, queue }) => outage === null && queue.heldCount === 0);
});

test('a pause in the middle of a drain takes hold at the next batch', async () => {
  const domain = 'drain.example';
  await flow.addDomain(domain, primary);
  await flow.change('domainPause', { name: domain });
  await holdMany(flow.database, domain, 1_500);
  // However long it takes to ask for the pause, the drain is not over before it.
  const isPaused = Promise.withResolvers<void>();
  primary.setMode({ dotGate: async () => (arrivedAt(domain) > 200 ? isPaused.promise : undefined) });
  await flow.change('domainResume', { name: domain });
  await primary.waitFor(() => arrivedAt(domain) > 50, 'the drain');
  await flow.change('domainPause', { name: domain });
  isPaused.resolve();
  await flow.untilIdle(domain);
  const arrived = arrivedAt(domain);
  expect(arrived).toBeLessThan(1_500);
  expect((await flow.see(domain)).queue.heldCount).toBe(1_500 - arrived);
  await flow.change('domainResume', { name: domain });
  await primary.waitFor(() => arrivedAt(domain) === 1_500, 'all of it');
});
