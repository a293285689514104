/**
 * The PostgreSQL that all test files of a run share, with a template that every test's database is a copy of: all migrations,
 * and the schema of pg-boss, so that a service finds nothing left to make.
 *
 * bin/test.ts starts one for `npm test` and names it to the files by the environment variable `OFFERED`.
 */
import { openDatabase } from '../../src/db/client.ts';
import { migrate } from '../../src/db/migrate.ts';
import type { DatabaseAddress } from '../../src/db/target.ts';
import { startEmbedded } from '../../src/embedded-postgres/embedded.ts';
import { startJobs } from '../../src/cluster/jobs.ts';

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

/** Makes the schema, as a service does that starts on an empty database. */
export async function fillDatabase(target: DatabaseAddress): Promise<void> {
  const result = await migrate(target);
  if (result.kind === 'REFUSED') throw new Error(result.line);
}

/** Starts the server in an empty directory that its account may enter, and makes the template. */
export async function startSharedServer(dataDir: string): Promise<SharedServer> {
  const { connection, stop } = await startEmbedded({
    dataDir,
    log: LOG,
    host: { ...HOST, maxConnections: MAX_CONNECTIONS },
  });
  const address = { ...connection, database: 'postgres' };
  const admin = openDatabase(address);
  await admin.sql.unsafe(`create database ${TEMPLATE}`);
  const template = { ...address, database: TEMPLATE };
  await fillDatabase(template);
  const { pgTarget, close } = openDatabase(template);
  const jobs = await startJobs({
    target: pgTarget,
    onTrouble: LOG.warn,
    onFault: (chore, error) => console.error(chore, error),
  });
  await jobs.stop();
  await close();
  // Whoever is connected to a template makes the copying of it fail.
  await admin.sql.unsafe(`alter database ${TEMPLATE} allow_connections false`);
  await admin.close();
  return { address, stop };
}
