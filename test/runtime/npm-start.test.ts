/**
 * `npm start` on every runtime: its pages answer, and no process of the database outlives it, however it ends.
 */
import { afterEach, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { until } from '../helpers/child.ts';
import { makeDataDir, type Runtime, type Service, startService } from '../helpers/service.ts';
import { faultsOf } from '../helpers/service-log.ts';

const RUNTIMES: readonly Runtime[] = ['bun', 'deno', 'node'];

const leftovers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const remove of leftovers.splice(0).toReversed()) await remove();
});

async function npmStart(runtime: Runtime, dataDir: string): Promise<Service> {
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

interface DatabaseTraces {
  /** Live processes of the server; a zombie has no command line. */
  servers(): number[];
  /** All that should go: the server, its watchdog, the folder of its socket. */
  everything(): (number | string)[];
}

/** Looks while the database runs, so that its traces are known when it does not. */
function tracesOf(dataDir: string): DatabaseTraces {
  const socketDir = readFileSync(join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')[4] ?? '';
  expect(existsSync(socketDir)).toBe(true);
  const naming = (folder: string) => allPids().filter((pid) => readProc(`${pid}/cmdline`).includes(folder));
  const servers = () => naming(dataDir);
  expect(servers().length).toBeGreaterThan(0);
  return {
    servers,
    everything: () => [...servers(), ...naming(socketDir), ...(existsSync(socketDir) ? [socketDir] : [])],
  };
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
  { path: '/', accept: 'text/html', type: 'text/html', holds: '<title>Sign in to Backup MX' },
  { path: '/graphql', accept: 'text/html', type: 'text/html', holds: 'GraphiQL' },
  { path: '/healthz', type: 'text/plain', holds: 'ok' },
  { path: '/readyz', type: 'application/json', holds: '"ready":true' },
  { path: '/schema.graphql', type: 'text/plain', holds: 'type Mutation {' },
  { path: '/egress.txt', type: 'text/plain', holds: '192.0.2.250\n' },
  { path: '/metrics', type: 'text/plain', holds: 'backup_mx_accepted_total' },
  { path: '/reject/BMX-SIZE', type: 'text/html', holds: 'BMX-SIZE' },
];

async function readPages({ httpUrl }: Service): Promise<void> {
  for (const { path, accept, type, holds } of PAGES) {
    const response = await fetch(`${httpUrl}${path}`, accept === undefined ? {} : { headers: { accept } });
    expect(`${path} ${response.status} ${response.headers.get('content-type')}`).toStartWith(`${path} 200 ${type}`);
    expect(await response.text()).toContain(holds);
  }
}

test.each([...RUNTIMES])(
  '%s: pages answer; neither kill -9 nor SIGTERM leaves a database',
  async (runtime) => {
    const dataDir = await makeDataDir();
    leftovers.push(() => rm(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }));
    const killed = await npmStart(runtime, dataDir);
    const { service } = await killed.graphql<{ service: { runtime: string } }>('{ service { runtime } }');
    expect(service.runtime).toStartWith(`${runtime} `);
    await readPages(killed);
    expect(faultsOf(killed)).toEqual([]);
    const tracesOfKilled = tracesOf(dataDir);
    process.kill(serviceBehind(killed), 'SIGKILL');
    await until('the database has stopped', 30_000, () => tracesOfKilled.servers().length === 0);
    await until('npm has ended', 30_000, () => killed.hasEnded());

    const stopped = await npmStart(runtime, dataDir);
    const traces = tracesOf(dataDir);
    const pid = serviceBehind(stopped);
    expect(await stopped.stop()).toBe(0);
    // npm ends after the service, and the service after its database.
    expect(traces.servers()).toEqual([]);
    expect(readProc(`${pid}/cmdline`)).toBe('');
    expect(faultsOf(stopped)).toEqual([]);
    await untilNoTrace(tracesOfKilled);
    await untilNoTrace(traces);
  },
  180_000,
);

/** The watchdog waits until its server has been reaped, which the first process of the machine may take seconds for. */
async function untilNoTrace(traces: DatabaseTraces): Promise<void> {
  await until('nothing is left of the database', 30_000, () => traces.everything().length === 0).catch(() => {
    expect(traces.everything()).toEqual([]);
  });
}
