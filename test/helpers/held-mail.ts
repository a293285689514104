/**
 * Many held messages at once, as accept writes them, one recipient each: for tests of what is done with many.
 */
import type { TestDatabase } from './database.ts';

/** Adds `count` held messages to the destination of this name, accepted now and due now. */
export async function holdMany({ sql }: TestDatabase, destinationName: string, count: number): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`
      create temp table given on commit drop as
      select new_id() as id, d.id as destination_id, d.tenant_id, d.name
      from destinations d, generate_series(1, ${count}) where d.name = ${destinationName}`;
    await tx`
      insert into messages (id, transaction_id, tenant_id, destination_id, reverse_path, size_bytes, ehlo_name, protocol)
      select id, id, tenant_id, destination_id, 'a@sender.example', 12, 'client.example', 'ESMTP' from given`;
    await tx`
      insert into recipients (message_id, number, tenant_id, destination_id, address)
      select id, 0, tenant_id, destination_id, 'user@' || name from given`;
    await tx`
      insert into contents (message_id, tenant_id, destination_id, content)
      select id, tenant_id, destination_id, convert_to(E'Subject: x\r\n', 'UTF8') from given`;
    await tx`
      insert into queue_delta (destination_id, tenant_id, held_count, held_bytes)
      select destination_id, tenant_id, count(*), count(*) * 12 from given group by 1, 2`;
  });
}
