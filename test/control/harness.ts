/**
 * The control plane over real HTTP on a real database, and rows to look at, put there by SQL.
 */
import { type ControlParts, createControl } from '../../src/control/server.ts';
import type { Sql } from '../../src/db/client.ts';
import type { Resolver } from '../../src/dns/resolver.ts';
import { createOwnership } from '../../src/doctor/ownership.ts';
import { createDomain } from '../../src/domains/create.ts';
import { createDomains, type Domains } from '../../src/domains/domains.ts';
import type { CheckRoute, FindMxHosts, RouteHost } from '../../src/domains/route-check.ts';
import { newId } from '../../src/mail/id.ts';
import type { MxObservation } from '../../src/mail/mx.ts';
import { OPERATOR_TENANT_ID, OPERATOR_VIEWER, type Viewer } from '../../src/mail/viewer.ts';
import { createWebhookSender } from '../../src/notify/sender.ts';
import { recordFailure } from '../../src/outage/clock.ts';
import type { MailEvents } from '../../src/telemetry/events.ts';
import { createConsoleSessions } from '../../src/tenants/console-sessions.ts';
import { createTokenCache } from '../../src/tenants/token-cache.ts';
import { createRecipientStatuses } from '../../src/verification/recipient-status.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { NO_EVENTS } from '../helpers/no-events.ts';
import { doctorOn, type DoctorSetup } from '../helpers/doctor.ts';

export const OPERATOR: Viewer = OPERATOR_VIEWER;
export const TOKEN = 'a-token-of-the-operator';
const PUBLIC_URL = 'https://mx.test.example';

export interface GraphqlAnswer<T> {
  readonly data: T;
  readonly errors?: readonly { readonly message: string; readonly extensions?: Readonly<Record<string, unknown>> }[];
}

/** What a query is told that asks for what its token has no scope for. */
export function lackOf(scope: string): Readonly<Record<string, string>> {
  return { code: 'FORBIDDEN', scope, documentationUrl: `${PUBLIC_URL}/errors#FORBIDDEN` };
}

export interface Harness {
  readonly database: TestDatabase;
  readonly domains: Domains;
  readonly url: string;
  readonly faults: { readonly error: unknown; readonly requestId?: string }[];
  /** What the DNS says, changed by a test at will. */
  readonly dns: {
    mxHosts: Record<string, readonly string[] | 'UNKNOWN'>;
    mx: Record<string, MxObservation>;
  };
  /** What the hosts of any route lead to. */
  readonly routes: { hosts: readonly RouteHost[] };
  readiness: string[];
  /** Destinations that were to be looked at on this node at once. */
  readonly poked: string[];
  /** What was counted of requests. */
  readonly requests: { readonly operation: string; readonly code: string }[];
  /** Subscribers that read too slowly. */
  readonly dropped: { readonly subscription: string; readonly tenantId: string }[];
  /** Posts with the token of this secret. */
  postAs<T>(
    secret: string,
    query: string,
    variables?: Record<string, unknown>,
  ): Promise<GraphqlAnswer<T> & { readonly status: number }>;
  /** Posts as the operator; fails on a status other than 200 and 400. */
  post<T>(query: string, variables?: Record<string, unknown>): Promise<GraphqlAnswer<T>>;
  /** The data; fails on any top-level error. */
  ask<T>(query: string, variables?: Record<string, unknown>): Promise<T>;
  close(): Promise<void>;
}

export function domainsOn(
  database: TestDatabase,
  findMxHosts: FindMxHosts = async () => [],
  checkRoute: CheckRoute = async () => [],
  events: MailEvents = NO_EVENTS,
): Domains {
  const { sql } = database;
  return createDomains({
    sql,
    ownNames: new Set(['backup.test.example']),
    findMxHosts,
    checkRoute,
    events,
  });
}

/** A pool whose statements that name `text` fail. */
export function failingSql(sql: Sql, text: string, error: Error): Sql {
  return new Proxy(sql, {
    apply: (target, self, [strings, ...values]: unknown[]) =>
      Array.isArray(strings) && strings.join('').includes(text)
        ? Promise.reject(error)
        : (Reflect.apply(target, self, [strings, ...values]) as unknown),
  });
}

/** Of a DNS in which there is no TXT record. */
const NO_TXT: TxtResolver = { forget: () => undefined, resolveTxt: async () => ({ kind: 'NO_DATA' }) };

