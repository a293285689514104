/**
 * The main job: the primary goes down, mail is held and the outage is told; it comes back, and at the next slot everything
 * arrives unchanged.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Buffer } from 'node:buffer';
import { until } from '../helpers/child.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, type MessageSeen, PATIENCE_MS, SENDER, startFlow } from '../helpers/flow.ts';
import { oddMessage, readTrace } from '../interop/mail.ts';

const DOMAIN = 'customer.example';
const MINUTE_MS = 60_000;
const RECIPIENTS = ['one', 'Two', 'three+tag', 'four', 'five'].map((localPart) => `${localPart}@${DOMAIN}`);

let flow: Flow;
let primary: FakePrimary;
const originals = new Map<string, Buffer>();
const transactions = new Map<string, string>();

beforeAll(async () => {
  flow = await startFlow();
  primary = await startFakePrimary();
  await flow.addDomain(DOMAIN, primary);
});

afterAll(async () => {
  await flow?.close();
  await primary?.close();
});

async function sendOdd(to: string): Promise<void> {
  const content = oddMessage(SENDER, to);
  originals.set(to, content);
  transactions.set(to, await flow.send({ to: [to], content }));
}

/** Moves to the next slot and waits until the attempt has been made and recorded. */
async function passSlot(): Promise<void> {
  const { outage } = await flow.see(DOMAIN);
  const sessions = primary.sessions.length;
  await flow.moveTo(outage?.nextAttemptAt);
  await primary.waitFor(() => primary.sessions.length > sessions, 'the attempt at the slot');
  await flow.untilIdle(DOMAIN);
}

function addressesTried(): string[] {
  return primary.sessions.flatMap(({ commands }) =>
    commands.flatMap((command) => /^RCPT TO:<([^>]+)>/.exec(command)?.[1] ?? []),
  );
}

function attemptCounts(messages: readonly MessageSeen[]): number {
  return messages.flatMap(({ recipients }) => recipients).reduce((sum, { attemptCount }) => sum + attemptCount, 0);
}

test('while the primary is down, mail is held and the outage says why and what comes next', async () => {
  await primary.stop();
  for (const to of RECIPIENTS) await sendOdd(to);
  await flow.untilSeen(DOMAIN, 'an outage', (seen) => seen.outage !== null);
  await flow.untilIdle(DOMAIN);
  const { queue, outage } = await flow.see(DOMAIN);
  expect(queue.heldCount).toBe(RECIPIENTS.length);
  const messages = await flow.messages(DOMAIN);
  expect(queue.heldSize).toBe(messages.reduce((sum, { size }) => sum + size, 0));
  expect(queue.oldestAcceptedAt).toBe(messages.at(-1)?.acceptedAt ?? '');
  expect(outage).toMatchObject({ kind: 'DOWN', lastReply: '[connection refused]', endedAt: null, heldCount: 5 });
  expect(Date.parse(outage?.nextAttemptAt ?? '') - Date.parse(outage?.startedAt ?? '')).toBe(15 * MINUTE_MS);
  expect(queue.nextAttemptAt).toBe(outage?.nextAttemptAt ?? '');

  expect(messages.map(({ transactionId }) => transactionId)).toEqual([...transactions.values()].toReversed());
  expect(messages.map(({ id }) => id)).toEqual(messages.map(({ transactionId }) => transactionId));
  for (const { recipients, acceptedAt, expiresAt, reversePath, size } of messages) {
    expect(recipients).toMatchObject([{ state: 'HELD', nextAttemptAt: outage?.nextAttemptAt }]);
    expect(Date.parse(expiresAt) - Date.parse(acceptedAt)).toBe(240 * 60 * MINUTE_MS);
    expect(reversePath).toBe(SENDER);
    expect(size).toBe(originals.get(recipients[0]?.address ?? '')?.length ?? -1);
  }
  // One of them met the dead primary; it speaks for all.
  expect(attemptCounts(messages)).toBe(1);
  const tried = messages.flatMap(({ recipients }) => recipients).find(({ attemptCount }) => attemptCount === 1);
  expect(tried?.lastReply).toBe('[connection refused]');
  expect(tried?.attempts.nodes).toMatchObject([
    { host: '127.0.0.1', address: `127.0.0.1:${primary.port}`, reply: '[connection refused]', outcome: 'DEFERRED' },
  ]);
});

