/**
 * Fire drills as they are kept: asked for, entered, held by their mark, let go, finished with a report.
 *
 * Promises: one drill of a domain at a time; the viewer is part of the query; a state moves forwards only, and only once,
 * whatever nodes look at it together; a drill that is finished holds nothing. Does not speak SMTP: doctor/drill.ts does.
 */
import { and, eq, getTableColumns, isAny, isNull, part, query, tenantOnly } from '../../db/query.ts';
import { bmxNow } from '../../db/schema.ts';
import { type DrillFinding, drills, drillSchedules, type DrillStep } from '../../db/schema-doctor.ts';
import type { Sql, SqlExecutor, TransactionSql } from '../../db/client.ts';
import { LAST_ID, newId } from '../../mail/id.ts';
import type { Viewer } from '../../mail/viewer.ts';
import { findFull, takePlaces } from '../../db/bounded-counts.ts';
import { actor, tenantScope } from '../../db/fragments.ts';
import { insertEvents } from '../../events/record.ts';
import { newDrillMark } from './drill-mark.ts';

/** A drill as its domain's owner sees it. `deliverAt`: when it is let go without a command; once it was put off, when it is tried again. */
export type DrillView = Readonly<Omit<typeof drills.$inferSelect, 'tenantId' | 'envelopeId'>>;
export type DrillState = DrillView['state'];
export type DrillResult = NonNullable<DrillView['result']>;

/** A drill as its node works on it. */
export interface OpenDrill extends DrillView {
  readonly envelopeId: string;
  /** Its state has lasted for longer than that of a node at work. */
  readonly isStale: boolean;
  /** Its time without a command is over, or that until it is tried again. */
  readonly isDue: boolean;
}

export interface DrillWish {
  readonly destinationId: string;
  readonly domainName: string;
  readonly recipient: string;
  /** 0: it is let go at once. */
  readonly holdMinutes: number;
}

export type DrillRequest =
  | { readonly kind: 'DONE'; readonly drillId: string }
  /** One of this domain is under way. */
  | { readonly kind: 'UNDER_WAY' }
  | { readonly kind: 'TOO_MANY'; readonly most: number; readonly until: Date };

export interface DrillSchedule {
  readonly everyDays: number;
  readonly nextAt: Date;
}

/** A node does a step in much less; then another hand may end the drill. */
const STALE = "interval '10 minutes'";
/** Scheduled drills that one statement requests; the rest follows. */
const SCHEDULED_AT_ONCE = 5;
/** Requested drills of one domain: each is a message to its primary. */
const MOST_AN_HOUR = 20;
/** Shown for as long as outages are. */
const KEPT_DAYS = 400;

const { tenantId: _tenant, envelopeId, ...SHOWN } = getTableColumns(drills);

const WORKED_ON = {
  ...SHOWN,
  envelopeId,
  isDue: part<boolean>`coalesce(${drills.deliverAt} <= bmx_now(), false)`,
  isStale: part<boolean>`coalesce(${drills.deliverAt}, ${drills.enteredAt}, ${drills.requestedAt}) < bmx_now() - ${part.raw(STALE)}`,
};

export function requestDrill(sql: Sql, viewer: Viewer, wish: DrillWish): Promise<DrillRequest> {
  return sql.begin((transaction) => request(transaction, viewer, wish));
}

export async function findDrill(sql: Sql, viewer: Viewer, id: string): Promise<DrillView | null> {
  return (await findDrills(sql, viewer, [id])).get(id) ?? null;
}

/** By their ids. */
export async function findDrills(
  sql: Sql,
  viewer: Viewer,
  ids: readonly string[],
): Promise<ReadonlyMap<string, DrillView>> {
  const which = and(isAny(drills.id, ids), tenantOnly(drills, viewer));
  const found = await query(sql, (db) => db.select(SHOWN).from(drills).where(which));
  return new Map(found.map((drill) => [drill.id, drill]));
}

export interface DrillPage {
  readonly destinationId: string;
  readonly limit: number;
  /** Only those with a smaller id. */
  readonly beforeId: string | null;
}

/** The drills of destinations, newest first: a list for each question, in their order. */
export async function listDrills(
  sql: Sql,
  viewer: Viewer,
  questions: readonly DrillPage[],
): Promise<readonly DrillView[][]> {
  const rows = await sql<{ position: number; id: string }[]>`
    select (q.number - 1)::integer as position, found.id
    from unnest(
      ${questions.map(({ destinationId }) => destinationId)}::uuid[],
      ${questions.map(({ beforeId }) => beforeId ?? LAST_ID)}::uuid[],
      ${questions.map(({ limit }) => limit)}::integer[]
    ) with ordinality as q (destination_id, before_id, count, number)
    cross join lateral (
      select id from drills
      where destination_id = q.destination_id and id < q.before_id and ${tenantScope(sql, viewer)}
      order by destination_id desc, id desc limit q.count
    ) as found
    order by q.number, found.id desc`;
  const found = await findDrills(sql, viewer, [...new Set(rows.map(({ id }) => id))]);
  const byQuestion = Map.groupBy(rows, ({ position }) => position);
  return questions.map((_question, index) => (byQuestion.get(index) ?? []).flatMap(({ id }) => found.get(id) ?? []));
}

