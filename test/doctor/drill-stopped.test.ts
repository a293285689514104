/** A drill whose attempt was cut because a node stopped: that says nothing of the primary, and is tried again; on a real database. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { runDrills } from '../../src/doctor/drill.ts';
import { newId } from '../../src/mail/id.ts';
import { formatReply } from '../../src/mail/reply.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { claimDue, FIRST_KEY } from '../../src/queue/claim.ts';
import { newDrillMark } from '../../src/queue/drills/drill-mark.ts';
import type { DrillResult } from '../../src/queue/drills/drills.ts';
import { recordOutcomes } from '../../src/queue/outcome.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination, makeTransaction, openSpool } from '../helpers/mail.ts';
import { NO_EVENTS } from '../helpers/no-events.ts';

const DOMAIN = 'stopped.test';
const holder = { node: 1, epoch: 1 };
const STOPPED = { code: 451, enhancedCode: '4.4.2', text: '[stopped by us]' };
const GREYLISTED = { code: 451, enhancedCode: '4.7.1', text: 'come back later' };
const GONE = { code: 451, enhancedCode: '4.4.1', text: '[connection lost]' };

let db: TestDatabase;
let destinationId: string;
let messageId: string;
let results: DrillResult[];

beforeAll(async () => {
  db = await createTestDatabase();
  destinationId = await makeDestination(db.sql, DOMAIN);
});
afterAll(() => db.close());
/** One whose message is in and was let go. */
beforeEach(async () => {
  results = [];
  const transaction = makeTransaction({ to: [{ address: `postmaster@${DOMAIN}`, destinationId }] });
  messageId = transaction.id;
  const spool = openSpool(db.target);
  await spool.accept(transaction);
  await spool.close();
  const mark = newDrillMark();
  await db.sql`update messages set envelope_id = ${mark} where id = ${messageId}`;
  await db.sql`
    insert into drills (id, tenant_id, destination_id, domain_name, recipient, hold_minutes, is_scheduled, envelope_id, state,
      message_id, entered_at, deliver_at, released_at)
    values (${newId()}, ${OPERATOR_TENANT_ID}, ${destinationId}, ${DOMAIN}, ${`postmaster@${DOMAIN}`}, 0, false, ${mark}, 'RELEASED',
      ${messageId}, bmx_now(), bmx_now(), bmx_now())`;
});

function claim() {
  return claimDue(db.sql, { destinationId, holder, after: FIRST_KEY, limit: 10, flushNumber: null });
}

/** An attempt, which ends so. */
async function attempt(reply: typeof STOPPED): Promise<void> {
  expect((await claim()).messages.map(({ id }) => id)).toEqual([messageId]);
  const text = reply.text.startsWith('[') ? reply.text : formatReply(reply);
  const dial = { host: 'mx.test', address: '127.0.0.1:25', tls: null, isHostLevel: false, latencyMs: 3 };
  await recordOutcomes(db.sql, {
    destinationId,
    holder,
    routeGeneration: 1,
    onBreaker: () => undefined,
    messageResults: [
      {
        messageId,
        outcomes: new Map([[0, { kind: 'DEFERRED', reply }]]),
        records: [{ ...dial, reply: text, outcome: 'DEFERRED', recipientNumbers: [0] }],
        isHostLevel: reply === STOPPED,
        isDrill: true,
      },
    ],
  });
}

function look(): Promise<void> {
  return runDrills({
    sql: db.database.queueSql,
    hostname: 'backup.test.example',
    listener: () => null,
    readOutlook: () => Promise.reject(new Error('nothing enters')),
    poke: () => undefined,
    events: { ...NO_EVENTS, drillFinished: ({ result }) => void results.push(result) },
  });
}

test('it waits for the attempt that is made anew, while that is under way too, and ends by what that comes to', async () => {
  await attempt(STOPPED);
  await look();
  expect(results).toEqual([]);
  await claim();
  await look();
  expect(results).toEqual([]);
  await db.sql`update messages set claimed_by = null, claim_epoch = null, next_attempt_at = claimed_at where id = ${messageId}`;
  await attempt(GONE);
  await look();
  expect(results).toEqual(['NOT_DELIVERED']);
});

test('put off then, it gets its second try all the same', async () => {
  await attempt(STOPPED);
  await attempt(GREYLISTED);
  await look();
  expect(results).toEqual([]);
  await db.moveClock('16 minutes');
  await look();
  expect(results).toEqual([]);
  await attempt(GREYLISTED);
  await look();
  expect(results).toEqual(['NOT_DELIVERED']);
});

test('nobody tries again: after ten minutes it ends', async () => {
  await attempt(STOPPED);
  await db.moveClock('11 minutes');
  await look();
  expect(results).toEqual(['NOT_DELIVERED']);
});
