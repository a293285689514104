/**
 * What stands beside the mail of messages-page-fill.ts when a service is large and old: 100,000 domains in all, nearly all of one
 * tenant, and what the years have left of outages, refusals, tokens, operations and audit entries. Made by SQL.
 */
import { newId } from '../src/mail/id.ts';
import type { Service } from '../test/helpers/service.ts';
import { type Database, openDatabase } from './database.ts';
import { HOURS, SMALL_DOMAINS } from './messages-page-fill.ts';

export const DOMAINS = 100_000;
export const OUTAGES = 200_000;
export const OPEN_OUTAGES = 500;
export const AUDIT_ENTRIES = 500_000;
export const REJECTIONS = 500_000;
const TOKENS = 20_000;
const OPERATIONS = 20_000;

export const manyDomain = (number: number): string => `m${1 + (number % (DOMAINS - SMALL_DOMAINS))}.example`;

/** Returns the tenant that has nearly all domains. */
export async function fillBeside(service: Service): Promise<string> {
  const startedAtMs = performance.now();
  const { sql } = await openDatabase(service.dataDir);
  const tenantId = newId();
  await makeDomains(sql, tenantId);
  await makeReports(sql);
  await makeOutages(sql);
  await makeRecords(sql);
  await makeAuditEntries(sql);
  await sql.unsafe(
    'vacuum analyze domains, doctor_reports, drills, destinations, outages, rejections, tokens, operations, audit_entries, tenants',
  );
  await sql.unsafe('checkpoint');
  await sql.end();
  console.log(`${DOMAINS} domains and their past made in ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s`);
  return tenantId;
}

async function makeDomains(sql: Database['sql'], tenantId: string): Promise<void> {
  await sql`insert into tenants (id, name) values (${tenantId}, 'many')`;
  await sql`
    with led as (
      insert into destinations (id, tenant_id, name, kind)
      select uuidv7(), ${tenantId}, 'm' || n || '.example', 'RELAY' from generate_series(1, ${DOMAINS - SMALL_DOMAINS}::integer) n
      returning id, tenant_id, name
    )
    insert into domains (id, tenant_id, destination_id, name, status, labels)
    select uuidv7(), tenant_id, id, name, 'ACTIVE', jsonb_build_object('customer', name) from led`;
}

/** Of the doctor on every domain, one in four ill; a drill of every tenth. */
async function makeReports(sql: Database['sql']): Promise<void> {
  await sql`
    insert into doctor_reports (domain_id, tenant_id, destination_id, status, findings)
    select id, tenant_id, destination_id, (array['OK', 'OK', 'WARNING', 'PROBLEM'])[1 + row_number() over (order by id) % 4],
      (select jsonb_agg(jsonb_build_object('code', 'RANK', 'verdict', 'OK', 'title', 'A title of some length', 'evidence', '[]'::jsonb))
       from generate_series(1, 24))
    from domains on conflict do nothing`;
  await sql`
    insert into drills (id, tenant_id, destination_id, domain_name, recipient, hold_minutes, is_scheduled, envelope_id, state,
                        result, finished_at)
    select uuidv7(), tenant_id, destination_id, name, 'postmaster@' || name, 0, true, 'drill ' || id, 'FINISHED', 'DELIVERED', bmx_now()
    from (select *, row_number() over (order by id) as number from domains) as numbered where number % 10 = 0`;
}

/** Two years of them; the last ones go on. */
async function makeOutages(sql: Database['sql']): Promise<void> {
  await sql`
    with led as (select id, tenant_id, row_number() over (order by name) as number from destinations where name <> 'empty.example')
    insert into outages (id, tenant_id, destination_id, started_at, ended_at, class, last_reply, evidence, drained_at)
    select uuidv7(-age), tenant_id, led.id, bmx_now() - age, case when n > ${OPEN_OUTAGES}::integer then bmx_now() - age end, 'DOWN',
           'connection refused',
           jsonb_build_array(jsonb_build_object('at', bmx_now() - age, 'trouble', 'REFUSED', 'host', 'mail.example',
             'address', '192.0.2.1', 'reply', 'connection refused', 'latencyMs', 1)),
           case when n > ${OPEN_OUTAGES}::integer then bmx_now() - age end
    from generate_series(${OUTAGES}::integer, 1, -1) n
    join led on led.number = 1 + n % ${DOMAINS}::integer
    cross join lateral (select make_interval(secs => n * 300::float8) as age) as ages
    order by n desc`;
}

