/**
 * Reports that are due: made and spooled, or suppressed with an event.
 *
 * Rules: a report was made due in the transaction that ended the recipients, so none is lost; taking it from the list and
 * putting the DSN into the queue is one transaction, so none is made twice. Before that the sender is checked from what was
 * stored at acceptance (the bounce firewall): a report about forged mail would be backscatter. Reports are bounded by reader
 * (bounds.ts). Trouble of the check is tried again for a day, then the report is suppressed. A delay is told only
 * while the message is still held. RFC 3461, RFC 3464, RFC 3834.
 */
import type { Sql, TransactionSql } from '../../db/client.ts';
import { LARGE_MESSAGE_BYTES } from '../../mail/envelope.ts';
import type { HostTry } from '../../mail/dsn-report.ts';
import { type Bound, findFull, type Full, takePlaces } from '../../db/bounded-counts.ts';
import { createAside } from './aside.ts';
import { compose } from './compose.ts';
import { type OwnMessage, spoolOwnMail } from './own-mail.ts';
import { backlogOf, boundsOf, reasonOf, type ReportBounds } from './bounds.ts';
import type { MailEvents } from '../../telemetry/events.ts';
import {
  addReportEvent,
  type DueReport,
  keepBeginning,
  letWait,
  lockReport,
  type ReportFacts,
  type SenderProof,
  takeOff,
} from './due-rows.ts';

/** UNPROVEN: nothing shows that the sender sent it. RATE: a bound is reached. FAULT: it could not be made. */
export type SuppressionCode = 'UNPROVEN' | 'RATE' | 'FAULT';

export interface Suppression {
  readonly code: SuppressionCode;
  /** One sentence for the operator. */
  readonly reason: string;
}

export type SenderCheck =
  | SenderProof
  | { readonly kind: 'SUPPRESS'; readonly reason: string }
  | { readonly kind: 'TROUBLE'; readonly reason: string };

/** The reported message as stored; null when it is gone. */
export type ReadContent = () => Promise<Uint8Array | null>;

export interface ReportDeps {
  readonly sql: Sql;
  readonly checkSender: (report: DueReport, readContent: ReadContent) => Promise<SenderCheck>;
  /** `compose` of compose.ts; tests have words of their own. */
  readonly compose?: typeof compose;
  /** The name of this node, which reports. */
  readonly ehloName: string;
  readonly events: Pick<MailEvents, 'reportMade' | 'reportSuppressed' | 'fault'>;
  /** How long a batch waits for one of its reports. Default: 2 s. */
  readonly patienceMs?: number;
}

/** The action of the report by RFC 3464 §2.3.3; of several the gravest. */
export function actionOf({ recipients }: ReportFacts): 'failed' | 'delayed' | 'relayed' {
  if (recipients.some(({ state }) => state === 'FAILED' || state === 'EXPIRED')) return 'failed';
  return recipients.some(({ state }) => state === 'HELD') ? 'delayed' : 'relayed';
}

const BATCH = 20;
/** Tries of a report that met DNS trouble or a fault, a quarter of an hour apart: a day. */
const MOST_ATTEMPTS = 96;
/** Bytes of the reported message that are read at once; the whole is read only where it is needed. */
const HEAD_BYTES = 65_536;
/** Tries after which a large message is not kept whole for a signature whose key cannot be looked up: an hour. */
const MOST_ATTEMPTS_WHOLE = 4;

/** Between two looks for reports that fell due while others go on aside. */
const LOOK_AGAIN_MS = 1_000;

/**
 * Makes what is due, one batch after the other, and waits for what goes on aside. Returns how many are off the list. What finds no place
 * aside is tried again a quarter of an hour later, as after trouble.
 */
export async function makeDueReports(deps: ReportDeps): Promise<number> {
  const aside = createAside(deps.patienceMs);
  let finished = 0;
  const finish = async (report: DueReport): Promise<void> => {
    if (await finishReport(deps, report)) finished += 1;
  };
  for (;;) {
    await aside.waitForRoom();
    const batch = await takeBatch(deps.sql);
    const { small = [], large = [] } = Object.groupBy(batch, (report) => (isLarge(report) ? 'large' : 'small'));
    for (const report of large) aside.startLarge(() => finish(report));
    await Promise.all(small.map((report) => aside.start(report.facts.clientAddress, () => finish(report))));
    if (batch.length === 0 && !(await aside.settle(LOOK_AGAIN_MS))) break;
  }
  aside.throwFaults();
  return finished;
}

