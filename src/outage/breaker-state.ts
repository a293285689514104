/**
 * Keeps the state of a destination's breaker: what deliveries and callouts have shown moves it by the rules of breaker.ts; a
 * person's decision and the time that ends a trial close it.
 *
 * Promises: in the caller's transaction, under the destination's row lock, so that several nodes count together; an event for
 * every step, and one for each group of newly suspected recipients with at most twenty of them; what is counted is read from
 * those events, so it survives a restart. An opened breaker stands beside an outage of the class MISCONFIGURED. Destinations
 * of our own reports have no breaker. While CLOSED, `breaker_since` is the beginning of a row of refusals.
 */
import type { Sql, SqlExecutor, TransactionSql } from '../db/client.ts';
import { tenantScope } from '../db/fragments.ts';
import { insertEvents, recordEvent } from '../events/record.ts';
import type { Viewer } from '../mail/viewer.ts';
import { askedNow, isPausedNow } from './pause.ts';
import { type BreakerState, closeBreaker, type Evidence, isTrialOver, nextBreakerState } from './breaker.ts';
import type { Evidence as OutageEvidence, OutageClass } from './class.ts';
import { type ClosedOutage, closeOutages, heldNow, openOrUpdate } from './lifecycle.ts';

/** A recipient that was refused, for the first time or again in a trial. */
export interface NewRefusal {
  /** The mailbox in its one form. */
  readonly mailbox: string;
  readonly isKnownGood: boolean;
  /** Verbatim. */
  readonly reply: string;
}

export interface BreakerFeed {
  readonly destinationId: string;
  readonly source: 'DELIVERY' | 'CALLOUT';
  /** Messages of which somebody was taken. A callout's yes is one. */
  readonly takenCount: number;
  /** Messages without an accepted recipient, with a rejected one. */
  readonly refusedCount: number;
  readonly refusals: readonly NewRefusal[];
}

export interface BreakerStep {
  readonly from: BreakerState;
  readonly to: BreakerState;
  /** A trial was over before this step, which is a second one. */
  readonly isAfterTrial: boolean;
  /** The reply that opened a breaker which has just opened, verbatim. */
  readonly reply: string | null;
  /** The outage that was opened with it. */
  readonly openedOutageId: string | null;
  /** The class of the outage that was open already, if it was another one. */
  readonly formerClass: OutageClass | null;
}

/** More callouts than the probe budget allows in an hour. */
const MOST_FORGOTTEN = 5000;
/** Samples in one event; more than any rule counts. */
const MOST_SAMPLES = 20;
/** Events that are looked at: as many groups of refusals as fit into the time of any rule are more than its count. */
const MOST_EVENTS = 200;

interface BreakerRow {
  tenant_id: string;
  kind: 'RELAY' | 'INTERNAL';
  breaker: BreakerState;
  breaker_since: string | null;
  trial_count: number;
  outage_id: string | null;
  is_trial_over: boolean;
  is_trial_outdated: boolean;
  now: string;
  window_began: string;
}

/** Null when nothing has changed. */
export async function feedBreaker(sql: TransactionSql, feed: BreakerFeed): Promise<BreakerStep | null> {
  const { destinationId, refusals } = feed;
  const [row] = await sql<BreakerRow[]>`
    select d.tenant_id, d.kind, d.breaker, d.breaker_since::text, d.trial_count, d.outage_id,
      ${isTrialOver(sql)} as is_trial_over, bmx_now()::text as now,
      d.breaker = 'TRIAL' and coalesce((select o.started_at > d.breaker_since from outages o where o.id = d.outage_id), false)
        as is_trial_outdated,
      greatest(d.breaker_since, bmx_now() - interval '10 minutes')::text as window_began
    from destinations d where d.id = ${destinationId} for update`;
  if (row === undefined || row.kind !== 'RELAY') return null;
  if (refusals.length > 0) await recordSuspicions(sql, row.tenant_id, feed);
  if (row.is_trial_over) await closeTrial(sql, destinationId, row);
  // Another outage has begun and ended meanwhile: a whole trial runs after it.
  const isOver = row.is_trial_over || row.is_trial_outdated;
  const current: BreakerRow = isOver ? { ...row, breaker: 'CLOSED', breaker_since: null, window_began: row.now } : row;
  const evidence = await gatherEvidence(sql, current, feed);
  const to = nextBreakerState(evidence);
  await move(sql, { current, feed, to });
  /** As the record has it. */
  const recorded = row.is_trial_over ? 'CLOSED' : row.breaker;
  // A trial that is over may be followed by another one at once.
  const from = row.breaker === to ? recorded : row.breaker;
  if (from === to) return null;
  const reply = to === 'OPEN' ? openingReply(refusals) : null;
  const opened = reply === null ? NOT_OPENED : await open(sql, feed, reply);
  if (to === 'OPEN') await forgetLateRefusals(sql, destinationId);
  if (to !== 'OPEN' && recorded !== to) await recordStep(sql, current.tenant_id, { destinationId, to });
  return { from, to, isAfterTrial: row.is_trial_over && to !== 'CLOSED', reply, ...opened };
}

