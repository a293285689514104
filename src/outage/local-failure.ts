/**
 * When most primaries fail at once, the fault is ours: our network, our address, our DNS.
 *
 * It begins when at least five next-hop hosts, each of another relay domain, have failed within minutes, and they are more
 * than the domains that were delivered to meanwhile. It ends when of those that failed at its beginning no such majority is left,
 * and at the latest after three days: hosts that are dead for good, while no other host is written to, must not keep all mail from
 * ending. Those that made it do not make another one.
 * Outages of the domains open as ever – they are facts, and their mail is tried again –, but nothing expires while it lasts,
 * and once it is over nothing does before another attempt (queue/finalize.ts). O(destinations).
 */
import type { Sql, SqlExecutor } from '../db/client.ts';
import { insertEvents } from '../events/record.ts';
import { OPERATOR_TENANT_ID } from '../mail/viewer.ts';
import type { MailEvents } from '../telemetry/events.ts';

/** Fewer hosts that fail at once are a coincidence. */
const FEWEST_HOSTS = 5;
const WITHIN = '10 minutes';
/** A failure that lasts longer than a long weekend is not ours. */
const LONGEST = '3 days';

export interface LocalFailure {
  /** Null while there is none. */
  readonly since: Date | null;
  /** This look found that it began, or ended. */
  readonly change: 'BEGAN' | 'ENDED' | null;
  /** Hosts that fail, domains that were delivered to. */
  readonly failingHosts: number;
  readonly workingDomains: number;
}

/** Judges, and logs a change. */
export async function checkLocalFailure(sql: Sql, events: MailEvents): Promise<LocalFailure> {
  const reading = await judgeLocalFailure(sql);
  const { change, failingHosts, workingDomains } = reading;
  if (change === 'BEGAN') events.serviceTroubleBegan({ failingHosts, workingDomains });
  if (change === 'ENDED') events.serviceTroubleEnded({ failingHosts, workingDomains });
  return reading;
}

/** Judges, and stores what changed; of several nodes one finds the change. */
export async function judgeLocalFailure(sql: Sql): Promise<LocalFailure> {
  const change = sql`
    select ${OPERATOR_TENANT_ID}::uuid, null::uuid, null::uuid,
      case when since is null then 'OWN_TROUBLE_ENDED' else 'OWN_TROUBLE_BEGAN' end,
      jsonb_build_object('failingHosts', hosts, 'workingDomains', domains)
    from changed, failures, working`;
  const [failure] = await sql<LocalFailure[]>`
    with presence as materialized (
      select own_trouble_since as since, least(own_trouble_since, bmx_now()) - ${WITHIN}::text::interval as begins
      from service_presence
    ), failing as materialized (
      -- One host that is dead for many domains is one; what cannot be looked up counts by its domain. A breaker is no trouble of ours.
      select max(d.first_failure_at) as failed_at
      from presence p, destinations d join outages o on o.id = d.outage_id
      where d.first_failure_at > p.begins and not (o.class = 'MISCONFIGURED' and d.breaker = 'OPEN')
        and (p.since is null or d.first_failure_at < p.since + ${WITHIN}::text::interval)
      group by coalesce(o.evidence -> -1 ->> 'address', d.name)
    ), failures as materialized (
      select count(*) as hosts,
        (select failed_at from failing order by failed_at desc offset ${FEWEST_HOSTS - 1} limit 1) as failed_at
      from failing
    ), working as materialized (
      -- Since the first of the last few failures: what was delivered before tells nothing.
      select count(*) as domains from presence p, failures f, destinations d
      where d.kind = 'RELAY' and d.first_failure_at is null and d.last_attempt_at > coalesce(p.since, f.failed_at)
    ), verdict as (
      select hosts >= ${FEWEST_HOSTS} and hosts > domains and coalesce(p.since > bmx_now() - ${LONGEST}::text::interval, true) as is_ours
      from presence p, failures, working
    ), changed as (
      update service_presence s
      set own_trouble_since = case when v.is_ours then bmx_now() end,
          -- Everybody gets an attempt before anything expires.
          resumed_at = case when v.is_ours then s.resumed_at else bmx_now() end
      from verdict v where v.is_ours <> (s.own_trouble_since is not null)
      returning s.own_trouble_since as since
    ), recorded as (
      ${insertEvents(sql, change)}
    )
    select case when exists (select from changed) then (select since from changed) else p.since end as since,
      (select case when since is null then 'ENDED' else 'BEGAN' end from changed) as change,
      hosts as "failingHosts", domains as "workingDomains"
    from presence p, failures, working`;
  if (failure === undefined) throw new Error('service_presence has no row');
  return failure;
}

/** Since when it lasts; null while there is none. */
export async function readLocalFailureSince(sql: SqlExecutor): Promise<Date | null> {
  const [row] = await sql<{ since: Date | null }[]>`select own_trouble_since as since from service_presence`;
  return row?.since ?? null;
}
