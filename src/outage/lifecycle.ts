/**
 * The only writer of outages: one statement opens an outage or brings the open one up to date, one closes outages.
 *
 * Each statement also moves the destination (its clock and breaker, as the caller says) and records the events, so an outage,
 * its destination and its events never disagree. Only relay domains have outages: where our reports go is an internal
 * destination. Decides nothing: the callers know what an attempt, a callout or a person has shown.
 */
import type { Sql, SqlExecutor } from '../db/client.ts';
import { always, type SqlFragment } from '../db/fragments.ts';
import { insertEvents } from '../events/record.ts';
import { FIRST_ID, LAST_ID, newId } from '../mail/id.ts';
import { boundEvidence, type Evidence, MOST_EVIDENCE, type OutageClass } from './class.ts';

export interface OutageUpdate {
  readonly destinationId: string;
  /** A condition on the destination `d`. Absent: none. */
  readonly onlyIf?: SqlFragment;
  /** Over `d`: when the outage began, if none is open. */
  readonly startedAt: SqlFragment;
  /** Over `d`. */
  readonly outageClass: SqlFragment;
  readonly reply: string;
  readonly evidence: readonly Evidence[];
  /** Counts as a failed attempt, if an outage is open already. */
  readonly isAttempt: boolean;
  /** Assignments on the destination `d`, which may use `before.started_at`; each ends with a comma. */
  readonly changes?: SqlFragment;
  /** Rows of insertEvents over `before` and `outage.id`, recorded as well. */
  readonly alsoRecord?: SqlFragment;
}

export interface OutageUpdated {
  /** Set if this opened an outage. */
  readonly openedOutageId: string | null;
  readonly outageClass: OutageClass;
  /** The class before, if an outage was open and had another one. */
  readonly formerClass: OutageClass | null;
  readonly nextAttemptAt: Date;
}

/** Opens the destination's outage, or gives the open one its class, reply and evidence. Null if `onlyIf` does not hold. */
export async function openOrUpdate(sql: SqlExecutor, update: OutageUpdate): Promise<OutageUpdated | null> {
  const { destinationId, onlyIf = always(sql), startedAt, outageClass, reply } = update;
  const { changes = sql``, alsoRecord } = update;
  const changeOfOutage = sql`
    select tenant_id, before.id, null::uuid, case when former is null then 'OUTAGE_OPENED' else 'OUTAGE_RECLASSIFIED' end,
      jsonb_strip_nulls(jsonb_build_object('outageId', outage.id, 'class', class, 'formerClass', former, 'reply', ${reply}::text))
    from before, outage where kind = 'RELAY' and former is distinct from class`;
  const events = alsoRecord === undefined ? changeOfOutage : sql`${alsoRecord} union all ${changeOfOutage}`;
  const [row] = await sql<
    { opened: string | null; class: OutageClass; former: OutageClass | null; next_attempt_at: Date }[]
  >`
    with before as (
      select d.id, d.tenant_id, d.kind, d.outage_id, o.class as former, ${startedAt} as started_at, ${outageClass} as class
      from destinations d left join outages o on o.id = d.outage_id
      where d.id = ${destinationId} and ${onlyIf} for update of d
    ), met as (
      select ${atNow(sql, boundEvidence(update.evidence))} as evidence
    ), opened as (
      insert into outages (id, tenant_id, destination_id, started_at, class, last_reply, evidence)
      select ${newId()}::uuid, tenant_id, id, started_at, class, ${reply}, evidence
      from before, met where outage_id is null and kind = 'RELAY'
      returning id
    ), updated as (
      update outages o set class = before.class, last_reply = ${reply}, evidence = ${mergedEvidence(sql)},
        attempt_count = attempt_count + ${update.isAttempt ? 1 : 0}::integer
      from before, met where o.id = before.outage_id
    ), outage as (
      select coalesce(outage_id, (select id from opened)) as id from before
    ), recorded as (
      ${insertEvents(sql, events)}
    )
    update destinations d set ${changes} outage_id = outage.id
    from before, outage where d.id = before.id
    returning (select id from opened) as opened, before.class, before.former, d.next_attempt_at`;
  if (row === undefined) return null;
  const formerClass = row.former === row.class ? null : row.former;
  return { openedOutageId: row.opened, outageClass: row.class, formerClass, nextAttemptAt: row.next_attempt_at };
}

