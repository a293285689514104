/**
 * What the call-ahead's tests share: a database, one primary behind fake DNS or `deliverTo`, and nodes that ask it.
 *
 * Time is moved in the database and on the nodes' monotonic clock together.
 */
import type { ClientInfo } from '../../src/mail/envelope.ts';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { findNextHops } from '../../src/dns/next-hop.ts';
import { createResolver } from '../../src/dns/resolver.ts';
import { createCalloutBreaker } from '../../src/outage/callout-view.ts';
import { createOpenOutages, type OpenOutages } from '../../src/outage/callout-view.ts';
import { type CalloutCheck, createCalloutCheck } from '../../src/policy/callout/check.ts';
import type { Decision, MailInfo } from '../../src/policy/decision.ts';
import { decideRecipient, createRouteWatch } from '../../src/policy/recipient.ts';
import { type Answers, createAnswers } from '../../src/verification/answers.ts';
import { createCalloutBudget } from '../../src/verification/budget.ts';
import { createLearned, type Learned } from '../../src/verification/learned.ts';
import { createPrimaries, type Primaries } from '../../src/verification/primary.ts';
import type { RelayDomain } from '../../src/domains/relay-domain.ts';
import { until } from '../helpers/child.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { type FakeDns, type FakeRecords, startFakeDns } from '../helpers/fake-dns.ts';
import { type FakePrimary, startFakePrimary } from '../helpers/fake-primary.ts';
import { makeDestination } from '../helpers/mail.ts';
import { relayDomain } from '../helpers/relay-domain.ts';
import { NO_EVENTS } from '../helpers/no-events.ts';

export const CLIENT: ClientInfo = {
  address: '192.0.2.9',
  name: null,
  ehloName: 'client.test',
  protocol: 'ESMTP',
  tls: null,
};

export interface Node {
  readonly callAhead: CalloutCheck;
  readonly answers: Answers;
  readonly primaries: Primaries;
  readonly learned: Learned;
  readonly openOutages: OpenOutages;
  readonly faults: unknown[];
  /** The decision on `local@domain`: `250`, `550 BMX-PRIMARY`. */
  rcpt(domain: RelayDomain, localPart: string): Promise<string>;
}

export interface Scene {
  readonly db: TestDatabase;
  readonly dns: FakeDns;
  readonly primary: FakePrimary;
  /** A node of its own: what it knows in memory, no other does. */
  node(options?: { burst?: number; perMinute?: number }): Node;
  /** A relay domain of its own, handed to the primary by `deliverTo`; its rows stand. */
  domain(more?: Partial<RelayDomain>): Promise<RelayDomain>;
  /** Only these local parts exist at the primary. */
  mailboxes(...localParts: string[]): void;
  /** Recipients the primary was asked for, in order; `RANDOM@…` the one that cannot exist. */
  asked(): string[];
  /** As `asked`, without those that cannot exist and the second time a refused one is asked for. */
  askedFor(): string[];
  /** Moves all clocks. */
  pass(seconds: number): Promise<void>;
  openOutage(domain: RelayDomain): Promise<void>;
  closeOutage(domain: RelayDomain): Promise<void>;
  row(domain: RelayDomain, localPart: string): Promise<AnswerRow | null>;
  close(): Promise<void>;
}

export interface AnswerRow {
  readonly answer: string | null;
  readonly reply: string | null;
  readonly is_suspected: boolean;
  readonly is_delivered: boolean;
  /** Seconds from now, to the minute. */
  readonly expires_in: number | null;
  readonly refresh_in: number | null;
}

const MAIL: MailInfo = { reversePath: 'from@sender.test', sizeBytes: null };
const US = {
  names: ['mx.backup.test'],
  addresses: [],
  listeners: [],
  interfaceAddresses: [],
  web: { host: 'bmx.example', port: 443 },
};

