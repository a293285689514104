/**
 * Into the embedded database of a running service, beside it: for what only SQL can prepare or /proc measure.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import { socketConnection } from '../src/db/embedded-socket.ts';

export interface Database {
  readonly sql: postgres.Sql;
  readonly postmasterPid: number;
}

/** Finds the server of a DATA_DIR by its postmaster.pid and connects through its Unix socket. */
export async function openDatabase(dataDir: string): Promise<Database> {
  // Lines: pid, data directory, start, port, socket directory. PostgreSQL's miscadmin.h, "LOCK_FILE_LINE".
  const [pid, , , port, socketDir] = (await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
  const sql = postgres({ ...socketConnection(socketDir ?? '', Number(port)), max: 1, onnotice: () => {} });
  return { sql, postmasterPid: Number(pid) };
}
