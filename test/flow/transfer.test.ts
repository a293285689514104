/**
 * The whole service moves, by the command: from its embedded PostgreSQL 18 to a server of version 15. Mail that is held keeps its
 * history, its outage and its next attempt, is delivered from there, and nothing is lost. The way back is in test/transfer.
 */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Finished, run, until } from '../helpers/child.ts';
import { createTestDatabase } from '../helpers/database.ts';
import { createDomain, flushDomain, untilHeld } from '../helpers/domains.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { compare, startLoad } from '../helpers/load.ts';
import { hasPostgres15, makePostgres15, type Postgres15 } from '../helpers/postgres15.ts';
import { chosenRuntime, makeDataDir, type Service, startService } from '../helpers/service.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const NAME = 'moved.example';
const HELD = 60;

if (!hasPostgres15) console.log('SKIPPED: no PostgreSQL 15: the service moves to another database of version 18');

let parent = '';
let primary: FakePrimary;
let server: Postgres15 | null = null;
let target = '';

beforeAll(async () => {
  parent = await makeDataDir();
  primary = await startFakePrimary();
  await primary.stop();
  if (hasPostgres15) {
    server = await makePostgres15();
    await server.start();
    target = server.url;
  } else {
    const { database, target: other } = await createTestDatabase();
    await database.close();
    target = `postgres://${other.user}@localhost:${other.port}/${other.database}?host=${other.host}`;
  }
});

afterAll(async () => {
  await primary.close();
  await server?.stop();
  await rm(parent, { recursive: true });
});

type Place = Readonly<Record<'DATA_DIR' | 'DATABASE_URL', string>>;

/** The command as `npx` starts it, on the runtime of this run. */
function command(place: Place, ...args: string[]): Promise<Finished> {
  const runtime = chosenRuntime();
  const launcher = [...(runtime === 'deno' ? ['run', '-A', '--no-prompt'] : []), join(ROOT, 'bin', 'backup-mx.mjs')];
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', ...place };
  return run(join(ROOT, 'node_modules', '.bin', runtime), [...launcher, ...args], {
    cwd: ROOT,
    env,
    timeoutMs: 60_000,
  });
}

async function expectDone(place: Place, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await command(place, ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('failed') });
  return stdout.toString();
}

function startAt(place: Place): Promise<Service> {
  return startService({ dataDir: place.DATA_DIR, env: { DATABASE_URL: place.DATABASE_URL } });
}

interface Seen {
  readonly domain: { readonly outage: { readonly nextAttemptAt: string } | null };
  readonly messages: { readonly nodes: readonly { recipients: readonly { nextAttemptAt: string }[] }[] };
}

/** All that the API says of the held mail and its outage, but for what passes with time. */
async function seen(service: Service): Promise<Seen> {
  return service.graphql<Seen>(
    `query ($name: String!) { domain(by: { name: $name }) { status queue { heldCount heldSize oldestAcceptedAt nextAttemptAt }
        outage { id startedAt kind lastReply nextAttemptAt evidence { at reply } } }
      messages(first: 100, filter: { domain: $name }) { nodes { id transactionId acceptedAt expiresAt size reversePath
        recipients { address state nextAttemptAt attemptCount lastReply attempts(first: 10) { nodes { at reply outcome } } } } } }`,
    { name: NAME },
  );
}

test('to another server: history, outage and next attempt stay, and all is delivered once', async () => {
  const first: Place = { DATA_DIR: join(parent, 'first'), DATABASE_URL: '' };
  const second: Place = { DATA_DIR: join(parent, 'second'), DATABASE_URL: target };
  const file = join(parent, 'move.bmx');

  const old = await startAt(first);
  await createDomain(old, NAME, [{ host: primary.host, port: primary.port }]);
  const load = startLoad({ port: old.smtpPort, domain: NAME, connections: 3, mostMessages: HELD });
  await until('all is accepted', 30_000, () => load.accepted.size === HELD);
  await load.stop();
  await untilHeld(old, NAME, HELD);
  // One was tried, and the others are in nobody's hands.
  const before = await until('the mail waits for the next slot of its outage', 30_000, async () => {
    const now = await seen(old);
    const slot = now.domain.outage?.nextAttemptAt;
    const waiting = now.messages.nodes.filter(({ recipients: [recipient] }) => recipient?.nextAttemptAt === slot);
    return waiting.length >= HELD - 1 && now;
  });

  // While it runs nothing is exported.
  const refused = await command(first, 'export', '--to', file);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(`process id ${old.pid}`) });
  await old.kill9();

  const exported = JSON.parse(await expectDone(first, 'export', '--to', file, '--json')) as { rows: object };
  expect(exported).toMatchObject({ rows: { domains: 1, messages: HELD, contents: HELD }, sha256: expect.any(String) });
  expect(await expectDone(second, 'import', '--from', file)).toContain(`1 domains, ${HELD} held messages`);

  // The old place stays closed.
  const closed = await startAt(first).catch((error: unknown) => String(error));
  expect(closed).toContain('was exported');
  const moved = await startAt(second);
  expect(await seen(moved)).toEqual(before);
  await primary.start();
  await flushDomain(moved, NAME);
  await untilHeld(moved, NAME, 0);
  expect(compare(load, primary.messages)).toEqual({ lost: [], surplus: [], altered: [], repeated: [] });
  expect(await moved.stop()).toBe(0);
});

test('bad use ends with 2 and one line or the usage, and help with 0', async () => {
  const place = { DATA_DIR: join(parent, 'none'), DATABASE_URL: '' };
  for (const args of [[], ['exprot'], ['export', '--to', 'x', '--undo'], ['import', 'x']]) {
    const { code, stdout, stderr } = await command(place, ...args);
    expect({ args, code, stdout: stdout.toString() }).toEqual({ args, code: 2, stdout: '' });
    expect(stderr).toMatch(/backup-mx/);
  }
  expect(await command({ ...place, DATABASE_URL: 'mysql://x' }, 'export', '--undo')).toMatchObject({ code: 2 });
  const missing = await command(place, 'export', '--to', join(parent, 'none.bmx'));
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no database in DATA_DIR') });
  expect(await expectDone(place, '--help')).toContain('backup-mx import --from FILE');
});

const SYSTEM_NODE = '/usr/bin/node';
const hasNode = existsSync(SYSTEM_NODE);
if (!hasNode) console.log(`SKIPPED: no ${SYSTEM_NODE}, which may be older than what reads TypeScript`);

test.skipIf(!hasNode)('the Node of the system starts it as well, however old', async () => {
  const env = { PATH: '/usr/bin:/bin', DATA_DIR: join(parent, 'none') };
  const launcher = join(ROOT, 'bin', 'backup-mx.mjs');
  const { code, stderr } = await run(SYSTEM_NODE, [launcher, 'export', '--undo'], { env, cwd: parent });
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('there is no database in DATA_DIR') });
});
