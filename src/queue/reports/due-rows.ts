/**
 * The rows of reports that are due: one goes when its report is off the list, and the last one takes the content along. Rows
 * about a delay are made here, those about an end by finalize.ts.
 *
 * Rows about one message have ids in one range (its own id but for the last 32 bits), so that they are found without an index
 * on message ids. The report of a delay has the id of its message and stays, parked at infinity, until the message ends:
 * no sender is told of a delay twice.
 * Ending a message locks it first (finalize.ts), and so does this: neither misses what the other has just done.
 */
import type { Sql, SqlExecutor, TransactionSql } from '../../db/client.ts';
import { countMail } from '../mail-counts.ts';
import { recordEvent } from '../../events/record.ts';
import { LAST_ID } from '../../mail/id.ts';

export interface ReportRow {
  readonly id: string;
  readonly tenantId: string;
  readonly destinationId: string;
  readonly messageId: string;
}

export interface SenderProof {
  readonly kind: 'PASS';
  /** The DKIM signatures that are the only proof; absent if there is a better one. */
  readonly signatureIds?: readonly string[];
}

/** The facts of a report; finalize.ts and the walk below write them as JSON. */
export interface ReportFacts {
  /** The proof of the sender, if there is one already. */
  readonly proof?: SenderProof;
  /** True once it was counted among those that wait for a bound. */
  readonly hasWaited?: boolean;
  /** True once of a large message only its beginning is kept. */
  readonly isCut?: boolean;
  readonly reversePath: string;
  readonly clientAddress: string | null;
  readonly ehloName: string;
  readonly acceptedAt: string;
  readonly ret: 'FULL' | 'HDRS' | null;
  readonly envelopeId: string | null;
  readonly holdSeconds: number;
  readonly recipients: readonly {
    readonly number: number;
    readonly address: string;
    readonly originalRecipient: string | null;
    /** HELD: the report tells of a delay. DELIVERED: of relaying. */
    readonly state: 'HELD' | 'DELIVERED' | 'FAILED' | 'EXPIRED';
    readonly reply: string | null;
    /** A failure's enhanced code; null or absent: the reply says it. */
    readonly status?: string | null;
    /** The host that replied; null or absent when none did. */
    readonly host?: string | null;
    readonly lastAttemptAt: string | null;
  }[];
}

export interface DueReport extends ReportRow {
  readonly transactionId: string;
  readonly facts: ReportFacts;
  /** The first octets of the reported message as stored. */
  readonly head: Uint8Array;
  /** Octets of the message that are stored. */
  readonly storedBytes: number;
  readonly attempts: number;
}

/** An expression: the id of a new report about the message of the row. */
export function newReportId(sql: SqlExecutor): ReturnType<SqlExecutor> {
  return sql`(left(message_id::text, 28) || left(md5(random()::text), 8))::uuid`;
}

/** A subquery: reports about a message that are still to be made. */
export function reportsAbout(sql: SqlExecutor, messageId: ReturnType<SqlExecutor>): ReturnType<SqlExecutor> {
  return sql`
    select from reports_due
    where id between (left(${messageId}::text, 28) || '00000000')::uuid and (left(${messageId}::text, 28) || 'ffffffff')::uuid
      and message_id = ${messageId} and next_attempt_at < 'infinity'`;
}

/**
 * Locks a report until COMMIT. `isOurs` false: another hand was faster. `isHeld` says whether the message still has recipients to
 * deliver to.
 */
export async function lockReport(
  sql: TransactionSql,
  { id, messageId }: ReportRow,
): Promise<{ readonly isOurs: boolean; readonly isHeld: boolean }> {
  const held = await sql`select from messages where id = ${messageId} for update`;
  await sql`select from contents where message_id = ${messageId} for update`;
  const due = await sql`select from reports_due where id = ${id} and next_attempt_at < 'infinity' for update`;
  return { isOurs: due.length > 0, isHeld: held.length > 0 };
}

/** Takes a locked report off the list. */
export async function takeOff(sql: TransactionSql, { id, messageId }: ReportRow, isHeld: boolean): Promise<void> {
  if (isHeld && id === messageId) {
    await sql`update reports_due set next_attempt_at = 'infinity' where id = ${id}`;
    return;
  }
  await sql`delete from reports_due where id = ${id}`;
  if (isHeld) return;
  await sql`
    delete from contents
    where message_id = ${messageId} and not exists (${reportsAbout(sql, sql`${messageId}::uuid`)})`;
}

/** Lets a report wait until then; false if it has been due for a day, or is no longer on the list. */
export async function letWait(sql: SqlExecutor, { id }: ReportRow, until: Date): Promise<boolean> {
  const rows = await sql`
    update reports_due set next_attempt_at = ${until}, facts = facts || '{"hasWaited": true}'
    where id = ${id} and next_attempt_at < 'infinity' and created_at > bmx_now() - interval '1 day' returning id`;
  return rows.length > 0;
}

/**
 * Keeps no more than so many octets of an ended message while its report waits, so that waiting reports fill no disk. The
 * report then quotes the header section only. Others about the same message let go of it one by one: the last one cuts it.
 *
 * @param proof what has proven the sender, which the rest of the message could not prove again; null: nothing yet
 */
export async function keepBeginning(
  sql: Sql,
  report: ReportRow,
  { bytes, proof }: { readonly bytes: number; readonly proof: object | null },
): Promise<void> {
  const { id, messageId } = report;
  const facts = JSON.stringify({ isCut: true, ...(proof === null ? {} : { proof }) });
  await sql.begin(async (transaction) => {
    const { isOurs, isHeld } = await lockReport(transaction, report);
    if (!isOurs || isHeld) return;
    await transaction`update reports_due set facts = facts || ${facts}::text::jsonb where id = ${id}`;
    await transaction`
      update contents set content = substring(content from 1 for ${bytes}::integer)
      where message_id = ${messageId} and not exists (
        ${reportsAbout(transaction, transaction`${messageId}::uuid`)} and not coalesce((facts ->> 'isCut')::boolean, false))`;
  });
}

export async function addReportEvent(
  sql: TransactionSql,
  report: ReportRow,
  kind: 'REPORT_MADE' | 'REPORT_SUPPRESSED',
  facts: Readonly<Record<string, string | readonly number[]>>,
): Promise<void> {
  const { tenantId, destinationId, messageId } = report;
  await recordEvent(sql, { tenantId, destinationId, messageId, kind, facts });
  if (kind === 'REPORT_SUPPRESSED') await countMail(sql, report.destinationId, { REPORT_SUPPRESSED: 1 });
}

const BATCH = 500;

/**
 * Makes the walk of one node over the queue in the order of acceptance, a bounded step at a time: a message that has been held for
 * hours makes one report due. It is for the recipients whose sender asked for it (NOTIFY=DELAY, RFC 3461 §4.1), or asked for nothing
 * where the domain reports delays anyway. A node that starts looks a day back, for mail that became due while no node ran.
 *
 * @returns goes on to where messages are too young; resolves with the number of reports that it made due
 */
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
