/**
 * The breaker on real sockets: a primary that comes back half set up bounces nothing, one mailbox that is gone does not hold
 * up the others, and what an operator may do about it.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import { type Flow, PATIENCE_MS, startFlow } from '../helpers/flow.ts';
import { startServiceInProcess } from '../helpers/in-process-service.ts';
import {
  countReports,
  holdAndReturn,
  isDue,
  openDomain,
  pass,
  readBreaker,
  REFUSAL,
  statesOf,
  untilBreaker,
} from './breaker-scene.ts';
import { urlOf } from '../helpers/database.ts';

let flow: Flow;

beforeAll(async () => {
  flow = await startFlow();
});
afterAll(async () => {
  await flow?.close();
});

const STAFF = Array.from({ length: 8 }, (_, n) => `staff${n}`);
const each = (localParts: readonly string[]) => localParts.map((localPart) => [localPart]);
const refuseAll = () => REFUSAL;
const allDelivered = (name: string) =>
  until(`all of ${name} is delivered`, PATIENCE_MS, async () => (await flow.see(name)).queue.heldCount === 0);

async function metric(name: string): Promise<string | undefined> {
  const text = await (await fetch(`${flow.service.httpUrl}/metrics`)).text();
  return new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1];
}

test('half-configured: every recipient is refused, and nothing fails; the alarm names the reply; mended, all arrives once', async () => {
  const name = 'half.example';
  const primary = await openDomain(flow, { name, host: '127.0.0.11', recipients: STAFF });
  const ids = await holdAndReturn(flow, primary, { name, to: each(STAFF), rcptVerdict: refuseAll });
  const breaker = await untilBreaker(flow.service, name, 'OPEN');
  expect(breaker).toMatchObject({ reply: REFUSAL });
  await flow.untilIdle(name);
  const seen = await flow.see(name);
  expect(seen.outage).toMatchObject({ kind: 'MISCONFIGURED', endedAt: null, lastReply: REFUSAL });
  expect(seen.queue.heldCount).toBe(8);
  expect(statesOf(await flow.messages(name))).toEqual(STAFF.map((localPart) => `${localPart}: HELD`));
  expect(await countReports(flow)).toBe(0);
  expect(primary.rcpts.length).toBeLessThanOrEqual(8);
  const logged = (line: RegExp) => until(`${line} is logged`, PATIENCE_MS, () => line.test(flow.service.output()));
  await logged(new RegExp(`breaker\\.opened.*${REFUSAL}`));
  // What a busy database does not tell in time is absent from a scrape.
  await until('the breaker is counted', PATIENCE_MS, async () => (await metric('backup_mx_open_breakers')) === '1');
  // The outage that stands for it is told like any other: opened, closed by the first verdict, opened by the breaker.
  await logged(new RegExp(`outage\\.opened.*MISCONFIGURED.*${REFUSAL}`));
  for (const [event, outageClass] of [
    ['outage.opened', 'DOWN'],
    ['outage.closed', 'DOWN'],
    ['outage.draining', 'DOWN'],
    ['outage.opened', 'MISCONFIGURED'],
  ] as const) {
    const counter = `backup_mx_outage_events_total\\{event="${event}",kind="${outageClass}"\\}`;
    expect({ event, outageClass, count: await metric(counter) }).toEqual({ event, outageClass, count: '1' });
  }

  // Nothing is due for an hour; then one message tries, is refused, and changes nothing.
  await pass(flow, '50 minutes');
  expect(await isDue(flow, name)).toBe(false);
  const before = primary.countVerb('MAIL');
  await pass(flow, '11 minutes');
  await primary.waitFor(() => primary.countVerb('MAIL') > before, 'the probe');
  await flow.untilIdle(name);
  expect(primary.countVerb('MAIL')).toBe(before + 1);
  expect((await readBreaker(flow.service, name)).state).toBe('OPEN');
  expect((await flow.see(name)).queue.heldCount).toBe(8);

  primary.setMode({ rcptVerdict: null });
  await pass(flow, '61 minutes');
  await allDelivered(name);
  expect((await readBreaker(flow.service, name)).state).toBe('TRIAL');
  expect((await flow.see(name)).outage).toBeNull();
  expect(primary.messages.map(({ recipients }) => recipients[0]?.address.split('@')[0] ?? '').toSorted()).toEqual(
    STAFF,
  );
  expect(ids).toHaveLength(8);
  await pass(flow, '61 minutes');
  await untilBreaker(flow.service, name, 'CLOSED');
  expect(await countReports(flow)).toBe(0);
}, 60_000);

test('one mailbox that is gone: the others arrive at once, it fails with the second refusal an hour later', async () => {
  const name = 'canary.example';
  const primary = await openDomain(flow, { name, host: '127.0.0.12', recipients: [...STAFF, 'gone'] });
  const rcptVerdict = (address: string) => (address.startsWith('gone@') ? REFUSAL : null);
  // Alone, and among others in one message.
  const to = [['gone'], ['staff7', 'gone', 'staff6'], ...each(STAFF)];
  await holdAndReturn(flow, primary, { name, to, rcptVerdict });
  await flow.untilSeen(name, 'all but two messages have ended', ({ queue }) => queue.heldCount === 2);
  await flow.untilIdle(name);
  const held = (await flow.messages(name))
    .flatMap(({ recipients }) => recipients)
    .filter(({ state }) => state === 'HELD');
  expect(held.map(({ address, lastReply }) => [address, lastReply])).toEqual([
    [`gone@${name}`, REFUSAL],
    [`gone@${name}`, REFUSAL],
  ]);
  expect(primary.messages).toHaveLength(9);
  expect((await readBreaker(flow.service, name)).state).toBe('TRIAL');
  // Within the hour a refusal changes nothing.
  const asked = () => primary.rcpts.filter(({ address }) => address.startsWith('gone@')).length;
  const before = asked();
  await pass(flow, '16 minutes');
  await primary.waitFor(() => asked() >= before + 2, 'the second attempts');
  await flow.untilIdle(name);
  expect((await flow.see(name)).queue.heldCount).toBe(2);
  await pass(flow, '61 minutes');
  await allDelivered(name);
  const states = statesOf(await flow.messages(name));
  expect(states.filter((state) => state.startsWith('gone'))).toEqual(['gone: FAILED', 'gone: FAILED']);
  expect(states.filter((state) => state.endsWith(': DELIVERED'))).toHaveLength(10);
}, 60_000);

test('a flush goes beyond an open breaker with one message; taken, it ends the outage and begins the trial', async () => {
  const name = 'flush.example';
  const primary = await openDomain(flow, { name, host: '127.0.0.13', recipients: STAFF });
  await holdAndReturn(flow, primary, { name, to: each(STAFF), rcptVerdict: refuseAll });
  await untilBreaker(flow.service, name, 'OPEN');
  await flow.untilIdle(name);
  const before = primary.countVerb('MAIL');
  expect(await flow.change('domainFlush', { name })).toEqual([]);
  await primary.waitFor(() => primary.countVerb('MAIL') > before, 'the flush');
  await flow.untilIdle(name);
  expect(primary.countVerb('MAIL')).toBe(before + 1);
  expect(await readBreaker(flow.service, name)).toMatchObject({ state: 'OPEN' });
  primary.setMode({ rcptVerdict: null });
  expect(await flow.change('domainFlush', { name })).toEqual([]);
  await untilBreaker(flow.service, name, 'TRIAL');
  await flow.untilSeen(name, 'is in no outage', ({ outage }) => outage === null);
  // What was refused waits for its own slot.
  await pass(flow, '16 minutes');
  await allDelivered(name);
}, 60_000);

test('one message that is retried and taken is no word on the others: in the trial they are refused again, and nobody fails', async () => {
  const name = 'retried.example';
  const [first = '', ...others] = STAFF;
  const primary = await openDomain(flow, { name, host: '127.0.0.17', recipients: STAFF });
  const [id = ''] = await holdAndReturn(flow, primary, { name, to: each(STAFF), rcptVerdict: refuseAll });
  await untilBreaker(flow.service, name, 'OPEN');
  await flow.untilIdle(name);
  const tried = primary.countVerb('MAIL');
  await pass(flow, '61 minutes');
  await primary.waitFor(() => primary.countVerb('MAIL') > tried, 'the probe');
  await flow.untilIdle(name);
  primary.setMode({ rcptVerdict: (address) => (address.startsWith(`${first}@`) ? null : REFUSAL) });
  const before = primary.rcpts.length;
  expect(await flow.change('messageRetry', { id })).toEqual([]);
  await primary.waitFor(() => primary.messages.length === 1, 'the message');
  await pass(flow, '16 minutes');
  await primary.waitFor(() => primary.rcpts.length >= before + 4, 'three of the others');
  await flow.untilIdle(name);
  expect(await readBreaker(flow.service, name)).toMatchObject({ state: 'OPEN' });
  expect(statesOf(await flow.messages(name)).filter((state) => !state.startsWith(first))).toEqual(
    others.map((localPart) => `${localPart}: HELD`),
  );
}, 60_000);

test('a primary that means it: what is suspected is returned, and the breaker released', async () => {
  const name = 'bounce.example';
  const primary = await openDomain(flow, { name, host: '127.0.0.14', recipients: STAFF });
  await holdAndReturn(flow, primary, { name, to: each(STAFF.slice(0, 3)), rcptVerdict: refuseAll });
  await untilBreaker(flow.service, name, 'OPEN');
  await flow.untilIdle(name);
  expect(await flow.change('domainBounceHeld', { name, expectedCount: 2 })).toEqual(['CONFLICT']);
  expect((await flow.see(name)).queue.heldCount).toBe(3);
  expect(await flow.change('domainBounceHeld', { name, reason: 'moved away', expectedCount: 3 })).toEqual([]);
  await flow.untilSeen(name, 'holds nothing', ({ queue }) => queue.heldCount === 0);
  expect(statesOf(await flow.messages(name))).toEqual(['staff0: FAILED', 'staff1: FAILED', 'staff2: FAILED']);
  expect(await flow.change('domainReleaseBreaker', { name })).toEqual([]);
  expect(await readBreaker(flow.service, name)).toMatchObject({ state: 'CLOSED', since: null, reply: null });
  expect((await flow.see(name)).outage).toBeNull();
}, 60_000);

test('behind an open breaker mail ends with its lifetime, and not before', async () => {
  const name = 'lifetime.example';
  const primary = await openDomain(flow, { name, host: '127.0.0.16', recipients: STAFF });
  await holdAndReturn(flow, primary, { name, to: each(STAFF.slice(0, 4)), rcptVerdict: refuseAll });
  await untilBreaker(flow.service, name, 'OPEN');
  await flow.untilIdle(name);
  const probe = async (interval: string): Promise<void> => {
    const before = primary.countVerb('MAIL');
    await pass(flow, interval);
    await primary.waitFor(() => primary.countVerb('MAIL') > before, 'a probe');
    await flow.untilIdle(name);
  };
  await probe('238 hours');
  expect((await flow.see(name)).queue.heldCount).toBe(4);
  await probe('62 minutes');
  await probe('62 minutes');
  expect((await flow.see(name)).queue.heldCount).toBe(0);
  expect(statesOf(await flow.messages(name))).toEqual(STAFF.slice(0, 4).map((localPart) => `${localPart}: EXPIRED`));
}, 60_000);

test('an open breaker outlives the node that opened it; another one probes', async () => {
  const name = 'survives.example';
  const primary = await openDomain(flow, { name, host: '127.0.0.15', recipients: STAFF });
  const other = await startServiceInProcess({
    env: {
      DATABASE_URL: urlOf(flow.database.target),
      DNS_SERVERS: flow.dns.address,
      DELIVERY_PORT: String(flow.deliveryPort),
      OPERATOR_TOKEN: 'of-all-nodes-of-this-one-test-alone',
    },
  });
  try {
    await holdAndReturn(flow, primary, { name, to: each(STAFF), rcptVerdict: refuseAll });
    await untilBreaker(flow.service, name, 'OPEN');
    await flow.untilIdle(name);
    expect((await readBreaker(other, name)).state).toBe('OPEN');
    await flow.service.stop();
    expect(await isDue(flow, name)).toBe(false);
    primary.setMode({ rcptVerdict: null });
    await pass(flow, '61 minutes');
    await untilBreaker(other, name, 'TRIAL');
    await until('all is delivered', PATIENCE_MS, () => primary.messages.length === STAFF.length);
  } finally {
    await other.remove();
  }
}, 60_000);
