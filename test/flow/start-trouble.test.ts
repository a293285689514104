/**
 * A start on a disk that is full, out of inodes or read-only: it says what it waits for, goes on when that has passed, and ends
 * after a minute with exit 1 and one line. No setting is wrong, so a supervisor tries again.
 */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { bindToUs, endChild, run, runOrThrow, until } from '../helpers/child.ts';
import { serviceEnvironment } from '../helpers/service.ts';
import { makeUsedData } from '../helpers/shared-server.ts';
import { mountSmallDisk, mountTrouble } from '../helpers/small-disk.ts';
import { processesNaming } from './settings-traces.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const MIB = 1024 * 1024;
const trouble = await mountTrouble();
if (trouble !== null) console.log(`SKIPPED: no start on a full disk is tried: ${trouble}`);

describe.skipIf(trouble !== null)('a start on', () => {
  let disk = '';

  beforeEach(async () => {
    disk = await mkdtemp(join(tmpdir(), 'bmx-start-'));
    await mountSmallDisk(disk, 200 * MIB, 4000);
    await chmod(disk, 0o755);
  });

  afterEach(async () => {
    // The watchdog of a database that has just ended may still be in it.
    await until('nothing is on the disk', 20_000, async () => (await run('umount', [disk])).code === 0);
    await rm(disk, { recursive: true });
  });

  const fillBytes = async (): Promise<void> => {
    const file = await open(join(disk, 'ballast'), 'a');
    for (let size = MIB; size >= 4096; size /= 16) {
      while (
        await file.write(new Uint8Array(size)).then(
          () => true,
          () => false,
        )
      );
    }
    await file.close();
  };
  const fillInodes = async (): Promise<void> => {
    for (let count = 0; ; count += 1) {
      const isMade = await writeFile(join(disk, `ballast-${count}`), '').then(
        () => true,
        () => false,
      );
      if (!isMade) return;
    }
  };
  const clear = async (): Promise<void> => {
    const names = await readdir(disk);
    await Promise.all(names.filter((name) => name.startsWith('ballast')).map((name) => rm(join(disk, name))));
  };
  const remount = (mode: 'ro' | 'rw'): Promise<unknown> => runOrThrow('mount', ['-o', `remount,${mode}`, disk]);

  interface Trouble {
    readonly make: () => Promise<unknown>;
    readonly mend: () => Promise<unknown>;
    readonly words: RegExp;
  }
  const TROUBLES: Readonly<Record<string, Trouble>> = {
    'a full disk': { make: fillBytes, mend: clear, words: /no space|No space/ },
    'a disk without inodes': { make: fillInodes, mend: clear, words: /no inode|No space/ },
    'a read-only disk': { make: () => remount('ro'), mend: () => remount('rw'), words: /read-only/i },
  };

  test.each([
    ['a full disk', true],
    ['a full disk', false],
    ['a disk without inodes', true],
    ['a disk without inodes', false],
    ['a read-only disk', true],
    ['a read-only disk', false],
  ] as const)('%s, used before: %p', async (name, isUsed) => {
    const dataDir = join(disk, 'data');
    if (isUsed) await makeUsedData(dataDir);
    const { make, mend, words } = TROUBLES[name] as Trouble;
    await make();
    const { OPERATOR_TOKEN: _, ...plain } = await serviceEnvironment(dataDir);
    const env = { ...plain, MIN_FREE_BYTES: '0' };
    const child = spawn('sh', ['bin/start.sh'], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    bindToUs(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    }
    try {
      await until('it says what it waits for', 30_000, () => {
        if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${output}`);
        return /waiting for PostgreSQL: [^\n]*/.exec(output)?.[0].match(words) ?? null;
      });
      await mend();
      await until('it has started', 40_000, () => output.includes('"event":"started"'));
      expect(output).not.toContain('"event":"fault"');
    } catch (error) {
      throw new Error(`${String(error)}\n${output}`, { cause: error });
    } finally {
      await endChild(child, 'SIGTERM', 20_000);
      await mend();
    }
  });

  test.each(['a full disk', 'a read-only disk'])('%s for a minute: exit 1 and one line', async (name) => {
    const { make, mend, words } = TROUBLES[name] as Trouble;
    await make();
    const dataDir = join(disk, 'data');
    const clock = join(import.meta.dirname, 'fixtures', 'hurried-clock.ts');
    const { code, stderr, stdout } = await run(process.execPath, ['--preload', clock, join(ROOT, 'src', 'main.ts')], {
      env: await serviceEnvironment(dataDir),
      timeoutMs: 50_000,
    });
    expect({ code, stderr }).toMatchObject({ code: 1 });
    expect(stderr).toMatch(/^backup-mx: [^\n]+ \(waited \d+ s\)\n$/);
    expect(stderr).toMatch(words);
    expect(stdout.toString()).not.toContain('"event":"fault"');
    expect(processesNaming(dataDir)).toEqual([]);
    await mend();
  });
});
