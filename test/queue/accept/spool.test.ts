/** Group commit when the database is away, silent, full or refuses: what `accept` says, and how long it takes to say so. */
import { Buffer } from 'node:buffer';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type AcceptWriter, type CommitResult, openAcceptWriter } from '../../../src/db/accept-writer.ts';
import { isDatabaseAway } from '../../../src/db/connection-lost.ts';
import { createSpool, type Spool, type SpoolDeps, StorageFull } from '../../../src/queue/accept/spool.ts';
import type { Transaction } from '../../../src/queue/message.ts';
import { until } from '../../helpers/child.ts';
import { type PrivateServer, startPrivateServer } from '../../helpers/database.ts';
import { makeDestination, makeTransaction, openSpool } from '../../helpers/mail.ts';

const COMMITTED: CommitResult = { kind: 'COMMITTED' };

interface FakeWriter extends AcceptWriter {
  readonly commits: number[];
}

/** A writer that answers as told; `commits` has the number of COPYs' rows of nothing: only how often it was asked. */
function fakeWriter(answer: (call: number) => Promise<CommitResult> | CommitResult): FakeWriter {
  const commits: number[] = [];
  let isBroken = false;
  let cut: () => void = () => undefined;
  const reply = async (): Promise<CommitResult> => {
    commits.push(commits.length);
    const isCut = new Promise<CommitResult>((resolve) => {
      cut = () => resolve({ kind: 'UNKNOWN', message: 'aborted' });
    });
    const result = await Promise.race([answer(commits.length), isCut]);
    isBroken ||= result.kind === 'UNKNOWN';
    return result;
  };
  return {
    commits,
    commit: async (_statements, within) => {
      if (within !== null) await within(async () => ({ rows: [] }));
      return reply();
    },
    transact: reply,
    isUsable: () => !isBroken,
    abort: () => {
      isBroken = true;
      cut();
    },
    close: async () => undefined,
  };
}

function fakeSpool(deps: Partial<SpoolDeps> & Pick<SpoolDeps, 'openWriter'>): Spool {
  return createSpool({
    unwoken: () => [],
    sendWakeUps: async () => undefined,
    deadlineMs: 5000,
    outcomeMs: 10_000,
    onCommit: () => undefined,
    onTrouble: () => undefined,
    ...deps,
  });
}

function mail(): Transaction {
  return makeTransaction({ to: [{ address: 'x@y.test', destinationId: '01900000-0000-7000-8000-000000000001' }] });
}

async function timed<T>(work: Promise<T>): Promise<{ result: T; tookMs: number }> {
  const startedAt = performance.now();
  const result = await work;
  return { result, tookMs: performance.now() - startedAt };
}

const outcomes = (all: readonly Promise<void>[]) =>
  Promise.all(
    all.map((one) =>
      one.then(
        () => 'stored',
        (error: Error) => error.message,
      ),
    ),
  );

describe('with a database that', () => {
  test('is out of reach: every member is refused at its deadline, however many there are', async () => {
    const spool = fakeSpool({ deadlineMs: 300, openWriter: () => Promise.reject(new Error('refused')) });
    const all = Array.from({ length: 200 }, () => spool.accept(mail()));
    const { result, tookMs } = await timed(outcomes(all));
    expect(new Set(result)).toEqual(new Set(['database out of reach']));
    // Each in its turn it would be a minute.
    expect(tookMs).toBeLessThan(10_000);
    await spool.close();
  });

  test('vanished, so that each connection takes its whole timeout to fail: late ones do not try again one by one', async () => {
    const openWriter = async (): Promise<AcceptWriter> => {
      await new Promise((resolve) => setTimeout(resolve, 250));
      throw new Error('timeout exceeded when trying to connect');
    };
    const spool = fakeSpool({ deadlineMs: 400, openWriter });
    const { result, tookMs } = await timed(outcomes(Array.from({ length: 100 }, () => spool.accept(mail()))));
    expect(new Set(result)).toEqual(new Set(['database out of reach']));
    expect(tookMs).toBeLessThan(10_000);
    await spool.close();
  });

  test('does not answer: given up at the deadline, stored by another connection, and those who come later are served', async () => {
    const writers = [fakeWriter(() => new Promise(() => undefined)), fakeWriter(() => COMMITTED)];
    let opened = 0;
    const spool = fakeSpool({
      deadlineMs: 1000,
      openWriter: async () => writers[opened++] ?? fakeWriter(() => COMMITTED),
    });
    const first = spool.accept(mail());
    const { result } = await timed(outcomes([first]));
    expect(result).toEqual(['stored']);
    expect(await outcomes([spool.accept(mail())])).toEqual(['stored']);
    expect(writers[1]?.commits).toHaveLength(2);
    await spool.close();
  });

  test('is full: StorageFull, for the whole group and no other way', async () => {
    const full: CommitResult = { kind: 'REFUSED', sqlState: '53100', message: 'could not extend file' };
    const writer = fakeWriter(() => full);
    const spool = fakeSpool({ openWriter: async () => writer });
    const errors = await Promise.all([mail(), mail()].map((one) => spool.accept(one).catch((error: unknown) => error)));
    for (const error of errors) expect(error).toBeInstanceOf(StorageFull);
    expect(writer.isUsable()).toBe(true);
    await spool.close();
  });

  test('lost the answer to a COMMIT: asked once more, on a new connection', async () => {
    const writers = [fakeWriter(() => ({ kind: 'UNKNOWN', message: 'cut' })), fakeWriter(() => COMMITTED)];
    let opened = 0;
    const spool = fakeSpool({ openWriter: async () => writers[opened++] ?? fakeWriter(() => COMMITTED) });
    expect(await outcomes([spool.accept(mail())])).toEqual(['stored']);
    expect(writers.map((writer) => writer.commits.length)).toEqual([1, 1]);
    await spool.close();
  });
});

