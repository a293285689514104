/**
 * The stage of the front-door benchmark: one service, a primary that takes every recipient, a DNS, and relay domains that
 * differ in what is checked. Nothing is delivered. What would take hours to learn or to type is put in by SQL.
 */
import type postgres from 'postgres';
import { type FakePrimary, startFakePrimary } from '../test/helpers/fake-primary.ts';
import type { FakeRecords } from '../test/helpers/fake-dns.ts';
import { findFreePort } from '../test/helpers/free-port.ts';
import { makeDataDir, type Service, startService } from '../test/helpers/service.ts';
import { openDatabase } from './database.ts';
import { type BenchDns, startBenchDns } from './front-door-dns.ts';
import { makeBenchFolder } from './sides.ts';

export interface Scene {
  readonly folder: string;
  readonly service: Service;
  readonly sql: postgres.Sql;
  readonly primary: FakePrimary;
  readonly dns: BenchDns;
  /** domainCreate with whatever it takes beside the name. */
  addDomain(name: string, settings: Readonly<Record<string, unknown>>): Promise<void>;
  remove(): Promise<void>;
}

const PRIMARY_HOST = '127.0.0.2';

/** Domains without `deliverTo` are named in `mxDomains`: their MX records lead to the primary, too. */
export async function openScene(options: {
  readonly mxDomains?: readonly string[];
  readonly silentZones?: readonly string[];
  readonly listed?: readonly string[];
  readonly primary?: Parameters<typeof startFakePrimary>[0];
  readonly env?: Readonly<Record<string, string>>;
}): Promise<Scene> {
  const folder = await makeBenchFolder();
  const closes: (() => Promise<unknown>)[] = [folder.remove];
  const remove = async (): Promise<void> => {
    for (const close of closes.splice(0).toReversed()) await close();
  };
  try {
    const primary = await startFakePrimary({ ...options.primary, host: PRIMARY_HOST, port: await findFreePort() });
    closes.push(primary.close);
    const { mxDomains = [], silentZones = [], listed = [] } = options;
    const records = Object.assign({}, ...mxDomains.map(recordsOf)) as Record<string, FakeRecords>;
    const dns = await startBenchDns({ records, silentZones, listed });
    closes.push(dns.close);
    const service = await startService({
      dataDir: await makeDataDir(folder.path),
      env: {
        LOG_LEVEL: 'warn',
        MAX_CONNECTIONS: '2000',
        DELIVERY_HOLD: 'true',
        DELIVERY_PORT: String(primary.port),
        DNS_SERVERS: dns.address,
        TRUSTED_PROXIES: '127.0.0.1',
        ...options.env,
      },
    });
    closes.push(service.remove);
    const { sql } = await openDatabase(service.dataDir);
    closes.push(() => sql.end());
    return {
      folder: folder.path,
      service,
      sql,
      primary,
      dns,
      addDomain: (name, settings) =>
        addDomain(service, {
          name,
          ...(mxDomains.includes(name) ? {} : { deliverTo: [{ host: PRIMARY_HOST, port: primary.port }] }),
          ...settings,
        }),
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

function recordsOf(domain: string): Record<string, FakeRecords> {
  return {
    [domain]: { MX: [[10, `mail.${domain}`]], ttlSeconds: 3600 },
    [`mail.${domain}`]: { A: [PRIMARY_HOST], ttlSeconds: 3600 },
  };
}

async function addDomain(service: Service, input: Readonly<Record<string, unknown>>): Promise<void> {
  const { domainCreate } = await service.graphql<{ domainCreate: { userErrors: { message: string }[] } }>(
    'mutation ($input: DomainCreateInput!) { domainCreate(input: $input) { userErrors { message } } }',
    { input },
  );
  const [error] = domainCreate.userErrors;
  if (error !== undefined) throw new Error(`domainCreate: ${error.message}`);
}

/** The n-th mailbox, with its domain. */
export function mailbox(domain: string, index: number): string {
  return `user${index}@${domain}`;
}

/** `user0` to `user(count - 1)` into a domain's User List. */
export async function fillUserList(sql: postgres.Sql, domain: string, count: number): Promise<void> {
  await sql`
    insert into recipient_entries (domain_id, tenant_id, destination_id, local_part)
    select d.id, d.tenant_id, d.destination_id, 'user' || number
    from domains d, generate_series(0, ${count - 1}::int) as number
    where d.name = ${domain}`;
  await sql`
    update domains
    set recipient_count = ${count}, recipient_generation = recipient_generation + 1, revision = revision + 1
    where name = ${domain}`;
  await sql`select pg_notify('backup_mx_settings', ${`domain:${domain}`})`;
  await sql.unsafe('vacuum analyze recipient_entries');
}

/** What a callout a minute ago would have left of `user0` to `user(count - 1)`: they exist, and the primary takes not just any. */
export async function fillAnswers(sql: postgres.Sql, domain: string, count: number): Promise<void> {
  await sql`
    insert into recipient_answers (destination_id, tenant_id, local_part, answer, answered_at, refresh_at, expires_at,
                                   reply, forget_at)
    select d.destination_id, d.tenant_id, 'user' || number, 'POSITIVE', bmx_now() - interval '1 minute',
           bmx_now() + interval '1 day', bmx_now() + interval '7 days', '250 2.1.5 Recipient OK',
           bmx_now() + interval '8 days'
    from domains d, generate_series(0, ${count - 1}::int) as number
    where d.name = ${domain}`;
  await sql`
    insert into primaries (destination_id, tenant_id, size_limit_bytes, size_seen_at, is_catch_all, catch_all_tested_at)
    select destination_id, tenant_id, 52428800, bmx_now(), false, bmx_now() from domains where name = ${domain}`;
  await sql.unsafe('vacuum analyze recipient_answers');
}
