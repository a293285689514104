/**
 * The last attempt at each destination, and the one that was asked for: stored on its row, so that a look costs O(1).
 *
 * Written when a round is over, and every few seconds of a long one: no message costs anything for it. Fire drills do not count.
 * A reply to an owner before is not shown to the next.
 */
import type { Sql, SqlExecutor } from '../db/client.ts';
import { FIRST_ID, LAST_ID } from '../mail/id.ts';
import type { AttemptRecord } from '../mail/outcome.ts';
import type { Viewer } from '../mail/viewer.ts';
import { type SqlFragment, tenantScope } from '../db/fragments.ts';
import { isPausedNow } from './pause.ts';

/** A reply of many lines tells no more after this. */
const MAX_REPLY_LENGTH = 500;

/** An assignment of an update of `destinations d`; with null it stays as it is. */
export function metNow(sql: SqlExecutor, record: AttemptRecord | null): SqlFragment {
  if (record === null) return sql`last_attempt = d.last_attempt`;
  const { host, address, tls, outcome } = record;
  const reply = record.reply.slice(0, MAX_REPLY_LENGTH);
  const latencyMs = Math.round(record.latencyMs);
  const met = JSON.stringify({ host, address, tls, outcome, reply, latencyMs });
  return sql`last_attempt = ${met}::text::jsonb
    || jsonb_build_object('at', bmx_now() - make_interval(secs => ${latencyMs}::float8 / 1000), 'tenantId', d.tenant_id)`;
}

/** Stores what the newest attempt met. */
export async function noteAttempt(sql: Sql, destinationId: string, record: AttemptRecord): Promise<void> {
  await sql`update destinations d set ${metNow(sql, record)} where d.id = ${destinationId}`;
}

export interface LastAttemptView {
  readonly at: Date;
  readonly host: string | null;
  readonly address: string | null;
  readonly tls: string | null;
  readonly reply: string;
  readonly outcome: AttemptRecord['outcome'];
  readonly latencyMs: number;
}

export type AttemptWait = 'NOTHING_HELD' | 'PAUSED' | 'SCHEDULE' | 'IN_DELIVERY' | 'NO_NODE' | 'DRAIN_CAP' | 'TURN';

export interface RequestedAttemptView {
  readonly requestedAt: Date;
  readonly startedAt: Date | null;
  /** Null once it has begun. */
  readonly waitsFor: AttemptWait | null;
}

export interface DestinationAttempts {
  readonly last: LastAttemptView | null;
  /** Null: none was asked for yet. */
  readonly requested: RequestedAttemptView | null;
}

/** By destination id; those the viewer may not see are missing. */
export async function readDestinationAttempts(
  sql: SqlExecutor,
  viewer: Viewer,
  destinationIds: readonly string[],
): Promise<Map<string, DestinationAttempts>> {
  const rows = await sql<
    {
      id: string;
      last: (Omit<LastAttemptView, 'at'> & { readonly at: string }) | null;
      asked_at: Date | null;
      began_at: Date | null;
      waits_for: AttemptWait | null;
    }[]
  >`
    select d.id, case when d.last_attempt ->> 'tenantId' = d.tenant_id::text then d.last_attempt end as last,
      d.asked_at, d.asked_began_at as began_at, case when d.asked_began_at is null then ${waitsFor(sql)} end as waits_for
    from (select * from destinations where id = any(${[...destinationIds]}::uuid[]) and ${tenantScope(sql, viewer)}) as d`;
  return new Map(
    rows.map(({ id, last, asked_at: requestedAt, began_at: startedAt, waits_for }) => [
      id,
      {
        last: last === null ? null : { ...last, at: new Date(last.at) },
        requested: requestedAt === null ? null : { requestedAt, startedAt, waitsFor: waits_for },
      },
    ]),
  );
}

function waitsFor(sql: SqlExecutor): SqlFragment {
  return sql`
    case when (
        select m.id from messages m
        where (m.destination_id, m.id) >= (d.id, ${FIRST_ID}::uuid) and (m.destination_id, m.id) <= (d.id, ${LAST_ID}::uuid)
        order by m.destination_id, m.id limit 1) is null then 'NOTHING_HELD'
      -- A pause that came after it, or was there when a route changed.
      when d.flush_requested_at is null and ${isPausedNow(sql)} then 'PAUSED'
      when d.flush_requested_at is null then 'SCHEDULE'
      when d.owner_node is not null then 'IN_DELIVERY'
      when not exists (select from nodes where 'delivery' = any(roles)) then 'NO_NODE'
      when d.drain_per_minute is not null and d.first_failure_at is null and not ${isPausedNow(sql)} then 'DRAIN_CAP'
      else 'TURN' end`;
}
