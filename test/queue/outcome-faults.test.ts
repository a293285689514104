/**
 * Recording what attempts brought fails at each of its statements, and behind each commit: whether the same hand repeats it or
 * dies there, every recipient ends once, is counted once and reported once, and the breaker is told once.
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createGroupWriter } from '../../src/delivery/group-writer.ts';
import type { Outcome } from '../../src/mail/outcome.ts';
import { claimDue, FIRST_KEY, type Holder, releaseDeadClaims } from '../../src/queue/claim.ts';
import { markDelivered, recordOutcomes, type MessageResult } from '../../src/queue/outcome.ts';
import { finalizeMarked } from '../../src/queue/marks.ts';
import type { Spool } from '../../src/queue/accept/spool.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { type Fault, faultySql } from '../helpers/faulty-sql.ts';
import { makeDestination, makeTransaction, openSpool } from '../helpers/mail.ts';
import { messageResultOf } from '../helpers/outcomes.ts';

let db: TestDatabase;
let spool: Spool;

beforeAll(async () => {
  db = await createTestDatabase();
  spool = openSpool(db.target);
});
afterAll(async () => {
  await spool.close();
  await db.close();
});

const HAND: Holder = { node: 1, epoch: 1 };
const HEIR: Holder = { node: 2, epoch: 2 };
const TAKEN: Outcome = { kind: 'DELIVERED', reply: { code: 250, enhancedCode: '2.0.0', text: 'ok' } };
const LATER: Outcome = { kind: 'DEFERRED', reply: { code: 451, enhancedCode: '4.2.0', text: 'later' } };
const NEVER: Outcome = {
  kind: 'FAILED',
  reply: { code: 550, enhancedCode: '5.1.1', text: 'no such user' },
  isAtRcpt: true,
};

/** Two messages whose recipients meet these. */
interface Case {
  readonly name: string;
  readonly first: readonly Outcome[];
  readonly second: readonly Outcome[];
  readonly breaker: 'CLOSED' | 'OPEN';
  /** Of all recipients, in order. */
  readonly states: readonly string[];
  readonly heldCount: number;
  readonly reportCount: number;
  readonly breakerAfter: { readonly breaker: string; readonly trial_count: number };
  /** Messages of a dead hand's mark that its heir tries again, for the recipients of whom the mark does not speak. */
  readonly triedAgain?: number;
}

const CASES: readonly Case[] = [
  {
    name: 'taken and put off',
    first: [TAKEN],
    second: [TAKEN, LATER],
    breaker: 'CLOSED',
    states: ['DELIVERED', 'DELIVERED', 'HELD'],
    heldCount: 1,
    reportCount: 0,
    breakerAfter: { breaker: 'CLOSED', trial_count: 0 },
  },
  {
    name: 'refused for good',
    first: [NEVER],
    second: [TAKEN, NEVER],
    breaker: 'CLOSED',
    states: ['FAILED', 'DELIVERED', 'FAILED'],
    heldCount: 0,
    reportCount: 2,
    breakerAfter: { breaker: 'CLOSED', trial_count: 0 },
  },
  {
    name: 'taken behind an open breaker',
    first: [TAKEN],
    second: [TAKEN, LATER],
    breaker: 'OPEN',
    states: ['DELIVERED', 'DELIVERED', 'HELD'],
    heldCount: 1,
    reportCount: 0,
    breakerAfter: { breaker: 'TRIAL', trial_count: 2 },
  },
  {
    name: 'refused behind an open breaker',
    first: [NEVER],
    second: [TAKEN, NEVER],
    breaker: 'OPEN',
    states: ['HELD', 'DELIVERED', 'HELD'],
    heldCount: 2,
    reportCount: 0,
    breakerAfter: { breaker: 'TRIAL', trial_count: 2 },
    triedAgain: 1,
  },
];

const CASES_AND_FAULTS = CASES.flatMap((one) =>
  (['BEFORE_STATEMENT', 'AFTER_COMMIT'] as const).flatMap((when) =>
    (['repeats it', 'dies'] as const).flatMap((what) =>
      (['', ', marked before'] as const).map((mark) => [one.name + mark, when, what, one, mark !== ''] as const),
    ),
  ),
);

let count = 0;

interface Scene {
  readonly destinationId: string;
  readonly ids: readonly string[];
}

async function prepare({ first, second, breaker }: Case): Promise<Scene> {
  count += 1;
  const name = `faults-${count}.test`;
  const destinationId = await makeDestination(db.sql, name);
  const ids: string[] = [];
  for (const outcomes of [first, second]) {
    const to = outcomes.map((_, n) => ({ address: `user${n}@${name}`, destinationId }));
    const transaction = makeTransaction({ to });
    await spool.accept(transaction);
    ids.push(transaction.id);
  }
  await db.sql`
    update destinations set breaker = ${breaker}, breaker_since = case when ${breaker === 'OPEN'} then bmx_now() end
    where id = ${destinationId}`;
  return { destinationId, ids };
}

async function claim({ destinationId }: Scene, holder: Holder): Promise<Set<string>> {
  const input = { destinationId, holder, after: FIRST_KEY, limit: 10, flushNumber: null };
  return new Set((await claimDue(db.sql, input)).messages.map(({ id }) => id));
}

