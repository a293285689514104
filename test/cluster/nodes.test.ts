/**
 * Places among the nodes: an end that leaves no lock is seen at once, a node that hangs or is cut off after a while, and it
 * notices by itself before the others act. Times are shortened; whole services are in test/flow/nodes-*.
 */
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import process from 'node:process';
import { joinNodes, type NodePlace, type Nodes, type NodesDeps } from '../../src/cluster/nodes.ts';
import { endChild, until } from '../helpers/child.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { type FreezingProxy, startFreezingProxy } from '../helpers/freezing-proxy.ts';
import { SHORT_TIMES } from './times.ts';

interface Member extends Nodes {
  readonly lost: string[];
  readonly buried: NodePlace[];
  /** When, on this process's monotonic clock. */
  readonly buriedAtMs: number[];
  readonly freed: NodePlace[];
  readonly faults: unknown[];
}

let database: TestDatabase;
let members: Member[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
});

afterEach(async () => {
  await Promise.all(members.map((member) => member.close()));
  members = [];
  await database.close();
});

async function startMember(deps: Partial<NodesDeps> = {}): Promise<Member> {
  const lost: string[] = [];
  const buried: NodePlace[] = [];
  const buriedAtMs: number[] = [];
  const freed: NodePlace[] = [];
  const faults: unknown[] = [];
  const nodes = await joinNodes({
    address: database.target,
    name: 'test',
    version: '0',
    runtime: 'test',
    roles: [],
    isDelivering: true,
    onLost: (reason) => lost.push(reason),
    free: async (_, place) => freed.push(place),
    onBuried: (dead) => {
      buried.push(dead);
      buriedAtMs.push(performance.now());
    },
    findHolders: async () => [],
    onFault: (error) => faults.push(error),
    times: SHORT_TIMES,
    ...deps,
  });
  const member = { ...nodes, lost, buried, buriedAtMs, freed, faults };
  members.push(member);
  return member;
}

function placeOf(member: Nodes): NodePlace {
  const place = member.place();
  if (place === null) throw new Error('no place');
  return place;
}

/** Ends the session in which a member holds its lock; true once it is gone. */
async function endSession({ epoch }: NodePlace): Promise<void> {
  const rows = await database.sql`select pg_terminate_backend(backend_pid, 5000) from nodes where epoch = ${epoch}`;
  expect(rows).toHaveLength(1);
}

test('members have places of their own; one that leaves frees what it had and is not buried', async () => {
  const [stays, leaves] = [await startMember(), await startMember()];
  const place = placeOf(leaves);
  expect(place.epoch).not.toBe(placeOf(stays).epoch);
  await leaves.close();
  expect(leaves.place()).toBeNull();
  expect(leaves.freed).toEqual([place]);
  const rows = await database.sql<{ epoch: number }[]>`select epoch from nodes`;
  expect(rows.map(({ epoch }) => epoch)).toEqual([placeOf(stays).epoch]);
  expect({ buried: stays.buried, lost: [...stays.lost, ...leaves.lost] }).toEqual({ buried: [], lost: [] });
});

test('eight that come at the same moment', async () => {
  const all = await Promise.all(Array.from({ length: 8 }, () => startMember()));
  expect(new Set(all.map((member) => placeOf(member).epoch)).size).toBe(8);
  await until('a few beats', 30_000, async () => {
    const rows = await database.sql`select from nodes where beat_at > started_at + interval '500 milliseconds'`;
    return rows.length === 8;
  });
  expect(all.flatMap(({ lost, buried, faults }) => [...lost, ...buried, ...faults])).toEqual([]);
});

test('a lock that is gone: the place is lost at once, buried by one, and there is a new epoch', async () => {
  const all = [await startMember(), await startMember(), await startMember()];
  const [victim, ...others] = all;
  if (victim === undefined) throw new Error('nobody');
  const before = placeOf(victim);
  await endSession(before);
  await until('it notices', 30_000, () => victim.lost.length === 1);
  const after = await until('it has a new place', 30_000, () => victim.place());
  expect(after.epoch).toBeGreaterThan(before.epoch);
  await until('the old place is buried', 30_000, () => all.flatMap(({ buried }) => buried).length > 0);
  await until('only the living are left', 30_000, async () => {
    const rows = await database.sql<{ epoch: number }[]>`select epoch from nodes`;
    const living = all.map((member) => placeOf(member).epoch);
    return rows.length === 3 && rows.every(({ epoch }) => living.includes(epoch));
  });
  // By exactly one of them, the reborn itself among them.
  expect(all.flatMap(({ freed }) => freed)).toEqual([before]);
  expect(all.flatMap(({ buried }) => buried)).toEqual([before]);
  expect(others.flatMap(({ lost }) => lost)).toEqual([]);
});

test('all sessions are gone at once: who is back first leaves the others the time to record what they did', async () => {
  const [early, late] = [await startMember(), await startMember({ times: { ...SHORT_TIMES, beatEveryMs: 1000 } })];
  const before = [early, late].map(placeOf);
  // Nobody is back before this.
  const endedAtMs = performance.now();
  await Promise.all(before.map(endSession));
  const after = await until('the first is back', 30_000, () => early.place());
  expect(after.epoch).toBeGreaterThan(before[0]?.epoch ?? 0);
  await until('the old places are buried', 30_000, () => early.buried.length + late.buried.length === 2);
  for (const buriedAtMs of [...early.buriedAtMs, ...late.buriedAtMs]) {
    expect(buriedAtMs - endedAtMs).toBeGreaterThanOrEqual(SHORT_TIMES.returnPatienceMs);
  }
  expect([...early.freed, ...late.freed].toSorted((a, b) => a.epoch - b.epoch)).toEqual(before);
});

