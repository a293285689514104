/**
 * No hot statement may read a whole table: EXPLAIN of what the queue really sends, on empty tables that nobody has analysed
 * and again with many rows, must not hold a sequential scan of a table that grows with the mail.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_VIEWER } from '../../src/mail/viewer.ts';
import { recordThresholds } from '../../src/outage/lifecycle.ts';
import { endEmptyOutages } from '../../src/outage/maintenance.ts';
import { advanceAttempt, advanceNeighbours, takeChecks } from '../../src/outage/checks.ts';
import { createDrainGauge } from '../../src/outage/drain.ts';
import { judgeLocalFailure } from '../../src/outage/local-failure.ts';
import { readDestination, recordFailure, recordSuccess } from '../../src/outage/clock.ts';
import {
  claimDue,
  claimProbe,
  findClaimants,
  FIRST_KEY,
  readContents,
  releaseClaims,
  releaseLeftovers,
} from '../../src/queue/claim.ts';
import { bounceMessage, cancelHeld, retryMessage } from '../../src/queue/verbs/commands.ts';
import { foldDeltas } from '../../src/queue/counts.ts';
import { findDueDestinations } from '../../src/queue/due.ts';
import { expireHeld } from '../../src/queue/expiry.ts';
import { listMessages } from '../../src/queue/read/inspect.ts';
import { findSuppressions } from '../../src/queue/read/attempts.ts';
import { readQueues } from '../../src/queue/read/queues.ts';
import { recordOutcomes } from '../../src/queue/outcome.ts';
import { createDelayWalk } from '../../src/queue/reports/due-rows.ts';
import { makeDueReports } from '../../src/queue/reports/reports.ts';
import { timelineOf } from '../../src/queue/read/timeline.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination, makeTransaction, openSpool } from '../helpers/mail.ts';
import { THROWING_EVENTS } from '../helpers/no-events.ts';

/** queue_delta is not among them: the fold takes all its rows, and leaves none. */
const GROWING = /Seq Scan on (messages|recipients|contents|attempts|history|events|reports_due)\w*/;

/** Walking the whole primary key to have an order is no better, but for the newest first of all destinations: a page of it. */
const WALKING = /Index (?:Only )?Scan using messages_pkey on messages\b[^\n]*(?!\n\s+Index Cond)(?:\n|$)/;

let db: TestDatabase;
/** One session does everything, transactions too: what it sends is what is looked at. */
let single: Database;
let destinationId: string;
const statements = new Set<string>();
const holder = { node: 1, epoch: 1 };

beforeAll(async () => {
  db = await createTestDatabase();
  single = openDatabase(db.target, { poolSize: 1, queuePoolSize: 1 });
  destinationId = await makeDestination(db.sql, 'plans.test');
  single.queueSql.options.debug = (_connection, query) => {
    if (
      !query.startsWith('explain') &&
      /\b(messages|recipients|contents|attempts|history|events|reports_due|queue_delta)\b/.test(query)
    )
      statements.add(query);
  };
});
afterAll(async () => {
  await single?.close();
  await db?.close();
});

