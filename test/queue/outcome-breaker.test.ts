/** Refusals and the breaker on a real database: who is kept, who fails, when it opens, and what closes it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { newId } from '../../src/mail/id.ts';
import type { Outcome } from '../../src/mail/outcome.ts';
import { OPERATOR_TENANT_ID, OPERATOR_VIEWER } from '../../src/mail/viewer.ts';
import { feedBreakerAlone, type BreakerStep } from '../../src/outage/breaker-state.ts';
import { readBreakers } from '../../src/outage/inspect.ts';
import { closeTrials, releaseBreaker } from '../../src/outage/breaker-state.ts';
import { recordFailure, recordSuccess } from '../../src/outage/clock.ts';
import { claimDue, claimProbe, FIRST_KEY } from '../../src/queue/claim.ts';
import { cancelMessage } from '../../src/queue/verbs/commands.ts';
import { recordOutcomes } from '../../src/queue/outcome.ts';
import type { Spool } from '../../src/queue/accept/spool.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination, makeTransaction, openSpool } from '../helpers/mail.ts';
import { messageResultOf } from '../helpers/outcomes.ts';

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

const TAKEN: Outcome = { kind: 'DELIVERED', reply: { code: 250, enhancedCode: '2.0.0', text: 'ok' } };
const LATER: Outcome = { kind: 'DEFERRED', reply: { code: 451, enhancedCode: '4.2.0', text: 'later' } };
const NO_USER = { code: 550, enhancedCode: '5.1.1', text: 'no such user' };
const REFUSED: Outcome = { kind: 'FAILED', reply: NO_USER, isAtRcpt: true };
const CONTENT: Outcome = { kind: 'FAILED', reply: { code: 554, enhancedCode: '5.6.0', text: 'bad content' } };

let domainCount = 0;
let id = '';
let name = '';

beforeEach(async () => {
  domainCount += 1;
  name = `breaker-${domainCount}.test`;
  id = await makeDestination(db.sql, name);
  const domainId = newId();
  await db.sql`
    insert into domains (id, tenant_id, destination_id, name, status, recipient_delimiter)
    values (${domainId}, ${OPERATOR_TENANT_ID}, ${id}, ${name}, 'ACTIVE', '+')`;
  await db.sql`
    insert into recipient_entries (domain_id, tenant_id, destination_id, local_part)
    values (${domainId}, ${OPERATOR_TENANT_ID}, ${id}, 'listed'), (${domainId}, ${OPERATOR_TENANT_ID}, ${id}, 'team_*')`;
});

async function knowGood(...localParts: string[]): Promise<void> {
  await db.sql`
    insert into recipient_answers (destination_id, tenant_id, local_part, delivered_at, forget_at)
    select ${id}, ${OPERATOR_TENANT_ID}, local_part, bmx_now(), bmx_now() + interval '90 days'
    from unnest(${localParts}::text[]) as given (local_part)`;
}

/** One message for these local parts; its id. */
async function accept(...localParts: string[]): Promise<string> {
  const transaction = makeTransaction({
    to: localParts.map((localPart) => ({ address: `${localPart}@${name}`, destinationId: id })),
  });
  await spool.accept(transaction);
  return transaction.id;
}

async function claimAll(): Promise<string[]> {
  const { messages } = await claimDue(db.sql, {
    destinationId: id,
    holder,
    after: FIRST_KEY,
    limit: 100,
    flushNumber: null,
  });
  return messages.map((message) => message.id);
}

interface Brought {
  readonly outcomes: readonly Outcome[];
  readonly numbers?: readonly number[];
}

/** What one attempt of each message brought; its step of the breaker. */
async function bring(brought: Readonly<Record<string, Brought>>, by = holder) {
  let step: BreakerStep | null = null;
  const results = await recordOutcomes(db.sql, {
    destinationId: id,
    holder: by,
    routeGeneration: 1,
    onBreaker: (_state, taken) => {
      step = taken;
    },
    messageResults: Object.entries(brought).map(([messageId, { outcomes, numbers = outcomes.map((_, n) => n) }]) =>
      messageResultOf(messageId, Object.fromEntries(outcomes.map((outcome, at) => [numbers[at] ?? at, outcome]))),
    ),
  });
  return { results, states: results.map(({ state }) => state), step: step as BreakerStep | null };
}

