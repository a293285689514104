/**
 * Facts that sessions with a destination's primary have shown: the SIZE it offers, whether it takes any recipient, whether it turns
 * us away.
 *
 * Kept in Postgres, in memory for a minute. Noted by callouts and deliveries, written later: what is noted is stored within
 * the second by verification.ts's timer, one statement for all. Promises that
 *  - the SIZE offered last counts (RFC 1870), for 7 days. Of several hosts that is the one spoken to last: the smallest would
 *    go on refusing for days after the owner has raised it;
 *  - a primary is tried with a recipient that cannot exist at most once in 7 days among all nodes, and not while a refusal
 *    of any recipient within them has shown that it looks at them; one refusal undoes the mark.
 */
import { createGrouped } from './grouped.ts';
import type { Sql } from '../db/client.ts';
import { createBoundedMap } from '../bounded-map.ts';

export interface PrimaryFacts {
  /** Octets of the largest message it takes; null when it named no limit, or not lately. */
  readonly sizeLimitBytes: number | null;
  readonly isCatchAll: boolean;
  /** Nothing is known of whether it is a catch-all. */
  readonly isTestDue: boolean;
}

export interface Primaries {
  /** From memory; null when there is nothing fresh. */
  recall(destinationId: string): PrimaryFacts | null;
  find(destinationId: string): Promise<PrimaryFacts>;
  /** @param sizeLimitBytes null: it named no limit */
  noteOffer(destinationId: string, sizeLimitBytes: number | null): void;
  /** It refused us, not a mailbox. */
  noteBlocked(destinationId: string, reply: string): void;
  /** It said of a recipient that there is no such mailbox. */
  noteNegative(destinationId: string): void;
  /** Takes the test with a random recipient; false when it is not due, or another node has it. */
  claimTest(destinationId: string): Promise<boolean>;
  /** The test's recipient was taken. Does nothing if another was refused since it was claimed. */
  recordCatchAll(destinationId: string): Promise<void>;
  drop(destinationId: string): void;
  dropAll(): void;
  /** Stores what was noted. */
  flush(): Promise<void>;
}

const FRESH_MS = 60_000;
const MOST_KEPT = 50_000;

export function createPrimaries(deps: { readonly sql: Sql; readonly monotonicMs: () => number }): Primaries {
  const { sql, monotonicMs } = deps;
  const kept = createBoundedMap<{ readonly facts: PrimaryFacts; readonly untilMs: number }>(MOST_KEPT);
  const notes = createPrimaryNotes(deps);
  const load = createGrouped<string, PrimaryFacts>((ids) => loadFacts(sql, ids));
  let dropCount = 0;
  const forget = (destinationId: string): void => {
    dropCount += 1;
    kept.delete(destinationId);
  };

  return {
    recall: (destinationId) => {
      const found = kept.get(destinationId);
      return found !== undefined && found.untilMs > monotonicMs() ? found.facts : null;
    },
    find: async (destinationId) => {
      const dropsBefore = dropCount;
      const facts = await load(destinationId);
      // What was dropped meanwhile must not come back; another question costs little.
      if (dropCount === dropsBefore) kept.set(destinationId, { facts, untilMs: monotonicMs() + FRESH_MS });
      return facts;
    },
    noteOffer: notes.noteOffer,
    noteBlocked: notes.noteBlocked,
    noteNegative: (destinationId) => {
      const known = kept.get(destinationId)?.facts;
      if (known?.isCatchAll === true || known?.isTestDue === true) forget(destinationId);
      notes.noteNegative(destinationId);
    },
    claimTest: async (destinationId) => {
      // What was noted so far may have answered the question.
      await notes.flush();
      const isOurs = await claimTest(sql, destinationId);
      forget(destinationId);
      return isOurs;
    },
    recordCatchAll: async (destinationId) => {
      await notes.flush();
      await sql`
        update primaries set is_catch_all = true where destination_id = ${destinationId} and is_catch_all is null`;
      forget(destinationId);
    },
    drop: (destinationId) => {
      forget(destinationId);
      notes.drop(destinationId);
    },
    dropAll: () => {
      dropCount += 1;
      kept.clear();
    },
    flush: async () => {
      for (const destinationId of await notes.flush()) kept.delete(destinationId);
    },
  };
}

/** In the order of the ids. */
async function loadFacts(sql: Sql, destinationIds: readonly string[]): Promise<PrimaryFacts[]> {
  return sql<PrimaryFacts[]>`
    select
      case when p.size_seen_at > bmx_now() - interval '7 days' then p.size_limit_bytes end as "sizeLimitBytes",
      coalesce(p.is_catch_all and p.catch_all_tested_at > bmx_now() - interval '7 days', false) as "isCatchAll",
      coalesce(p.catch_all_tested_at <= bmx_now() - interval '7 days', true) as "isTestDue"
    from unnest(${[...destinationIds]}::uuid[]) with ordinality as asked (destination_id, number)
    left join primaries p on p.destination_id = asked.destination_id
    order by asked.number`;
}

