/**
 * The callout budget of a primary: how many recipients it may be asked about, by all nodes together.
 *
 * A bucket in Postgres for each host: so many at once, refilled evenly. Whoever tries out names on us costs the primary no
 * more than that. Promises that an empty bucket costs a statement a second at the most, and that what was taken and not used
 * is used before more is taken.
 */
import type { Sql } from '../db/client.ts';

export interface CalloutBudget {
  /** Takes `count` for questions to this host; false when there are not so many left. */
  take(host: string, count: number): Promise<boolean>;
  /** Gives back what was not used, to this node; less than nothing is what was used beyond, and taken with the next. */
  giveBack(host: string, count: number): void;
}

export interface ProbeBudgetOptions {
  readonly sql: Sql;
  readonly monotonicMs: () => number;
  /** The most at once. */
  readonly burst?: number;
  readonly perMinute?: number;
}

/** One more in a second: far below what Postfix (100 a minute and client) or Exchange start to slow down. */
const BURST = 60;
const PER_MINUTE = 60;
const MOST_HOSTS = 10_000;

export function createCalloutBudget(options: ProbeBudgetOptions): CalloutBudget {
  const { sql, monotonicMs, burst = BURST, perMinute = PER_MINUTE } = options;
  const inHand = new Map<string, number>();
  const spentUntilMs = new Map<string, number>();

  const remember = (map: Map<string, number>, host: string, value: number) => {
    if (map.size >= MOST_HOSTS && !map.has(host)) map.clear();
    map.set(host, value);
  };

  const giveBack = (host: string, count: number) => {
    if (count !== 0) remember(inHand, host, (inHand.get(host) ?? 0) + count);
  };

  return {
    take: async (host, count) => {
      const own = Math.min(inHand.get(host) ?? 0, count);
      const missing = count - own;
      if (missing > 0 && (spentUntilMs.get(host) ?? 0) > monotonicMs()) return false;
      if (own !== 0) inHand.set(host, (inHand.get(host) ?? 0) - own);
      if (missing === 0) return true;
      if (await takeTokens(sql, { host, count: missing, burst, perMinute })) return true;
      remember(spentUntilMs, host, monotonicMs() + (60_000 / perMinute) * missing);
      giveBack(host, own);
      return false;
    },
    giveBack,
  };
}

async function takeTokens(
  sql: Sql,
  input: { host: string; count: number; burst: number; perMinute: number },
): Promise<boolean> {
  const { host, count, burst, perMinute } = input;
  const rows = await sql`
    insert into probe_budgets as b (host, tokens) values (${host}, ${burst - count}::int)
    on conflict (host) do update
    set tokens = least(${burst}::int, b.tokens + ${perMinute / 60}::float8 * greatest(0, extract(epoch from bmx_now() - b.refilled_at)))
                 - ${count}::int,
        refilled_at = bmx_now()
    where least(${burst}::int, b.tokens + ${perMinute / 60}::float8 * greatest(0, extract(epoch from bmx_now() - b.refilled_at)))
          >= ${count}::int
    returning host`;
  return rows.length === 1;
}