const NOTHING = async () => ({ kind: 'NXDOMAIN' }) as const;
/** Of a DNS that knows no name. */
const EMPTY_DNS: DoctorSetup['resolver'] = {
  forParty: (party) => ({
    party,
    query: NOTHING,
    resolveMx: NOTHING,
    resolveAddresses: NOTHING,
    resolveTxt: NOTHING,
    resolvePtr: NOTHING,
  }),
  forget: () => undefined,
};

type TxtResolver = Pick<Resolver, 'resolveTxt' | 'forget'>;

export async function startControl(
  changes: Partial<ControlParts> | ((sql: Sql) => Partial<ControlParts>) = {},
  resolver: TxtResolver = NO_TXT,
): Promise<Harness> {
  const database = await createTestDatabase();
  const { sql } = database;
  const dns: Harness['dns'] = { mxHosts: {}, mx: {} };
  const routes: Harness['routes'] = { hosts: [] };
  const faults: Harness['faults'] = [];
  const poked: string[] = [];
  const dropped: Harness['dropped'] = [];
  const requests: Harness['requests'] = [];
  const changed = typeof changes === 'function' ? changes(sql) : changes;
  const events: MailEvents = changed.events ?? {
    ...NO_EVENTS,
    fault: (fault) => void faults.push(fault),
    subscriberDropped: (drop) => void dropped.push(drop),
    requested: (request) => void requests.push(request),
  };
  const domains = domainsOn(
    database,
    async (name) => dns.mxHosts[name] ?? [],
    async () => routes.hosts,
    events,
  );
  const harness = { readiness: [] as string[] };
  const sender = createWebhookSender({
    sql,
    post: async () => ({ kind: 'FAILED', reason: 'nobody is asked here' }),
    events: NO_EVENTS,
    onFault: (error) => void faults.push({ error }),
  });
  const control = await createControl({
    listen: { host: '127.0.0.1', port: 0 },
    isControl: true,
    operatorToken: TOKEN,
    cpuMs: () => 0,
    strangerNetwork: () => null,
    service: {
      version: '0.1.0',
      runtime: 'bun test',
      mxHostname: 'backup.test.example',
      publicUrl: PUBLIC_URL,
      mxNames: ['backup.test.example', 'mx2.test.example'],
      egressAddresses: ['192.0.2.250', '2001:db8::250'],
    },
    events,
    sql,
    queueSql: database.database.queueSql,
    domains,
    tokens: createTokenCache(sql),
    consoleSessions: createConsoleSessions(sql),
    statuses: createRecipientStatuses({ sql, isListed: () => false, onForgotten: () => undefined }),
    ownership: createOwnership({ domains, resolver, onResult: () => undefined }),
    doctor: doctorOn({ database, resolver: EMPTY_DNS }),
    setMx: async () => ({ kind: 'DONE', zone: 'zone.example', records: [] }),
    webhooks: { allowPrivate: true, leadsToUs: async () => false, send: sender.send, poke: () => undefined },
    observeMx: async (name) => dns.mx[name] ?? { verdict: 'UNRESOLVABLE', hosts: [] },
    poke: (id) => void poked.push(id),
    readiness: async () => harness.readiness,
    renderMetrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'backup_mx_up 1\n' }),
    ...changed,
  });
  if (control.kind === 'FAILED') throw new Error(control.message);
  const url = `http://127.0.0.1:${control.address.port}`;

  async function postAs<T>(
    secret: string,
    query: string,
    variables: Record<string, unknown> = {},
  ): Promise<GraphqlAnswer<T> & { readonly status: number }> {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    return { ...((await response.json()) as GraphqlAnswer<T>), status: response.status };
  }

  async function post<T>(query: string, variables?: Record<string, unknown>): Promise<GraphqlAnswer<T>> {
    const { status, ...answer } = await postAs<T>(TOKEN, query, variables);
    if (status !== 200 && status !== 400) throw new Error(`status ${status}: ${JSON.stringify(answer)}`);
    return answer;
  }

  return Object.assign(harness, {
    database,
    domains,
    url,
    faults,
    dns,
    routes,
    poked,
    dropped,
    requests,
    postAs,
    post,
    ask: async <T>(query: string, variables?: Record<string, unknown>): Promise<T> => {
      const { data, errors } = await post<T>(query, variables);
      if (errors !== undefined) throw new Error(JSON.stringify(errors));
      return data;
    },
    close: async () => {
      await control.close();
      await database.close();
    },
  });
}

