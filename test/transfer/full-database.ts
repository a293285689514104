/** A database with rows in every table that a move takes along: odd bytes, every type, days with and without a partition. */
import type { Sql } from '../../src/db/client.ts';
import { MOVED_TABLES, quoted, readColumns } from '../../src/transfer/tables.ts';

const TENANT = '00000000-0000-7000-8000-000000000001';
/** Of a day long gone, and of one that no partition was made for. */
const IDS = ['018f0000-0000-7000-8000-000000000001', '01000000-0000-7000-8000-000000000002'];

/** Fills all tables. */
export async function fillDatabase(sql: Sql): Promise<void> {
  await sql`update clock set shift = interval '-3 days 01:02:03.000004'`;
  await sql`select make_partitions('2024-04-20', '2024-04-22')`;
  await sql`select nextval('node_epochs') from generate_series(1, 41)`;
  const owned = `'${IDS[0]}', '${TENANT}'`;
  await sql.unsafe(`
    insert into destinations (id, tenant_id, name, kind, deliver_to, held_count, first_failure_at, next_attempt_at, last_reply, drain_rate)
      values (${owned}, 'ünïcode.example', 'RELAY', '[{ "host": "::1", "port": 25 }]', 3, bmx_now(), 'infinity', e'451 4.0.0\\nLater', 0.1);
    insert into domains (id, tenant_id, destination_id, name, status, labels) values (${owned}, '${IDS[0]}', 'ünïcode.example', 'ACTIVE', '{"ü": "\\u0001"}');
    insert into doctor_reports (domain_id, tenant_id, destination_id, status, findings) values (${owned}, '${IDS[0]}', 'OK', '[{ "code": "RANK", "title": "ü" }]');
    insert into tenants (id, name, max_domains) values ('${IDS[1]}', 'second', 7);
    insert into tokens (id, tenant_id, name, scopes, prefix, secret_hash) values ('${IDS[0]}', '${IDS[1]}', 't', '{QUEUE_READ}', 'p', '\\x0102');
    insert into audit_entries (id, tenant_id, mutation, input, actor_tenant_id) values (${owned}, 'm', '{}', '${IDS[1]}');
    insert into idempotency_keys (tenant_id, key, mutation, input_hash) values ('${TENANT}', 'k', 'm', '\\x00ff0a');
    insert into recipient_entries (domain_id, tenant_id, destination_id, local_part) values (${owned}, '${IDS[0]}', 'ä*');
    insert into recipient_answers (destination_id, tenant_id, local_part, forget_at) values (${owned}, 'ä', '-infinity');
    insert into primaries (destination_id, tenant_id, size_limit_bytes, is_catch_all) values (${owned}, 9007199254740991, true);
    insert into probe_budgets (host, tokens) values ('192.0.2.1', 0.3);
    insert into dnsbl_zones (zone) values ('bl.example');
    insert into dnsbl_counts (destination_id, tenant_id, zone, day) values (${owned}, 'bl.example', '2024-02-29');
    insert into seen_clients (network) values ('2001:db8::/64'), ('192.0.2.7');
    insert into mta_sts_policies (domain, policy_id, mode, mx, expires_at) values ('a.example', '1', 'enforce', '{"*.a.example",NULL,"b,\\"c"}', bmx_now());
    insert into bounded_counts (kind, subject, window_ends_at) values ('REPORT_MAILBOX', 'a@a.example', bmx_now());
    insert into webhooks (id, tenant_id, url, description, kinds, domains) values (${owned}, 'https://a.example/', '', '{OUTAGE_OPENED}', '{"ünïcode.example"}');
    insert into webhook_secrets (webhook_id, tenant_id, secret) values (${owned}, '\\x0102');
    insert into webhook_deliveries (id, webhook_id, tenant_id, kind, body) values ('${IDS[0]}', ${owned}, 'PING', '{}');
    insert into alert_contacts (id, tenant_id, address, address_domain, code_hash) values (${owned}, 'a@a.example', 'a.example', '\\x01');
    insert into alert_notices (contact_id, tenant_id, outage_id, destination_id, told_class) values (${owned}, '${IDS[0]}', '${IDS[0]}', 'DOWN');
    insert into alert_items (contact_id, tenant_id, event_id) values (${owned}, '${IDS[0]}');
    insert into delivery_marks (epoch, destination_id, id, node, deliveries) values (1, '${IDS[0]}', new_id(), 1, '[]');
    insert into mail_counts (destination_id, tenant_id, kind, count) values (${owned}, 'FAILED', 2);
    insert into flow_slots values (${owned}, 5, bmx_now(), 1, 10, 1, 10, 1, 0, 0, 0, 2, 1);
    insert into rejection_slots values (${owned}, 60, bmx_now(), 'BMX-USER', '', false, 3);
    insert into drills (id, tenant_id, destination_id, domain_name, recipient, hold_minutes, is_scheduled, envelope_id)
      values (${owned}, '${IDS[0]}', 'drilled.example', 'postmaster@drilled.example', 0, false, 'a mark');
    insert into drill_schedules (domain_id, tenant_id, destination_id, every_days, next_at) values (${owned}, '${IDS[0]}', 30, bmx_now());
    insert into mx_records (domain_id, tenant_id, destination_id, preference, host) values (${owned}, '${IDS[0]}', 20, 'mx.example');
    insert into outages (id, tenant_id, destination_id, started_at, class, last_reply) values (${owned}, '${IDS[0]}', bmx_now(), 'DOWN', '');
    insert into operations (id, tenant_id, destination_id, verb, filter, reason, total_count) values (${owned}, '${IDS[0]}', 'RETRY', '{}', '', 1);
    insert into queue_delta (destination_id, tenant_id, held_count, held_bytes) values (${owned}, -1, -2);
    insert into reports_due (id, tenant_id, destination_id, message_id, transaction_id, facts, header_section)
      values (${owned}, '${IDS[0]}', '${IDS[0]}', '${IDS[0]}', '{"a": [1.50, null]}', '\\x0d0a');`);
  for (const id of IDS) {
    await sql.unsafe(`
      insert into messages (id, transaction_id, tenant_id, destination_id, size_bytes, client_address, ehlo_name, protocol, claimed_by, claim_epoch)
        values ('${id}', '${id}', ${owned.split(',')[1]}, '${IDS[0]}', 10485760, '192.0.2.9', '', 'ESMTP', 4, 40);
      insert into recipients (message_id, number, tenant_id, destination_id, address) values ('${id}', 1, '${TENANT}', '${IDS[0]}', 'a@ünïcode.example');
      insert into history (id, transaction_id, tenant_id, destination_id, size_bytes, ehlo_name, kind, accepted_at, expires_at, recipients)
        values ('${id}', '${id}', '${TENANT}', '${IDS[0]}', 1, '', 'MAIL', bmx_now(), bmx_now(), '[]');
      insert into attempts (id, tenant_id, destination_id, message_id, recipient_numbers, is_host_level, reply, outcome, latency_ms)
        values ('${id}', '${TENANT}', '${IDS[0]}', '${id}', '{1,32767}', false, '', 'DEFERRED', 0);
      insert into events (id, tenant_id, kind) values ('${id}', '${TENANT}', 'OUTAGE_CLOSED');
      insert into rejections (id, client_address, ehlo_name, command, rejection, reply) values ('${id}', '2001:db8::1', '', '', '', '');
      insert into contents (message_id, tenant_id, destination_id, content)
        select '${id}', '${TENANT}', '${IDS[0]}', decode(repeat('00ff5c0d0a', 400000), 'hex');`);
  }
}

