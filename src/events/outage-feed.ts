/**
 * What has happened to outages since a position: the record of events, read on in the order of commits.
 *
 * Exact whatever the clocks say (position.ts). An event is told only to who owns its destination still, or to an operator:
 * both stand in the statement. Costs an index look-up when nothing has happened: tenants are compared as text, so that no other
 * index than that of the transactions serves it.
 */
import type { Sql } from '../db/client.ts';
import type { Viewer } from '../mail/viewer.ts';
import { type Position, writtenAtMs } from './position.ts';

export interface OutageEvent {
  readonly id: string;
  readonly writtenIn: string;
  readonly tenantId: string;
  readonly destinationId: string;
  readonly outageId: string;
  readonly at: Date;
  /** `OPENED`, as `OUTAGE_OPENED` of the record. */
  readonly kind: 'OPENED' | 'RECLASSIFIED' | 'THRESHOLD' | 'CLOSED' | 'DRAINING' | 'DRAINED';
}

export interface OutageFeed {
  /** All that is committed, told to nobody yet. */
  readNow(): Promise<string>;
  /** Of these tenants (null: of all), in order, at most `limit`; with the snapshot that was read. */
  readSince(
    position: Position,
    page: { readonly tenantIds: readonly string[] | null; readonly limit: number },
  ): Promise<{ readonly snapshot: string; readonly events: OutageEvent[] }>;
  /** What was committed behind the position of an event and before `snapshot`. */
  readMissed(
    viewer: Viewer,
    page: {
      readonly position: Position;
      readonly snapshot: string;
      readonly destinationId: string | null;
      readonly limit: number;
    },
  ): Promise<OutageEvent[]>;
}

interface Selection {
  readonly position: Position;
  /** Spares the older partitions. */
  readonly from: Date;
  readonly tenantIds: readonly string[] | null;
  readonly limit: number;
}

/** An event's id is of the hour it was committed in, by whatever clock; a day is wide enough for any clock. */
const CLOCKS_DIFFER_MS = 24 * 3_600_000;

export function createOutageFeed(sql: Sql): OutageFeed {
  const select = ({ position: { snapshot, told }, from, tenantIds, limit }: Selection, more = sql`true`) => sql`
    select e.id, e.written_in::text as "writtenIn", e.tenant_id as "tenantId", e.destination_id as "destinationId",
           (e.facts ->> 'outageId')::uuid as "outageId", e.at, substr(e.kind, 8) as kind
    from events e join destinations d on d.id = e.destination_id and d.tenant_id = e.tenant_id
    where e.kind like 'OUTAGE\\_%' and e.id >= uuid_floor(${from}::timestamptz)
      and e.written_in >= pg_snapshot_xmin(${snapshot}::pg_snapshot)
      and not pg_visible_in_snapshot(e.written_in, ${snapshot}::pg_snapshot)
      and not exists (
        select from unnest(${told.map(({ writtenIn }) => writtenIn)}::text[]::xid8[], ${told.map(({ id }) => id)}::uuid[]) as t (xid, id)
        where t.xid = e.written_in and e.id <= t.id)
      and ${tenantIds === null ? sql`true` : sql`e.tenant_id::text = any(${[...tenantIds]}::text[])`} and ${more}
    order by e.written_in, e.id
    limit ${limit}`;
  return {
    async readNow() {
      const [row] = await sql<{ snapshot: string }[]>`select pg_current_snapshot()::text as snapshot`;
      if (row === undefined) throw new Error('no snapshot');
      return row.snapshot;
    },
    async readSince(position, page) {
      const from = new Date(Date.now() - CLOCKS_DIFFER_MS);
      const rows = await sql<({ snapshot: string } & (OutageEvent | { id: null }))[]>`
        select pg_current_snapshot()::text as snapshot, found.*
        from (select) as one left join lateral (${select({ position, from, ...page })}) as found on true
        order by found."writtenIn"::xid8, found.id`;
      const [first] = rows;
      if (first === undefined) throw new Error('no snapshot');
      return { snapshot: first.snapshot, events: rows.flatMap((row) => (row.id === null ? [] : [row])) };
    },
    async readMissed(viewer, { position, snapshot, destinationId, limit }) {
      return sql<OutageEvent[]>`${select(
        {
          position,
          from: new Date(writtenAtMs(position) - CLOCKS_DIFFER_MS),
          tenantIds: viewer.isOperator ? null : [viewer.tenantId],
          limit,
        },
        sql`pg_visible_in_snapshot(e.written_in, ${snapshot}::pg_snapshot)
          and (${destinationId}::uuid is null or e.destination_id = ${destinationId}::uuid)`,
      )}`;
    },
  };
}
