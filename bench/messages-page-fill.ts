/**
 * A queue to search in, made by SQL: a million held messages of a day, half of them for one domain and half for 1,000 small
 * ones of a tenant each, from many senders to many mailboxes; beside them messages that have ended, and a tenant without mail.
 */
import { newId } from '../src/mail/id.ts';
import type { Service } from '../test/helpers/service.ts';
import { type Database, openDatabase } from './database.ts';
import { DOMAIN } from './sides.ts';

export const HELD = 1_000_000;
export const ENDED = 100_000;
export const SMALL_DOMAINS = 1_000;
export const HOURS = 24;
const SENDERS = 5_000;
const MAILBOXES = 5_000;
const CLIENTS = 20_000;
const AT_SENDERS = '@mail.elsewhere.example';
/** Every twentieth message has the null reverse-path, as reports have. */
const NULL_EVERY = 20;
const BATCH = 50_000;
const SIZE_BYTES = 512;

export const someSender = (number: number): string => `sender${number % SENDERS}@elsewhere.example`;
export const someMailbox = (number: number): string => `user${number % MAILBOXES}@${DOMAIN}`;
export const someMessageId = (number: number): string => `<${1 + (number % HELD)}${AT_SENDERS}>`;
export const someClient = (number: number): string => `10.0.${Math.floor((number % CLIENTS) / 256)}.${number % 256}`;
export const smallDomain = (number: number): string => `d${number}.example`;

export interface ToSearch {
  /** Whose is the first small domain. */
  readonly tenantId: string;
  /** Whose domain holds nothing. */
  readonly emptyTenantId: string;
  /** Held messages from the middle of the day. */
  readonly someIds: readonly string[];
  /** When the last batch was made, on this machine's clock. */
  readonly nowMs: number;
}

export async function fillToSearch(service: Service): Promise<ToSearch> {
  const startedAtMs = performance.now();
  const { sql } = await openDatabase(service.dataDir);
  await addSmallDomains(sql);
  for (let made = 0; made < HELD; made += BATCH) await holdBatch(sql, made);
  await endSome(sql);
  await sql.unsafe('vacuum analyze messages, recipients, history, destinations, domains, tenants');
  await sql.unsafe('checkpoint');
  const [owner] = await sql<{ tenant_id: string }[]>`select tenant_id from destinations where name = ${smallDomain(1)}`;
  const emptyTenantId = newId();
  await sql`insert into tenants (id, name) values (${emptyTenantId}, 'empty')`;
  await sql`insert into destinations (id, tenant_id, name, kind) values (${newId()}, ${emptyTenantId}, 'empty.example', 'RELAY')`;
  const some = await sql<{ id: string }[]>`
    select id from messages where id < uuidv7(make_interval(hours => ${-HOURS / 2}::integer)) order by id desc limit 200`;
  await sql.end();
  if (owner === undefined) throw new Error('no small domain');
  console.log(`${HELD} held messages made in ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s`);
  return { tenantId: owner.tenant_id, emptyTenantId, someIds: some.map(({ id }) => id), nowMs: Date.now() };
}

/** Of a tenant each. */
export async function addSmallDomains(sql: Database['sql']): Promise<void> {
  await sql`
    with made as (
      insert into tenants (id, name) select uuidv7(), 'tenant' || n from generate_series(1, ${SMALL_DOMAINS}::integer) n
      returning id, substr(name, 7)::integer as number
    ), led as (
      insert into destinations (id, tenant_id, name, kind) select uuidv7(), id, 'd' || number || '.example', 'RELAY' from made
      returning id, tenant_id, name
    )
    insert into domains (id, tenant_id, destination_id, name, status) select uuidv7(), tenant_id, id, name, 'ACTIVE' from led`;
}

/** Ids follow the instants of acceptance, oldest first, as if the mail had come in over the hours. */
async function holdBatch(sql: Database['sql'], made: number): Promise<void> {
  await sql`
    with drawn as materialized (
      select n, uuidv7(-age) as id, bmx_now() - age as accepted_at, d.id as destination_id, d.tenant_id, d.name
      from generate_series(${made + 1}::integer, ${made + BATCH}::integer) n
      cross join lateral (select make_interval(secs => 60 + ${HOURS * 3600}::float8 * (1 - n / ${HELD}::float8)) as age) as ages
      join destinations d on d.name = case when n % 2 = 0 then ${DOMAIN}
                                           else 'd' || 1 + (n / 2 * 379) % ${SMALL_DOMAINS}::integer || '.example' end
      order by n
    ), held as (
      insert into messages (id, transaction_id, tenant_id, destination_id, reverse_path, size_bytes, client_address,
                            ehlo_name, protocol, accepted_at, next_attempt_at, header_message_id)
      select id, id, tenant_id, destination_id,
             case when n % ${NULL_EVERY}::integer > 0 then 'sender' || n % ${SENDERS}::integer || '@elsewhere.example' end,
             ${SIZE_BYTES}, '10.0.0.0'::inet + n % ${CLIENTS}::integer, 'elsewhere.example', 'ESMTP', accepted_at,
             bmx_now() + interval '1 day', n || ${AT_SENDERS}
      from drawn
    ), addressed as (
      insert into recipients (message_id, number, tenant_id, destination_id, address)
      select id, 0, tenant_id, destination_id, 'user' || n % ${MAILBOXES}::integer || '@' || name from drawn
    )
    insert into queue_delta (destination_id, tenant_id, held_count, held_bytes)
    select destination_id, tenant_id, count(*), count(*) * ${SIZE_BYTES}::integer from drawn group by 1, 2`;
}

/** Messages of the same day that have ended, a tenth of them refused. */
async function endSome(sql: Database['sql']): Promise<void> {
  await sql`
    insert into history (id, transaction_id, tenant_id, destination_id, reverse_path, size_bytes, client_address, ehlo_name,
                         kind, accepted_at, expires_at, recipients, header_message_id)
    select uuidv7(-age), uuidv7(-age), d.tenant_id, d.id, 'sender' || n % ${SENDERS}::integer || '@elsewhere.example',
           ${SIZE_BYTES}, '10.0.0.0'::inet + n % ${CLIENTS}::integer, 'elsewhere.example', 'MAIL', bmx_now() - age, bmx_now() + interval '10 days',
           jsonb_build_array(jsonb_build_object('number', 0, 'address', 'user' || n % ${MAILBOXES}::integer || '@' || d.name,
             'state', case when n % 10 = 0 then 'FAILED' else 'DELIVERED' end, 'attemptCount', 1, 'lastReply', '250 2.0.0 Ok',
             'endedAt', bmx_now())), 'ended.' || n || ${AT_SENDERS}
    from generate_series(1, ${ENDED}::integer) n
    cross join lateral (select make_interval(secs => 60 + ${HOURS * 3600}::float8 * (1 - n / ${ENDED}::float8)) as age) as ages
    join destinations d on d.name = case when n % 2 = 0 then ${DOMAIN}
                                         else 'd' || 1 + (n / 2 * 379) % ${SMALL_DOMAINS}::integer || '.example' end
    order by n`;
}
