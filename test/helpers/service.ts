/**
 * The whole service as a child process, as a user starts it: own DATA_DIR, free ports, driven by SMTP and GraphQL only.
 *
 * `startService` resolves when /readyz says 200. One folder can be started again and again (`dataDir`), which is how a
 * test sees what a restart or a kill has left. bin/start.sh becomes the service, so its pid is the service's.
 * RUNTIME picks bun, deno or node for a whole run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { bindToUs, endChild, until } from './child.ts';
import { findFreePorts } from './free-port.ts';
import { usePreparedData } from './prepared-data.ts';

export type Runtime = 'bun' | 'deno' | 'node';

export interface ServiceOptions {
  readonly runtime?: Runtime;
  /** An existing folder; without it a new one, prepared by `npm test`, which `remove` deletes. */
  readonly dataDir?: string;
  /** Wins over the helper's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly readyTimeoutMs?: number;
  /** A reason of /readyz that a test is about, and that is not waited for. */
  readonly readyExceptFor?: string;
  /** `npm start` instead of bin/start.sh; the pid is then npm's. */
  readonly isThroughNpm?: boolean;
  /** Another checkout of the project, for a benchmark beside this one. */
  readonly root?: string | undefined;
}

export interface GraphqlError {
  readonly message: string;
  readonly extensions?: { readonly code?: string };
}

/** A service, in a process of its own or in that of its test (in-process-service.ts). */
export interface RunningService {
  readonly smtpPort: number;
  readonly httpUrl: string;
  readonly token: string;
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string>>;
  /** From the start of the process to /readyz, in milliseconds. */
  readonly readyAfterMs: number;
  /** Posts an operation as the operator. Throws on a status other than 200 and on top-level errors. */
  graphql<T>(query: string, variables?: Readonly<Record<string, unknown>>): Promise<T>;
  /** Everything the process has written so far, both streams. */
  output(): string;
  hasEnded(): boolean;
  /** SIGTERM and wait; the exit code. */
  stop(): Promise<number | null>;
  /** Stops what still runs and removes a folder made here. */
  remove(): Promise<void>;
}

