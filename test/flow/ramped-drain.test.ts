/**
 * How a destination drains: with as many sessions as the primary bears, as fast as its operator allows, and nothing that
 * concerns a session alone puts a message off.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import type { FakePrimaryModes } from '../helpers/fake-primary-modes.ts';
import { type Flow, startFlow, transact } from '../helpers/flow.ts';

let flow: Flow;
const primaries: FakePrimary[] = [];
/** When the clock was moved to the slot of the last domain that was held, in milliseconds of `performance.now()`. */
let dueAtMs = 0;

beforeAll(async () => {
  flow = await startFlow();
});

afterAll(async () => {
  await flow?.close();
  await Promise.all(primaries.map((primary) => primary.close()));
});

/** A domain that holds a message to each of these, its primary just back; the next attempt is due. */
async function holdMail(
  domain: string,
  localParts: readonly string[],
  options: { readonly modes?: Partial<FakePrimaryModes>; readonly more?: Readonly<Record<string, unknown>> } = {},
): Promise<FakePrimary> {
  const primary = await startFakePrimary({ modes: options.modes ?? {} });
  primaries.push(primary);
  await flow.addDomain(domain, primary, options.more);
  await primary.stop();
  const peer = await flow.connect();
  const send = async (some: readonly string[]): Promise<void> => {
    for (const localPart of some) await transact(peer, { to: [`${localPart}@${domain}`] });
  };
  // The others come during the outage: else a busy machine decides how many of them are tried before it, and which is next.
  await send(localParts.slice(0, 1));
  const { outage } = await flow.untilSeen(domain, 'an outage', (seen) => seen.outage !== null);
  await send(localParts.slice(1));
  peer.destroy();
  await flow.untilIdle(domain);
  await primary.start();
  dueAtMs = performance.now();
  await flow.moveTo(outage?.nextAttemptAt);
  return primary;
}

const numbered = (count: number) => Array.from({ length: count }, (_, at) => `user${at}`);

/** Replies of attempts that put a message off since the primary was back. */
async function readDeferrals(domain: string): Promise<string[]> {
  const rows = await flow.database.sql<{ reply: string }[]>`
    select a.reply from attempts a join destinations d on d.id = a.destination_id
    where d.name = ${domain} and a.outcome = 'DEFERRED' and a.reply <> '[connection refused]'`;
  return rows.map(({ reply }) => reply);
}

test('a primary that allows three sessions gets everything in one go; no message waits for a session refused', async () => {
  const primary = await holdMail('few.example', numbered(60), { modes: { sessionsAtOnce: 3, tarpitMs: 4 } });
  await primary.waitFor(() => primary.messages.length === 60, 'all the mail');
  await flow.untilSeen('few.example', 'nothing held', ({ queue }) => queue.heldCount === 0);
  expect(primary.messages).toHaveLength(60);
  expect(await readDeferrals('few.example')).toEqual([]);
  // It did refuse some: what is told above is no accident.
  const refused = primary.sessions.filter(({ commands }) => commands.length === 0);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.length).toBeLessThan(20);
  expect(await flow.outages('few.example')).toHaveLength(1);
});

test('a primary that ends each session by 421 after three messages gets everything, each once', async () => {
  const primary = await holdMail('short.example', numbered(40), { modes: { messagesPerSession: 3 } });
  await primary.waitFor(() => primary.messages.length === 40, 'all the mail');
  await flow.untilSeen('short.example', 'nothing held', ({ queue }) => queue.heldCount === 0);
  expect(new Set(primary.messages.map(({ recipients }) => recipients[0]?.address)).size).toBe(40);
  expect(await readDeferrals('short.example')).toEqual([]);
});

test('a connection dropped in the content of one message puts off that one, and the others are delivered', async () => {
  const localParts = [...numbered(15), 'drop-in-data', ...numbered(30).slice(15)];
  const primary = await holdMail('dropping.example', localParts);
  await primary.waitFor(() => primary.messages.length === 30, 'all the other mail');
  await flow.untilSeen('dropping.example', 'one held', ({ queue }) => queue.heldCount === 1);
  await flow.untilIdle('dropping.example');
  const held = (await flow.messages('dropping.example')).filter(({ recipients }) => recipients[0]?.state === 'HELD');
  expect(held.map(({ recipients }) => recipients[0]?.address)).toEqual(['drop-in-data@dropping.example']);
  expect((await flow.see('dropping.example')).outage).toBeNull();
  expect(await readDeferrals('dropping.example')).toHaveLength(1);
});

test('a cap of 120 a minute lets eleven out at once behind the one that asks, then two a second', async () => {
  const primary = await holdMail('capped.example', numbered(20), { more: { drainPerMinute: 120 } });
  const cameAfterMs: number[] = [];
  await primary.waitFor(() => {
    while (cameAfterMs.length < primary.messages.length) cameAfterMs.push(performance.now() - dueAtMs);
    return cameAfterMs.length === 20;
  }, 'all the mail');
  const early = cameAfterMs.filter((afterMs, index) => index + 1 > 1 + 11 + (2 * afterMs) / 1000);
  expect(early).toEqual([]);
  await flow.untilSeen('capped.example', 'nothing held', ({ queue }) => queue.heldCount === 0);
  expect(await readDeferrals('capped.example')).toEqual([]);
});
