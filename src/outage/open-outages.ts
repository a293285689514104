/**
 * Which destinations have an outage open, and since when: in memory, so that no RCPT asks the database.
 *
 * Read anew every second by main's timer. While the database is away the last reading stands. Opens and closes nothing:
 * clock.ts does.
 */
import type { Sql } from '../db/client.ts';

export interface OpenOutages {
  /** When the open outage began, on the monotonic clock (before this process, if need be); null when there is none. */
  startedAtMs(destinationId: string): number | null;
  refresh(): Promise<void>;
}

export function createOpenOutages(deps: { readonly sql: Sql; readonly monotonicMs: () => number }): OpenOutages {
  const { sql, monotonicMs } = deps;
  let open = new Map<string, number>();

  return {
    startedAtMs: (destinationId) => open.get(destinationId) ?? null,
    refresh: async () => {
      const nowMs = monotonicMs();
      const rows = await sql<{ destination_id: string; age_ms: number }[]>`
        select destination_id, (extract(epoch from bmx_now() - started_at) * 1000)::float8 as age_ms
        from outages where ended_at is null`;
      open = new Map(rows.map((row) => [row.destination_id, nowMs - row.age_ms]));
    },
  };
}