export interface ClosedOutage {
  readonly domain: string;
  readonly outageId: string;
  readonly outageClass: OutageClass;
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** Messages held when it ended: they drain now. */
  readonly heldCount: number;
  /** A trial of the breaker began with its end: no verdict that the breaker heard of had begun one. */
  readonly beganTrial: boolean;
}

export interface OutageClosing {
  /**
   * A query of locked destinations: their `id, tenant_id, name`, what they hold as `held_count` (heldNow), `outage_id` of the
   * outage that ends or null, and `begins_trial`. Its other columns are for `changes` and `alsoRecord`.
   */
  readonly which: SqlFragment;
  /** Assignments on the destination `d`, over `before` as well. */
  readonly changes: SqlFragment;
  /** Among the facts of the events. */
  readonly reason?: string;
  /** Rows of insertEvents over `before`, recorded as well. */
  readonly alsoRecord?: SqlFragment;
}

/** Closes the outages of these destinations; those without one are changed only. Returns what it closed. */
export async function closeOutages(sql: SqlExecutor, closing: OutageClosing): Promise<ClosedOutage[]> {
  const { which, changes, reason = null, alsoRecord } = closing;
  const ends = sql`
    select tenant_id, id, null::uuid, 'BREAKER_TRIAL', '{}'::jsonb from before where begins_trial
    union all
    select tenant_id, before.id, null::uuid, kind, jsonb_strip_nulls(
      jsonb_build_object('outageId', outage_id, 'heldCount', held_count, 'reason', ${reason}::text))
    from before, unnest(array['OUTAGE_CLOSED', 'OUTAGE_DRAINING']) as kind
    where outage_id is not null and (kind = 'OUTAGE_CLOSED' or held_count > 0)`;
  return sql<ClosedOutage[]>`
    with before as materialized (
      ${which}
    ), changed as (
      update destinations d set ${changes} from before where d.id = before.id
    ), recorded as (
      ${insertEvents(sql, alsoRecord === undefined ? ends : sql`${alsoRecord} union all ${ends}`)}
    )
    update outages o
    set ended_at = bmx_now(), held_at_end = held_count, drained_at = case when held_count <= 0 then bmx_now() end,
        held_through = ${greatestHeldId(sql, sql`before.id`)}
    from before where o.id = before.outage_id
    returning before.name as domain, o.id as "outageId", o.class as "outageClass", o.started_at as "startedAt",
      o.ended_at as "endedAt", held_count as "heldCount", begins_trial as "beganTrial"`;
}

/** Assignments on a destination whose outage ends: its clock stops. */
export function stopClock(sql: SqlExecutor): SqlFragment {
  return sql`first_failure_at = null, next_attempt_at = null, outage_id = null, probe_cursor = null`;
}

/** An expression: the messages that a destination `d` holds in this snapshot. */
export function heldNow(sql: SqlExecutor): SqlFragment {
  return sql`(d.held_count + coalesce((
    select sum(q.held_count) from queue_delta q where q.destination_id = d.id), 0))::bigint`;
}

/**
 * Closes, for good, the outages of destinations that get another owner: what the primary does from now on is not the former
 * owner's to know. The clock begins anew, so that the new owner has an outage of his own if the primary is still away.
 * Returns those that were open; of theirs nothing drains.
 *
 * @param adoptions JSON rows of `id` and `tenant_id`: the destination, and its owner from now on
 */