/** The same in a transaction of its own, where nothing needs to be stored with it. */
export async function feedBreakerAlone(sql: Sql, feed: BreakerFeed): Promise<BreakerStep | null> {
  return await sql.begin((transaction) => feedBreaker(transaction, feed));
}

async function gatherEvidence(sql: TransactionSql, current: BreakerRow, feed: BreakerFeed): Promise<Evidence> {
  const { breaker, outage_id: outageId, trial_count: trialCount, breaker_since: since } = current;
  const { refusals, takenCount, refusedCount } = feed;
  const known = refusals.filter(({ isKnownGood }) => isKnownGood);
  const isInTrial = breaker === 'TRIAL';
  const begin = isInTrial ? (since ?? current.now) : current.window_began;
  // The end of an outage begins anew.
  const hasPast = (isInTrial || (breaker === 'CLOSED' && outageId === null)) && since !== null && refusals.length > 0;
  const seen = hasPast ? await readRefusals(sql, feed.destinationId, begin) : summarize([factsOf(feed)]);
  return {
    state: breaker,
    hasOutage: outageId !== null,
    takenCount: Math.max(0, (isInTrial ? Math.abs(trialCount) : 0) + takenCount + refusedCount - seen.messageCount),
    takenNow: feed.source === 'CALLOUT' && breaker === 'OPEN' ? 0 : takenCount,
    judgedNow: takenCount + refusedCount,
    refusedNow: new Set(known.map(({ mailbox }) => mailbox)).size,
    refusedMailboxes: seen.mailboxes.size,
    refusedKnownGood: seen.knownGood.size,
  };
}

interface SuspicionFacts {
  readonly source: 'DELIVERY' | 'CALLOUT';
  /** Recipients newly suspected, and how many of them are known good. */
  readonly count: number;
  readonly knownGoodCount: number;
  /** Messages without an accepted recipient. */
  readonly messageCount: number;
  /** The first few, those known good before the others. */
  readonly recipients: readonly NewRefusal[];
}

function factsOf({ source, refusals, refusedCount }: BreakerFeed): SuspicionFacts {
  const mailboxes = new Map(refusals.map((refusal) => [refusal.mailbox, refusal]));
  const distinct = [...mailboxes.values()].sort((a, b) => Number(b.isKnownGood) - Number(a.isKnownGood));
  return {
    source,
    count: refusals.length,
    knownGoodCount: refusals.filter(({ isKnownGood }) => isKnownGood).length,
    messageCount: refusedCount,
    recipients: distinct.slice(0, MOST_SAMPLES),
  };
}

async function recordSuspicions(sql: SqlExecutor, tenantId: string, feed: BreakerFeed): Promise<void> {
  const { destinationId } = feed;
  await recordEvent(sql, {
    tenantId,
    destinationId,
    messageId: null,
    kind: 'RECIPIENT_SUSPECTED',
    facts: { ...factsOf(feed) },
  });
}

