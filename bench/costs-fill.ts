/**
 * A service on which each field of the API has something to answer: 100 domains of one tenant with outages, drills, reports and held
 * mail with attempts, and enough refusals and audit entries that a filter without an index looks through as many as it may.
 */
import { newId } from '../src/mail/id.ts';
import type { Service } from '../test/helpers/service.ts';
import { openDatabase } from './database.ts';

const DOMAINS = 100;
const RECORDS = 20_000;
const HELD = 2_000;
/** Drills, outages and mailboxes of each domain, and deliveries of each webhook. */
const OF_EACH = 300;

/** Returns the tenant that has all of it. */
export async function fillForCosts(service: Service): Promise<string> {
  const { sql } = await openDatabase(service.dataDir);
  const tenantId = newId();
  await sql`insert into tenants (id, name) values (${tenantId}, 'costs')`;
  await sql`
    with led as (
      insert into destinations (id, tenant_id, name, kind)
      select uuidv7(), ${tenantId}, 'c' || n || '.example', 'RELAY' from generate_series(1, ${DOMAINS}::integer) n
      returning id, tenant_id, name
    )
    insert into domains (id, tenant_id, destination_id, name, status, dnsbl)
    select uuidv7(), tenant_id, id, name, 'ACTIVE',
      '{"zones": [{"zone": "dnsbl.example", "mode": "REJECT", "weight": 1, "codes": []}], "threshold": 1, "allowZones": [], "allowedClients": []}'::jsonb
    from led`;
  const perDomain = sql`domains d cross join generate_series(1, ${OF_EACH}::integer) n where d.tenant_id = ${tenantId}`;
  await sql`
    insert into doctor_reports (domain_id, tenant_id, destination_id, status, findings)
    select id, tenant_id, destination_id, 'WARNING',
      (select jsonb_agg(jsonb_build_object('code', 'RANK', 'verdict', 'OK', 'title', 'A title of some length', 'evidence', '[]'::jsonb))
       from generate_series(1, 24))
    from domains where tenant_id = ${tenantId}`;
  await sql`
    insert into drills (id, tenant_id, destination_id, domain_name, recipient, hold_minutes, is_scheduled, envelope_id, state, result, finished_at)
    select uuidv7(), tenant_id, destination_id, name, 'postmaster@' || name, 0, true, 'drill ' || id || n, 'FINISHED', 'DELIVERED', bmx_now()
    from ${perDomain}`;
  await sql`
    insert into drill_schedules (domain_id, tenant_id, destination_id, every_days, next_at)
    select id, tenant_id, destination_id, 30, bmx_now() + interval '9 days' from domains where tenant_id = ${tenantId}`;
  await sql`
    insert into outages (id, tenant_id, destination_id, started_at, ended_at, class, last_reply, evidence, drained_at)
    select uuidv7(make_interval(hours => -n)), tenant_id, destination_id, bmx_now() - make_interval(hours => n),
      case when n > 1 then bmx_now() end, 'DOWN', 'connection refused',
      jsonb_build_array(jsonb_build_object('at', bmx_now(), 'trouble', 'REFUSED', 'host', 'mail.example',
        'address', '192.0.2.1', 'reply', 'connection refused', 'latencyMs', 1)), case when n > 1 then bmx_now() end
    from ${perDomain}`;
  await sql`
    with drawn as materialized (
      select n, uuidv7(make_interval(secs => -n)) as id, d.destination_id, d.tenant_id, d.name
      from generate_series(1, ${HELD}::integer) n
      join (select *, row_number() over (order by id) as number from domains where tenant_id = ${tenantId}) d
        on d.number = 1 + n % ${DOMAINS}::integer
    ), held as (
      insert into messages (id, transaction_id, tenant_id, destination_id, reverse_path, size_bytes, client_address, ehlo_name,
                            protocol, accepted_at, next_attempt_at, header_message_id)
      select id, id, tenant_id, destination_id, 'sender@elsewhere.example', 512, '192.0.2.1', 'elsewhere.example', 'ESMTP',
        bmx_now(), bmx_now() + interval '1 day', n || '@elsewhere.example' from drawn
    ), kept as (
      insert into contents (message_id, tenant_id, destination_id, content)
      select id, tenant_id, destination_id, convert_to(E'Subject: a test\r\nFrom: a@b.example\r\n\r\nhello\r\n', 'UTF8') from drawn
    ), addressed as (
      insert into recipients (message_id, number, tenant_id, destination_id, address)
      select id, 0, tenant_id, destination_id, 'user' || n || '@' || name from drawn
    ), tried as (
      insert into attempts (id, tenant_id, destination_id, message_id, recipient_numbers, is_host_level, reply, outcome, latency_ms)
      select uuidv7(), tenant_id, destination_id, id, '{0}', n % 4 = 0, 'connection refused', 'DEFERRED', 1 from drawn
    )
    insert into queue_delta (destination_id, tenant_id, held_count, held_bytes)
    select destination_id, tenant_id, count(*), count(*) * 512 from drawn group by 1, 2`;
  await sql`
    insert into recipient_entries (domain_id, tenant_id, destination_id, local_part)
    select id, tenant_id, destination_id, 'user' || n from ${perDomain}`;
  await sql`
    insert into rejections (id, tenant_id, destination_id, ehlo_name, command, reverse_path, forward_path, rejection, reply)
    select uuidv7(make_interval(secs => -n)), d.tenant_id, d.destination_id, 'c', 'RCPT', 'sender@elsewhere.example',
      'nobody@' || d.name, 'USER', '550 5.1.1 no such mailbox'
    from generate_series(1, ${RECORDS}::integer) n
    join (select *, row_number() over (order by id) as number from domains where tenant_id = ${tenantId}) d
      on d.number = 1 + n % ${DOMAINS}::integer`;
  await sql`
    insert into audit_entries (id, tenant_id, at, ended_at, outcome, mutation, input, actor_tenant_id, token_id, token_name,
                               token_prefix, client_address, subject_kind, subject_id, subject_name)
    select uuidv7(make_interval(secs => -n)), ${tenantId}, bmx_now(), bmx_now(), 'DONE', 'domainUpdate', '{}', ${tenantId},
      gen_random_uuid(), 'terraform', 'bmx_aaaa', '192.0.2.9', 'DOMAIN', gen_random_uuid(), 'c1.example'
    from generate_series(1, ${RECORDS}::integer) n`;
  await sql`
    insert into operations (id, tenant_id, destination_id, verb, filter, reason, state, total_count, done_count, ended_at)
    select uuidv7(), tenant_id, destination_id, 'RETRY', '{}', '', 'DONE', 10, 10, bmx_now()
    from domains where tenant_id = ${tenantId}`;
  await sql`
    insert into tokens (id, tenant_id, name, scopes, prefix, secret_hash)
    select uuidv7(), ${tenantId}, 'token' || n, '{QUEUE_READ}', 'bmx_' || n, sha256(n::text::bytea) from generate_series(1, 100) n`;
  await sql`
    insert into webhooks (id, tenant_id, url, description, kinds, is_enabled)
    select uuidv7(), ${tenantId}, 'https://hooks' || n || '.example/', '', '{OUTAGE_OPENED}', false from generate_series(1, 20) n`;
  await sql`
    insert into webhook_deliveries (id, webhook_id, tenant_id, kind, body, state, next_attempt_at)
    select uuidv7(), id, tenant_id, 'OUTAGE_OPENED', '{}', 'DELIVERED', null
    from webhooks cross join generate_series(1, ${OF_EACH}::integer) n where tenant_id = ${tenantId}`;
  await sql`
    insert into alert_contacts (id, tenant_id, address, address_domain, confirmed_at)
    select uuidv7(), ${tenantId}, 'admin' || n || '@watch.example', 'watch.example', bmx_now() from generate_series(1, 20) n`;
  await sql.unsafe('vacuum analyze');
  await sql.end();
  return tenantId;
}