export async function endOutagesOfOthers(sql: SqlExecutor, adoptions: string): Promise<ClosedOutage[]> {
  const ends = sql`
    select tenant_id, destination_id, null::uuid, 'OUTAGE_CLOSED',
      jsonb_build_object('outageId', id, 'reason', 'the domain has another owner')
    from others where is_open`;
  return sql<ClosedOutage[]>`
    with others as (
      select o.id, o.tenant_id, o.destination_id, d.name, o.ended_at is null as is_open
      from jsonb_to_recordset(${adoptions}::text::jsonb) as a (id uuid, tenant_id uuid)
        join destinations d on d.id = a.id join outages o on o.destination_id = a.id
      where o.tenant_id <> a.tenant_id and (o.ended_at is null or o.drained_at is null)
    ), changed as (
      update destinations d set ${stopClock(sql)} from others where others.is_open and d.id = others.destination_id
    ), recorded as (
      ${insertEvents(sql, ends)}
    ), ended as (
      update outages o set ended_at = coalesce(o.ended_at, bmx_now()), drained_at = bmx_now()
      from others where o.id = others.id
      returning others.name, others.is_open, o.id, o.class, o.started_at, o.ended_at
    )
    select name as domain, id as "outageId", class as "outageClass", started_at as "startedAt", ended_at as "endedAt",
      0 as "heldCount", false as "beganTrial"
    from ended where is_open order by name`;
}

/** Counts are folded about once a second: an outage may have drained meanwhile. */
const FOLDED_WITHIN = '10 seconds';

/**
 * A data-modifying part of a statement: counts mail that failed or expired in the outage of its destination, open or draining.
 *
 * @param ended a row set of destinations that are locked: `id`, `failed_count`, `expired_count`
 */
export function countEndedInOutages(sql: SqlExecutor, ended: SqlFragment): SqlFragment {
  return sql`
    update outages o set failed_count = o.failed_count + e.failed_count, expired_count = o.expired_count + e.expired_count
    from ${ended} e
    where e.failed_count + e.expired_count > 0 and o.id = (
        select id from outages where destination_id = e.id order by destination_id desc, id desc limit 1)
      and coalesce(o.drained_at > bmx_now() - ${FOLDED_WITHIN}::text::interval, true)`;
}

export interface DrainedOutage {
  readonly domain: string;
  readonly durationMs: number;
  /** Messages of the outage that were tried since and wait for a reason of their own. */
  readonly waitingCount: number;
}

/** Marks those of the ended outages as drained that are. Counts what is left of each once: O(that). */
export async function recordDrained(sql: Sql, outageIds: readonly string[]): Promise<DrainedOutage[]> {
  const events = sql`
    select tenant_id, destination_id, null::uuid, 'OUTAGE_DRAINED',
      jsonb_build_object('outageId', id, 'waitingCount', waiting_count)
    from drained`;
  return sql<DrainedOutage[]>`
    with left_over as materialized (
      select o.id, count(m.id) as waiting_count, coalesce(bool_or(${isUntriedSince(sql)}), false) as is_waiting
      from outages o left join messages m
        on (m.destination_id, m.id) >= (o.destination_id, ${FIRST_ID}::uuid)
        and (m.destination_id, m.id) <= (o.destination_id, coalesce(o.held_through, ${LAST_ID}::uuid))
        and (o.held_through is not null or m.accepted_at <= o.ended_at)
      where o.id = any(${[...outageIds]}::uuid[]) and o.drained_at is null
      group by o.id
    ), drained as (
      update outages o set drained_at = bmx_now()
      from destinations d, left_over l
      where o.id = l.id and not l.is_waiting and o.drained_at is null and d.id = o.destination_id
      returning o.id, o.tenant_id, o.destination_id, d.name, o.drained_at - o.ended_at as lasted, l.waiting_count
    ), recorded as (
      ${insertEvents(sql, events)}
    )
    select name as domain, round(extract(epoch from lasted) * 1000)::float8 as "durationMs", waiting_count as "waitingCount"
    from drained`;
}

/** Ages at which an outage is reported again, in hours. */
const THRESHOLD_HOURS = [1, 24, 120, 216];

