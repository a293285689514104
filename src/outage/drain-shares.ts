/**
 * Shares of a destination's sessions that its owner grants to other nodes, as rows (decisions/0013).
 *
 * Promises: only the owner grants; a share is in force only while its owner owns the destination and renews it, and while the
 * destination is neither failing, paused, held by an open breaker, nor capped; `heldSessions` is never less than what its
 * helper has open, so the owner that leaves those alone stays within its total. Leases run on the database's own clock, as the
 * liveness of nodes does. Decides nothing: who grants what is delivery/shares.ts.
 */
import type { Sql, SqlExecutor } from '../db/client.ts';
import type { SqlFragment } from '../db/fragments.ts';
import { isPausedNow } from '../domains/pause.ts';
import type { Owner } from './owner.ts';

/** The owner renews every second; a helper that hears of no renewal stops after this. */
const LEASE_SECONDS = 10;
/** A node that has not taken its share up by then does not deliver: it is held, or its program knows of no shares. */
const TAKE_UP_SECONDS = 10;

/** On the destination's row `d`: nothing forbids that several nodes deliver there. */
function isOpen(sql: SqlExecutor): SqlFragment {
  return sql`(d.first_failure_at is null and d.breaker <> 'OPEN' and d.drain_per_minute is null and not ${isPausedNow(sql)})`;
}

/** A share with its row `s`, and the destination's row `d`. */
function isInForce(sql: SqlExecutor): SqlFragment {
  return sql`(s.sessions > 0 and s.expires_at > clock_timestamp() and s.owner_epoch = d.owner_epoch and ${isOpen(sql)})`;
}

/** In the where-clause of a claim: the holder's share of the destination is in force. */
export function hasShareInForce(sql: SqlExecutor, destinationId: string, holder: Owner): SqlFragment {
  return sql`exists (select from drain_shares s join destinations d on d.id = s.destination_id
    where s.destination_id = ${destinationId} and s.epoch = ${holder.epoch} and s.is_taken and ${isInForce(sql)})`;
}

// ------------------------------------------------------------------------------------------------------------- the owner

/** Another node that lives and delivers, and its share if it has one. */
export interface Helper extends Owner {
  readonly share: {
    readonly sessions: number;
    readonly heldSessions: number;
    /** Sessions that the host refused, dropped or let time out, since the share was taken up. */
    readonly refusalCount: number;
    /** Messages that came to a verdict, likewise. */
    readonly judgedCount: number;
    /** Given back for trouble, or not taken up in time. */
    readonly isSpurned: boolean;
  } | null;
}

export interface DrainState {
  /** The service's time of this reading, in milliseconds. */
  readonly nowMs: number;
  readonly heldCount: number;
  /** Nothing forbids that other nodes deliver here. */
  readonly isOpen: boolean;
  /** In the order of their places. */
  readonly helpers: readonly Helper[];
}

/** What the owner has to know for granting; null when it is not the owner. O(nodes + deltas). */
export async function readDrain(sql: Sql, destinationId: string, owner: Owner): Promise<DrainState | null> {
  const rows = await sql<
    {
      now_ms: number;
      held_count: number;
      is_open: boolean;
      node: number | null;
      epoch: number | null;
      sessions: number | null;
      held_sessions: number;
      refusal_count: number;
      judged_count: number;
      is_spurned: boolean;
    }[]
  >`
    select (extract(epoch from bmx_now()) * 1000)::float8 as now_ms, (d.held_count + coalesce((
        select sum(q.held_count) from queue_delta q where q.destination_id = d.id), 0))::bigint as held_count,
      ${isOpen(sql)} as is_open, h.*
    from destinations d left join lateral (
      select n.node, n.epoch, s.sessions, s.held_sessions, s.refusal_count, s.judged_count,
        s.is_declined or (not s.is_taken and s.granted_at < clock_timestamp() - make_interval(secs => ${TAKE_UP_SECONDS})) as is_spurned
      from nodes n left join drain_shares s on s.destination_id = d.id and s.epoch = n.epoch
      where n.epoch <> ${owner.epoch} and (s.epoch is not null
        or ('delivery' = any(n.roles) and n.beat_at > clock_timestamp() - make_interval(secs => ${LEASE_SECONDS})))
    ) h on true
    where d.id = ${destinationId} and d.owner_node = ${owner.node} and d.owner_epoch = ${owner.epoch}
    order by h.node`;
  const [first] = rows;
  if (first === undefined) return null;
  const helpers = rows.flatMap((row): Helper[] => {
    const { node, epoch, sessions } = row;
    if (node === null || epoch === null) return [];
    if (sessions === null) return [{ node, epoch, share: null }];
    const { held_sessions: heldSessions, refusal_count: refusalCount, judged_count: judgedCount } = row;
    return [{ node, epoch, share: { sessions, heldSessions, refusalCount, judgedCount, isSpurned: row.is_spurned } }];
  });
  return { nowMs: first.now_ms, heldCount: first.held_count, isOpen: first.is_open, helpers };
}

export interface Grant extends Owner {
  /** 0 withdraws. */
  readonly sessions: number;
}

