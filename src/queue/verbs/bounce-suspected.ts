/**
 * The verb for a primary that truly refuses: what is held and suspected ends as FAILED, with the reports that are due.
 *
 * Begins an operation (operation-steps.ts): in batches, each recipient once, by any node. With an expected count that is not the
 * count nothing is begun; where nothing is suspected there is nothing to begin, so that a repetition is harmless. The report says
 * what the primary said; the record of each message says who ended it and why.
 */
import type { Sql, TransactionSql } from '../../db/client.ts';
import type { Viewer } from '../../mail/viewer.ts';
import { allHeldOf } from './operation-filter.ts';
import { tenantScope } from '../../db/fragments.ts';
import { insertEvents } from '../../events/record.ts';
import { startWithin } from './operations.ts';

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
