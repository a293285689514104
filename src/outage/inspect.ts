/**
 * Outages and breakers as API and metrics show them. Every statement carries its viewer. list.ts has their pages.
 */
import type { SqlExecutor } from '../db/client.ts';
import { LAST_ID } from '../mail/id.ts';
import type { Viewer } from '../mail/viewer.ts';
import { type SqlFragment, tenantCheck, tenantScope } from '../db/fragments.ts';
import type { OutageEvidence } from '../mail/outcome.ts';
import type { GaugeRegistry } from '../telemetry/gauges.ts';
import { type BreakerState, isTrialOver } from './breaker.ts';
import { type Evidence, OUTAGE_CLASSES, type OutageClass } from './class.ts';
import { heldNow } from './lifecycle.ts';

export interface OutageView {
  readonly id: string;
  readonly destinationId: string;
  readonly domainName: string;
  readonly startedAt: Date;
  /** Null while it goes on. */
  readonly endedAt: Date | null;
  readonly kind: OutageClass;
  /** Verbatim, or our own words in brackets when there was no reply. */
  readonly lastReply: string;
  /** Null when it is over. */
  readonly nextAttemptAt: Date | null;
  /** Attempts that failed in it. */
  readonly attemptCount: number;
  /** Messages held when it ended; null before that, and when its domain got another owner. */
  readonly heldAtEndCount: number | null;
  /** Messages that failed, and that expired, from its beginning until it had drained. */
  readonly failedCount: number;
  readonly expiredCount: number;
  /** The oldest first; empty for outages of an earlier version. */
  readonly evidence: readonly EvidenceView[];
  /** When the mail that had waited in it was gone. */
  readonly drainedAt: Date | null;
  /** Set from its end until then, unless another outage is open. */
  readonly drain: DrainView | null;
}

export interface EvidenceView extends Omit<Evidence, 'isGreeted'> {
  readonly at: Date;
}

export interface DrainView {
  /** 0 until it has been measured, and when no node has measured it lately. */
  readonly messagesPerSecond: number;
  /** Null while it does not drain. */
  readonly etaAt: Date | null;
}

export interface ConditionView {
  readonly kind: 'GREYLISTING' | 'TARPITTING';
  readonly seenAt: Date;
}

/** A condition that was not met for so long is shown no more. */
const MET_WITHIN = '7 days';
/** Owners measure every few seconds. */
const MEASURED_WITHIN = '30 seconds';

function conditionsOf(row: { greylisting_at: Date | null; tarpitting_at: Date | null }): ConditionView[] {
  const { greylisting_at: greylistingAt, tarpitting_at: tarpittingAt } = row;
  return [
    ...(greylistingAt === null ? [] : [{ kind: 'GREYLISTING', seenAt: greylistingAt } as const]),
    ...(tarpittingAt === null ? [] : [{ kind: 'TARPITTING', seenAt: tarpittingAt } as const]),
  ];
}

/** By their ids. */
export async function findOutages(
  sql: SqlExecutor,
  viewer: Viewer,
  ids: readonly string[],
): Promise<Map<string, OutageView>> {
  const outages = await select(sql, sql`id = any(${[...ids]}::uuid[]) and ${tenantCheck(sql, viewer)}`);
  return new Map(outages.map((outage) => [outage.id, outage]));
}

/** Those going on, by destination id. */
export async function findOpenOutages(
  sql: SqlExecutor,
  viewer: Viewer,
  destinationIds: readonly string[],
): Promise<Map<string, OutageView>> {
  const outages = await select(
    sql,
    sql`destination_id = any(${[...destinationIds]}::uuid[]) and ended_at is null and ${tenantScope(sql, viewer)}`,
  );
  return new Map(outages.map((outage) => [outage.destinationId, outage]));
}

/** The last one of each destination, going on or over, by destination id. */
export async function findLastOutages(
  sql: SqlExecutor,
  viewer: Viewer,
  destinationIds: readonly string[],
): Promise<Map<string, OutageView>> {
  const questions = destinationIds.map((destinationId) => ({ destinationId, limit: 1, beforeId: null, since: null }));
  const lists = await listDestinationOutages(sql, viewer, questions);
  return new Map(lists.flatMap(([last]) => (last === undefined ? [] : [[last.destinationId, last] as const])));
}

export interface DestinationOutages {
  readonly destinationId: string;
  readonly limit: number;
  readonly beforeId: string | null;
  /** Only those that were not over by then; null: all that are kept. */
  readonly since: Date | null;
}

/** The outages of destinations, newest first: a list for each question, in their order. */
export async function listDestinationOutages(
  sql: SqlExecutor,
  viewer: Viewer,
  questions: readonly DestinationOutages[],
): Promise<OutageView[][]> {
  const rows = await sql<{ position: number; id: string }[]>`
    select (q.number - 1)::integer as position, found.id
    from unnest(
      ${questions.map(({ destinationId }) => destinationId)}::uuid[],
      ${questions.map(({ beforeId }) => beforeId ?? LAST_ID)}::uuid[],
      ${questions.map(({ since }) => since?.toISOString() ?? null)}::text[]::timestamptz[],
      ${questions.map(({ limit }) => limit)}::integer[]
    ) with ordinality as q (destination_id, before_id, since, count, number)
    cross join lateral (
      select id from outages
      where destination_id = q.destination_id and id < q.before_id and coalesce(ended_at > q.since, true) and ${tenantScope(sql, viewer)}
      order by destination_id desc, id desc limit q.count
    ) as found
    order by q.number, found.id desc`;
  const found = await findOutages(
    sql,
    viewer,
    rows.map(({ id }) => id),
  );
  const byQuestion = Map.groupBy(rows, ({ position }) => position);
  return questions.map((_question, index) => (byQuestion.get(index) ?? []).flatMap(({ id }) => found.get(id) ?? []));
}

