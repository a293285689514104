/**
 * The retry clock of a destination: one for all it holds, from the first failure to the first success.
 *
 * Promises: the clock starts only when an attempt failed at host level and nothing else got through; the grid is anchored at
 * the first failure and computed by SQL's next_attempt(); an outage object stands for it while it runs (relay domains only:
 * where our reports go is an internal destination and has none). Does not dial and does not touch messages.
 * RFC 5321 §4.5.4.1. Deviates: the interval is 15 minutes at first, not 30 – product retries more often.
 */
import type { Sql, SqlExecutor } from '../db/client.ts';
import { insertEvents } from '../events/record.ts';
import type { AttemptRecord, HostTrouble } from '../mail/outcome.ts';
import type { Viewer } from '../mail/viewer.ts';
import { askedNow, isPausedNow } from './pause.ts';
import { actor, type SqlFragment, tenantScope } from '../db/fragments.ts';
import { startTrial } from './breaker.ts';
import { type Evidence, type OutageClass, outageClassOf } from './class.ts';
import { metNow } from './last-attempt.ts';
import { type ClosedOutage, closeOutages, heldNow, openOrUpdate, type OutageUpdated, stopClock } from './lifecycle.ts';

/** A destination, as a delivery round needs to know it. */
export interface DestinationState {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly kind: 'RELAY' | 'INTERNAL';
  readonly deliverTo: readonly { readonly host: string; readonly port: number }[];
  /** The TLS that its domain's settings demand towards its hosts. */
  readonly tlsPolicy: 'NONE' | 'OPPORTUNISTIC' | 'REQUIRED' | 'VERIFIED';
  readonly routeGeneration: number;
  /** Counts failed attempts: which of many hosts and addresses the next one dials. */
  readonly dialTurn: number;
  /** The operator's cap; null: what the primary bears. */
  readonly drainPerMinute: number | null;
  /** At this moment. */
  readonly isPaused: boolean;
  readonly flushRequestedAt: Date | null;
  /** The number of the last flush that was asked for, answered or not; 0 before the first. */
  readonly flushNumber: number;
  /** When some node last ended a round that came to a verdict, in milliseconds; null while the clock is running. */
  readonly lastSuccessMs: number | null;
  /** The clock is running: the last word at host level was a failure. */
  readonly isFailing: boolean;
  /** The clock allows an attempt now. True while it is not running. */
  readonly isDue: boolean;
  /** The class of the open outage; null while none is open. That of greylisting has no clock. */
  readonly outageClass: OutageClass | null;
  /** The database's instant of this reading, as text with microseconds. */
  readonly now: string;
}

/** The count of turns begins anew before it leaves an integer; no set is so long that this shows. */
const DIAL_TURNS = 1_000_000_000;

/** Reads a destination; null when there is none of this id. */
export async function readDestination(sql: Sql, id: string): Promise<DestinationState | null> {
  const [destination] = await sql<DestinationState[]>`
    select id, tenant_id as "tenantId", name, kind, deliver_to as "deliverTo", tls_policy as "tlsPolicy", route_generation as "routeGeneration",
      dial_turn as "dialTurn", drain_per_minute as "drainPerMinute", ${isPausedNow(sql)} as "isPaused",
      flush_requested_at as "flushRequestedAt", flush_number as "flushNumber",
      case when first_failure_at is null then (extract(epoch from last_attempt_at) * 1000)::float8 end as "lastSuccessMs",
      first_failure_at is not null as "isFailing", coalesce(next_attempt_at <= bmx_now(), true) as "isDue",
      (select class from outages where outages.id = outage_id) as "outageClass", bmx_now()::text as now
    from destinations d where id = ${id}`;
  return destination ?? null;
}

export interface FailureInput {
  readonly destinationId: string;
  /** The database's instant at which the attempt began. */
  readonly begunAt: string;
  /** The destination's when the attempt began: a flush asked for since then stays. Absent: none was. */
  readonly flushNumber?: number;
  readonly trouble: HostTrouble;
  readonly reply: string;
  /** The result of each dial, in order; without it only the trouble itself is known. */
  readonly evidence?: readonly Evidence[];
  /** The last dial, for people; absent: not known. */
  readonly last?: AttemptRecord | null;
}

/**
 * An attempt failed at host level: starts the clock or moves it to the next slot, opens the outage or brings it up to date.
 * A flush asked for while the attempt was under way stays: what it knew came too late.
 */