export interface Service extends RunningService {
  readonly pid: number;
  /** SIGKILL and wait: the process only, not its database. */
  kill9(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '..', '..');

/** The runtime of this run: RUNTIME, or bun. */
export function chosenRuntime(): Runtime {
  const given = process.env['RUNTIME'];
  return given === 'deno' || given === 'node' ? given : 'bun';
}

/** A folder every account may reach: the embedded database runs under an account of its own when we are root. */
export async function makeDataDir(parent = tmpdir()): Promise<string> {
  const dataDir = await mkdtemp(join(parent, 'backup-mx-data-'));
  await chmod(dataDir, 0o755);
  return dataDir;
}

/** Whether /readyz has no reason to say no, or only one that the test is about. */
export async function isReady(httpUrl: string, exceptFor?: string): Promise<boolean> {
  const answer = await fetch(`${httpUrl}/readyz`)
    .then(async (response) => (await response.json()) as { reasons?: readonly string[] })
    .catch(() => null);
  return answer?.reasons?.every((reason) => reason === exceptFor) === true;
}

/** How the engine of the run's processes compiles: bin/test.ts says why. */
export const ENGINE = 'BUN_JSC_useFTLJIT';

/** The environment a service of a test runs in: nothing of ours but PATH and ENGINE, so that no setting leaks in. */
export async function serviceEnvironment(dataDir: string): Promise<Record<string, string>> {
  const [smtpPort, httpPort] = await findFreePorts(2);
  return {
    PATH: process.env['PATH'] ?? '',
    ...(process.env[ENGINE] === undefined ? {} : { [ENGINE]: process.env[ENGINE] }),
    HOME: process.env['HOME'] ?? '/',
    DATA_DIR: dataDir,
    SMTP_LISTEN: `127.0.0.1:${smtpPort}`,
    HTTP_LISTEN: `127.0.0.1:${httpPort}`,
    PUBLIC_URL: `http://127.0.0.1:${httpPort}`,
    MX_HOSTNAME: 'backup.test.example',
    MX_ADDRESSES: '192.0.2.250',
    OPERATOR_TOKEN: randomBytes(24).toString('hex'),
    ALLOW_PRIVATE_NEXT_HOPS: 'true',
    DNS_SERVERS: '127.0.0.1:1',
    LOG_FORMAT: 'json',
  };
}

type Start = Pick<RunningService, 'env' | 'dataDir' | 'output' | 'hasEnded'>;

/** What the environment says of a service, and how its API is asked. */
export function reachService({ env, ...start }: Start): Omit<RunningService, 'readyAfterMs' | 'stop' | 'remove'> {
  const httpUrl = `http://${env['HTTP_LISTEN']}`;
  const token = env['OPERATOR_TOKEN'] ?? '';
  return {
    ...start,
    env,
    httpUrl,
    token,
    smtpPort: Number(env['SMTP_LISTEN']?.split(':').at(-1)),
    graphql: (query, variables) => postGraphql({ httpUrl, token, query, variables: variables ?? {} }),
  };
}

/** Starts the service and waits until it is ready; throws with its output when it ends first or is not ready in time. */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const dataDir = options.dataDir ?? (await makeDataDir());
  // A file that names a runtime wants to see its first start too.
  const isPlain = options.dataDir === undefined && options.runtime === undefined && options.root === undefined;
  if (isPlain && options.env?.['DATABASE_URL'] === undefined) await usePreparedData(dataDir);
  const env: Record<string, string> = {
    ...(await serviceEnvironment(dataDir)),
    ...options.env,
    RUNTIME: options.runtime ?? chosenRuntime(),
  };
  const startedAtMs = performance.now();
  const [program, ...args] = options.isThroughNpm === true ? ['npm', 'start', '--silent'] : ['sh', 'bin/start.sh'];
  const child: ChildProcess = spawn(program, args, {
    cwd: options.root ?? ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  bindToUs(child);
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  const output = () => Buffer.concat(chunks).toString();
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const service = reachService({ env, dataDir, output, hasEnded });
  const discard = () =>
    options.dataDir === undefined
      ? rm(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
      : null;

  try {
    await until('the service is ready', options.readyTimeoutMs ?? 100_000, () => {
      if (hasEnded()) throw new Error(`the service ended with ${child.exitCode ?? child.signalCode}`);
      return isReady(service.httpUrl, options.readyExceptFor);
    });
  } catch (error) {
    await endChild(child, 'SIGTERM', 5000);
    await discard();
    throw new Error(`${error instanceof Error ? error.message : String(error)}; it said:\n${output()}`, {
      cause: error,
    });
  }

  return {
    ...service,
    pid: child.pid ?? 0,
    readyAfterMs: performance.now() - startedAtMs,
    stop: async () => {
      await endChild(child, 'SIGTERM', 150_000);
      return child.exitCode;
    },
    kill9: () => endChild(child, 'SIGKILL', 5000),
    remove: async () => {
      await endChild(child, 'SIGTERM', 20_000);
      await discard();
    },
  };
}

/** One GraphQL operation; throws on anything but data. */
export async function postGraphql<T>(call: {
  readonly httpUrl: string;
  readonly token: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}): Promise<T> {
  const response = await fetch(`${call.httpUrl}/graphql`, {
    method: 'POST',
    // A kept connection may be closed by the service at the very moment at which it is used again: a mutation is not repeated.
    keepalive: false,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${call.token}` },
    body: JSON.stringify({ query: call.query, variables: call.variables }),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`GraphQL answered ${response.status}: ${text}`);
  const result = JSON.parse(text) as { data?: T; errors?: GraphqlError[] };
  if (result.errors !== undefined || result.data === undefined) throw new Error(`GraphQL answered ${text}`);
  return result.data;
}
