/**
 * The verb for a primary that truly refuses: ends what is held and suspected as FAILED, with the reports that are due.
 *
 * Promises: bounded batches, each recipient ends once, through settle.ts; what is in delivery at this moment is not touched;
 * the viewer is part of every query; with an expected count that is not the count, nothing is changed. The report says what
 * the primary said; the record of each message says who ended it and why. O(held).
 */
import type { Sql } from '../db/client.ts';
import { FIRST_ID, LAST_ID, newId } from '../mail/id.ts';
import { parseReply } from '../mail/reply.ts';
import type { Viewer } from '../mail/viewer.ts';
import { type Fate, settle } from './settle.ts';
import type { Verdict } from './verdict.ts';

const BATCH = 1000;

export interface BounceSuspectedInput {
  readonly destinationId: string;
  /** One line, for the record. */
  readonly reason: string;
  /** Recipients, as the caller believes; null: however many. */
  readonly expectedCount: number | null;
  readonly onFates: (fates: readonly Fate[]) => void;
}

export type BounceSuspectedResult =
  | { readonly kind: 'DONE'; readonly recipientCount: number }
  /** Nothing was changed: so many are held and suspected. */
  | { readonly kind: 'CONFLICT'; readonly recipientCount: number };

export async function bounceSuspected(
  sql: Sql,
  viewer: Viewer,
  input: BounceSuspectedInput,
): Promise<BounceSuspectedResult> {
  const { destinationId, reason, expectedCount } = input;
  if (expectedCount !== null) {
    const recipientCount = await countSuspected(sql, viewer, destinationId);
    if (recipientCount !== expectedCount) return { kind: 'CONFLICT', recipientCount };
  }
  let recipientCount = 0;
  let after = FIRST_ID;
  for (;;) {
    const page = await readPage(sql, viewer, { destinationId, after });
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.id;
    const fates = await bouncePage(sql, input, page);
    if (fates.length > 0) input.onFates(fates);
    recipientCount += fates.length;
  }
  if (recipientCount > 0) {
    const facts = JSON.stringify({ reason, recipientCount });
    await sql`
      insert into events (id, tenant_id, destination_id, kind, facts)
      select ${newId()}::uuid, tenant_id, id, 'DOMAIN_HELD_BOUNCED', ${facts}::text::jsonb
      from destinations where id = ${destinationId}`;
  }
  return { kind: 'DONE', recipientCount };
}

async function countSuspected(sql: Sql, viewer: Viewer, destinationId: string): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*) as count from recipients
    where destination_id = ${destinationId} and state = 'HELD' and suspected_at is not null
      and (${viewer.isOperator} or tenant_id = ${viewer.tenantId})`;
  return row?.count ?? 0;
}

interface PageRow {
  readonly id: string;
  /** Null without a suspected recipient. */
  readonly suspected: readonly { readonly number: number; readonly reply: string }[] | null;
}

/** The next messages by id, those without a suspected recipient too: so that a page is bounded by what it reads. */
async function readPage(
  sql: Sql,
  viewer: Viewer,
  { destinationId, after }: { readonly destinationId: string; readonly after: string },
): Promise<PageRow[]> {
  return sql<PageRow[]>`
    select m.id, case when m.claimed_by is null then (
        select jsonb_agg(jsonb_build_object('number', r.number, 'reply', r.suspected_reply) order by r.number)
        from recipients r where r.message_id = m.id and r.state = 'HELD' and r.suspected_at is not null) end as suspected
    from (
      select id, claimed_by from messages
      where (destination_id, id) > (${destinationId}, ${after}) and (destination_id, id) <= (${destinationId}, ${LAST_ID})
        and (${viewer.isOperator} or tenant_id = ${viewer.tenantId})
      order by destination_id, id limit ${BATCH}
    ) m order by m.id`;
}

async function bouncePage(
  sql: Sql,
  { destinationId, reason }: BounceSuspectedInput,
  page: readonly PageRow[],
): Promise<Fate[]> {
  const verdicts = page.flatMap(({ id, suspected }) =>
    (suspected ?? []).map(
      ({ number, reply }): Verdict => ({
        messageId: id,
        number,
        outcome: 'FAILED',
        reply,
        origin: { status: parseReply(reply)?.enhancedCode ?? null, host: null },
      }),
    ),
  );
  if (verdicts.length === 0) return [];
  return settle(sql, {
    destinationId,
    routeGeneration: null,
    by: { kind: 'VERB', event: 'MESSAGE_BOUNCED', reason },
    messages: [...new Set(verdicts.map(({ messageId }) => messageId))].map((messageId) => ({
      messageId,
      isHostLevel: true,
    })),
    verdicts,
    attempts: [],
  });
}
