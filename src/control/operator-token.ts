/**
 * The operator token: from the environment, else from a file in DATA_DIR, which is made once with mode 0600.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { StartError, startTrouble } from '../db/start-error.ts';

export interface OperatorTokenSettings {
  readonly operatorToken: string | null;
  readonly dataDir: string;
}

/** Throws StartError with one line if the file cannot be had. */
export async function readOperatorToken({
  operatorToken,
  dataDir,
}: OperatorTokenSettings): Promise<{ token: string; file: string | null }> {
  if (operatorToken !== null) return { token: operatorToken, file: null };
  const file = join(resolve(dataDir), 'operator-token');
  try {
    await mkdir(resolve(dataDir), { recursive: true });
    if (!existsSync(file)) await makeTokenFile(file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
      throw startTrouble(`DATA_DIR: cannot write ${file}`, error);
    }
  }
  await chmod(file, 0o600);
  const token = (await readFile(file, 'utf8')).trim();
  if (token === '') throw new StartError(`DATA_DIR: ${file} is empty; delete it to have a new operator token made`);
  return { token, file };
}

/**
 * Whole or not at all, also on a disk that fills up. The link fails if the file is there: two nodes that start at once on one
 * folder agree on one token.
 */
async function makeTokenFile(file: string): Promise<void> {
  const unfinished = `${file}.${randomBytes(6).toString('hex')}.new`;
  try {
    await writeFile(unfinished, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 });
    await link(unfinished, file);
  } finally {
    await rm(unfinished, { force: true });
  }
}
