/**
 * Tells a destination's breaker what deliveries and callouts have shown, and moves it by the rules of breaker.ts.
 *
 * Promises: in the caller's transaction, under the destination's row lock, so that several nodes count together; an event for
 * every step, and one for each group of newly suspected recipients with at most twenty of them; what is counted is read from
 * those events, so it survives a restart. An opened breaker stands beside an outage of the class MISCONFIGURED. Destinations
 * of our own reports have no breaker. While CLOSED, `breaker_since` is the beginning of a row of refusals.
 */
import type { Sql, SqlExecutor, TransactionSql } from '../db/client.ts';
import { newId } from '../mail/id.ts';
import { boundEvidence, type Evidence as OutageEvidence, type OutageClass } from './class.ts';
import { atNow, mergedEvidence } from './evidence.ts';
import { type BreakerState, type Evidence, isTrialOver, nextBreakerState } from './breaker.ts';

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
  /** Messages of which nobody was taken and somebody so refused. */
  readonly refusedCount: number;
  readonly refusals: readonly NewRefusal[];
}

export interface BreakerStep {
  readonly from: BreakerState;
  readonly to: BreakerState;
  /** Of a breaker that has just opened: what opened it, verbatim. */
  readonly reply: string | null;
  /** The outage that was opened with it. */
  readonly openedOutageId: string | null;
  /** Of the outage that stood already, when it was another one. */
  readonly formerClass: OutageClass | null;
}

/** More callouts than the probe budget allows in an hour. */
const MOST_FORGOTTEN = 5000;
/** Samples in one event; more than any rule counts. */
const MOST_SAMPLES = 20;
/** Events that are looked at: as many groups of refusals as fit into the time of any rule are more than its count. */
const MOST_EVENTS = 200;

