/** Answers of callouts and deliveries in Postgres and in memory: what holds, what is bounded, what is forgotten. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { type Answers, createAnswers, type Recipient } from '../../src/verification/answers.ts';
import { createGrouped } from '../../src/verification/grouped.ts';
import { createLearned } from '../../src/verification/learned.ts';
import { pruneAnswers } from '../../src/verification/verification.ts';
import { newId } from '../../src/mail/id.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeDestination } from '../helpers/mail.ts';

let db: TestDatabase;
const monotonicMs = () => performance.now();

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.close());

async function serve(name: string, delimiter: string | null = null): Promise<string> {
  const id = await makeDestination(db.sql, name);
  await db.sql`insert into domains (id, tenant_id, destination_id, name, status, recipient_delimiter)
    values (${newId()}, ${OPERATOR_TENANT_ID}, ${id}, ${name}, 'ACTIVE', ${delimiter})`;
  return id;
}

const at = (destinationId: string, localPart: string): Recipient => ({
  destinationId,
  tenantId: OPERATOR_TENANT_ID,
  localPart,
});

function say(answers: Answers, recipient: Recipient, verdict: 'POSITIVE' | 'NEGATIVE') {
  return answers.record({ recipient, verdict, isListed: false, reply: 'its words' });
}

const rowsOf = (destinationId: string) => db.sql<{ local_part: string; answer: string | null; delivered: boolean }[]>`
  select local_part, answer, delivered_at is not null as delivered
  from recipient_answers where destination_id = ${destinationId} order by local_part`;

describe('answers', () => {
  test('thousands at once, some of them about one recipient, are a few statements; the last about one counts', async () => {
    const id = await serve('many.test');
    const answers = createAnswers({ sql: db.sql, monotonicMs });
    const given = Array.from({ length: 3000 }, (_, index) => at(id, `user${index % 1500}`));
    await Promise.all(given.map((recipient, index) => say(answers, recipient, index < 1500 ? 'NEGATIVE' : 'POSITIVE')));
    const [row] = await db.sql`
      select count(*)::int as count, count(*) filter (where answer = 'POSITIVE')::int as positive
      from recipient_answers where destination_id = ${id}`;
    expect(row).toEqual({ count: 1500, positive: 1500 });
    const found = await Promise.all(given.map((recipient) => answers.find(recipient)));
    expect(found.every(({ answer }) => answer === 'POSITIVE')).toBe(true);
  });

  test('two nodes that write the same recipients in opposite order do not lock each other out', async () => {
    const id = await serve('order.test');
    const nodes = [0, 1].map(() => createAnswers({ sql: db.sql, monotonicMs }));
    const names = Array.from({ length: 400 }, (_, index) => `user${index}`);
    await Promise.all(
      nodes.flatMap((answers, index) =>
        (index === 0 ? names : names.toReversed()).map((name) => say(answers, at(id, name), 'POSITIVE')),
      ),
    );
    expect(await rowsOf(id)).toHaveLength(400);
  });

  test('a dictionary of refusals does not push out the mailboxes that exist', async () => {
    const id = await serve('bounded.test');
    const answers = createAnswers({ sql: db.sql, monotonicMs, memory: { mostPositive: 10, mostNegative: 10 } });
    for (let index = 0; index < 10; index += 1) await say(answers, at(id, `good${index}`), 'POSITIVE');
    await Promise.all(Array.from({ length: 200 }, (_, index) => say(answers, at(id, `bad${index}`), 'NEGATIVE')));
    expect(answers.recall(at(id, 'good0'))?.answer).toBe('POSITIVE');
    expect(answers.recall(at(id, 'bad199'))?.answer).toBe('NEGATIVE');
    expect(answers.recall(at(id, 'bad0'))).toBeNull();
    expect((await answers.find(at(id, 'bad0'))).answer).toBe('NEGATIVE');
  });

  test('memory is a minute old at the most, and what is dropped while it is read does not come back', async () => {
    const id = await serve('fresh.test');
    let shiftMs = 0;
    const answers = createAnswers({ sql: db.sql, monotonicMs: () => performance.now() + shiftMs });
    await say(answers, at(id, 'alice'), 'POSITIVE');
    expect(answers.recall(at(id, 'alice'))).not.toBeNull();
    shiftMs = 61_000;
    expect(answers.recall(at(id, 'alice'))).toBeNull();
    const reading = answers.find(at(id, 'alice'));
    answers.drop(at(id, 'alice'));
    expect((await reading).answer).toBe('POSITIVE');
    expect(answers.recall(at(id, 'alice'))).toBeNull();
  });

  test('43a: of a recipient known good another refusal within 15 minutes confirms nothing, one behind them does', async () => {
    const id = await serve('suspected.test');
    const answers = createAnswers({ sql: db.sql, monotonicMs });
    const refuse = () =>
      answers.record({ recipient: at(id, 'alice'), verdict: 'NEGATIVE', isListed: true, reply: 'its words' });
    await say(answers, at(id, 'alice'), 'POSITIVE');
    for (const minutes of [0, 14]) {
      await db.sql`update recipient_answers set suspected_at = suspected_at - make_interval(mins => ${minutes})`;
      const standing = await refuse();
      expect(standing.answer).toBe('POSITIVE');
      expect(standing.suspectedAtMs).toBeLessThanOrEqual(performance.now() - minutes * 60_000);
    }
    await db.sql`update recipient_answers set suspected_at = suspected_at - interval '1 minute'`;
    expect((await refuse()).answer).toBe('NEGATIVE');
  });

  test('a statement that fails is everybody’s of its group, and no more than that', async () => {
    let isAway = true;
    const ask = createGrouped<number, number>(async (questions) => {
      if (isAway) throw new Error('away');
      return questions.map((question) => question * 2);
    });
    const results = await Promise.allSettled([ask(1), ask(2)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    isAway = false;
    expect(await Promise.all([ask(1), ask(2)])).toEqual([2, 4]);
  });
});

describe('what deliveries teach', () => {
  test('one row a recipient in its one form, written once a day, of relay domains only', async () => {
    const id = await serve('learned.test', '+');
    const report = await makeDestination(db.sql, 'sender.test', 'INTERNAL');
    let shiftMs = 0;
    let statements = 0;
    const sql = new Proxy(db.sql, {
      apply: (target, self, args) => {
        statements += 1;
        return Reflect.apply(target as never, self, args);
      },
    });
    const learned = createLearned({ sql, monotonicMs: () => performance.now() + shiftMs, onLearned: () => undefined });
    for (const local of ['Alice', 'alice+lists', 'BOB', '"odd one"']) learned.note(id, `${local}@learned.test`);
    learned.note(report, 'someone@sender.test');
    await learned.flush();
    expect((await rowsOf(id)).map((row) => row.local_part)).toEqual(['alice', 'bob', 'odd one']);
    expect(await rowsOf(report)).toHaveLength(0);
    const before = statements;
    learned.note(id, 'Alice@learned.test');
    await learned.flush();
    expect(statements).toBe(before);
    shiftMs = 25 * 3_600_000;
    await db.sql`update recipient_answers set delivered_at = bmx_now() - interval '2 days' where destination_id = ${id}`;
    learned.note(id, 'Alice@learned.test');
    await learned.flush();
    const [row] = await db.sql`
      select delivered_at > bmx_now() - interval '1 minute' as is_new from recipient_answers
      where destination_id = ${id} and local_part = 'alice'`;
    expect(row?.['is_new']).toBe(true);
  });

  test('what the database could not take is taken with the next', async () => {
    const id = await serve('later.test');
    let isAway = true;
    const sql = new Proxy(db.sql, {
      // Only the statement, whose parts are made the same way.
      apply: (target, self, args) =>
        isAway && String(args[0]).includes('insert into')
          ? Promise.reject(new Error('away'))
          : Reflect.apply(target as never, self, args),
    });
    const learned = createLearned({ sql, monotonicMs, onLearned: () => undefined });
    learned.note(id, 'alice@later.test');
    expect(learned.flush()).rejects.toThrow('away');
    await Promise.resolve();
    isAway = false;
    await learned.flush();
    expect(await rowsOf(id)).toHaveLength(1);
  });

  test('known good for 90 days, no longer', async () => {
    const id = await serve('ninety.test');
    const answers = createAnswers({ sql: db.sql, monotonicMs });
    const learned = createLearned({ sql: db.sql, monotonicMs, onLearned: answers.drop });
    learned.note(id, 'alice@ninety.test');
    await learned.flush();
    expect((await answers.find(at(id, 'alice'))).isDelivered).toBe(true);
    await db.sql`update recipient_answers set delivered_at = bmx_now() - interval '91 days' where destination_id = ${id}`;
    expect((await answers.find(at(id, 'alice'))).isDelivered).toBe(false);
    expect((await say(answers, at(id, 'alice'), 'NEGATIVE')).answer).toBe('NEGATIVE');
  });
});

describe('pruning', () => {
  test('what is past its day goes in batches; what an open outage needs stays', async () => {
    const own = await createTestDatabase();
    try {
      const [well, down] = [await makeDestination(own.sql, 'well.test'), await makeDestination(own.sql, 'down.test')];
      await own.sql`
        insert into recipient_answers (destination_id, tenant_id, local_part, answer, forget_at)
        select id, tenant_id, 'user' || n, 'NEGATIVE', bmx_now() from destinations, generate_series(1, 6000) n`;
      await own.sql`insert into recipient_answers (destination_id, tenant_id, local_part, forget_at)
        values (${well}, ${OPERATOR_TENANT_ID}, 'kept', bmx_now() + interval '1 hour')`;
      await own.sql`insert into outages (id, tenant_id, destination_id, started_at, class, last_reply)
        values (${newId()}, ${OPERATOR_TENANT_ID}, ${down}, bmx_now(), 'DOWN', '[down]')`;
      await own.sql`insert into probe_budgets (host, tokens, refilled_at) values
        ('old', 1, bmx_now() - interval '2 hours'), ('new', 1, bmx_now())`;
      expect(await pruneAnswers(own.sql)).toBe(6000);
      const counts = await own.sql`
        select destination_id as id, count(*)::int as count from recipient_answers group by 1 order by 2`;
      expect([...counts]).toEqual([
        { id: well, count: 1 },
        { id: down, count: 6000 },
      ]);
      expect([...(await own.sql`select host from probe_budgets`)]).toEqual([{ host: 'new' }]);
      await own.sql`update outages set ended_at = bmx_now()`;
      expect(await pruneAnswers(own.sql)).toBe(0);
      await own.moveClock('25 hours');
      expect(await pruneAnswers(own.sql)).toBe(6001);
    } finally {
      await own.close();
    }
  });
});