/** Records what both messages met. Resolves when all is recorded, or, where it is not repeated, when the hand has died. */
async function record(
  scene: Scene,
  { first, second }: Case,
  hand: { holder: Holder; fault: Fault; isRepeating: boolean; isMarked: boolean },
) {
  const { sql, hasStruck } = faultySql(db.sql, hand.fault);
  const faults: unknown[] = [];
  const { destinationId } = scene;
  const { holder } = hand;
  const [one = '', other = ''] = scene.ids;
  const marks: string[] = [];
  if (hand.isMarked) {
    const messageResults = [messageResultOf(one, first), messageResultOf(other, second)];
    const mark = await markDelivered(db.sql, { destinationId, holder }, messageResults);
    if (mark !== null) marks.push(mark);
  }
  const recorder = createGroupWriter<MessageResult>({
    most: 200,
    enough: 28,
    gatherMs: 30,
    lateAfterMs: () => 200,
    record: async (messageResults) => {
      await recordOutcomes(sql, { destinationId, holder, routeGeneration: 1, messageResults, marks });
    },
    onFault: async (error) => {
      faults.push(error);
    },
    isAway: () => false,
    repeatAfterMs: hand.isRepeating ? [0] : [],
  });
  await Promise.all([recorder.add(messageResultOf(one, first)), recorder.add(messageResultOf(other, second))]);
  await recorder.idle();
  return { hasStruck: hasStruck(), faults };
}

/** Who inherits a dead hand's claims makes the attempts anew, and this time nothing happens. */
async function inherit(scene: Scene, { first, second }: Case): Promise<void> {
  await db.sql.begin(async (transaction) => {
    await finalizeMarked(transaction, HAND);
    await releaseDeadClaims(transaction, HAND);
  });
  const claimed = await claim(scene, HEIR);
  const [one = '', other = ''] = scene.ids;
  const messageResults = [messageResultOf(one, first), messageResultOf(other, second)].filter(({ messageId }) =>
    claimed.has(messageId),
  );
  const { destinationId } = scene;
  if (messageResults.length > 0)
    await recordOutcomes(db.sql, { destinationId, holder: HEIR, routeGeneration: 1, messageResults });
}

async function see({ destinationId, ids }: Scene) {
  const { sql } = db;
  const held = await sql<{ message_id: string; number: number; state: string }[]>`
    select message_id, number, state from recipients where destination_id = ${destinationId}`;
  const ended = await sql<{ message_id: string; number: number; state: string }[]>`
    select h.id as message_id, (r ->> 'number')::int as number, r ->> 'state' as state
    from history h cross join jsonb_array_elements(h.recipients) as r where h.destination_id = ${destinationId}`;
  const [row] = await sql<
    {
      breaker: string;
      trial_count: number;
      counted: number;
      rows: number;
      claimed: number;
      reports: number;
      dropped: number;
      marks: number;
    }[]
  >`
    select breaker, trial_count,
      (held_count + coalesce((select sum(held_count) from queue_delta q where q.destination_id = d.id), 0))::int as counted,
      (select count(*) from messages m where m.destination_id = d.id)::int as rows,
      (select count(*) from messages m where m.destination_id = d.id and claimed_by is not null)::int as claimed,
      (select count(*) from reports_due r cross join jsonb_array_elements(r.facts -> 'recipients') where r.destination_id = d.id)::int as reports,
      (select count(*) from messages m where m.destination_id = d.id
        and not exists (select from contents c where c.message_id = m.id))::int as dropped,
      (select count(*) from delivery_marks k where k.destination_id = d.id)::int as marks
    from destinations d where d.id = ${destinationId}`;
  const order = (id: string) => ids.indexOf(id);
  const states = [...held, ...ended].sort((a, b) => order(a.message_id) - order(b.message_id) || a.number - b.number);
  return { states: states.map(({ state }) => state), ...row };
}

describe.each(CASES_AND_FAULTS)('%s, lost %s, and the hand %s', (_name, when, what, one, isMarked) => {
  test('nothing is lost, doubled or stuck', async () => {
    const { states, heldCount, reportCount, breakerAfter, triedAgain = 0 } = one;
    let struck = 0;
    for (let at = 1; ; at += 1) {
      const scene = await prepare(one);
      await claim(scene, HAND);
      const isRepeating = what === 'repeats it';
      const { hasStruck, faults } = await record(scene, one, {
        holder: HAND,
        fault: { at, when, isLasting: !isRepeating },
        isRepeating,
        isMarked,
      });
      const isInherited = !isRepeating && faults.length > 0;
      if (isInherited) await inherit(scene, one);
      const again = isInherited && isMarked && when === 'BEFORE_STATEMENT' ? triedAgain : 0;
      expect({ at, ...(await see(scene)) }).toEqual({
        at,
        states: [...states],
        counted: heldCount,
        rows: heldCount,
        claimed: 0,
        reports: reportCount,
        dropped: 0,
        marks: 0,
        ...breakerAfter,
        trial_count: breakerAfter.trial_count + again,
      });
      if (!hasStruck) break;
      if (isRepeating) expect(faults).toEqual([]);
      struck += 1;
    }
    expect(struck).toBeGreaterThanOrEqual(when === 'AFTER_COMMIT' ? 1 : 2);
  });
});
