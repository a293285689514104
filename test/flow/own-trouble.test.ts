/**
 * Our own network is away for two hours: a service alarm, nothing expires meanwhile, and when the primaries answer again it
 * is over by itself.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, PATIENCE_MS, startFlow } from '../helpers/flow.ts';

const OLD = 'old.example';
const DOMAINS = Array.from({ length: 6 }, (_, n) => `d${n}.example`);

let flow: Flow;
let old: FakePrimary;
let primaries: FakePrimary[];
let oldId: string;

beforeAll(async () => {
  flow = await startFlow();
  old = await startFakePrimary({ modes: 'greeting421' });
  await flow.addDomain(OLD, old);
  primaries = await Promise.all(DOMAINS.map((_, n) => startFakePrimary({ host: `127.0.0.${n + 2}` })));
  for (const [n, domain] of DOMAINS.entries()) await flow.addDomain(domain, primaries[n]);
});

afterAll(async () => {
  await flow?.close();
  await Promise.all([old, ...(primaries ?? [])].map((primary) => primary?.close()));
});

async function unreadiness(): Promise<readonly string[]> {
  const answer = await fetch(`${flow.service.httpUrl}/readyz`);
  if (answer.status === 200) return [];
  return ((await answer.json()) as { reasons: readonly string[] }).reasons;
}

/** An attempt at the old domain's next slot, over and recorded. */
async function passSlot(): Promise<void> {
  const { outage } = await flow.see(OLD);
  const sessions = old.sessions.length;
  await flow.moveTo(outage?.nextAttemptAt);
  await old.waitFor(() => old.sessions.length > sessions, 'an attempt');
  await flow.untilIdle(OLD);
}

const stateOfOld = async () => (await flow.message(oldId))?.recipients[0]?.state;

test('when most fail at once, the service says that the fault is its own', async () => {
  oldId = await flow.send({ from: null, to: [`user@${OLD}`] });
  await flow.untilSeen(OLD, 'an outage', ({ outage }) => outage !== null);
  await flow.untilIdle(OLD);
  await flow.database.moveClock('239 hours');
  await passSlot();
  expect(await stateOfOld()).toBe('HELD');
  expect(await unreadiness()).toEqual([]);

  await Promise.all(primaries.map((primary) => primary.stop()));
  for (const domain of DOMAINS) await flow.send({ to: [`user@${domain}`] });
  await until('the alarm', PATIENCE_MS, async () => (await unreadiness()).some((reason) => /primaries/.test(reason)));
  const metrics = await (await fetch(`${flow.service.httpUrl}/metrics`)).text();
  expect(metrics).toContain('backup_mx_service_trouble 1');
  const events = await flow.database.sql<{ kind: string }[]>`select kind from events where kind like 'OWN_TROUBLE%'`;
  expect(events.map(({ kind }) => kind)).toEqual(['OWN_TROUBLE_BEGAN']);
});

test('nothing expires in two hours of it', async () => {
  await passSlot();
  await passSlot();
  expect(await stateOfOld()).toBe('HELD');
  const { expiresAt = '' } = (await flow.message(oldId)) ?? {};
  const [row] = await flow.database.sql`select bmx_now() > ${expiresAt}::text::timestamptz as "isBehind"`;
  expect(row?.['isBehind']).toBe(true);
});

test('with the primaries back it is over, and what is due to expire gets one more attempt first', async () => {
  await Promise.all(primaries.map((primary) => primary.start()));
  await flow.database.moveClock('16 minutes');
  for (const [n, domain] of DOMAINS.entries()) {
    await primaries[n]?.waitFor(() => primaries[n]?.messages.length === 1, `the mail of ${domain}`);
  }
  await until('the end of the alarm', PATIENCE_MS, async () => (await unreadiness()).length === 0);
  await passSlot();
  expect(await stateOfOld()).toBe('HELD');
  await passSlot();
  await until('the old mail has expired', PATIENCE_MS, async () => (await stateOfOld()) === 'EXPIRED');
});
