/**
 * Places among the nodes: an end that leaves no lock is seen at once, a node that hangs or is cut off after a while, and it
 * notices by itself before the others act. Times are shortened; whole services are in test/flow/nodes-*.
 */
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import process from 'node:process';
import { joinNodes, type NodeLease, type Nodes, type NodesDeps } from '../../src/cluster/nodes.ts';
import { endChild, until } from '../helpers/child.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { type FreezingProxy, startFreezingProxy } from '../helpers/freezing-proxy.ts';
import { SHORT_TIMES } from './times.ts';

interface Member extends Nodes {
  readonly lost: string[];
  readonly expired: NodeLease[];
  /** When, on this process's monotonic clock. */
  readonly expiredAtMs: number[];
  readonly freed: NodeLease[];
  readonly told: NodeLease[];
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
  const expired: NodeLease[] = [];
  const expiredAtMs: number[] = [];
  const freed: NodeLease[] = [];
  const told: NodeLease[] = [];
  const faults: unknown[] = [];
  const nodes = await joinNodes({
    address: database.target,
    name: 'test',
    version: '0',
    runtime: 'test',
    roles: [],
    isDelivering: true,
    onLost: (reason) => lost.push(reason),
    free: async (_, lease) => {
      freed.push(lease);
      return { messageCount: 0, tell: () => told.push(lease) };
    },
    onExpired: (dead) => {
      expired.push(dead);
      expiredAtMs.push(performance.now());
    },
    findHolders: async () => [],
    onFault: (error) => faults.push(error),
    times: SHORT_TIMES,
    ...deps,
  });
  const member = { ...nodes, lost, expired, expiredAtMs, freed, told, faults };
  members.push(member);
  return member;
}

function leaseOf(member: Nodes): NodeLease {
  const lease = member.lease();
  if (lease === null) throw new Error('no lease');
  return lease;
}

/** Ends the session in which a member holds its lock; true once it is gone. */
async function endSession({ epoch }: NodeLease): Promise<void> {
  const rows = await database.sql`select pg_terminate_backend(backend_pid, 5000) from nodes where epoch = ${epoch}`;
  expect(rows).toHaveLength(1);
}

test('members have leases of their own; one that leaves frees what it had and is not expired', async () => {
  const [stays, leaves] = [await startMember(), await startMember()];
  const lease = leaseOf(leaves);
  expect(lease.epoch).not.toBe(leaseOf(stays).epoch);
  await leaves.close();
  expect(leaves.lease()).toBeNull();
  expect([leaves.freed, leaves.told]).toEqual([[lease], [lease]]);
  const rows = await database.sql<{ epoch: number }[]>`select epoch from nodes`;
  expect(rows.map(({ epoch }) => epoch)).toEqual([leaseOf(stays).epoch]);
  expect({ expired: stays.expired, lost: [...stays.lost, ...leaves.lost] }).toEqual({ expired: [], lost: [] });
});

test('eight that come at the same moment', async () => {
  const all = await Promise.all(Array.from({ length: 8 }, () => startMember()));
  expect(new Set(all.map((member) => leaseOf(member).epoch)).size).toBe(8);
  await until('a few beats', 30_000, async () => {
    const rows = await database.sql`select from nodes where beat_at > started_at + interval '500 milliseconds'`;
    return rows.length === 8;
  });
  expect(all.flatMap(({ lost, expired, faults }) => [...lost, ...expired, ...faults])).toEqual([]);
});

test('a lock that is gone: the lease is lost at once, expired by one, and there is a new epoch', async () => {
  const all = [await startMember(), await startMember(), await startMember()];
  const [victim, ...others] = all;
  if (victim === undefined) throw new Error('nobody');
  const before = leaseOf(victim);
  await endSession(before);
  await until('it notices', 30_000, () => victim.lost.length === 1);
  const after = await until('it has a new lease', 30_000, () => victim.lease());
  expect(after.epoch).toBeGreaterThan(before.epoch);
  await until('the old lease is expired', 30_000, () => all.flatMap(({ expired }) => expired).length > 0);
  await until('only the living are left', 30_000, async () => {
    const rows = await database.sql<{ epoch: number }[]>`select epoch from nodes`;
    const living = all.map((member) => leaseOf(member).epoch);
    return rows.length === 3 && rows.every(({ epoch }) => living.includes(epoch));
  });
  // By exactly one of them, the reborn itself among them.
  expect(all.flatMap(({ freed }) => freed)).toEqual([before]);
  expect(all.flatMap(({ told }) => told)).toEqual([before]);
  expect(all.flatMap(({ expired }) => expired)).toEqual([before]);
  expect(others.flatMap(({ lost }) => lost)).toEqual([]);
});

test('all sessions are gone at once: who is back first leaves the others the time to record what they did', async () => {
  const [early, late] = [await startMember(), await startMember({ times: { ...SHORT_TIMES, beatEveryMs: 1000 } })];
  const before = [early, late].map(leaseOf);
  // Nobody is back before this.
  const endedAtMs = performance.now();
  await Promise.all(before.map(endSession));
  await until('the first is back, with a lease of its own', 30_000, () => {
    const lease = early.lease();
    return lease !== null && lease.epoch > (before[0]?.epoch ?? 0) && lease;
  });
  await until('the old leases are expired', 30_000, () => early.expired.length + late.expired.length === 2);
  for (const expiredAtMs of [...early.expiredAtMs, ...late.expiredAtMs]) {
    expect(expiredAtMs - endedAtMs).toBeGreaterThanOrEqual(SHORT_TIMES.returnPatienceMs);
  }
  expect([...early.freed, ...late.freed].toSorted((a, b) => a.epoch - b.epoch)).toEqual(before);
});

