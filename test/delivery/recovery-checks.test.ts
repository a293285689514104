/** Checks between two attempts: how many at once, whom they do not dial, and what an answer sets off. */
import { afterAll, beforeEach, expect, test } from 'bun:test';
import { createHostMemory } from '../../src/delivery/recovery-checks.ts';
import { createRecoveryChecks, type GreetTarget, type RecoveryCheckDeps } from '../../src/delivery/recovery-checks.ts';
import { readDestination } from '../../src/outage/clock.ts';
import { until } from '../helpers/child.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { fail, holdFor, refusedAt } from '../outage/scene.ts';

const PATIENCE_MS = 30_000;
let db: TestDatabase;

beforeEach(async () => {
  await db?.close();
  db = await createTestDatabase();
});
afterAll(() => db.close());

/** As many destinations in an outage, a minute old; each on the address that it is given. */
async function outages(count: number, addressOf: (n: number) => string): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const id = await holdFor(db, `d${n}.test`);
    await fail(db, id, { evidence: [refusedAt(`${addressOf(n)}:25`)] });
    ids.push(id);
  }
  await db.moveClock('61 seconds');
  return ids;
}

function checksWith(deps: Partial<RecoveryCheckDeps> & { addressOf: (name: string) => string }) {
  const { addressOf, ...others } = deps;
  return createRecoveryChecks({
    sql: db.database.queueSql,
    holder: () => ({ node: 1, epoch: 1 }),
    findRoute: async ({ name }) => ({
      kind: 'HOSTS',
      hosts: [
        { host: `mx.${name}`, addresses: [{ address: addressOf(name), port: 25 }], tls: 'OPPORTUNISTIC' as const },
      ],
    }),
    greet: async () => false,
    hosts: createHostMemory(),
    poke: () => undefined,
    onFault: (where, error) => {
      throw new Error(where, { cause: error });
    },
    ...others,
  });
}

const numberOf = (name: string) => Number(/\d+/.exec(name)?.[0]);

test('a few are started at each look, and no more than that while they hang', async () => {
  await outages(20, (n) => `192.0.2.${n}`);
  const dialled: GreetTarget[] = [];
  const checks = checksWith({
    addressOf: (name) => `192.0.2.${numberOf(name)}`,
    greet: (target, signal) =>
      new Promise((resolve) => {
        dialled.push(target);
        signal.addEventListener('abort', () => resolve(false));
      }),
  });
  await checks.poll();
  await until('the first checks', PATIENCE_MS, async () => dialled.length > 0);
  await until('all of them', PATIENCE_MS, async () => dialled.length === 16);
  await checks.poll();
  await until('the others', PATIENCE_MS, async () => dialled.length === 20);
  expect(new Set(dialled.map(({ address }) => address)).size).toBe(20);
  await checks.stop();
  await checks.poll();
  expect(dialled).toHaveLength(20);
});

test('a host that is dead for one domain is not dialled for the others within the minute', async () => {
  const ids = await outages(5, () => '192.0.2.1');
  let dials = 0;
  const checks = checksWith({
    addressOf: () => '192.0.2.1',
    hosts: createHostMemory(),
    greet: async () => {
      dials += 1;
      return false;
    },
  });
  await checks.poll();
  await checks.stop();
  expect(dials).toBe(1);
  const again = checksWith({
    addressOf: () => '192.0.2.1',
    hosts: { note: () => undefined, isDead: () => true },
    greet: async () => {
      throw new Error('dialled');
    },
  });
  await db.moveClock('61 seconds');
  await again.poll();
  await again.stop();
  for (const id of ids) expect(await readDestination(db.sql, id)).toMatchObject({ isFailing: true, isDue: false });
});

test('an answer makes the attempt due and pokes; none is looked for without a place among the nodes', async () => {
  const [id = ''] = await outages(1, () => '192.0.2.1');
  const poked: string[] = [];
  const parts = {
    addressOf: () => '192.0.2.1',
    greet: async () => true,
    poke: (destinationId: string) => void poked.push(destinationId),
  };
  await checksWith({ ...parts, holder: () => null }).poll();
  const checks = checksWith(parts);
  await checks.poll();
  await until('the poke', PATIENCE_MS, async () => poked.length > 0);
  expect(poked).toEqual([id]);
  expect(await readDestination(db.sql, id)).toMatchObject({ isFailing: true, isDue: true });
});
