/**
 * Two nodes, of which the one that delivers dies or hangs: the other goes on, everything is delivered, and only what had no
 * reply to its final dot yet comes twice.
 */
import { afterEach, beforeEach, expect, test } from 'bun:test';
import process from 'node:process';
import { until } from '../helpers/child.ts';
import { untilHeld } from '../helpers/domains.ts';
import { compare } from '../helpers/load.ts';
import { sendMessages, needlesslyRepeated, startTwoNodes, type TwoNodes, DOMAIN } from './nodes-scene.ts';

const COUNT = 200;
/** So many sessions a node has at one destination at the most, beyond the first twenty one more a round: so many replies may be open. */
const SLOTS = 40;

let scene: TwoNodes;

beforeEach(async () => {
  scene = await startTwoNodes();
});

afterEach(async () => {
  await scene.close();
});

test('kill -9 in mid-delivery: the other takes over at once', async () => {
  const { primary } = scene;
  const load = await sendMessages(scene, COUNT);
  await primary.waitFor(() => primary.messages.length > 50, 'the middle');
  const [owner, other] = await scene.findOwner();
  await owner.kill9();
  const { length: sessions } = primary.sessions;
  const killedAt = performance.now();
  await until('the other node dials', 30_000, () => primary.sessions.length > sessions);
  // A beat of two seconds and a sweep of one second, on a busy machine; not the 45 seconds of a node that hangs.
  expect(performance.now() - killedAt).toBeLessThan(15_000);

  await untilHeld(other, DOMAIN, 0, 60_000);
  const { repeated, ...ledger } = compare(load, primary.messages);
  expect(ledger).toEqual({ lost: [], surplus: [], altered: [] });
  expect(repeated.length).toBeLessThanOrEqual(SLOTS);
  expect(needlesslyRepeated(primary)).toEqual([]);
});

test('stopped in mid-delivery: the other takes over after 45 seconds, and the stopped one comes to its senses (slow)', async () => {
  const { primary } = scene;
  const load = await sendMessages(scene, COUNT);
  await primary.waitFor(() => primary.messages.length > 50, 'the middle');
  const [owner, other] = await scene.findOwner();
  process.kill(owner.pid, 'SIGSTOP');
  try {
    const { length: sessions } = primary.sessions;
    await until('the other node dials', 90_000, () => primary.sessions.length > sessions);
    await untilHeld(other, DOMAIN, 0, 60_000);
  } finally {
    process.kill(owner.pid, 'SIGCONT');
  }
  await until('the stopped node is ready again', 30_000, async () => {
    const { status } = await fetch(`${owner.httpUrl}/readyz`);
    const rows = await scene.database.sql`select from nodes`;
    return status === 200 && rows.length === 2;
  });
  const { repeated, ...ledger } = compare(load, primary.messages);
  expect(ledger).toEqual({ lost: [], surplus: [], altered: [] });
  expect(repeated.length).toBeLessThanOrEqual(SLOTS);
  expect(needlesslyRepeated(primary)).toEqual([]);
  expect(await owner.stop()).toBe(0);
}, 180_000);
