/**
 * One transaction for two domains is two messages under one id, and the fate of one has nothing to do with the other's.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, type MessageSeen, SENDER, startFlow } from '../helpers/flow.ts';
import { oddMessage, readTrace } from '../interop/mail.ts';

const ONE = 'one.example';
const TWO = 'two.example';

let flow: Flow;
let primaries: FakePrimary[];

beforeAll(async () => {
  flow = await startFlow();
  primaries = [await startFakePrimary(), await startFakePrimary()];
  for (const [at, domain] of [ONE, TWO].entries()) await flow.addDomain(domain, primaries[at]);
});

afterAll(async () => {
  await flow?.close();
  await Promise.all((primaries ?? []).map((primary) => primary.close()));
});

async function readTransaction(transaction: string): Promise<readonly MessageSeen[]> {
  const [one, two] = [await flow.messages(ONE), await flow.messages(TWO)];
  return [...one, ...two].filter((message) => message.transactionId === transaction);
}

test('the one whose primary lives is delivered, the other is held until its own is back', async () => {
  const [one, two] = primaries;
  if (one === undefined || two === undefined) throw new Error('two primaries');
  await two.stop();
  const to = [`a@${ONE}`, `b@${TWO}`, `c@${ONE}`];
  const content = oddMessage(SENDER, 'list@elsewhere.example');
  const transaction = await flow.send({ to, content });

  await one.waitFor(() => one.messages.length === 1, 'the mail of the first domain');
  await flow.untilSeen(ONE, 'nothing held', ({ queue }) => queue.heldCount === 0);
  const { outage } = await flow.untilSeen(TWO, 'an outage', (seen) => seen.outage !== null);
  await flow.untilIdle(TWO);
  expect((await flow.see(TWO)).queue.heldCount).toBe(1);
  expect(await flow.outages(ONE)).toEqual([]);

  const messages = await readTransaction(transaction);
  expect(messages).toHaveLength(2);
  expect(new Set(messages.map(({ id }) => id)).size).toBe(2);
  expect(messages.map(({ recipients }) => recipients.map(({ address, state }) => `${address} ${state}`))).toEqual([
    [`a@${ONE} DELIVERED`, `c@${ONE} DELIVERED`],
    [`b@${TWO} HELD`],
  ]);

  await two.start();
  await flow.moveTo(outage?.nextAttemptAt);
  await two.waitFor(() => two.messages.length === 1, 'the mail of the second domain');
  await flow.untilSeen(TWO, 'nothing held', ({ queue }) => queue.heldCount === 0);
  expect(one.messages[0]?.recipients.map(({ address }) => address)).toEqual([`a@${ONE}`, `c@${ONE}`]);
  expect(two.messages[0]?.recipients.map(({ address }) => address)).toEqual([`b@${TWO}`]);
  for (const { messages: arrived } of primaries) {
    const trace = readTrace(arrived[0]?.content ?? Buffer.alloc(0), content);
    expect(trace).toContain(` id ${transaction};`);
    // Several recipients would see each other (RFC 5321 §7.2).
    expect(trace).not.toContain(' for <');
  }
});
