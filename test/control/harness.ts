/**
 * The control plane over real HTTP on a real database, and rows to look at, put there by SQL.
 */
import { createControl, type ControlDependencies } from '../../src/control/server.ts';
import type { MxObservation } from '../../src/mail/mx.ts';
import { createOwnership } from '../../src/doctor/ownership.ts';
import { createAuditInspection } from '../../src/events/audit-pages.ts';
import { createAuditLog } from '../../src/events/audit.ts';
import { createOutageFeed } from '../../src/events/outage-feed.ts';
import { createRejectionInspection } from '../../src/events/rejection-pages.ts';
import { newId } from '../../src/mail/id.ts';
import { createAlertContacts } from '../../src/notify/contacts.ts';
import { createDeliveries } from '../../src/notify/deliveries.ts';
import { createWebhookSender } from '../../src/notify/sender.ts';
import { createWebhooks } from '../../src/notify/webhooks.ts';
import type { Resolver } from '../../src/dns/resolver.ts';
import { OPERATOR_TENANT_ID, OPERATOR_VIEWER, type Viewer } from '../../src/mail/viewer.ts';
import { extendHold, MAX_HOLD_HOURS } from '../../src/outage/hold.ts';
import { createBreakerInspection } from '../../src/outage/breaker-inspect.ts';
import { releaseBreaker } from '../../src/outage/breaker-release.ts';
import { createOutageInspection } from '../../src/outage/inspect.ts';
import { createLastAttemptInspection } from '../../src/outage/last-attempt.ts';
import { bounceSuspected } from '../../src/queue/verbs/bounce-suspected.ts';
import { findPauses, pauseDestination, resumeDestination } from '../../src/outage/pause.ts';
import { bounceMessage, cancelHeld, cancelMessage, retryMessage } from '../../src/queue/verbs/commands.ts';
import { findSuppressions } from '../../src/queue/read/suppressions.ts';
import { createAttemptInspection } from '../../src/queue/read/attempts.ts';
import { createContentInspection } from '../../src/queue/read/content.ts';
import { listNodes } from '../../src/queue/read/nodes.ts';
import { createQueueInspection } from '../../src/queue/read/queues.ts';
import { createDrills } from '../../src/queue/drills/drills.ts';
import { createMessageInspection } from '../../src/queue/read/inspect.ts';
import { createTimelineInspection } from '../../src/queue/read/timeline.ts';
import { readWatchedCounts } from '../../src/queue/read/watched-counts.ts';
import { readMessageMarks } from '../../src/queue/read/watched-messages.ts';
import { createOperationInspection, startOperation } from '../../src/queue/verbs/operations.ts';
import type { FindMxHosts } from '../../src/domains/new.ts';
import { readZoneStandings } from '../../src/domains/dnsbl-counts.ts';
import { createRecipientLists, recipientListWork } from '../../src/domains/user-list/list.ts';
import { createStandings } from '../../src/verification/standing.ts';
import { createDomains, type Domains } from '../../src/domains/domains.ts';
import { createIdempotency } from '../../src/input/idempotency.ts';
import { readLimits } from '../../src/queue/limits.ts';
import type { CheckRoute, RouteHost } from '../../src/domains/route-check.ts';
import { createTenants } from '../../src/tenants/tenants.ts';
import { createTokenBook } from '../../src/tenants/token-book.ts';
import { createTokens } from '../../src/tenants/tokens.ts';
import { isDatabaseAway } from '../../src/db/connection-lost.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { doctorOn, type DoctorSetup } from '../helpers/doctor.ts';
import { NO_EVENTS } from '../helpers/no-events.ts';

export const OPERATOR: Viewer = OPERATOR_VIEWER;
export const TOKEN = 'a-token-of-the-operator';

export interface GraphqlAnswer<T> {
  readonly data: T;
  readonly errors?: readonly { readonly message: string; readonly extensions?: Readonly<Record<string, unknown>> }[];
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
  readonly flushed: string[];
  /** What was counted of requests. */
  readonly requests: { readonly operation: string; readonly code: string }[];
  /** Subscribers that read too slowly. */
  readonly dropped: { readonly subscription: string; readonly tenantId: string }[];
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
): Domains {
  const { sql } = database;
  return createDomains({
    sql,
    ownNames: new Set(['backup.test.example']),
    findMxHosts,
    cancelHeld: (viewer, destinationId, reason) => cancelHeld(sql, viewer, destinationId, reason),
    checkRoute,
    recipientLists: recipientListWork,
  });
}

/** Of a DNS in which there is no TXT record. */
const NO_TXT: TxtResolver = { forget: () => undefined, resolveTxt: async () => ({ kind: 'NO_DATA' }) };

const NOTHING = async () => ({ kind: 'NXDOMAIN' }) as const;
/** Of a DNS that knows no name. */
const EMPTY_DNS: DoctorSetup['resolver'] = {
  query: NOTHING,
  resolveMx: NOTHING,
  resolveAddresses: NOTHING,
  resolveTxt: NOTHING,
  forget: () => undefined,
};

type TxtResolver = Pick<Resolver, 'resolveTxt' | 'forget'>;

