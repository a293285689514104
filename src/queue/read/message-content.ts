/** The content of held mail: header sections for many messages at once, and one whole message. Every statement carries its viewer. */
import { Buffer } from 'node:buffer';
import type { SqlExecutor } from '../../db/client.ts';
import { tenantScope } from '../../db/fragments.ts';
import { headerSectionOf } from '../../mail/header-section.ts';
import type { Viewer } from '../../mail/viewer.ts';

/** Header sections of real mail are a few kilobytes; a page of a hundred of these is six megabytes at the most. */
const MAX_HEADER_BYTES = 65_536;

/** Header sections by message id, each cut after the last field that fits; messages that have ended are left out. */
export async function readHeaderSections(
  sql: SqlExecutor,
  viewer: Viewer,
  messageIds: readonly string[],
): Promise<Map<string, Uint8Array>> {
  // A byte more tells whether the section was cut.
  const rows = await sql<{ message_id: string; beginning: string }[]>`
    select message_id, encode(substring(content from 1 for ${MAX_HEADER_BYTES + 1}), 'base64') as beginning from contents
    where message_id = any(${[...messageIds]}::uuid[]) and ${tenantScope(sql, viewer)}`;
  return new Map(
    rows.map(({ message_id: id, beginning }) => [
      id,
      headerSectionOf(Buffer.from(beginning, 'base64'), MAX_HEADER_BYTES),
    ]),
  );
}

/** The whole message as it is handed over; null when it has ended, and of the service's own mail: a code in it is for its recipient. */
export async function readContent(sql: SqlExecutor, viewer: Viewer, messageId: string): Promise<Uint8Array | null> {
  const [row] = await sql<{ content: string }[]>`
    select encode(content, 'base64') as content from contents
    where message_id = ${messageId} and ${tenantScope(sql, viewer)}
      and exists (select from messages where id = message_id and kind = 'MAIL')`;
  return row === undefined ? null : Buffer.from(row.content, 'base64');
}
