/**
 * Into the embedded database of a running service, beside it: for what only SQL can prepare or /proc measure.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import { type EmbeddedConnection, socketConnection } from '../src/embedded-postgres/socket.ts';

export interface Database {
  readonly sql: postgres.Sql;
  readonly postmasterPid: number;
}

/** Finds the server of a DATA_DIR by its postmaster.pid. */
export async function findDatabase(
  dataDir: string,
): Promise<{ readonly address: EmbeddedConnection; readonly postmasterPid: number }> {
  // Lines: pid, data directory, start, port, socket directory. PostgreSQL's miscadmin.h, "LOCK_FILE_LINE".
  const [pid, , , port, socketDir] = (await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
  return { address: socketConnection(socketDir ?? '', Number(port)), postmasterPid: Number(pid) };
}

/** Connects to it through its Unix socket. */
export async function openDatabase(dataDir: string): Promise<Database> {
  const { address, postmasterPid } = await findDatabase(dataDir);
  return { sql: postgres({ ...address, max: 1, onnotice: () => {} }), postmasterPid };
}
