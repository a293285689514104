/** What failed is told once an hour for each domain, with its numbers, and never message by message. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { bounceMessage, cancelMessage } from '../../src/queue/verbs/commands.ts';
import { makeDigests } from '../../src/queue/mail-counts.ts';
import { addReportEvent } from '../../src/queue/reports/due-rows.ts';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { holdMessage } from '../control/harness.ts';
import type { Receiver } from '../helpers/webhook-receiver.ts';
import { OPERATOR, startWorld, type World } from './webhook-world.ts';

let world: World;
let receiver: Receiver;
let kept: string;
let other: string;
beforeAll(async () => {
  world = await startWorld();
  kept = await world.domain('kept.example');
  other = await world.domain('other.example');
});
afterAll(() => world.close());
beforeEach(async () => {
  await world.reset();
  receiver = await world.receiver();
  await world.webhook({ url: receiver.url, events: ['MAIL_DIGEST'] });
});

const bounce = async (destinationId: string, addresses = ['a@x.example']) =>
  bounceMessage(world.sql, OPERATOR, await holdMessage(world.database, { destinationId, addresses }), 'test');
const counts = () => world.sql<{ kind: string; count: number }[]>`select kind, count from mail_counts order by kind`;

test('recipients that fail are counted with their end, and told after an hour as one message a domain', async () => {
  await bounce(kept, ['a@kept.example', 'b@kept.example']);
  await bounce(kept);
  await bounce(other);
  // Who is cancelled has not failed.
  await cancelMessage(world.sql, OPERATOR, await holdMessage(world.database, { destinationId: kept }), 'test');
  const report = { id: newId(), tenantId: OPERATOR_TENANT_ID, destinationId: kept, messageId: newId() };
  await world.sql.begin(async (transaction) => {
    await addReportEvent(transaction, report, 'REPORT_SUPPRESSED', { code: 'RATE' });
    await addReportEvent(transaction, report, 'REPORT_MADE', {});
  });
  expect([...(await counts())].map(({ kind, count }) => [kind, count])).toEqual([
    ['FAILED', 2],
    ['FAILED', 1],
    ['FAILED', 1],
    ['REPORT_SUPPRESSED', 1],
  ]);
  await world.database.moveClock('59 minutes');
  expect(await makeDigests(world.sql)).toBe(0);
  // What ends meanwhile is told with it.
  await bounce(kept);
  await world.database.moveClock('2 minutes');
  expect((await Promise.all([makeDigests(world.sql), makeDigests(world.sql)])).reduce((sum, made) => sum + made)).toBe(
    2,
  );
  await world.untilAttempts(2);
  const told = receiver.received.map(({ body }) => JSON.parse(body) as { type: string; data: Record<string, unknown> });
  expect(told.map(({ type }) => type)).toEqual(['mail.digest', 'mail.digest']);
  expect(told.find(({ data }) => data['domain'] === 'kept.example')?.data).toEqual({
    version: 1,
    eventId: expect.any(String),
    domain: 'kept.example',
    consoleUrl: 'https://mx.test.example/console/d/kept.example',
    failedCount: 4,
    expiredCount: 0,
    reportsSuppressedCount: 1,
    since: expect.any(String),
    until: expect.any(String),
  });
  expect(told.find(({ data }) => data['domain'] === 'other.example')?.data).toMatchObject({ failedCount: 1 });
  expect(await makeDigests(world.sql)).toBe(0);
});
