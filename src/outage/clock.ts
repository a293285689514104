/**
 * The retry clock of a destination: one for all it holds, from the first failure to the first success.
 *
 * Promises: the clock starts only when an attempt failed at host level and nothing else got through; the grid is anchored at
 * the first failure and computed by SQL's next_attempt(); an outage object stands for it while it runs (relay domains only:
 * where our reports go is an internal destination and has none). Does not dial and does not touch messages.
 * RFC 5321 §4.5.4.1. Deviates: the interval is 15 minutes at first, not 30 – product retries more often.
 */
import type { Sql } from '../db/client.ts';
import { FIRST_ID, LAST_ID, newId } from '../mail/id.ts';
import type { HostTrouble } from '../mail/outcome.ts';
import type { Viewer } from '../mail/viewer.ts';

export type OutageClass = 'DOWN' | 'BLOCKING' | 'RATE_LIMITING' | 'DNS_BROKEN';

/** What a delivery round needs to know about where it goes. */
export interface DestinationState {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly kind: 'RELAY' | 'INTERNAL';
  readonly deliverTo: readonly { readonly host: string; readonly port: number }[];
  readonly routeGeneration: number;
  readonly isPaused: boolean;
  readonly flushRequestedAt: Date | null;
  /** The clock is running: the last word at host level was a failure. */
  readonly isFailing: boolean;
  /** The clock allows an attempt now. True while it is not running. */
  readonly isDue: boolean;
  /** The database's instant of this reading, as text with microseconds. */
  readonly now: string;
}

/** Reads a destination; null when there is none of this id. */
export async function readDestination(sql: Sql, id: string): Promise<DestinationState | null> {
  const [row] = await sql<
    {
      tenant_id: string;
      name: string;
      kind: 'RELAY' | 'INTERNAL';
      deliver_to: { host: string; port: number }[];
      route_generation: number;
      is_paused: boolean;
      flush_requested_at: Date | null;
      is_failing: boolean;
      is_due: boolean;
      now: string;
    }[]
  >`
    select tenant_id, name, kind, deliver_to, route_generation, is_paused, flush_requested_at,
      first_failure_at is not null as is_failing, coalesce(next_attempt_at <= bmx_now(), true) as is_due,
      bmx_now()::text as now
    from destinations where id = ${id}`;
  if (row === undefined) return null;
  return {
    id,
    tenantId: row.tenant_id,
    name: row.name,
    kind: row.kind,
    deliverTo: row.deliver_to,
    routeGeneration: row.route_generation,
    isPaused: row.is_paused,
    flushRequestedAt: row.flush_requested_at,
    isFailing: row.is_failing,
    isDue: row.is_due,
    now: row.now,
  };
}

/**
 * The class of an outage by the trouble and the reply that came with it (the plain ones). A host
 * that answers 421 or another 4yz instead of taking part has too much to do: RATE_LIMITING.
 */
export function outageClassOf(trouble: HostTrouble, reply: string): OutageClass {
  switch (trouble) {
    case 'DNS':
    case 'NO_MX':
      return 'DNS_BROKEN';
    case 'GREETING':
      return reply.startsWith('4') ? 'RATE_LIMITING' : 'BLOCKING';
    case 'DROPPED':
      return reply.startsWith('421') ? 'RATE_LIMITING' : 'DOWN';
    case 'REFUSED':
    case 'TIMEOUT':
    case 'UNREACHABLE':
    case 'TLS':
    case 'FAULT':
      return 'DOWN';
    default:
      return trouble satisfies never;
  }
}

export interface FailureRecorded {
  /** Set when this failure opened an outage. */
  readonly openedOutageId: string | null;
  readonly outageClass: OutageClass;
  readonly nextAttemptAt: Date;
}

/**
 * An attempt that began at `begunAt` failed at host level: starts the clock or moves it to the next slot, opens the outage
 * or brings it up to date. A flush asked for while the attempt was under way stays: what it knew came too late.
 */
export async function recordFailure(
  sql: Sql,
  input: { destinationId: string; begunAt: string; trouble: HostTrouble; reply: string },
): Promise<FailureRecorded> {
  const { destinationId, begunAt, trouble, reply } = input;
  const outageClass = outageClassOf(trouble, reply);
  const [row] = await sql<{ next_attempt_at: Date; opened: string | null }[]>`
    with before as (
      select id, tenant_id, kind, outage_id, coalesce(first_failure_at, ${begunAt}::text::timestamptz) as first_failure_at
      from destinations where id = ${destinationId} for update
    ), opened as (
      insert into outages (id, tenant_id, destination_id, started_at, class, last_reply)
      select ${newId()}::uuid, tenant_id, id, first_failure_at, ${outageClass}, ${reply}
      from before where outage_id is null and kind = 'RELAY'
      returning id
    ), told as (
      insert into events (id, tenant_id, destination_id, kind, facts)
      select ${newId()}::uuid, before.tenant_id, before.id, 'OUTAGE_OPENED',
        jsonb_build_object('outageId', opened.id, 'class', ${outageClass}::text, 'reply', ${reply}::text)
      from before, opened
    ), continued as (
      update outages o set last_reply = ${reply}, attempt_count = attempt_count + 1, class = ${outageClass}
      from before where o.id = before.outage_id
    )
    update destinations d
    set first_failure_at = before.first_failure_at,
        next_attempt_at = next_attempt(before.first_failure_at, bmx_now()),
        last_attempt_at = bmx_now(), last_reply = ${reply},
        flush_requested_at = case when d.flush_requested_at > ${begunAt}::text::timestamptz then d.flush_requested_at end,
        outage_id = coalesce(before.outage_id, (select id from opened))
    from before where d.id = before.id
    returning d.next_attempt_at, (select id from opened) as opened`;
  if (row === undefined) throw new Error(`destination ${destinationId} is gone`);
  return { openedOutageId: row.opened, outageClass, nextAttemptAt: row.next_attempt_at };
}

