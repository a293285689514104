/**
 * The facts of a drill's report: the state of its destination, and the attempts of its message. For the service itself.
 */
import type { SqlExecutor } from '../../db/client.ts';
import { isPausedNow } from '../../outage/pause.ts';
import type { GaugeRegistry } from '../../telemetry/gauges.ts';
import type { DrillStep } from '../../db/schema-doctor.ts';

export interface DrillDestination {
  /** The service's time. */
  readonly now: Date;
  readonly isPaused: boolean;
  /** Null while no outage is open. */
  readonly outageClass: string | null;
  readonly outageSince: Date | null;
  /** The retry clock runs: nothing but an attempt per slot is made. */
  readonly isFailing: boolean;
  readonly isBreakerOpen: boolean;
  /** The refusal that opened the breaker, and since when it is open; null while it is not. */
  readonly breakerReply: string | null;
  readonly breakerSince: Date | null;
  /** Until when mail would be held that is accepted now. */
  readonly heldUntil: Date;
}

export async function readDrillDestination(sql: SqlExecutor, destinationId: string): Promise<DrillDestination | null> {
  const [row] = await sql<DrillDestination[]>`
    select bmx_now() as now, ${isPausedNow(sql)} as "isPaused", o.class as "outageClass", o.started_at as "outageSince",
      d.first_failure_at is not null as "isFailing", d.breaker = 'OPEN' as "isBreakerOpen",
      case when d.breaker = 'OPEN' then d.breaker_reply end as "breakerReply",
      case when d.breaker = 'OPEN' then d.breaker_since end as "breakerSince",
      bmx_now() + q.lifetime + d.hold_extension as "heldUntil"
    from destinations d left join outages o on o.id = d.outage_id cross join queue_limits q
    where d.id = ${destinationId}`;
  return row ?? null;
}

/** A primary of very many hosts that are all away is told by the last of them. */
const MOST_DELIVERIES = 50;

/** How its message was handed over, host after host; oldest first. */
export async function readDrillDeliveries(sql: SqlExecutor, drillId: string): Promise<DrillStep[]> {
  const rows = await sql<DrillStep[]>`
    select 'DELIVERY' as name, a.reply, a.host, a.outcome = 'DELIVERED' as "isPassed",
      round(extract(epoch from a.at - d.entered_at) * 1000)::float8 as "afterMs",
      round(extract(epoch from a.at - coalesce(d.released_at, d.entered_at)) * 1000)::float8 as "latencyMs"
    from drills d join attempts a on a.message_id = d.message_id and a.id >= d.message_id
    where d.id = ${drillId} order by a.id desc limit ${MOST_DELIVERIES}`;
  return rows.toReversed();
}

export interface PutOff {
  /** Verbatim. */
  readonly reply: string;
  readonly nextAttemptAt: Date;
}

/** A drill does not wait for a retry that is later than this. */
const LONGEST_WAIT = '20 minutes';

/** That a host has put its message off, which is tried again soon; null when it is not so. */
export async function readPutOff(sql: SqlExecutor, drillId: string): Promise<PutOff | null> {
  const [row] = await sql<PutOff[]>`
    select a.reply, m.next_attempt_at as "nextAttemptAt"
    from drills d join messages m on m.id = d.message_id join attempts a on a.message_id = m.id and a.id >= m.id
    where d.id = ${drillId} and a.outcome = 'DEFERRED' and not a.is_host_level and a.reply like '4%'
      and m.next_attempt_at between bmx_now() and bmx_now() + ${LONGEST_WAIT}::interval
    order by a.id desc limit 1`;
  return row ?? null;
}

/**
 * Whether its message is in a node's hands, or due: let go, put off until now, or of an attempt that we cut ourselves, which says
 * nothing of the primary.
 */
export async function isAboutToBeTried(sql: SqlExecutor, drillId: string): Promise<boolean> {
  const rows = await sql`
    select from drills d join messages m on m.id = d.message_id
    where d.id = ${drillId} and (m.claimed_by is not null or m.next_attempt_at <= bmx_now())`;
  return rows.length > 0;
}

export function registerDrillGauges({ gauges }: GaugeRegistry, sql: SqlExecutor): void {
  const helps = {
    last_drill_timestamp_seconds: 'When the last fire drill of the whole service ended; 0: never',
    drill_overdue_seconds: 'Since when a scheduled fire drill is due, of the whole service',
  };
  gauges('drills', helps, () => readDrillTimes(sql));
}

/** Two index look-ups. */
export async function readDrillTimes(sql: SqlExecutor) {
  const [row] = await sql<{ last_drill_timestamp_seconds: number; drill_overdue_seconds: number }[]>`
    select coalesce(extract(epoch from (
        select finished_at from drills where finished_at is not null order by id desc limit 1))::float8, 0) as last_drill_timestamp_seconds,
      extract(epoch from bmx_now() - least(bmx_now(), (
        select next_at from drill_schedules order by next_at limit 1)))::float8 as drill_overdue_seconds`;
  return row ?? { last_drill_timestamp_seconds: 0, drill_overdue_seconds: 0 };
}
