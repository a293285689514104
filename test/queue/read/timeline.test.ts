/** Timelines on a real database: every kind of entry, by what the rooms really record, in an order that never changes. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { newId } from '../../../src/mail/id.ts';
import type { Outcome } from '../../../src/mail/outcome.ts';
import { formatReply } from '../../../src/mail/reply.ts';
import { OPERATOR_TENANT_ID, OPERATOR_VIEWER, type Viewer } from '../../../src/mail/viewer.ts';
import { endHoldExtensions, extendHold } from '../../../src/outage/hold.ts';
import { feedBreakerAlone } from '../../../src/outage/breaker-state.ts';
import { releaseBreaker } from '../../../src/outage/breaker-state.ts';
import { recordFailure, recordSuccess, requestFlush } from '../../../src/outage/clock.ts';
import { createDrainGauge } from '../../../src/outage/drain.ts';
import { judgeLocalFailure } from '../../../src/outage/local-failure.ts';
import { pauseDestination, resumeDestination } from '../../../src/outage/pause.ts';
import { claimDue, FIRST_KEY, releaseDeadClaims } from '../../../src/queue/claim.ts';
import { bounceMessage, cancelMessage, retryMessage } from '../../../src/queue/verbs/commands.ts';
import { expireHeld } from '../../../src/queue/expiry.ts';
import { carryOutOperations } from '../../../src/queue/verbs/operation-steps.ts';
import { allHeldOf } from '../../../src/queue/verbs/operation-filter.ts';
import { startOperation } from '../../../src/queue/verbs/operations.ts';
import { recordOutcomes } from '../../../src/queue/outcome.ts';
import { makeDueReports, type SenderCheck } from '../../../src/queue/reports/reports.ts';
import type { Spool } from '../../../src/queue/accept/spool.ts';
import { listTimelines, positionOfCursor, rewind, timelineOf } from '../../../src/queue/read/timeline.ts';
import type { TimelineEntry, TimelineKind } from '../../../src/queue/read/timeline-entry.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { makeDestination, makeTransaction, openSpool } from '../../helpers/mail.ts';
import { domainsOn } from '../../control/harness.ts';
import { THROWING_EVENTS } from '../../helpers/no-events.ts';
import { updateDomain } from '../../../src/domains/update.ts';
import { deleteDomain } from '../../../src/domains/delete.ts';

let db: TestDatabase;
let spool: Spool;
const holder = { node: 1, epoch: 1 };
const CLERK: Viewer = { ...OPERATOR_VIEWER, tokenName: 'clerk' };

beforeAll(async () => {
  db = await createTestDatabase();
  spool = openSpool(db.target);
});
afterAll(async () => {
  await spool?.close();
  await db?.close();
});

const TAKEN: Outcome = { kind: 'DELIVERED', reply: { code: 250, enhancedCode: '2.0.0', text: 'ok' } };
const LATER: Outcome = { kind: 'DEFERRED', reply: { code: 451, enhancedCode: '4.2.0', text: 'come\nback' } };
const REFUSED: Outcome = {
  kind: 'FAILED',
  reply: { code: 550, enhancedCode: '5.1.1', text: 'no such user' },
  isAtRcpt: true,
};
const AWAY = { code: 421, enhancedCode: null, text: 'away' };

let count = 0;
let name = '';
let id = '';

beforeEach(async () => {
  count += 1;
  name = `d${count}.example`;
  id = await makeDestination(db.sql, name);
  await db.sql`
    insert into domains (id, tenant_id, destination_id, name, status)
    values (${newId()}, ${OPERATOR_TENANT_ID}, ${id}, ${name}, 'ACTIVE')`;
});

async function accept(...localParts: string[]): Promise<string> {
  const to = localParts.map((localPart) => ({ address: `${localPart}@${name}`, destinationId: id }));
  const transaction = makeTransaction({ to });
  await spool.accept(transaction);
  return transaction.id;
}

async function claim(): Promise<void> {
  await db.sql`update messages set next_attempt_at = bmx_now() where destination_id = ${id} and claimed_by is null`;
  await claimDue(db.sql, { destinationId: id, holder, after: FIRST_KEY, limit: 100, flushNumber: null });
}

/** One attempt of a message that is in hand. */
async function attempt(messageId: string, outcomes: Record<number, Outcome>, isHostLevel = false): Promise<void> {
  const given = Object.entries(outcomes).map(([number, outcome]) => [Number(number), outcome] as const);
  const records = given.map(([number, { kind, reply }]) => ({
    host: 'mx.primary.example',
    address: '192.0.2.25:25',
    tls: 'TLSv1.3 TLS_AES_256_GCM_SHA384',
    reply: formatReply(reply),
    outcome: kind,
    recipientNumbers: [number],
    isHostLevel,
    latencyMs: 40,
  }));
  await recordOutcomes(db.sql, {
    destinationId: id,
    holder,
    routeGeneration: 1,
    messageResults: [{ messageId, outcomes: new Map(given), records, isHostLevel }],
  });
}

