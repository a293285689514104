/** The trigger that fills the outbox knows the events that webhooks and alert contacts are told of, and no others. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { ALERTED_KINDS } from '../../src/notify/alert-text.ts';
import { eventKindsOf, WEBHOOK_KINDS } from '../../src/notify/webhook-input.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.close());

test('the kinds of the trigger are those that are told outside', async () => {
  const [row] = await db.sql<{ definition: string }[]>`
    select pg_get_triggerdef(oid) as definition from pg_trigger
    where tgrelid = 'events'::regclass and tgname = 'events_outbox'`;
  const kinds = [...(row?.definition ?? '').matchAll(/'(\w+)'/g)].map(([, kind = '']) => kind);
  expect(kinds.toSorted()).toEqual(eventKindsOf(WEBHOOK_KINDS).toSorted());
  expect(kinds).toEqual(expect.arrayContaining([...ALERTED_KINDS]));
});
