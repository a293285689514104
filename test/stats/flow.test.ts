/** The flow of mail as a ledger: what came, what ended and how, and what was held at the end of each slot. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Outcome } from '../../src/mail/outcome.ts';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID, OPERATOR_VIEWER } from '../../src/mail/viewer.ts';
import { claimDue, FIRST_KEY } from '../../src/queue/claim.ts';
import { foldDeltas } from '../../src/queue/counts.ts';
import { expireHeld } from '../../src/queue/expiry.ts';
import { recordOutcomes } from '../../src/queue/outcome.ts';
import type { Spool } from '../../src/queue/accept/spool.ts';
import { cancelMessage } from '../../src/queue/verbs/commands.ts';
import { dropOldSteps, presentInstant, SERVICE_SUBJECT } from '../../src/stats/slots.ts';
import { type FlowSlot, readDestinationFlows, readServiceFlow, readTenantFlows } from '../../src/stats/flow.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination, makeTransaction, openSpool } from '../helpers/mail.ts';
import { DEFERRED, DELIVERED, FAILED, messageResultOf } from '../helpers/outcomes.ts';

let db: TestDatabase;
let spool: Spool;
const holder = { node: 1, epoch: 1 };

beforeAll(async () => {
  db = await createTestDatabase();
  spool = openSpool(db.target);
});
afterAll(async () => {
  await spool.close();
  await db.close();
});

async function accept(destinationId: string, name: string, recipients = ['x']): Promise<string> {
  const to = recipients.map((local) => ({ address: `${local}@${name}`, destinationId }));
  const transaction = makeTransaction({ to, content: 'Subject: hello\r\n\r\nbody\r\n' });
  await spool.accept(transaction);
  return transaction.id;
}

async function attempt(destinationId: string, messageId: string, outcomes: readonly Outcome[]): Promise<void> {
  await claimDue(db.sql, { destinationId, holder, after: FIRST_KEY, limit: 100, flushNumber: null });
  const messageResults = [messageResultOf(messageId, outcomes)];
  await recordOutcomes(db.sql, { destinationId, holder, routeGeneration: 1, messageResults });
}

/** The slots of the last so many hours in which something happened, or in which the level differs from the one before. */
async function told(read: (since: Date) => Promise<readonly FlowSlot[]>, hours: number) {
  const now = await presentInstant(db.sql);
  const slots = await read(new Date(now.getTime() - hours * 3_600_000));
  return slots
    .map(({ since: _since, until: _until, ...counts }) => counts)
    .filter(
      (slot, index) =>
        index === 0 ||
        JSON.stringify(slot) !== JSON.stringify(QUIET(slot)) ||
        slot.heldCount !== slots[index - 1]?.heldCount,
    );
}
const QUIET = ({ heldCount, heldSize }: { heldCount: number; heldSize: number }) => ({
  acceptedCount: 0,
  acceptedSize: 0,
  deliveredCount: 0,
  failedCount: 0,
  expiredCount: 0,
  cancelledCount: 0,
  attemptCount: 0,
  deferralCount: 0,
  heldCount,
  heldSize,
});

const SIZE = 'Subject: hello\r\n\r\nbody\r\n'.length;

test('each message counts once where it comes and once where it ends, and the level follows', async () => {
  const name = 'ledger.test';
  const id = await makeDestination(db.sql, name);
  const read = (since: Date) =>
    readDestinationFlows(db.sql, OPERATOR_VIEWER, [
      { subjectId: id, tenantId: OPERATOR_TENANT_ID, since, until: null, slots: 240 },
    ]).then(([flow = []]) => flow);
  const delivered = await accept(id, name);
  const mixed = await accept(id, name, ['a', 'b', 'c']);
  const cancelled = await accept(id, name);
  await accept(id, name);
  await foldDeltas(db.sql);
  expect(await told(read, 1)).toEqual([
    QUIET({ heldCount: 0, heldSize: 0 }),
    { ...QUIET({ heldCount: 4, heldSize: 4 * SIZE }), acceptedCount: 4, acceptedSize: 4 * SIZE },
  ]);

  await db.moveClock('10 minutes');
  await attempt(id, delivered, [DELIVERED]);
  // One of the message's recipients is held: it has not ended.
  await attempt(id, mixed, [DELIVERED, DEFERRED, FAILED]);
  await foldDeltas(db.sql);
  expect((await told(read, 1)).at(-1)).toEqual({
    ...QUIET({ heldCount: 3, heldSize: 3 * SIZE }),
    deliveredCount: 1,
    attemptCount: 4,
    deferralCount: 1,
  });

  await db.moveClock('1 hour');
  await db.sql`update messages set claimed_by = null, claim_epoch = null, next_attempt_at = bmx_now()`;
  await attempt(id, mixed, [DELIVERED, DELIVERED, DELIVERED]);
  await db.sql`update messages set claimed_by = null, claim_epoch = null`;
  expect((await cancelMessage(db.sql, OPERATOR_VIEWER, cancelled, 'test')).kind).not.toBe('IN_DELIVERY');
  await foldDeltas(db.sql);
  // The worst end of its three recipients is the end of the message.
  expect((await told(read, 1)).at(-1)).toEqual({
    ...QUIET({ heldCount: 1, heldSize: SIZE }),
    failedCount: 1,
    cancelledCount: 1,
    attemptCount: 3,
  });

  await db.moveClock('11 days');
  await db.sql`update messages set claimed_by = null, claim_epoch = null`;
  const [row] = await db.sql<{ now: string }[]>`select bmx_now()::text as now`;
  await expireHeld(db.sql, {
    destinationId: id,
    begunAt: row?.now ?? '',
    reply: '[timeout]',
    onResults: () => undefined,
  });
  await foldDeltas(db.sql);
  const all = await told(read, 12 * 24);
  expect(all.at(-1)).toEqual({ ...QUIET({ heldCount: 0, heldSize: 0 }), expiredCount: 1 });
  // In steps of an hour the first ten minutes are one slot.
  expect(all).toHaveLength(4);
  expect(all.reduce((sum, { acceptedCount }) => sum + acceptedCount, 0)).toBe(4);
  // A year by days: all of it is still there.
  const year = await told(read, 365 * 24);
  expect(year.reduce((sum, slot) => sum + slot.acceptedCount - slot.deliveredCount - slot.failedCount, 0)).toBe(2);
  expect(year.at(-1)?.heldCount).toBe(0);

  const service = await readServiceFlow(db.sql, OPERATOR_VIEWER, { since: new Date(0), until: null, slots: 1 });
  expect(service).toMatchObject([
    { acceptedCount: 4, deliveredCount: 1, failedCount: 1, expiredCount: 1, cancelledCount: 1 },
  ]);
  const [tenant] = await readTenantFlows(db.sql, OPERATOR_VIEWER, [
    { subjectId: OPERATOR_TENANT_ID, tenantId: OPERATOR_TENANT_ID, since: new Date(0), until: null, slots: 1 },
  ]);
  expect(tenant).toEqual([...service]);
});

