/**
 * Finalizes what a node has marked as delivered and did not finalize: it died, or an earlier visit of it failed.
 *
 * In the transaction that frees its claims, so that nobody can take what it has delivered.
 */
import type { Sql, TransactionSql } from '../db/client.ts';
import { type Holder, releaseLeftovers, releaseToSchedule } from './claim.ts';
import { type Deliveries, dropMarks, type Marked, takeMarks } from './marks.ts';
import { feedBreakerFrom, NOBODY } from './outcome.ts';
import { finalizeRows } from './finalize.ts';
import type { Verdict } from './verdict.ts';

/** Of one destination, or all. */
export async function finalizeMarked(
  transaction: TransactionSql,
  holder: Holder,
  destinationId: string | null = null,
): Promise<void> {
  for (const mark of await takeMarks(transaction, holder, destinationId)) {
    const ids = new Set(mark.deliveries.map(({ messageId }) => messageId));
    const { destinationId: of } = mark;
    const rows = await finalizeRows(transaction, {
      destinationId: of,
      verdicts: mark.deliveries.flatMap(verdictsOf),
      attempts: mark.deliveries,
      routeGeneration: null,
      by: { kind: 'ATTEMPT', holder },
      // Recipients of whom the mark does not speak are due again at once.
      messages: [...ids].map((messageId) => ({ messageId, isHostLevel: true })),
    });
    await feedBreakerFrom(transaction, { destinationId: of, rows, refused: [], standings: NOBODY });
  }
}

function verdictsOf({ messageId, record }: Deliveries[number]): Verdict[] {
  const { reply, host, offersDsn, recipientNumbers } = record;
  const origin = { status: null, host, isRelayed: offersDsn === false };
  return recipientNumbers.map((number) => ({ messageId, number, outcome: 'DELIVERED', reply, origin }));
}

/** Releases what an earlier visit of this node left claimed at a destination, and finalizes what that had delivered. */
export async function finalizeLeftovers(sql: Sql, { destinationId, holder }: Marked): Promise<void> {
  if (await releaseLeftovers(sql, holder, destinationId)) return;
  await sql.begin(async (transaction) => {
    await finalizeMarked(transaction, holder, destinationId);
    await releaseLeftovers(transaction, holder, destinationId);
  });
}

/** Gives up what cannot be finalized: it waits for the slot that its claim stored, and is delivered again. */
export async function giveUpMarked(
  sql: Sql,
  marked: Marked,
  { ids, mark }: { readonly ids: readonly string[]; readonly mark: string | null },
): Promise<void> {
  await sql.begin(async (transaction) => {
    await dropMarks(transaction, marked, mark === null ? [] : [mark]);
    await releaseToSchedule(transaction, marked.holder, ids);
  });
}
