/**
 * The operator's verbs on held mail: retry, cancel, bounce, cancel for all that a destination holds, and bounce for all of it that
 * is suspected.
 *
 * Promises: the viewer is part of the query; a message that is in delivery at this moment is not touched (its attempt may
 * deliver it), and the caller hears so; each recipient ends once, through finalize.ts. Does not dial.
 */
import type { Sql, TransactionSql } from '../../db/client.ts';
import { actorOf, type Viewer } from '../../mail/viewer.ts';
import { FIRST_ID, LAST_ID } from '../../mail/id.ts';
import { askedNow, isPausedNow } from '../../outage/pause.ts';
import { actor, tenantScope } from '../../db/fragments.ts';
import { insertEvents } from '../../events/record.ts';
import { finalizeRecipients, type RecipientResult } from '../finalize.ts';
import { allHeldOf } from './operation-filter.ts';
import { startWithin } from './operations.ts';

export type VerbResult =
  | {
      readonly kind: 'DONE';
      readonly destinationId: string;
      /** The destination's name. */
      readonly domain: string;
      readonly results: readonly RecipientResult[];
    }
  | { readonly kind: 'NOT_FOUND' }
  | { readonly kind: 'IN_DELIVERY' }
  | { readonly kind: 'ENDED' };

const BATCH = 200;

interface HeldRow {
  destination_id: string;
  domain: string;
  is_claimed: boolean;
  numbers: number[];
}

/** Puts a held message at the head of its destination's queue, to be tried at once whatever clock and pause say. */
export async function retryMessage(sql: Sql, viewer: Viewer, id: string, reason: string): Promise<VerbResult> {
  const event = sql`
    select tenant_id, destination_id, id, 'MESSAGE_RETRIED', jsonb_build_object('reason', ${reason}::text) || ${actor(sql, viewer)}
    from moved`;
  const rows = await sql<{ destination_id: string; domain: string }[]>`
    with moved as (
      update messages m
      set next_attempt_at = least(bmx_now(), (
        select next_attempt_at from messages
        where destination_id = m.destination_id order by next_attempt_at limit 1)) - interval '1 microsecond'
      where id = ${id} and claimed_by is null and ${tenantScope(sql, viewer)}
      returning id, tenant_id, destination_id
    ), recorded as (
      ${insertEvents(sql, event)}
    ), flushed as (
      update destinations d set ${askedNow(sql)}
      from moved where d.id = moved.destination_id and (d.first_failure_at is not null or ${isPausedNow(sql)})
    )
    select d.id as destination_id, d.name as domain from moved join destinations d on d.id = moved.destination_id`;
  const [row] = rows;
  if (row !== undefined) {
    return { kind: 'DONE', destinationId: row.destination_id, domain: row.domain, results: [] };
  }
  return whyNot(sql, viewer, id);
}

/** Ends the held recipients of a message as CANCELLED, without a report. */
export function cancelMessage(sql: Sql, viewer: Viewer, id: string, reason: string): Promise<VerbResult> {
  return endMessage(sql, viewer, { id, outcome: 'CANCELLED', reply: `[cancelled: ${reason}]`, reason });
}

/** Ends the held recipients of a message as FAILED: the sender gets a report with the reason. */
export function bounceMessage(sql: Sql, viewer: Viewer, id: string, reason: string): Promise<VerbResult> {
  return endMessage(sql, viewer, { id, outcome: 'FAILED', reply: `[returned: ${reason}]`, reason });
}

/** All that a destination holds, but for what is in delivery. */
export interface CancelHeldInput {
  readonly destinationId: string;
  readonly reason: string;
  /** Called for each batch, after its COMMIT. */
  readonly onResults: (results: readonly RecipientResult[]) => void;
}

/** Cancels in bounded batches. Returns how many messages. */
export async function cancelHeld(
  sql: Sql,
  viewer: Viewer,
  { destinationId, reason, onResults }: CancelHeldInput,
): Promise<number> {
  let cancelled = 0;
  let after = FIRST_ID;
  for (;;) {
    const held = await sql<{ id: string; numbers: number[] }[]>`
      select m.id, array_agg(r.number) as numbers
      from (
        select id from messages
        where (destination_id, id) > (${destinationId}, ${after}) and (destination_id, id) <= (${destinationId}, ${LAST_ID})
          and claimed_by is null and ${tenantScope(sql, viewer)}
        order by destination_id, id limit ${BATCH}
      ) m join recipients r on r.message_id = m.id and r.state = 'HELD'
      group by m.id order by m.id`;
    const last = held.at(-1);
    if (last === undefined) return cancelled;
    after = last.id;
    const results = await finalizeRecipients(sql, {
      destinationId,
      routeGeneration: null,
      by: { kind: 'VERB', event: 'MESSAGE_CANCELLED', reason, actor: actorOf(viewer) },
      messages: held.map((row) => ({ messageId: row.id, isHostLevel: true })),
      verdicts: held.flatMap((row) =>
        row.numbers.map((number) => ({
          messageId: row.id,
          number,
          outcome: 'CANCELLED' as const,
          reply: `[cancelled: ${reason}]`,
        })),
      ),
      attempts: [],
    });
    onResults(results);
    cancelled += new Set(results.filter(({ hasEnded }) => hasEnded).map(({ messageId }) => messageId)).size;
  }
}

