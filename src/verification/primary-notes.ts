/**
 * What was noted of primaries and is not stored yet: one entry for each, one statement for all.
 *
 * What would change nothing is not written: the same offer within the hour, another refusal within some minutes. A write that
 * fails is repeated with the next.
 */
import type { Sql } from '../db/client.ts';
import { createBoundedMap } from '../db/bounded-map.ts';

export interface PrimaryNotes {
  noteOffer(destinationId: string, sizeLimitBytes: number | null): void;
  noteBlocked(destinationId: string, reply: string): void;
  noteNegative(destinationId: string): void;
  /** What was stored of it may have been changed by a person: the next note is written again. */
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

export function createPrimaryNotes(deps: { readonly sql: Sql; readonly monotonicMs: () => number }): PrimaryNotes {
  const { sql, monotonicMs } = deps;
  let waiting = new Map<string, Note>();
  /** What was written lately, by destination and kind of note. */
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

/** Of relay destinations only. In the order of the key, so that no two nodes lock each other out. */
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
