/**
 * Whether anything has happened to watched messages, in one statement for all of them: a mark for each, another one after a
 * change. What has happened is the timeline's to tell (timeline.ts).
 *
 * The mark is made of the message, its recipients, its destination's last attempt and newest event: a few index look-ups.
 */
import type { Sql } from '../../db/client.ts';
import { LAST_ID } from '../../mail/id.ts';
import type { Viewer } from '../../mail/viewer.ts';

export interface WatchedMessage {
  readonly viewer: Viewer;
  readonly messageId: string;
}

export interface MessageMark {
  readonly mark: string;
  /** It has ended, and no report about it is due any more: nothing comes after. Also when the viewer has no such message. */
  readonly isOver: boolean;
}

/** An event this old has been seen. */
const NEWEST_WITHIN_MS = 3_600_000;

/** In their order. */
export async function readMessageMarks(sql: Sql, watched: readonly WatchedMessage[]): Promise<MessageMark[]> {
  const from = new Date(Date.now() - NEWEST_WITHIN_MS);
  return sql<MessageMark[]>`
    select md5(row(m.id, m.next_attempt_at, m.deaths, r.*, d.last_attempt_at, e.id, about.id)::text) as mark,
      m.id is null and about.id is null as "isOver"
    from unnest(
      ${watched.map(({ messageId }) => messageId)}::uuid[],
      ${watched.map(({ viewer }) => (viewer.isOperator ? null : viewer.tenantId))}::uuid[]
    ) with ordinality as w (id, tenant_id, position)
    left join messages m on m.id = w.id and (w.tenant_id is null or m.tenant_id = w.tenant_id)
    left join destinations d on d.id = m.destination_id
    left join lateral (
      select sum(attempt_count), max(last_attempt_at), count(*) filter (where state = 'HELD'), max(suspected_at)
      from recipients where message_id = m.id
    ) as r on true
    left join lateral (
      select id from events
      where id >= uuid_floor(${from}::timestamptz) and (destination_id, id) >= (d.id, uuid_floor(${from}::timestamptz)) and (destination_id, id) <= (d.id, ${LAST_ID}::uuid)
      order by destination_id desc, id desc limit 1
    ) as e on true
    -- Content goes with the last report that quotes it.
    left join lateral (
      select c.message_id as id from contents c
      where m.id is null and c.message_id = w.id and (w.tenant_id is null or c.tenant_id = w.tenant_id)
    ) as about on true
    order by w.position`;
}
