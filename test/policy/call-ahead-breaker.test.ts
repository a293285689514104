/** The breaker at our door: what a primary that is not set up yet says of mailboxes refuses nobody, and is counted. */
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { openScene, type Scene, soon } from './call-ahead-scene.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(() => scene.close());

const setTrial = (destinationId: string) =>
  scene.db
    .sql`update destinations set breaker = 'TRIAL', breaker_since = bmx_now(), trial_count = 0 where id = ${destinationId}`;

async function readBreaker(destinationId: string) {
  const [row] = await scene.db.sql<{ breaker: string; trial_count: number; is_watched: boolean }[]>`
    select breaker, trial_count, breaker_since is not null as is_watched from destinations where id = ${destinationId}`;
  return row;
}

test('in a trial a refusal means unknown: nobody is refused, nothing is kept, and a stranger counts for nothing', async () => {
  const node = scene.node();
  const domain = await scene.domain({ recipientList: { count: 1, revision: 1 } });
  await setTrial(domain.destinationId);
  scene.mailboxes();
  expect(await node.rcpt(domain, 'listed')).toBe('250');
  expect(await scene.row(domain, 'listed')).toBeNull();
  const stranger = await scene.domain();
  await setTrial(stranger.destinationId);
  expect(await node.rcpt(stranger, 'nobody')).toBe('250');
  expect(await scene.row(stranger, 'nobody')).toBeNull();
  const events = await scene.db.sql<{ destination_id: string }[]>`
    select destination_id from events where kind = 'RECIPIENT_SUSPECTED'`;
  expect(events.map((event) => event.destination_id)).toEqual([domain.destinationId]);
});

test('refusals of three mailboxes known good in a trial open the breaker; then nobody is asked, and all are taken', async () => {
  const node = scene.node();
  const domain = await scene.domain({ recipientList: { count: 1, revision: 1 } });
  await setTrial(domain.destinationId);
  scene.mailboxes();
  for (const localPart of ['a', 'a', 'b']) expect(await node.rcpt(domain, localPart)).toBe('250');
  expect((await readBreaker(domain.destinationId))?.breaker).toBe('TRIAL');
  expect(await node.rcpt(domain, 'c')).toBe('250');
  expect((await readBreaker(domain.destinationId))?.breaker).toBe('OPEN');
  await node.openOutages.refresh();
  const before = scene.asked().length;
  expect(await node.rcpt(domain, 'd')).toBe('250');
  expect(scene.asked()).toHaveLength(before);
});

test('a mailbox that is taken counts in the trial, and ends a row of refusals', async () => {
  const node = scene.node();
  const domain = await scene.domain({ recipientList: { count: 1, revision: 1 } });
  scene.mailboxes('good', 'fine');
  expect(await node.rcpt(domain, 'gone')).toBe('450 BMX-LATER');
  expect(await readBreaker(domain.destinationId)).toMatchObject({ breaker: 'CLOSED', is_watched: true });
  expect(await node.rcpt(domain, 'good')).toBe('250');
  await soon('the row ends', async () => (await readBreaker(domain.destinationId))?.is_watched === false);
  await setTrial(domain.destinationId);
  expect(await node.rcpt(domain, 'fine')).toBe('250');
  await soon('it counts', async () => (await readBreaker(domain.destinationId))?.trial_count === 1);
});

test('breaker closed, a mailbox that nobody knows is refused as ever', async () => {
  const node = scene.node();
  const domain = await scene.domain();
  scene.mailboxes();
  expect(await node.rcpt(domain, 'nobody')).toBe('550 BMX-PRIMARY');
  expect(await readBreaker(domain.destinationId)).toMatchObject({ breaker: 'CLOSED', is_watched: false });
});
