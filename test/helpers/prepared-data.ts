/**
 * A data folder whose embedded database has been made and migrated: `npm test` prepares one, and tests that are not about the first
 * start begin with a copy of it, which takes a tenth of the time. A file that is run alone finds none and starts with an empty folder.
 */
import process from 'node:process';
import { runOrThrow } from './child.ts';

/** Names the environment variable with the path of the prepared folder. */
export const PREPARED = 'TEST_PREPARED_DATA';

/** Owners and modes go with it: the database has an account of its own when we are root. */
export async function copyPreparedData(from: string, dataDir: string): Promise<void> {
  await runOrThrow('cp', ['-a', `${from}/.`, dataDir]);
}

/** Fills an empty folder with a copy, if there is something to copy. */
export async function usePreparedData(dataDir: string): Promise<string> {
  const prepared = process.env[PREPARED];
  if (prepared !== undefined) await copyPreparedData(prepared, dataDir);
  return dataDir;
}
