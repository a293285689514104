/**
 * Why mail waits is seen, and what is asked for is done: a primary that refuses us right after an outage, a released breaker, a
 * new route while the old one hangs, a flush after the database's clock went back.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import { type Flow, PATIENCE_MS, startFlow } from '../helpers/flow.ts';
import { holdAndReturn, openDomain, pass, REFUSAL, readBreaker, statesOf, untilBreaker } from './breaker-scene.ts';

let flow: Flow;

beforeAll(async () => {
  flow = await startFlow();
});
afterAll(async () => {
  await flow?.close();
});

interface Waiting {
  readonly lastAttempt: {
    readonly host: string;
    readonly address: string;
    readonly reply: string;
    readonly outcome: string;
  } | null;
  readonly requestedAttempt: {
    readonly requestedAt: string;
    readonly startedAt: string | null;
    readonly waitsFor: string | null;
  } | null;
}

async function whyWaits(name: string): Promise<Waiting> {
  const { domain } = await flow.service.graphql<{ domain: Waiting }>(
    `query ($name: String!) { domain(by: { name: $name }) {
      lastAttempt { at host address reply outcome latency } requestedAttempt { requestedAt startedAt waitsFor } } }`,
    { name },
  );
  return domain;
}

const untilWaits = (name: string, what: string, condition: (waiting: Waiting) => boolean) =>
  until(`${name}: ${what}`, PATIENCE_MS, async () => {
    const waiting = await whyWaits(name);
    return condition(waiting) && waiting;
  });

/** Lines of the log, as objects. */
function logged(event: string, domain: string): Record<string, unknown>[] {
  return flow.service
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line['event'] === event && line['domain'] === domain);
}

test('a primary that refuses us in the trial: an outage of the class BLOCKING, with its reply', async () => {
  const name = 'blocked.example';
  const blocked = '554 5.7.1 Service unavailable; Client host [127.0.0.1] blocked by us';
  const primary = await openDomain(flow, { name, host: '127.0.0.61', recipients: [] });
  await holdAndReturn(flow, primary, { name, to: [['first']], rcptVerdict: () => null });
  await flow.untilSeen(name, 'its outage is over', ({ outage, queue }) => outage === null && queue.heldCount === 0);
  expect((await readBreaker(flow.service, name)).state).toBe('TRIAL');
  expect((await whyWaits(name)).lastAttempt).toMatchObject({
    outcome: 'DELIVERED',
    address: `127.0.0.61:${primary.port}`,
  });

  primary.setMode({ mailFrom: blocked });
  const id = await flow.send({ to: [`second@${name}`] });
  const { outage } = await flow.untilSeen(name, 'an outage', (seen) => seen.outage !== null);
  expect(outage).toMatchObject({ kind: 'BLOCKING', lastReply: blocked, heldCount: 1 });
  expect(outage?.nextAttemptAt).not.toBeNull();
  const { lastAttempt } = await untilWaits(
    name,
    'the refusal is the last attempt',
    (seen) => seen.lastAttempt?.reply === blocked,
  );
  expect(lastAttempt).toMatchObject({ outcome: 'DEFERRED', address: `127.0.0.61:${primary.port}` });
  expect((await readBreaker(flow.service, name)).state).toBe('TRIAL');
  // The log says of the message what was said of it, and when it goes on.
  const [deferred] = logged('deferred', name).filter(({ messageId }) => messageId === id);
  expect(deferred).toMatchObject({ reply: blocked });
  const [recipient] = (await flow.message(id))?.recipients ?? [];
  expect(deferred?.['nextAttemptAt']).toBe(recipient?.nextAttemptAt ?? '');

  primary.setMode('plain');
  expect(await flow.change('domainFlush', { name })).toEqual([]);
  await flow.untilSeen(name, 'all is well', ({ outage: open, queue }) => open === null && queue.heldCount === 0);
  const delivered = logged('delivered', name).filter(({ messageId }) => messageId === id);
  expect(delivered).toMatchObject([{ host: '127.0.0.61', address: `127.0.0.61:${primary.port}` }]);
}, 60_000);

test('a released breaker: the suspected are tried at once too, and a second refusal within the hour ends nobody', async () => {
  const name = 'released.example';
  const recipients = ['a', 'b', 'c', 'd'];
  const primary = await openDomain(flow, { name, host: '127.0.0.62', recipients });
  await holdAndReturn(flow, primary, { name, to: recipients.map((one) => [one]), rcptVerdict: () => REFUSAL });
  await untilBreaker(flow.service, name, 'OPEN');
  await flow.untilIdle(name);
  const before = primary.rcpts.length;
  expect(before).toBeGreaterThan(0);
  primary.setMode({ rcptVerdict: (address) => (address.startsWith('a@') ? REFUSAL : null) });
  expect(await flow.change('domainReleaseBreaker', { name })).toEqual([]);
  await untilWaits(name, 'the attempt began', ({ requestedAttempt }) => requestedAttempt?.startedAt != null);
  await flow.untilSeen(name, 'all but one have ended', ({ queue }) => queue.heldCount === 1);
  await flow.untilIdle(name);
  expect(
    primary.rcpts
      .slice(before)
      .map(({ address }) => address.split('@')[0] ?? '')
      .toSorted(),
  ).toEqual(recipients);
  expect(statesOf(await flow.messages(name))).toEqual(['a: HELD', 'b: DELIVERED', 'c: DELIVERED', 'd: DELIVERED']);
  await pass(flow, '61 minutes');
  await flow.untilSeen(name, 'it has failed', ({ queue }) => queue.heldCount === 0);
  expect(statesOf(await flow.messages(name))).toContain('a: FAILED');
}, 60_000);