/** Takes reports by moving their next attempt: a node that dies with them leaves them for later. */
async function takeBatch(sql: Sql): Promise<DueReport[]> {
  return sql<DueReport[]>`
    with due as (
      select id from reports_due where next_attempt_at <= bmx_now()
      order by next_attempt_at, id limit ${BATCH} for update skip locked
    ), taken as (
      update reports_due r set next_attempt_at = bmx_now() + interval '15 minutes', attempts = attempts + 1
      from due where r.id = due.id
      returning r.*
    )
    select t.id, t.tenant_id as "tenantId", t.destination_id as "destinationId", t.message_id as "messageId",
      t.transaction_id as "transactionId", t.facts, t.attempts,
      coalesce(substring(c.content from 1 for ${HEAD_BYTES}::integer), '') as head,
      coalesce(octet_length(c.content), 0) as "storedBytes"
    from taken t left join contents c on c.message_id = t.message_id`;
}

/** Large ones are dealt with one after the other, and are not kept whole for a report that waits. */
function isLarge({ storedBytes }: DueReport): boolean {
  return storedBytes >= LARGE_MESSAGE_BYTES;
}

/** True when the report is off the list. */
async function finishReport(deps: ReportDeps, report: DueReport): Promise<boolean> {
  const isLastTry = report.attempts >= MOST_ATTEMPTS;
  const readContent = once(() => readMessage(deps.sql, report.messageId));
  try {
    const { waiting, final } = boundsFor(report, []);
    const found = await findFull(deps.sql, [...final, ...waiting]);
    // Before the DNS is asked: many may wait. What is to be suppressed does not.
    const full = found !== null && waiting.includes(found.bound) ? found : null;
    if (full !== null && !isLarge(report)) return await waitOrSuppress(deps, report, full);
    const check = report.facts.proof ?? (await deps.checkSender(report, readContent));
    if (check.kind === 'PASS') {
      if (full !== null) await keepBeginning(deps.sql, report, { bytes: HEAD_BYTES, proof: check });
      if (full !== null) return await waitOrSuppress(deps, report, full);
      return await makeReport(deps, report, { readContent, bounds: boundsFor(report, check.signatureIds ?? []) });
    }
    if (check.kind === 'TROUBLE' && !isLastTry) {
      if (isLarge(report) && report.attempts >= MOST_ATTEMPTS_WHOLE) {
        await keepBeginning(deps.sql, report, { bytes: HEAD_BYTES, proof: null });
      }
      return false;
    }
    return await suppressReport(deps, report, { code: 'UNPROVEN', reason: check.reason });
  } catch (error) {
    deps.events.fault({ where: `report about ${report.transactionId}`, error });
    if (!isLastTry) return false;
    return suppressReport(deps, report, { code: 'FAULT', reason: 'the report could not be made' });
  }
}

/** Off the list only when it has waited for too long, or too many wait already. */
async function waitOrSuppress(deps: ReportDeps, report: DueReport, { bound, until }: Full): Promise<boolean> {
  const backlog =
    report.facts.hasWaited === true
      ? null
      : await deps.sql.begin((transaction) => takePlaces(transaction, [backlogOf(bound)]));
  if (backlog?.kind !== 'FULL' && (await letWait(deps.sql, report, until))) return false;
  return await suppressReport(deps, report, rateSuppression(bound));
}

function boundsFor({ tenantId, facts, transactionId }: DueReport, signatureIds: readonly string[]): ReportBounds {
  return boundsOf({ tenantId, reversePath: facts.reversePath, transactionId, signatureIds });
}

function rateSuppression(bound: Bound): Suppression {
  return { code: 'RATE', reason: reasonOf(bound) };
}

