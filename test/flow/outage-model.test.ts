/**
 * Random lives of two destinations: primaries that fail in every way, arrivals, the operator's verbs, clock steps, nodes that
 * restart or die in mid-attempt. After each step the rules that must hold whatever happens are looked up in the rows, and at the
 * end of each life all mail can end.
 *
 * `FUZZ_TIMES=20` lives twenty times as many; `FUZZ_SEED=…` plays the lives of a seed again.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { OPERATOR_VIEWER } from '../../src/mail/viewer.ts';
import { closeTrials, releaseBreaker } from '../../src/outage/breaker-state.ts';
import { recordThresholds } from '../../src/outage/lifecycle.ts';
import { endEmptyOutages } from '../../src/outage/maintenance.ts';
import { requestFlush } from '../../src/outage/clock.ts';
import { endHoldExtensions, extendHold } from '../../src/outage/hold.ts';
import { pauseDestination, resumeDestination } from '../../src/outage/pause.ts';
import { bounceMessage, cancelMessage, retryMessage, type VerbResult } from '../../src/queue/verbs/commands.ts';
import { foldDeltas } from '../../src/queue/counts.ts';
import { carryOutOperations } from '../../src/queue/verbs/operation-steps.ts';
import { type OperationVerb, startOperation } from '../../src/queue/verbs/operations.ts';
import type { Spool } from '../../src/queue/accept/spool.ts';
import { assertRuns, runs, runsTimeoutMs } from '../fuzz/runs.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { openSpool } from '../helpers/mail.ts';
import { allHeldOf } from '../../src/queue/verbs/operation-filter.ts';
import { checkRules, type Life, sweepByRules } from '../helpers/outage-rules.ts';
import { type Death, type Mode, MODES, openWorld } from '../helpers/outage-world.ts';

const LIVES = 10;
const SECONDS = 15;

let db: TestDatabase;
let spool: Spool;
beforeAll(async () => {
  db = await createTestDatabase();
  spool = openSpool(db.target);
});
afterAll(async () => {
  await spool?.close();
  await db?.close();
});

interface Step {
  readonly take: (life: Life) => Promise<void>;
  readonly [fc.toStringMethod]: () => string;
}

type Take<T> = (life: Life, given: T) => Promise<unknown>;

function made<T>(name: string, values: T, take: Take<T>): Step {
  return {
    take: async (life) => {
      await take(life, values);
    },
    [fc.toStringMethod]: () => `${name} ${fc.stringify(values)}`,
  };
}

function step<T>(name: string, given: fc.Arbitrary<T>, take: Take<T>): fc.Arbitrary<Step> {
  return given.map((values) => made(name, values, take));
}

const idOf = ({ world }: Life, at: number): string => world.destinations[at]?.id ?? '';

/** What the operator ends is ended by him, if it has not been by others. */
function allow({ ended }: Life, ids: readonly string[], state: string): void {
  for (const id of ids) ended.set(id, (ended.get(id) ?? new Set()).add(state));
}

const ENDS: Readonly<Record<OperationVerb, string | null>> = {
  RETRY: null,
  CANCEL: 'CANCELLED',
  BOUNCE: 'FAILED',
};

async function onMany(life: Life, { at, verb }: { at: number; verb: OperationVerb }): Promise<void> {
  const domain = life.world.destinations[at]?.name ?? '';
  const filter = allHeldOf(domain);
  const request = {
    verb,
    filter,
    reason: 'test',
    isDryRun: false,
    expectedCount: null,
  };
  const start = await startOperation(db.sql, OPERATOR_VIEWER, request);
  if (start.kind !== 'STARTED') return;
  const state = ENDS[verb];
  if (state !== null) allow(life, life.ids, state);
  await carryOutOperations({
    sql: db.database.queueSql,
    onResults: () => undefined,
    onRetried: () => undefined,
  });
}

