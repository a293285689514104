/**
 * A domain is deleted while mail is held for it: its mail is accepted no longer, and what is held is delivered first or
 * cancelled, as was chosen.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, PATIENCE_MS, startFlow } from '../helpers/flow.ts';

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

async function holdThree(domain: string): Promise<string[]> {
  await primary.stop();
  await flow.addDomain(domain, primary);
  const ids: string[] = [];
  for (const localPart of ['a', 'b', 'c']) ids.push(await flow.send({ to: [`${localPart}@${domain}`] }));
  await flow.untilSeen(domain, 'an outage', ({ outage }) => outage !== null);
  await flow.untilIdle(domain);
  return ids;
}

async function readStates(ids: readonly string[]): Promise<(string | undefined)[]> {
  return Promise.all(ids.map(async (id) => (await flow.message(id))?.recipients[0]?.state));
}

async function expectNotServed(domain: string): Promise<void> {
  const session = await flow.connect();
  await session.ask('MAIL FROM:<sender@sender.example>');
  const reply = await session.ask(`RCPT TO:<a@${domain}>`);
  session.destroy();
  expect(reply).toStartWith('550 5.7.1 ');
  expect(reply).toContain('BMX-RELAY');
}

function arrivedAt(domain: string): number {
  return primary.messages.filter(({ recipients }) => recipients[0]?.address.endsWith(`@${domain}`)).length;
}

test('without a choice nothing is changed', async () => {
  const ids = await holdThree('asked.example');
  expect(await flow.change('domainDelete', { name: 'asked.example' })).toEqual(['HELD_MAIL']);
  expect((await flow.see('asked.example')).queue.heldCount).toBe(3);
  expect(await readStates(ids)).toEqual(['HELD', 'HELD', 'HELD']);
});

test('DELIVER_FIRST goes on trying on the same grid, where the mail belongs', async () => {
  const ids = await holdThree('moved.example');
  const { outage } = await flow.see('moved.example');
  expect(await flow.change('domainDelete', { name: 'moved.example', held: 'DELIVER_FIRST' })).toEqual([]);
  await expectNotServed('moved.example');
  expect(await flow.service.graphql<{ domain: unknown }>('{ domain(by: { name: "moved.example" }) { name } }')).toEqual(
    {
      domain: null,
    },
  );
  expect(await readStates(ids)).toEqual(['HELD', 'HELD', 'HELD']);
  await primary.start();
  await flow.moveTo(outage?.nextAttemptAt);
  await primary.waitFor(() => arrivedAt('moved.example') === 3, 'the held mail');
  await until('all are delivered', PATIENCE_MS, async () =>
    (await readStates(ids)).every((state) => state === 'DELIVERED'),
  );
  const [ended] = await flow.outages('moved.example');
  expect(ended?.id).toBe(outage?.id ?? '');
  await until('the outage has ended', PATIENCE_MS, async () => (await flow.outages('moved.example'))[0]?.endedAt);
});

test('DELIVER_FIRST ends a pause that nobody could end any more', async () => {
  await primary.start();
  await flow.addDomain('paused.example', primary);
  expect(await flow.change('domainPause', { name: 'paused.example' })).toEqual([]);
  await flow.send({ to: ['a@paused.example'] });
  expect(await flow.change('domainDelete', { name: 'paused.example', held: 'DELIVER_FIRST' })).toEqual([]);
  await primary.waitFor(() => arrivedAt('paused.example') === 1, 'the held mail');
});

test('behind an open breaker it is tried at once, and the next owner of the name begins without one', async () => {
  await holdThree('broken.example');
  await flow.database.sql`
    update destinations set breaker = 'OPEN', breaker_since = bmx_now(), breaker_reply = '550 of the last owner'
    where name = 'broken.example'`;
  await primary.start();
  expect(await flow.change('domainDelete', { name: 'broken.example', held: 'DELIVER_FIRST' })).toEqual([]);
  await primary.waitFor(() => arrivedAt('broken.example') === 3, 'the held mail');
  const [row] = await flow.database.sql`select breaker_reply from destinations where name = 'broken.example'`;
  expect(row).toEqual({ breaker_reply: null });
});

test('CANCEL ends what is held without reports', async () => {
  const ids = await holdThree('dropped.example');
  expect(await flow.change('domainDelete', { name: 'dropped.example', held: 'CANCEL' })).toEqual([]);
  await expectNotServed('dropped.example');
  await until('all are cancelled', PATIENCE_MS, async () =>
    (await readStates(ids)).every((state) => state === 'CANCELLED'),
  );
  expect(await flow.database.sql`select from reports_due`).toHaveLength(0);
  // Added again, it holds nothing, and new mail goes its way.
  await primary.start();
  await flow.addDomain('dropped.example', primary);
  expect((await flow.see('dropped.example')).queue.heldCount).toBe(0);
  await flow.send({ to: ['new@dropped.example'] });
  await flow.change('domainFlush', { name: 'dropped.example' });
  await primary.waitFor(() => arrivedAt('dropped.example') === 1, 'the new mail');
  await flow.untilSeen('dropped.example', 'no outage', ({ outage }) => outage === null);
});

test('deleted and added again, a domain finds its held mail and its outage', async () => {
  const ids = await holdThree('again.example');
  const { outage } = await flow.see('again.example');
  await flow.change('domainDelete', { name: 'again.example', held: 'DELIVER_FIRST' });
  await flow.addDomain('again.example', primary);
  const seen = await flow.see('again.example');
  expect(seen.queue.heldCount).toBe(3);
  expect(seen.outage).toMatchObject({ id: outage?.id, nextAttemptAt: outage?.nextAttemptAt });
  expect(await readStates(ids)).toEqual(['HELD', 'HELD', 'HELD']);
});
