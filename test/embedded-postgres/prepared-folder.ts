/**
 * Data folders on which a server has run before, for tests of a later start. Each is a copy of one that this process made: initdb
 * costs ten times the CPU of a copy.
 */
import { startEmbedded } from '../../src/embedded-postgres/embedded.ts';
import { copyPreparedData } from '../helpers/prepared-data.ts';
import { makeTempDir } from '../helpers/temp-dir.ts';

const log = { info: (): void => {}, warn: (): void => {} };

let original: Promise<string> | null = null;

async function makeOriginal(): Promise<string> {
  const dataDir = makeTempDir();
  await (await startEmbedded({ dataDir, log, host: { memoryBytes: 2 ** 28 } })).stop();
  return dataDir;
}

/** A new DATA_DIR with the folder of a server that has stopped in order, of the account it has in `startEmbedded`. */
export async function makePreparedDir(): Promise<string> {
  original ??= makeOriginal();
  const dataDir = makeTempDir();
  await copyPreparedData(await original, dataDir);
  return dataDir;
}