test('another tenant sees nothing of it, also of the service', async () => {
  const name = 'theirs.test';
  const id = await makeDestination(db.sql, name);
  await accept(id, name);
  await foldDeltas(db.sql);
  const stranger = { tenantId: newId(), isOperator: false };
  const asked = { since: new Date(0), until: null, slots: 1 };
  const owned = { ...asked, subjectId: id, tenantId: OPERATOR_TENANT_ID };
  expect((await readDestinationFlows(db.sql, OPERATOR_VIEWER, [owned]))[0]).toMatchObject([{ acceptedCount: 1 }]);
  expect((await readDestinationFlows(db.sql, stranger, [owned]))[0]).toMatchObject([
    { acceptedCount: 0, heldCount: 0 },
  ]);
  const tenant = { ...asked, subjectId: OPERATOR_TENANT_ID, tenantId: OPERATOR_TENANT_ID };
  expect((await readTenantFlows(db.sql, stranger, [tenant]))[0]).toMatchObject([{ acceptedCount: 0, heldCount: 0 }]);
  expect(await readServiceFlow(db.sql, stranger, asked)).toMatchObject([{ acceptedCount: 0, heldCount: 0 }]);
});

test('questions about many domains are one statement, each with its own range', async () => {
  const ids = await Promise.all(['one', 'two', 'three'].map((name) => makeDestination(db.sql, `${name}.test`)));
  for (const [index, id] of ids.entries())
    await db.sql`
      insert into queue_delta (destination_id, tenant_id, held_count, held_bytes)
      values (${id}, ${OPERATOR_TENANT_ID}, ${index + 1}, 10)`;
  await foldDeltas(db.sql);
  const since = new Date((await presentInstant(db.sql)).getTime() - 3_600_000);
  const flows = await readDestinationFlows(
    db.sql,
    OPERATOR_VIEWER,
    ids.map((id, index) => ({ subjectId: id, tenantId: OPERATOR_TENANT_ID, since, until: null, slots: index + 1 })),
  );
  expect(flows.map((flow) => flow.length)).toEqual([1, 2, 3]);
  expect(flows.map((flow) => flow.at(-1)?.heldCount)).toEqual([1, 2, 3]);
  expect(flows.map((flow) => flow.reduce((sum, { acceptedCount }) => sum + acceptedCount, 0))).toEqual([1, 2, 3]);
});

test('steps past their time go, the longer ones stay', async () => {
  const id = await makeDestination(db.sql, 'old.test');
  await accept(id, 'old.test');
  await foldDeltas(db.sql);
  const steps = async () => {
    await dropOldSteps(db.sql, 2);
    const rows = await db.sql<{ step: number }[]>`
      select step_minutes as step from flow_slots where subject_id = ${id} order by 1`;
    return rows.map(({ step }) => step);
  };
  expect(await steps()).toEqual([5, 60, 1440]);
  await db.moveClock('3 days');
  expect(await steps()).toEqual([60, 1440]);
  await db.moveClock('15 days');
  expect(await steps()).toEqual([1440]);
  await db.moveClock('400 days');
  expect(await steps()).toEqual([]);
  const [left] = await db.sql`select from flow_slots where subject_id = ${SERVICE_SUBJECT}`;
  expect(left).toBeUndefined();
});
