/**
 * `npm start` on every runtime: its pages answer, and no process of the database outlives it, however it ends.
 */
import { afterEach, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import process from 'node:process';
import { until } from '../helpers/child.ts';
import { makeDataDir, type Runtime, type Service, startService } from '../helpers/service.ts';
import { faultsOf } from '../helpers/service-log.ts';

const RUNTIMES: readonly Runtime[] = ['bun', 'deno', 'node'];

const leftovers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const remove of leftovers.splice(0).toReversed()) await remove();
});

async function npmStart(runtime: Runtime): Promise<Service> {
  const dataDir = await makeDataDir();
  leftovers.push(() => rm(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));
  return startOn(runtime, dataDir);
}

async function startOn(runtime: Runtime, dataDir: string): Promise<Service> {
  const service = await startService({ runtime, dataDir, isThroughNpm: true });
  leftovers.push(() => service.remove());
  return service;
}

/** Text of a file of /proc; empty when its process has gone meanwhile. */
function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return '';
  }
}

function allPids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** Processes that name the folder in their command line: the database and its watchdog. A zombie has no command line. */
function processesOf(dataDir: string): number[] {
  return allPids().filter((pid) => readProc(`${pid}/cmdline`).includes(dataDir));
}

/** npm's one child, the runtime itself. */
function serviceBehind(npm: Service): number {
  const children = allPids().filter(
    (pid) => /^\d+ \(.*\) \S (\d+)/s.exec(readProc(`${pid}/stat`))?.[1] === `${npm.pid}`,
  );
  expect(children).toHaveLength(1);
  return children[0] ?? 0;
}

interface Page {
  readonly path: string;
  readonly accept?: string;
  readonly type: string;
  readonly holds: string;
}

const PAGES: readonly Page[] = [
  { path: '/', accept: 'text/html', type: 'text/html', holds: '<title>Backup MX' },
  { path: '/graphql', accept: 'text/html', type: 'text/html', holds: 'GraphiQL' },
  { path: '/healthz', type: 'text/plain', holds: 'ok' },
  { path: '/readyz', type: 'application/json', holds: '"ready":true' },
  { path: '/schema.graphql', type: 'text/plain', holds: 'type Mutation {' },
  { path: '/egress.txt', type: 'text/plain', holds: '192.0.2.250\n' },
  { path: '/metrics', type: 'text/plain', holds: 'backup_mx_accepted_total' },
  { path: '/reject/BMX-SIZE', type: 'text/html', holds: 'BMX-SIZE' },
];

test.each([...RUNTIMES])('%s: every page answers, and SIGTERM to npm leaves no process behind', async (runtime) => {
  const npm = await npmStart(runtime);
  const { service } = await npm.graphql<{ service: { runtime: string } }>('{ service { runtime } }');
  expect(service.runtime).toStartWith(`${runtime} `);
  for (const { path, accept, type, holds } of PAGES) {
    const response = await fetch(`${npm.httpUrl}${path}`, accept === undefined ? {} : { headers: { accept } });
    expect(`${path} ${response.status} ${response.headers.get('content-type')}`).toStartWith(`${path} 200 ${type}`);
    expect(await response.text()).toContain(holds);
  }
  const pid = serviceBehind(npm);
  expect(processesOf(npm.dataDir).length).toBeGreaterThan(0);
  expect(await npm.stop()).toBe(0);
  // At once: npm ends after the service, and the service after its database.
  expect(processesOf(npm.dataDir)).toEqual([]);
  expect(readProc(`${pid}/cmdline`)).toBe('');
  expect(faultsOf(npm)).toEqual([]);
});

test.each([...RUNTIMES])(
  '%s: after kill -9 the database goes by itself, and the next start is ready',
  async (runtime) => {
    const npm = await npmStart(runtime);
    process.kill(serviceBehind(npm), 'SIGKILL');
    await until('no process of the database is left', 10_000, () => processesOf(npm.dataDir).length === 0);
    await until('npm has ended', 10_000, () => npm.hasEnded());
    const again = await startOn(runtime, npm.dataDir);
    expect(await again.stop()).toBe(0);
    expect(processesOf(npm.dataDir)).toEqual([]);
  },
);
