/**
 * Which refused recipients are known good: in the User List, or delivered to (2yz behind DATA) within 90 days.
 *
 * Asked only when an attempt refused somebody for good; two statements for all of a group.
 */
import type { Sql } from '../db/client.ts';
import { parsePath } from '../mail/address.ts';
import { baseOf, normalizeLocalPart } from '../mail/local-part.ts';

/** A recipient that a host refused for good. */
export interface RefusedRecipient {
  readonly messageId: string;
  readonly number: number;
  /** In its reply to RCPT; else it refused the sender, the message or its content, which says nothing of the mailbox. */
  readonly isAtRcpt?: boolean;
}

export interface RefusedMailbox {
  /** The one form of its local part, without what the domain's delimiter parts. */
  readonly mailbox: string;
  /** A mailbox known good was refused as such. */
  readonly isKnownGood: boolean;
}

interface AddressRow {
  message_id: string;
  number: number;
  address: string;
  domain_id: string | null;
  delimiter: string | null;
}

/** By `keyOfRecipient`. Who has ended meanwhile is missing. */
export async function findRefusedMailboxes(
  sql: Sql,
  destinationId: string,
  refused: readonly RefusedRecipient[],
): Promise<Map<string, RefusedMailbox>> {
  const rows = await sql<AddressRow[]>`
    select r.message_id, r.number, r.address, d.id as domain_id, d.recipient_delimiter as delimiter
    from unnest(${refused.map(({ messageId }) => messageId)}::uuid[], ${refused.map(({ number }) => number)}::smallint[])
      as given (message_id, number)
    join recipients r on r.message_id = given.message_id and r.number = given.number
    left join domains d on d.destination_id = ${destinationId} and d.status <> 'PENDING'`;
  const named = rows.map((row) => ({ ...row, ...mailboxOf(row) }));
  const domainId = rows[0]?.domain_id ?? null;
  const forms = [...new Map(named.map((name) => [name.form, name])).values()];
  const known = new Set(await findKnownGood(sql, { destinationId, domainId, forms }));
  const atRcpt = new Set(refused.filter(({ isAtRcpt }) => isAtRcpt).map(keyOfRecipient));
  return new Map(
    named.map(({ message_id: messageId, number, form, mailbox }) => {
      const key = keyOfRecipient({ messageId, number });
      return [key, { mailbox, isKnownGood: known.has(form) && atRcpt.has(key) }];
    }),
  );
}

export function keyOfRecipient({ messageId, number }: RefusedRecipient): string {
  return `${messageId} ${number}`;
}

/** An address that has no form stands for itself. */
function mailboxOf({ address, delimiter }: AddressRow): { form: string; mailbox: string } {
  const parsed = parsePath(`<${address}>`, { allowNull: false, smtpUtf8: true });
  const form = parsed.kind === 'PATH' ? normalizeLocalPart(parsed.path.localPart) : null;
  if (form === null) return { form: address, mailbox: address };
  return { form, mailbox: baseOf(form, delimiter) };
}

/** Of these forms, those known good. The entries with a wildcard are few, by the limit on them. */
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
                    and a.delivered_at > bmx_now() - interval '90 days')
      or exists (select from recipient_entries e
                 where e.domain_id = ${given.domainId} and e.local_part in (given.form, given.mailbox))
      or exists (select from patterns where given.form like pattern or given.mailbox like pattern)`;
  return rows.map(({ form }) => form);
}