async function onOne(
  life: Life,
  at: number,
  verb: (sql: TestDatabase['sql'], viewer: typeof OPERATOR_VIEWER, id: string, reason: string) => Promise<VerbResult>,
  state: string | null,
): Promise<void> {
  const id = life.ids[at % Math.max(1, life.ids.length)];
  if (id === undefined) return;
  const { kind } = await verb(db.sql, OPERATOR_VIEWER, id, 'test');
  if (kind === 'DONE' && state !== null) allow(life, [id], state);
}

interface Turn {
  readonly at: number;
  readonly mode: Mode;
  readonly isSoon: boolean;
}

async function turnPrimary(life: Life, { at, mode, isSoon }: Turn): Promise<void> {
  life.world.modes.set(idOf(life, at), mode);
  // Beside a session that succeeded within a minute nothing is an outage.
  if (!isSoon) await db.moveClock('2 minutes');
}

async function setOwnTrouble(life: Life, isOn: boolean): Promise<void> {
  life.isOwnTrouble = isOn;
  await db.sql`
    update service_presence set own_trouble_since = case when ${isOn} then bmx_now() end,
      resumed_at = case when ${isOn} then resumed_at else bmx_now() end`;
}

async function toNextSlot(): Promise<void> {
  await db.sql`
    update clock set shift = shift + coalesce((
      select greatest(min(next_attempt_at) - bmx_now(), interval '0') + interval '1 millisecond'
      from destinations where next_attempt_at is not null), interval '0')`;
}

async function pause({ world }: Life, { at, minutes }: { at: number; minutes: number | null }): Promise<void> {
  const id = world.destinations[at]?.id ?? '';
  const [row] = await db.sql<
    { until: Date | null }[]
  >`select bmx_now() + make_interval(mins => ${minutes}::integer) as until`;
  await pauseDestination(db.sql, OPERATOR_VIEWER, id, {
    from: null,
    until: row?.until ?? null,
    reason: 'test',
  });
}

async function care(): Promise<void> {
  await endEmptyOutages(db.sql);
  await recordThresholds(db.sql);
  await closeTrials(db.sql);
  await endHoldExtensions(db.sql);
  await foldDeltas(db.sql);
}

const at = fc.nat(1);
const anyMessage = fc.nat(40);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: step(
      'primary',
      fc.record({
        at,
        mode: fc.constantFrom<Mode[]>(...MODES, 'DOWN', 'REFUSING', 'REFUSING', 'UP'),
        isSoon: fc.boolean(),
      }),
      turnPrimary,
    ),
  },
  {
    weight: 5,
    arbitrary: step(
      'arrival',
      fc.record({
        at,
        recipients: fc.integer({ min: 1, max: 3 }),
        size: fc.integer({ min: 1, max: 5000 }),
      }),
      async (life, given) => {
        life.ids.push(await life.world.accept(given.at, given.recipients, given.size));
      },
    ),
  },
  {
    weight: 2,
    arbitrary: step(
      'wait',
      fc.constantFrom('1 minute', '16 minutes', '61 minutes', '1 day', '100 hours', '239 hours'),
      (_life, interval) => db.moveClock(interval),
    ),
  },
  { weight: 6, arbitrary: step('next slot', fc.constant(null), toNextSlot) },
  {
    weight: 1,
    arbitrary: step('restart', fc.constant(null), ({ world }) => world.restart()),
  },
  {
    weight: 1,
    arbitrary: step('death', fc.constantFrom<Death[]>('BEFORE_DOT', 'BEHIND_DOT'), sweepByRules),
  },
  {
    weight: 1,
    arbitrary: step('late word', fc.constant(null), ({ world }) => world.lateWord()),
  },
  { weight: 1, arbitrary: step('care', fc.constant(null), care) },
  { weight: 1, arbitrary: step('own trouble', fc.boolean(), setOwnTrouble) },
  {
    weight: 2,
    arbitrary: step('flush', at, (life, one) => requestFlush(db.sql, OPERATOR_VIEWER, idOf(life, one))),
  },
  {
    weight: 1,
    arbitrary: step('pause', fc.record({ at, minutes: fc.constantFrom(null, 10, 600) }), pause),
  },
  {
    weight: 1,
    arbitrary: step('resume', at, (life, one) => resumeDestination(db.sql, OPERATOR_VIEWER, idOf(life, one), 'test')),
  },
  {
    weight: 1,
    arbitrary: step(
      'retarget',
      at,
      (life, one) =>
        db.sql`update destinations set route_generation = route_generation + 1 where id = ${idOf(life, one)}`,
    ),
  },
  {
    weight: 1,
    arbitrary: step('extend', fc.record({ at, hours: fc.integer({ min: 1, max: 300 }) }), (life, given) =>
      extendHold(db.sql, OPERATOR_VIEWER, idOf(life, given.at), given.hours),
    ),
  },
  {
    weight: 1,
    arbitrary: step('release', at, (life, one) => releaseBreaker(db.sql, OPERATOR_VIEWER, idOf(life, one))),
  },
  {
    weight: 1,
    arbitrary: step('retry', anyMessage, (life, one) => onOne(life, one, retryMessage, null)),
  },
  {
    weight: 1,
    arbitrary: step('cancel', anyMessage, (life, one) => onOne(life, one, cancelMessage, 'CANCELLED')),
  },
  {
    weight: 1,
    arbitrary: step('bounce', anyMessage, (life, one) => onOne(life, one, bounceMessage, 'FAILED')),
  },
  {
    weight: 1,
    arbitrary: step(
      'operation',
      fc.record({
        at,
        verb: fc.constantFrom<OperationVerb[]>('RETRY', 'CANCEL', 'BOUNCE'),
      }),
      onMany,
    ),
  },
);

