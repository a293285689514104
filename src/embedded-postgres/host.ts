/**
 * The facts that the launcher of the embedded PostgreSQL knows about the machine, as plain data, and running a command on it.
 *
 * Only `embedded.ts` reads the process's globals; tests pass their own values.
 */
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { errorCode } from '../db/start-error.ts';

export interface EmbeddedLog {
  info(message: string): void;
  warn(message: string): void;
}

export interface EmbeddedHost {
  readonly platform: string;
  readonly arch: string;
  readonly uid: number;
  readonly gid: number;
  readonly passwdPath: string;
  /** The glibc loader that the binaries name as their interpreter; null: derive it from the architecture. */
  readonly loaderPath: string | null;
  /** The package's `native` tree; null: find it through the module resolver. */
  readonly nativeDir: string | null;
  /** Folders for a copy of the tree when the server's account cannot reach the package, besides DATA_DIR. */
  readonly treeRoots: readonly string[];
  /** Folders for the socket's directory, best first. */
  readonly socketRoots: readonly string[];
  readonly memoryBytes: number;
  readonly maxConnections: number;
  readonly pid: number;
  /** The environment of the server and its tools; nothing of ours but the search path. */
  readonly env: Readonly<Record<string, string>>;
  /** Sends a signal; a process that is gone already is no error. */
  readonly kill: (pid: number, signal: 'SIGINT' | 'SIGCONT' | 'SIGQUIT' | 'SIGKILL') => void;
  /** How long a server that was left running may take to end by itself before it is ended. */
  readonly endPatienceMs: number;
}

/** The account a child runs under; null leaves ours. */
export type RunAs = { readonly uid: number; readonly gid: number } | null;

export interface CommandResult {
  /** The exit code, or null when the command could not be started or died by a signal. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The system's code (`EACCES`, `EPERM`, …) when the command could not be started at all. */
  readonly spawnError: string | null;
}

interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly as: RunAs;
  readonly env: Readonly<Record<string, string>>;
  /** Passed to the command as descriptor 3. */
  readonly directoryFd?: number;
}

/** The account that the server and its files belong to. */
export interface Account {
  /** The user id of the server and its files. */
  readonly uid: number;
  readonly gid: number;
  /** How to start the server: null when we are that account already. */
  readonly server: RunAs;
  /** How to run initdb. */
  readonly initdb: RunAs;
}

/** Spawn options that all our children share: no working directory of ours, no environment of ours. */
export function spawnAccount(as: RunAs): { uid?: number; gid?: number } {
  return as === null ? {} : { uid: as.uid, gid: as.gid };
}

/** Runs a command to its end and collects what it printed. Never rejects. */
export async function runCommand({ file, args, as, env, directoryFd }: Command): Promise<CommandResult> {
  return await new Promise((resolve) => {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const finish = (code: number | null, spawnError: string | null): void => {
      resolve({ code, spawnError, stdout: String(Buffer.concat(stdout)), stderr: String(Buffer.concat(stderr)) });
    };
    try {
      const child = spawn(file, args, {
        ...spawnAccount(as),
        cwd: '/',
        env,
        stdio: ['ignore', 'pipe', 'pipe', directoryFd ?? 'ignore'],
      });
      child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
      child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
      child.on('error', (error) => finish(null, errorCode(error)));
      child.on('close', (code) => finish(code, null));
    } catch (error) {
      finish(null, errorCode(error));
    }
  });
}

/** Whether that account can reach a directory through all of its parents. Tried, not computed: it may depend on more than modes. */
export async function canEnter(directory: string, as: RunAs): Promise<boolean> {
  const args = ['-c', 'cd "$1"', 'sh', directory];
  return (await runCommand({ file: '/bin/sh', args, as, env: {} })).code === 0;
}