async function now(): Promise<string> {
  const [row] = await db.sql<{ now: string }[]>`select bmx_now()::text as now`;
  return row?.now ?? '';
}

async function fail(reply = '[connection refused]'): Promise<void> {
  await recordFailure(db.sql, { destinationId: id, begunAt: await now(), trouble: 'REFUSED', reply });
}

async function told(messageId: string, viewer: Viewer = OPERATOR_VIEWER): Promise<readonly TimelineEntry[]> {
  return timelineOf(db.sql, viewer, { messageId, limit: 100, after: null });
}

async function kinds(messageId: string): Promise<TimelineKind[]> {
  return (await told(messageId)).map(({ kind }) => kind);
}

/** The only entry of that kind. */
async function only(messageId: string, kind: TimelineKind): Promise<TimelineEntry> {
  const [found, ...more] = (await told(messageId)).filter((entry) => entry.kind === kind);
  if (found === undefined || more.length > 0) throw new Error(`${1 + more.length} entries or none of ${kind}`);
  return found;
}

async function report(check: SenderCheck): Promise<void> {
  await makeDueReports({
    sql: db.sql,
    checkSender: async () => check,
    compose: () => ({ id: newId(), content: Buffer.from('x'), smtpUtf8: false, body: null, domain: 'example.net' }),
    ehloName: 'backup.example',
    events: THROWING_EVENTS,
  });
}

describe('attempts and ends', () => {
  test('deferred, then delivered and refused: the same while it is held and after it has ended', async () => {
    const messageId = await accept('alice', 'bob');
    await claim();
    await attempt(messageId, { 0: TAKEN, 1: LATER });
    const held = await told(messageId);
    expect(held.map(({ kind, recipients }) => [kind, ...recipients])).toEqual([
      ['ACCEPTED'],
      ['ATTEMPT', `alice@${name}`],
      ['ATTEMPT', `bob@${name}`],
      ['RECIPIENT_DELIVERED', `alice@${name}`],
    ]);
    expect(held[2]).toMatchObject({
      host: 'mx.primary.example',
      reply: '451-4.2.0 come\n451 4.2.0 back',
      attempt: { outcome: 'DEFERRED', address: '192.0.2.25:25', tls: 'TLSv1.3 TLS_AES_256_GCM_SHA384' },
      text: `Tried at mx.primary.example (192.0.2.25:25) for bob@${name}: deferred; it said "451 4.2.0 come back".`,
    });
    await claim();
    await attempt(messageId, { 1: TAKEN });
    const ended = await told(messageId);
    expect(ended.slice(0, 4)).toEqual([...held]);
    expect(ended.slice(4).map(({ kind, recipients, host }) => [kind, ...recipients, host])).toEqual([
      ['ATTEMPT', `bob@${name}`, 'mx.primary.example'],
      ['RECIPIENT_DELIVERED', `bob@${name}`, 'mx.primary.example'],
    ]);
    expect(ended.map(({ at }) => at.getTime())).toEqual(ended.map(({ at }) => at.getTime()).sort((a, b) => a - b));
  });

  test('a refusal that is kept, then one that ends the recipient, with the report about it and its end', async () => {
    await db.sql`
      insert into recipient_answers (destination_id, tenant_id, local_part, delivered_at, forget_at)
      values (${id}, ${OPERATOR_TENANT_ID}, 'alice', bmx_now(), bmx_now() + interval '90 days')`;
    const messageId = await accept('alice');
    await claim();
    await attempt(messageId, { 0: REFUSED });
    expect(await only(messageId, 'RECIPIENT_SUSPECTED')).toMatchObject({
      recipients: [`alice@${name}`],
      reply: '550 5.1.1 no such user',
    });
    expect((await only(messageId, 'ATTEMPT')).attempt?.outcome).toBe('DEFERRED');
    await db.moveClock('2 hours');
    await claim();
    await attempt(messageId, { 0: REFUSED });
    expect(await kinds(messageId)).toEqual([
      'ACCEPTED',
      'ATTEMPT',
      'RECIPIENT_SUSPECTED',
      'ATTEMPT',
      'RECIPIENT_FAILED',
    ]);
    await report({ kind: 'PASS' });
    const { reportId, text } = await only(messageId, 'REPORT_MADE');
    if (reportId === null) throw new Error('no report');
    expect(text).toContain(reportId);
    const [made] = await db.sql<{ kind: string; destination_id: string }[]>`
      select kind, destination_id from messages where id = ${reportId}`;
    expect(made?.kind).toBe('REPORT');
    expect((await only(reportId, 'ACCEPTED')).text).toContain('Made by the service itself');
    id = made?.destination_id ?? '';
    await claim();
    await attempt(reportId, { 0: REFUSED });
    expect(await only(messageId, 'REPORT_DROPPED')).toMatchObject({ reportId, reply: '550 5.1.1 no such user' });
  });

  test('a report that is not sent, with the reason', async () => {
    const messageId = await accept('alice');
    await claim();
    await attempt(messageId, { 0: REFUSED });
    await report({ kind: 'SUPPRESS', reason: 'SPF of example.net: NONE' });
    expect(await only(messageId, 'REPORT_SUPPRESSED')).toMatchObject({
      reason: 'SPF of example.net: NONE',
      recipients: [`alice@${name}`],
    });
  });

  test('expired behind a try for another message', async () => {
    const messageId = await accept('alice');
    await db.moveClock('10 days 1 hour');
    const probeId = await accept('bob');
    await db.sql`update messages set next_attempt_at = next_attempt_at - interval '20 days' where id = ${probeId}`;
    await claimDue(db.sql, { destinationId: id, holder, after: FIRST_KEY, limit: 1, flushNumber: null });
    const begunAt = await now();
    await attempt(probeId, { 0: { kind: 'DEFERRED', reply: AWAY } }, true);
    await fail('421 away');
    await expireHeld(db.sql, { destinationId: id, begunAt, reply: '421 away', onResults: () => undefined });
    expect(await kinds(messageId)).toEqual(['ACCEPTED', 'PROBE', 'OUTAGE_OPENED', 'RECIPIENT_EXPIRED']);
    expect(await only(messageId, 'PROBE')).toMatchObject({
      host: 'mx.primary.example',
      reply: '421 away',
      recipients: [],
    });
  });

  test('a process that died with it', async () => {
    const messageId = await accept('alice');
    await claim();
    await releaseDeadClaims(db.sql, holder);
    expect((await only(messageId, 'CLAIM_LOST')).text).toContain('may arrive twice');
  });
});