export async function startControl(
  changes: Partial<ControlDependencies> = {},
  resolver: TxtResolver = NO_TXT,
): Promise<Harness> {
  const database = await createTestDatabase();
  const { sql } = database;
  const dns: Harness['dns'] = { mxHosts: {}, mx: {} };
  const routes: Harness['routes'] = { hosts: [] };
  const domains = domainsOn(
    database,
    async (name) => dns.mxHosts[name] ?? [],
    async () => routes.hosts,
  );
  const tokenBook = createTokenBook(sql);
  const faults: Harness['faults'] = [];
  const flushed: string[] = [];
  const dropped: Harness['dropped'] = [];
  const requests: Harness['requests'] = [];
  const harness = { readiness: [] as string[] };
  const webhooks = createWebhooks(sql, { allowPrivate: true, leadsToUs: async () => false });
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
    strangerNetwork: () => null,
    service: {
      version: '0.1.0',
      runtime: 'bun test',
      mxNames: ['backup.test.example', 'mx2.test.example'],
      egressAddresses: ['192.0.2.250', '2001:db8::250'],
    },
    log: { fault: (fault) => void faults.push(fault), subscriberDropped: (drop) => void dropped.push(drop) },
    domains,
    recipientLists: createRecipientLists({
      sql,
      lookupSql: database.database.queueSql,
      changeDomain: domains.changeDomain,
    }),
    standings: createStandings({ sql, isListed: () => false, onForgotten: () => undefined }),
    audit: createAuditLog(sql),
    auditPages: createAuditInspection(sql),
    ownership: createOwnership({ domains, proofs: domains.proofs, resolver, onResult: () => undefined }),
    doctor: doctorOn({ database, domains, resolver: EMPTY_DNS }),
    tenants: createTenants(sql, tokenBook.dropAll, recipientListWork),
    tokens: createTokens(sql, tokenBook.dropAll),
    findToken: tokenBook.find,
    webhooks,
    alertContacts: createAlertContacts(sql, 'backup.test.example'),
    deliveries: createDeliveries(sql, webhooks, { send: sender.send, poke: () => undefined }),
    readZoneStandings: (viewer, questions) => readZoneStandings(sql, viewer, questions),
    readLimits: () => readLimits(sql),
    idempotency: createIdempotency(sql),
    messages: createMessageInspection(sql),
    contents: createContentInspection(sql),
    attempts: createAttemptInspection(sql),
    timelines: createTimelineInspection(sql),
    findSuppressions: (viewer, questions) => findSuppressions(sql, viewer, questions),
    queues: createQueueInspection(sql),
    breakers: createBreakerInspection(sql),
    outages: createOutageInspection(sql),
    lastAttempts: createLastAttemptInspection(sql),
    rejections: createRejectionInspection(sql),
    outageFeed: createOutageFeed(sql),
    readMessageMarks: (watched) => readMessageMarks(sql, watched),
    readWatchedCounts: (watched) => readWatchedCounts(sql, watched),
    listNodes: () => listNodes(sql),
    retryMessage: (viewer, { id, reason }) => retryMessage(sql, viewer, id, reason),
    cancelMessage: (viewer, { id, reason }) => cancelMessage(sql, viewer, id, reason),
    bounceMessage: (viewer, { id, reason }) => bounceMessage(sql, viewer, id, reason),
    domainVerbs: {
      pause: (viewer, destinationId, window) => pauseDestination(sql, viewer, destinationId, window),
      resume: (viewer, destinationId, reason) => resumeDestination(sql, viewer, destinationId, reason),
      extendHold: (viewer, destinationId, hours) => extendHold(sql, viewer, destinationId, hours),
      maxHoldHours: MAX_HOLD_HOURS,
      findPauses: (viewer, ids) => findPauses(sql, viewer, ids),
    },
    drills: createDrills(sql),
    setMx: async () => ({ kind: 'DONE', zone: 'zone.example', records: [] }),
    operations: createOperationInspection(sql),
    startOperation: (viewer, request) => startOperation(sql, viewer, request),
    releaseBreaker: async (viewer, { destinationId }) => void (await releaseBreaker(sql, viewer, destinationId)),
    bounceSuspected: (viewer, { destinationId, name }, verb) =>
      bounceSuspected(sql, viewer, { ...verb, domain: name, destinationId }),
    flushDestination: async (_viewer, id) => void flushed.push(id),
    observeMx: async (name) => dns.mx[name] ?? { verdict: 'UNRESOLVABLE', hosts: [] },
    isDatabaseAway,
    networkOf: () => null,
    readiness: async () => harness.readiness,
    onRequest: (request) => void requests.push(request),
    renderMetrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'backup_mx_up 1\n' }),
    ...changes,
  });
  if (control.kind === 'FAILED') throw new Error(control.message);
  const url = `http://127.0.0.1:${control.address.port}`;

  async function post<T>(query: string, variables: Record<string, unknown> = {}): Promise<GraphqlAnswer<T>> {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    if (response.status !== 200 && response.status !== 400)
      throw new Error(`status ${response.status}: ${await response.text()}`);
    return (await response.json()) as GraphqlAnswer<T>;
  }

  return Object.assign(harness, {
    database,
    domains,
    url,
    faults,
    dns,
    routes,
    flushed,
    dropped,
    requests,
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
  const change = await harness.domains.createDomain(OPERATOR, { name });
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
