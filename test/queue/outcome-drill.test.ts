/** What a fire drill meets is recorded, and tells the breaker nothing, in either direction; on a real database. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import type { Outcome } from '../../src/mail/outcome.ts';
import { formatReply } from '../../src/mail/reply.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import type { BreakerStep } from '../../src/outage/breaker-state.ts';
import { claimDue, FIRST_KEY } from '../../src/queue/claim.ts';
import { recordOutcomes, type MessageResult } from '../../src/queue/outcome.ts';
import type { Spool } from '../../src/queue/accept/spool.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination, makeTransaction, openSpool } from '../helpers/mail.ts';

const holder = { node: 1, epoch: 1 };
const TAKEN: Outcome = { kind: 'DELIVERED', reply: { code: 250, enhancedCode: '2.0.0', text: 'ok' } };
const NO_USER = { code: 550, enhancedCode: '5.1.1', text: 'no such user' };
const REFUSED: Outcome = { kind: 'FAILED', reply: NO_USER, isAtRcpt: true };
/** Mailboxes known good. */
const STAFF = Array.from({ length: 20 }, (_, n) => `staff${n}`);

let db: TestDatabase;
let spool: Spool;
let domainCount = 0;
let id = '';
let name = '';

beforeAll(async () => {
  db = await createTestDatabase();
  spool = openSpool(db.target);
});
afterAll(async () => {
  await spool.close();
  await db.close();
});
beforeEach(async () => {
  domainCount += 1;
  name = `drilled-${domainCount}.test`;
  id = await makeDestination(db.sql, name);
  await db.sql`
    insert into domains (id, tenant_id, destination_id, name, status)
    values (new_id(), ${OPERATOR_TENANT_ID}, ${id}, ${name}, 'ACTIVE')`;
  await db.sql`
    insert into recipient_answers (destination_id, tenant_id, local_part, delivered_at, forget_at)
    select ${id}, ${OPERATOR_TENANT_ID}, local_part, bmx_now(), bmx_now() + interval '90 days'
    from unnest(${STAFF}::text[]) as given (local_part)`;
});

interface Met {
  readonly localParts: readonly string[];
  readonly outcome: Outcome;
  readonly isDrill: boolean;
}

/** One message for each local part, accepted, claimed, and all settled at once. */
async function settleAll(...met: readonly Met[]) {
  const messageResults: MessageResult[] = [];
  for (const { localParts, outcome, isDrill } of met) {
    for (const localPart of localParts) {
      const to = [{ address: `${localPart}@${name}`, destinationId: id }];
      const transaction = makeTransaction({ to });
      await spool.accept(transaction);
      const dial = { host: 'mx.test', address: '127.0.0.1:25', tls: null, isHostLevel: false, latencyMs: 3 };
      const reply = formatReply(outcome.reply);
      const records = [{ ...dial, reply, outcome: outcome.kind, recipientNumbers: [0] }];
      const messageResult = {
        messageId: transaction.id,
        outcomes: new Map([[0, outcome]]),
        records,
        isHostLevel: false,
      };
      messageResults.push(isDrill ? { ...messageResult, isDrill } : messageResult);
    }
  }
  await claimDue(db.sql, { destinationId: id, holder, after: FIRST_KEY, limit: 100, flushNumber: null });
  let step: BreakerStep | null = null;
  const onBreaker = (_state: string, taken: BreakerStep | null) => {
    step = taken;
  };
  const results = await recordOutcomes(db.sql, {
    destinationId: id,
    holder,
    routeGeneration: 1,
    onBreaker,
    messageResults,
  });
  return { states: results.map(({ state }) => state), step: step as BreakerStep | null };
}

const drillsOf = (localParts: readonly string[], outcome: Outcome): Met => ({ localParts, outcome, isDrill: true });
const mailOf = (localParts: readonly string[], outcome: Outcome): Met => ({ localParts, outcome, isDrill: false });

async function setBreaker(state: 'CLOSED' | 'TRIAL' | 'OPEN'): Promise<void> {
  await db.sql`update destinations set breaker = ${state}, breaker_since = bmx_now(), trial_count = 0 where id = ${id}`;
}

async function readDestination() {
  const [row] = await db.sql<{ breaker: string; trial_count: number; outage_id: string | null }[]>`
    select breaker, trial_count, outage_id from destinations where id = ${id}`;
  return row;
}

test('twenty that are refused open nothing, in a trial neither; each ends with its refusal and nobody is suspected', async () => {
  for (const state of ['CLOSED', 'TRIAL'] as const) {
    if (state === 'TRIAL') await setBreaker('TRIAL');
    const { states, step } = await settleAll(drillsOf(STAFF, REFUSED));
    expect({ state, step, states }).toEqual({ state, step: null, states: Array(20).fill('FAILED') });
    expect(await readDestination()).toEqual({ breaker: state, trial_count: 0, outage_id: null });
  }
  expect(await db.sql`select kind from events where destination_id = ${id} and kind like '%SUSPECTED'`).toHaveLength(0);
  // Nor is it mail that ended badly, which digests tell of.
  const failed = () => db.sql`select kind, count from mail_counts where destination_id = ${id}`;
  expect([...(await failed())]).toEqual([]);
  await setBreaker('CLOSED');
  await settleAll(mailOf(['stranger'], REFUSED), drillsOf(STAFF, REFUSED));
  expect([...(await failed())]).toMatchObject([{ kind: 'FAILED', count: 1 }]);
});

test('beside mail they count for nothing, neither with what was refused nor against it', async () => {
  await setBreaker('TRIAL');
  const before = await settleAll(mailOf(STAFF.slice(0, 2), REFUSED), drillsOf(STAFF.slice(2), REFUSED));
  expect(before.step).toBeNull();
  expect(await readDestination()).toMatchObject({ breaker: 'TRIAL', trial_count: -2 });
  // Twenty that are taken do not speak against the third mailbox refused.
  const { step } = await settleAll(mailOf(['staff2'], REFUSED), drillsOf(STAFF, TAKEN));
  expect(step).toMatchObject({ from: 'TRIAL', to: 'OPEN' });
});

test('one that was under way when the breaker opened, and is taken, does not bring its trial', async () => {
  await setBreaker('OPEN');
  expect((await settleAll(drillsOf(['staff0'], TAKEN))).step).toBeNull();
  expect(await readDestination()).toMatchObject({ breaker: 'OPEN' });
  expect((await settleAll(mailOf(['staff1'], TAKEN))).step).toMatchObject({ from: 'OPEN', to: 'TRIAL' });
});
