/**
 * What must hold of mail, counters, clocks and outages whatever has happened: looked up in the rows after each step of a life.
 */
import { expect } from 'bun:test';
import type { Death, World } from './outage-world.ts';

export interface Life {
  readonly world: World;
  /** Messages that were accepted. */
  readonly ids: string[];
  /** By message, the states that an operator's verb may have given it. */
  readonly ended: Map<string, Set<string>>;
  /** Of each recipient at the last look. */
  states: ReadonlyMap<string, string>;
  /** Destinations in an outage before the last sweep: what their primaries refuse ends nobody, nor in the trial behind it. */
  protectedIds: ReadonlySet<string>;
  isOwnTrouble: boolean;
}

interface Clock {
  id: string;
  is_failing: boolean;
  is_due: boolean;
  /** Not due before the sweep is over either. */
  is_early: boolean;
  is_paused: boolean;
  is_flush: boolean;
  outage_id: string | null;
  breaker: string;
  held: number;
}

async function readClocks({ db }: World): Promise<Clock[]> {
  return db.sql<Clock[]>`
    select d.id, first_failure_at is not null as is_failing, coalesce(next_attempt_at <= bmx_now(), true) as is_due,
      coalesce(next_attempt_at > bmx_now() + interval '30 seconds', false) as is_early,
      d.is_paused and coalesce(pause_from <= bmx_now(), true) and coalesce(pause_until > bmx_now(), true) as is_paused,
      flush_requested_at is not null as is_flush, outage_id, breaker,
      (select count(*) from messages m where m.destination_id = d.id)::int as held
    from destinations d order by name`;
}

interface Recipient {
  id: string;
  destinationId: string;
  key: string;
  state: string;
  /** It has ended, or would now, behind its lifetime. */
  isOld: boolean;
}

async function readRecipients({ db }: World): Promise<Recipient[]> {
  return db.sql<Recipient[]>`
    select h.id, h.destination_id as "destinationId", h.id || ' ' || (r ->> 'number') as key, r ->> 'state' as state,
      (r ->> 'endedAt')::timestamptz >= h.accepted_at + interval '240 hours' as "isOld"
    from history h cross join jsonb_array_elements(h.recipients) as r
    union all
    select m.id, m.destination_id, m.id || ' ' || r.number, r.state,
      coalesce(r.ended_at, bmx_now()) >= m.accepted_at + interval '240 hours'
    from recipients r join messages m on m.id = r.message_id`;
}

/** Host level: nobody gets a verdict. */
const AWAY: ReadonlySet<string> = new Set(['DOWN', 'SLOW', 'BUSY', 'BLOCKING', 'LOST']);

/** One sweep, which keeps to each destination's clock and pause. */
export async function sweepByRules(life: Life, death?: Death): Promise<void> {
  const { world } = life;
  const before = await readClocks(world);
  const dialledBefore = world.dials.length;
  life.protectedIds = new Set(
    before.filter((clock) => clock.outage_id !== null || clock.breaker === 'OPEN').map(({ id }) => id),
  );
  await world.sweep(death);
  const after = await readClocks(world);
  const hasRecovered = ({ id, outage_id: outageId }: Clock): boolean =>
    outageId !== null && after.every((clock) => clock.id !== id || clock.outage_id !== outageId);
  for (const clock of before) {
    const mode = world.modes.get(clock.id) ?? 'UP';
    const count = world.dials.slice(dialledBefore).filter(({ destinationId }) => destinationId === clock.id).length;
    const { is_failing: isFailing, is_due: isDue, is_early: isEarly, is_paused: isPaused, is_flush: isFlush } = clock;
    // They share a host: where it greets one of them again, the other need not wait for its slot.
    const isAdvanced = before.some((other) => other.id !== clock.id && hasRecovered(other));
    const isForbidden = !isFlush && (isPaused || (isEarly && !isAdvanced));
    const isProbe = (isFailing || isPaused) && (AWAY.has(mode) || death !== undefined);
    // Nothing before its time, one attempt per interval whatever is held, and no slot passed over.
    const most = isForbidden ? 0 : isProbe ? 1 : Number.POSITIVE_INFINITY;
    const least = isFailing && isDue && !isPaused && clock.held > 0 && mode !== 'DNS' ? 1 : 0;
    expect({ mode, clock, count, isKept: count >= least && count <= most }).toMatchObject({ isKept: true });
  }
}

