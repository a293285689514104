/**
 * Reports that are due: made and spooled, or suppressed with an event.
 *
 * Rules: a report was made due in the transaction that ended the recipients, so none is lost; taking it from the list and
 * putting the DSN into the queue is one transaction, so none is made twice. Before that the sender is checked from what was
 * stored at acceptance (SPF for the domain of the reverse-path): a report about forged mail would be backscatter.
 * Trouble of the check is tried again for a day, then the report is suppressed. RFC 3464, RFC 3834.
 */
import type { Sql, TransactionSql } from '../db/client.ts';
import type { HostTry } from '../mail/dsn.ts';
import { newId } from '../mail/id.ts';
import { spoolOwnMail } from './own-mail.ts';

/** What the report says; written by outcome.ts as JSON. */
export interface ReportFacts {
  readonly reversePath: string;
  readonly clientAddress: string | null;
  readonly ehloName: string;
  readonly acceptedAt: string;
  readonly envelopeId: string | null;
  readonly holdSeconds: number;
  readonly recipients: readonly {
    readonly address: string;
    readonly originalRecipient: string | null;
    readonly state: 'FAILED' | 'EXPIRED';
    readonly reply: string | null;
    /** A failure's enhanced code; null or absent: the reply says it. */
    readonly status?: string | null;
    /** The host that replied; null or absent when none did. */
    readonly host?: string | null;
    readonly lastAttemptAt: string | null;
  }[];
}

export interface DueReport {
  readonly id: string;
  readonly tenantId: string;
  readonly destinationId: string;
  readonly messageId: string;
  readonly transactionId: string;
  readonly facts: ReportFacts;
  readonly headerSection: Uint8Array;
  readonly attempts: number;
}

export type SenderCheck =
  | { readonly kind: 'PASS' }
  | { readonly kind: 'SUPPRESS'; readonly reason: string }
  | { readonly kind: 'TROUBLE'; readonly reason: string };

export interface ReportDeps {
  readonly sql: Sql;
  readonly checkSender: (facts: ReportFacts) => Promise<SenderCheck>;
  /** The DSN's bytes and the domain of its recipient; `hosts` are those that were tried, with their last answers. */
  readonly compose: (report: DueReport, hosts: readonly HostTry[]) => { content: Uint8Array; domain: string };
  readonly ehloName: string;
  readonly onMade: (report: DueReport, made: { id: string; destinationId: string }) => void;
  readonly onSuppressed: (report: DueReport, reason: string) => void;
  /** A bug or lost infrastructure; it is tried again. */
  readonly onFault: (report: DueReport, error: unknown) => void;
}

const BATCH = 20;
/** Tries of a report that met DNS trouble or a fault, a quarter of an hour apart: a day. */
const MOST_ATTEMPTS = 96;

/** Makes what is due, one batch after the other. Returns how many were settled. */
export async function makeDueReports(deps: ReportDeps): Promise<number> {
  let settled = 0;
  for (;;) {
    const batch = await takeBatch(deps.sql);
    if (batch.length === 0) return settled;
    const results = await Promise.all(batch.map((report) => settleReport(deps, report)));
    settled += results.filter(Boolean).length;
  }
}

/** Takes reports by moving their next attempt: a node that dies with them leaves them for later. */
async function takeBatch(sql: Sql): Promise<DueReport[]> {
  const rows = await sql<
    {
      id: string;
      tenant_id: string;
      destination_id: string;
      message_id: string;
      transaction_id: string;
      facts: ReportFacts;
      header_section: Uint8Array;
      attempts: number;
    }[]
  >`
    with due as (
      select id from reports_due where next_attempt_at <= bmx_now()
      order by next_attempt_at, id limit ${BATCH} for update skip locked
    )
    update reports_due r set next_attempt_at = bmx_now() + interval '15 minutes', attempts = attempts + 1
    from due where r.id = due.id
    returning r.*`;
  return rows.map((row) => ({
    id: row.id,
    tenantId: row.tenant_id,
    destinationId: row.destination_id,
    messageId: row.message_id,
    transactionId: row.transaction_id,
    facts: row.facts,
    headerSection: row.header_section,
    attempts: row.attempts,
  }));
}

async function settleReport(deps: ReportDeps, report: DueReport): Promise<boolean> {
  const isLastTry = report.attempts >= MOST_ATTEMPTS;
  try {
    const check = await deps.checkSender(report.facts);
    if (check.kind === 'PASS') return await makeReport(deps, report);
    return check.kind === 'TROUBLE' && !isLastTry ? false : await suppressReport(deps, report, check.reason);
  } catch (error) {
    deps.onFault(report, error);
    return isLastTry ? suppressReport(deps, report, 'the report could not be made') : false;
  }
}

async function suppressReport(deps: ReportDeps, report: DueReport, reason: string): Promise<boolean> {
  const isOurs = await deps.sql.begin(async (transaction) => {
    if (!(await takeAway(transaction, report))) return false;
    await addEvent(transaction, report, 'REPORT_SUPPRESSED', { reason });
    return true;
  });
  if (isOurs) deps.onSuppressed(report, reason);
  return isOurs;
}

async function makeReport(deps: ReportDeps, report: DueReport): Promise<boolean> {
  const { content, domain } = deps.compose(report, await findHostTries(deps.sql, report));
  const made = await deps.sql.begin(async (transaction) => {
    if (!(await takeAway(transaction, report))) return null;
    const spooled = await spoolOwnMail(transaction, {
      tenantId: report.tenantId,
      to: report.facts.reversePath,
      domain,
      content,
      ehloName: deps.ehloName,
    });
    await addEvent(transaction, report, 'REPORT_MADE', { reportMessageId: spooled.id });
    return spooled;
  });
  if (made !== null) deps.onMade(report, made);
  return made !== null;
}

/** Each host's last answer since the message was accepted: its own attempts, and those that spoke for all of the destination. */
async function findHostTries(sql: Sql, { messageId, destinationId }: DueReport): Promise<HostTry[]> {
  const rows = await sql<{ host: string; at: Date; reply: string }[]>`
    select distinct on (host) host, at, reply
    from (
      (select host, id, at, reply from attempts where message_id = ${messageId} order by message_id, id desc limit 1000)
      union all
      (select host, id, at, reply from attempts
       where destination_id = ${destinationId} and is_host_level and id >= ${messageId}
       order by destination_id, id desc limit 1000)
    ) as tries
    where host is not null
    order by host, id desc
    limit 20`;
  return rows.map(({ host, at, reply }) => ({ host, lastAttemptAt: at, reply }));
}

async function takeAway(sql: TransactionSql, report: DueReport): Promise<boolean> {
  const rows = await sql`delete from reports_due where id = ${report.id} returning id`;
  return rows.length === 1;
}

async function addEvent(
  sql: TransactionSql,
  report: DueReport,
  kind: string,
  facts: Record<string, string>,
): Promise<void> {
  await sql`
    insert into events (id, tenant_id, destination_id, message_id, kind, facts)
    values (${newId()}, ${report.tenantId}, ${report.destinationId}, ${report.messageId}, ${kind}, ${sql.json(facts)})`;
}