export async function openScene(zones: Readonly<Record<string, FakeRecords>> = {}): Promise<Scene> {
  const db = await createTestDatabase();
  const dns = await startFakeDns(zones);
  const primary = await startFakePrimary({ modes: { startTls: 'ABSENT' } });
  const resolver = createResolver({ servers: [dns.address] });
  const nodes: Node[] = [];
  let shiftMs = 0;
  let domainCount = 0;
  const monotonicMs = () => performance.now() + shiftMs;

  const asked = () =>
    primary.sessions.flatMap(({ commands }) =>
      commands.flatMap((line) => {
        const address = /^RCPT TO:<(.*)>/.exec(line)?.[1];
        return address?.replace(/^no-such-mailbox-[0-9a-f]{16}@/, 'RANDOM@') ?? [];
      }),
    );

  const node: Scene['node'] = (options = {}) => {
    const parts = { sql: db.sql, monotonicMs };
    const answers = createAnswers(parts);
    const primaries = createPrimaries(parts);
    const openOutages = createOpenOutages(parts);
    const learned = createLearned({ ...parts, onLearned: answers.drop });
    const faults: unknown[] = [];
    const callAhead = createCalloutCheck({
      answers,
      primaries,
      openOutages,
      monotonicMs,
      budget: createCalloutBudget({ ...parts, ...options }),
      breaker: createCalloutBreaker({ ...parts, events: NO_EVENTS }),
      findHops: ({ name, deliverTo }) =>
        findNextHops(name, { resolver, self: US, deliveryPort: primary.port, allowPrivate: true, deliverTo }),
      hostname: 'mx.backup.test',
      ownAddresses: ['192.0.2.25'],
      onAsked: () => undefined,
      onFault: (error) => void faults.push(error),
    });
    const routeWatch = createRouteWatch((destinationId) => {
      answers.dropAll();
      primaries.drop(destinationId);
    });
    const rcpt: Node['rcpt'] = async (domain, localPart) => {
      const decision = await decideRecipient(
        {
          postmaster: { hostname: 'mx.backup.test', recipient: null },
          findRelayDomain: async () => domain,
          checks: [routeWatch, callAhead.check],
        },
        {
          client: CLIENT,
          mail: MAIL,
          path: {
            kind: 'PATH',
            path: { localPart, domain: domain.name, address: `${localPart}@${domain.name}` },
          },
        },
      );
      return codeOf(decision);
    };
    const made: Node = { callAhead, answers, primaries, learned, openOutages, faults, rcpt };
    nodes.push(made);
    return made;
  };

  return {
    db,
    dns,
    primary,
    node,
    domain: async (more = {}) => {
      domainCount += 1;
      const name = more.name ?? `domain-${domainCount}.test`;
      const destinationId = await makeDestination(db.sql, name);
      const deliverTo = more.deliverTo ?? [{ host: primary.host, port: primary.port }];
      const id = newId();
      const tenantId = OPERATOR_TENANT_ID;
      const domain = relayDomain(name, { hasCallAheads: true, ...more, id, tenantId, destinationId, deliverTo });
      await db.sql`
        insert into domains (id, tenant_id, destination_id, name, status, deliver_to, recipient_delimiter)
        values (${id}, ${tenantId}, ${destinationId}, ${name}, 'ACTIVE', ${JSON.stringify(deliverTo)}::text::jsonb,
                ${domain.recipientDelimiter})`;
      return domain;
    },
    mailboxes: (...localParts) =>
      primary.setMode({
        rcptVerdict: (address) =>
          localParts.includes(address.slice(0, address.lastIndexOf('@')))
            ? null
            : '550 5.1.1 No mailbox at primary.example',
      }),
    asked,
    askedFor: () => [...new Set(asked().filter((address) => !address.startsWith('RANDOM')))],
    pass: async (seconds) => {
      shiftMs += seconds * 1000;
      await db.moveClock(`${seconds} seconds`);
    },
    openOutage: async ({ destinationId }) => {
      await db.sql`
        insert into outages (id, tenant_id, destination_id, started_at, class, last_reply)
        values (${newId()}, ${OPERATOR_TENANT_ID}, ${destinationId}, bmx_now(), 'DOWN', '[down]')`;
      await Promise.all(nodes.map(({ openOutages }) => openOutages.refresh()));
    },
    closeOutage: async ({ destinationId }) => {
      await db.sql`update outages set ended_at = bmx_now() where destination_id = ${destinationId} and ended_at is null`;
      await Promise.all(nodes.map(({ openOutages }) => openOutages.refresh()));
    },
    row: async ({ destinationId }, localPart) => {
      const [row] = await db.sql<AnswerRow[]>`
        select answer, reply, suspected_at is not null as is_suspected, delivered_at is not null as is_delivered,
          round(extract(epoch from expires_at - bmx_now()) / 60)::int * 60 as expires_in,
          round(extract(epoch from refresh_at - bmx_now()) / 60)::int * 60 as refresh_in
        from recipient_answers where destination_id = ${destinationId} and local_part = ${localPart}`;
      return row ?? null;
    },
    close: async () => {
      await Promise.all(nodes.map(({ callAhead }) => callAhead.close()));
      resolver.close();
      await Promise.all([primary.close(), dns.close(), db.close()]);
    },
  };
}

export function codeOf(decision: Decision): string {
  if (decision.kind === 'ACCEPT') return '250';
  return `${decision.reply.code} ${decision.reply.rejection}`;
}

/** Waits for what happens behind the sender's back. */
export function soon(what: string, condition: () => boolean | Promise<boolean>): Promise<unknown> {
  return until(what, 30_000, async () => (await condition()) || null);
}
