/**
 * The whole service moves: from its embedded PostgreSQL 18 to a server of version 15 and back into a new data folder, by the
 * command. A mail that is held keeps its history, its outage and its next attempt, is delivered at the end, and nothing is lost.
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

if (!hasPostgres15)
  console.log('SKIPPED: no PostgreSQL 15: the service moves by way of another database of version 18');

let parent = '';
let primary: FakePrimary;
let server: Postgres15 | null = null;
let between = '';

beforeAll(async () => {
  parent = await makeDataDir();
  primary = await startFakePrimary();
  await primary.stop();
  if (hasPostgres15) {
    server = await makePostgres15();
    await server.start();
    between = server.url;
  } else {
    const { database, target } = await createTestDatabase();
    await database.close();
    between = `postgres://${target.user}@localhost:${target.port}/${target.database}?host=${target.host}`;
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

/** All that the API says of the held mail and its outage, but for what passes with time. */
async function seen(service: Service): Promise<unknown> {
  return service.graphql(
    `query ($name: String!) { domain(name: $name) { status queue { heldCount heldBytes oldestAcceptedAt nextAttemptAt }
        outage { id startedAt class lastReply nextProbeAt evidence { at reply } } }
      messages(first: 100, filter: { domain: $name }) { nodes { id transaction acceptedAt expiresAt sizeBytes reversePath
        recipients { address state nextAttemptAt attemptCount lastReply attempts(first: 10) { nodes { at reply outcome } } } } } }`,
    { name: NAME },
  );
}

test('to another server and back: history, outage and next attempt stay, and all is delivered once', async () => {
  const [first, second, third] = ['first', 'second', 'third'].map((name) => ({
    DATA_DIR: join(parent, name),
    DATABASE_URL: name === 'second' ? between : '',
  })) as [Place, Place, Place];
  const [there, back] = [join(parent, 'there.bmx'), join(parent, 'back.bmx')];

  const old = await startAt(first);
  await createDomain(old, NAME, [{ host: primary.host, port: primary.port }]);
  const load = startLoad({ port: old.smtpPort, domain: NAME, connections: 3, mostMessages: HELD });
  await until('all is accepted', 30_000, () => load.accepted.size === HELD);
  await load.stop();
  await untilHeld(old, NAME, HELD);
  await until('the first attempt is recorded', 20_000, async () => {
    const { domain } = await old.graphql<{ domain: { outage: object | null } }>(
      'query ($name: String!) { domain(name: $name) { outage { id } } }',
      { name: NAME },
    );
    return domain.outage;
  });
  const before = await seen(old);

  // While it runs nothing is exported.
  const refused = await command(first, 'export', '--to', there);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(`process id ${old.pid}`) });
  await old.kill9();

  const exported = JSON.parse(await expectDone(first, 'export', '--to', there, '--json')) as { rows: object };
  expect(exported).toMatchObject({ rows: { domains: 1, messages: HELD, contents: HELD }, sha256: expect.any(String) });
  expect(await expectDone(second, 'import', '--from', there)).toContain(`1 domains, ${HELD} held messages`);

  // The old place stays closed.
  const closed = await startAt(first).catch((error: unknown) => String(error));
  expect(closed).toContain('was exported');
  const moved = await startAt(second);
  expect(await seen(moved)).toEqual(before);
  expect(await moved.stop()).toBe(0);

  await expectDone(second, 'export', '--to', back);
  await expectDone(third, 'import', '--from', back);
  const again = await command(third, 'import', '--from', back);
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('the database is not empty') });
  const last = await startAt(third);
  expect(await seen(last)).toEqual(before);
  await primary.start();
  await flushDomain(last, NAME);
  await untilHeld(last, NAME, 0);
  expect(compare(load, primary.messages)).toEqual({ lost: [], surplus: [], altered: [], repeated: [] });
  expect(await last.stop()).toBe(0);
});

test('bad use ends with 2 and one line or the usage, and help with 0', async () => {
  const place = { DATA_DIR: join(parent, 'none'), DATABASE_URL: '' };
  for (const args of [
    [],
    ['exprot'],
    ['export'],
    ['export', '--to'],
    ['export', '--to', 'x', '--undo'],
    ['import', 'x'],
  ]) {
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
