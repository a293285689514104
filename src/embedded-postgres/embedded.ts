/**
 * The embedded PostgreSQL: a real server of its own in `DATA_DIR/postgres`, from npm-installed binaries, durable, reached over a
 * Unix socket only. It starts with the service, stops with it, and is started again when it dies by itself.
 *
 * Refuses, with one line and before touching anything: a folder that another running service has, a folder of another major
 * version or another account, a machine the binaries are not for. Takes over a server whose service is gone.
 * Does not create the schema (migrate.ts) and does not hold connections.
 */
import { mkdir, statfs } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { checkMajor, chooseAccount, giveFolder, inspectFolder, makeFolder } from './folder.ts';
import { findNativeDir, prepareBinaries } from './binaries.ts';
import type { EmbeddedHost, EmbeddedLog } from './host.ts';
import { lockFolder } from './lock.ts';
import { type PreparedServer, type RunningServer, runServer } from './server.ts';
import { errorCode, startTrouble } from '../db/start-error.ts';

export interface EmbeddedDatabase extends RunningServer {
  /** Space that the server's account can still use on the file system of DATA_DIR. */
  freeBytes(): Promise<number>;
}

export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly log: EmbeddedLog;
  /** Whether a server that dies by itself is started again. Default true; tests that look at the time between say false. */
  readonly isRelaunched?: boolean;
  /** Facts about the machine that are not looked up. For tests. */
  readonly host?: Partial<EmbeddedHost>;
}

function thisHost(): EmbeddedHost {
  const limit = typeof process.constrainedMemory === 'function' ? process.constrainedMemory() : 0;
  const memory = totalmem();
  return {
    platform: process.platform,
    arch: process.arch,
    uid: process.getuid?.() ?? -1,
    gid: process.getgid?.() ?? -1,
    pid: process.pid,
    passwdPath: '/etc/passwd',
    loaderPath: null,
    nativeDir: null,
    treeRoots: ['/var/lib/backup-mx', tmpdir(), '/var/tmp'],
    socketRoots: [tmpdir(), '/tmp', '/var/tmp', '/run', '/dev/shm'],
    memoryBytes: limit > 0 && limit < memory ? limit : memory,
    // A busy node has up to 35.
    maxConnections: 200,
    env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`, LC_ALL: 'C' },
    kill: (pid, signal) => {
      try {
        process.kill(pid, signal);
      } catch (error) {
        if (errorCode(error) !== 'ESRCH') {
          throw error;
        }
      }
    },
    endPatienceMs: 10_000,
  };
}

async function prepare(dataDir: string, host: EmbeddedHost, log: EmbeddedLog): Promise<PreparedServer> {
  const folder = join(dataDir, 'postgres');
  const state = await inspectFolder(folder, host.uid);
  const account = await chooseAccount(host, state?.owner ?? null);
  const binaries = await prepareBinaries({ host, account, dataDir, log });
  if (state === null) {
    await makeFolder({ dataDir, folder, account, binaries });
  } else {
    checkMajor(folder, state.major, binaries.major);
    if (account.server !== null && state.owner.uid === 0) {
      await giveFolder(folder, account.server);
    }
  }
  return { host, log, folder, account, binaries };
}

/**
 * Starts the embedded PostgreSQL in `dataDir`, or takes over the one that is left running there.
 *
 * @throws StartError with one line that says what to do, UnavailableError for what may pass
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const { log, isRelaunched = true } = options;
  const dataDir = resolve(options.dataDir);
  const host = { ...thisHost(), ...options.host };
  findNativeDir(host);
  await mkdir(dataDir, { recursive: true }).catch((error: unknown) => {
    throw startTrouble(`DATA_DIR ${dataDir} cannot be made`, error);
  });
  const trouble = (error: unknown): unknown => startTrouble(`DATA_DIR ${dataDir} cannot be used`, error);
  const lock = await lockFolder(dataDir, host.pid).catch((error: unknown) => {
    throw trouble(error);
  });
  try {
    const prepared = await prepare(dataDir, host, log);
    const server = await runServer({ ...prepared, isRelaunched });
    return {
      ...server,
      freeBytes: async () => {
        const { bavail, bsize } = await statfs(prepared.folder);
        return bavail * bsize;
      },
      stop: async () => {
        await server.stop();
        await prepared.binaries.discard();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw trouble(error);
  }
}