export async function recordFailure(sql: Sql, input: FailureInput): Promise<OutageUpdated> {
  const { destinationId, begunAt, flushNumber = null, trouble, reply, evidence = [], last = null } = input;
  const isGreeted = evidence.findLast((one) => one.reply === reply)?.isGreeted;
  const plainClass = outageClassOf({ trouble, reply, isGreeted });
  const dialled: Evidence = { trouble, host: null, address: null, reply, latencyMs: 0, isGreeted: false };
  const updated = await openOrUpdate(sql, {
    destinationId,
    startedAt: sql`coalesce(d.first_failure_at, ${begunAt}::text::timestamptz)`,
    // No recipient was accepted since the first failure, an interval ago or more, and the primary is known to be slow on purpose.
    outageClass: sql`case when ${plainClass === 'DOWN' && trouble === 'TIMEOUT'} and d.tarpitting_at > d.first_failure_at - interval '1 day'
      then 'TARPITTING' else ${plainClass} end`,
    reply,
    evidence: evidence.length === 0 ? [dialled] : evidence,
    isAttempt: true,
    changes: sql`
      first_failure_at = before.started_at, next_attempt_at = next_attempt(before.started_at, bmx_now()),
      last_attempt_at = bmx_now(), last_reply = ${reply}, dial_turn = (d.dial_turn + 1) % ${DIAL_TURNS}, ${metNow(sql, last)},
      flush_requested_at = case when d.flush_number > coalesce(${flushNumber}::integer, d.flush_number) then d.flush_requested_at end,`,
  });
  if (updated === null) throw new Error(`destination ${destinationId} is gone`);
  return updated;
}

/**
 * A host let us get to a verdict: stops the clock and ends the outage. Returns the outage it ended, if any. A trial of the
 * breaker follows, also if that verdict was a deferral, of which the breaker hears nothing.
 */
export async function recordSuccess(sql: Sql, destinationId: string): Promise<ClosedOutage | null> {
  const [closed = null] = await closeOutages(sql, {
    // An open breaker ends with an accepted recipient, not with any verdict. A trial older than this outage is not its own.
    which: sql`
      select d.id, d.tenant_id, d.name, d.outage_id, ${heldNow(sql)} as held_count, d.kind = 'RELAY' and coalesce((
        select d.breaker = 'CLOSED' or d.breaker_since < o.started_at from outages o where o.id = d.outage_id), false) as begins_trial
      from destinations d where d.id = ${destinationId} and d.breaker <> 'OPEN' for update`,
    changes: sql`${stopClock(sql)}, last_attempt_at = bmx_now(), ${startTrial(sql, sql`begins_trial`)}`,
  });
  return closed;
}

/** A round of attempts is over: nothing expires in the first round after the service was away for long. */
export async function recordRound(sql: Sql, destinationId: string, last: AttemptRecord | null = null): Promise<void> {
  await sql`update destinations d set last_attempt_at = bmx_now(), ${metNow(sql, last)} where d.id = ${destinationId}`;
}

/** Asks for an attempt whatever the clock says; repeats merge. False: it is not the viewer's destination. */
export async function requestFlush(sql: Sql, viewer: Viewer, destinationId: string): Promise<boolean> {
  const rows = await sql`
    with flushed as (
      update destinations d set ${askedNow(sql)}
      where id = ${destinationId} and ${tenantScope(sql, viewer)}
      returning id, tenant_id
    )
    ${insertEvents(sql, sql`select tenant_id, id, null::uuid, 'DOMAIN_FLUSHED', ${actor(sql, viewer)} from flushed`)} returning id`;
  return rows.length > 0;
}

/** Settings that are in force at once, also in the middle of a drain. */
export type DrainSettings = Pick<DestinationState, 'routeGeneration' | 'drainPerMinute' | 'tlsPolicy'>;

/** On a row `d`: where mail goes, how and how much of it is what it was when the destination was read. */
export function isSetSo(sql: SqlExecutor, { routeGeneration, drainPerMinute, tlsPolicy }: DrainSettings): SqlFragment {
  return sql`(d.route_generation = ${routeGeneration}::integer and d.tls_policy = ${tlsPolicy}
    and d.drain_per_minute is not distinct from ${drainPerMinute}::integer)`;
}

/** The flush has been answered, unless it was asked again meanwhile, or a setting has cut the drain short. */
export async function clearFlush(sql: Sql, destination: DestinationState, flushNumber: number): Promise<void> {
  await sql`
    update destinations d set flush_requested_at = null
    where id = ${destination.id} and flush_number <= ${flushNumber}::integer
      and ${isSetSo(sql, destination)}`;
}

/** The flush has not been answered: it waits on, also where the claim of a probe had answered it beforehand. */
export async function keepFlush(sql: Sql, destinationId: string): Promise<void> {
  await sql`
    update destinations set flush_requested_at = bmx_now()
    where id = ${destinationId} and flush_requested_at is null`;
}
