/**
 * A primary that puts everybody off and takes nobody: a condition at first, an outage when a whole interval has passed, and
 * over with the first recipient it accepts. Meanwhile every message keeps its own clock.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, startFlow } from '../helpers/flow.ts';

const DOMAIN = 'grey.example';
const GREYLISTED = '451 4.7.1 Greylisted, come back later';

let flow: Flow;
let primary: FakePrimary;

beforeAll(async () => {
  flow = await startFlow();
  primary = await startFakePrimary({ modes: { rcpt: GREYLISTED } });
  await flow.addDomain(DOMAIN, primary);
});

afterAll(async () => {
  await flow?.close();
  await primary?.close();
});

async function conditions(): Promise<readonly string[]> {
  const { domain } = await flow.service.graphql<{ domain: { conditions: { kind: string }[] } }>(
    `{ domain(by: { name: "${DOMAIN}" }) { conditions { kind seenAt } } }`,
  );
  return domain.conditions.map(({ kind }) => kind);
}

async function attemptAt(instant: string | null | undefined): Promise<void> {
  const asked = primary.rcpts.length;
  await flow.moveTo(instant);
  await primary.waitFor(() => primary.rcpts.length > asked, 'an attempt');
  await flow.untilIdle(DOMAIN);
}

async function nextAttempt(id: string): Promise<string | null | undefined> {
  return (await flow.message(id))?.recipients[0]?.nextAttemptAt;
}

test('put off once: a condition, no outage', async () => {
  expect(await conditions()).toEqual([]);
  await flow.send({ to: [`first@${DOMAIN}`] });
  await primary.waitFor(() => primary.rcpts.length === 1, 'the attempt');
  await flow.untilIdle(DOMAIN);
  expect(await conditions()).toEqual(['GREYLISTING']);
  expect((await flow.see(DOMAIN)).outage).toBeNull();
});

test('nobody taken over a whole interval: an outage of that class, by its reply', async () => {
  const [first] = await flow.messages(DOMAIN);
  await attemptAt(await nextAttempt(first?.id ?? ''));
  const { outage } = await flow.untilSeen(DOMAIN, 'an outage', (seen) => seen.outage !== null);
  expect(outage).toMatchObject({ kind: 'GREYLISTING', lastReply: GREYLISTED });
  expect(outage?.nextAttemptAt).toBe((await nextAttempt(first?.id ?? '')) ?? '');
});

test('another message is tried at once all the same, and the first one taken ends it', async () => {
  const asked = primary.rcpts.length;
  const id = await flow.send({ to: [`second@${DOMAIN}`] });
  await primary.waitFor(() => primary.rcpts.length > asked, 'its attempt');
  await flow.untilIdle(DOMAIN);
  expect((await flow.see(DOMAIN)).outage).not.toBeNull();
  primary.setMode({ rcpt: null });
  await attemptAt(await nextAttempt(id));
  await flow.untilSeen(DOMAIN, 'the end of it', ({ outage, queue }) => outage === null && queue.heldCount === 0);
  expect((await flow.outages(DOMAIN)).map(({ endedAt }) => endedAt === null)).toEqual([false]);
});
