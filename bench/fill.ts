/**
 * Held mail made by SQL: what no client could send in the time a benchmark has.
 */
import { randomBytes } from 'node:crypto';
import { until } from '../test/helpers/child.ts';
import { readHeldCount } from '../test/helpers/domains.ts';
import type { Service } from '../test/helpers/service.ts';
import { type Database, openDatabase } from './database.ts';
import { DOMAIN } from './sides.ts';

const BATCH = 20_000;

export interface Filling {
  /** Default: DOMAIN. */
  readonly domain?: string;
  readonly count: number;
  readonly sizeBytes: number;
  /** They are due: each is as if it were just accepted. Otherwise in a day. */
  readonly isDue: boolean;
}

/** Messages, recipients and contents in batches, counted through queue_delta as accept counts; resolves when all is counted. */
export async function fill(service: Service, filling: Filling): Promise<void> {
  const { domain: name = DOMAIN, count, sizeBytes, isDue } = filling;
  const startedAtMs = performance.now();
  const heldBefore = await readHeldCount(service, name);
  const { sql } = await openDatabase(service.dataDir);
  const [domain] = await sql<{ destination_id: string; tenant_id: string }[]>`
    select destination_id, tenant_id from domains where name = ${name}`;
  if (domain === undefined) throw new Error(`no domain ${name}`);
  const text = randomBytes(sizeBytes)
    .toString('base64')
    .slice(0, Math.max(0, sizeBytes - 32));
  const content = Buffer.from(
    `Subject: held\r\n\r\n${text.replaceAll(/.{76}/g, '$&\r\n')}`.slice(0, sizeBytes - 2) + '\r\n',
  );
  for (let made = 0; made < count; made += BATCH) {
    await makeBatch(sql, { ...domain, content, count: Math.min(BATCH, count - made), isDue });
  }
  await sql.unsafe('vacuum analyze messages, recipients, contents');
  await sql.unsafe('checkpoint');
  await sql.end();
  await until(
    'the held mail is counted',
    60_000,
    async () => (await readHeldCount(service, name)) >= heldBefore + count,
  );
  console.log(`${count} held messages made in ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s`);
}

interface Batch extends Pick<Filling, 'count' | 'isDue'> {
  readonly destination_id: string;
  readonly tenant_id: string;
  readonly content: Uint8Array;
}

async function makeBatch(sql: Database['sql'], batch: Batch): Promise<void> {
  const { destination_id: destinationId, tenant_id: tenantId, content, count, isDue } = batch;
  const sizeBytes = content.byteLength;
  await sql`
    with made as (
      insert into messages (id, transaction_id, tenant_id, destination_id, reverse_path, size_bytes, client_address,
                            ehlo_name, protocol, next_attempt_at)
      select id, id, ${tenantId}, ${destinationId}, 'sender@elsewhere.example', ${sizeBytes},
             '192.0.2.1', 'elsewhere.example', 'ESMTP', bmx_now() + case when ${String(isDue)} = 'true' then '0' else '1 day' end::interval
      from (select uuidv7(interval '-10 minutes') as id from generate_series(1, ${count})) as ids
      returning id, tenant_id, destination_id
    ), addressed as (
      insert into recipients (message_id, number, tenant_id, destination_id, address)
      select id, 0, tenant_id, destination_id, 'user@backed.example' from made
    ), stored as (
      insert into contents (message_id, tenant_id, destination_id, content)
      select id, tenant_id, destination_id, ${content} from made
    )
    insert into queue_delta (destination_id, tenant_id, held_count, held_bytes)
    values (${destinationId}, ${tenantId}, ${count}, ${count * sizeBytes})`;
}
