/** Refusals as the service stores them: one by itself, and the counts of half days. */
import { createIdSource } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { createRejectionCounts } from '../../src/stats/rejection-counts.ts';
import type { TestDatabase } from '../helpers/database.ts';

export interface Refused {
  readonly code: string;
  readonly destinationId: string;
  readonly tenantId?: string;
  readonly recipient?: string;
  readonly reversePath?: string;
  readonly ehloName?: string;
  readonly clientAddress?: string;
  readonly zone?: string;
  readonly isDryRun?: boolean;
}

/** Records one refusal so many minutes ago; answers with its id. */
export async function recordRefusal({ sql }: TestDatabase, given: Refused, minutesAgo = 0): Promise<string> {
  const id = createIdSource(() => Date.now() - minutesAgo * 60_000)();
  const { code, destinationId, tenantId = OPERATOR_TENANT_ID, zone = null, isDryRun = false } = given;
  const { recipient = null, reversePath = null, ehloName = 'mx.client.example', clientAddress = '192.0.2.9' } = given;
  await sql`
    insert into rejections (id, tenant_id, destination_id, at, client_address, ehlo_name, command, reverse_path, forward_path,
      rejection, reply, zone, is_dry_run)
    values (${id}, ${tenantId}, ${destinationId}, bmx_now() - make_interval(mins => ${minutesAgo}), ${clientAddress}, ${ehloName}, 'RCPT',
      ${reversePath}, ${recipient}, ${code}, '550 5.1.1 no', ${zone}, ${isDryRun})`;
  return id;
}

/** Counts refusals at the present instant, as a flood does. */
export async function countRefusals({ sql }: TestDatabase, given: Refused, count: number): Promise<void> {
  const { code, destinationId, tenantId = OPERATOR_TENANT_ID, zone = null, isDryRun = false } = given;
  const counts = createRejectionCounts(sql);
  for (let number = 0; number < count; number += 1)
    counts.count({ rejection: code, destinationId, tenantId, zone, isDryRun });
  await counts.flush();
}