/** Reads what was rejected since then, from the events. Their ids follow real time, which is never ahead of the service's. */
async function readRefusals(sql: SqlExecutor, destinationId: string, since: string) {
  const rows = await sql<{ facts: SuspicionFacts }[]>`
    select facts from events
    where destination_id = ${destinationId} and kind = 'RECIPIENT_SUSPECTED' and at >= ${since}::text::timestamptz
      and id >= uuid_floor(clock_timestamp() - (bmx_now() - ${since}::text::timestamptz) - interval '1 second')
    order by destination_id desc, id desc limit ${MOST_EVENTS}`;
  return summarize(rows.map(({ facts }) => facts));
}

function summarize(groups: readonly SuspicionFacts[]) {
  const refusals = groups.flatMap(({ recipients }) => recipients);
  return {
    mailboxes: new Set(refusals.map(({ mailbox }) => mailbox)),
    knownGood: new Set(refusals.filter(({ isKnownGood }) => isKnownGood).map(({ mailbox }) => mailbox)),
    messageCount: groups.reduce((sum, { messageCount }) => sum + messageCount, 0),
  };
}

function openingReply(refusals: readonly NewRefusal[]): string {
  return (refusals.find(({ isKnownGood }) => isKnownGood) ?? refusals[0])?.reply ?? '[refused]';
}

/** Writes what follows, but for an opening. */
async function move(
  sql: SqlExecutor,
  { current, feed, to }: { current: BreakerRow; feed: BreakerFeed; to: BreakerState },
): Promise<void> {
  const { destinationId, takenCount, refusedCount, refusals } = feed;
  const { breaker: from, breaker_since: since, now } = current;
  const judged = takenCount + refusedCount;
  if (to === 'OPEN') return;
  if (to === 'TRIAL') {
    const isNew = from !== 'TRIAL';
    if (!isNew && judged === 0) return;
    await sql`
      update destinations
      set breaker = 'TRIAL', breaker_since = case when ${isNew} then ${now}::text::timestamptz else breaker_since end,
          trial_count = case when ${isNew} then ${judged}::integer else abs(trial_count) + ${judged}::integer end
            * case when ${takenCount > 0} or (not ${isNew} and trial_count > 0) then 1 else -1 end
      where id = ${destinationId}`;
    return;
  }
  const isKnownGood = refusals.some((refusal) => refusal.isKnownGood);
  const row = takenCount > 0 ? null : isKnownGood ? (since ?? now) : since;
  if (from === 'CLOSED' && row === since) return;
  await sql`
    update destinations
    set breaker = 'CLOSED', breaker_since = ${row}::text::timestamptz, breaker_reply = null, trial_count = 0
    where id = ${destinationId}`;
}

async function closeTrial(sql: SqlExecutor, destinationId: string, { tenant_id: tenantId }: BreakerRow): Promise<void> {
  await sql`update destinations set ${closeBreaker(sql)} where id = ${destinationId}`;
  await recordStep(sql, tenantId, { destinationId, to: 'CLOSED' });
}

async function recordStep(
  sql: SqlExecutor,
  tenantId: string,
  { destinationId, to }: { destinationId: string; to: 'CLOSED' | 'TRIAL' },
): Promise<void> {
  await recordEvent(sql, { tenantId, destinationId, messageId: null, kind: `BREAKER_${to}`, facts: {} });
}

/** Each reply once, in a session that was greeted. */
function evidenceOf(refusals: readonly NewRefusal[]): OutageEvidence[] {
  const replies = new Set(refusals.map(({ reply }) => reply));
  const greeted = { trouble: null, host: null, address: null, latencyMs: 0, isGreeted: true };
  return [...replies].map((reply) => ({ ...greeted, reply }));
}

/** Forgets what callouts heard in the hour before it opened: that proves no more than what opened it. Nodes remember for a minute. */
async function forgetLateRefusals(sql: SqlExecutor, destinationId: string): Promise<void> {
  await sql`
    with late as (
      select destination_id, local_part from recipient_answers
      where destination_id = ${destinationId} and answer = 'NEGATIVE' and answered_at > bmx_now() - interval '1 hour'
      order by destination_id, local_part limit ${MOST_FORGOTTEN} for update skip locked
    )
    update recipient_answers r set answer = null, answered_at = null, refresh_at = null, expires_at = null, suspected_at = null
    from late where r.destination_id = late.destination_id and r.local_part = late.local_part`;
}

