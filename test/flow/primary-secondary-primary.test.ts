/**
 * Where mail goes when MX records decide: only to hosts that are better than we are, all of them before giving up; and what is
 * held stays held when the records turn bad.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import type { FakeRecords } from '../helpers/fake-dns.ts';
import type { FakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, PATIENCE_MS, startFlow } from '../helpers/flow.ts';

const US = 'backup.test.example';
const SANDWICH = 'sandwich.example';
const WRONG = 'wrong.example';
const GOOD: FakeRecords = {
  MX: [
    [10, 'first.sandwich.example'],
    [20, US],
    [30, 'third.sandwich.example'],
  ],
};

let flow: Flow;
let first: FakePrimary;
let third: FakePrimary;

beforeAll(async () => {
  flow = await startFlow({
    [US]: { A: ['192.0.2.250'] },
    [SANDWICH]: GOOD,
    [WRONG]: GOOD,
    'first.sandwich.example': { A: ['127.0.0.2'] },
    // The primary again, and an address by which we would see that it is dialled.
    'third.sandwich.example': { A: ['127.0.0.6', '127.0.0.2'] },
    'several.example': {
      MX: [
        [10, 'dead.several.example'],
        [15, 'half.several.example'],
        [20, US],
      ],
    },
    'dead.several.example': { A: ['127.0.0.7', '127.0.0.8'] },
    'half.several.example': { A: ['127.0.0.9', '127.0.0.2'] },
  });
  first = await flow.primary('127.0.0.2');
  third = await flow.primary('127.0.0.6');
  for (const domain of [SANDWICH, WRONG, 'several.example']) await flow.addDomain(domain);
});

afterAll(async () => {
  await flow?.close();
});

/** Mail for the domain met a primary that is away, and is held. */
async function holdMail(domain: string, to: string): Promise<string> {
  await first.stop();
  const id = await flow.send({ to: [to] });
  await flow.untilSeen(domain, 'an outage', ({ outage }) => outage !== null);
  await flow.untilIdle(domain);
  return id;
}

/** Moves to the next slot and waits until its attempt is over. */
async function passSlot(domain: string): Promise<void> {
  const before = (await flow.see(domain)).outage?.nextAttemptAt;
  await flow.moveTo(before);
  await flow.untilSeen(domain, 'the next slot', ({ outage }) => outage?.nextAttemptAt !== before);
  await flow.untilIdle(domain);
}

test('with the primary before and behind us, only the one before us is used', async () => {
  const id = await holdMail(SANDWICH, `user@${SANDWICH}`);
  const { outage } = await flow.see(SANDWICH);
  expect(outage).toMatchObject({ kind: 'DOWN', lastReply: '[connection refused]', heldCount: 1 });
  const attempts = (await flow.message(id))?.recipients[0]?.attempts.nodes;
  expect(attempts?.map(({ host, address }) => [host, address])).toEqual([
    ['first.sandwich.example', `127.0.0.2:${flow.deliveryPort}`],
  ]);
  const { domain } = await flow.service.graphql<{ domain: { mx: { verdict: string } } }>(
    `{ domain(by: { name: "${SANDWICH}" }) { mx { verdict } } }`,
  );
  expect(domain.mx.verdict).toBe('SANDWICH');

  await first.start();
  await flow.moveTo(outage?.nextAttemptAt);
  await first.waitFor(() => first.messages.length === 1, 'the mail');
  await flow.untilSeen(SANDWICH, 'the end of it', (seen) => seen.outage === null && seen.queue.heldCount === 0);
  expect((await flow.message(id))?.recipients[0]?.state).toBe('DELIVERED');
  expect(third.sessions).toHaveLength(0);
});

test('every address of every better host is tried before giving up', async () => {
  await first.start();
  const messages = first.messages.length;
  const id = await flow.send({ to: ['user@several.example'] });
  await first.waitFor(() => first.messages.length > messages, 'the mail');
  await flow.untilSeen('several.example', 'nothing held', ({ queue }) => queue.heldCount === 0);
  const attempts = (await flow.message(id))?.recipients[0]?.attempts.nodes ?? [];
  const tried = attempts.toReversed().map(({ host, address, outcome }) => [host, address?.split(':')[0], outcome]);
  expect(tried).toEqual([
    ['dead.several.example', '127.0.0.7', 'DEFERRED'],
    ['dead.several.example', '127.0.0.8', 'DEFERRED'],
    ['half.several.example', '127.0.0.9', 'DEFERRED'],
    ['half.several.example', '127.0.0.2', 'DELIVERED'],
  ]);
  expect(await flow.outages('several.example')).toEqual([]);
});

test('mail that is held stays held whatever the MX records become', async () => {
  const id = await holdMail(WRONG, `user@${WRONG}`);
  const bad: readonly (readonly [FakeRecords | null, RegExp])[] = [
    [
      {
        MX: [
          [10, US],
          [20, 'first.sandwich.example'],
        ],
      },
      /most preferred/,
    ],
    [
      {
        MX: [
          [10, US],
          [10, 'first.sandwich.example'],
        ],
      },
      /same preference/,
    ],
    [{ MX: [[10, 'gone.sandwich.example']] }, /no mail server with a usable address/],
    [null, /does not exist/],
    [{ MX: 'SERVFAIL' }, /SERVFAIL/],
  ];
  const replies: string[] = [];
  await first.start();
  const sessions = first.sessions.length;
  for (const [records, reply] of bad) {
    flow.dns.set(WRONG, records);
    await passSlot(WRONG);
    const { outage, queue } = await flow.see(WRONG);
    expect(queue.heldCount).toBe(1);
    expect(outage?.kind).toBe('DNS_BROKEN');
    expect(outage?.lastReply).toMatch(reply);
    replies.push(outage?.lastReply ?? '');
  }
  // Nothing was dialled, and the record says what was found each time.
  expect(first.sessions).toHaveLength(sessions);
  expect(third.sessions).toHaveLength(0);
  const attempts = (await flow.message(id))?.recipients[0]?.attempts.nodes ?? [];
  expect(attempts.map(({ reply }) => reply)).toEqual([...replies.toReversed(), '[connection refused]']);
  expect(attempts[0]).toMatchObject({ host: null, address: null, outcome: 'DEFERRED' });

  flow.dns.set(WRONG, GOOD);
  // The resolver remembers a failure for a second, so the first slot may meet it once more.
  await until('the mail arrives', PATIENCE_MS, async () => {
    const { outage } = await flow.see(WRONG);
    if (outage !== null) await flow.moveTo(outage.nextAttemptAt);
    return first.messages.some(({ recipients }) => recipients[0]?.address === `user@${WRONG}`);
  });
  await flow.untilSeen(WRONG, 'the end of the outage', ({ outage }) => outage === null);
});