/** Accepts and claims one message for each local part, and settles all at once. */
async function judge(outcomes: Readonly<Record<string, Outcome>>) {
  const brought: Record<string, Brought> = {};
  for (const [localPart, outcome] of Object.entries(outcomes)) {
    brought[await accept(localPart)] = { outcomes: [outcome] };
  }
  await claimAll();
  return bring(brought);
}

const refusing = (localParts: readonly string[], outcome: Outcome = REFUSED) =>
  Object.fromEntries(localParts.map((localPart) => [localPart, outcome]));
const named = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}${n}`);

async function setBreaker(state: 'CLOSED' | 'TRIAL' | 'OPEN', trialCount = 0): Promise<void> {
  await db.sql`update destinations set breaker = ${state}, breaker_since = bmx_now(), trial_count = ${trialCount} where id = ${id}`;
}

async function readDestination() {
  const [row] = await db.sql<
    {
      breaker: string;
      trial_count: number;
      breaker_reply: string | null;
      is_watched: boolean;
      class: string | null;
      /** To the minute. */
      waits_s: number | null;
    }[]
  >`
    select d.breaker, d.trial_count, d.breaker_reply, d.breaker_since is not null as is_watched, o.class,
      round(extract(epoch from d.next_attempt_at - bmx_now()) / 60)::int * 60 as waits_s
    from destinations d left join outages o on o.id = d.outage_id and o.ended_at is null where d.id = ${id}`;
  return row;
}

async function readRecipients(messageId: string) {
  return db.sql<{ state: string; is_suspected: boolean; suspected_reply: string | null }[]>`
    select state, suspected_at is not null as is_suspected, suspected_reply
    from recipients where message_id = ${messageId} order by number`;
}

async function eventKinds(): Promise<string[]> {
  const rows = await db.sql<
    { kind: string }[]
  >`select kind from events where destination_id = ${id} and message_id is null order by id`;
  return rows.map(({ kind }) => kind);
}

describe('a recipient known good', () => {
  test('is kept at its first refusal, whether delivered to, listed, listed by a wildcard or behind the delimiter', async () => {
    await knowGood('alice');
    const messageId = await accept('Alice', 'listed', 'team_one', 'alice+news', 'stranger', 'teamXone');
    await claimAll();
    const { states } = await bring({ [messageId]: { outcomes: Array.from({ length: 6 }, () => REFUSED) } });
    expect(states).toEqual(['HELD', 'HELD', 'HELD', 'HELD', 'FAILED', 'FAILED']);
    const rows = await readRecipients(messageId);
    expect(rows.map((row) => row.is_suspected)).toEqual([true, true, true, true, false, false]);
    expect(rows[0]?.suspected_reply).toBe('550 5.1.1 no such user');
    const [message] = await db.sql<{ waits: number }[]>`
      select round(extract(epoch from next_attempt_at - claimed_at))::int as waits from messages where id = ${messageId}`;
    expect(message?.waits).toBe(900);
    const attempts = await db.sql<{ outcome: string }[]>`
      select outcome from attempts where message_id = ${messageId} order by recipient_numbers`;
    expect(attempts.map(({ outcome }) => outcome)).toEqual([...Array(4).fill('DEFERRED'), 'FAILED', 'FAILED']);
    const [event] = await db.sql<
      { facts: { count: number; knownGoodCount: number; recipients: { mailbox: string }[] } }[]
    >`
      select facts from events where destination_id = ${id} and kind = 'RECIPIENT_SUSPECTED'`;
    expect(event?.facts).toMatchObject({ count: 4, knownGoodCount: 4 });
    expect(event?.facts.recipients.map(({ mailbox }) => mailbox).sort()).toEqual(['alice', 'listed', 'team_one']);
  });

  test('fails with the second refusal at least an hour later, and only then; the sender is told once', async () => {
    await knowGood('alice');
    const messageId = await accept('alice');
    for (const [wait, state] of [
      ['0', 'HELD'],
      ['15 minutes', 'HELD'],
      ['44 minutes', 'HELD'],
      ['16 minutes', 'FAILED'],
    ] as const) {
      await db.moveClock(wait);
      await db.sql`update messages set next_attempt_at = bmx_now() where id = ${messageId}`;
      expect(await claimAll()).toEqual([messageId]);
      expect((await bring({ [messageId]: { outcomes: [REFUSED] } })).states).toEqual([state]);
    }
    const reports = await db.sql`select from reports_due where message_id = ${messageId}`;
    expect(reports).toHaveLength(1);
    expect((await eventKinds()).filter((kind) => kind === 'RECIPIENT_SUSPECTED')).toHaveLength(1);
  });

  test('a deferral between leaves the suspicion, what was refused behind RCPT ends it at once', async () => {
    await knowGood('alice', 'bob');
    const alice = await accept('alice');
    const bob = await accept('bob');
    await claimAll();
    expect((await bring({ [alice]: { outcomes: [REFUSED] }, [bob]: { outcomes: [CONTENT] } })).states).toEqual([
      'HELD',
      'FAILED',
    ]);
    await db.sql`update messages set next_attempt_at = bmx_now() where id = ${alice}`;
    await claimAll();
    await bring({ [alice]: { outcomes: [LATER] } });
    expect(await readRecipients(alice)).toMatchObject([{ state: 'HELD', is_suspected: true }]);
  });

  test('in a refusal by words of our own it is not kept: no host has spoken', async () => {
    await setBreaker('TRIAL');
    const messageId = await accept('listed');
    await claimAll();
    const results = await recordOutcomes(db.sql, {
      destinationId: id,
      holder,
      routeGeneration: 1,
      messageResults: [
        { messageId, isHostLevel: false, records: [], outcomes: new Map([[0, { kind: 'FAILED', reply: NO_USER }]]) },
      ],
    });
    expect(results.map(({ state }) => state)).toEqual(['FAILED']);
  });
});

describe('claims', () => {
  test('a refusal by a hand that has lost its place counts for nothing, a cancelled recipient stays cancelled', async () => {
    await setBreaker('TRIAL');
    const late = await accept('a');
    const cancelled = await accept('listed');
    await claimAll();
    await db.sql`update messages set claim_epoch = 2 where id = ${late}`;
    await db.sql`update messages set claimed_by = null, claim_epoch = null where id = ${cancelled}`;
    await cancelMessage(db.sql, OPERATOR_VIEWER, cancelled, 'test');
    const { results } = await bring({ [late]: { outcomes: [REFUSED] }, [cancelled]: { outcomes: [REFUSED] } });
    expect(results).toEqual([]);
    expect(await readRecipients(late)).toMatchObject([{ state: 'HELD', is_suspected: false }]);
    expect((await eventKinds()).filter((kind) => kind !== 'MESSAGE_CANCELLED')).toEqual([]);
    expect(await readDestination()).toMatchObject({ trial_count: 0 });
  });

  test('several recipients: the taken are gone, the refused are kept alone', async () => {
    await setBreaker('TRIAL');
    const messageId = await accept('a', 'b', 'c');
    await claimAll();
    expect((await bring({ [messageId]: { outcomes: [TAKEN, REFUSED, LATER] } })).states).toEqual([
      'DELIVERED',
      'HELD',
      'HELD',
    ]);
    expect((await readRecipients(messageId)).map((row) => row.is_suspected)).toEqual([false, true, false]);
    expect(await readDestination()).toMatchObject({ breaker: 'TRIAL', trial_count: 1 });
    const [event] = await db.sql<{ facts: { messageCount: number } }[]>`
      select facts from events where destination_id = ${id} and kind = 'RECIPIENT_SUSPECTED'`;
    expect(event?.facts.messageCount).toBe(0);
  });

  test('at the end of its lifetime a suspected recipient expires', async () => {
    await setBreaker('TRIAL');
    const messageId = await accept('a');
    await db.sql`update messages set accepted_at = bmx_now() - interval '240 hours' where id = ${messageId}`;
    await db.sql`update service_presence set resumed_at = null`;
    await claimAll();
    expect((await bring({ [messageId]: { outcomes: [REFUSED] } })).states).toEqual(['EXPIRED']);
  });
});

describe('a trial', () => {
  beforeEach(async () => {
    const { now } = (await db.sql<{ now: string }[]>`select bmx_now()::text as now`)[0] ?? { now: '' };
    await recordFailure(db.sql, { destinationId: id, begunAt: now, trouble: 'REFUSED', reply: '[refused]' });
  });

  test('begins with the first verdict that ends an outage; nobody fails in it, not even strangers', async () => {
    const { states, step } = await judge({ stranger: REFUSED, other: TAKEN });
    expect(states.toSorted()).toEqual(['DELIVERED', 'HELD']);
    expect(step).toMatchObject({ from: 'CLOSED', to: 'TRIAL' });
    expect(await readDestination()).toMatchObject({ breaker: 'TRIAL', trial_count: 2 });
    expect(await eventKinds()).toEqual(['OUTAGE_OPENED', 'RECIPIENT_SUSPECTED', 'BREAKER_TRIAL']);
  });

  test('begins also where the outage ends with a deferral, or with the refusal of who is suspected already', async () => {
    await judge({ late: LATER });
    await recordSuccess(db.sql, id);
    expect(await eventKinds()).toContain('BREAKER_TRIAL');
    expect((await judge({ stranger: REFUSED })).states).toEqual(['HELD']);
    expect(await readDestination()).toMatchObject({ breaker: 'TRIAL', trial_count: -1 });
  });

  test('counts who is refused again, suspected before it: a server that has taken one is not set up for that', async () => {
    await knowGood('a', 'b', 'c');
    const ids = [await accept('a'), await accept('b'), await accept('c')];
    await claimAll();
    const refused = Object.fromEntries(ids.map((messageId) => [messageId, { outcomes: [REFUSED] }]));
    expect((await bring(refused)).step?.to).toBe('OPEN');
    expect((await judge({ somebody: TAKEN })).step?.to).toBe('TRIAL');
    await recordSuccess(db.sql, id);
    await db.moveClock('50 minutes');
    await claimAll();
    const again = await bring(refused);
    expect(again.states).toEqual(['HELD', 'HELD', 'HELD']);
    expect(again.step).toMatchObject({ from: 'TRIAL', to: 'OPEN' });
  });

  test('opens at the third mailbox known good, with the reply; the outage is MISCONFIGURED, the next attempt in an hour', async () => {
    await knowGood('a', 'b', 'c');
    expect((await judge(refusing(['a', 'b']))).step?.to).toBe('TRIAL');
    const { step, states } = await judge(refusing(['c']));
    expect(states).toEqual(['HELD']);
    const reply = '550 5.1.1 no such user';
    const opening = { from: 'TRIAL', to: 'OPEN', isAfterTrial: false } as const;
    expect(step).toEqual({ ...opening, reply, openedOutageId: null, formerClass: 'DOWN' });
    const stored = { breaker: 'OPEN', breaker_reply: reply, class: 'MISCONFIGURED', waits_s: 3600 };
    expect(await readDestination()).toMatchObject(stored);
    expect((await eventKinds()).slice(-2).toSorted()).toEqual(['BREAKER_OPENED', 'OUTAGE_RECLASSIFIED']);
    const [outage] = await db.sql<{ evidence: { reply: string }[] }[]>`
      select evidence from outages where destination_id = ${id} and ended_at is null`;
    expect(outage?.evidence.map(({ reply }) => reply)).toEqual(['[refused]', '550 5.1.1 no such user']);
  });

  test('of an outage that comes in the trial of another begins anew', async () => {
    await knowGood('a', 'b', 'c');
    await setBreaker('TRIAL', 15);
    await db.moveClock('59 minutes');
    await db.sql`update outages set started_at = bmx_now() where destination_id = ${id}`;
    await judge(refusing(['a', 'b']));
    expect(await readDestination()).toMatchObject({ breaker: 'TRIAL', trial_count: -2 });
    await recordSuccess(db.sql, id);
    await db.moveClock('2 minutes');
    expect((await judge({ stranger: REFUSED })).states).toEqual(['HELD']);
  });

  test.each([
    ['TRIAL', { taken: TAKEN }],
    ['OPEN', refusing(named('spam', 10))],
  ] as const)('that is over in an outage is recorded as closed before the step to %s', async (to, outcomes) => {
    await setBreaker('TRIAL', 20);
    await db.moveClock('601 seconds');
    const { step } = await judge(outcomes);
    expect(step).toMatchObject({ from: to === 'TRIAL' ? 'CLOSED' : 'TRIAL', to, isAfterTrial: true });
    const steps = (await eventKinds()).filter((kind) => kind.startsWith('BREAKER_'));
    expect(steps).toEqual(['BREAKER_CLOSED', to === 'TRIAL' ? 'BREAKER_TRIAL' : 'BREAKER_OPENED']);
    expect(await readDestination()).toMatchObject({ breaker: to, trial_count: to === 'TRIAL' ? 1 : 0 });
  });

  test('one mailbox that is gone opens nothing, however much mail it has', async () => {
    await knowGood('gone');
    for (let n = 0; n < 4; n += 1) await judge({ gone: REFUSED });
    expect(await readDestination()).toMatchObject({ breaker: 'TRIAL', trial_count: -4 });
  });

  test('three among more that are taken open nothing, more refused than taken do', async () => {
    await knowGood(...named('known', 9));
    await judge({ ...refusing(named('known', 3)), ...refusing(named('good', 4), TAKEN) });
    expect(await readDestination()).toMatchObject({ breaker: 'TRIAL', trial_count: 7 });
    await judge(refusing(named('known', 4)));
    expect((await readDestination())?.breaker).toBe('OPEN');
  });

  test('strangers open it when nobody at all is taken, and not beside one that is', async () => {
    await judge({ taken: TAKEN, ...refusing(named('spam', 30)) });
    expect((await readDestination())?.breaker).toBe('TRIAL');
    await releaseBreaker(db.sql, OPERATOR_VIEWER, id);
    await judge(refusing(named('other', 10), CONTENT));
    expect((await readDestination())?.breaker).toBe('OPEN');
  });

  test('is over after 20 messages, no sooner than ten minutes; or after an hour', async () => {
    await db.sql`update destinations set outage_id = null, first_failure_at = null where id = ${id}`;
    const shown = async () => (await readBreakers(db.sql, OPERATOR_VIEWER, [id])).get(id)?.state ?? 'CLOSED';
    await setBreaker('TRIAL', 19);
    expect((await judge({ a: TAKEN })).step).toBeNull();
    expect(await readDestination()).toMatchObject({ breaker: 'TRIAL', trial_count: 20 });
    await db.moveClock('601 seconds');
    expect(await shown()).toBe('CLOSED');
    // What comes now is judged as ever, whether or not somebody has closed it.
    expect((await judge({ stranger: REFUSED })).states).toEqual(['FAILED']);
    expect(await readDestination()).toMatchObject({ breaker: 'CLOSED', is_watched: false });
    expect((await eventKinds()).at(-1)).toBe('BREAKER_CLOSED');
    await setBreaker('TRIAL', 0);
    // Nobody was taken: whoever is refused stays held, however long ago the outage was.
    await judge({ stranger0: REFUSED, stranger1: REFUSED });
    await db.moveClock('2 hours');
    expect((await judge({ stranger0: REFUSED, stranger1: REFUSED })).states).toEqual(['HELD', 'HELD']);
    expect((await readBreakers(db.sql, OPERATOR_VIEWER, [id])).get(id)).toMatchObject({ state: 'TRIAL' });
    await judge({ a: TAKEN });
    expect(await shown()).toBe('CLOSED');
    await setBreaker('TRIAL', 0);
    await db.moveClock('2 hours');
    expect(await shown()).toBe('TRIAL');
    await setBreaker('TRIAL', 1);
    await db.moveClock('61 minutes');
    expect(await closeTrials(db.sql)).toContain(name);
    expect((await readDestination())?.breaker).toBe('CLOSED');
  });
});

describe('no outage before', () => {
  test('ten mailboxes known good within ten minutes, nobody taken between, open it, and an outage', async () => {
    await knowGood(...named('known', 10));
    expect((await judge(refusing(named('known', 9)))).step).toBeNull();
    const { step } = await judge(refusing(['known9']));
    expect(step?.to).toBe('OPEN');
    expect(step).toMatchObject({ openedOutageId: expect.any(String), formerClass: null });
    expect(await readDestination()).toMatchObject({ breaker: 'OPEN', class: 'MISCONFIGURED', waits_s: 3600 });
    expect((await eventKinds()).slice(-2).toSorted()).toEqual(['BREAKER_OPENED', 'OUTAGE_OPENED']);
  });

  test('somebody taken between, or ten minutes, begin the row anew', async () => {
    await knowGood(...named('known', 27));
    await judge(refusing(named('known', 9)));
    await judge({ somebody: TAKEN });
    expect(await readDestination()).toMatchObject({ is_watched: false });
    await judge(refusing(Array.from({ length: 9 }, (_, n) => `known${9 + n}`)));
    await db.moveClock('11 minutes');
    await judge(refusing(Array.from({ length: 9 }, (_, n) => `known${18 + n}`)));
    expect((await readDestination())?.breaker).toBe('CLOSED');
  });

  test('strangers fail at once and open nothing', async () => {
    const { states } = await judge(refusing(named('stranger', 40)));
    expect(new Set(states)).toEqual(new Set(['FAILED']));
    expect(await eventKinds()).toEqual([]);
    expect(await readDestination()).toMatchObject({ breaker: 'CLOSED', is_watched: false });
  });
});

describe('an open breaker', () => {
  beforeEach(async () => {
    await knowGood(...named('known', 10));
    await judge(refusing(named('known', 10)));
    expect((await readDestination())?.breaker).toBe('OPEN');
  });

  test('what was claimed before it opened and is taken now closes nothing; the probe that is taken brings a trial', async () => {
    const early = await accept('early');
    await claimAll();
    await db.sql`update messages set claimed_at = claimed_at - interval '1 minute' where id = ${early}`;
    expect((await bring({ [early]: { outcomes: [TAKEN] } })).step).toBeNull();
    expect((await readDestination())?.breaker).toBe('OPEN');
    expect((await judge({ stranger: REFUSED })).states).toEqual(['HELD']);
    expect((await judge({ somebody: TAKEN })).step).toMatchObject({ from: 'OPEN', to: 'TRIAL' });
  });

  test('what callouts were told in the hour before it is forgotten', async () => {
    await releaseBreaker(db.sql, OPERATOR_VIEWER, id);
    await db.sql`
      insert into recipient_answers (destination_id, tenant_id, local_part, answer, answered_at, expires_at, forget_at)
      select ${id}, ${OPERATOR_TENANT_ID}, local_part, 'NEGATIVE', bmx_now() - age, bmx_now() + interval '1 hour', bmx_now() + interval '1 day'
      from (values ('late', interval '5 minutes'), ('early', interval '61 minutes')) as given (local_part, age)`;
    await knowGood(...named('other', 10));
    await judge(refusing(named('other', 10)));
    expect((await readDestination())?.breaker).toBe('OPEN');
    const refused = await db.sql<{ local_part: string }[]>`
      select local_part from recipient_answers where destination_id = ${id} and answer = 'NEGATIVE'`;
    expect(refused.map((row) => row.local_part)).toEqual(['early']);
  });

  test('probes come an hour apart', async () => {
    await db.moveClock('61 minutes');
    expect(await claimProbe(db.sql, { destinationId: id, holder, isFlush: false })).not.toBeNull();
    expect((await readDestination())?.waits_s).toBe(3600);
  });

  test('released it is closed, its outage over, and the marks stay; a stranger cannot, and twice is once', async () => {
    const other = { tenantId: newId(), isOperator: false } as const;
    expect(await releaseBreaker(db.sql, other, id)).toBeNull();
    expect((await readDestination())?.breaker).toBe('OPEN');
    const released = await releaseBreaker(db.sql, OPERATOR_VIEWER, id);
    expect(released?.closedOutage).toMatchObject({ outageClass: 'MISCONFIGURED', heldCount: 10 });
    expect(await readDestination()).toMatchObject({ breaker: 'CLOSED', class: null, waits_s: null });
    const marks = await db.sql`select from recipients where destination_id = ${id} and suspected_at is not null`;
    expect(marks).toHaveLength(10);
    expect(await releaseBreaker(db.sql, OPERATOR_VIEWER, id)).toBeNull();
    const kinds = await eventKinds();
    for (const kind of ['BREAKER_CLOSED', 'OUTAGE_CLOSED', 'OUTAGE_DRAINING']) {
      expect(kinds.filter((one) => one === kind)).toEqual([kind]);
    }
  });

  test('released in an outage of another class, that goes on, on its grid', async () => {
    await db.sql`update outages set class = 'DOWN' where destination_id = ${id} and ended_at is null`;
    expect(await releaseBreaker(db.sql, OPERATOR_VIEWER, id)).toEqual({ closedOutage: null });
    const seen = await readDestination();
    expect(seen).toMatchObject({ breaker: 'CLOSED', class: 'DOWN' });
    expect(seen?.waits_s).toBeLessThanOrEqual(900);
  });
});

test('callouts and deliveries of several nodes count together', async () => {
  await knowGood(...named('known', 10));
  await judge(refusing(named('known', 6)));
  const refusal = (mailbox: string) => ({ mailbox, isKnownGood: true, reply: '550 5.1.1 gone' });
  const feed = { destinationId: id, source: 'CALLOUT' as const, takenCount: 0, refusedCount: 0 };
  const steps = await Promise.all(
    named('caller', 6).map((mailbox) => feedBreakerAlone(db.sql, { ...feed, refusals: [refusal(mailbox)] })),
  );
  expect(steps.filter((step) => step?.to === 'OPEN')).toHaveLength(1);
  expect(await readDestination()).toMatchObject({ breaker: 'OPEN', breaker_reply: '550 5.1.1 gone' });
});
