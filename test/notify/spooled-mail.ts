/** Mail of the service's own, as it lies in the queue. */
import { Buffer } from 'node:buffer';
import type { TestDatabase } from '../helpers/database.ts';

export interface SpooledMail {
  readonly reversePath: string | null;
  readonly kind: string;
  readonly notify: string;
  readonly content: string;
}

/** To this address, oldest first; quoted-printable is decoded. */
export async function mailsTo({ sql }: TestDatabase, address: string): Promise<SpooledMail[]> {
  const rows = await sql<{ reversePath: string | null; kind: string; notify: string; content: Buffer }[]>`
    select m.reverse_path as "reversePath", m.kind, r.notify, c.content
    from messages m join recipients r on r.message_id = m.id join contents c on c.message_id = m.id
    where r.address = ${address} order by m.id`;
  return rows.map((row) => ({ ...row, content: decoded(Buffer.from(row.content).toString('latin1')) }));
}

function decoded(content: string): string {
  if (!content.includes('quoted-printable')) return content;
  const octets = content
    .replaceAll('=\r\n', '')
    .replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(octets, 'latin1').toString('utf8');
}
