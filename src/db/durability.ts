/**
 * Whether a PostgreSQL server can be trusted with mail that was answered 250: its version, and the settings that would let it
 * lose what it has committed.
 *
 * Believes what the server says of itself. The accept transaction sets synchronous_commit again for itself.
 */
import type { Sql } from './client.ts';

const MINIMUM_VERSION = 15;

/** Makes a transaction durable whatever the server's or role's default says; a stronger default stays. */
export const DURABLY =
  "select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') in ('off', 'local')";

export type ServerCheck =
  | { readonly kind: 'OK'; readonly version: string }
  /** REFUSED: no wait mends it. STANDBY: it only reads, until a failover makes it the primary. One line for the operator. */
  | { readonly kind: 'REFUSED' | 'STANDBY'; readonly line: string };

interface ServerRow {
  readonly version: string;
  readonly version_num: number;
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly synchronous_commit: string;
  readonly is_standby: boolean;
}

/** Asks the server. Rejects only when it cannot be asked. */
export async function checkServer(sql: Sql): Promise<ServerCheck> {
  const [row] = await sql<ServerRow[]>`
    select current_setting('server_version') as version,
           current_setting('server_version_num')::int as version_num,
           current_setting('fsync') as fsync,
           current_setting('full_page_writes') as full_page_writes,
           current_setting('synchronous_commit') as synchronous_commit,
           pg_is_in_recovery() as is_standby`;
  if (row === undefined) {
    throw new Error('the server answered without a row');
  }
  if (row.version_num < MINIMUM_VERSION * 10_000) {
    return {
      kind: 'REFUSED',
      line: `DATABASE_URL: the server is PostgreSQL ${row.version}, and ${MINIMUM_VERSION} or newer is needed`,
    };
  }
  if (row.is_standby) {
    return { kind: 'STANDBY', line: 'the server is a standby and only reads: name the primary' };
  }
  for (const setting of ['fsync', 'full_page_writes', 'synchronous_commit'] as const) {
    if (row[setting] === 'off') {
      return {
        kind: 'REFUSED',
        line: `DATABASE_URL: the server has ${setting} = off and could lose mail that was accepted: set it to on`,
      };
    }
  }
  return { kind: 'OK', version: row.version };
}