describe('the outage it waits in', () => {
  test('opened, of another class, over, draining, drained', async () => {
    const messageId = await accept('alice');
    await fail();
    await recordFailure(db.sql, {
      destinationId: id,
      begunAt: await now(),
      trouble: 'GREETING',
      reply: '554 5.7.1 you are blocked',
    });
    await recordSuccess(db.sql, id);
    const outageIds = (await told(messageId)).map(({ outageId }) => outageId);
    expect(new Set(outageIds.slice(1)).size).toBe(2);
    expect(await kinds(messageId)).toEqual([
      'ACCEPTED',
      'OUTAGE_OPENED',
      'OUTAGE_RECLASSIFIED',
      ...(await told(messageId)).slice(3).map(({ kind }) => kind),
    ]);
    expect((await kinds(messageId)).slice(3).sort()).toEqual(['BREAKER_TRIAL', 'OUTAGE_CLOSED', 'OUTAGE_DRAINING']);
    await db.sql`update messages set next_attempt_at = bmx_now() + interval '1 hour' where id = ${messageId}`;
    await createDrainGauge({ sql: db.sql, owner: () => ({ node: 1, epoch: 1 }) }).measure();
    expect((await kinds(messageId)).at(-1)).toBe('OUTAGE_DRAINED');
    expect((await told(messageId)).at(-1)?.text).toBe(
      'All mail held during the outage has been delivered or has ended; 1 message still waits for other reasons.',
    );
  });

  test('what is accepted in one says since when', async () => {
    await accept('alice');
    await fail();
    const messageId = await accept('bob');
    const { outageId, text } = await only(messageId, 'ACCEPTED');
    expect(outageId).not.toBeNull();
    expect(text).toMatch(/The primary was down at that time, since .* UTC: it cannot be reached\.$/);
    await recordSuccess(db.sql, id);
    expect((await only(messageId, 'ACCEPTED')).outageId).toBe(outageId);
    expect((await only(await accept('carol'), 'ACCEPTED')).outageId).toBeNull();
  });

  test('the breaker, from opening to its release', async () => {
    const messageId = await accept('alice');
    await feedBreakerAlone(db.sql, {
      destinationId: id,
      source: 'CALLOUT',
      takenCount: 0,
      refusedCount: 0,
      refusals: 'abcdefghijk'.split('').map((mailbox) => ({ mailbox, isKnownGood: true, reply: '550 5.1.1 gone' })),
    });
    await releaseBreaker(db.sql, CLERK, id);
    const seen = await kinds(messageId);
    expect(seen).toContain('BREAKER_OPENED');
    expect(seen).toContain('BREAKER_CLOSED');
    expect((await only(messageId, 'BREAKER_OPENED')).reply).toBe('550 5.1.1 gone');
  });

  test('a fault of our own, without its numbers for the tenant', async () => {
    const messageId = await accept('alice');
    for (let host = 0; host < 6; host += 1) {
      id = await makeDestination(db.sql, `dead${host}.example`);
      await accept('x').catch(() => undefined);
      await fail();
    }
    expect((await judgeLocalFailure(db.sql)).change).toBe('BEGAN');
    await db.sql`update destinations set first_failure_at = null, outage_id = null where name like 'dead%'`;
    expect((await judgeLocalFailure(db.sql)).change).toBe('ENDED');
    const entries = (await told(messageId)).filter(({ kind }) => kind.startsWith('SERVICE_TROUBLE'));
    expect(entries.map(({ kind }) => kind)).toEqual(['SERVICE_TROUBLE_BEGAN', 'SERVICE_TROUBLE_ENDED']);
    expect(entries.map(({ text }) => text).join()).not.toMatch(/\d/);
  });
});

