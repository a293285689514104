/**
 * Mail that the service itself sends: reports, and notices to alert contacts. The only way into the queue for a domain that is not served.
 *
 * Promises: a null reverse-path always (RFC 3464, RFC 5321 §4.5.5), so no report about it can follow; the destination of a
 * domain that we do not back up is INTERNAL: it has a clock but no outage object. Runs in the caller's transaction.
 */
import { Buffer } from 'node:buffer';
import type { SqlExecutor } from '../../db/client.ts';
import { searchedMessageIdOf } from '../../mail/header-section.ts';
import { newId } from '../../mail/id.ts';

export interface OwnMessage {
  /** UUIDv7, which its own Message-ID begins with. */
  readonly id: string;
  readonly tenantId: string;
  /** The one recipient, `local@domain`. */
  readonly to: string;
  /** Domain of the recipient as A-label. */
  readonly domain: string;
  readonly content: Uint8Array;
  /** Can only be spoken with SMTPUTF8. */
  readonly smtpUtf8: boolean;
  readonly body: '8BITMIME' | null;
  /** The name this node gives in EHLO, kept for the record. */
  readonly ehloName: string;
}

/** The destination of a domain that our own mail goes to: an INTERNAL one, or the one we back up anyway. Returns its id. */
export async function findOwnDestination(sql: SqlExecutor, tenantId: string, domain: string): Promise<string> {
  const [destination] = await sql<{ id: string }[]>`
    insert into destinations (id, tenant_id, name, kind)
    values (${newId()}, ${tenantId}, ${domain}, 'INTERNAL')
    on conflict (name) do update set name = excluded.name
    returning id`;
  if (destination === undefined) throw new Error(`no destination for ${domain}`);
  return destination.id;
}

/** Puts a report into the queue; returns its message id and destination. */
export async function spoolOwnMail(
  sql: SqlExecutor,
  message: OwnMessage,
): Promise<{ id: string; destinationId: string }> {
  const destinationId = await findOwnDestination(sql, message.tenantId, message.domain);
  const { id } = message;
  const size = message.content.byteLength;
  await sql`
    with message as (
      insert into messages (id, transaction_id, tenant_id, destination_id, kind, reverse_path, size_bytes, ehlo_name,
        protocol, is_smtp_utf8, body, header_message_id)
      values (${id}, ${id}, ${message.tenantId}, ${destinationId}, 'REPORT', null, ${size}, ${message.ehloName}, '',
        ${message.smtpUtf8}, ${message.body}, ${searchedMessageIdOf(message.content)})
      returning id, tenant_id, destination_id
    ), recipient as (
      insert into recipients (message_id, number, tenant_id, destination_id, address, notify)
      select id, 0, tenant_id, destination_id, ${message.to}, 'NEVER' from message
    ), content as (
      insert into contents (message_id, tenant_id, destination_id, content)
      select id, tenant_id, destination_id, ${Buffer.from(message.content)}::bytea from message
    )
    insert into queue_delta (destination_id, tenant_id, held_count, held_bytes)
    select destination_id, tenant_id, 1, ${size} from message`;
  return { id, destinationId };
}
