/** What a dead node had delivered and only marked: the node that finalizes it logs, counts and learns it as its own. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { claimDue, FIRST_KEY } from '../../src/queue/claim.ts';
import { markDelivered } from '../../src/queue/outcome.ts';
import { until } from '../helpers/child.ts';
import { createTestDatabase, type TestDatabase, urlOf } from '../helpers/database.ts';
import { startServiceInProcess } from '../helpers/in-process-service.ts';
import { makeDestination, makeTransaction, openSpool } from '../helpers/mail.ts';
import { DELIVERED, messageResultOf } from '../helpers/outcomes.ts';
import type { RunningService } from '../helpers/service.ts';
import { eventsOf } from '../helpers/service-log.ts';

const DEAD = { node: 999, epoch: 999_999 };

let db: TestDatabase;
let service: RunningService;
let messageId = '';

beforeAll(async () => {
  db = await createTestDatabase();
  const destinationId = await makeDestination(db.sql, 'marked.test');
  await db.sql`
    insert into domains (id, tenant_id, destination_id, name, status)
    values (${newId()}, ${OPERATOR_TENANT_ID}, ${destinationId}, 'marked.test', 'ACTIVE')`;
  const spool = openSpool(db.target);
  const transaction = makeTransaction({ to: [{ address: 'known@marked.test', destinationId }] });
  messageId = transaction.id;
  await spool.accept(transaction);
  await spool.close();
  const claim = { destinationId, holder: DEAD, after: FIRST_KEY, limit: 10, flushNumber: null };
  expect((await claimDue(db.sql, claim)).messages).toHaveLength(1);
  await markDelivered(db.sql, { destinationId, holder: DEAD }, [messageResultOf(messageId, { 0: DELIVERED })]);
  service = await startServiceInProcess({ env: { DATABASE_URL: urlOf(db.target) } });
});
afterAll(async () => {
  await service?.remove();
  await db?.close();
});

test('its line and its attempt are logged once, and its recipients counted', async () => {
  const logged = await until('the delivery is logged', 30_000, () => {
    const about = eventsOf(service).filter((event) => event['messageId'] === messageId);
    return about.some(({ event }) => event === 'delivered') ? about : null;
  });
  expect(logged).toMatchObject([
    { event: 'attempt', domain: 'marked.test', host: 'mx.test', outcome: 'DELIVERED', recipientCount: 1 },
    { event: 'delivered', domain: 'marked.test', host: 'mx.test', recipientCount: 1 },
  ]);
  const metrics = await (await fetch(`${service.httpUrl}/metrics`)).text();
  expect(metrics).toMatch(/_delivered_total 1$/m);
});

test('its recipient is known good from then on', async () => {
  const isKnown = async () =>
    (await db.sql`select from recipient_answers where local_part = 'known' and delivered_at is not null`).length === 1;
  expect(await until('it is learned', 30_000, isKnown)).toBe(true);
});