test('what comes in the same turn of the event loop shares a COMMIT', async () => {
  const groups: number[] = [];
  const writer = fakeWriter(() => COMMITTED);
  const spool = fakeSpool({ openWriter: async () => writer, onCommit: (members) => groups.push(members) });
  const first = spool.accept(mail());
  // As between the data of one socket and of the next: all that needs no event has been done.
  for (let step = 0; step < 100; step += 1) await Promise.resolve();
  await Promise.all([first, spool.accept(mail())]);
  expect(groups).toEqual([2]);
  await spool.close();
});

test('what became late while others were being stored is not stored after its 451', async () => {
  let finish: (result: CommitResult) => void = () => undefined;
  const writer = fakeWriter((call) =>
    call === 1
      ? new Promise((resolve) => {
          finish = resolve;
        })
      : COMMITTED,
  );
  const spool = fakeSpool({ deadlineMs: 100, openWriter: async () => writer });
  const first = spool.accept(mail());
  await until('the first is being stored', 30_000, () => writer.commits.length === 1);
  const late = outcomes([spool.accept(mail())]);
  // A COMMIT is given a second at the least.
  await new Promise((resolve) => setTimeout(resolve, 110));
  finish(COMMITTED);
  await first;
  expect(await late).toEqual(['database out of reach']);
  expect(writer.commits).toHaveLength(1);
  await spool.close();
});

const LARGE = Buffer.alloc(9_000_000, 'x');

function largeMail(clientAddress: string): Transaction {
  const destinationId = '01900000-0000-7000-8000-000000000001';
  return makeTransaction({ to: [{ address: 'x@y.test', destinationId }], content: LARGE, clientAddress });
}

/** A COPY that takes its time. */
const after = (ms: number) => () =>
  new Promise<CommitResult>((resolve) => {
    setTimeout(() => resolve(COMMITTED), ms);
  });

describe('large mail', () => {
  test('does not keep small mail waiting, not even for the one that is being written', async () => {
    let finish: (result: CommitResult) => void = () => undefined;
    const writers = [
      fakeWriter(
        () =>
          new Promise((resolve) => {
            finish = resolve;
          }),
      ),
      fakeWriter(() => COMMITTED),
    ];
    let opened = 0;
    const spool = fakeSpool({ openWriter: async () => writers[opened++] ?? fakeWriter(() => COMMITTED) });
    const large = spool.accept(largeMail('192.0.2.1'));
    await until('the large one is being written', 30_000, () => writers[0]?.commits.length === 1);
    expect(await outcomes([spool.accept(mail())])).toEqual(['stored']);
    finish(COMMITTED);
    await large;
    await spool.close();
  });

  test('goes by turns of those that bring it', async () => {
    const spool = fakeSpool({ openWriter: async () => fakeWriter(after(5)) });
    const ended: string[] = [];
    const accept = (client: string) => spool.accept(largeMail(client)).then(() => ended.push(client));
    await Promise.all([
      ...Array.from({ length: 6 }, () => accept('192.0.2.1')),
      accept('192.0.2.2'),
      accept('192.0.2.3'),
    ]);
    expect(ended.slice(0, 3).sort()).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.3']);
    await spool.close();
  });

  test('waits for its turn longer than for a database that is away', async () => {
    const spool = fakeSpool({ deadlineMs: 1500, openWriter: async () => fakeWriter(after(150)) });
    const all = Array.from({ length: 12 }, (_, index) => spool.accept(largeMail(`192.0.2.${index}`)));
    const { result, tookMs } = await timed(outcomes(all));
    expect(new Set(result)).toEqual(new Set(['stored']));
    expect(tookMs).toBeGreaterThan(1500);
    await spool.close();
  });
});

