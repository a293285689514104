/**
 * The accept transaction's SQL: binary COPY rows for a group of messages, and the careful single insert.
 *
 * Column lists stand here once. accepted_at and next_attempt_at are the database's own (`bmx_now()`).
 */
import { Buffer } from 'node:buffer';
import type { CopyStatement, Execute } from '../../db/accept-writer.ts';
import { copyRows } from '../../db/copy-binary.ts';
import type { NewMessage } from '../message.ts';

const MESSAGE_COLUMNS = `id, transaction_id, tenant_id, destination_id, kind, reverse_path, size_bytes, client_address,
  client_name, ehlo_name, protocol, tls, is_smtp_utf8, body, ret, envelope_id, header_message_id`;
const RECIPIENT_COLUMNS = 'message_id, number, tenant_id, destination_id, address, notify, original_recipient';
const CONTENT_COLUMNS = 'message_id, tenant_id, destination_id, content';
const DELTA_COLUMNS = 'destination_id, tenant_id, held_count, held_bytes';

/** Four COPYs for all messages of a group; the delta has one row per destination. */
export function copyStatements(messages: readonly NewMessage[]): CopyStatement[] {
  const rows = { messages: copyRows(), recipients: copyRows(), contents: copyRows(), delta: copyRows() };
  const deltas = new Map<string, { tenantId: string; count: number; bytes: number }>();
  for (const message of messages) {
    addMessage(rows.messages, message);
    message.recipients.forEach((recipient, number) => {
      rows.recipients.row(7);
      rows.recipients.uuid(message.id);
      rows.recipients.int2(number);
      rows.recipients.uuid(message.tenantId);
      rows.recipients.uuid(message.destinationId);
      rows.recipients.text(recipient.address);
      rows.recipients.text(recipient.notify.join(','));
      rows.recipients.text(recipient.originalRecipient);
    });
    rows.contents.row(4);
    rows.contents.uuid(message.id);
    rows.contents.uuid(message.tenantId);
    rows.contents.uuid(message.destinationId);
    rows.contents.bytea(message.content);
    const delta = deltas.get(message.destinationId) ?? { tenantId: message.tenantId, count: 0, bytes: 0 };
    delta.count += 1;
    delta.bytes += message.sizeBytes;
    deltas.set(message.destinationId, delta);
  }
  for (const [destinationId, delta] of deltas) {
    rows.delta.row(4);
    rows.delta.uuid(destinationId);
    rows.delta.uuid(delta.tenantId);
    rows.delta.int4(delta.count);
    rows.delta.int8(delta.bytes);
  }
  return [
    { sql: copySql('messages', MESSAGE_COLUMNS), rows: rows.messages },
    { sql: copySql('recipients', RECIPIENT_COLUMNS), rows: rows.recipients },
    { sql: copySql('contents', CONTENT_COLUMNS), rows: rows.contents },
    { sql: copySql('queue_delta', DELTA_COLUMNS), rows: rows.delta },
  ];
}

function copySql(table: string, columns: string): string {
  return `copy ${table} (${columns}) from stdin (format binary)`;
}

function addMessage(rows: ReturnType<typeof copyRows>, message: NewMessage): void {
  const { client } = message;
  rows.row(17);
  rows.uuid(message.id);
  rows.uuid(message.transactionId);
  rows.uuid(message.tenantId);
  rows.uuid(message.destinationId);
  rows.text(message.kind);
  rows.text(message.reversePath);
  rows.int8(message.sizeBytes);
  rows.inet(client?.address ?? null);
  rows.text(client?.name ?? null);
  rows.text(client?.ehloName ?? '');
  rows.text(client?.protocol ?? '');
  rows.text(client?.tls ?? null);
  rows.bool(message.smtpUtf8);
  rows.text(message.body);
  rows.text(message.ret);
  rows.text(message.envelopeId);
  rows.text(message.headerMessageId);
}

/**
 * Inserts a message unless it is already there or has already ended: for the commit whose answer was lost.
 * A row of the lost transaction that is still being committed makes the insert wait for it.
 */
export async function insertOnce(execute: Execute, message: NewMessage): Promise<void> {
  const { client } = message;
  const inserted = await execute(
    `insert into messages (${MESSAGE_COLUMNS})
     values ($1, $2, $3, $4, $5, $6, $7, $8::inet, $9, $10, $11, $12, $13, $14, $15, $16, $17)
     on conflict (id) do nothing returning id`,
    [
      message.id,
      message.transactionId,
      message.tenantId,
      message.destinationId,
      message.kind,
      message.reversePath,
      message.sizeBytes,
      client?.address ?? null,
      client?.name ?? null,
      client?.ehloName ?? '',
      client?.protocol ?? '',
      client?.tls ?? null,
      message.smtpUtf8,
      message.body,
      message.ret,
      message.envelopeId,
      message.headerMessageId,
    ],
  );
  if (inserted.rows.length === 0) return;
  // Looked up after the insert, in a newer snapshot: a message that was delivered meanwhile is in history by now.
  const ended = await execute('select from history where id = $1', [message.id]);
  if (ended.rows.length > 0) {
    await execute('delete from messages where id = $1', [message.id]);
    return;
  }
  await execute(
    `insert into recipients (${RECIPIENT_COLUMNS})
     select $1, r.number, $2, $3, r.address, r.notify, r.original_recipient
     from unnest($4::smallint[], $5::text[], $6::text[], $7::text[]) as r(number, address, notify, original_recipient)`,
    [
      message.id,
      message.tenantId,
      message.destinationId,
      message.recipients.map((_, number) => number),
      message.recipients.map((recipient) => recipient.address),
      message.recipients.map((recipient) => recipient.notify.join(',')),
      message.recipients.map((recipient) => recipient.originalRecipient),
    ],
  );
  await execute(`insert into contents (${CONTENT_COLUMNS}) values ($1, $2, $3, $4)`, [
    message.id,
    message.tenantId,
    message.destinationId,
    Buffer.concat(message.content),
  ]);
  await execute(`insert into queue_delta (${DELTA_COLUMNS}) values ($1, $2, 1, $3)`, [
    message.destinationId,
    message.tenantId,
    message.sizeBytes,
  ]);
}