/** Grants, renews, changes and withdraws, and forgets shares in nobody's hands. Nothing happens when it is not the owner. */
export async function grantShares(
  sql: Sql,
  destinationId: string,
  owner: Owner,
  grants: readonly Grant[],
): Promise<void> {
  await sql`
    with destination as materialized (
      select id, tenant_id, owner_epoch from destinations
      where id = ${destinationId} and owner_node = ${owner.node} and owner_epoch = ${owner.epoch}
    ), forgotten as (
      delete from drain_shares s using destination d
      where s.destination_id = d.id and (s.epoch = ${owner.epoch} or s.is_declined
        or not exists (select from nodes n where n.epoch = s.epoch)
        or (not s.is_taken and (s.sessions = 0 or s.granted_at < clock_timestamp() - make_interval(secs => ${TAKE_UP_SECONDS}))))
      returning s.epoch
    )
    insert into drain_shares (destination_id, tenant_id, node, epoch, owner_epoch, sessions, held_sessions, expires_at)
    select d.id, d.tenant_id, g.node, g.epoch, d.owner_epoch, g.sessions, g.sessions,
      clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})
    from destination d, unnest(${grants.map(({ node }) => node)}::integer[], ${grants.map(({ epoch }) => epoch)}::bigint[],
      ${grants.map(({ sessions }) => sessions)}::integer[]) as g (node, epoch, sessions)
    where not exists (select from forgotten f where f.epoch = g.epoch)
    on conflict (destination_id, epoch) do update
    set sessions = excluded.sessions, held_sessions = greatest(drain_shares.held_sessions, excluded.sessions),
        owner_epoch = excluded.owner_epoch, expires_at = excluded.expires_at`;
}

/** Withdraws all that is granted at a destination. */
export async function withdrawShares(sql: Sql, destinationId: string, owner: Owner): Promise<void> {
  await sql`
    with forgotten as (
      delete from drain_shares where destination_id = ${destinationId} and owner_epoch = ${owner.epoch} and not is_taken
    )
    update drain_shares set sessions = 0
    where destination_id = ${destinationId} and owner_epoch = ${owner.epoch} and is_taken and sessions > 0`;
}

// ------------------------------------------------------------------------------------------------------------ the helper

/** What a helper may do: so many sessions, for so long if it hears nothing more. */
export interface ShareTerms {
  readonly sessions: number;
  readonly forMs: number;
}

/**
 * Takes up the share that is granted here; null when none is in force. Only by the one hand of a node at a destination: a
 * share that was taken up before and is void is what an earlier hand could not give back, and goes.
 */
export async function takeShare(sql: Sql, destinationId: string, holder: Owner): Promise<ShareTerms | null> {
  const [row] = await sql<ShareTerms[]>`
    with taken as (
      update drain_shares s set is_taken = true, refusal_count = 0, judged_count = 0
      from destinations d
      where s.destination_id = ${destinationId} and s.epoch = ${holder.epoch} and not s.is_declined
        and d.id = s.destination_id and ${isInForce(sql)}
      returning s.sessions, s.expires_at
    ), left_over as (
      delete from drain_shares s
      where s.destination_id = ${destinationId} and s.epoch = ${holder.epoch} and s.is_taken and not s.is_declined
        and not exists (select from taken)
    )
    select sessions, (extract(epoch from expires_at - clock_timestamp()) * 1000)::float8 as "forMs" from taken`;
  return row ?? null;
}

export interface ShareReport {
  /** Sessions that are open, or may be opened before the answer to this is heard. */
  readonly heldSessions: number;
  readonly refusalCount: number;
  readonly judgedCount: number;
  /** Of the attempts under way. */
  readonly routeGeneration: number;
}

/** The helper tells what it holds, and hears what it may do from now on; null: wind up. */
export async function keepShare(
  sql: Sql,
  destinationId: string,
  holder: Owner,
  report: ShareReport,
): Promise<ShareTerms | null> {
  const [row] = await sql<(ShareTerms & { is_in_force: boolean })[]>`
    update drain_shares s
    set held_sessions = greatest(s.sessions, ${report.heldSessions}::integer),
        refusal_count = ${report.refusalCount}, judged_count = ${report.judgedCount}
    from destinations d
    where s.destination_id = ${destinationId} and s.epoch = ${holder.epoch} and d.id = s.destination_id
    returning s.sessions, (extract(epoch from s.expires_at - clock_timestamp()) * 1000)::float8 as "forMs",
      ${isInForce(sql)} and d.route_generation = ${report.routeGeneration}::integer as is_in_force`;
  return row?.is_in_force === true ? { sessions: row.sessions, forMs: row.forMs } : null;
}

/** Gives a share back, all its sessions closed. Declined: the host was in trouble, and the owner is to know. */
export async function endShare(sql: Sql, destinationId: string, holder: Owner, isDeclined: boolean): Promise<void> {
  if (isDeclined) {
    await sql`
      update drain_shares set sessions = 0, held_sessions = 0, is_declined = true, refusal_count = refusal_count + 1
      where destination_id = ${destinationId} and epoch = ${holder.epoch}`;
  } else {
    await sql`delete from drain_shares where destination_id = ${destinationId} and epoch = ${holder.epoch}`;
  }
}