/** Releases what a drill of the viewer's domain holds; its id, or null if it holds nothing. */
export async function deliverDrill(sql: Sql, viewer: Viewer, destinationId: string): Promise<string | null> {
  const [drill] = await sql<{ id: string }[]>`
    select id from drills
    where destination_id = ${destinationId} and state in ('HELD', 'RELEASED') and ${tenantScope(sql, viewer)}`;
  if (drill !== undefined) await releaseDrill(sql, drill.id);
  return drill?.id ?? null;
}

/** By domain id; domains without a schedule are missing. */
export async function readDrillSchedules(
  sql: Sql,
  viewer: Viewer,
  domainIds: readonly string[],
): Promise<ReadonlyMap<string, DrillSchedule>> {
  const { everyDays, nextAt, domainId } = drillSchedules;
  const which = and(isAny(domainId, domainIds), tenantOnly(drillSchedules, viewer));
  const found = await query(sql, (db) => db.select({ domainId, everyDays, nextAt }).from(drillSchedules).where(which));
  return new Map(found.map(({ domainId: id, ...schedule }) => [id, schedule]));
}

async function request(sql: TransactionSql, viewer: Viewer, wish: DrillWish): Promise<DrillRequest> {
  // By name: deleting the domain gives nothing back.
  const bounds = [{ kind: 'DRILL_DOMAIN', subject: wish.domainName, most: MOST_AN_HOUR, windowSeconds: 3600 }];
  const full = await findFull(sql, bounds);
  if (full !== null) return { kind: 'TOO_MANY', most: MOST_AN_HOUR, until: full.until };
  const event = sql`
    select tenant_id, destination_id, null::uuid, 'DRILL_REQUESTED', jsonb_build_object('drillId', id) || ${actor(sql, viewer)}
    from asked`;
  const [row] = await sql<{ id: string }[]>`
    with asked as (
      insert into drills (id, tenant_id, destination_id, domain_name, recipient, hold_minutes, is_scheduled, envelope_id)
      select ${newId()}::uuid, tenant_id, id, ${wish.domainName}, ${wish.recipient}, ${wish.holdMinutes}, false, ${newDrillMark()}
      from destinations where id = ${wish.destinationId} and ${tenantScope(sql, viewer)}
      on conflict (destination_id) where finished_at is null do nothing
      returning id, tenant_id, destination_id
    ), recorded as (
      ${insertEvents(sql, event)}
    )
    select id from asked`;
  if (row === undefined) return { kind: 'UNDER_WAY' };
  // One drill of a domain at a time: no other took the place in between.
  await takePlaces(sql, bounds);
  return { kind: 'DONE', drillId: row.id };
}

/** Sets or, with null, removes the schedule. Without a change the next drill stays when it was. */
export async function setDrillSchedule(
  sql: Sql,
  viewer: Viewer,
  domainId: string,
  everyDays: number | null,
): Promise<void> {
  const event = sql`
    select tenant_id, destination_id, null::uuid, 'DRILL_SCHEDULED',
      jsonb_build_object('everyDays', ${everyDays}::integer) || ${actor(sql, viewer)}
    from known`;
  await sql`
    with known as (
      select id, tenant_id, destination_id from domains where id = ${domainId} and ${tenantScope(sql, viewer)}
    ), ended as (
      delete from drill_schedules s using known where s.domain_id = known.id and ${everyDays}::integer is null
    ), set as (
      insert into drill_schedules (domain_id, tenant_id, destination_id, every_days, next_at)
      select id, tenant_id, destination_id, ${everyDays}::integer, bmx_now() + make_interval(days => ${everyDays}::integer)
      from known where ${everyDays}::integer is not null
      on conflict (domain_id) do update set every_days = excluded.every_days, next_at = excluded.next_at
        where drill_schedules.every_days <> excluded.every_days
    )
    ${insertEvents(sql, event)}`;
}

/** Asks for the drills whose day has come; what is suspended or has one under way waits for the next day of its own. */
export async function requestScheduled(sql: Sql): Promise<void> {
  const events = sql`
    select tenant_id, destination_id, null::uuid, 'DRILL_REQUESTED', jsonb_build_object('drillId', id) from asked`;
  const due = await sql<{ domain_id: string }[]>`
    with due as (
      select domain_id from drill_schedules where next_at <= bmx_now()
      order by next_at limit ${SCHEDULED_AT_ONCE} for update skip locked
    ), moved as (
      update drill_schedules s set next_at = bmx_now() + make_interval(days => s.every_days)
      from due where s.domain_id = due.domain_id returning s.domain_id
    ), asked as (
      insert into drills (id, tenant_id, destination_id, domain_name, recipient, hold_minutes, is_scheduled, envelope_id)
      select new_id(), d.tenant_id, d.destination_id, d.name, 'postmaster@' || d.name, 0, true,
        ${newDrillMark()} || '-' || row_number() over ()
      from moved join domains d on d.id = moved.domain_id where d.status = 'ACTIVE'
      on conflict (destination_id) where finished_at is null do nothing
      returning id, tenant_id, destination_id
    ), recorded as (
      ${insertEvents(sql, events)}
    )
    select domain_id from moved`;
  if (due.length === SCHEDULED_AT_ONCE) await requestScheduled(sql);
}