type Opened = Pick<BreakerStep, 'openedOutageId' | 'formerClass'>;

const NOT_OPENED: Opened = { openedOutageId: null, formerClass: null };

/** Opens it, and an outage if none is open: the next attempt comes in an hour. */
async function open(sql: SqlExecutor, { destinationId, refusals }: BreakerFeed, reply: string): Promise<Opened> {
  const updated = await openOrUpdate(sql, {
    destinationId,
    startedAt: sql`bmx_now()`,
    outageClass: sql`'MISCONFIGURED'::text`,
    reply,
    evidence: evidenceOf(refusals),
    isAttempt: false,
    changes: sql`
      breaker = 'OPEN', breaker_since = bmx_now(), breaker_reply = ${reply}, trial_count = 0, last_reply = ${reply},
      first_failure_at = coalesce(d.first_failure_at, bmx_now()), next_attempt_at = bmx_now() + interval '1 hour',`,
    alsoRecord: sql`
      select tenant_id, before.id, null::uuid, 'BREAKER_OPENED',
        jsonb_build_object('outageId', outage.id, 'class', class, 'reply', ${reply}::text)
      from before, outage`,
  });
  if (updated === null) return NOT_OPENED;
  const { openedOutageId, formerClass } = updated;
  return { openedOutageId, formerClass };
}

export interface BreakerReleased {
  /** The outage that stood for the breaker, if it was open. */
  readonly closedOutage: ClosedOutage | null;
}

/**
 * Closes a breaker that is open or in trial, because a person says so; null if it is neither, or not the viewer's. What is
 * suspected stays so. With an open breaker the outage that stands for it ends, and its clock stops; one of another class goes on.
 */
export async function releaseBreaker(sql: Sql, viewer: Viewer, destinationId: string): Promise<BreakerReleased | null> {
  return sql.begin(async (transaction) => {
    const [row] = await transaction`
      select from destinations
      where id = ${destinationId} and breaker <> 'CLOSED' and ${tenantScope(transaction, viewer)}
      for update`;
    if (row === undefined) return null;
    const [closedOutage = null] = await closeOutages(transaction, {
      which: transaction`
        select d.id, d.tenant_id, d.name, d.breaker, o.id as outage_id, ${heldNow(transaction)} as held_count, false as begins_trial
        from destinations d left join outages o on o.id = d.outage_id and o.class = 'MISCONFIGURED' and d.breaker = 'OPEN'
        where d.id = ${destinationId}`,
      // An outage of another class goes on, on its grid: the hour of an open breaker does not stand.
      changes: transaction`
        ${closeBreaker(transaction)},
        first_failure_at = case when before.outage_id is null then d.first_failure_at end,
        next_attempt_at = case when before.outage_id is not null then null
          when before.breaker = 'OPEN' then next_attempt(d.first_failure_at, bmx_now()) else d.next_attempt_at end,
        outage_id = case when before.outage_id is null then d.outage_id end,
        probe_cursor = case when before.outage_id is null then d.probe_cursor end,
        -- All that is held goes at once, the suspected too, which would wait for a slot of their own. A pause is another decision.
        ${askedNow(transaction, transaction`true`, transaction`not ${isPausedNow(transaction)}`)}`,
      reason: 'the breaker was released',
      alsoRecord: transaction`
        select tenant_id, id, null::uuid, 'BREAKER_CLOSED', jsonb_build_object('reason', 'released', 'from', breaker) from before`,
    });
    return { closedOutage };
  });
}

/** Closes the trials whose time is over; those with traffic close with it. Returns the names of their destinations. */
export async function closeTrials(sql: SqlExecutor): Promise<string[]> {
  const events = sql`select tenant_id, id, null::uuid, 'BREAKER_CLOSED', '{}'::jsonb from over`;
  const rows = await sql<{ name: string }[]>`
    with over as (
      select d.id, d.tenant_id, d.name from destinations d where ${isTrialOver(sql)} for update skip locked
    ), recorded as (
      ${insertEvents(sql, events)}
    )
    update destinations d set ${closeBreaker(sql)} from over where d.id = over.id
    returning d.name`;
  return rows.map(({ name }) => name);
}