async function suppressReport(deps: ReportDeps, report: DueReport, suppression: Suppression): Promise<boolean> {
  const isOurs = await deps.sql.begin(async (transaction) => {
    const found = await lockReport(transaction, report);
    if (!found.isOurs) return false;
    await takeOff(transaction, report, found.isHeld);
    await addSuppression(transaction, report, suppression);
    return true;
  });
  if (isOurs) logSuppressed(deps, report, suppression);
  return isOurs;
}

interface Making {
  readonly readContent: ReadContent;
  readonly bounds: ReportBounds;
}

async function makeReport(deps: ReportDeps, report: DueReport, { readContent, bounds }: Making): Promise<boolean> {
  const { sql, ehloName } = deps;
  const { tenantId, facts } = report;
  const hosts = await findHostTries(sql, report);
  // RFC 3461 §4.3: RET speaks of failures only.
  const isWhole = facts.ret === 'FULL' && facts.isCut !== true && actionOf(facts) === 'failed';
  const message = isWhole ? await readContent() : null;
  const composed = (deps.compose ?? compose)(report, { hosts, message }, ehloName);
  const result = await sql.begin(async (transaction): Promise<MakingResult> => {
    const { isOurs, isHeld } = await lockReport(transaction, report);
    if (!isOurs) return { kind: 'TAKEN' };
    // A delay of what has ended meanwhile: nothing to tell.
    const isOvertaken = actionOf(facts) === 'delayed' && !isHeld;
    const places = isOvertaken ? null : await takePlaces(transaction, [...bounds.final, ...bounds.waiting]);
    const full = places?.kind === 'FULL' ? places : null;
    const mayWait = full !== null && bounds.waiting.includes(full.bound);
    if (mayWait && (await letWait(transaction, report, full.until))) return { kind: 'WAITS' };
    await takeOff(transaction, report, isHeld);
    if (isOvertaken) return { kind: 'OVERTAKEN' };
    if (full !== null) {
      const suppression = rateSuppression(full.bound);
      await addSuppression(transaction, report, suppression);
      return { kind: 'SUPPRESSED', suppression };
    }
    const own = { tenantId, to: facts.reversePath, ehloName, ...composed };
    return { kind: 'MADE', ...(await spoolReport(transaction, report, own)) };
  });
  const { transactionId } = report;
  const { reversePath, recipients } = facts;
  if (result.kind === 'MADE') {
    const made = { reportId: result.id, action: actionOf(facts), reversePath, recipientCount: recipients.length };
    deps.events.reportMade({ transactionId, ...made });
  }
  if (result.kind === 'SUPPRESSED') logSuppressed(deps, report, result.suppression);
  return result.kind !== 'TAKEN' && result.kind !== 'WAITS';
}

function logSuppressed({ events }: ReportDeps, { transactionId, facts }: DueReport, suppression: Suppression): void {
  events.reportSuppressed({ transactionId, reversePath: facts.reversePath, ...suppression });
}

type MakingResult =
  | { readonly kind: 'TAKEN' | 'OVERTAKEN' | 'WAITS' }
  | { readonly kind: 'SUPPRESSED'; readonly suppression: Suppression }
  | { readonly kind: 'MADE'; readonly id: string; readonly destinationId: string };

async function spoolReport(
  sql: TransactionSql,
  report: DueReport,
  message: OwnMessage,
): Promise<{ id: string; destinationId: string }> {
  const spooled = await spoolOwnMail(sql, message);
  await addReportEvent(sql, report, 'REPORT_MADE', {
    reportMessageId: spooled.id,
    action: actionOf(report.facts),
    recipients: report.facts.recipients.map(({ number }) => number),
  });
  return spooled;
}

async function addSuppression(sql: TransactionSql, report: DueReport, { code, reason }: Suppression): Promise<void> {
  await addReportEvent(sql, report, 'REPORT_SUPPRESSED', {
    code,
    reason,
    action: actionOf(report.facts),
    recipients: report.facts.recipients.map(({ number }) => number),
  });
}

async function readMessage(sql: Sql, messageId: string): Promise<Uint8Array | null> {
  const [row] = await sql<{ content: Uint8Array }[]>`select content from contents where message_id = ${messageId}`;
  return row?.content ?? null;
}

function once(read: ReadContent): ReadContent {
  let reading: Promise<Uint8Array | null> | null = null;
  return () => (reading ??= read());
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
