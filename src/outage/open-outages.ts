/**
 * Which destinations have an outage open, and since when: in memory, so that no RCPT asks the database.
 *
 * Read anew every second by main's timer; what this node opens or closes itself counts at once. While the database is away
 * the last reading stands. Opens and closes nothing: clock.ts does.
 */
import type { Sql } from '../db/client.ts';

export interface OpenOutages {
  /** When the open outage began, on the monotonic clock (before this process, if need be); null when there is none. */
  startedAtMs(destinationId: string): number | null;
  refresh(): Promise<void>;
  noteOpened(destinationId: string): void;
  noteClosed(destinationId: string): void;
}

export function createOpenOutages(deps: { readonly sql: Sql; readonly monotonicMs: () => number }): OpenOutages {
  const { sql, monotonicMs } = deps;
  let open = new Map<string, number>();
  let changeCount = 0;

  return {
    startedAtMs: (destinationId) => open.get(destinationId) ?? null,
    refresh: async () => {
      const changesBefore = changeCount;
      const nowMs = monotonicMs();
      const rows = await sql<{ destination_id: string; age_ms: number }[]>`
        select destination_id, (extract(epoch from bmx_now() - started_at) * 1000)::float8 as age_ms
        from outages where ended_at is null`;
      // What was noted meanwhile is newer than this reading; the next one is a second away.
      if (changeCount !== changesBefore) return;
      open = new Map(rows.map((row) => [row.destination_id, nowMs - row.age_ms]));
    },
    noteOpened: (destinationId) => {
      changeCount += 1;
      if (!open.has(destinationId)) open.set(destinationId, monotonicMs());
    },
    noteClosed: (destinationId) => {
      changeCount += 1;
      open.delete(destinationId);
    },
  };
}
