/**
 * Carries out verbs on many messages, a bounded batch at a time, each in a transaction with the place it has come to.
 *
 * Promises: any node goes on where another has died; each message has the verb at most once; one node at a time works on an
 * operation (SKIP LOCKED), and operations take turns. A message in delivery is passed over: CANCEL and BOUNCE come back to it
 * when its attempt did not deliver; RETRY need not, since it is being tried. Reads nothing that came in later.
 */
import { monotonicMs } from '../../clock.ts';
import type { Sql, TransactionSql } from '../../db/client.ts';
import { FIRST_ID } from '../../mail/id.ts';
import { parseReply } from '../../mail/reply.ts';
import { insertEvents } from '../../events/record.ts';
import {
  heldAfter,
  isMeant,
  isSuspectedBefore,
  type OperationFilter,
  type OperationScope,
} from './operation-filter.ts';
import { endOperation, type OperationVerb } from './operations.ts';
import { finalizeWithin, type RecipientResult, type Verdict } from '../finalize.ts';

/** Messages of one transaction: locked for some ten milliseconds. */
const BATCH = 500;
/** Messages looked at for one batch when a filter passes over many. */
const LOOKED_AT = 5_000;
/** How long one round may go on before the timer's next. */
const ROUND_MS = 2_000;

export interface OperationDeps {
  /** The pool of pinned plans: with the other one a batch in a large queue costs seven times as much. */
  readonly sql: Sql;
  /** Receives the results of one batch of CANCEL or BOUNCE. */
  readonly onResults: (domainName: string, results: readonly RecipientResult[]) => void;
  /** Messages of the destination have become due. */
  readonly onRetried: (destinationId: string) => void;
}

interface Operation extends OperationScope {
  readonly id: string;
  readonly verb: OperationVerb;
  readonly reason: string;
  readonly position: string | null;
  readonly domainName: string;
  readonly isServed: boolean;
  /** The person or token that began it; null if an earlier version did. */
  readonly actor: { readonly by: string; readonly token: string | null } | null;
}

/** The result of one transaction for one operation. */
interface Step {
  readonly operation: Operation;
  /** False: it waits for messages in delivery. */
  readonly hasAdvanced: boolean;
  readonly results: readonly RecipientResult[];
  readonly retriedCount: number;
}

/**
 * One round of a timer: goes on while there is something to do, for a bounded time. Throws what an operation has thrown, when
 * the others have had their turn.
 */
export async function carryOutOperations(deps: OperationDeps): Promise<void> {
  const endsAtMs = monotonicMs() + ROUND_MS;
  const faults: unknown[] = [];
  let afterId = FIRST_ID;
  let hasAdvanced = false;
  while (monotonicMs() < endsAtMs) {
    let takenId: string | null = null;
    const step = await deps.sql
      .begin((transaction) =>
        takeStep(transaction, afterId, (id) => {
          takenId = id;
        }),
      )
      .catch((error: unknown) => {
        if (takenId === null) throw error;
        faults.push(error);
        return takenId;
      });
    if (typeof step === 'string') {
      afterId = step;
      continue;
    }
    if (step === null) {
      if (!hasAdvanced) break;
      afterId = FIRST_ID;
      hasAdvanced = false;
      continue;
    }
    afterId = step.operation.id;
    hasAdvanced ||= step.hasAdvanced;
    if (step.results.length > 0) deps.onResults(step.operation.domainName, step.results);
    if (step.retriedCount > 0) deps.onRetried(step.operation.destinationId);
  }
  if (faults.length > 0) throw faults[0];
}

async function takeStep(sql: TransactionSql, afterId: string, onTaken: (id: string) => void): Promise<Step | null> {
  const [operation] = await sql<(Operation & { filter: OperationFilter })[]>`
    select o.id, o.verb, o.reason, o.position, o.filter, o.actor, o.created_at::text as "createdAt", o.until_id as "untilId", o.tenant_id as "tenantId",
      o.destination_id as "destinationId", d.name as "domainName",
      exists (select from domains s where s.destination_id = o.destination_id and s.status <> 'PENDING') as "isServed"
    from operations o join destinations d on d.id = o.destination_id
    where o.state = 'RUNNING' and o.id > ${afterId}
    order by o.id limit 1 for update of o skip locked`;
  if (operation === undefined) return null;
  onTaken(operation.id);
  const idle = { operation, results: [], retriedCount: 0 };
  if (!operation.isServed) {
    await endOperation(sql, operation.id, 'STOPPED', null);
    return { ...idle, hasAdvanced: true };
  }
  const batch = await readBatch(sql, operation);
  if (batch.free.length === 0 && batch.claimed.length === 0 && batch.isLast) {
    return { ...idle, hasAdvanced: await comeToEnd(sql, operation) };
  }
  const isRetry = operation.verb === 'RETRY';
  const results = isRetry ? [] : await endMessages(sql, operation, batch.free);
  if (isRetry) await makeDue(sql, operation, batch.free);
  const doneCount = isRetry
    ? batch.free.length + batch.claimed.length
    : new Set(results.map(({ messageId }) => messageId)).size;
  await sql`
    update operations set position = ${batch.position}, done_count = done_count + ${doneCount} where id = ${operation.id}`;
  return { operation, hasAdvanced: true, results, retriedCount: isRetry ? batch.free.length : 0 };
}

interface Batch {
  readonly free: readonly string[];
  /** In delivery at this moment. */
  readonly claimed: readonly string[];
  /** The last message looked at. */
  readonly position: string | null;
  /** No message follows it. */
  readonly isLast: boolean;
}