/** Takes those that have not begun, the oldest first. */
export async function takeRequestedDrills(sql: Sql, most: number): Promise<OpenDrill[]> {
  return query(sql, (db) =>
    db
      .update(drills)
      .set({ state: 'ENTERING', enteredAt: bmxNow })
      .where(
        part`${drills.id} = any(array(
          ${db
            .select({ id: drills.id })
            .from(drills)
            .where(and(isNull(drills.endedAt), eq(drills.state, 'REQUESTED')))
            .orderBy(drills.id)
            .limit(most)
            .for('update', { skipLocked: true })}))`,
      )
      .returning(WORKED_ON),
  );
}

/** Those under way that something may be done for: what waits costs nothing until its time, or until somebody else ends it. */
export async function findOpenDrills(sql: SqlExecutor): Promise<OpenDrill[]> {
  return query(sql, (db) =>
    db
      .select(WORKED_ON)
      .from(drills)
      .where(
        and(
          isNull(drills.endedAt),
          part`case when ${drills.messageId} is null then ${WORKED_ON.isStale}
            else ${WORKED_ON.isDue} or not exists (
              select from recipients r where r.message_id = ${drills.messageId} and r.state = 'HELD') end`,
        ),
      )
      .orderBy(drills.id),
  );
}

/** The message is in: it is held until its time, or a command. */
export async function holdDrill(
  sql: Sql,
  id: string,
  met: { readonly messageId: string; readonly steps: readonly DrillStep[]; readonly findings: readonly DrillFinding[] },
): Promise<void> {
  await sql`
    with held as (
      update drills
      set state = 'HELD', message_id = ${met.messageId}, deliver_at = bmx_now() + make_interval(mins => hold_minutes),
        steps = ${json(met.steps)}::text::jsonb, findings = ${json(met.findings)}::text::jsonb
      where id = ${id} and state = 'ENTERING' returning deliver_at
    )
    update messages set next_attempt_at = held.deliver_at from held
    where messages.id = ${met.messageId} and claimed_by is null`;
}

/** Its message may be handed over from now on, as any other. */
export async function releaseDrill(sql: Sql, id: string): Promise<void> {
  await sql`
    with released as (
      update drills set state = 'RELEASED', released_at = bmx_now(), deliver_at = least(deliver_at, bmx_now())
      where id = ${id} and state = 'HELD'
      returning message_id
    )
    update messages set next_attempt_at = bmx_now() from released
    where messages.id = released.message_id and claimed_by is null`;
}

/** Its message was put off, and is tried again at that time. */
export async function putOffDrill(
  sql: Sql,
  id: string,
  { nextAttemptAt, finding }: { readonly nextAttemptAt: Date; readonly finding: DrillFinding },
): Promise<void> {
  await sql`
    update drills set deliver_at = ${nextAttemptAt}, findings = findings || ${json([finding])}::text::jsonb
    where id = ${id} and state = 'RELEASED' and not findings @> ${JSON.stringify([{ code: finding.code }])}::text::jsonb`;
}

/** Ends it with its report; false when it has ended. Steps are appended; a finding replaces one with the same code. */
export async function finishDrill(
  sql: Sql,
  id: string,
  end: {
    readonly result: DrillResult;
    readonly steps?: readonly DrillStep[];
    readonly findings?: readonly DrillFinding[];
  },
): Promise<boolean> {
  const { result, steps = [], findings = [] } = end;
  const codes = findings.map(({ code }) => code);
  const event = sql`
    select tenant_id, destination_id, null::uuid, 'DRILL_FINISHED', jsonb_build_object('drillId', id, 'result', ${result}::text)
    from finished`;
  const rows = await sql`
    with finished as (
      update drills
      set state = 'FINISHED', result = ${result}, finished_at = bmx_now(),
        steps = steps || ${json(steps)}::text::jsonb, findings = (
          select coalesce(jsonb_agg(finding order by n), '[]')
          from jsonb_array_elements(findings) with ordinality as known (finding, n)
          where finding ->> 'code' <> all(${codes}::text[])) || ${json(findings)}::text::jsonb
      where id = ${id} and finished_at is null
      returning id, tenant_id, destination_id
    )
    ${insertEvents(sql, event)} returning id`;
  return rows.length === 1;
}

/** Reports go after 400 days, as outages do. */
export async function dropOldDrills(sql: Sql): Promise<void> {
  await sql`delete from drills where finished_at < bmx_now() - make_interval(days => ${KEPT_DAYS})`;
}

/** Postgres takes neither NUL nor half a character in jsonb; a reply may hold them. */
function json(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'string' ? inner.toWellFormed().replaceAll('\0', '�') : inner,
  );
}
