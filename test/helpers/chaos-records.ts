/** What the database says at the end of a chaos run: how every recipient ended, and when each answer of a primary was recorded. */
import type { Sql } from '../../src/db/client.ts';

/** One row of a recipient, live or ended. */
export interface Ending {
  readonly kind: 'MAIL' | 'REPORT';
  readonly transaction: string;
  readonly address: string;
  /** Of the sender's message; -1 for a report. */
  readonly number: number;
  readonly state: string;
  readonly lastReply: string;
}

export interface Records {
  readonly endings: readonly Ending[];
  /** By `key` of a copy: when the outcome with its answer was committed, in milliseconds of this machine's clock. */
  readonly recordedAt: ReadonlyMap<string, number>;
  /** Things that should have gone with their messages, in words. */
  readonly leftovers: readonly string[];
}

/** For `recordedAt`; from the next start of the server on. */
export async function keepCommitTimes(sql: Sql): Promise<void> {
  await sql.unsafe('alter system set track_commit_timestamp = on');
}

export async function readRecords(sql: Sql): Promise<Records> {
  const endings = await sql<Ending[]>`
    with rows as (
      select m.kind, m.transaction_id, r.address, m.reverse_path, r.state, r.last_reply
      from messages m join recipients r on r.message_id = m.id
      union all
      select h.kind, h.transaction_id, r ->> 'address', h.reverse_path, r ->> 'state', r ->> 'lastReply'
      from history h, jsonb_array_elements(h.recipients) as r
    )
    select kind, transaction_id as transaction, address, state, coalesce(last_reply, '') as "lastReply",
      coalesce(substring(reverse_path from '^s([0-9]+)@')::integer, -1) as number
    from rows`;
  const answers = await sql<{ key: string; at: number }[]>`
    select substring(reply from 'Taken as (\\S+)') as key,
      min(extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000)::float8 as at
    from attempts where outcome = 'DELIVERED' group by 1`;
  const [left] = await sql<{ contents: number; counted: number; held: number; claimed: number }[]>`
    select (select count(*)::integer from contents c where not exists (select from messages m where m.id = c.message_id)) as contents,
      (select coalesce(sum(held_count), 0)::integer from destinations)
        + (select coalesce(sum(held_count), 0)::integer from queue_delta) as counted,
      (select count(*)::integer from messages) as held,
      (select count(*)::integer from messages where claimed_by is not null) as claimed`;
  const { contents = 0, counted = 0, held = 0, claimed = 0 } = left ?? {};
  const leftovers: string[] = [];
  if (contents > 0) leftovers.push(`${contents} contents of messages that have ended`);
  if (claimed > 0) leftovers.push(`${claimed} messages in somebody's hands`);
  if (counted !== held) leftovers.push(`${held} messages are held, and ${counted} counted`);
  return { endings, recordedAt: new Map(answers.map(({ key, at }) => [key, at])), leftovers };
}
