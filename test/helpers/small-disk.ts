/** A file system of a size that a test chooses, so that it can be full. Root only. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { run, runOrThrow } from './child.ts';

/** Null, or why there is no small file system to be had. */
export async function mountTrouble(): Promise<string | null> {
  if (process.getuid?.() !== 0) return 'mounting a tmpfs needs root';
  const folder = await mkdtemp(join(tmpdir(), 'bmx-mount-'));
  const { code, stderr } = await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
  if (code === 0) await runOrThrow('umount', [folder]);
  await rm(folder, { recursive: true });
  return code === 0 ? null : stderr.trim();
}

/** Mounts it on an empty folder; `umount` takes it away. */
export async function mountSmallDisk(folder: string, sizeBytes: number, inodes?: number): Promise<void> {
  const options = `size=${sizeBytes},mode=755${inodes === undefined ? '' : `,nr_inodes=${inodes}`}`;
  await runOrThrow('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
}
