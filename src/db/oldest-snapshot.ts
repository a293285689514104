/**
 * The transaction that has been open longest, anybody's: what has ended since it began cannot be vacuumed while it lasts, so
 * that tables grow and statements slow down. A dump, a forgotten `begin`, a prepared transaction that is never committed.
 *
 * Of other roles PostgreSQL tells this only to members of pg_read_all_stats; replication slots are not looked at.
 */
import type { Log } from '../telemetry/log.ts';
import type { Sql } from './client.ts';

/** A dump of a large queue is over by then as a rule. */
const OLD_SNAPSHOT_MS = 3_600_000;

export interface OldestSnapshot {
  readonly ageMs: number;
  /** Stays the same as long as the transaction lasts. */
  readonly id: string;
  /** `application pg_dump of role backup, process 123`, or `prepared transaction NAME`. */
  readonly holder: string;
}

/** Null when no other session of this database has a transaction open. */
export async function findOldestSnapshot(sql: Sql): Promise<OldestSnapshot | null> {
  const [row] = await sql<{ age: number; id: string; holder: string }[]>`
    select extract(epoch from clock_timestamp() - began_at)::float8 as age, id, holder
    from (
      select xact_start as began_at, pid || ' ' || xact_start as id,
        format('application %s of role %s, process %s', coalesce(nullif(application_name, ''), '(no name)'), usename, pid) as holder
      from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null
        and (backend_xmin is not null or backend_xid is not null) and backend_type = 'client backend'
      union all
      select prepared, gid, 'prepared transaction ' || gid from pg_prepared_xacts where database = current_database()
    ) as open
    order by began_at limit 1`;
  return row === undefined ? null : { ageMs: row.age * 1000, id: row.id, holder: row.holder };
}

/** The check for such a transaction. It warns once of each that has been open for more than an hour, or `oldMs`. */
export function watchSnapshots(
  sql: Sql,
  log: Pick<Log, 'warning'>,
  oldMs: number = OLD_SNAPSHOT_MS,
): () => Promise<void> {
  let warnedOf: string | null = null;
  return async () => {
    const oldest = await findOldestSnapshot(sql);
    if (oldest === null || oldest.ageMs < oldMs || oldest.id === warnedOf) return;
    warnedOf = oldest.id;
    const minutes = Math.floor(oldest.ageMs / 60_000);
    log.warning({
      where: 'database',
      message: `transaction open for ${minutes} minutes (${oldest.holder}): vacuum cannot free space, and tables grow`,
    });
  };
}
