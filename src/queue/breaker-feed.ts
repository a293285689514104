/**
 * Feeds a destination's breaker with the results of a group: what was delivered, and which mailboxes were refused.
 *
 * A refused mailbox is known good if it is in the User List, or was delivered to (2yz after DATA) within 90 days. That is asked
 * only when an attempt refused a recipient for good, by two statements for all of a group.
 */
import type { Sql, TransactionSql } from '../db/client.ts';
import { isKnownBy } from '../domains/user-list/known-good.ts';
import { baseOf, normalizeLocalPart, parsePath } from '../mail/address.ts';
import { type BreakerFeed, type BreakerStep, feedBreaker } from '../outage/breaker-state.ts';
import { keyOfRecipient, type FinalizedRecipient, type RefusedMailbox, type Verdict } from './finalize.ts';

/** Feeds the breaker with what was finalized, if it is not at rest or a recipient was refused. */
export async function feedBreakerFrom(
  transaction: TransactionSql,
  destinationId: string,
  rows: readonly FinalizedRecipient[],
  mailboxes: ReadonlyMap<string, RefusedMailbox> = new Map(),
): Promise<BreakerStep | null> {
  const [first] = rows;
  if (first === undefined || (mailboxes.size === 0 && !first.isWatched)) return null;
  return feedBreaker(transaction, { ...countsOf(rows, mailboxes), destinationId, source: 'DELIVERY' });
}

/** The counts of a group for the breaker. A claim from before it opened says nothing of the primary now. */
function countsOf(
  rows: readonly FinalizedRecipient[],
  mailboxes: ReadonlyMap<string, RefusedMailbox>,
): Pick<BreakerFeed, 'takenCount' | 'refusedCount' | 'refusals'> {
  const taken = new Set<string>();
  const refusedIn = new Set<string>();
  const refusals: BreakerFeed['refusals'][number][] = [];
  for (const row of rows) {
    if (row.state === 'DELIVERED' && !row.isBeforeOpening) taken.add(row.messageId);
    if (!row.isEvidence) continue;
    refusedIn.add(row.messageId);
    const mailbox = mailboxes.get(keyOfRecipient(row));
    if (mailbox !== undefined) refusals.push({ ...mailbox, reply: row.reply });
  }
  const refusedCount = [...refusedIn].filter((id) => !taken.has(id)).length;
  return { takenCount: taken.size, refusedCount, refusals };
}

/** By `keyOfRecipient`. A recipient that has ended meanwhile is missing. */
export async function findRefusedMailboxes(
  sql: Sql,
  destinationId: string,
  refused: readonly Verdict[],
): Promise<ReadonlyMap<string, RefusedMailbox>> {
  if (refused.length === 0) return new Map();
  const rows = await sql<
    { messageId: string; number: number; address: string; domainId: string | null; delimiter: string | null }[]
  >`
    select r.message_id as "messageId", r.number, r.address, d.id as "domainId", d.recipient_delimiter as delimiter
    from unnest(${refused.map(({ messageId }) => messageId)}::uuid[], ${refused.map(({ number }) => number)}::smallint[])
      as given (message_id, number)
    join recipients r on r.message_id = given.message_id and r.number = given.number
    left join domains d on d.destination_id = ${destinationId} and d.status <> 'PENDING'`;
  const named = rows.map((row) => ({ ...row, ...mailboxOf(row) }));
  const domainId = rows[0]?.domainId ?? null;
  const forms = [...new Map(named.map((name) => [name.form, name])).values()];
  const known = new Set(await findKnownGood(sql, { destinationId, domainId, forms }));
  const atRcpt = new Set(refused.filter(({ isAtRcpt }) => isAtRcpt).map(keyOfRecipient));
  return new Map(
    named.map(({ form, mailbox, ...recipient }) => {
      const key = keyOfRecipient(recipient);
      return [key, { mailbox, isKnownGood: known.has(form) && atRcpt.has(key) }];
    }),
  );
}

/** An address that has no form stands for itself. */
function mailboxOf({ address, delimiter }: { address: string; delimiter: string | null }): {
  form: string;
  mailbox: string;
} {
  const parsed = parsePath(`<${address}>`, { allowNull: false, smtpUtf8: true });
  const form = parsed.kind === 'PATH' ? normalizeLocalPart(parsed.path.localPart) : null;
  if (form === null) return { form: address, mailbox: address };
  return { form, mailbox: baseOf(form, delimiter) };
}

/** The forms that are known good. The entries with a wildcard are few, by the limit on them. */
async function findKnownGood(
  sql: Sql,
  given: {
    readonly destinationId: string;
    readonly domainId: string | null;
    readonly forms: readonly { readonly form: string; readonly mailbox: string }[];
  },
): Promise<string[]> {
  if (given.domainId === null) return [];
  const rows = await sql<{ form: string }[]>`
    with patterns as materialized (
      select replace(replace(replace(replace(local_part, '\\', '\\\\'), '%', '\\%'), '_', '\\_'), '*', '%') as pattern
      from recipient_entries where domain_id = ${given.domainId} and local_part like '%*%'
    )
    select given.form
    from unnest(${given.forms.map(({ form }) => form)}::text[], ${given.forms.map(({ mailbox }) => mailbox)}::text[])
      as given (form, mailbox)
    where exists (select from recipient_answers a
                  where a.destination_id = ${given.destinationId} and a.local_part = given.mailbox
                    and ${isKnownBy(sql, sql`a.delivered_at`)})
      or exists (select from recipient_entries e
                 where e.domain_id = ${given.domainId} and e.local_part in (given.form, given.mailbox))
      or exists (select from patterns where given.form like pattern or given.mailbox like pattern)`;
  return rows.map(({ form }) => form);
}
