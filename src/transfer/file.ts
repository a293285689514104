/**
 * The file of a move on the disk: for its owner's eyes only, under its name only when it is whole, never over another one.
 */
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { ExportTarget } from './export.ts';
import { TransferError } from './format.ts';

const READ_BYTES = 1_048_576;

/**
 * Makes `PATH.partial`, mode 0600. `finish` gives it its name, and both are on the disk then.
 *
 * @throws TransferError when there is such a file, or it cannot be made; `write` and `finish` when the disk refuses it
 */
export async function openExportFile(path: string): Promise<ExportTarget> {
  const partial = `${path}.partial`;
  await refuseExisting(path);
  const file = await open(partial, 'wx', 0o600).catch(refuse(partial));
  const remove = async (name: string): Promise<void> => {
    await rm(name, { force: true }).catch((error: unknown) => {
      throw new Error(`${refusalOf(name, error).message}. The database stays marked as exported`);
    });
  };
  let isWhole = false;
  return {
    write: (bytes) => writeAll(file, bytes).catch(refuse(partial)),
    finish: async () => {
      try {
        await file.sync();
        await file.close();
        await rename(partial, path);
        isWhole = true;
        await syncFolder(dirname(resolve(path)));
      } catch (error) {
        throw refusalOf(path, error);
      }
    },
    discard: async () => {
      await file.close().catch(() => undefined);
      await remove(isWhole ? path : partial);
    },
  };
}

/** @throws TransferError, at the first piece, when it cannot be read */
export async function* readExportFile(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of createReadStream(path, { highWaterMark: READ_BYTES })) yield piece as Uint8Array;
  } catch (error) {
    throw refusalOf(path, error);
  }
}

async function refuseExisting(path: string): Promise<void> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null;
    throw refusalOf(path, error);
  });
  if (file === null) return;
  await file.close();
  throw new TransferError(`${path} is there already: name another file`);
}

/** The system may write less than it was given. */
async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync();
  await folder.close();
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  EEXIST: 'it is there already: another export may be writing it, or one was killed; then remove it',
};

function refuse(path: string): (error: unknown) => never {
  return (error) => {
    throw refusalOf(path, error);
  };
}

function refusalOf(path: string, error: unknown): TransferError {
  if (error instanceof TransferError) return error;
  return new TransferError(
    `${path}: ${REASONS[codeOf(error)] ?? (error instanceof Error ? error.message : String(error))}`,
  );
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