/** Conditions that primaries put on all mail, met within a week; by destination id, every one that the viewer may see. */
export async function findConditions(
  sql: SqlExecutor,
  viewer: Viewer,
  destinationIds: readonly string[],
): Promise<Map<string, ConditionView[]>> {
  const rows = await sql<{ id: string; greylisting_at: Date | null; tarpitting_at: Date | null }[]>`
    select id, case when greylisting_at > bmx_now() - ${MET_WITHIN}::text::interval then greylisting_at end as greylisting_at,
           case when tarpitting_at > bmx_now() - ${MET_WITHIN}::text::interval then tarpitting_at end as tarpitting_at
    from destinations where id = any(${[...destinationIds]}::uuid[]) and ${tenantScope(sql, viewer)}`;
  return new Map(rows.map((row) => [row.id, conditionsOf(row)]));
}

interface OutageRow extends Omit<OutageView, 'evidence' | 'drain'> {
  evidence: OutageEvidence[];
  isDraining: boolean;
  rate: number;
  etaAt: Date | null;
}

async function select(sql: SqlExecutor, which: SqlFragment): Promise<OutageView[]> {
  const rows = await sql<OutageRow[]>`
    select o.id, o.destination_id as "destinationId", d.name as "domainName", o.started_at as "startedAt",
           o.ended_at as "endedAt", o.class as kind, o.last_reply as "lastReply",
           case when o.ended_at is null then coalesce(d.next_attempt_at, due.at) end as "nextAttemptAt",
           o.attempt_count as "attemptCount", o.held_at_end as "heldAtEndCount",
           o.failed_count as "failedCount", o.expired_count as "expiredCount", o.evidence, o.drained_at as "drainedAt",
           o.ended_at is not null and o.drained_at is null and o.held_at_end > 0 and d.outage_id is null and held.count > 0 as "isDraining",
           measured.rate, case when measured.rate > 0 then bmx_now() + make_interval(secs => held.count / measured.rate) end as "etaAt"
    from (select * from outages where ${which}) as o
    join destinations d on d.id = o.destination_id
    cross join lateral (select ${heldNow(sql)}::float8 as count) as held
    cross join lateral (
      select (case when d.drain_measured_at > bmx_now() - ${MEASURED_WITHIN}::text::interval then d.drain_rate else 0 end)::float8
        as rate
    ) as measured
    -- An outage of a condition has no clock: each message keeps its own.
    left join lateral (
      select m.next_attempt_at as at from messages m
      where o.ended_at is null and m.destination_id = d.id order by m.next_attempt_at, m.id limit 1
    ) as due on true
    order by o.id desc`;
  return rows.map(({ evidence, isDraining, rate, etaAt, ...outage }) => ({
    ...outage,
    evidence: evidence.map((one) => ({ ...one, at: new Date(one.at) })),
    drain: isDraining ? { messagesPerSecond: Math.round(rate * 100) / 100, etaAt } : null,
  }));
}

export interface BreakerView {
  readonly state: BreakerState;
  /** Null while CLOSED. */
  readonly since: Date | null;
  /** The refusal that opened it, verbatim; kept through the trial that follows. */
  readonly reply: string | null;
  /** Messages judged in the present trial. */
  readonly trialCount: number;
}

export const CLOSED_BREAKER: BreakerView = { state: 'CLOSED', since: null, reply: null, trialCount: 0 };

/** The state that is shown, of a row of `destinations d`: a trial that is over is closed with the next message. */
export function breakerOf(sql: SqlExecutor): SqlFragment {
  return sql`case when ${isTrialOver(sql)} then 'CLOSED' else d.breaker end`;
}

/** Breakers by destination id; those that are closed are missing. */
export async function readBreakers(
  sql: SqlExecutor,
  viewer: Viewer,
  destinationIds: readonly string[],
): Promise<Map<string, BreakerView>> {
  const rows = await sql<(BreakerView & { id: string })[]>`
    select d.id, d.breaker as state, d.breaker_since as since, d.breaker_reply as reply, abs(d.trial_count) as "trialCount"
    from destinations d
    where d.id = any(${[...destinationIds]}::uuid[]) and ${tenantScope(sql, viewer)}
      and ${breakerOf(sql)} <> 'CLOSED'`;
  return new Map(rows.map(({ id, ...view }) => [id, view]));
}

export function registerOutageGauges({ gauge }: GaugeRegistry, sql: SqlExecutor): void {
  const help = 'Destinations with an open outage, of the whole service, by kind';
  gauge('open_outages', { help, label: 'kind' }, async () => {
    const rows = await sql<{ class: OutageClass; count: number }[]>`
      select class, count(*) as count from outages where ended_at is null group by class`;
    const counts = new Map(rows.map(({ class: name, count }) => [name, count]));
    return Object.fromEntries(OUTAGE_CLASSES.map((name) => [name, counts.get(name) ?? 0]));
  });
  gauge('open_breakers', 'Destinations whose refusals keep all their mail, of the whole service', async () => {
    // Each open breaker has an outage, and few outages are open.
    const [row] = await sql<{ count: number }[]>`
      select count(*) as count from outages o join destinations d on d.id = o.destination_id
      where o.ended_at is null and d.breaker = 'OPEN'`;
    return row?.count ?? 0;
  });
}