async function readBatch(sql: TransactionSql, operation: Operation): Promise<Batch> {
  const rows = await sql<{ id: string; is_claimed: boolean; is_meant: boolean; seen_count: number }[]>`
    with seen as materialized (
      select id, claimed_by is not null as is_claimed, ${isMeant(sql, operation)} as is_meant
      from messages where ${heldAfter(sql, operation, operation.position)}
      order by destination_id, id limit ${LOOKED_AT}
    )
    (select id, is_claimed, true as is_meant, (select count(*) from seen) as seen_count
     from seen where is_meant order by id limit ${BATCH})
    union all
    (select id, is_claimed, false, (select count(*) from seen) from seen order by id desc limit 1)`;
  const meant = rows.filter((row) => row.is_meant);
  const lastSeen = rows.find((row) => !row.is_meant)?.id ?? operation.position;
  const isFull = meant.length === BATCH;
  return {
    free: meant.filter((row) => !row.is_claimed).map(({ id }) => id),
    claimed: meant.filter((row) => row.is_claimed).map(({ id }) => id),
    position: isFull ? (meant.at(-1)?.id ?? lastSeen) : lastSeen,
    isLast: !isFull && (rows[0]?.seen_count ?? 0) < LOOKED_AT,
  };
}

/** Called when no message is left after its position. True if it has ended, or starts another round. */
async function comeToEnd(sql: TransactionSql, operation: Operation): Promise<boolean> {
  if (operation.verb !== 'RETRY') {
    const meant = isMeant(sql, operation);
    const [left] = await sql<{ in_delivery: boolean; is_free: boolean }[]>`
      with claims as materialized (select * from messages where claimed_by is not null),
      delivery as materialized (
        select exists (select from claims as messages where ${heldAfter(sql, operation, null)} and ${meant}) as in_delivery
      )
      -- What is left is looked for only when nothing is in delivery: it may be a walk of all that is held.
      select in_delivery, case when in_delivery then false else coalesce((
        select true from messages where ${heldAfter(sql, operation, null)} and ${meant}
        order by destination_id, id limit 1), false) end as is_free
      from delivery`;
    if (left?.is_free) {
      await sql`update operations set position = null where id = ${operation.id}`;
      return true;
    }
    if (left?.in_delivery) return false;
  }
  await endOperation(sql, operation.id, 'DONE', null);
  return true;
}

async function makeDue(sql: TransactionSql, { id, reason, actor }: Operation, ids: readonly string[]): Promise<void> {
  const facts = JSON.stringify({ ...actor, reason, operationId: id });
  const events = sql`select tenant_id, destination_id, id, 'MESSAGE_RETRIED', ${facts}::text::jsonb from taken`;
  await sql`
    with taken as (
      select id, tenant_id, destination_id, next_attempt_at from messages
      where id = any(${ids as string[]}::uuid[]) and claimed_by is null
      order by id for update skip locked
    ), moved as (
      update messages m set next_attempt_at = bmx_now() from taken where m.id = taken.id and taken.next_attempt_at > bmx_now()
    )
    ${insertEvents(sql, events)}`;
}

async function endMessages(
  sql: TransactionSql,
  operation: Operation,
  ids: readonly string[],
): Promise<RecipientResult[]> {
  if (ids.length === 0) return [];
  const isBounce = operation.verb === 'BOUNCE';
  return finalizeWithin(sql, {
    destinationId: operation.destinationId,
    routeGeneration: null,
    by: {
      kind: 'VERB',
      event: isBounce ? 'MESSAGE_BOUNCED' : 'MESSAGE_CANCELLED',
      reason: operation.reason,
      actor: operation.actor,
      operationId: operation.id,
    },
    messages: ids.map((messageId) => ({ messageId, isHostLevel: true })),
    verdicts: operation.filter.isSuspected
      ? await refusedBefore(sql, operation, ids)
      : await decidedBy(sql, operation, ids),
    attempts: [],
  });
}

/** Everybody held is ended by a decision, not by a host (RFC 3463 §3.8). */
async function decidedBy(
  sql: TransactionSql,
  { verb, reason }: Operation,
  ids: readonly string[],
): Promise<readonly Verdict[]> {
  const isBounce = verb === 'BOUNCE';
  const held = await sql<Pick<Verdict, 'messageId' | 'number'>[]>`
    select message_id as "messageId", number from recipients where message_id = any(${ids as string[]}::uuid[]) and state = 'HELD'`;
  return held.map((recipient) => ({
    ...recipient,
    outcome: isBounce ? 'FAILED' : 'CANCELLED',
    reply: isBounce ? `[returned: ${reason}]` : `[cancelled: ${reason}]`,
    origin: { status: '5.7.1', host: null },
  }));
}

/** Recipients that the primary refused before the operation began end with its own reply. */
async function refusedBefore(
  sql: TransactionSql,
  { createdAt }: Operation,
  ids: readonly string[],
): Promise<readonly Verdict[]> {
  const refused = await sql<Pick<Verdict, 'messageId' | 'number' | 'reply'>[]>`
    select message_id as "messageId", number, suspected_reply as reply from recipients r
    where message_id = any(${ids as string[]}::uuid[]) and ${isSuspectedBefore(sql, createdAt)}`;
  return refused.map((recipient) => ({
    ...recipient,
    outcome: 'FAILED',
    origin: { status: parseReply(recipient.reply)?.enhancedCode ?? null, host: null },
  }));
}
