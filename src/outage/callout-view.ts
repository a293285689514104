/**
 * Outages and breakers as callouts see them: which outages are open, whether a rejection counts, and what callouts report.
 *
 * Open outages are in memory, read anew every second, so that no RCPT asks the database; while it is away the last reading
 * stands. Nothing is kept in memory of the breaker, so that all nodes go by the same: a rejection, which is rare beside the
 * dialogue that brought it, asks the database. An accepted mailbox and the rejection of a mailbox known good are reported; the same
 * mailbox not again by this node within ten minutes.
 */
import type { Sql } from '../db/client.ts';
import { createBoundedMap } from '../bounded-map.ts';
import { isTrialOver, TRIAL_MESSAGES } from './breaker.ts';
import { type BreakerFeed, feedBreakerAlone } from './breaker-state.ts';
import type { MailEvents } from '../telemetry/events.ts';

export interface OpenOutages {
  /** When the open outage began, on the monotonic clock (before this process, if need be); null when there is none. */
  startedAtMs(destinationId: string): number | null;
  refresh(): Promise<void>;
}

export function createOpenOutages(deps: { readonly sql: Sql; readonly monotonicMs: () => number }): OpenOutages {
  const { sql, monotonicMs } = deps;
  let open = new Map<string, number>();

  return {
    startedAtMs: (destinationId) => open.get(destinationId) ?? null,
    refresh: async () => {
      const nowMs = monotonicMs();
      const rows = await sql<{ destination_id: string; age_ms: number }[]>`
        select destination_id, (extract(epoch from bmx_now() - started_at) * 1000)::float8 as age_ms
        from outages where ended_at is null`;
      open = new Map(rows.map((row) => [row.destination_id, nowMs - row.age_ms]));
    },
  };
}

export interface CalloutPlace {
  readonly destinationId: string;
  /** The relay domain's name. */
  readonly domain: string;
}

export interface CalloutBreaker {
  /** OPEN or in TRIAL: what is refused is not known to be gone. */
  isArmed(destinationId: string): Promise<boolean>;
  /** The primary refused a mailbox known good, by its one form. */
  noteRefused(place: CalloutPlace, refused: { readonly mailbox: string; readonly reply: string }): Promise<void>;
  /** The primary takes a mailbox. */
  noteTaken(place: CalloutPlace): Promise<void>;
}

export interface CalloutBreakerDeps {
  readonly sql: Sql;
  readonly monotonicMs: () => number;
  readonly events: Pick<MailEvents, 'breakerMoved'>;
}

/** As long as a row of refusals lasts. */
const AGAIN_MS = 600_000;
const MOST_REMEMBERED = 20_000;

export function createCalloutBreaker({ sql, monotonicMs, events }: CalloutBreakerDeps): CalloutBreaker {
  const silentUntilMs = createBoundedMap<number>(MOST_REMEMBERED);

  const send = async (
    { destinationId, domain }: CalloutPlace,
    shown: Pick<BreakerFeed, 'takenCount' | 'refusals'>,
  ): Promise<void> => {
    const feed = { destinationId, source: 'CALLOUT', refusedCount: 0, ...shown } as const;
    const step = await feedBreakerAlone(sql, feed);
    if (step !== null) events.breakerMoved(domain, step);
  };

  return {
    isArmed: async (destinationId) => {
      const rows = await sql`
        select from destinations d
        where d.id = ${destinationId} and (d.breaker = 'OPEN' or (d.breaker = 'TRIAL' and not ${isTrialOver(sql)}))`;
      return rows.length === 1;
    },
    noteRefused: async (place, { mailbox, reply }) => {
      const key = `${place.destinationId} ${mailbox}`;
      if ((silentUntilMs.get(key) ?? Number.NEGATIVE_INFINITY) > monotonicMs()) return;
      silentUntilMs.set(key, monotonicMs() + AGAIN_MS);
      await send(place, { takenCount: 0, refusals: [{ mailbox, isKnownGood: true, reply }] });
    },
    noteTaken: async (place) => {
      const rows = await sql`
        select from destinations d
        where d.id = ${place.destinationId} and d.outage_id is null
          and ((d.breaker = 'TRIAL' and d.trial_count < ${TRIAL_MESSAGES}::integer)
            or (d.breaker = 'CLOSED' and d.breaker_since is not null))`;
      if (rows.length === 1) await send(place, { takenCount: 1, refusals: [] });
    },
  };
}