async function endMessage(
  sql: Sql,
  viewer: Viewer,
  verb: { id: string; outcome: 'CANCELLED' | 'FAILED'; reply: string; reason: string },
): Promise<VerbResult> {
  const [row] = await sql<HeldRow[]>`
    select m.destination_id, d.name as domain, m.claimed_by is not null as is_claimed,
      array(select number from recipients where message_id = m.id and state = 'HELD') as numbers
    from messages m join destinations d on d.id = m.destination_id
    where m.id = ${verb.id} and (${viewer.isOperator} or m.tenant_id = ${viewer.tenantId})`;
  if (row === undefined || row.is_claimed) return whyNot(sql, viewer, verb.id);
  const results = await finalizeRecipients(sql, {
    destinationId: row.destination_id,
    routeGeneration: null,
    by: {
      kind: 'VERB',
      event: verb.outcome === 'CANCELLED' ? 'MESSAGE_CANCELLED' : 'MESSAGE_BOUNCED',
      reason: verb.reason,
      actor: actorOf(viewer),
    },
    messages: [{ messageId: verb.id, isHostLevel: true }],
    verdicts: row.numbers.map((number) => ({
      messageId: verb.id,
      number,
      outcome: verb.outcome,
      reply: verb.reply,
      // RFC 3463 §3.8: returned by a decision, not by a host.
      origin: { status: '5.7.1', host: null },
    })),
    attempts: [],
  });
  if (results.length === 0) return whyNot(sql, viewer, verb.id);
  return { kind: 'DONE', destinationId: row.destination_id, domain: row.domain, results };
}

async function whyNot(sql: Sql, viewer: Viewer, id: string): Promise<VerbResult> {
  const [row] = await sql<{ is_held: boolean; has_ended: boolean }[]>`
    select
      exists (select from messages where id = ${id} and ${tenantScope(sql, viewer)}) as is_held,
      exists (select from history where id = ${id} and ${tenantScope(sql, viewer)}) as has_ended`;
  if (row?.is_held) return { kind: 'IN_DELIVERY' };
  return { kind: row?.has_ended ? 'ENDED' : 'NOT_FOUND' };
}

export interface BounceSuspectedInput {
  /** The served domain's name in its one form. */
  readonly domain: string;
  readonly destinationId: string;
  /** One line, for the record. */
  readonly reason: string;
  /** Recipients, as the caller believes; null: however many. */
  readonly expectedCount: number | null;
}

export type BounceSuspectedResult =
  /** Null if no recipient is suspected. */
  | { readonly kind: 'DONE'; readonly operationId: string | null; readonly recipientCount: number }
  /** Nothing was changed: so many are held and suspected. */
  | { readonly kind: 'CONFLICT'; readonly recipientCount: number }
  /** Nothing was changed: too many operations of the domain are at work. */
  | { readonly kind: 'TOO_MANY' };

/**
 * For a primary that truly rejects: what is held and suspected ends as FAILED, with the reports that are due. Begins an operation
 * (operation-steps.ts). Where nothing is suspected there is nothing to begin, so that a repetition is harmless. The report has the
 * primary's reply; the record of each message has the actor and the reason.
 */
export async function bounceSuspected(
  sql: Sql,
  viewer: Viewer,
  { domain, destinationId, reason, expectedCount }: BounceSuspectedInput,
): Promise<BounceSuspectedResult> {
  const filter = { ...allHeldOf(domain), isSuspected: true } as const;
  return sql.begin(async (transaction): Promise<BounceSuspectedResult> => {
    const recipientCount = await countSuspected(transaction, viewer, destinationId);
    if (expectedCount !== null && recipientCount !== expectedCount) return { kind: 'CONFLICT', recipientCount };
    const request = { verb: 'BOUNCE', filter, reason, isDryRun: false, expectedCount: null } as const;
    const start = await startWithin(transaction, viewer, request);
    if (start.kind === 'TOO_MANY') return { kind: 'TOO_MANY' };
    if (start.kind !== 'STARTED') return { kind: 'DONE', operationId: null, recipientCount: 0 };
    const facts = JSON.stringify({ reason, recipientCount, operationId: start.id });
    await insertEvents(
      transaction,
      transaction`
        select tenant_id, id, null::uuid, 'DOMAIN_HELD_BOUNCED', ${facts}::text::jsonb
        from destinations where id = ${destinationId}`,
    );
    return { kind: 'DONE', operationId: start.id, recipientCount };
  });
}

async function countSuspected(sql: TransactionSql, viewer: Viewer, destinationId: string): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*) as count from recipients
    where destination_id = ${destinationId} and state = 'HELD' and suspected_at is not null and ${tenantScope(sql, viewer)}`;
  return row?.count ?? 0;
}
