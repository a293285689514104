/** How many reports a reader gets, who waits and what is kept meanwhile, on a real database. */
import { describe, expect, test } from 'bun:test';
import { Buffer } from 'node:buffer';
import { newId } from '../../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../../src/mail/viewer.ts';
import type { DueReport } from '../../../src/queue/reports/due-rows.ts';
import type { SenderCheck } from '../../../src/queue/reports/reports.ts';
import { dropOldCounts } from '../../../src/db/bounded-counts.ts';
import { type Accepted, DEFERRED, FAILED, reportScene } from '../reports-scene.ts';

const scene = reportScene();
const { accept, settle, make, hasContent, reasonOf } = scene;

describe('the bounds of reports', () => {
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
    await scene.db.moveClock('1 hour');
    await settle(await accept({ from: 'flood@example.net' }), [FAILED]);
    expect((await make()).made).toHaveLength(1);
    await dropOldCounts(scene.db.sql);
    const counts = await scene.db.sql<
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
    await scene.db.moveClock('1 hour');
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
    await scene.db.moveClock('1 hour');
    expect((await make()).made).toHaveLength(1);
    await scene.db.sql`delete from bounded_counts`;
  });

  test('a tenant whose mail fails in masses leaves room for reports about the mail of others', async () => {
    await scene.db.sql`
      insert into bounded_counts (kind, subject, window_ends_at, count)
      values ('REPORT_ORGANIZATION_TENANT', ${`provider.example ${OPERATOR_TENANT_ID}`}, bmx_now() + interval '1 hour', 199),
        ('REPORT_DOMAIN', 'provider.example', bmx_now() + interval '1 hour', 199),
        ('REPORT_ORGANIZATION', 'provider.example', bmx_now() + interval '1 hour', 199)`;
    for (const number of [1, 2]) await settle(await accept({ from: `u${number}@provider.example` }), [FAILED]);
    await settle(await accept({ from: 'u3@provider.example' }), [FAILED]);
    expect((await make()).made).toHaveLength(1);
    const [tenant] = await scene.db.sql<{ id: string }[]>`
      insert into tenants (id, name) values (${newId()}, 'another') returning id`;
    const other = await accept({ from: 'u4@provider.example' });
    await settle(other, [FAILED]);
    await scene.db.sql`update reports_due set tenant_id = ${tenant?.id ?? ''} where message_id = ${other.id}`;
    const { composed } = await make();
    expect(composed.map(({ messageId }) => messageId)).toEqual([other.id]);
    await scene.db.sql`delete from bounded_counts`;
  });

  test('of a large message that has ended no more is kept than its report quotes, while that waits', async () => {
    const large = Buffer.alloc(300_000, 'x');
    const lengthOf = async (id: string): Promise<number> => {
      const [row] = await scene.db.sql<
        { length: number }[]
      >`select octet_length(content) as length from contents where message_id = ${id}`;
      return row?.length ?? 0;
    };
    await scene.db.sql`
      insert into bounded_counts (kind, subject, window_ends_at, count)
      values ('REPORT_DOMAIN', 'full.example', bmx_now() + interval '1 hour', 500)`;
    const waiting = await accept({ from: 'a@full.example', ret: 'FULL' });
    const half = await accept({ from: 'b@full.example', notify: [[], []] });
    const troubled = await accept({ from: 'c@dark.example' });
    await scene.db
      .sql`update contents set content = ${large} where message_id = any(${[waiting.id, half.id, troubled.id]}::uuid[])`;
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
    await scene.db
      .sql`update reports_due set attempts = 3, next_attempt_at = bmx_now() where message_id = ${troubled.id}`;
    await make(undefined, { checkSender });
    expect(await lengthOf(troubled.id)).toBe(65_536);
    // The proof was kept, so that the rest of the message is not asked for again.
    await scene.db.moveClock('1 hour');
    await scene.db.sql`delete from reports_due where message_id <> ${waiting.id}`;
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
    await scene.db.moveClock('29 days');
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
      await scene.db.sql`
      insert into bounded_counts (kind, subject, window_ends_at, count)
      values (${kind}, ${subject}, bmx_now() + interval '1 hour', ${most - 1})`;
      for (const number of [1, 2]) await settle(await accept({ from: `u${number}@mail.crowded.example` }), [FAILED]);
      const other = await accept({ from: 'u@roomy.example' });
      await settle(other, [FAILED]);
      // Both find room at first: one has to wait when it is taken.
      const { made, suppressed } = await make();
      expect([made.length, suppressed]).toEqual([2, []]);
      await scene.db.sql`update reports_due set next_attempt_at = bmx_now()`;
      let checkCount = 0;
      const checkSender = async (): Promise<SenderCheck> => {
        checkCount += 1;
        return { kind: 'PASS' };
      };
      expect((await make(undefined, { checkSender })).made).toEqual([]);
      expect(checkCount).toBe(0);
      await scene.db.moveClock('59 minutes');
      expect((await make(undefined, { checkSender })).made).toEqual([]);
      await scene.db.moveClock('1 minute');
      expect((await make(undefined, { checkSender })).made).toHaveLength(1);
      await scene.db.sql`delete from bounded_counts`;
    },
  );

  test('no more wait than a day lets through', async () => {
    await scene.db.sql`
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
    await scene.db.sql`update reports_due set next_attempt_at = bmx_now()`;
    expect((await make()).suppressed).toEqual([]);
    await scene.db.sql`delete from bounded_counts`;
  });

  test('a report that has waited for a day is suppressed', async () => {
    await scene.db.sql`
      insert into bounded_counts (kind, subject, window_ends_at, count)
      values ('REPORT_DOMAIN', 'full.example', bmx_now() + interval '2 days', 500)`;
    const message = await accept({ from: 'u@full.example' });
    await settle(message, [FAILED]);
    expect((await make()).suppressed).toEqual([]);
    expect(await hasContent(message.id)).toBe(true);
    await scene.db.sql`update reports_due set next_attempt_at = bmx_now(), created_at = bmx_now() - interval '1 day'`;
    expect((await make()).suppressed).toEqual(['RATE']);
    expect(await reasonOf(message)).toBe('RATE: the domain full.example was sent 500 reports within an hour');
    expect(await hasContent(message.id)).toBe(false);
    await scene.db.sql`delete from bounded_counts`;
  });
});
