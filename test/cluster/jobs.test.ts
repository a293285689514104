/**
 * Chores of a cluster of two nodes: once per period and not once per node, late rather than never, and none in another's way.
 * A minute of the schedule lasts three seconds here.
 */
import { afterEach, beforeEach, expect, test } from 'bun:test';
import type { Clock } from 'pg-boss';
import { type Chore, type Jobs, startJobs } from '../../src/cluster/jobs.ts';
import { until } from '../helpers/child.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

const SPEED = 20;
const MINUTE_MS = 60_000 / SPEED;
const OFTEN = {
  cronMonitorIntervalSeconds: 1,
  cronWorkerIntervalSeconds: 1,
  superviseIntervalSeconds: 1,
  monitorIntervalSeconds: 1,
};

let database: TestDatabase;
let nodes: Jobs[] = [];
let faults: { chore: string; error: unknown }[] = [];
let troubles: string[] = [];
let hurriedAtMs: number | null = null;

/** Once hurried, every node's clock runs faster than the database's; their timers do not. */
const clock: Clock = {
  now: () => (hurriedAtMs === null ? Date.now() : hurriedAtMs + (Date.now() - hurriedAtMs) * SPEED),
  setTimeout: (work, ms) => setTimeout(work, ms),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
  setInterval: (work, ms) => setInterval(work, ms),
  clearInterval: (handle) => clearInterval(handle as NodeJS.Timeout),
};

function hurry(): void {
  hurriedAtMs = Date.now();
}

beforeEach(async () => {
  database = await createTestDatabase();
  faults = [];
  troubles = [];
  hurriedAtMs = null;
});

afterEach(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  nodes = [];
  await database.close();
});

async function startNode(...chores: readonly Pick<Chore, 'name' | 'work'>[]): Promise<Jobs> {
  const jobs = await startJobs({
    target: database.database.pgTarget,
    onTrouble: (message) => troubles.push(message),
    onFault: (chore, error) => faults.push({ chore, error }),
    options: { ...OFTEN, clock },
  });
  nodes.push(jobs);
  await jobs.schedule(chores.map((chore) => ({ cron: '* * * * *', pollSeconds: 0.5, patienceSeconds: 2, ...chore })));
  return jobs;
}

test('each chore is done once per period by two nodes together', async () => {
  const done = { tidy: 0, sweep: 0 };
  const chores = [
    { name: 'tidy', work: async () => (done.tidy += 1) },
    { name: 'sweep', work: async () => (done.sweep += 1) },
  ];
  await startNode(...chores);
  await startNode(...chores);
  hurry();
  const beganAtMs = Date.now();
  await until('both were done five times', 60_000, () => Math.min(done.tidy, done.sweep) >= 5);
  const periods = (Date.now() - beganAtMs) / MINUTE_MS;
  expect(Math.max(done.tidy, done.sweep)).toBeLessThanOrEqual(Math.ceil(periods) + 1);
  const jobs = await database.sql<{ name: string; count: number }[]>`
    select name, count(*)::integer as count from pgboss.job where name in ('tidy', 'sweep') and started_on is not null
    group by name order by name`;
  expect(jobs.map(({ name, count }) => ({ name, count }))).toEqual([
    { name: 'sweep', count: done.sweep },
    { name: 'tidy', count: done.tidy },
  ]);
  expect({ faults, troubles }).toEqual({ faults: [], troubles: [] });
});

test('what was missed while no node ran is done once, late', async () => {
  let count = 0;
  const hourly = { name: 'hourly', cron: '0 * * * *', work: async () => (count += 1) };
  await (await startNode(hourly)).stop();
  nodes = [];
  await database.sql`update pgboss.version set cron_on = now() - interval '3 hours'`;
  await database.sql`update pgboss.schedule set created_on = now() - interval '1 day'`;
  expect(count).toBe(0);
  await startNode(hourly);
  await startNode(hourly);
  await until('it was made up for', 30_000, () => count > 0);
  await until('the jobs are over', 30_000, async () => {
    const open = await database.sql`select from pgboss.job where name <> 'wake-up' and state in ('created', 'active')`;
    return open.length === 0;
  });
  expect(count).toBe(1);
});

test('one that hangs stops no other, and is not begun a second time beside itself', async () => {
  const begun = { hangs: 0, works: 0 };
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const chores = [
    { name: 'hangs', patienceSeconds: 60, work: () => ((begun.hangs += 1), released) },
    { name: 'works', work: async () => (begun.works += 1) },
  ];
  await startNode(...chores);
  await startNode(...chores);
  hurry();
  await until('the one hangs', 30_000, () => begun.hangs > 0);
  const before = begun.works;
  await until('the other goes on', 30_000, () => begun.works >= before + 3);
  expect(begun.hangs).toBe(1);
  release();
});

test('one that fails is reported, and is tried again before its next time', async () => {
  let count = 0;
  const work = async (): Promise<void> => {
    count += 1;
    if (count === 1) throw new Error('not now');
  };
  await startNode({ name: 'fails', work });
  hurry();
  await until('it is to be tried again', 30_000, async () => {
    const rows = await database.sql`select from pgboss.job where name = 'fails' and state = 'retry'`;
    return rows.length === 1;
  });
  await database.sql`update pgboss.job set start_after = now() where name = 'fails'`;
  await until('it was done', 30_000, () => count === 2);
  expect(faults).toEqual([{ chore: 'fails', error: new Error('not now') }]);
});

test('one whose node is lost counts as lost after its patience', async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await startNode({ name: 'lost', work: () => released });
  hurry();
  await until('it is given up, to be done again', 30_000, async () => {
    const rows = await database.sql`select from pgboss.job where name = 'lost' and state = 'retry'`;
    return rows.length === 1;
  });
  release();
});
