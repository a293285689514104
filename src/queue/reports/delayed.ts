/**
 * Which senders are told of a delay: a message held for hours makes one report due, for those of its recipients whose sender
 * asked for it (NOTIFY=DELAY, RFC 3461 §4.1), or asked for nothing where the domain tells of delays anyway.
 *
 * One walk over the queue in the order of acceptance, a bounded step at a time: each message is looked at once, when it has
 * been held for so long. Several nodes may walk; a message has one report of a delay at most (reports/due-rows.ts). A node that
 * starts looks a day back, for mail that became due while no node ran. Makes no report: reports.ts does.
 */
import type { Sql } from '../../db/client.ts';
import { LAST_ID } from '../../mail/id.ts';

const BATCH = 500;

/** Makes the walk of one node: each call goes on to where messages are too young. Returns how many reports it made due. */
export function createDelayWalk(sql: Sql): () => Promise<number> {
  let after: string | null = null;
  return async () => {
    after ??= await findBeginning(sql);
    let dueCount = 0;
    for (;;) {
      const step = await walk(sql, after);
      dueCount += step.dueCount;
      after = step.lastId ?? after;
      if (step.seenCount < BATCH) return dueCount;
    }
  };
}

/** Ids follow the nodes' clocks, which a moved clock of the database does not move. */
async function findBeginning(sql: Sql): Promise<string> {
  const [row] = await sql<{ id: string }[]>`
    select uuid_floor(bmx_now() - (select shift from clock) - interval '28 hours') as id`;
  if (row === undefined) throw new Error('no beginning of the walk');
  return row.id;
}

interface Step {
  readonly lastId: string | null;
  /** Messages that were old enough. */
  readonly seenCount: number;
  readonly dueCount: number;
}

async function walk(sql: Sql, after: string): Promise<Step> {
  const [row] = await sql<{ last_id: string | null; seen_count: number; due_count: number }[]>`
    with next as materialized (
      select id, transaction_id, tenant_id, destination_id, kind, reverse_path, client_address, ehlo_name, ret, envelope_id,
        accepted_at, accepted_at <= bmx_now() - interval '4 hours' as is_old
      from messages where id > ${after} order by id limit ${BATCH}
    ), seen as materialized (
      select * from next
      where is_old and id < coalesce((select id from next where not is_old order by id limit 1), ${LAST_ID}::uuid)
    ), due as (
      insert into reports_due (id, tenant_id, destination_id, message_id, transaction_id, header_section, facts)
      select m.id, m.tenant_id, m.destination_id, m.id, m.transaction_id, '',
        jsonb_build_object('reversePath', m.reverse_path, 'clientAddress', host(m.client_address), 'ehloName', m.ehlo_name,
          'acceptedAt', m.accepted_at, 'ret', m.ret, 'envelopeId', m.envelope_id,
          'holdSeconds', extract(epoch from q.lifetime + d.hold_extension)::bigint,
          'recipients', jsonb_agg(jsonb_build_object('number', r.number, 'address', r.address,
            'originalRecipient', r.original_recipient, 'state', r.state, 'reply', coalesce(r.last_reply, d.last_reply),
            'lastAttemptAt', coalesce(r.last_attempt_at, d.last_attempt_at)) order by r.number))
      from seen m cross join queue_limits q
        join destinations d on d.id = m.destination_id
        join recipients r on r.message_id = m.id and r.state = 'HELD'
      where m.kind = 'MAIL' and m.reverse_path is not null
        and case when r.notify = '' then exists (
              select from domains dm where dm.destination_id = d.id and dm.name = d.name and dm.status <> 'PENDING'
                and dm.delay_reports)
            else 'DELAY' = any(string_to_array(r.notify, ',')) end
      group by m.id, m.tenant_id, m.destination_id, m.transaction_id, m.reverse_path, m.client_address, m.ehlo_name,
        m.accepted_at, m.ret, m.envelope_id, q.lifetime, d.hold_extension
      on conflict (id) do nothing
      returning id
    )
    select (select id from seen order by id desc limit 1) as last_id, (select count(*) from seen)::integer as seen_count,
      (select count(*) from due)::integer as due_count`;
  return { lastId: row?.last_id ?? null, seenCount: row?.seen_count ?? 0, dueCount: row?.due_count ?? 0 };
}
