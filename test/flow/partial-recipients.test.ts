/**
 * Three answers for the recipients of one message: each has a fate of its own, and later attempts carry only who is still held.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';

const DOMAIN = 'customer.example';
const LOCAL_PARTS = ['tempfail', 'permfail', 'good', 'greylist', 'mailboxfull', 'toomany'];

let flow: Flow;
let primary: FakePrimary;
let id: string;

beforeAll(async () => {
  flow = await startFlow();
  primary = await startFakePrimary();
  await flow.addDomain(DOMAIN, primary);
});

afterAll(async () => {
  await flow?.close();
  await primary?.close();
});

async function readStates(): Promise<Record<string, string>> {
  const message = await flow.message(id);
  return Object.fromEntries(message?.recipients.map(({ address, state }) => [address.split('@')[0], state]) ?? []);
}

function recipientsAsked(fromSession: number): string[] {
  return primary.sessions
    .slice(fromSession)
    .flatMap(({ commands }) => commands.flatMap((command) => /^RCPT TO:<(.+)@/.exec(command)?.[1] ?? []));
}

/** Moves to the message's next attempt and waits until it is over; the recipients asked for in it. */
async function passAttempt(): Promise<string[]> {
  const sessions = primary.sessions.length;
  const message = await flow.message(id);
  const next = message?.recipients.find(({ state }) => state === 'HELD')?.nextAttemptAt;
  await flow.moveTo(next);
  await primary.waitFor(() => primary.sessions.length > sessions, 'the next attempt');
  await flow.untilIdle(DOMAIN);
  return recipientsAsked(sessions);
}

test('each recipient takes its own answer', async () => {
  id = await flow.send({ from: null, to: LOCAL_PARTS.map((localPart) => `${localPart}@${DOMAIN}`) });
  await primary.waitFor(() => primary.messages.length === 1, 'the first attempt');
  await flow.untilIdle(DOMAIN);
  expect(recipientsAsked(0)).toEqual(LOCAL_PARTS);
  expect(primary.messages[0]?.recipients.map(({ address }) => address)).toEqual([`good@${DOMAIN}`]);
  expect(await readStates()).toEqual({
    tempfail: 'HELD',
    permfail: 'FAILED',
    good: 'DELIVERED',
    greylist: 'HELD',
    // RFC 5321 §4.5.3.1.10: 552 is "too many recipients", unless its enhanced code says that the mailbox is full.
    mailboxfull: 'FAILED',
    toomany: 'HELD',
  });
  const replies = (await flow.message(id))?.recipients.map(({ lastReply }) => lastReply);
  expect(replies).toEqual([
    '451 4.3.0 Try again later',
    '550 5.1.1 No such user here',
    '250 2.0.0 Taken',
    '451 4.7.1 Greylisted, please try again',
    '552 5.2.2 Mailbox full',
    '552 5.5.3 Too many recipients',
  ]);
  // A host that speaks about recipients is not away.
  expect((await flow.see(DOMAIN)).outage).toBeNull();
  expect((await flow.see(DOMAIN)).queue.heldCount).toBe(1);
});

test('later attempts carry only the held', async () => {
  expect(await passAttempt()).toEqual(['tempfail', 'greylist', 'toomany']);
  expect(primary.messages).toHaveLength(2);
  expect(primary.messages[1]?.recipients.map(({ address }) => address)).toEqual([`greylist@${DOMAIN}`]);
  expect(primary.messages[1]?.content.equals(primary.messages[0]?.content ?? Buffer.alloc(0))).toBe(true);
  expect(await readStates()).toMatchObject({ tempfail: 'HELD', greylist: 'DELIVERED', good: 'DELIVERED' });

  expect(await passAttempt()).toEqual(['tempfail', 'toomany']);
  expect(primary.messages).toHaveLength(2);
  const message = await flow.message(id);
  const counts = message?.recipients.map(({ address, attemptCount }) => [address.split('@')[0], attemptCount]);
  expect(Object.fromEntries(counts ?? [])).toEqual({
    tempfail: 3,
    permfail: 1,
    good: 1,
    greylist: 2,
    mailboxfull: 1,
    toomany: 3,
  });
  const attempts = message?.recipients.map(({ attempts: { nodes } }) => nodes.map(({ outcome }) => outcome)) ?? [];
  expect(attempts[0]).toEqual(['DEFERRED', 'DEFERRED', 'DEFERRED']);
  expect(attempts[1]).toEqual(['FAILED']);
  expect(attempts[2]).toEqual(['DELIVERED']);
  expect(attempts[3]).toEqual(['DELIVERED', 'DEFERRED']);
  expect((await flow.see(DOMAIN)).queue.heldCount).toBe(1);
});

test('a flush tries at once what was itself deferred', async () => {
  const tookMs: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const sessions = primary.sessions.length;
    const askedAtMs = performance.now();
    expect(await flow.change('domainFlush', { name: DOMAIN })).toEqual([]);
    await primary.waitFor(() => primary.sessions.length > sessions, 'the attempt');
    tookMs.push(performance.now() - askedAtMs);
    await flow.untilIdle(DOMAIN);
    expect(recipientsAsked(sessions)).toEqual(['tempfail', 'toomany']);
  }
  expect(tookMs.toSorted((a, b) => a - b)[1]).toBeLessThan(2000);
});