export async function checkRules(life: Life): Promise<void> {
  expect(life.world.faults).toEqual([]);
  await checkRecipients(life);
  await checkCounters(life.world);
  await checkOutages(life.world);
}

/** Each accepted message is in one place; each recipient has one state, with a cause, and keeps it once it has ended. */
async function checkRecipients(life: Life): Promise<void> {
  const { world, ids, ended } = life;
  const places = await world.db.sql<{ id: string; count: number }[]>`
    select id, count(*)::int as count from (select id from messages union all select id from history) as place group by id`;
  expect(
    places
      .filter(({ count }) => count === 1)
      .map(({ id }) => id)
      .sort(),
  ).toEqual(ids.toSorted());
  const recipients = await readRecipients(world);
  for (const { id, destinationId, key, state, isOld } of recipients) {
    const taken = world.takes.get(key) ?? { count: 0, lost: 0 };
    const former = life.states.get(key) ?? 'HELD';
    const byVerb = ended.get(id)?.has(state) ?? false;
    const isFounded =
      former === state && state !== 'HELD'
        ? true
        : former === 'HELD' &&
          {
            HELD: taken.count === taken.lost,
            DELIVERED: taken.count > 0,
            FAILED: byVerb || (world.refusals.has(key) && !life.protectedIds.has(destinationId)),
            EXPIRED: isOld && !life.isOwnTrouble,
            CANCELLED: byVerb,
          }[state];
    // Twice only where a reply was lost.
    const isDoubled = taken.count - taken.lost > 1;
    expect({ key, former, state, taken, isFounded, isDoubled }).toMatchObject({ isFounded: true, isDoubled: false });
  }
  life.states = new Map(recipients.map(({ key, state }) => [key, state]));
  expect(life.states.size).toBe(recipients.length);
}

/** The counters are the rows; nothing is in anybody's hands between two sweeps, and nothing held lacks content or recipient. */
async function checkCounters({ db }: World): Promise<void> {
  const wrong = await db.sql`
    select d.name, d.held_count + coalesce(q.count, 0) as counted, d.held_bytes + coalesce(q.bytes, 0) as counted_bytes, m.*
    from destinations d
    left join (
      select destination_id, sum(held_count) as count, sum(held_bytes) as bytes from queue_delta group by 1
    ) as q on q.destination_id = d.id
    cross join lateral (
      select count(*) as rows, coalesce(sum(size_bytes), 0) as bytes, count(claimed_by) as claimed,
        count(*) filter (where not exists (select from contents c where c.message_id = messages.id)
          or not exists (select from recipients r where r.message_id = messages.id and r.state = 'HELD')) as empty
      from messages where destination_id = d.id
    ) as m
    where d.held_count + coalesce(q.count, 0) <> m.rows or d.held_bytes + coalesce(q.bytes, 0) <> m.bytes
      or m.claimed > 0 or m.empty > 0 or d.owner_node is not null`;
  expect([...wrong]).toEqual([]);
}

/** One outage at most is open at a destination, and it is the one that the destination names; its clock is on the grid. */
async function checkOutages({ db }: World): Promise<void> {
  const strays = await db.sql`
    select d.name, d.outage_id, o.id, o.class
    from destinations d full join outages o on o.destination_id = d.id and o.ended_at is null
    where (d.id is not null or o.ended_at is null) and d.outage_id is distinct from o.id`;
  expect([...strays]).toEqual([]);
  const off = await db.sql`
    select name, first_failure_at, next_attempt_at from destinations
    where (first_failure_at is null) <> (next_attempt_at is null) or (breaker <> 'OPEN'
      and next_attempt_at <> next_attempt(first_failure_at, next_attempt_at - interval '1 millisecond'))`;
  expect([...off]).toEqual([]);
}
