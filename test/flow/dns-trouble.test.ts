/** The domain's DNS fails: an outage of its own class, no failure, nothing looked up between the slots, and an end with the DNS. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { until } from '../helpers/child.ts';
import type { FakePrimary } from '../helpers/fake-primary.ts';
import { type Flow, PATIENCE_MS, startFlow } from '../helpers/flow.ts';

const DOMAIN = 'lapsed.example';
const US = 'backup.test.example';
const GOOD = [
  [10, 'mx.lapsed.example'],
  [20, US],
] as const;

let flow: Flow;
let primary: FakePrimary;

beforeAll(async () => {
  flow = await startFlow({
    [US]: { A: ['192.0.2.250'] },
    [DOMAIN]: { MX: GOOD },
    'mx.lapsed.example': { A: ['127.0.0.2'] },
  });
  primary = await flow.primary('127.0.0.2');
  await flow.addDomain(DOMAIN);
});

afterAll(async () => {
  await flow?.close();
});

test('SERVFAIL opens DNS_BROKEN, and mail goes out at the slot behind the repair', async () => {
  flow.dns.set(DOMAIN, { MX: 'SERVFAIL' });
  const id = await flow.send({ to: [`user@${DOMAIN}`] });
  const { outage } = await flow.untilSeen(DOMAIN, 'an outage', (seen) => seen.outage !== null);
  expect(outage).toMatchObject({ kind: 'DNS_BROKEN', heldCount: 1 });
  expect(outage?.lastReply).toContain('SERVFAIL');
  await flow.untilIdle(DOMAIN);
  expect((await flow.message(id))?.recipients).toMatchObject([{ state: 'HELD' }]);

  flow.dns.set(DOMAIN, { MX: GOOD });
  await flow.database.moveClock('2 minutes');
  // The resolver remembers its trouble for a second: a slot may still meet that.
  await until('the mail', PATIENCE_MS, async () => {
    await flow.moveTo((await flow.see(DOMAIN)).outage?.nextAttemptAt ?? outage?.nextAttemptAt);
    return primary.messages.length === 1;
  });
  await flow.untilSeen(DOMAIN, 'the end of it', (seen) => seen.outage === null && seen.queue.heldCount === 0);
  // One session, the delivery: no check went there meanwhile.
  expect(primary.sessions).toHaveLength(1);
});
