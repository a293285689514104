/**
 * Two nodes that are restarted one after the other under load, as for a deploy; and one that is cut off from the database
 * beside one that is not. Nothing is lost; a restart makes nothing come twice, since neither sender nor primary loses a reply.
 */
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrate } from '../../src/db/migrate.ts';
import { until } from '../helpers/child.ts';
import { createTestDatabase, makeTempDir, type TestDatabase, urlOf } from '../helpers/database.ts';
import { createDomain, untilHeld } from '../helpers/domains.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { compare, type Load, startLoad } from '../helpers/load.ts';
import { type PointingProxy, startPointingProxy } from '../helpers/pointing-proxy.ts';
import { makeDataDir, type Service, serviceEnvironment, startService } from '../helpers/service.ts';
import { EXACT, faultsOf, untilPutOff } from './crash-scene.ts';

const DOMAIN = 'rolling.example';
const NAMES = ['a.rolling.test.example', 'b.rolling.test.example'];
/** The most that a node has in hand at one destination. */
const SESSIONS = 40;

let database: TestDatabase;
let primary: FakePrimary;
let proxy: PointingProxy;
let nodes: Service[] = [];
let loads: Load[] = [];

/** The second node has its database through the proxy. */
beforeEach(async () => {
  database = await createTestDatabase();
  primary = await startFakePrimary();
  proxy = await startPointingProxy(database.target);
  nodes = await Promise.all(
    NAMES.map(async (name, index) => {
      const dataDir = await makeDataDir();
      const env = {
        ...(await serviceEnvironment(dataDir)),
        DATABASE_URL: urlOf(index === 0 ? database.target : proxy.target),
        MX_HOSTNAME: name,
        MX_NAMES: NAMES.join(),
        OPERATOR_TOKEN: 'of-all-nodes-of-this-one-test-alone',
      };
      return startService({ dataDir, env });
    }),
  );
  await createDomain(nodeAt(0), DOMAIN, [{ host: primary.host, port: primary.port }]);
  loads = nodes.map(({ smtpPort }) => startLoad({ port: smtpPort, domain: DOMAIN, connections: 8, pauseMs: 60 }));
});

afterEach(async () => {
  await Promise.all(loads.map((load) => load.stop()));
  await Promise.all(nodes.map((node) => node.remove()));
  await proxy.close();
  await primary.close();
  await database.close();
});

function nodeAt(index: number): Service {
  const node = nodes[index];
  if (node === undefined) throw new Error('no such node');
  return node;
}

/** More is accepted at every node that is named, and delivered. */
async function untilMore(...indices: readonly number[]): Promise<void> {
  const before = loads.map(({ accepted }) => accepted.size);
  const delivered = primary.messages.length;
  await until('more is accepted and delivered', 30_000, () => {
    const isMore = indices.every((index) => (loads[index]?.accepted.size ?? 0) > (before[index] ?? 0) + 40);
    return isMore && primary.messages.length > delivered;
  });
}

/**
 * Nothing is lost, altered or from nowhere. What a node had in hand when it lost its database may go out twice: the primary has
 * taken it, and nobody could write that down.
 */
async function reckon(mostRepeated = 0): Promise<void> {
  await Promise.all(loads.map((load) => load.stop()));
  await untilHeld(nodeAt(0), DOMAIN, 0, 60_000);
  for (const load of loads) {
    const own = primary.messages.filter(({ recipients }) => {
      const address = recipients[0]?.address ?? '';
      return load.accepted.has(address) || load.unanswered.has(address);
    });
    const { repeated, ...others } = compare(load, own);
    expect({ ...EXACT, ...others }).toEqual(EXACT);
    expect(repeated.length).toBeLessThanOrEqual(mostRepeated);
    expect([...load.refusals.keys()].filter((reply) => !/^4(21|51) /.test(reply))).toEqual([]);
  }
}

async function namesSeen(node: Service): Promise<readonly { name: string; lastSeenAt: string }[]> {
  const { service } = await node.graphql<{ service: { nodes: { name: string; lastSeenAt: string }[] } }>(
    '{ service { nodes { name lastSeenAt } } }',
  );
  return service.nodes;
}

test('a rolling restart under load, twice around', async () => {
  for (const index of [0, 1, 0, 1]) {
    await untilMore(0, 1);
    const { dataDir, env } = nodeAt(index);
    expect(await nodeAt(index).stop()).toBe(0);
    expect((await namesSeen(nodeAt(1 - index))).map(({ name }) => name)).toEqual([NAMES[1 - index] ?? '']);
    await untilMore(1 - index);
    nodes[index] = await startService({ dataDir, env });
  }
  await untilMore(0, 1);
  const seen = await namesSeen(nodeAt(0));
  expect(seen.map(({ name }) => name).toSorted()).toEqual(NAMES);
  for (const { lastSeenAt } of seen) expect(Date.now() - Date.parse(lastSeenAt)).toBeLessThan(10_000);
  await reckon();
}, 120_000);

/** This release's migrations, and one more that changes every table that mail goes through, with pauses as of a large table. */
async function nextRelease(): Promise<string> {
  const folder = join(makeTempDir(), 'drizzle');
  cpSync(join(import.meta.dirname, '..', '..', 'drizzle'), folder, { recursive: true });
  const tables = await database.sql<{ name: string }[]>`
    select c.relname as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname <> 'schema_requirements'
    order by c.relname`;
  const changes = tables.map(
    ({ name }) => `alter table ${name} add column next_release integer;\nselect pg_sleep(0.03);`,
  );
  writeFileSync(join(folder, '9999_next.sql'), changes.join('\n--> statement-breakpoint\n'));
  const file = join(folder, 'meta', '_journal.json');
  const journal = JSON.parse(readFileSync(file, 'utf8')) as { entries: { idx: number; when: number; tag: string }[] };
  const [last] = journal.entries.slice(-1);
  journal.entries.push({ ...last, idx: 9999, when: (last?.when ?? 0) + 1, tag: '9999_next' });
  writeFileSync(file, JSON.stringify(journal));
  return folder;
}

test('the migration of a newer release under load: no deadlock, and mail goes on', async () => {
  await untilMore(0, 1);
  const migrationsFolder = await nextRelease();
  expect(await migrate(database.target, { migrationsFolder })).toMatchObject({ kind: 'READY', appliedCount: 1 });
  await untilMore(0, 1);
  await reckon();
  const [row] =
    await database.sql`select deadlocks::integer as deadlocks from pg_stat_database where datname = current_database()`;
  expect(row).toEqual({ deadlocks: 0 });
  for (const node of nodes) expect(await faultsOf(node)).toEqual({ counted: [], logged: [] });
}, 180_000);

test('one node without the database answers 451 and comes back, the other goes on', async () => {
  await untilMore(0, 1);
  proxy.pointTo(null);
  await untilPutOff({ service: nodeAt(1) });
  await untilMore(0);
  proxy.pointTo(database.target);
  await untilMore(0, 1);
  await until('both are among the living', 30_000, async () => (await namesSeen(nodeAt(0))).length === 2);
  await reckon(SESSIONS);
  for (const node of nodes) expect(node.hasEnded()).toBe(false);
}, 180_000);