/** Another tenant, to be told nothing. */
export async function addTenant(database: TestDatabase, name = 'other'): Promise<Viewer> {
  const tenantId = newId();
  await database.sql`insert into tenants (id, name) values (${tenantId}, ${name})`;
  return { tenantId, isOperator: false };
}

export async function addDomain(harness: Pick<Harness, 'domains'>, name: string): Promise<string> {
  const change = await createDomain(harness.domains, OPERATOR, { name });
  if (change.kind !== 'DONE') throw new Error(JSON.stringify(change.errors));
  return change.domain.destinationId;
}

export interface SeedMessage {
  readonly destinationId: string;
  readonly id?: string;
  readonly transactionId?: string;
  readonly reversePath?: string | null;
  readonly addresses?: readonly string[];
  readonly sizeBytes?: number;
}

/** A held message, counted. Returns its id. */
export async function holdMessage(database: TestDatabase, seed: SeedMessage): Promise<string> {
  const { sql } = database;
  const id = seed.id ?? newId();
  const { destinationId, sizeBytes = 1000, addresses = ['user@example.org'] } = seed;
  const reversePath = seed.reversePath === undefined ? 'sender@sender.example' : seed.reversePath;
  await sql.begin(async (tx) => {
    await tx`
      insert into messages (id, transaction_id, tenant_id, destination_id, reverse_path, size_bytes, client_address, ehlo_name, protocol)
      values (${id}, ${seed.transactionId ?? id}, ${OPERATOR_TENANT_ID}, ${destinationId}, ${reversePath}, ${sizeBytes},
              '192.0.2.7', 'client.example', 'ESMTP')`;
    await tx`
      insert into contents (message_id, tenant_id, destination_id, content)
      values (${id}, ${OPERATOR_TENANT_ID}, ${destinationId}, ${Buffer.from('Subject: hello\r\n\r\nhello\r\n')})`;
    for (const [number, address] of addresses.entries()) {
      await tx`
        insert into recipients (message_id, number, tenant_id, destination_id, address)
        values (${id}, ${number}, ${OPERATOR_TENANT_ID}, ${destinationId}, ${address})`;
    }
    await tx`
      insert into queue_delta (destination_id, tenant_id, held_count, held_bytes)
      values (${destinationId}, ${OPERATOR_TENANT_ID}, 1, ${sizeBytes})`;
  });
  return id;
}

/** Moves a held message to history, as an outcome would. */
export async function endMessage(database: TestDatabase, id: string, state = 'DELIVERED'): Promise<void> {
  const { sql } = database;
  await sql.begin(async (tx) => {
    await tx`
      insert into history (id, transaction_id, tenant_id, destination_id, reverse_path, size_bytes, client_address, ehlo_name,
                           kind, accepted_at, expires_at, header_message_id, recipients)
      select m.id, m.transaction_id, m.tenant_id, m.destination_id, m.reverse_path, m.size_bytes, m.client_address, m.ehlo_name,
             m.kind, m.accepted_at, m.accepted_at + interval '240 hours', m.header_message_id,
             (select jsonb_agg(jsonb_build_object('number', r.number, 'address', r.address, 'state', ${state}::text,
                       'attemptCount', 1, 'lastReply', '250 2.0.0 taken', 'lastAttemptAt', bmx_now(), 'endedAt', bmx_now())
                     order by r.number)
              from recipients r where r.message_id = m.id)
      from messages m where m.id = ${id}`;
    await tx`
      insert into queue_delta (destination_id, tenant_id, held_count, held_bytes)
      select destination_id, tenant_id, -1, -size_bytes from messages where id = ${id}`;
    await tx`delete from recipients where message_id = ${id}`;
    await tx`delete from messages where id = ${id}`;
  });
}

/** The primary of this destination refuses a connection now, which begins an outage or goes on with one. */
export async function failNow(
  { sql }: TestDatabase,
  destinationId: string,
  reply = '[connection refused]',
): ReturnType<typeof recordFailure> {
  const [row] = await sql<{ now: string }[]>`select bmx_now()::text as now`;
  return recordFailure(sql, { destinationId, begunAt: row?.now ?? '', trouble: 'REFUSED', reply });
}