test('who waits for a turn is told in time while a COPY gets no answer, and is never stored', async () => {
  let finish: (result: CommitResult) => void = () => undefined;
  const writer = fakeWriter(
    () =>
      new Promise((resolve) => {
        finish = resolve;
      }),
  );
  const spool = fakeSpool({ deadlineMs: 200, openWriter: async () => writer });
  const first = spool.accept(mail());
  await until('the first is being stored', 30_000, () => writer.commits.length === 1);
  // The first has no answer yet, and the others have theirs.
  expect(await outcomes([spool.accept(mail()), spool.accept(mail())])).toEqual([
    'database out of reach',
    'database out of reach',
  ]);
  finish(COMMITTED);
  await first;
  expect(writer.commits).toHaveLength(1);
  await spool.close();
});

test('closing ends what is in a COPY, and stores nothing that waits for its turn', async () => {
  const writer = fakeWriter(after(300));
  const spool = fakeSpool({ openWriter: async () => writer });
  const first = outcomes([spool.accept(largeMail('192.0.2.1'))]);
  await until('the first is being stored', 30_000, () => writer.commits.length === 1);
  const waiting = outcomes([spool.accept(largeMail('192.0.2.1')), spool.accept(largeMail('192.0.2.2'))]);
  await spool.close();
  expect([await first, await waiting]).toEqual([['stored'], ['this service stops', 'this service stops']]);
  expect(writer.commits).toHaveLength(1);
});

test('a database that is out of reach is no fault of ours', async () => {
  const spool = fakeSpool({ deadlineMs: 100, openWriter: () => Promise.reject(new Error('away')) });
  const error = await spool.accept(mail()).catch((reason: unknown) => reason);
  expect(isDatabaseAway(error)).toBe(true);
  await spool.close();
});

test('a server that is read-only after a failover says nothing of a COMMIT that was lost', async () => {
  const writers = [
    fakeWriter(() => ({ kind: 'UNKNOWN', message: 'cut' })),
    fakeWriter(() => ({
      kind: 'REFUSED',
      sqlState: '25006',
      message: 'cannot execute INSERT in a read-only transaction',
    })),
  ];
  let opened = 0;
  const spool = fakeSpool({ openWriter: async () => writers[opened++] ?? fakeWriter(() => COMMITTED) });
  expect(await outcomes([spool.accept(mail())])).toEqual(['stored']);
  expect(opened).toBe(3);
  await spool.close();
});

describe('on a real database', () => {
  let server: PrivateServer;
  let destinationId = '';
  const to = () => [{ address: 'x@real.test', destinationId }];
  const stored = async () => (await server.sql`select id from messages`).length;

  beforeAll(async () => {
    server = await startPrivateServer();
    destinationId = await makeDestination(server.sql, 'real.test');
  });
  afterAll(async () => {
    await server.close();
  });

  test('a wake-up that fails refuses no mail, whether the database or the sender of wake-ups is at fault', async () => {
    for (const sendWakeUps of [
      () => Promise.reject(new Error('the jobs are not there')),
      async (_ids: readonly string[], execute: (text: string) => Promise<unknown>) => {
        await execute('select 1 from nowhere');
      },
      // Swallows the error: the server then answers COMMIT with ROLLBACK.
      async (_ids: readonly string[], execute: (text: string) => Promise<unknown>) => {
        await execute('select 1 from nowhere').catch(() => undefined);
      },
    ]) {
      const before = await stored();
      const spool = openSpool(server.target, { unwoken: (ids) => [...ids], sendWakeUps });
      await Promise.all([1, 2, 3].map(() => spool.accept(makeTransaction({ to: to() }))));
      expect(await stored()).toBe(before + 3);
      await spool.close();
    }
  });

  test('away and back within the deadline: stored, once', async () => {
    const before = await stored();
    const spool = openSpool(server.target, { deadlineMs: 50_000 });
    await spool.accept(makeTransaction({ to: to() }));
    await server.kill9();
    const all = Array.from({ length: 20 }, () => spool.accept(makeTransaction({ to: to() })));
    await server.restart();
    await Promise.all(all);
    await spool.close();
    expect(await stored()).toBe(before + 21);
  }, 60_000);

  test('a session that is cut in the middle ends as UNKNOWN, and closing it does not hang', async () => {
    const writer = await openAcceptWriter(server.target);
    const result = writer.transact(async (execute) => {
      await execute('select pg_sleep(60)');
    });
    await until('it is in the middle', 30_000, async () => {
      const rows = await server.sql`
        select from pg_stat_activity where query like '%pg_sleep(60)%' and state = 'active' and pid <> pg_backend_pid()`;
      return rows.length === 1;
    });
    writer.abort();
    expect((await result).kind).toBe('UNKNOWN');
    const { tookMs } = await timed(writer.close());
    expect(tookMs).toBeLessThan(10_000);
  });
});
