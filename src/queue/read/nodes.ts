/**
 * The running processes of the service, as their own signs of life show them.
 */
import type { SqlExecutor } from '../../db/client.ts';

export interface NodeView {
  readonly name: string;
  readonly version: string;
  readonly runtime: string;
  readonly roles: readonly string[];
  readonly startedAt: Date;
  readonly lastSeenAt: Date;
}

/** Those that gave a sign of life within the last minute, oldest first. */
export async function listNodes(sql: SqlExecutor): Promise<NodeView[]> {
  return sql<NodeView[]>`
    select name, version, runtime, roles, started_at as "startedAt", last_seen_at as "lastSeenAt"
    from nodes
    where beat_at > clock_timestamp() - interval '1 minute'
    order by node`;
}