async function claimTest(sql: Sql, destinationId: string): Promise<boolean> {
  const rows = await sql`
    insert into primaries as p (destination_id, tenant_id, catch_all_tested_at)
    select id, tenant_id, bmx_now() from destinations where id = ${destinationId} and kind = 'RELAY'
    on conflict (destination_id) do update set catch_all_tested_at = excluded.catch_all_tested_at, is_catch_all = null
    where coalesce(p.catch_all_tested_at <= bmx_now() - interval '7 days', true)
    returning destination_id`;
  return rows.length === 1;
}

/**
 * Notes about primaries that are not stored yet: one entry for each, one statement for all.
 *
 * What would change nothing is not written: the same offer within the hour, another refusal within some minutes. A write that
 * fails is repeated with the next.
 */
interface PrimaryNotes {
  noteOffer(destinationId: string, sizeLimitBytes: number | null): void;
  noteBlocked(destinationId: string, reply: string): void;
  noteNegative(destinationId: string): void;
  /** A person may have changed what was stored: the next note is written again. */
  drop(destinationId: string): void;
  /** The ids of those stored. */
  flush(): Promise<readonly string[]>;
}

interface Note {
  readonly offer?: { readonly sizeLimitBytes: number | null };
  readonly blockedReply?: string;
  readonly isNegative?: true;
}

const OFFER_AGAIN_MS = 3_600_000;
const REFUSAL_AGAIN_MS = 600_000;
const MOST_REMEMBERED = 50_000;
const MOST_WAITING = 20_000;

function createPrimaryNotes(deps: { readonly sql: Sql; readonly monotonicMs: () => number }): PrimaryNotes {
  const { sql, monotonicMs } = deps;
  let waiting = new Map<string, Note>();
  /** Notes written lately, by destination and kind of note. */
  const written = createBoundedMap<{ readonly value: string; readonly untilMs: number }>(MOST_REMEMBERED);

  const add = (destinationId: string, note: Note) => {
    if (waiting.size >= MOST_WAITING && !waiting.has(destinationId)) return;
    waiting.set(destinationId, { ...waiting.get(destinationId), ...note });
  };
  const isNew = (key: string, value: string, againMs: number): boolean => {
    const last = written.get(key);
    if (last !== undefined && last.value === value && last.untilMs > monotonicMs()) return false;
    written.set(key, { value, untilMs: monotonicMs() + againMs });
    return true;
  };

  return {
    noteOffer: (destinationId, sizeLimitBytes) => {
      if (!isNew(`offer ${destinationId}`, String(sizeLimitBytes), OFFER_AGAIN_MS)) return;
      add(destinationId, { offer: { sizeLimitBytes } });
    },
    noteBlocked: (destinationId, reply) => {
      if (isNew(`blocked ${destinationId}`, '', REFUSAL_AGAIN_MS)) add(destinationId, { blockedReply: reply });
    },
    noteNegative: (destinationId) => {
      if (isNew(`negative ${destinationId}`, '', REFUSAL_AGAIN_MS)) add(destinationId, { isNegative: true });
    },
    drop: (destinationId) => {
      waiting.delete(destinationId);
      for (const kind of ['offer', 'blocked', 'negative']) written.delete(`${kind} ${destinationId}`);
    },
    flush: async () => {
      if (waiting.size === 0) return [];
      const taken = waiting;
      waiting = new Map();
      try {
        await store(sql, [...taken]);
      } catch (error) {
        for (const [id, note] of taken) add(id, { ...note, ...waiting.get(id) });
        throw error;
      }
      return [...taken.keys()];
    },
  };
}

/** Relay destinations only. In the order of the key, so that no two nodes lock each other out. */
async function store(sql: Sql, notes: readonly (readonly [string, Note])[]): Promise<void> {
  await sql`
    insert into primaries as p (destination_id, tenant_id, size_limit_bytes, size_seen_at,
      is_catch_all, catch_all_tested_at, blocked_at, blocked_reply)
    select d.id, d.tenant_id, note.size_limit_bytes, case when note.has_offer then bmx_now() end,
      case when note.is_negative then false end, case when note.is_negative then bmx_now() end,
      case when note.blocked_reply is not null then bmx_now() end, note.blocked_reply
    from unnest(${notes.map(([id]) => id)}::uuid[],
                ${notes.map(([, { offer }]) => String(offer !== undefined))}::text[]::boolean[],
                ${notes.map(([, { offer }]) => offer?.sizeLimitBytes ?? null)}::bigint[],
                ${notes.map(([, { isNegative }]) => String(isNegative === true))}::text[]::boolean[],
                ${notes.map(([, { blockedReply }]) => blockedReply ?? null)}::text[])
      as note (destination_id, has_offer, size_limit_bytes, is_negative, blocked_reply)
    join destinations d on d.id = note.destination_id and d.kind = 'RELAY'
    order by d.id
    on conflict (destination_id) do update set
      size_limit_bytes = case when excluded.size_seen_at is null then p.size_limit_bytes else excluded.size_limit_bytes end,
      size_seen_at = coalesce(excluded.size_seen_at, p.size_seen_at),
      is_catch_all = coalesce(excluded.is_catch_all, p.is_catch_all),
      catch_all_tested_at = coalesce(excluded.catch_all_tested_at, p.catch_all_tested_at),
      blocked_at = coalesce(excluded.blocked_at, p.blocked_at),
      blocked_reply = coalesce(excluded.blocked_reply, p.blocked_reply)`;
}
