/**
 * Counters in steps of time: 5 minutes for two days, an hour for two weeks, a day for 400 days.
 *
 * A row is written only for a step in which something happened, once for each step's length, so a question about a year reads a
 * row for each day. Subjects are a destination, a tenant and the whole service: no question adds up thousands of domains.
 */
import type { SqlExecutor } from '../db/client.ts';
import { always, type SqlFragment } from '../db/fragments.ts';
import type { Viewer } from '../mail/viewer.ts';

interface Step {
  readonly minutes: number;
  readonly keptHours: number;
}

const STEPS: readonly Step[] = [
  { minutes: 5, keptHours: 48 },
  { minutes: 60, keptHours: 14 * 24 },
  { minutes: 24 * 60, keptHours: 400 * 24 },
];
/** A question about the last two days, asked a little late, is still answered in steps of five minutes. */
const GRACE_HOURS = 1;

/** The subject of what the whole service did. */
export const SERVICE_SUBJECT = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** A statistic that is asked for. */
export interface SlotQuestion {
  /** A destination, a tenant, or SERVICE_SUBJECT. */
  readonly subjectId: string;
  readonly tenantId: string;
  readonly since: Date;
  /** Null: now. */
  readonly until: Date | null;
  /** At most so many slots of equal length. */
  readonly slots: number;
}

/** The step lengths of which a new figure is part, as rows `(minutes)`, from `leastMinutes` on. */
export function stepsFrom(sql: SqlExecutor, leastMinutes = 0): SqlFragment {
  const minutes = STEPS.map((step) => step.minutes).filter((length) => length >= leastMinutes);
  return sql`unnest(${minutes}::smallint[])`;
}

/** The beginning of the present step of so many minutes. */
export function stepBegin(sql: SqlExecutor, minutes: SqlFragment): SqlFragment {
  return sql`date_bin(make_interval(mins => ${minutes}), bmx_now(), timestamptz '2000-01-01 00:00:00Z')`;
}

/** A slot of an answer. */
export interface Slot {
  readonly since: Date;
  readonly until: Date;
}

/** An answered question: its slots, and for each row of a statistic the slot that it falls in. */
export interface SlotRange {
  readonly stepMinutes: number;
  readonly beganAt: Date;
  readonly slotMinutes: number;
  readonly slots: readonly Slot[];
}

/**
 * The range of a question: the shortest steps that are kept for as long, in slots of whole steps. O(slots).
 *
 * @param leastMinutes steps shorter than this are not counted
 */
export function rangeOf({ since, until, slots: most }: SlotQuestion, now: Date, leastMinutes = 0): SlotRange {
  const ageHours = (now.getTime() - since.getTime()) / 3_600_000;
  const counted = STEPS.filter(({ minutes }) => minutes >= leastMinutes);
  const step = counted.find(({ keptHours }) => ageHours <= keptHours + GRACE_HOURS) ?? lastOf(counted);
  const stepMs = step.minutes * 60_000;
  const oldestMs = now.getTime() - (step.keptHours + GRACE_HOURS) * 3_600_000;
  const beganMs = Math.floor(Math.max(since.getTime(), oldestMs) / stepMs) * stepMs;
  const untilMs = Math.min((until ?? now).getTime(), now.getTime());
  const steps = Math.max(Math.ceil((untilMs - beganMs) / stepMs), 1);
  const slotSteps = Math.ceil(steps / most);
  const slotMs = slotSteps * stepMs;
  const slots = Array.from({ length: Math.ceil(steps / slotSteps) }, (_, index) => ({
    since: new Date(beganMs + index * slotMs),
    until: new Date(beganMs + (index + 1) * slotMs),
  }));
  return { stepMinutes: step.minutes, beganAt: new Date(beganMs), slotMinutes: slotSteps * step.minutes, slots };
}

function lastOf(steps: readonly Step[]): Step {
  const last = steps.at(-1);
  if (last === undefined) throw new Error('no steps are that long');
  return last;
}

/** The database's present instant, by which steps begin. */
export async function presentInstant(sql: SqlExecutor): Promise<Date> {
  const [row] = await sql<{ now: Date }[]>`select bmx_now() as now`;
  if (row === undefined) throw new Error('the database has no clock');
  return row.now;
}

/** Questions and their ranges as rows `q (position, subject_id, tenant_id, step_minutes, began_at, slot_minutes, slot_count)`. */
export function askedRanges(
  sql: SqlExecutor,
  questions: readonly SlotQuestion[],
  ranges: readonly SlotRange[],
): SqlFragment {
  return sql`unnest(
    ${questions.map(({ subjectId }) => subjectId)}::uuid[], ${questions.map(({ tenantId }) => tenantId)}::uuid[],
    ${ranges.map(({ stepMinutes }) => stepMinutes)}::smallint[],
    ${ranges.map(({ beganAt }) => beganAt.toISOString())}::text[]::timestamptz[],
    ${ranges.map(({ slotMinutes }) => slotMinutes)}::integer[], ${ranges.map(({ slots }) => slots.length)}::integer[]
  ) with ordinality as q (subject_id, tenant_id, step_minutes, began_at, slot_minutes, slot_count, position)`;
}

/** The number of the slot that a row of `f` falls in, beginning with 0. */
export function slotNumber(sql: SqlExecutor): SqlFragment {
  return sql`floor(extract(epoch from f.began_at - q.began_at) / (60 * q.slot_minutes))::integer`;
}

/** Only questions `q` about what the viewer may see. */
export function visibleTo(sql: SqlExecutor, viewer: Viewer): SqlFragment {
  return viewer.isOperator ? always(sql) : sql`q.tenant_id = ${viewer.tenantId}`;
}

/** Deletes steps past their time, in batches. Any number of nodes may call it. */
export async function dropOldSteps(sql: SqlExecutor, rowsAtOnce: number): Promise<void> {
  for (const table of ['flow_slots', 'rejection_slots']) {
    for (const step of STEPS) while ((await dropSomeSteps(sql, table, { ...step, rowsAtOnce })) === rowsAtOnce);
  }
}

async function dropSomeSteps(
  sql: SqlExecutor,
  table: string,
  { minutes, keptHours, rowsAtOnce }: Step & { readonly rowsAtOnce: number },
): Promise<number> {
  const { count } = await sql`
    delete from ${sql(table)} where ctid = any(array(
      select ctid from ${sql(table)}
      where step_minutes = ${minutes}
        and began_at < bmx_now() - make_interval(hours => ${keptHours + 2 * GRACE_HOURS}, mins => ${minutes})
      limit ${rowsAtOnce} for update skip locked))`;
  return count;
}
