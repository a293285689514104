/** The queue on a real database: accept, claim, outcome, expiry, verbs, counts. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Outcome } from '../../src/mail/outcome.ts';
import { OPERATOR_VIEWER } from '../../src/mail/viewer.ts';
import { recordFailure, recordSuccess, readDestination } from '../../src/outage/clock.ts';
import { claimDue, claimProbe, FIRST_KEY, readContents, releaseDeadClaims } from '../../src/queue/claim.ts';
import { bounceMessage, cancelHeld, cancelMessage, retryMessage } from '../../src/queue/verbs/commands.ts';
import { foldDeltas } from '../../src/queue/counts.ts';
import { findDueDestinations } from '../../src/queue/due.ts';
import { expireHeld } from '../../src/queue/expiry.ts';
import { recordOutcomes } from '../../src/queue/outcome.ts';
import type { RecipientResult } from '../../src/queue/finalize.ts';
import type { Spool } from '../../src/queue/accept/spool.ts';
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

async function claimAll(destinationId: string) {
  return (await claimDue(db.sql, { destinationId, holder, after: FIRST_KEY, limit: 100, flushNumber: null })).messages;
}

function settleAs(destinationId: string, messageId: string, outcomes: Record<number, Outcome>, isHostLevel = false) {
  const messageResults = [messageResultOf(messageId, outcomes, isHostLevel)];
  return recordOutcomes(db.sql, { destinationId, holder, routeGeneration: 1, messageResults });
}

async function heldCount(destinationId: string): Promise<number> {
  const [row] = await db.sql<{ held: number }[]>`
    select (d.held_count + coalesce((select sum(held_count) from queue_delta where destination_id = d.id), 0))::int as held
    from destinations d where d.id = ${destinationId}`;
  return row?.held ?? -1;
}

describe('accept', () => {
  test('stores what it was given, byte for byte, and two domains as two messages', async () => {
    const a = await makeDestination(db.sql, 'a.accept.test');
    const b = await makeDestination(db.sql, 'b.accept.test');
    const content = new Uint8Array(50_000).map((_, index) => index % 251);
    const transaction = makeTransaction({
      to: [
        { address: 'x@a.accept.test', destinationId: a },
        { address: 'y@b.accept.test', destinationId: b, notify: 'NEVER' },
        { address: 'z@a.accept.test', destinationId: a },
      ],
      content,
    });
    await spool.accept(transaction);
    const [first] = await claimAll(a);
    const [second] = await claimAll(b);
    expect(first?.id).toBe(transaction.id);
    expect(second?.transactionId).toBe(transaction.id);
    expect(second?.id.slice(0, 24)).toBe(transaction.id.slice(0, 24));
    expect(first?.recipients.map((recipient) => recipient.address)).toEqual(['x@a.accept.test', 'z@a.accept.test']);
    expect(second?.recipients[0]?.notify).toEqual(['NEVER']);
    const stored = await readContents(db.sql, [transaction.id, second?.id ?? '']);
    expect(stored.size).toBe(2);
    for (const bytes of stored.values()) expect(Uint8Array.from(bytes)).toEqual(content);
  });

  test('many at once share commits and are all there', async () => {
    const destination = await makeDestination(db.sql, 'many.test');
    const groups: number[] = [];
    const own = openSpool(db.target, { onCommit: (members) => groups.push(members) });
    const to = [{ address: 'x@many.test', destinationId: destination }];
    await Promise.all(Array.from({ length: 200 }, () => own.accept(makeTransaction({ to }))));
    await own.close();
    expect(groups.reduce((sum, members) => sum + members, 0)).toBe(200);
    expect(groups.length).toBeLessThan(50);
    expect(await heldCount(destination)).toBe(200);
    await foldDeltas(db.sql);
    expect(await heldCount(destination)).toBe(200);
    const [delta] = await db.sql<{ rows: number }[]>`select count(*)::int as rows from queue_delta`;
    expect(delta?.rows).toBe(0);
  });

  test('a member that the database refuses does not fail its group', async () => {
    const destination = await makeDestination(db.sql, 'refused.test');
    const to = [{ address: 'x@refused.test', destinationId: destination }];
    const good = makeTransaction({ to });
    const bad = { ...makeTransaction({ to }), sizeBytes: 10_485_761 };
    const also = makeTransaction({ to });
    const results = await Promise.allSettled([good, bad, also].map((transaction) => spool.accept(transaction)));
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await heldCount(destination)).toBe(2);
  });
});

describe('claim and outcome', () => {
  test('delivered: everything goes to history, exactly once', async () => {
    const destination = await makeDestination(db.sql, 'delivered.test');
    const transaction = makeTransaction({ to: [{ address: 'x@delivered.test', destinationId: destination }] });
    await spool.accept(transaction);
    expect((await findDueDestinations(db.sql)).map(({ id }) => id)).toContain(destination);
    expect(await claimAll(destination)).toHaveLength(1);
    expect(await claimAll(destination)).toHaveLength(0);
    const results = await settleAs(destination, transaction.id, { 0: DELIVERED });
    expect(results).toMatchObject([{ state: 'DELIVERED', hasEnded: true, address: 'x@delivered.test' }]);
    expect(await settleAs(destination, transaction.id, { 0: DELIVERED })).toEqual([]);
    expect(await heldCount(destination)).toBe(0);
    const [past] = await db.sql`select recipients from history where id = ${transaction.id}`;
    expect(past?.['recipients']).toMatchObject([{ state: 'DELIVERED', attemptCount: 1, lastReply: '250 2.0.0 ok' }]);
    const [rest] = await db.sql`select count(*)::int as rows from contents where message_id = ${transaction.id}`;
    expect(rest?.['rows']).toBe(0);
  });

  test('partial: one delivered, one failed, one deferred; the next claim carries only the deferred', async () => {
    const destination = await makeDestination(db.sql, 'partial.test');
    const transaction = makeTransaction({
      to: ['a', 'b', 'c'].map((local) => ({ address: `${local}@partial.test`, destinationId: destination })),
    });
    await spool.accept(transaction);
    await claimAll(destination);
    const results = await settleAs(destination, transaction.id, { 0: DELIVERED, 1: FAILED, 2: DEFERRED });
    expect(results.map((fate) => [fate.state, fate.hasEnded])).toEqual([
      ['DELIVERED', false],
      ['FAILED', false],
      ['HELD', false],
    ]);
    expect(await claimAll(destination)).toHaveLength(0);
    const [row] = await db.sql<{ waits: boolean }[]>`
      select next_attempt_at = first_failure_at + interval '15 minutes' as waits from messages where id = ${transaction.id}`;
    expect(row?.waits).toBe(true);
    await db.moveClock('15 minutes');
    const [again] = await claimAll(destination);
    expect(again?.recipients.map((recipient) => recipient.number)).toEqual([2]);
    const [reports] = await db.sql<{ facts: { recipients: { address: string }[] } }[]>`
      select facts from reports_due where message_id = ${transaction.id}`;
    expect(reports?.facts.recipients.map((recipient) => recipient.address)).toEqual(['b@partial.test']);
  });

  test('words of our own do not replace what the host has said', async () => {
    const destination = await makeDestination(db.sql, 'words.test');
    const transaction = makeTransaction({ to: [{ address: 'x@words.test', destinationId: destination }] });
    await spool.accept(transaction);
    const last = async () =>
      (
        await db.sql<{ last_reply: string }[]>`select last_reply from recipients where message_id = ${transaction.id}`
      )[0]?.last_reply;
    const own = { kind: 'DEFERRED' as const, reply: { code: 451, enhancedCode: '4.4.1', text: '[timeout]' } };
    const attempt = (outcome: Outcome, reply: string) =>
      recordOutcomes(db.sql, {
        destinationId: destination,
        holder,
        routeGeneration: 1,
        messageResults: [
          {
            messageId: transaction.id,
            outcomes: new Map([[0, outcome]]),
            records: [
              {
                host: 'mx.test',
                address: null,
                tls: null,
                reply,
                outcome: outcome.kind,
                recipientNumbers: [0],
                isHostLevel: false,
                latencyMs: 1,
              },
            ],
            isHostLevel: true,
          },
        ],
      });
    await claimAll(destination);
    await attempt(own, '[timeout]');
    expect(await last()).toBe('[timeout]');
    await claimAll(destination);
    await attempt(DEFERRED, '451 4.2.0 later');
    expect(await last()).toBe('451 4.2.0 later');
    await claimAll(destination);
    await attempt(own, '[timeout]');
    expect(await last()).toBe('451 4.2.0 later');
  });

  test('a late deferral of a dead hand does not count, a late delivery does', async () => {
    const destination = await makeDestination(db.sql, 'late.test');
    const transaction = makeTransaction({ to: [{ address: 'x@late.test', destinationId: destination }] });
    await spool.accept(transaction);
    await claimAll(destination);
    expect(await releaseDeadClaims(db.sql, holder)).toBeGreaterThan(0);
    expect(await settleAs(destination, transaction.id, { 0: FAILED })).toEqual([]);
    expect(await settleAs(destination, transaction.id, { 0: DELIVERED })).toMatchObject([{ state: 'DELIVERED' }]);
  });

  test('a third death puts a message back on its schedule', async () => {
    const destination = await makeDestination(db.sql, 'deaths.test');
    await spool.accept(makeTransaction({ to: [{ address: 'x@deaths.test', destinationId: destination }] }));
    const claimed: number[] = [];
    for (let death = 0; death < 4; death += 1) {
      claimed.push((await claimAll(destination)).length);
      await releaseDeadClaims(db.sql, holder);
    }
    expect(claimed).toEqual([1, 1, 1, 0]);
  });

  test('a refusal by an old route is a deferral', async () => {
    const destination = await makeDestination(db.sql, 'route.test');
    const transaction = makeTransaction({ to: [{ address: 'x@route.test', destinationId: destination }] });
    await spool.accept(transaction);
    await claimAll(destination);
    await db.sql`update destinations set route_generation = 2 where id = ${destination}`;
    expect(await settleAs(destination, transaction.id, { 0: FAILED })).toMatchObject([{ state: 'HELD' }]);
  });
});

describe('the clock of a destination and expiry', () => {
  test('the grid has 252 slots to the tenth day, whatever the clock does between', async () => {
    const destination = await makeDestination(db.sql, 'grid.test');
    const transaction = makeTransaction({ to: [{ address: 'x@grid.test', destinationId: destination }] });
    await spool.accept(transaction);
    const [first] = await claimAll(destination);
    const start = await readDestination(db.sql, destination);
    await settleAs(destination, first?.id ?? '', { 0: DEFERRED }, true);
    const trouble = { trouble: 'REFUSED' as const, reply: '[connection refused]' };
    const opened = await recordFailure(db.sql, { destinationId: destination, begunAt: start?.now ?? '', ...trouble });
    expect(opened.openedOutageId).not.toBeNull();
    let results: RecipientResult[] = [];
    let slots = 0;
    while (results.length === 0 && slots < 300) {
      // To the next slot, exactly.
      await db.sql`update clock set shift = shift + (
        select next_attempt_at - bmx_now() + interval '1 millisecond' from destinations where id = ${destination})`;
      const probe = await claimProbe(db.sql, { destinationId: destination, holder, isFlush: false });
      const now = await readDestination(db.sql, destination);
      expect(probe?.id).toBe(transaction.id);
      const settled = await settleAs(destination, transaction.id, { 0: DEFERRED }, true);
      results = settled.filter((fate) => fate.state !== 'HELD');
      await expireHeld(db.sql, {
        destinationId: destination,
        begunAt: now?.now ?? '',
        reply: trouble.reply,
        onResults: (more) => results.push(...more),
      });
      const more = await recordFailure(db.sql, { destinationId: destination, begunAt: now?.now ?? '', ...trouble });
      expect(more.openedOutageId).toBeNull();
      slots += 1;
    }
    expect(slots).toBe(252);
    expect(results).toMatchObject([{ state: 'EXPIRED', hasEnded: true }]);
    const [outage] =
      await db.sql`select class, attempt_count, ended_at from outages where destination_id = ${destination}`;
    expect(outage).toMatchObject({ class: 'DOWN', attempt_count: 253, ended_at: null });
    expect(await recordSuccess(db.sql, destination)).not.toBeNull();
  });

  test('one failed attempt ends all that has expired, and nothing younger', async () => {
    const destination = await makeDestination(db.sql, 'expiry.test');
    const to = [{ address: 'x@expiry.test', destinationId: destination }];
    for (let count = 0; count < 5; count += 1) await spool.accept(makeTransaction({ to }));
    await db.moveClock('240 hours');
    await spool.accept(makeTransaction({ to }));
    const state = await readDestination(db.sql, destination);
    const results: RecipientResult[] = [];
    const expire = () =>
      expireHeld(db.sql, {
        destinationId: destination,
        begunAt: state?.now ?? '',
        reply: '[timeout]',
        onResults: (more) => results.push(...more),
      });
    await db.sql`update service_presence set resumed_at = bmx_now()`;
    await expire();
    expect(results).toHaveLength(0);
    await db.sql`update service_presence set resumed_at = null`;
    await expire();
    expect(results.map((fate) => fate.state)).toEqual(['EXPIRED', 'EXPIRED', 'EXPIRED', 'EXPIRED', 'EXPIRED']);
    expect(await heldCount(destination)).toBe(1);
  });

  test('each probe takes another message', async () => {
    const destination = await makeDestination(db.sql, 'probe.test');
    const to = [{ address: 'x@probe.test', destinationId: destination }];
    for (let count = 0; count < 3; count += 1) await spool.accept(makeTransaction({ to }));
    const seen: (string | undefined)[] = [];
    for (let count = 0; count < 3; count += 1) {
      const state = await readDestination(db.sql, destination);
      await recordFailure(db.sql, {
        destinationId: destination,
        begunAt: state?.now ?? '',
        trouble: 'TIMEOUT',
        reply: '[timeout]',
      });
      const probe = await claimProbe(db.sql, { destinationId: destination, holder, isFlush: false });
      seen.push(probe?.id);
      await settleAs(destination, probe?.id ?? '', { 0: DEFERRED }, true);
    }
    expect(new Set(seen).size).toBe(3);
    expect(seen).not.toContain(undefined);
  });
});

describe('verbs', () => {
  test('retry, cancel, bounce, and what they answer for other messages', async () => {
    const destination = await makeDestination(db.sql, 'verbs.test');
    const to = [{ address: 'x@verbs.test', destinationId: destination }];
    const [one, two, three] = [makeTransaction({ to }), makeTransaction({ to }), makeTransaction({ to })];
    await Promise.all([one, two, three].map((transaction) => spool.accept(transaction)));
    await claimAll(destination);
    expect(await cancelMessage(db.sql, OPERATOR_VIEWER, one.id, 'why')).toEqual({ kind: 'IN_DELIVERY' });
    await settleAs(destination, one.id, { 0: DEFERRED });
    await settleAs(destination, two.id, { 0: DEFERRED });
    await settleAs(destination, three.id, { 0: DEFERRED });
    const stranger = { tenantId: '00000000-0000-7000-8000-0000000000ff', isOperator: false };
    expect(await retryMessage(db.sql, stranger, one.id, 'x')).toEqual({ kind: 'NOT_FOUND' });
    expect(await cancelMessage(db.sql, stranger, one.id, 'x')).toEqual({ kind: 'NOT_FOUND' });
    expect(await retryMessage(db.sql, OPERATOR_VIEWER, one.id, 'x')).toMatchObject({ kind: 'DONE' });
    expect((await claimAll(destination)).map((message) => message.id)).toEqual([one.id]);
    await settleAs(destination, one.id, { 0: DEFERRED });
    expect(await bounceMessage(db.sql, OPERATOR_VIEWER, one.id, 'no such desk')).toMatchObject({
      kind: 'DONE',
      results: [{ state: 'FAILED', hasEnded: true }],
    });
    expect(await bounceMessage(db.sql, OPERATOR_VIEWER, one.id, 'again')).toEqual({ kind: 'ENDED' });
    const told: string[] = [];
    const input = {
      destinationId: destination,
      reason: 'all',
      onResults: (results: readonly RecipientResult[]) => void told.push(...results.map(({ state }) => state)),
    };
    expect(await cancelHeld(db.sql, OPERATOR_VIEWER, input)).toBe(2);
    expect(told).toEqual(['CANCELLED', 'CANCELLED']);
    expect(await heldCount(destination)).toBe(0);
    const events = await db.sql<{ kind: string; reason: string }[]>`
      select kind, facts ->> 'reason' as reason from events where destination_id = ${destination} order by kind, id`;
    expect(events.map(({ kind, reason }) => [kind, reason])).toEqual([
      ['MESSAGE_BOUNCED', 'no such desk'],
      ['MESSAGE_CANCELLED', 'all'],
      ['MESSAGE_CANCELLED', 'all'],
      ['MESSAGE_RETRIED', 'x'],
    ]);
    const reports = await db.sql`select message_id from reports_due where destination_id = ${destination}`;
    expect(reports.map((report) => report['message_id'])).toEqual([one.id]);
  });
});
