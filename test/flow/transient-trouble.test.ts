/**
 * What looks like a refusal and is none: lost replies, greylisting, 421, a greeting that turns us away. Mail is kept, retried,
 * and nobody is told that it failed.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import type { FakePrimaryModes, ModeName } from '../helpers/fake-primary-modes.ts';
import { type Flow, type MessageSeen, startFlow } from '../helpers/flow.ts';

let flow: Flow;
const primaries: FakePrimary[] = [];

beforeAll(async () => {
  flow = await startFlow();
});

afterAll(async () => {
  await flow?.close();
  await Promise.all(primaries.map((primary) => primary.close()));
});

async function addDomain(domain: string, modes: ModeName | Partial<FakePrimaryModes>): Promise<FakePrimary> {
  const primary = await startFakePrimary({ modes });
  primaries.push(primary);
  await flow.addDomain(domain, primary);
  return primary;
}

async function readMessage(id: string): Promise<MessageSeen> {
  const message = await flow.message(id);
  if (message === null) throw new Error(`no message ${id}`);
  return message;
}

/** Sends to one recipient and waits until the first attempt is over. */
async function attemptOnce(primary: FakePrimary, to: string): Promise<MessageSeen> {
  const sessions = primary.sessions.length;
  const id = await flow.send({ to: [to] });
  await primary.waitFor(() => primary.sessions.length > sessions, 'the first attempt');
  await flow.untilIdle(to.slice(to.indexOf('@') + 1));
  return readMessage(id);
}

/** Moves to the message's next attempt and waits until it is over. */
async function attemptAgain(primary: FakePrimary, domain: string, id: string): Promise<MessageSeen> {
  const sessions = primary.sessions.length;
  await flow.moveTo((await readMessage(id)).recipients[0]?.nextAttemptAt);
  await primary.waitFor(() => primary.sessions.length > sessions, 'another attempt');
  await flow.untilIdle(domain);
  return readMessage(id);
}

function quarterOfAnHourAfter({ acceptedAt }: MessageSeen, instant: string | null | undefined): boolean {
  const minutes = (Date.parse(instant ?? '') - Date.parse(acceptedAt)) / 60_000;
  return minutes >= 15 && minutes < 16;
}

test('a connection lost after the dot leads to another try, never to a failure', async () => {
  const primary = await addDomain('lost.example', 'plain');
  const first = await attemptOnce(primary, 'drop-after-data@lost.example');
  const [recipient] = first.recipients;
  expect(recipient).toMatchObject({ state: 'HELD', attemptCount: 1 });
  expect(recipient?.attempts.nodes).toMatchObject([{ outcome: 'DEFERRED' }]);
  expect(recipient?.attempts.nodes[0]?.reply).toStartWith('[');
  expect(quarterOfAnHourAfter(first, recipient?.nextAttemptAt)).toBe(true);
  // It may have been taken: no second copy until the next slot.
  expect(primary.sessions).toHaveLength(1);
  const second = await attemptAgain(primary, 'lost.example', first.id);
  expect(second.recipients).toMatchObject([{ state: 'HELD', attemptCount: 2 }]);
  expect(primary.sessions).toHaveLength(2);
});

test('greylisting delays by one interval and opens no outage', async () => {
  const primary = await addDomain('grey.example', 'plain');
  const first = await attemptOnce(primary, 'greylist@grey.example');
  expect(first.recipients).toMatchObject([{ state: 'HELD', lastReply: '451 4.7.1 Greylisted, please try again' }]);
  expect(quarterOfAnHourAfter(first, first.recipients[0]?.nextAttemptAt)).toBe(true);
  const second = await attemptAgain(primary, 'grey.example', first.id);
  expect(second.recipients).toMatchObject([{ state: 'DELIVERED', attemptCount: 2 }]);
  expect(await flow.outages('grey.example')).toEqual([]);
});

test('421 in the dialogue is a deferral; when the host takes mail again the outage is over', async () => {
  const primary = await addDomain('closing.example', 'plain');
  const first = await attemptOnce(primary, 'closing@closing.example');
  expect(first.recipients).toMatchObject([{ state: 'HELD', lastReply: '421 4.3.2 Shutting down' }]);
  expect((await flow.see('closing.example')).outage).toMatchObject({ lastReply: '421 4.3.2 Shutting down' });
  const good = await flow.send({ to: ['good@closing.example'] });
  await flow.moveTo((await flow.see('closing.example')).outage?.nextAttemptAt);
  await primary.waitFor(() => primary.messages.length === 1, 'the other mail');
  await flow.untilIdle('closing.example');
  expect((await readMessage(good)).recipients).toMatchObject([{ state: 'DELIVERED' }]);
  expect((await flow.see('closing.example')).outage).toBeNull();
  expect((await readMessage(first.id)).recipients).toMatchObject([{ state: 'HELD' }]);
});

const HOST_TROUBLE: readonly (readonly [string, ModeName | Partial<FakePrimaryModes>, string, string])[] = [
  ['greeting-554.example', 'greeting554', 'BLOCKING', '554 5.7.1 We do not talk to you'],
  ['ehlo-550.example', 'ehlo5xx', 'BLOCKING', '550 5.7.1 Go away'],
  ['greeting-421.example', 'greeting421', 'RATE_LIMITING', '421 4.3.2 Too busy'],
  ['not-smtp.example', 'junkGreeting', 'DOWN', '[not a reply: SSH-2.0-OpenSSH_9.2]'],
  ['drop.example', { dropAt: 'GREETING' }, 'DOWN', '['],
  ['listed.example', { rcpt: '450 4.7.1 Client host blocked using zen.spamhaus.org' }, 'BLOCKING', '450 4.7.1 Client'],
  ['policy.example', { rcpt: '550 5.7.1 Relaying denied' }, 'BLOCKING', '550 5.7.1 Relaying denied'],
];

async function readEvidence(domain: string) {
  const seen = await flow.service.graphql<{ domain: { outage: { evidence: unknown[] } } }>(
    `{ domain(by: { name: "${domain}" }) { outage { evidence { host address reply } } } }`,
  );
  return seen.domain.outage.evidence;
}

test.each(HOST_TROUBLE)('%s: the host is in trouble, the mail is not', async (domain, modes, outageClass, reply) => {
  const primary = await addDomain(domain, modes);
  const first = await attemptOnce(primary, `user@${domain}`);
  expect(first.recipients).toMatchObject([{ state: 'HELD', attemptCount: 1 }]);
  const { outage } = await flow.see(domain);
  expect(outage).toMatchObject({ kind: outageClass });
  expect(outage?.lastReply).toStartWith(reply);
  expect(await readEvidence(domain)).toEqual([
    { host: '127.0.0.1', address: `127.0.0.1:${primary.port}`, reply: outage?.lastReply ?? '' },
  ]);
  primary.setMode('plain');
  const second = await attemptAgain(primary, domain, first.id);
  expect(second.recipients).toMatchObject([{ state: 'DELIVERED', attemptCount: 2 }]);
  expect((await flow.see(domain)).outage).toBeNull();
});

test('nobody was told of a failure', async () => {
  expect(await flow.database.sql`select from reports_due`).toHaveLength(0);
  expect(await flow.database.sql`select from events where kind like 'REPORT%'`).toHaveLength(0);
});