test('cut off without a sign: it gives up by itself before the others expire it, and comes back with a new epoch', async () => {
  const proxy: FreezingProxy = await startFreezingProxy(database.target);
  const witness = await startMember();
  const victim = await startMember({ address: proxy.target });
  const before = leaseOf(victim);
  const wasWithout = { lease: null as NodeLease | null };
  const frozenAt = performance.now();
  proxy.freeze();
  await until('the witness buries it', 30_000, () => {
    if (witness.expired.length === 0) wasWithout.lease = victim.lease();
    return witness.expired.length > 0;
  });
  // It held its lock all the time: only its silence spoke against it.
  expect(performance.now() - frozenAt).toBeGreaterThan(SHORT_TIMES.othersPatienceMs - SHORT_TIMES.beatEveryMs);
  expect(wasWithout.lease).toBeNull();
  expect(victim.lost).toHaveLength(1);
  expect(witness.expired).toEqual([before]);
  proxy.thaw();
  const after = await until('it has a new lease', 30_000, () => victim.lease());
  expect(after.epoch).toBeGreaterThan(before.epoch);
  expect(witness.lost).toEqual([]);
  await victim.close();
  await proxy.close();
});

test('the late end of an earlier session costs it nothing', async () => {
  const proxy: FreezingProxy = await startFreezingProxy(database.target);
  const member = await startMember({ address: proxy.target });
  const before = leaseOf(member);
  proxy.freeze();
  await until('it gives up', 30_000, () => member.lost.length > 0);
  proxy.thaw();
  const after = await until('it has a new lease', 30_000, () => member.lease());
  expect(after.epoch).toBeGreaterThan(before.epoch);
  proxy.dropFrozen();
  // Sixteen beats: a lease that was given up would have been taken anew.
  await new Promise((resolve) => setTimeout(resolve, SHORT_TIMES.beatTimeoutMs));
  expect(member.lost).toHaveLength(1);
  expect(leaseOf(member)).toEqual(after);
  await member.close();
  await proxy.close();
});

test('a process that is stopped and goes on: expired after the patience, it finds its lease gone and takes a new one', async () => {
  const witness = await startMember();
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, 'fixtures', 'member.ts')], {
    env: { ...process.env, TARGET: JSON.stringify(database.target) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
  const leases = (): number[] => said.filter((line) => line.startsWith('lease ')).map((line) => Number(line.slice(6)));
  try {
    await until('it has a lease', 30_000, () => leases().length === 1);
    const [before = 0] = leases();
    child.kill('SIGSTOP');
    await until('it is expired', 30_000, () => witness.expired.length > 0);
    expect(witness.expired.map(({ epoch }) => epoch)).toEqual([before]);
    child.kill('SIGCONT');
    await until('it has a new lease', 30_000, () => leases().length === 2);
    expect(said.indexOf('lost')).toBeGreaterThan(said.indexOf(`lease ${before}`));
    expect(said.indexOf('lost')).toBeLessThan(said.indexOf(`lease ${leases()[1]}`));
  } finally {
    child.kill('SIGCONT');
    await endChild(child, 'SIGKILL', 1000);
  }
  await until('its second death is seen too', 30_000, () => witness.expired.length === 2);
});

test('what freeing has shown is told once it is committed, and not at all where that fails', async () => {
  const orphan = { node: 999, epoch: 999_999 };
  let failures = 0;
  const told: { readonly epoch: number; readonly isCommitted: Promise<boolean> }[] = [];
  const isCommitted = async () => (await database.sql`select where to_regclass('freed') is not null`).length > 0;
  await startMember({
    onFault: () => {
      failures += 1;
    },
    findHolders: async () => (told.length === 0 ? [orphan] : []),
    free: async (sql, { epoch }) => {
      await sql`create table if not exists freed ()`;
      if (failures === 0) throw new Error('in vain');
      return { messageCount: 0, tell: () => told.push({ epoch, isCommitted: isCommitted() }) };
    },
  });
  await until('the orphan is told of', 30_000, () => told.length > 0);
  expect(failures).toBe(1);
  expect(told.map(({ epoch }) => epoch)).toEqual([orphan.epoch]);
  expect(await told[0]?.isCommitted).toBe(true);
});

test('an expiry that cannot have its rows waits neither long nor in vain', async () => {
  const blocked = { times: 0 };
  const witness = await startMember({
    free: async (sql, lease) => {
      const rows = await sql`select from destinations where owner_epoch = ${lease.epoch} for update`;
      return { messageCount: rows.length, tell: () => undefined };
    },
    onFault: () => {
      blocked.times += 1;
    },
  });
  const victim = await startMember();
  const { node, epoch } = leaseOf(victim);
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
  await until('an expiry gave up', 30_000, () => blocked.times > 0);
  expect(witness.lost).toEqual([]);
  isOver.resolve();
  await holdUp;
  await until(
    'the next one is through',
    30_000,
    () => witness.expired.some((dead) => dead.epoch === epoch) || victim.expired.some((dead) => dead.epoch === epoch),
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