export interface LastingOutage {
  readonly domain: string;
  readonly outageClass: OutageClass;
  /** The threshold it has passed. */
  readonly hours: number;
  readonly heldCount: number;
}

/** Reports once each threshold that an open outage's age has passed; of several at once only the greatest. */
export async function recordThresholds(sql: Sql): Promise<LastingOutage[]> {
  const events = sql`
    select tenant_id, destination_id, null::uuid, 'OUTAGE_THRESHOLD',
      jsonb_build_object('outageId', id, 'class', class, 'hours', hours, 'heldCount', held_count)
    from lasting`;
  return sql<LastingOutage[]>`
    with lasting as materialized (
      select o.id, o.tenant_id, o.destination_id, o.class, d.name, reached.hours, ${heldNow(sql)} as held_count
      from outages o join destinations d on d.id = o.destination_id cross join lateral (
        select max(hours) as hours from unnest(${THRESHOLD_HOURS}::integer[]) as hours
        where o.started_at + make_interval(hours => hours) <= bmx_now()
      ) as reached
      where o.ended_at is null and reached.hours > coalesce(o.threshold_hours, 0)
      for update of o skip locked
    ), recorded as (
      ${insertEvents(sql, events)}
    )
    update outages o set threshold_hours = lasting.hours from lasting where o.id = lasting.id
    returning lasting.name as domain, o.class as "outageClass", lasting.hours, lasting.held_count as "heldCount"`;
}

/** As long as events are kept. */
const KEPT_DAYS = 400;
/** The rest goes at the next call. */
const ROWS_AT_ONCE = 5000;

/** Deletes outages that ended 400 days ago, bit by bit. Any number of nodes may call it. */
export async function dropOldOutages(sql: Sql): Promise<void> {
  await sql`
    delete from outages where id = any(array(
      select id from outages
      where ended_at < bmx_now() - make_interval(days => ${KEPT_DAYS})
        and id < uuid_floor(bmx_now() - make_interval(days => ${KEPT_DAYS}))
      order by id limit ${ROWS_AT_ONCE} for update skip locked))`;
}

/** An expression: the evidence as jsonb, met now. */
function atNow(sql: SqlExecutor, evidence: readonly Evidence[]): SqlFragment {
  return sql`(
    select coalesce(jsonb_agg(entry || jsonb_build_object('at', bmx_now()) order by n), '[]')
    from jsonb_array_elements(${JSON.stringify(evidence)}::text::jsonb) with ordinality as given (entry, n))`;
}

/** An expression over `o` (outages) and `met.evidence`: the last distinct ones of both. */
function mergedEvidence(sql: SqlExecutor): SqlFragment {
  return sql`(
    select coalesce(jsonb_agg(entry order by n), '[]') from (
      select entry, n from (
        select distinct on (entry ->> 'host', entry ->> 'address', entry ->> 'reply') entry, n
        from jsonb_array_elements(o.evidence || met.evidence) with ordinality as known (entry, n)
        order by entry ->> 'host', entry ->> 'address', entry ->> 'reply', n desc
      ) as different order by n desc limit ${MOST_EVIDENCE}
    ) as newest)`;
}

/** An expression: the greatest id of what a destination holds; null if it holds nothing. O(1), from the end of an index range. */
export function greatestHeldId(sql: SqlExecutor, destinationId: SqlFragment): SqlFragment {
  return sql`(
    select m.id from messages m
    where (m.destination_id, m.id) >= (${destinationId}, ${FIRST_ID}::uuid)
      and (m.destination_id, m.id) <= (${destinationId}, ${LAST_ID}::uuid)
    order by m.destination_id desc, m.id desc limit 1)`;
}

/**
 * A message `m` held when outage `o` ended has not been tried since. A message deferred for its own sake has a next attempt after
 * its last one; both were written in one statement, so they compare whatever the clock did.
 */
function isUntriedSince(sql: SqlExecutor): SqlFragment {
  return sql`(m.claimed_by is not null or m.next_attempt_at <= coalesce(m.claimed_at, m.accepted_at))`;
}