describe('by hand', () => {
  test('on the domain: flush, pause, resume, extension, another route, deletion; who and why', async () => {
    const messageId = await accept('alice');
    await requestFlush(db.sql, CLERK, id);
    const until = new Date(Date.now() + 90 * 86_400_000);
    await pauseDestination(db.sql, CLERK, id, { from: null, until, reason: 'moving house' });
    await resumeDestination(db.sql, CLERK, id, 'moved');
    await fail();
    expect((await extendHold(db.sql, CLERK, id, 24)).kind).toBe('DONE');
    const domains = domainsOn(db);
    await updateDomain(domains, CLERK, { name, labels: [{ key: 'a', value: 'b' }] });
    await updateDomain(domains, CLERK, { name, deliverTo: [{ host: 'new.example', port: 2525 }] });
    await deleteDomain(domains, CLERK, { name, held: 'DELIVER_FIRST' });
    expect(await kinds(messageId)).toEqual([
      'ACCEPTED',
      'DOMAIN_FLUSHED',
      'DOMAIN_PAUSED',
      'DOMAIN_RESUMED',
      'OUTAGE_OPENED',
      'HOLD_EXTENDED',
      'DOMAIN_REROUTED',
      'DOMAIN_DELETED',
    ]);
    for (const { kind, actor } of await told(messageId)) {
      const isByHand = kind.startsWith('DOMAIN') || kind === 'HOLD_EXTENDED';
      expect([kind, actor]).toEqual([kind, isByHand ? { isOperator: true, tokenName: 'clerk' } : null]);
    }
    expect((await only(messageId, 'DOMAIN_PAUSED')).reason).toBe('moving house');
    expect((await only(messageId, 'DOMAIN_REROUTED')).text).toContain('now goes to new.example:2525');
    expect((await only(messageId, 'HOLD_EXTENDED')).text).toContain('24 hours longer');
  });

  test('the end of an extension', async () => {
    await fail();
    await extendHold(db.sql, OPERATOR_VIEWER, id, 24);
    await recordSuccess(db.sql, id);
    const messageId = await accept('alice');
    await endHoldExtensions(db.sql);
    expect(await kinds(messageId)).toEqual(['ACCEPTED', 'HOLD_EXTENSION_ENDED']);
  });

  test('on the message: retry, cancel, bounce', async () => {
    const cancelledId = await accept('alice', 'bob');
    await retryMessage(db.sql, CLERK, cancelledId, 'they asked');
    await cancelMessage(db.sql, CLERK, cancelledId, 'spam');
    expect((await told(cancelledId)).map(({ kind, reason, recipients }) => [kind, reason, ...recipients])).toEqual([
      ['ACCEPTED', null],
      ['MESSAGE_RETRIED', 'they asked'],
      ['MESSAGE_CANCELLED', 'spam'],
      ['RECIPIENT_CANCELLED', null, `alice@${name}`],
      ['RECIPIENT_CANCELLED', null, `bob@${name}`],
    ]);
    const bouncedId = await accept('alice');
    await bounceMessage(db.sql, CLERK, bouncedId, 'no such desk');
    const [, verb, end] = await told(bouncedId);
    expect([verb?.kind, verb?.actor, end?.kind, end?.reply, end?.host]).toEqual([
      'MESSAGE_BOUNCED',
      { isOperator: true, tokenName: 'clerk' },
      'RECIPIENT_FAILED',
      '[returned: no such desk]',
      null,
    ]);
  });

  test('with many others, the operation named', async () => {
    const messageId = await accept('alice');
    for (const verb of ['RETRY', 'BOUNCE'] as const) {
      const request = { verb, filter: allHeldOf(name), reason: 'all of it', isDryRun: false, expectedCount: null };
      const start = await startOperation(db.sql, CLERK, request);
      if (start.kind !== 'STARTED') throw new Error(start.kind);
      await carryOutOperations({ sql: db.sql, onResults: () => undefined, onRetried: () => undefined });
      const entry = await only(messageId, verb === 'RETRY' ? 'MESSAGE_RETRIED' : 'MESSAGE_BOUNCED');
      expect(entry).toMatchObject({ operationId: start.id, reason: 'all of it' });
      expect(entry.text).toContain('with many others (all of it)');
    }
  });
});

