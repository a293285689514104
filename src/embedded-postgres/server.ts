/**
 * The life of the embedded server in a prepared folder: takes over what was left running, starts, starts again, stops.
 *
 * The address stays the same for as long as the service lives, so its pools reconnect by themselves.
 */
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import { endServer, launchPostmaster, type Postmaster, stopServer, waitForExit, watchServer } from './launch.ts';
import { type Account, canEnter, type EmbeddedHost, type EmbeddedLog } from './host.ts';
import { findServer, hasWatchdog } from './processes.ts';
import { serverArguments } from './command-line.ts';
import {
  clearAddress,
  type EmbeddedConnection,
  ensureDatabase,
  makeSocketDir,
  removeAddress,
  socketConnection,
} from './socket.ts';
import { StartError } from '../db/start-error.ts';

/** How long a start waits silently for a server that was left running. */
const SILENT_MS = 1_000;

/** Time for a server that was just told to stop to say so in its postmaster.pid. */
const STOPPING_SHOWS_MS = 200;

/** Wait before the next start of a server that dies again and again; doubled up to this from a quarter second. */
const RELAUNCH_WAIT_MS = 5_000;

export interface PreparedServer {
  readonly host: EmbeddedHost;
  readonly log: EmbeddedLog;
  /** `DATA_DIR/postgres`, absolute. */
  readonly folder: string;
  readonly account: Account;
  readonly binaries: Binaries;
}

export interface RunningServer {
  readonly connection: EmbeddedConnection;
  /** The process id of the running postmaster; it changes when the server was started again. */
  postmasterPid(): number;
  /** Starts a server that died, for callers with `isRelaunched: false`; nothing happens while it lives. */
  relaunch(): Promise<void>;
  /** Stops the server and waits for it; for good. */
  stop(): Promise<void>;
}

interface Adopted {
  readonly connection: EmbeddedConnection;
  readonly postmaster: Postmaster;
}

/** A server that outlived its service: used if it stays, waited for and then ended if it does not. Null: there is none, start one. */
async function takeOver({ host, log, folder, account }: PreparedServer): Promise<Adopted | null> {
  const { kill, endPatienceMs: patienceMs } = host;
  const startedAt = performance.now();
  for (let isNoted = false; ; ) {
    const found = await findServer(folder);
    if (found.kind !== 'LIVE') {
      return null;
    }
    const { pid, socketDir, port, status } = found;
    if (status === 'ready' && !(await hasWatchdog(pid))) {
      if (socketDir === '') {
        throw new StartError(`a PostgreSQL (process id ${pid}) runs on ${folder} without a Unix socket: stop it`);
      }
      await sleep(STOPPING_SHOWS_MS);
      const again = await findServer(folder);
      const connection = socketConnection(socketDir, port);
      if (again.kind === 'LIVE' && again.status === 'ready' && (await ensureDatabase(connection))) {
        log.info(`took over the PostgreSQL that was left running on ${folder}, process id ${pid}`);
        const dismiss = watchServer({
          pid,
          service: { ...connection, pid: host.pid },
          as: account.server,
          env: host.env,
        });
        const exited = waitForExit(pid).then(dismiss);
        const stop = async (): Promise<void> => await stopServer({ pid, exited, host, log });
        return { connection, postmaster: { pid, exited, stop } };
      }
    }
    const waitedMs = performance.now() - startedAt;
    if (!isNoted && waitedMs > SILENT_MS) {
      const state = status === 'ready' ? 'about to stop, or not answering' : status;
      log.warn(
        `waiting for the PostgreSQL that was left on ${folder}, process id ${pid} (${state}); it is ended if it does not end`,
      );
      isNoted = true;
    }
    if (waitedMs > patienceMs) {
      await endServer({ server: found, kill, log, fastMs: status === 'stopping' ? 0 : patienceMs, patienceMs });
    }
    await sleep(50);
  }
}

async function startServer(prepared: PreparedServer, connection: EmbeddedConnection): Promise<Postmaster> {
  const { host, log, folder, account, binaries } = prepared;
  const { host: socketDir, port } = connection;
  const isReachable = await canEnter(folder, account.server);
  // A folder below a closed home is opened through its descriptor; the process list shows its path in either case.
  const folderArguments = isReachable
    ? ['-D', folder]
    : ['-D', '/proc/self/fd/3', '-c', `backup_mx.data_dir=${folder}`];
  const { memoryBytes, maxConnections } = host;
  const settings = serverArguments({ socketDir, port, memoryBytes, maxConnections });
  const folderFd = openSync(folder, 'r');
  try {
    const postmaster = await launchPostmaster({
      command: [binaries.postgres, ...folderArguments, ...settings],
      env: binaries.env,
      as: account.server,
      folder,
      folderFd,
      service: { ...connection, pid: host.pid },
      host,
      log,
    });
    await ensureDatabase(connection);
    return postmaster;
  } finally {
    closeSync(folderFd);
  }
}

async function startFirst(prepared: PreparedServer): Promise<Adopted> {
  const connection = socketConnection(await makeSocketDir(prepared.host, prepared.account), 5432);
  try {
    return { connection, postmaster: await startServer(prepared, connection) };
  } catch (error) {
    await removeAddress(connection);
    throw error;
  }
}

/**
 * Runs the server until `stop()`.
 *
 * @throws StartError when it cannot be started
 */
export async function runServer(options: PreparedServer & { readonly isRelaunched: boolean }): Promise<RunningServer> {
  const { host, log, folder, account, isRelaunched } = options;
  const first = (await takeOver(options)) ?? (await startFirst(options));
  const { connection } = first;
  let { postmaster } = first;
  const state = { isStopping: false };
  const warn = (error: unknown): void => log.warn(error instanceof Error ? error.message : String(error));

  const relaunch = async (): Promise<void> => {
    if ((await findServer(folder)).kind !== 'LIVE') {
      await clearAddress(connection, account);
      postmaster = await startServer(options, connection);
    }
  };
  const ended = async (): Promise<void> => {
    const { pid, exited, stop } = postmaster;
    let stoppingSince: number | null = null;
    let isLooking = false;
    const look = async (): Promise<void> => {
      const found = await findServer(folder);
      const isStopping = found.kind === 'LIVE' && found.pid === pid && found.status === 'stopping' && !state.isStopping;
      stoppingSince = isStopping ? (stoppingSince ?? performance.now()) : null;
      if (stoppingSince !== null && performance.now() - stoppingSince > host.endPatienceMs) await stop();
    };
    const timer = setInterval(() => {
      if (isLooking) return;
      isLooking = true;
      void look()
        .catch(warn)
        .finally(() => {
          isLooking = false;
        });
    }, host.endPatienceMs / 2);
    await exited;
    clearInterval(timer);
  };
  const supervise = async (): Promise<void> => {
    let waitMs = 250;
    for (await ended(); !state.isStopping; await ended()) {
      log.warn('the embedded PostgreSQL died, starting it again');
      try {
        await relaunch();
        waitMs = 250;
      } catch (error) {
        warn(error);
        await sleep(waitMs);
        waitMs = Math.min(2 * waitMs, RELAUNCH_WAIT_MS);
      }
    }
  };
  const supervision = isRelaunched ? supervise() : Promise.resolve();

  return {
    connection,
    relaunch,
    postmasterPid: () => postmaster.pid,
    stop: async () => {
      state.isStopping = true;
      await postmaster.stop();
      // A start that was under way is waited for, and then undone.
      await supervision;
      await postmaster.stop();
      await removeAddress(connection);
    },
  };
}
