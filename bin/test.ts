/**
 * `npm test`: Bun's test runner over the files of test/, beside one PostgreSQL for all of them. What is given goes to the runner:
 * `npm test -- ./test/queue/ -t expiry`.
 *
 * Without a path these are all but what has a script of its own in package.json: the attacks, which are measured beside honest mail
 * and want the machine for themselves, and the smoke on all runtimes. The slowest files begin first: `npm test -- --update-timings`
 * stores how long each takes.
 *
 * The PostgreSQL and everything temporary are in memory where there is enough of it (/dev/shm), with fsync on, and go with the run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, statfsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { copyPreparedData, PREPARED } from '../test/helpers/prepared-data.ts';
import { ENGINE } from '../test/helpers/service.ts';
import { OFFERED, prepareData, startSharedServer } from '../test/helpers/shared-server.ts';
import { makeTempDir, MEMORY } from '../test/helpers/temp-dir.ts';

const ROOT = join(import.meta.dirname, '..');
/** The most that a run needs; a container's /dev/shm may hold 64 MiB. */
const ROOM_BYTES = 4 * 1024 ** 3;

/** More than there are cores: files wait for time-outs, for peers and for rounds of the service. */
const WORKERS = 4;

function temporaryRoot(): string {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ROOM_BYTES ? MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}

const TIMINGS = 'test/timings.json';
const ALL_BUT = ['./test/', '--path-ignore-patterns=test/runtime/**', '--path-ignore-patterns=test/flow/*attack*'];

/**
 * JavaScriptCore's last compiler pays in a process that lives long: tests and their services spend a fifth less of the processor
 * without it. The attacks, which count the processor's time of a service, have it as its users do.
 */
const compilers = (given: readonly string[]): NodeJS.ProcessEnv =>
  given.some((argument) => argument.includes('attack')) ? {} : { [ENGINE]: '0' };

function runnerArguments(given: readonly string[]): string[] {
  const isPath = (argument: string) => /^(\.|\/|test\/)/.test(argument);
  const has = (option: string) => given.some((argument) => argument.startsWith(option));
  return [
    'test',
    ...(has('--parallel') ? [] : [`--parallel=${WORKERS}`]),
    // A file costs a quarter second of CPU more where the modules are loaded anew for it.
    ...(has('--isolate') ? [] : ['--no-isolate']),
    ...(has('--timeout') ? [] : ['--timeout=120000']),
    ...(has('--timings') ? [] : [`--timings=${TIMINGS}`]),
    ...given,
    ...(given.some(isPath) ? [] : ALL_BUT),
  ];
}

const folder = makeTempDir(temporaryRoot());
// PostgreSQL and the peers of tests run as users of their own.
chmodSync(folder, 0o1777);
const [prepared, shared] = [join(folder, 'prepared'), join(folder, 'shared')];
await prepareData(prepared);
await mkdir(shared);
await copyPreparedData(prepared, shared);
const server = await startSharedServer(shared);
const runner: ChildProcess = spawn(process.execPath, runnerArguments(process.argv.slice(2)), {
  cwd: ROOT,
  stdio: 'inherit',
  env: {
    ...process.env,
    ...compilers(process.argv.slice(2)),
    TMPDIR: folder,
    [OFFERED]: JSON.stringify(server.address),
    [PREPARED]: prepared,
  },
});
// A signal of the terminal reaches the runner too; its end is waited for.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => runner.kill(signal));
const code = await new Promise<number>((resolve) => {
  runner.once('exit', (exitCode, signal) => resolve(exitCode ?? (signal === 'SIGINT' ? 130 : 1)));
});
await server.stop();
process.exit(code);
