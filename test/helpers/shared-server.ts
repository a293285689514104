/**
 * The PostgreSQL that all test files of a run share, with a template that every test's database is a copy of: all migrations,
 * and the schema of pg-boss, so that a service finds nothing left to make.
 *
 * bin/test.ts starts one for `npm test` and names it to the files by the environment variable `OFFERED`.
 */
import process from 'node:process';
import { openDatabase } from '../../src/db/client.ts';
import { migrate } from '../../src/db/migrate.ts';
import type { DatabaseAddress } from '../../src/db/target.ts';
import { startEmbedded } from '../../src/embedded-postgres/embedded.ts';
import { startJobs } from '../../src/cluster/jobs.ts';
import { copyPreparedData, PREPARED } from './prepared-data.ts';

/** Names the environment variable with the address of the run's server, as JSON. */
export const OFFERED = 'TEST_POSTGRES';

export const TEMPLATE = 'template_bmx';

export const LOG = {
  info: (): void => {},
  warn: (message: string): void => console.error(`embedded PostgreSQL: ${message}`),
};

/** The test machine runs several servers at once. */
export const HOST = { memoryBytes: 1024 * 1024 * 1024 };

/** A busy node has up to 35 connections, and a file of four nodes runs beside others. */
const MAX_CONNECTIONS = 600;

export interface SharedServer {
  /** Of its maintenance database. */
  readonly address: DatabaseAddress;
  stop(): Promise<void>;
}

/** Makes what a service makes that starts on an empty database. */
export async function fillDatabase(target: DatabaseAddress): Promise<void> {
  const result = await migrate(target);
  if (result.kind === 'REFUSED') throw new Error(result.line);
  const { pgTarget, close } = openDatabase(target);
  const jobs = await startJobs({
    target: pgTarget,
    onTrouble: LOG.warn,
    onFault: (chore, error) => console.error(chore, error),
  });
  await jobs.stop();
  await close();
}

/** Makes the data folder of a service that has run once and is stopped (prepared-data.ts). */
export async function prepareData(dataDir: string): Promise<void> {
  const { connection, stop } = await startEmbedded({ dataDir, log: LOG, host: HOST });
  await fillDatabase(connection);
  await stop();
}

/** The same as a copy of the run's folder, if `npm test` has prepared one. */
export async function makeUsedData(dataDir: string): Promise<void> {
  const prepared = process.env[PREPARED];
  await (prepared === undefined ? prepareData(dataDir) : copyPreparedData(prepared, dataDir));
}

/** Starts the server in a directory that its account may enter, empty or prepared, and makes the template. */
export async function startSharedServer(dataDir: string): Promise<SharedServer> {
  const { connection, stop } = await startEmbedded({
    dataDir,
    log: LOG,
    host: { ...HOST, maxConnections: MAX_CONNECTIONS },
  });
  await fillDatabase(connection);
  const address = { ...connection, database: 'postgres' };
  const admin = openDatabase(address);
  await admin.sql.unsafe(`create database ${TEMPLATE} template ${connection.database}`);
  // Whoever is connected to a template makes the copying of it fail.
  await admin.sql.unsafe(`alter database ${TEMPLATE} allow_connections false`);
  await admin.close();
  return { address, stop };
}
