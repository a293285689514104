/** Which reports fall due, how often, and what stays until they are made, on a real database. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import type { Notify } from '../../src/mail/envelope.ts';
import { newId } from '../../src/mail/id.ts';
import type { Outcome } from '../../src/mail/outcome.ts';
import { OPERATOR_TENANT_ID, OPERATOR_VIEWER } from '../../src/mail/viewer.ts';
import { claimDue, FIRST_KEY } from '../../src/queue/claim.ts';
import { bounceMessage, cancelMessage } from '../../src/queue/commands.ts';
import { findSuppressions } from '../../src/queue/inspect-suppressions.ts';
import { recordOutcomes } from '../../src/queue/outcome.ts';
import { createDelayWalk } from '../../src/queue/reports-delayed.ts';
import {
  actionOf,
  type DueReport,
  makeDueReports,
  type ReportDeps,
  type SenderCheck,
} from '../../src/queue/reports.ts';
import type { Spool } from '../../src/queue/spool.ts';
import { dropOldCounts } from '../../src/settings/bounded-counts.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination, makeTransaction, openSpool } from '../helpers/mail.ts';

const holder = { node: 1, epoch: 1 };
const DELIVERED: Outcome = { kind: 'DELIVERED', reply: { code: 250, enhancedCode: '2.0.0', text: 'ok' } };
const DEFERRED: Outcome = { kind: 'DEFERRED', reply: { code: 451, enhancedCode: '4.2.0', text: 'later' } };
const FAILED: Outcome = { kind: 'FAILED', reply: { code: 552, enhancedCode: '5.3.4', text: '[too big]' } };

let db: TestDatabase;
let spool: Spool;
let count = 0;

beforeAll(async () => {
  db = await createTestDatabase();
  spool = openSpool(db.target);
});
afterEach(async () => {
  await db.sql`delete from reports_due`;
});
afterAll(async () => {
  await spool?.close();
  await db?.close();
});

interface Accepted {
  readonly id: string;
  readonly destinationId: string;
}

interface Given {
  readonly notify?: readonly (readonly Notify[])[];
  readonly from?: string | null;
  readonly ret?: 'FULL' | 'HDRS';
  readonly domain?: string;
}

/** One message to as many recipients as there are NOTIFY values. */
async function accept({ notify = [[]], from = 'sender@example.net', ret, domain }: Given = {}): Promise<Accepted> {
  count += 1;
  const name = domain ?? `d${count}.example`;
  const [known] = await db.sql<{ id: string }[]>`select id from destinations where name = ${name}`;
  const destinationId = known?.id ?? (await makeDestination(db.sql, name));
  const to = notify.map((_, number) => ({ address: `u${number}@${name}`, destinationId }));
  const made = makeTransaction({ to, from });
  await spool.accept({
    ...made,
    envelope: { ...made.envelope, ret: ret ?? null },
    recipients: made.recipients.map((recipient, number) => ({ ...recipient, notify: notify[number] ?? [] })),
  });
  return { id: made.id, destinationId };
}

async function settle(message: Accepted, outcomes: readonly (Outcome | null)[], offersDsn?: boolean): Promise<void> {
  await claim(message);
  await record(message, outcomes, offersDsn);
}

async function claim({ id, destinationId }: Accepted): Promise<void> {
  await db.sql`update messages set next_attempt_at = bmx_now() where id = ${id}`;
  await claimDue(db.sql, { destinationId, holder, after: FIRST_KEY, limit: 100, flushNumber: null });
}

async function record(
  { id, destinationId }: Accepted,
  outcomes: readonly (Outcome | null)[],
  offersDsn?: boolean,
): Promise<void> {
  const given = outcomes.flatMap((outcome, number) => (outcome === null ? [] : [{ number, outcome }]));
  await recordOutcomes(db.sql, {
    destinationId,
    holder,
    routeGeneration: 1,
    settlements: [
      {
        messageId: id,
        outcomes: new Map(given.map(({ number, outcome }) => [number, outcome])),
        records: given.map(({ number, outcome }) => ({
          host: 'mx.test',
          address: '127.0.0.1:25',
          tls: null,
          ...(offersDsn === undefined ? {} : { offersDsn }),
          reply: outcome.kind === 'FAILED' ? '[too big]' : `${outcome.reply.code} ${outcome.reply.text}`,
          outcome: outcome.kind,
          recipientNumbers: [number],
          isHostLevel: false,
          latencyMs: 1,
        })),
        isHostLevel: false,
      },
    ],
  });
}