async function makeRecords(sql: Database['sql']): Promise<void> {
  await sql`
    with led as (select id, tenant_id, name, row_number() over (order by name) as number from destinations)
    insert into rejections (id, tenant_id, destination_id, at, client_address, ehlo_name, command, reverse_path, forward_path,
                            rejection, reply)
    select uuidv7(-age), tenant_id, led.id, bmx_now() - age, ('198.51.' || n % 100 || '.' || n % 250)::inet, 'client.example', 'RCPT',
           'sender' || n % 5000 || '@elsewhere.example', 'nobody' || n % 1000 || '@' || name,
           case when n % 100 = 0 then 'DNSBL' else 'USER' end, '550 5.1.1 no such mailbox'
    from generate_series(${REJECTIONS}::integer, 1, -1) n
    join led on led.number = 1 + n % ${DOMAINS}::integer
    cross join lateral (select make_interval(secs => n * ${HOURS * 3600}::float8 / ${REJECTIONS}::float8) as age) as ages
    order by n desc`;
  await sql`
    insert into tokens (id, tenant_id, name, scopes, prefix, secret_hash)
    select uuidv7(), t.id, 'token' || n, '{QUEUE_READ}', 'bmx_' || n, sha256(n::text::bytea)
    from generate_series(1, ${TOKENS}::integer) n
    join (select id, row_number() over (order by id) as number from tenants) t on t.number = 1 + n % ${SMALL_DOMAINS}::integer`;
  await sql`
    insert into operations (id, tenant_id, destination_id, verb, filter, reason, state, total_count, done_count, ended_at)
    select uuidv7(), d.tenant_id, d.id, 'RETRY', '{}', '', 'DONE', 10, 10, bmx_now()
    from generate_series(1, ${OPERATIONS}::integer) n
    join (select id, tenant_id, row_number() over (order by id) as number from destinations) d on d.number = 1 + n % ${DOMAINS}::integer`;
}

/** 400 days of them. */
async function makeAuditEntries(sql: Database['sql']): Promise<void> {
  await sql`
    with named as (select id, tenant_id, name, row_number() over (order by name) as number from domains)
    insert into audit_entries (id, tenant_id, at, ended_at, outcome, mutation, input, actor_tenant_id, token_id, token_name,
                               token_prefix, client_address, subject_kind, subject_id, subject_name, before, after)
    select uuidv7(-age), tenant_id, bmx_now() - age, bmx_now() - age, case when n % 10 = 0 then 'REFUSED' else 'DONE' end,
           case when n % 2 = 0 then 'domainUpdate' else 'recipientListAdd' end, jsonb_build_object('name', name), tenant_id,
           -- Two tokens that nobody else has: one that was used a year ago, one that was never.
           case when n = ${AUDIT_ENTRIES}::integer - 1000 then '00000000-0000-7000-8000-0000000000aa'::uuid else gen_random_uuid() end,
           'terraform', 'bmx_aaaa', '192.0.2.9', 'DOMAIN', named.id, name, jsonb_build_object('revision', 1, 'labels', '{}'::jsonb),
           jsonb_build_object('revision', 2, 'labels', '{}'::jsonb)
    from generate_series(${AUDIT_ENTRIES}::integer, 1, -1) n
    join named on named.number = 1 + n % ${DOMAINS}::integer
    cross join lateral (select make_interval(secs => n * (399 * 86400)::float8 / ${AUDIT_ENTRIES}::float8) as age) as ages
    order by n desc`;
}