test('a new route is tried at once, while an attempt hangs at the old one', async () => {
  const name = 'rerouted.example';
  const old = await openDomain(flow, { name, host: '127.0.0.63', recipients: [] });
  old.setMode({ silentAt: 'MAIL' });
  const next = await flow.primary('127.0.0.64');
  await flow.send({ to: [`user@${name}`] });
  await old.waitFor(() => old.countVerb('MAIL') === 1, 'the attempt that hangs');
  const deliverTo = [{ host: next.host, port: next.port }];
  expect(await flow.change('domainUpdate', { name, deliverTo })).toEqual([]);
  await next.waitFor(() => next.messages.length === 1, 'the mail by the new route');
  expect(
    (await untilWaits(name, 'it began', ({ requestedAttempt: asked }) => asked?.startedAt != null)).requestedAttempt,
  ).toMatchObject({
    waitsFor: null,
  });
  expect(old.messages).toHaveLength(0);
}, 60_000);

test('a new route in an open outage is tried at once; in a pause it waits for the resume, and says so', async () => {
  const name = 'outage.example';
  const old = await openDomain(flow, { name, host: '127.0.0.65', recipients: [] });
  await old.stop();
  await flow.send({ to: [`user@${name}`] });
  await flow.untilSeen(name, 'an outage', (seen) => seen.outage !== null);
  expect(await flow.change('domainPause', { name, reason: 'moving' })).toEqual([]);
  const next = await flow.primary('127.0.0.66');
  next.setMode({ greeting: '421 4.3.2 not yet' });
  expect(await flow.change('domainUpdate', { name, deliverTo: [{ host: next.host, port: next.port }] })).toEqual([]);
  expect((await whyWaits(name)).requestedAttempt).toMatchObject({ startedAt: null, waitsFor: 'PAUSED' });
  expect(next.sessions).toHaveLength(0);
  expect(await flow.change('domainResume', { name })).toEqual([]);
  await next.waitFor(() => next.sessions.length === 1, 'the attempt of the resume');
  await flow.untilIdle(name);

  const third = await flow.primary('127.0.0.67');
  expect(await flow.change('domainUpdate', { name, deliverTo: [{ host: third.host, port: third.port }] })).toEqual([]);
  await third.waitFor(() => third.messages.length === 1, 'the mail');
  await flow.untilSeen(name, 'the end of it', ({ outage, queue }) => outage === null && queue.heldCount === 0);
}, 60_000);

test('nothing held: a flush says that there is nothing to try', async () => {
  const name = 'empty.example';
  await openDomain(flow, { name, host: '127.0.0.68', recipients: [] });
  expect((await whyWaits(name)).requestedAttempt).toBeNull();
  expect(await flow.change('domainFlush', { name })).toEqual([]);
  expect((await whyWaits(name)).requestedAttempt).toMatchObject({ startedAt: null, waitsFor: 'NOTHING_HELD' });
}, 60_000);

test('after the clock went back a flush takes what was tried before, and the outage is drained then, not sooner', async () => {
  const name = 'back.example';
  const primary = await openDomain(flow, { name, host: '127.0.0.69', recipients: [] });
  await pass(flow, '1 day');
  primary.setMode({ rcpt: '450 4.2.0 Try again' });
  for (let n = 0; n < 3; n += 1) await flow.send({ to: [`user${n}@${name}`] });
  await primary.waitFor(() => primary.rcpts.length === 3, 'each was deferred for its own sake');
  await flow.untilIdle(name);
  await primary.stop();
  await flow.send({ to: [`last@${name}`] });
  const waiting = async () =>
    (
      await flow.database.sql`select from events where kind = 'OUTAGE_DRAINED' and destination_id = (
      select id from destinations where name = ${name})`
    ).length;
  await pass(flow, '2 minutes');
  await flow.change('domainFlush', { name });
  await flow.untilSeen(name, 'an outage', (seen) => seen.outage !== null);
  await flow.untilIdle(name);
  await pass(flow, '-1 day');
  await primary.start();
  primary.setMode('plain');
  expect(await waiting()).toBe(0);
  expect(await flow.change('domainFlush', { name })).toEqual([]);
  await flow.untilSeen(name, 'all is delivered', ({ queue }) => queue.heldCount === 0);
  await until('the outage is drained', PATIENCE_MS, async () => (await waiting()) === 1);
  expect(primary.messages).toHaveLength(4);
}, 60_000);
