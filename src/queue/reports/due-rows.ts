/**
 * The rows of reports that are due: one goes when its report is off the list, and the last one takes the content along.
 *
 * Rows about one message have ids in one range (its own id but for the last 32 bits), so that they are found without an index
 * on message ids. The report of a delay has the id of its message and stays, parked at infinity, until the message ends:
 * no sender is told of a delay twice.
 * Ending a message locks it first (finalize.ts), and so does this: neither misses what the other has just done.
 */
import type { Sql, SqlExecutor, TransactionSql } from '../../db/client.ts';
import { countMail } from '../mail-counts.ts';
import { recordEvent } from '../../events/record.ts';

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

/** The facts of a report; finalize.ts and delayed.ts write them as JSON. */
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