interface Hearing {
  readonly composed: DueReport[];
  readonly messages: (string | null)[];
  readonly suppressed: string[];
  readonly made: string[];
}

/** Makes all that is due; what was composed and decided. */
async function make(check: SenderCheck = { kind: 'PASS' }, more: Partial<ReportDeps> = {}): Promise<Hearing> {
  const heard: Hearing = { composed: [], messages: [], suppressed: [], made: [] };
  await makeDueReports({
    sql: db.sql,
    checkSender: async () => check,
    compose: (report, { message }) => {
      heard.composed.push(report);
      heard.messages.push(message === null ? null : Buffer.from(message).toString());
      return { id: newId(), content: Buffer.from('x'), smtpUtf8: false, body: null, domain: 'example.net' };
    },
    ehloName: 'mx.backup.example',
    onMade: (_, { id }) => void heard.made.push(id),
    onSuppressed: (_, { code }) => void heard.suppressed.push(code),
    onFault: (_, error) => {
      throw error;
    },
    ...more,
  });
  return heard;
}

async function hasContent(id: string): Promise<boolean> {
  return (await db.sql`select from contents where message_id = ${id}`).length === 1;
}

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
    await bounceMessage(db.sql, OPERATOR_VIEWER, bounced.id, 'spam');
    await cancelMessage(db.sql, OPERATOR_VIEWER, cancelled.id, 'spam');
    expect((await make()).composed.map(({ messageId }) => messageId)).toEqual([bounced.id]);
  });
});

describe('71 NOTIFY=DELAY', () => {
  test('one report per message, after four hours, for those who asked', async () => {
    const walk = createDelayWalk(db.sql);
    const asked = await accept({ notify: [['DELAY'], ['FAILURE'], [], ['NEVER'], ['DELAY', 'SUCCESS']] });
    const nobody = await accept({ notify: [[], ['SUCCESS', 'FAILURE']] });
    const nullSender = await accept({ from: null, notify: [['DELAY']] });
    await db.moveClock('3 hours 59 minutes');
    expect(await walk()).toBe(0);
    await db.moveClock('1 minute');
    expect(await walk()).toBe(1);
    // Another node walks as well.
    expect(await createDelayWalk(db.sql)()).toBe(0);
    const { composed } = await make();
    expect(composed).toMatchObject([{ messageId: asked.id }]);
    expect(composed[0]?.facts.recipients).toMatchObject([
      { number: 0, state: 'HELD', reply: null },
      { number: 4, state: 'HELD' },
    ]);
    expect(composed[0]?.facts.holdSeconds).toBe(864_000);
    await db.moveClock('1 day');
    expect(await walk()).toBe(0);
    expect(await createDelayWalk(db.sql)()).toBe(0);
    expect((await make()).composed).toEqual([]);
    for (const { id } of [asked, nobody, nullSender]) await cancelMessage(db.sql, OPERATOR_VIEWER, id, 'done');
    expect(await db.sql`select from reports_due`).toHaveLength(0);
    expect(await hasContent(asked.id)).toBe(false);
  });

  test('delayReports tells the senders of a domain who asked for nothing', async () => {
    const message = await accept({ notify: [[], ['FAILURE'], ['DELAY']], domain: 'talkative.example' });
    await db.sql`
      insert into domains (id, tenant_id, destination_id, name, status, delay_reports)
      values (${newId()}, ${OPERATOR_TENANT_ID}, ${message.destinationId}, 'talkative.example', 'ACTIVE', true)`;
    await db.moveClock('4 hours');
    expect(await createDelayWalk(db.sql)()).toBe(1);
    const { composed } = await make();
    expect(composed[0]?.facts.recipients.map(({ number }) => number)).toEqual([0, 2]);
    await cancelMessage(db.sql, OPERATOR_VIEWER, message.id, 'done');
  });

  test('what has ended meanwhile is not told of as delayed, and its failure is', async () => {
    const message = await accept({ notify: [['DELAY', 'FAILURE']] });
    await db.moveClock('4 hours');
    expect(await createDelayWalk(db.sql)()).toBe(1);
    await settle(message, [FAILED]);
    expect(await hasContent(message.id)).toBe(true);
    const { made, composed } = await make();
    expect(made).toHaveLength(1);
    expect(composed.map(({ facts }) => actionOf(facts)).toSorted()).toEqual(['delayed', 'failed']);
    expect(await db.sql`select from reports_due`).toHaveLength(0);
    expect(await hasContent(message.id)).toBe(false);
  });

  test('more messages than one step of the walk, none left out and none twice', async () => {
    const destinationId = await makeDestination(db.sql, 'crowd.example');
    const to = [{ address: 'u@crowd.example', destinationId }];
    const many = Array.from({ length: 1100 }, () => makeTransaction({ to }));
    await Promise.all(many.map((message) => spool.accept(message)));
    await db.sql`update recipients set notify = 'DELAY' where destination_id = ${destinationId}`;
    const walk = createDelayWalk(db.sql);
    await db.moveClock('4 hours');
    const [one, other] = await Promise.all([walk(), createDelayWalk(db.sql)()]);
    expect(one + other).toBe(1100);
    await db.sql`delete from messages where destination_id = ${destinationId}`;
  });
});