test('one attempt goes out per interval, whatever is held, each time another message', async () => {
  primary.setMode({ dropAt: 'RCPT' });
  await primary.start();
  const before = await flow.see(DOMAIN);
  for (let slot = 1; slot <= RECIPIENTS.length; slot += 1) {
    await passSlot();
    expect(primary.sessions).toHaveLength(slot);
    const { outage } = await flow.see(DOMAIN);
    expect(Date.parse(outage?.nextAttemptAt ?? '') - Date.parse(before.outage?.nextAttemptAt ?? '')).toBe(
      slot * 15 * MINUTE_MS,
    );
  }
  expect(addressesTried().toSorted()).toEqual(RECIPIENTS.toSorted());
  const { outage } = await flow.see(DOMAIN);
  expect(outage).toMatchObject({ id: before.outage?.id, kind: 'DOWN', heldCount: 5 });
  expect(outage?.lastReply).toStartWith('[');
  // Each message shows all the attempts that found its primary away since it was accepted: the slots, and for those that
  // were there before it also the first.
  for (const { recipients } of await flow.messages(DOMAIN)) {
    expect(recipients[0]?.attempts.nodes.length).toBeGreaterThanOrEqual(RECIPIENTS.length);
  }
});

test('when the primary is back, all arrives at the next slot, byte for byte behind one Received field', async () => {
  primary.setMode('plain');
  const { outage } = await flow.see(DOMAIN);
  expect(primary.messages).toHaveLength(0);
  await flow.moveTo(outage?.nextAttemptAt);
  await primary.waitFor(() => primary.messages.length === RECIPIENTS.length, 'all the mail');

  for (const { recipients, reversePath, content } of primary.messages) {
    const [to] = recipients;
    expect(recipients).toHaveLength(1);
    expect(reversePath).toBe(SENDER);
    const trace = readTrace(content, originals.get(to?.address ?? '') ?? content);
    const field = (trace ?? '').replaceAll(/\r\n[ \t]+/g, ' ');
    expect(field).toMatch(
      /^Received: from client\.sender\.example \([^\r\n]+\) by backup\.test\.example with ESMTP [^\r\n]+\r\n$/,
    );
    expect(field).toContain(` id ${transactions.get(to?.address ?? '')} `);
    expect(field).toContain(`for <${to?.address}>;`);
  }
  const { queue } = await flow.untilSeen(DOMAIN, 'nothing held', (seen) => seen.queue.heldCount === 0);
  expect(queue).toEqual({ heldCount: 0, heldSize: 0, oldestAcceptedAt: null, nextAttemptAt: null });
  // Until it is seen to have drained, it tells what is held.
  const ended = await until('the outage has drained', PATIENCE_MS, async () => {
    const [newest, ...others] = await flow.outages(DOMAIN);
    expect(others).toEqual([]);
    return newest?.heldCount === null && newest;
  });
  expect(ended).toMatchObject({ id: outage?.id, startedAt: outage?.startedAt, nextAttemptAt: null });
  expect(Date.parse(ended.endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(outage?.nextAttemptAt ?? ''));
  for (const { recipients } of await flow.messages(DOMAIN)) {
    expect(recipients).toMatchObject([{ state: 'DELIVERED', lastReply: '250 2.0.0 Taken', nextAttemptAt: null }]);
    expect(recipients[0]?.attempts.nodes[0]).toMatchObject({ outcome: 'DELIVERED', reply: '250 2.0.0 Taken' });
  }
  expect(primary.messages).toHaveLength(RECIPIENTS.length);
});

test('a flush starts an attempt within two seconds, and its success ends the outage', async () => {
  await flow.untilIdle(DOMAIN);
  await primary.stop();
  // Beside a session of the last minute it would be no outage.
  await flow.database.moveClock('2 minutes');
  await sendOdd(`flushed@${DOMAIN}`);
  await flow.untilSeen(DOMAIN, 'an outage', (seen) => seen.outage !== null);
  await flow.untilIdle(DOMAIN);
  await primary.start();
  const tookMs: number[] = [];
  // Twice in vain.
  for (const mode of ['greeting421', 'greeting421', 'plain'] as const) {
    primary.setMode(mode);
    const sessions = primary.sessions.length;
    const askedAt = performance.now();
    expect(await flow.change('domainFlush', { name: DOMAIN })).toEqual([]);
    await primary.waitFor(() => primary.sessions.length > sessions, 'an attempt');
    tookMs.push(performance.now() - askedAt);
    await flow.untilIdle(DOMAIN);
  }
  expect(tookMs.toSorted((a, b) => a - b)[1]).toBeLessThan(2000);
  await primary.waitFor(() => primary.messages.length === RECIPIENTS.length + 1, 'the mail');
  await flow.untilSeen(DOMAIN, 'the end of the outage', (seen) => seen.outage === null);
});