/** Everything is well again: whatever has come before, all mail ends. */
async function endLife(life: Life): Promise<void> {
  const { world } = life;
  await setOwnTrouble(life, false);
  await world.restart();
  for (const { id } of world.destinations) {
    world.modes.set(id, 'UP');
    await resumeDestination(db.sql, OPERATOR_VIEWER, id, 'test');
    await releaseBreaker(db.sql, OPERATOR_VIEWER, id);
  }
  for (let n = 0; n < 3; n += 1) {
    await db.moveClock('3 hours');
    await sweepByRules(life);
    await checkRules(life);
  }
  await care();
  expect(await db.sql`select id from messages`).toHaveLength(0);
  expect(await db.sql`select id from outages where ended_at is null`).toHaveLength(0);
}

async function live(steps: readonly Step[]): Promise<void> {
  const life: Life = {
    world: await openWorld(db, spool, ['a.example', 'b.example']),
    ids: [],
    ended: new Map(),
    states: new Map(),
    protectedIds: new Set(),
    isOwnTrouble: false,
  };
  try {
    // One of them begins with an outage.
    life.world.modes.set(idOf(life, 0), 'DOWN');
    for (const n of [0, 0, 0, 1, 1, 1]) life.ids.push(await life.world.accept(n, 2, 100));
    await sweepByRules(life);
    for (const one of steps) {
      await one.take(life);
      await sweepByRules(life);
      await checkRules(life);
    }
    await endLife(life);
  } finally {
    await life.world.close();
  }
}

test(
  'whatever happens, mail ends once, the clock is kept and the counters are right',
  async () => {
    const { seed = Date.now() % 0x7f_ff_ff_ff, ...options } = runs(LIVES);
    console.log(`outage model: FUZZ_SEED=${seed}`);
    const lives = fc.asyncProperty(fc.array(anyStep, { minLength: 10, maxLength: 30, size: 'max' }), live);
    await assertRuns(lives, {
      ...options,
      seed,
      endOnFailure: options.path !== undefined,
    });
  },
  2 * runsTimeoutMs(SECONDS) + 60_000,
);

test('a life in which a primary comes back half set up', async () => {
  const turn = (mode: Mode) => made('primary', { at: 0, mode, isSoon: false }, turnPrimary);
  const nextSlot = made('next slot', null, toNextSlot);
  await live([turn('REFUSING'), nextSlot, turn('UP'), nextSlot, turn('LOST'), nextSlot, turn('DOWN'), nextSlot]);
}, 60_000);