test('cut off without a sign: it gives up by itself before the others bury it, and comes back with a new epoch', async () => {
  const proxy: FreezingProxy = await startFreezingProxy(database.target);
  const witness = await startMember();
  const victim = await startMember({ address: proxy.target });
  const before = placeOf(victim);
  const wasWithout = { place: null as NodePlace | null };
  const frozenAt = performance.now();
  proxy.freeze();
  await until('the witness buries it', 30_000, () => {
    if (witness.buried.length === 0) wasWithout.place = victim.place();
    return witness.buried.length > 0;
  });
  // It held its lock all the time: only its silence spoke against it.
  expect(performance.now() - frozenAt).toBeGreaterThan(SHORT_TIMES.othersPatienceMs - SHORT_TIMES.beatEveryMs);
  expect(wasWithout.place).toBeNull();
  expect(victim.lost).toHaveLength(1);
  expect(witness.buried).toEqual([before]);
  proxy.thaw();
  const after = await until('it has a new place', 30_000, () => victim.place());
  expect(after.epoch).toBeGreaterThan(before.epoch);
  expect(witness.lost).toEqual([]);
  await victim.close();
  await proxy.close();
});

test('a process that is stopped and goes on: buried after the patience, it finds its place gone and takes a new one', async () => {
  const witness = await startMember();
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, 'fixtures', 'member.ts')], {
    env: { ...process.env, TARGET: JSON.stringify(database.target) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
  const places = (): number[] => said.filter((line) => line.startsWith('place ')).map((line) => Number(line.slice(6)));
  try {
    await until('it has a place', 30_000, () => places().length === 1);
    const [before = 0] = places();
    child.kill('SIGSTOP');
    await until('it is buried', 30_000, () => witness.buried.length > 0);
    expect(witness.buried.map(({ epoch }) => epoch)).toEqual([before]);
    child.kill('SIGCONT');
    await until('it has a new place', 30_000, () => places().length === 2);
    expect(said.indexOf('lost')).toBeGreaterThan(said.indexOf(`place ${before}`));
    expect(said.indexOf('lost')).toBeLessThan(said.indexOf(`place ${places()[1]}`));
  } finally {
    child.kill('SIGCONT');
    await endChild(child, 'SIGKILL', 1000);
  }
  await until('its second death is seen too', 30_000, () => witness.buried.length === 2);
});

test('a burial that cannot have its rows waits neither long nor in vain', async () => {
  const blocked = { times: 0 };
  const witness = await startMember({
    free: async (sql, place) => {
      const rows = await sql`select from destinations where owner_epoch = ${place.epoch} for update`;
      return rows.length;
    },
    onFault: () => {
      blocked.times += 1;
    },
  });
  const victim = await startMember();
  const { node, epoch } = placeOf(victim);
  await database.sql`
    insert into destinations (id, tenant_id, name, kind, owner_node, owner_epoch)
    select gen_random_uuid(), id, 'held.example', 'RELAY', ${node}, ${epoch} from tenants`;
  const isHeld = Promise.withResolvers<void>();
  const isOver = Promise.withResolvers<void>();
  const holdUp = database.sql.begin(async (transaction) => {
    await transaction`select from destinations for update`;
    isHeld.resolve();
    await isOver.promise;
  });
  await isHeld.promise;
  await endSession({ node, epoch });
  await until('a burial gave up', 30_000, () => blocked.times > 0);
  expect(witness.lost).toEqual([]);
  isOver.resolve();
  await holdUp;
  await until(
    'the next one is through',
    30_000,
    () => witness.buried.some((dead) => dead.epoch === epoch) || victim.buried.some((dead) => dead.epoch === epoch),
  );
});

test('what is held in the name of nobody is found and freed', async () => {
  const nobody = { node: 4711, epoch: 4711 };
  const witness = await startMember({ findHolders: async () => [nobody] });
  await until('it is freed', 30_000, () => witness.freed.length > 0);
  expect(witness.freed[0]).toEqual(nobody);
  expect(witness.lost).toEqual([]);
});

test('the service as a whole was away for an hour: told once, and not when one of several comes back', async () => {
  const readResumed = async (): Promise<Date | null> => {
    const [row] = await database.sql<{ resumed_at: Date | null }[]>`select resumed_at from service_presence`;
    return row?.resumed_at ?? null;
  };
  const first = await startMember();
  expect(await readResumed()).toBeNull();
  await first.close();
  await database.moveClock('59 minutes');
  const second = await startMember();
  expect(await readResumed()).toBeNull();
  await second.close();
  await database.moveClock('61 minutes');
  const third = await startMember();
  const resumed = await readResumed();
  expect(resumed).not.toBeNull();
  await startMember();
  expect(await readResumed()).toEqual(resumed);
  expect(third.lost).toEqual([]);
});

test('a node that does not deliver is no sign of the service at work', async () => {
  const readSeen = async () =>
    (await database.sql<{ seen: Date | null }[]>`select last_seen_at as seen from service_presence`)[0]?.seen ?? null;
  const before = await readSeen();
  await database.moveClock('61 minutes');
  const idle = await startMember({ isDelivering: false });
  await until('it has beaten', 30_000, async () => {
    const [row] = await database.sql<{ has_beaten: boolean }[]>`
      select bool_or(last_seen_at > started_at) as has_beaten from nodes`;
    return row?.has_beaten === true;
  });
  expect(await readSeen()).toEqual(before);
  await idle.close();
});