describe('71 RET=FULL', () => {
  test('the content stays until the last report about an ended message is made, and no longer', async () => {
    const message = await accept({ ret: 'FULL', notify: [[], [], []] });
    const headersOnly = await accept({ ret: 'HDRS' });
    await settle(message, [FAILED, DEFERRED, DEFERRED]);
    await settle(message, [null, FAILED, FAILED]);
    await settle(headersOnly, [FAILED]);
    expect(await db.sql`select from reports_due where message_id = ${message.id}`).toHaveLength(2);
    expect(await hasContent(message.id)).toBe(true);
    const waiting = await make({ kind: 'TROUBLE', reason: 'no answer' });
    expect(waiting.composed).toEqual([]);
    expect(await hasContent(message.id)).toBe(true);
    await db.moveClock('15 minutes');
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
      expect(await db.sql`select from reports_due where message_id = ${message.id}`).toHaveLength(0);
      expect(await hasContent(message.id)).toBe(false);
    }
  });
});

describe('74 suppression', () => {
  const reasonOf = async ({ id, destinationId }: Accepted, recipientNumber = 0): Promise<string | null> => {
    const [row] = await db.sql<{ ended_at: string }[]>`
      select coalesce((select ended_at from recipients where message_id = ${id} and number = ${recipientNumber}),
        (select ended_at from history where id = ${id}))::text as ended_at`;
    const question = { messageId: id, destinationId, recipientNumber, endedAt: row?.ended_at ?? '' };
    const [reason] = await findSuppressions(db.sql, OPERATOR_VIEWER, [question]);
    const stranger = { isOperator: false, tenantId: newId() } as typeof OPERATOR_VIEWER;
    expect(await findSuppressions(db.sql, stranger, [question])).toEqual([null]);
    return reason ?? null;
  };

  test('the recipient ends all the same, and the reason is kept, live and in history', async () => {
    const message = await accept({ notify: [[], [], []] });
    await settle(message, [FAILED, DEFERRED, DEFERRED]);
    expect((await make({ kind: 'SUPPRESS', reason: 'SPF says no' })).suppressed).toEqual(['UNPROVEN']);
    expect(await reasonOf(message)).toBe('SPF says no');
    expect(await hasContent(message.id)).toBe(true);
    await db.moveClock('2 days');
    await settle(message, [null, FAILED, DELIVERED]);
    expect((await make()).made).toHaveLength(1);
    expect(await reasonOf(message, 1)).toBeNull();
    const [past] = await db.sql<{ ended_at: string }[]>`
      select recipients -> 0 ->> 'endedAt' as ended_at from history where id = ${message.id}`;
    const { id: messageId, destinationId } = message;
    const question = { messageId, destinationId, recipientNumber: 0, endedAt: past?.ended_at ?? '' };
    expect(await findSuppressions(db.sql, OPERATOR_VIEWER, [question])).toEqual(['SPF says no']);
  });

  test('trouble of the check is borne for a day', async () => {
    const message = await accept();
    await settle(message, [FAILED]);
    await db.sql`update reports_due set attempts = 95`;
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
      onFault: (_, error) => void faults.push(error),
    };
    expect((await make({ kind: 'PASS' }, broken)).suppressed).toEqual([]);
    await db.sql`update reports_due set attempts = 95, next_attempt_at = bmx_now()`;
    expect((await make({ kind: 'PASS' }, broken)).suppressed).toEqual(['FAULT']);
    expect(faults).toHaveLength(2);
    expect(await reasonOf(message)).toBe('the report could not be made');
  });

  test('one address gets twenty reports an hour, the spelling of its case aside', async () => {
    const messages: Accepted[] = [];
    for (let number = 0; number < 22; number += 1) {
      const message = await accept({ from: number % 2 === 0 ? 'Flood@example.net' : 'flood@example.net' });
      messages.push(message);
      await settle(message, [FAILED]);
    }
    const { made, suppressed } = await make();
    expect(made).toHaveLength(20);
    expect(suppressed).toEqual(['RATE', 'RATE']);
    const reasons = await Promise.all(messages.map((message) => reasonOf(message)));
    expect(reasons.filter((reason) => reason !== null)).toEqual(
      Array.from({ length: 2 }, () => 'RATE: the address was sent 20 reports within an hour'),
    );
    await settle(await accept({ from: 'other@example.net' }), [FAILED]);
    expect((await make()).made).toHaveLength(1);
    await db.moveClock('1 hour');
    await settle(await accept({ from: 'flood@example.net' }), [FAILED]);
    expect((await make()).made).toHaveLength(1);
    await dropOldCounts(db.sql);
    const counts = await db.sql<
      { subject: string }[]
    >`select subject from bounded_counts where kind = 'REPORT_MAILBOX'`;
    expect(counts.map(({ subject }) => subject)).toEqual(['flood@example.net']);
  });

  test('addresses that lead to one mailbox share its twenty', async () => {
    const tagged = (number: number): string =>
      [
        `t${number}+x`,
        `t+${number}`,
        `"t+${number} x"`,
        `T+${number}`,
        `t-${number}`,
        `t.+${number}`,
        `prvs=${number}=t+`,
      ][number % 7] ?? '';
    for (let number = 0; number < 42; number += 1) {
      await settle(await accept({ from: `${tagged(number)}@tagged.example` }), [FAILED]);
    }
    const { made, suppressed } = await make();
    // Each seventh one is of another mailbox: t0, t7, t14 and so on. The rest waits: a dot or a dash may be another person's.
    expect([made.length, suppressed]).toEqual([26, []]);
    await db.moveClock('1 hour');
    expect((await make()).made).toHaveLength(16);
  });

  test('who has an address like another one uses up none of the other one’s reports for good', async () => {
    for (let number = 0; number < 21; number += 1) {
      await settle(await accept({ from: `jean-stranger+${number}@provider.example` }), [FAILED]);
    }
    const victim = await accept({ from: 'jean-victim@provider.example' });
    await settle(victim, [FAILED]);
    const { made, suppressed } = await make();
    expect([made.length, suppressed]).toEqual([20, ['RATE']]);
    await db.moveClock('1 hour');
    expect((await make()).made).toHaveLength(1);
    await db.sql`delete from bounded_counts`;
  });

  test('a tenant whose mail fails in masses leaves room for reports about the mail of others', async () => {
    await db.sql`
      insert into bounded_counts (kind, subject, window_ends_at, count)
      values ('REPORT_ORGANIZATION_TENANT', ${`provider.example ${OPERATOR_TENANT_ID}`}, bmx_now() + interval '1 hour', 199),
        ('REPORT_DOMAIN', 'provider.example', bmx_now() + interval '1 hour', 199),
        ('REPORT_ORGANIZATION', 'provider.example', bmx_now() + interval '1 hour', 199)`;
    for (const number of [1, 2]) await settle(await accept({ from: `u${number}@provider.example` }), [FAILED]);
    await settle(await accept({ from: 'u3@provider.example' }), [FAILED]);
    expect((await make()).made).toHaveLength(1);
    const [tenant] = await db.sql<{ id: string }[]>`
      insert into tenants (id, name) values (${newId()}, 'another') returning id`;
    const other = await accept({ from: 'u4@provider.example' });
    await settle(other, [FAILED]);
    await db.sql`update reports_due set tenant_id = ${tenant?.id ?? ''} where message_id = ${other.id}`;
    const { composed } = await make();
    expect(composed.map(({ messageId }) => messageId)).toEqual([other.id]);
    await db.sql`delete from bounded_counts`;
  });

  test('of a large message that has ended no more is kept than its report quotes, while that waits', async () => {
    const large = Buffer.alloc(300_000, 'x');
    const lengthOf = async (id: string): Promise<number> => {
      const [row] = await db.sql<
        { length: number }[]
      >`select octet_length(content) as length from contents where message_id = ${id}`;
      return row?.length ?? 0;
    };
    await db.sql`
      insert into bounded_counts (kind, subject, window_ends_at, count)
      values ('REPORT_DOMAIN', 'full.example', bmx_now() + interval '1 hour', 500)`;
    const waiting = await accept({ from: 'a@full.example', ret: 'FULL' });
    const half = await accept({ from: 'b@full.example', notify: [[], []] });
    const troubled = await accept({ from: 'c@dark.example' });
    await db.sql`update contents set content = ${large} where message_id = any(${[waiting.id, half.id, troubled.id]}::uuid[])`;
    for (const message of [waiting, troubled]) await settle(message, [FAILED]);
    await settle(half, [FAILED, DEFERRED]);
    const checkSender = async ({ facts }: DueReport): Promise<SenderCheck> =>
      facts.reversePath.endsWith('@dark.example')
        ? { kind: 'TROUBLE', reason: 'no DNS' }
        : { kind: 'PASS', signatureIds: ['proof'] };
    expect((await make(undefined, { checkSender })).made).toEqual([]);
    // What is held for other recipients stays whole, and so does for an hour what a key may prove.
    expect(await Promise.all([waiting, half, troubled].map(({ id }) => lengthOf(id)))).toEqual([
      65_536, 300_000, 300_000,
    ]);
    await db.sql`update reports_due set attempts = 3, next_attempt_at = bmx_now() where message_id = ${troubled.id}`;
    await make(undefined, { checkSender });
    expect(await lengthOf(troubled.id)).toBe(65_536);
    // The proof was kept, so that the rest of the message is not asked for again.
    await db.moveClock('1 hour');
    await db.sql`delete from reports_due where message_id <> ${waiting.id}`;
    const { made, messages } = await make({ kind: 'SUPPRESS', reason: 'asked again' });
    expect([made.length, messages]).toEqual([1, [null]]);
    expect(await hasContent(waiting.id)).toBe(false);
  });

  test('a signature that alone proves the sender counts for one message, and for all reports about that', async () => {
    const signed: SenderCheck = { kind: 'PASS', signatureIds: ['the same'] };
    const messages = [await accept({ notify: [[], []] }), await accept(), await accept()];
    const [first] = messages;
    if (first === undefined) throw new Error('no message');
    await settle(first, [FAILED, DEFERRED]);
    expect((await make(signed)).made).toHaveLength(1);
    for (const message of messages) await settle(message, message === first ? [null, FAILED] : [FAILED]);
    const { made, suppressed } = await make(signed);
    expect([made.length, suppressed]).toEqual([1, ['RATE', 'RATE']]);
    expect(await reasonOf(messages[1] ?? first)).toBe(
      'RATE: the DKIM signature that alone proves the sender was seen on another message',
    );
    // By another one, and by SPF.
    await settle(await accept(), [FAILED]);
    await settle(await accept(), [FAILED]);
    expect((await make({ kind: 'PASS', signatureIds: ['another'] })).made).toHaveLength(1);
    await settle(await accept(), [FAILED]);
    expect((await make()).made).toHaveLength(1);
    // As long as what was signed may be sent again and held.
    await db.moveClock('29 days');
    await settle(await accept(), [FAILED]);
    expect((await make(signed)).suppressed).toEqual(['RATE']);
  });

  test.each([
    ['REPORT_DOMAIN', 'mail.crowded.example', 500],
    ['REPORT_ORGANIZATION', 'crowded.example', 1000],
    ['REPORT_ORGANIZATION_TENANT', `crowded.example ${OPERATOR_TENANT_ID}`, 200],
  ])(
    'over the bound of %s %s a report waits for the next hour, before the DNS is asked',
    async (kind, subject, most) => {
      await db.sql`
      insert into bounded_counts (kind, subject, window_ends_at, count)
      values (${kind}, ${subject}, bmx_now() + interval '1 hour', ${most - 1})`;
      for (const number of [1, 2]) await settle(await accept({ from: `u${number}@mail.crowded.example` }), [FAILED]);
      const other = await accept({ from: 'u@roomy.example' });
      await settle(other, [FAILED]);
      // Both find room at first: one has to wait when it is taken.
      const { made, suppressed } = await make();
      expect([made.length, suppressed]).toEqual([2, []]);
      await db.sql`update reports_due set next_attempt_at = bmx_now()`;
      let checkCount = 0;
      const checkSender = async (): Promise<SenderCheck> => {
        checkCount += 1;
        return { kind: 'PASS' };
      };
      expect((await make(undefined, { checkSender })).made).toEqual([]);
      expect(checkCount).toBe(0);
      await db.moveClock('59 minutes');
      expect((await make(undefined, { checkSender })).made).toEqual([]);
      await db.moveClock('1 minute');
      expect((await make(undefined, { checkSender })).made).toHaveLength(1);
      await db.sql`delete from bounded_counts`;
    },
  );

  test('no more wait than a day lets through', async () => {
    await db.sql`
      insert into bounded_counts (kind, subject, window_ends_at, count)
      values ('REPORT_DOMAIN', 'full.example', bmx_now() + interval '1 hour', 500),
        ('REPORT_DOMAIN_WAITING', 'full.example', bmx_now() + interval '1 day', 11999)`;
    const [first, second] = [await accept({ from: 'a@full.example' }), await accept({ from: 'b@full.example' })];
    await settle(first, [FAILED]);
    expect((await make()).suppressed).toEqual([]);
    await settle(second, [FAILED]);
    expect((await make()).suppressed).toEqual(['RATE']);
    expect([await hasContent(first.id), await hasContent(second.id)]).toEqual([true, false]);
    // Who waits is counted once, however often his hour has no room.
    await db.sql`update reports_due set next_attempt_at = bmx_now()`;
    expect((await make()).suppressed).toEqual([]);
    await db.sql`delete from bounded_counts`;
  });

  test('a report that has waited for a day is suppressed', async () => {
    await db.sql`
      insert into bounded_counts (kind, subject, window_ends_at, count)
      values ('REPORT_DOMAIN', 'full.example', bmx_now() + interval '2 days', 500)`;
    const message = await accept({ from: 'u@full.example' });
    await settle(message, [FAILED]);
    expect((await make()).suppressed).toEqual([]);
    expect(await hasContent(message.id)).toBe(true);
    await db.sql`update reports_due set next_attempt_at = bmx_now(), created_at = bmx_now() - interval '1 day'`;
    expect((await make()).suppressed).toEqual(['RATE']);
    expect(await reasonOf(message)).toBe('RATE: the domain full.example was sent 500 reports within an hour');
    expect(await hasContent(message.id)).toBe(false);
    await db.sql`delete from bounded_counts`;
  });
});