/** Table → its rows, where each lies and a digest of what it says. Two databases with the same are the same. */
export async function fingerprint(sql: Sql): Promise<Record<string, string>> {
  const entries = [];
  for (const table of [...MOVED_TABLES, 'clock']) {
    // What stays where it is has no part in it.
    const columns = await readColumns(async (text, values = []) => sql.unsafe(text, values as string[]), table);
    const whole = `row(${columns.map(quoted).join(', ')})::text`;
    const [row] = await sql.unsafe<{ count: number; print: string | null; places: string | null }[]>(`
      select count(*)::int as count, md5(string_agg(${whole}, '|' order by ${whole} collate "C")) as print,
        string_agg(distinct t.tableoid::regclass::text, ',') as places from ${table} t`);
    entries.push([table, `${row?.count} in ${row?.places}: ${row?.print}`]);
  }
  const [shift] = await sql<{ shift: string }[]>`select clock_shift()::text as shift`;
  const bounds = await sql<{ bound: string }[]>`
    select p.relname || ' ' || b::text as bound from pg_class p cross join lateral partition_bounds(p.oid) b
    where p.relkind = 'p' and p.relnamespace = 'public'::regnamespace order by 1`;
  return Object.fromEntries([
    ...entries,
    ['clock_shift()', shift?.shift],
    ['partitions', bounds.map(({ bound }) => bound).join('; ')],
  ]) as Record<string, string>;
}