/** Runs every hot statement once. */
async function runAll(): Promise<void> {
  const sql = single.queueSql;
  const spool = openSpool(db.target);
  const to = [{ address: 'x@plans.test', destinationId }];
  for (let count = 0; count < 5; count += 1) await spool.accept(makeTransaction({ to }));
  await findDueDestinations(sql);
  const { messages } = await claimDue(sql, { destinationId, holder, after: FIRST_KEY, limit: 2, flushNumber: null });
  await readContents(
    sql,
    messages.map((message) => message.id),
  );
  const state = await readDestination(sql, destinationId);
  const trouble = { destinationId, begunAt: state?.now ?? '', trouble: 'TIMEOUT' as const, reply: '[timeout]' };
  await recordFailure(sql, trouble);
  await takeChecks(sql, 10);
  await advanceAttempt(sql, destinationId);
  await advanceNeighbours(sql, ['192.0.2.1:25'], 10);
  await endEmptyOutages(sql);
  await recordThresholds(sql);
  await judgeLocalFailure(sql);
  for (const isFlush of [true, false]) await claimProbe(sql, { destinationId, holder, isFlush });
  await recordSuccess(sql, destinationId);
  await createDrainGauge({ sql, owner: () => holder }).measure();
  const [first, second] = messages;
  await recordOutcomes(sql, {
    destinationId,
    holder,
    routeGeneration: 1,
    messageResults: [
      {
        messageId: first?.id ?? '',
        outcomes: new Map([[0, { kind: 'DELIVERED', reply: { code: 250, enhancedCode: null, text: 'ok' } }]]),
        records: [],
        isHostLevel: false,
      },
    ],
  });
  await releaseLeftovers(sql, holder, destinationId);
  await findClaimants(sql);
  await releaseClaims(sql, holder, [second?.id ?? '']);
  await retryMessage(sql, OPERATOR_VIEWER, second?.id ?? '', 'why');
  await bounceMessage(sql, OPERATOR_VIEWER, second?.id ?? '', 'no');
  await expireHeld(sql, { destinationId, begunAt: state?.now ?? '', reply: '[timeout]', onResults: () => undefined });
  await createDelayWalk(sql)();
  const composed = { id: newId(), content: new Uint8Array(1), smtpUtf8: false, body: null, domain: 'sender.test' };
  await makeDueReports({
    sql,
    checkSender: async (_, readContent) => {
      await readContent();
      return { kind: 'PASS' };
    },
    compose: () => composed,
    ehloName: 'mx.test',
    events: THROWING_EVENTS,
  });
  const question = { messageId: second?.id ?? '', destinationId, recipientNumber: 0, endedAt: '2026-01-01T00:00:00Z' };
  await findSuppressions(sql, OPERATOR_VIEWER, [question]);
  await foldDeltas(sql);
  const newest = { limit: 20, from: null, isBackward: false, order: 'NEWEST' } as const;
  await listMessages(sql, OPERATOR_VIEWER, { ...newest, filter: {} });
  await listMessages(sql, OPERATOR_VIEWER, { ...newest, filter: { ids: [newId()] } });
  for (const filter of [
    { internetMessageId: 'a@b.test' },
    { reversePath: 'a@b.test' },
    { reversePath: '@b.test' },
    { clientAddress: '192.0.2.7' },
    { clientAddress: '192.0.2.0/24', domain: 'plans.test' },
  ]) {
    await listMessages(sql, OPERATOR_VIEWER, { ...newest, filter });
  }
  await timelineOf(sql, OPERATOR_VIEWER, { messageId: second?.id ?? newId(), limit: 20, after: null });
  await readQueues(sql, OPERATOR_VIEWER, [destinationId]);
  await cancelHeld(sql, OPERATOR_VIEWER, { destinationId, reason: 'end', onResults: () => undefined });
  await spool.close();
}

async function plansWithScans(): Promise<string[]> {
  const bad: string[] = [];
  for (const statement of statements) {
    if (/^\s*(begin|commit|rollback)/i.test(statement)) continue;
    const rows = await single.queueSql.unsafe(`explain (generic_plan, costs off) ${statement}`);
    const plan = rows.map((row) => String(row['QUERY PLAN'])).join('\n');
    const scan = GROWING.exec(plan) ?? WALKING.exec(plan);
    if (scan !== null) bad.push(`${scan[0]} in ${statement.replaceAll(/\s+/g, ' ').slice(0, 160)}`);
  }
  return bad;
}

test('hot statements use indexes, on empty and unanalysed tables and on full ones', async () => {
  await runAll();
  expect(statements.size).toBeGreaterThan(12);
  for (const what of ['insert into reports_due', 'delete from reports_due', 'from events']) {
    expect([...statements].some((statement) => statement.includes(what))).toBe(true);
  }
  expect(await plansWithScans()).toEqual([]);
  await db.sql`
    insert into messages (id, transaction_id, tenant_id, destination_id, reverse_path, size_bytes, ehlo_name, protocol)
    select i, i, d.tenant_id, d.id, 'a@b', 100, 'x', 'ESMTP'
    from (select gen_random_uuid() as i from generate_series(1, 20000)) as ids, destinations d where d.id = ${destinationId}`;
  await db.sql`
    insert into reports_due (id, tenant_id, destination_id, message_id, transaction_id, header_section, facts, next_attempt_at)
    select id, tenant_id, destination_id, id, id, '', '{}', 'infinity' from messages`;
  await db.sql`analyze messages, reports_due`;
  expect(await plansWithScans()).toEqual([]);
});

test('the check sees a sequential scan and a walk along the primary key', async () => {
  statements.clear();
  statements.add('select * from messages where ehlo_name = $1 and size_bytes = $2');
  statements.add('select id from messages where kind = $1 order by id limit 20');
  expect(await plansWithScans()).toHaveLength(2);
});