export interface ClosedOutage {
  readonly outageId: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** Messages held when it ended. */
  readonly heldCount: number;
}

/** A host let us get to a verdict: stops the clock and ends the outage. Returns the outage it ended, if any. */
export async function recordSuccess(sql: Sql, destinationId: string): Promise<ClosedOutage | null> {
  const [row] = await sql<{ id: string; started_at: Date; ended_at: Date; held_count: number }[]>`
    with before as (
      select id, tenant_id, outage_id, held_count from destinations where id = ${destinationId} for update
    ), stopped as (
      update destinations d
      set first_failure_at = null, next_attempt_at = null, outage_id = null, probe_cursor = null, last_attempt_at = bmx_now()
      from before where d.id = before.id
    ), told as (
      insert into events (id, tenant_id, destination_id, kind, facts)
      select ${newId()}::uuid, tenant_id, id, 'OUTAGE_CLOSED', jsonb_build_object('outageId', outage_id)
      from before where outage_id is not null
    )
    update outages o set ended_at = bmx_now()
    from before where o.id = before.outage_id
    returning o.id, o.started_at, o.ended_at, before.held_count + coalesce((
      select sum(q.held_count) from queue_delta q where q.destination_id = before.id), 0)::bigint as held_count`;
  if (row === undefined) return null;
  return { outageId: row.id, startedAt: row.started_at, endedAt: row.ended_at, heldCount: row.held_count };
}

/**
 * A destination that held nothing for longer than the longest interval tells nothing by its old clock: ends its outage and
 * stops the clock, so that the next failure starts at the short intervals. True when it did.
 */
export async function restartIdleClock(sql: Sql, destinationId: string): Promise<boolean> {
  const rows = await sql<{ id: string }[]>`
    with idle as (
      select d.id, d.tenant_id, d.outage_id from destinations d
      where d.id = ${destinationId} and d.first_failure_at is not null
        and d.last_attempt_at + (select max(every) from retry_schedule) < (
          select m.accepted_at from messages m
          where (m.destination_id, m.id) >= (${destinationId}, ${FIRST_ID})
            and (m.destination_id, m.id) <= (${destinationId}, ${LAST_ID})
          order by m.destination_id, m.id limit 1)
      for update of d
    ), ended as (
      update outages o set ended_at = bmx_now() from idle where o.id = idle.outage_id
    ), told as (
      insert into events (id, tenant_id, destination_id, kind, facts)
      select new_id(), tenant_id, id, 'OUTAGE_CLOSED', jsonb_build_object('outageId', outage_id, 'reason', 'nothing was held')
      from idle where outage_id is not null
    )
    update destinations d
    set first_failure_at = null, next_attempt_at = null, outage_id = null, probe_cursor = null
    from idle where d.id = idle.id
    returning d.id`;
  return rows.length === 1;
}

/** A round of attempts is over: nothing expires in the first round after the service was away for long. */
export async function recordRound(sql: Sql, destinationId: string): Promise<void> {
  await sql`update destinations set last_attempt_at = bmx_now() where id = ${destinationId}`;
}

/** Asks for an attempt whatever the clock says; repeats merge. */
export async function requestFlush(sql: Sql, viewer: Viewer, destinationId: string): Promise<void> {
  await sql`
    with flushed as (
      update destinations set flush_requested_at = bmx_now()
      where id = ${destinationId} and (${viewer.isOperator} or tenant_id = ${viewer.tenantId})
      returning id, tenant_id
    )
    insert into events (id, tenant_id, destination_id, kind)
    select new_id(), tenant_id, id, 'DOMAIN_FLUSHED' from flushed`;
}

/** The flush has been answered, unless it was asked again meanwhile. */
export async function clearFlush(sql: Sql, destinationId: string, requestedAt: Date): Promise<void> {
  // The driver's Date has milliseconds, the column microseconds.
  await sql`
    update destinations set flush_requested_at = null
    where id = ${destinationId} and date_trunc('milliseconds', flush_requested_at) <= ${requestedAt}`;
}
