/**
 * Events of outages since a position: the record of events, read on in the order of commits.
 *
 * Exact whatever the clocks say (position.ts). An event is told only to who owns its destination still, or to an operator:
 * both stand in the statement. Costs an index look-up when nothing has happened.
 */
import type { Sql } from '../db/client.ts';
import type { Viewer } from '../mail/viewer.ts';
import type { OutageEventKind } from './record.ts';
import { type Position, writtenAtMs } from './position.ts';

export interface OutageEvent {
  readonly id: string;
  readonly writtenIn: string;
  readonly tenantId: string;
  readonly destinationId: string;
  readonly outageId: string;
  readonly at: Date;
  readonly kind: OutageEventKind;
}

export interface OutageFeed {
  /** The snapshot of now: all that is committed is before it. */
  readNow(): Promise<string>;
  /** Events of these tenants (null: of all), in order, at most `limit`; with the snapshot that was read. */
  readSince(
    position: Position,
    page: { readonly tenantIds: readonly string[] | null; readonly limit: number },
  ): Promise<{ readonly snapshot: string; readonly events: OutageEvent[] }>;
  /** Events committed after the position of an event and before `snapshot`. */
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

/** An event's id is of the hour it was committed in, by whatever clock; a day is wide enough for any clock. */
const CLOCKS_DIFFER_MS = 24 * 3_600_000;

/** Condition on events `e` after $1, of the days $2 to $3: the bounds spare the planner the other partitions. */
const AFTER = `
  e.kind like 'OUTAGE\\_%' and e.id >= uuid_floor($2::timestamptz) and e.id < uuid_floor($3::timestamptz)
  and e.written_in >= pg_snapshot_xmin($1::pg_snapshot) and not pg_visible_in_snapshot(e.written_in, $1::pg_snapshot)`;

const PROBE = `select pg_current_snapshot()::text as snapshot, exists (select from events e where ${AFTER}) as "isFound"`;

/** $4 and $5: what was told beyond the snapshot. $6: tenants, null for all. Compared as text, so that no index of theirs serves it. */
const FOUND = `
  select e.id, e.written_in::text as "writtenIn", e.tenant_id as "tenantId", e.destination_id as "destinationId",
         (e.facts ->> 'outageId')::uuid as "outageId", e.at, e.kind
  from events e join destinations d on d.id = e.destination_id and d.tenant_id = e.tenant_id
  where ${AFTER}
    and not exists (
      select from unnest($4::text[]::xid8[], $5::uuid[]) as t (xid, id) where t.xid = e.written_in and e.id <= t.id)
    and ($6::text[] is null or e.tenant_id::text = any($6::text[]))`;

const SINCE = `
  select pg_current_snapshot()::text as snapshot, found.*
  from (select) as one left join lateral (${FOUND} order by e.written_in, e.id limit $7::integer) as found on true
  order by found."writtenIn"::xid8, found.id`;

const MISSED = `
  ${FOUND} and pg_visible_in_snapshot(e.written_in, $8::pg_snapshot) and ($9::uuid is null or e.destination_id = $9::uuid)
  order by e.written_in, e.id limit $7::integer`;

/**
 * Not prepared, so planned with its values each time: a plan for any values would walk whole days, and it is planned in the
 * fifth of a millisecond.
 */
export function createOutageFeed(sql: Sql): OutageFeed {
  const until = () => new Date(Date.now() + CLOCKS_DIFFER_MS);
  const sent = ({ sent: list }: Position) => [list.map(({ writtenIn }) => writtenIn), list.map(({ id }) => id)];

  return {
    async readNow() {
      const [row] = await sql<{ snapshot: string }[]>`select pg_current_snapshot()::text as snapshot`;
      if (row === undefined) throw new Error('no snapshot');
      return row.snapshot;
    },
    async readSince(position, { tenantIds, limit }) {
      const after = [position.snapshot, new Date(Date.now() - CLOCKS_DIFFER_MS), until()];
      const [probe] = await sql.unsafe<{ snapshot: string; isFound: boolean }[]>(PROBE, after);
      if (probe === undefined) throw new Error('no snapshot');
      if (!probe.isFound) return { snapshot: probe.snapshot, events: [] };
      const parameters = [...after, ...sent(position), tenantIds === null ? null : [...tenantIds], limit];
      const rows = await sql.unsafe<({ snapshot: string } & (OutageEvent | { id: null }))[]>(SINCE, parameters);
      const events = rows.flatMap((row) => (row.id === null ? [] : [row]));
      return { snapshot: rows[0]?.snapshot ?? probe.snapshot, events };
    },
    async readMissed(viewer, { position, snapshot, destinationId, limit }) {
      const from = new Date(writtenAtMs(position) - CLOCKS_DIFFER_MS);
      const tenantIds = viewer.isOperator ? null : [viewer.tenantId];
      const after = [position.snapshot, from, until(), ...sent(position), tenantIds, limit];
      return sql.unsafe<OutageEvent[]>(MISSED, [...after, snapshot, destinationId]);
    },
  };
}
