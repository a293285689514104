/** Which reports fall due, how often, and what stays until they are made, on a real database. */
import { describe, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import type { Notify } from '../../../src/mail/envelope.ts';
import { newId } from '../../../src/mail/id.ts';
import type { Outcome } from '../../../src/mail/outcome.ts';
import { OPERATOR_TENANT_ID, OPERATOR_VIEWER } from '../../../src/mail/viewer.ts';
import { bounceMessage, cancelMessage } from '../../../src/queue/verbs/commands.ts';
import { findSuppressions } from '../../../src/queue/read/attempts.ts';
import { createDelayWalk } from '../../../src/queue/reports/due-rows.ts';
import { createAside } from '../../../src/queue/reports/aside.ts';
import { actionOf, type ReportDeps } from '../../../src/queue/reports/reports.ts';
import { makeDestination, makeTransaction } from '../../helpers/mail.ts';
import { DEFERRED, DELIVERED, FAILED, reportScene } from '../reports-scene.ts';
import { NO_EVENTS } from '../../helpers/no-events.ts';

const scene = reportScene();
const { accept, settle, claim, record, make, hasContent, reasonOf } = scene;

describe('71 NOTIFY', () => {
  test('what a failure, a delivery with DSN and one without make due', async () => {
    const cases: [readonly Notify[], Outcome, boolean, ReturnType<typeof actionOf> | null][] = [
      [[], FAILED, true, 'failed'],
      [['FAILURE'], FAILED, true, 'failed'],
      [['FAILURE', 'SUCCESS', 'DELAY'], FAILED, false, 'failed'],
      [['SUCCESS'], FAILED, true, null],
      [['DELAY'], FAILED, true, null],
      [['NEVER'], FAILED, true, null],
      [['SUCCESS'], DELIVERED, false, 'relayed'],
      [['SUCCESS', 'FAILURE'], DELIVERED, false, 'relayed'],
      [['SUCCESS'], DELIVERED, true, null],
      [[], DELIVERED, false, null],
      [['FAILURE', 'DELAY'], DELIVERED, false, null],
      [['NEVER'], DELIVERED, false, null],
      [['SUCCESS'], DEFERRED, false, null],
    ];
    for (const [notify, outcome, offersDsn, expected] of cases) {
      await settle(await accept({ notify: [notify] }), [outcome], offersDsn);
      const { composed } = await make();
      expect([notify, outcome.kind, offersDsn, composed.map(({ facts }) => actionOf(facts))]).toEqual([
        notify,
        outcome.kind,
        offersDsn,
        expected === null ? [] : [expected],
      ]);
    }
  });

  test('68 one report per outcome transaction, each recipient in one of them; a null sender never', async () => {
    const message = await accept({ notify: [[], ['SUCCESS'], ['NEVER'], [], []] });
    await settle(message, [FAILED, DELIVERED, FAILED, DEFERRED, DEFERRED], false);
    await settle(message, [null, null, null, FAILED, FAILED], false);
    const { composed } = await make();
    const told = composed.map(({ facts }) => facts.recipients.map(({ number, state }) => [number, state]));
    expect(told.toSorted((a, b) => Number(a[0]?.[0]) - Number(b[0]?.[0]))).toEqual([
      [
        [0, 'FAILED'],
        [1, 'DELIVERED'],
      ],
      [
        [3, 'FAILED'],
        [4, 'FAILED'],
      ],
    ]);
    expect((await make()).composed).toEqual([]);
    await settle(await accept({ from: null, notify: [['SUCCESS'], []] }), [DELIVERED, FAILED], false);
    expect((await make()).composed).toEqual([]);
  });

  test('73 a message that is refused behind us has its report; one that is cancelled none', async () => {
    const bounced = await accept();
    const cancelled = await accept();
    await bounceMessage(scene.db.sql, OPERATOR_VIEWER, bounced.id, 'spam');
    await cancelMessage(scene.db.sql, OPERATOR_VIEWER, cancelled.id, 'spam');
    expect((await make()).composed.map(({ messageId }) => messageId)).toEqual([bounced.id]);
  });
});

describe('71 NOTIFY=DELAY', () => {
  test('one report per message, after four hours, for those who asked', async () => {
    const walk = createDelayWalk(scene.db.sql);
    const asked = await accept({ notify: [['DELAY'], ['FAILURE'], [], ['NEVER'], ['DELAY', 'SUCCESS']] });
    const nobody = await accept({ notify: [[], ['SUCCESS', 'FAILURE']] });
    const nullSender = await accept({ from: null, notify: [['DELAY']] });
    await scene.db.moveClock('3 hours 59 minutes');
    expect(await walk()).toBe(0);
    await scene.db.moveClock('1 minute');
    expect(await walk()).toBe(1);
    // Another node walks as well.
    expect(await createDelayWalk(scene.db.sql)()).toBe(0);
    const { composed } = await make();
    expect(composed).toMatchObject([{ messageId: asked.id }]);
    expect(composed[0]?.facts.recipients).toMatchObject([
      { number: 0, state: 'HELD', reply: null },
      { number: 4, state: 'HELD' },
    ]);
    expect(composed[0]?.facts.holdSeconds).toBe(864_000);
    await scene.db.moveClock('1 day');
    expect(await walk()).toBe(0);
    expect(await createDelayWalk(scene.db.sql)()).toBe(0);
    expect((await make()).composed).toEqual([]);
    for (const { id } of [asked, nobody, nullSender]) await cancelMessage(scene.db.sql, OPERATOR_VIEWER, id, 'done');
    expect(await scene.db.sql`select from reports_due`).toHaveLength(0);
    expect(await hasContent(asked.id)).toBe(false);
  });

  test('hasDelayReports tells the senders of a domain who asked for nothing', async () => {
    const message = await accept({ notify: [[], ['FAILURE'], ['DELAY']], domain: 'talkative.example' });
    await scene.db.sql`
      insert into domains (id, tenant_id, destination_id, name, status, delay_reports)
      values (${newId()}, ${OPERATOR_TENANT_ID}, ${message.destinationId}, 'talkative.example', 'ACTIVE', true)`;
    await scene.db.moveClock('4 hours');
    expect(await createDelayWalk(scene.db.sql)()).toBe(1);
    const { composed } = await make();
    expect(composed[0]?.facts.recipients.map(({ number }) => number)).toEqual([0, 2]);
    await cancelMessage(scene.db.sql, OPERATOR_VIEWER, message.id, 'done');
  });

  test('what has ended meanwhile is not told of as delayed, and its failure is', async () => {
    const message = await accept({ notify: [['DELAY', 'FAILURE']] });
    await scene.db.moveClock('4 hours');
    expect(await createDelayWalk(scene.db.sql)()).toBe(1);
    await settle(message, [FAILED]);
    expect(await hasContent(message.id)).toBe(true);
    const { made, composed } = await make();
    expect(made).toHaveLength(1);
    expect(composed.map(({ facts }) => actionOf(facts)).toSorted()).toEqual(['delayed', 'failed']);
    expect(await scene.db.sql`select from reports_due`).toHaveLength(0);
    expect(await hasContent(message.id)).toBe(false);
  });

  test('more messages than one step of the walk, none left out and none twice', async () => {
    const destinationId = await makeDestination(scene.db.sql, 'crowd.example');
    const to = [{ address: 'u@crowd.example', destinationId }];
    const many = Array.from({ length: 1100 }, () => makeTransaction({ to }));
    await Promise.all(many.map((message) => scene.spool.accept(message)));
    await scene.db.sql`update recipients set notify = 'DELAY' where destination_id = ${destinationId}`;
    const walk = createDelayWalk(scene.db.sql);
    await scene.db.moveClock('4 hours');
    const [one, other] = await Promise.all([walk(), createDelayWalk(scene.db.sql)()]);
    expect(one + other).toBe(1100);
    await scene.db.sql`delete from messages where destination_id = ${destinationId}`;
  });
});

describe('71 RET=FULL', () => {
  test('the content stays until the last report about an ended message is made, and no longer', async () => {
    const message = await accept({ ret: 'FULL', notify: [[], [], []] });
    const headersOnly = await accept({ ret: 'HDRS' });
    await settle(message, [FAILED, DEFERRED, DEFERRED]);
    await settle(message, [null, FAILED, FAILED]);
    await settle(headersOnly, [FAILED]);
    expect(await scene.db.sql`select from reports_due where message_id = ${message.id}`).toHaveLength(2);
    expect(await hasContent(message.id)).toBe(true);
    const waiting = await make({ kind: 'TROUBLE', reason: 'no answer' });
    expect(waiting.composed).toEqual([]);
    expect(await hasContent(message.id)).toBe(true);
    await scene.db.moveClock('15 minutes');
    const { composed, messages } = await make();
    const returned = composed.map(({ messageId }, index) => [messageId === message.id, messages[index]]);
    const whole = 'Subject: hello\r\n\r\nbody\r\n';
    expect(returned.toSorted((a, b) => Number(a[0]) - Number(b[0]))).toEqual([
      [false, null],
      [true, whole],
      [true, whole],
    ]);
    expect(composed.every(({ head }) => Buffer.from(head).toString() === whole)).toBe(true);
    expect(await hasContent(message.id)).toBe(false);
    expect(await hasContent(headersOnly.id)).toBe(false);
  });

  test('a message that is still held keeps its content when its report is made', async () => {
    const message = await accept({ notify: [[], []] });
    await settle(message, [FAILED, DEFERRED]);
    expect((await make()).made).toHaveLength(1);
    expect(await hasContent(message.id)).toBe(true);
    await settle(message, [null, DELIVERED]);
    expect(await hasContent(message.id)).toBe(false);
  });

  test('reports are made while their message ends: nothing is left behind', async () => {
    for (let round = 0; round < 20; round += 1) {
      const message = await accept({ notify: [[], [], []] });
      await settle(message, [FAILED, DEFERRED, DEFERRED]);
      await claim(message);
      await Promise.all([make(), record(message, [null, FAILED, DELIVERED]), make()]);
      await make();
      expect(await scene.db.sql`select from reports_due where message_id = ${message.id}`).toHaveLength(0);
      expect(await hasContent(message.id)).toBe(false);
    }
  });
});

describe('74 suppression', () => {
  test('the recipient ends all the same, and the reason is kept, live and in history', async () => {
    const message = await accept({ notify: [[], [], []] });
    await settle(message, [FAILED, DEFERRED, DEFERRED]);
    expect((await make({ kind: 'SUPPRESS', reason: 'SPF says no' })).suppressed).toEqual(['UNPROVEN']);
    expect(await reasonOf(message)).toBe('SPF says no');
    expect(await hasContent(message.id)).toBe(true);
    await scene.db.moveClock('2 days');
    await settle(message, [null, FAILED, DELIVERED]);
    expect((await make()).made).toHaveLength(1);
    expect(await reasonOf(message, 1)).toBeNull();
    const [past] = await scene.db.sql<{ ended_at: string }[]>`
      select recipients -> 0 ->> 'endedAt' as ended_at from history where id = ${message.id}`;
    const { id: messageId, destinationId } = message;
    const question = { messageId, destinationId, recipientNumber: 0, endedAt: past?.ended_at ?? '' };
    expect(await findSuppressions(scene.db.sql, OPERATOR_VIEWER, [question])).toEqual(['SPF says no']);
  });

  test('trouble of the check is borne for a day', async () => {
    const message = await accept();
    await settle(message, [FAILED]);
    await scene.db.sql`update reports_due set attempts = 95`;
    expect((await make({ kind: 'TROUBLE', reason: 'no answer' })).suppressed).toEqual(['UNPROVEN']);
    expect(await reasonOf(message)).toBe('no answer');
    expect(await hasContent(message.id)).toBe(false);
  });

  test('a report that cannot be made is tried again, then given up with a reason', async () => {
    const message = await accept();
    await settle(message, [FAILED]);
    const faults: unknown[] = [];
    const broken: Partial<ReportDeps> = {
      compose: () => {
        throw new Error('bug');
      },
    };
    const hearing = { ...NO_EVENTS, fault: ({ error }: { readonly error: unknown }) => void faults.push(error) };
    expect((await make({ kind: 'PASS' }, broken, hearing)).suppressed).toEqual([]);
    await scene.db.sql`update reports_due set attempts = 95, next_attempt_at = bmx_now()`;
    expect((await make({ kind: 'PASS' }, broken, hearing)).suppressed).toEqual(['FAULT']);
    expect(faults).toHaveLength(2);
    expect(await reasonOf(message)).toBe('the report could not be made');
  });
});

describe('checks of senders that take long', () => {
  /** Checks of this client wait until they are let go. */
  function slowChecks(slowClient: RegExp) {
    const begun: string[] = [];
    const end = Promise.withResolvers<void>();
    const checkSender: ReportDeps['checkSender'] = async ({ id, facts }) => {
      if (!slowClient.test(facts.clientAddress ?? '')) return { kind: 'PASS' };
      begun.push(id);
      await end.promise;
      return { kind: 'TROUBLE', reason: 'slow' };
    };
    return { begun, letGo: end.resolve, checkSender };
  }
  const fail = async (clientAddress: string, from: string): Promise<void> =>
    settle(await accept({ from, clientAddress }), [FAILED], false);

  test('hold up no report to others, and of one network no more than ten are begun after its first batch', async () => {
    for (let count = 0; count < 50; count += 1) await fail(`192.0.2.${count}`, `a${count}@slow${count}.example`);
    for (let count = 0; count < 5; count += 1) await fail('198.51.100.1', `b${count}@quick${count}.example`);
    const { begun, letGo, checkSender } = slowChecks(/^192\.0\.2\./);
    const quick = Promise.withResolvers<void>();
    let quickCount = 0;
    const events = {
      fault: NO_EVENTS.fault,
      reportSuppressed: NO_EVENTS.reportSuppressed,
      reportMade: () => {
        quickCount += 1;
        if (quickCount === 5) quick.resolve();
      },
    };
    const made = make({ kind: 'PASS' }, { checkSender, patienceMs: 20, events });
    await quick.promise;
    // Two batches: when the second began, the first was aside.
    expect(begun.length).toBe(20);
    letGo();
    await made;
    const [left] = await scene.db.sql<{ count: number }[]>`select count(*)::integer as count from reports_due`;
    expect(left?.count).toBe(50);
  });

  test('a large message waits for no other, and others not for it', async () => {
    await fail('192.0.2.1', 'a@large.example');
    await scene.db.sql`update contents set content = decode(repeat('61', 300000), 'hex')`;
    await fail('198.51.100.1', 'b@small.example');
    const { begun, letGo, checkSender } = slowChecks(/^192\.0\.2\./);
    const quick = Promise.withResolvers<void>();
    const events = { ...NO_EVENTS, reportMade: () => quick.resolve() };
    const made = make({ kind: 'PASS' }, { checkSender, patienceMs: 60_000, events });
    await quick.promise;
    expect(begun.length).toBe(1);
    letGo();
    await made;
  });

  test('what it throws is thrown when all is done', async () => {
    const aside = createAside(1);
    const end = Promise.withResolvers<void>();
    await aside.start('192.0.2.1', () => end.promise);
    aside.throwFaults();
    end.reject(new Error('gone'));
    while (await aside.settle(1_000));
    expect(aside.throwFaults).toThrow('gone');
  });
});
