/**
 * MTA-STS policies of recipient domains, kept for all nodes and over restarts until their max_age is over (RFC 8461 §3.3).
 */
import type { Sql } from '../db/client.ts';

/** A policy that still holds. */
export interface StsPolicyRow {
  readonly id: string;
  readonly mode: 'enforce' | 'testing' | 'none';
  readonly mx: readonly string[];
  readonly ageSeconds: number;
  readonly leftSeconds: number;
}

export async function loadStsPolicy(sql: Sql, domain: string): Promise<StsPolicyRow | null> {
  const [policy] = await sql<StsPolicyRow[]>`
    select policy_id as id, mode, mx, extract(epoch from bmx_now() - fetched_at)::float8 as "ageSeconds",
      extract(epoch from expires_at - bmx_now())::float8 as "leftSeconds"
    from mta_sts_policies where domain = ${domain} and expires_at > bmx_now()`;
  return policy ?? null;
}

export async function saveStsPolicy(
  sql: Sql,
  input: { domain: string; id: string; mode: StsPolicyRow['mode']; mx: readonly string[]; maxAgeSeconds: number },
): Promise<void> {
  const { domain, id, mode, mx, maxAgeSeconds } = input;
  await sql`
    insert into mta_sts_policies (domain, policy_id, mode, mx, fetched_at, expires_at)
    values (${domain}, ${id}, ${mode}, ${[...mx]}::text[], bmx_now(), bmx_now() + make_interval(secs => ${maxAgeSeconds}))
    on conflict (domain) do update set policy_id = excluded.policy_id, mode = excluded.mode, mx = excluded.mx,
      fetched_at = excluded.fetched_at, expires_at = excluded.expires_at`;
}

/** A few thousand in one statement: the rest goes the next time. */
const MOST_AT_ONCE = 5000;

/** Deletes what no longer holds. Any number of nodes may call it. */
export async function dropExpiredStsPolicies(sql: Sql): Promise<void> {
  await sql`
    delete from mta_sts_policies where domain in (
      select domain from mta_sts_policies where expires_at <= bmx_now() limit ${MOST_AT_ONCE} for update skip locked)`;
}
