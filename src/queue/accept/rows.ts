/**
 * The accept transaction's SQL: binary COPY rows for a group of messages, and the careful single insert.
 *
 * The columns of a message stand here once. accepted_at and next_attempt_at are the database's own (`bmx_now()`).
 */
import { Buffer } from 'node:buffer';
import type { CopyStatement, Execute } from '../../db/accept-writer.ts';
import { type CopyRows, copyRows } from '../../db/copy-binary.ts';
import type { NewMessage } from '../message.ts';

/** A column of a message's row: its value as a parameter, and as a field of COPY. */
interface Column {
  readonly name: string;
  readonly valueOf: (message: NewMessage) => unknown;
  readonly write: (rows: CopyRows, message: NewMessage) => void;
}

/** The columns of these names. `type`: as `CopyRows` calls it. */
function columns<T extends 'uuid' | 'text' | 'bool' | 'int8' | 'inet'>(
  type: T,
  values: Readonly<Record<string, (message: NewMessage) => Parameters<CopyRows[T]>[0]>>,
): Column[] {
  return Object.entries(values).map(([name, valueOf]) => ({
    name,
    valueOf,
    write: (rows, message) => (rows[type] as (value: Parameters<CopyRows[T]>[0]) => void)(valueOf(message)),
  }));
}

const MESSAGE: readonly Column[] = [
  ...columns('uuid', {
    id: ({ id }) => id,
    transaction_id: ({ transactionId }) => transactionId,
    tenant_id: ({ tenantId }) => tenantId,
    destination_id: ({ destinationId }) => destinationId,
  }),
  ...columns('int8', { size_bytes: ({ sizeBytes }) => sizeBytes }),
  ...columns('inet', { client_address: ({ client }) => client?.address ?? null }),
  ...columns('bool', { is_smtp_utf8: ({ smtpUtf8 }) => smtpUtf8 }),
  ...columns('text', {
    kind: ({ kind }) => kind,
    reverse_path: ({ reversePath }) => reversePath,
    client_name: ({ client }) => client?.name ?? null,
    ehlo_name: ({ client }) => client?.ehloName ?? '',
    protocol: ({ client }) => client?.protocol ?? '',
    tls: ({ client }) => client?.tls ?? null,
    body: ({ body }) => body,
    ret: ({ ret }) => ret,
    envelope_id: ({ envelopeId }) => envelopeId,
    header_message_id: ({ headerMessageId }) => headerMessageId,
  }),
];
const MESSAGE_COLUMNS = MESSAGE.map(({ name }) => name).join(', ');
const MESSAGE_PARAMETERS = MESSAGE.map((_, at) => `$${at + 1}`).join(', ');
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

function addMessage(rows: CopyRows, message: NewMessage): void {
  rows.row(MESSAGE.length);
  for (const { write } of MESSAGE) write(rows, message);
}

/**
 * Inserts a message unless it is already there or has already ended: for the commit whose answer was lost.
 * A row of the lost transaction that is still being committed makes the insert wait for it.
 */
export async function insertOnce(execute: Execute, message: NewMessage): Promise<void> {
  const inserted = await execute(
    `insert into messages (${MESSAGE_COLUMNS}) values (${MESSAGE_PARAMETERS}) on conflict (id) do nothing returning id`,
    MESSAGE.map(({ valueOf }) => valueOf(message)),
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