describe('pages', () => {
  test('one by one in the same order, whatever comes in meanwhile', async () => {
    const messageId = await accept('alice', 'bob', 'carol');
    await claim();
    await attempt(messageId, { 0: LATER, 1: LATER, 2: LATER });
    await requestFlush(db.sql, CLERK, id);
    const seen: TimelineEntry[] = [];
    for (let page = 0; ; page += 1) {
      const after = positionOfCursor(seen.at(-1)?.id ?? '');
      const [entry] = await timelineOf(db.sql, OPERATOR_VIEWER, { messageId, limit: 1, after });
      if (entry === undefined) break;
      seen.push(entry);
      if (page === 1) await cancelMessage(db.sql, CLERK, messageId, 'enough');
    }
    expect(seen).toEqual([...(await told(messageId))]);
    expect(seen).toHaveLength(9);
    expect(new Set(seen.map((entry) => entry.id)).size).toBe(9);
    const last = positionOfCursor(seen.at(-1)?.id ?? '');
    if (last === null) throw new Error('no cursor');
    const again = await timelineOf(db.sql, OPERATOR_VIEWER, { messageId, limit: 100, after: rewind(last, 60_000) });
    expect(again).toEqual(seen);
  });

  test('many at once, each with its own', async () => {
    const ids = [await accept('alice'), newId(), await accept('bob')];
    const requests = ids.map((messageId) => ({ messageId, limit: 10, after: null }));
    const lists = await listTimelines(db.sql, OPERATOR_VIEWER, requests);
    expect(lists.map((list) => list.map(({ kind }) => kind))).toEqual([['ACCEPTED'], [], ['ACCEPTED']]);
  });

  test('a cursor is ours or none', () => {
    for (const cursor of ['', '!', 'x'.repeat(100_000), Buffer.from("1.0.' or true").toString('base64url'), '\0']) {
      expect(positionOfCursor(cursor)).toBeNull();
    }
  });
});

test("another tenant's messages have no timeline, and what others did with a destination before is not told", async () => {
  const stranger: Viewer = { tenantId: newId(), isOperator: false };
  await db.sql`insert into tenants (id, name) values (${stranger.tenantId}, ${`stranger ${count}`})`;
  const messageId = await accept('alice');
  await requestFlush(db.sql, CLERK, id);
  expect(await told(messageId, stranger)).toEqual([]);
  const owner: Viewer = { tenantId: OPERATOR_TENANT_ID, isOperator: false };
  const flushed = (await told(messageId, owner)).find(({ kind }) => kind === 'DOMAIN_FLUSHED');
  expect(flushed?.actor).toEqual({ isOperator: true, tokenName: null });
  // The destination has changed hands: what its new owner does is none of the old one's business.
  await db.sql`update destinations set tenant_id = ${stranger.tenantId} where id = ${id}`;
  await fail();
  expect((await told(messageId, owner)).map(({ kind }) => kind)).toEqual(['ACCEPTED', 'DOMAIN_FLUSHED']);
});