interface Standing {
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
  const [row] = await sql<Standing[]>`
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
  const standing: Standing = isOver ? { ...row, breaker: 'CLOSED', breaker_since: null, window_began: row.now } : row;
  const evidence = await gatherEvidence(sql, standing, feed);
  const to = nextBreakerState(evidence);
  await move(sql, { standing, feed, to });
  const from = row.breaker;
  if (from === to) return null;
  const reply = to === 'OPEN' ? openingReply(refusals) : null;
  const opened = reply === null ? NOT_OPENED : await open(sql, { standing, feed, reply });
  if (to === 'OPEN') await forgetLateRefusals(sql, destinationId);
  if (to !== 'OPEN' && standing.breaker !== to) await recordStep(sql, standing.tenant_id, { destinationId, to });
  return { from, to, reply, ...opened };
}

/** The same in a transaction of its own, where nothing needs to be stored with it. */
export async function feedBreakerAlone(sql: Sql, feed: BreakerFeed): Promise<BreakerStep | null> {
  return await sql.begin((transaction) => feedBreaker(transaction, feed));
}

async function gatherEvidence(sql: TransactionSql, standing: Standing, feed: BreakerFeed): Promise<Evidence> {
  const { breaker, outage_id: outageId, trial_count: trialCount, breaker_since: since } = standing;
  const { refusals, takenCount, refusedCount } = feed;
  const known = refusals.filter(({ isKnownGood }) => isKnownGood);
  const isInTrial = breaker === 'TRIAL';
  const begin = isInTrial ? (since ?? standing.now) : standing.window_began;
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
  /** Messages of which nobody was taken. */
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
  await sql`
    insert into events (id, tenant_id, destination_id, kind, facts)
    values (${newId()}, ${tenantId}, ${feed.destinationId}, 'RECIPIENT_SUSPECTED',
            ${JSON.stringify(factsOf(feed))}::text::jsonb)`;
}

/** What was refused since then, by the events. Their ids follow real time, which the service's never lags behind. */
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
  { standing, feed, to }: { standing: Standing; feed: BreakerFeed; to: BreakerState },
): Promise<void> {
  const { destinationId, takenCount, refusedCount, refusals } = feed;
  const { breaker: from, breaker_since: since, now } = standing;
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

async function closeTrial(sql: SqlExecutor, destinationId: string, { tenant_id: tenantId }: Standing): Promise<void> {
  await sql`
    update destinations set breaker = 'CLOSED', breaker_since = null, breaker_reply = null, trial_count = 0
    where id = ${destinationId}`;
  await recordStep(sql, tenantId, { destinationId, to: 'CLOSED' });
}

async function recordStep(
  sql: SqlExecutor,
  tenantId: string,
  { destinationId, to }: { destinationId: string; to: 'CLOSED' | 'TRIAL' },
): Promise<void> {
  await sql`
    insert into events (id, tenant_id, destination_id, kind)
    values (${newId()}, ${tenantId}, ${destinationId}, ${to === 'TRIAL' ? 'BREAKER_TRIAL' : 'BREAKER_CLOSED'})`;
}

/** Each reply once, in a session that was greeted. */
function evidenceOf(refusals: readonly NewRefusal[]): OutageEvidence[] {
  const replies = new Set(refusals.map(({ reply }) => reply));
  return boundEvidence(
    [...replies].map((reply) => ({ trouble: null, host: null, address: null, reply, latencyMs: 0, isGreeted: true })),
  );
}

/** What callouts heard in the hour before it opened proves no more than what opened it. Memories of nodes are a minute old at most. */
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

/** Opens it, and an outage where none stands: the next attempt comes in an hour. */
async function open(
  sql: SqlExecutor,
  { standing, feed, reply }: { standing: Standing; feed: BreakerFeed; reply: string },
): Promise<Opened> {
  const { destinationId } = feed;
  const { tenant_id: tenantId, outage_id: outageId } = standing;
  const openedId = outageId === null ? newId() : null;
  const evidence = evidenceOf(feed.refusals);
  let formerClass: OutageClass | null = null;
  if (openedId === null) {
    const [row] = await sql<{ class: OutageClass }[]>`
      with before as (
        select id, class from outages where id = ${outageId} for update
      ), met as (
        select ${atNow(sql, evidence)} as evidence
      ), told as (
        insert into events (id, tenant_id, destination_id, kind, facts)
        select ${newId()}::uuid, ${tenantId}::uuid, ${destinationId}::uuid, 'OUTAGE_RECLASSIFIED',
          jsonb_build_object('outageId', id, 'class', 'MISCONFIGURED', 'formerClass', class, 'reply', ${reply}::text)
        from before where class <> 'MISCONFIGURED'
      )
      update outages o set class = 'MISCONFIGURED', last_reply = ${reply}, evidence = ${mergedEvidence(sql)}
      from before, met where o.id = before.id
      returning before.class`;
    if (row !== undefined && row.class !== 'MISCONFIGURED') formerClass = row.class;
  } else {
    await sql`
      insert into outages (id, tenant_id, destination_id, started_at, class, last_reply, evidence)
      values (${openedId}, ${tenantId}, ${destinationId}, bmx_now(), 'MISCONFIGURED', ${reply}, ${atNow(sql, evidence)})`;
  }
  const facts = { outageId: openedId ?? outageId, class: 'MISCONFIGURED', reply };
  await sql`
    insert into events (id, tenant_id, destination_id, kind, facts)
    select id, ${tenantId}, ${destinationId}, kind, ${JSON.stringify(facts)}::text::jsonb
    from (values (${newId()}::uuid, 'BREAKER_OPENED'), (${newId()}::uuid, 'OUTAGE_OPENED')) as told (id, kind)
    where kind = 'BREAKER_OPENED' or ${openedId !== null}`;
  await sql`
    update destinations
    set breaker = 'OPEN', breaker_since = bmx_now(), breaker_reply = ${reply}, trial_count = 0, last_reply = ${reply},
        first_failure_at = coalesce(first_failure_at, bmx_now()), next_attempt_at = bmx_now() + interval '1 hour',
        outage_id = coalesce(outage_id, ${openedId}::uuid)
    where id = ${destinationId}`;
  return { openedOutageId: openedId, formerClass };
}
