import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { openDatabase } from '../../src/db/client.ts';
import { listenTo, SETTINGS_CHANNEL } from '../../src/db/listen.ts';
import type { Viewer } from '../../src/mail/viewer.ts';
import { findConditions, findOpenOutages } from '../../src/outage/inspect.ts';
import { listOutages } from '../../src/outage/list.ts';
import { listAttempts } from '../../src/queue/read/attempts.ts';
import { readQueues } from '../../src/queue/read/queues.ts';
import { findMessage, listMessages } from '../../src/queue/read/inspect.ts';
import { createDomains, findDomain, findDomainsByDestination } from '../../src/domains/domains.ts';
import { listDomains } from '../../src/queue/read/domain-list.ts';
import { findTenants } from '../../src/tenants/tenants.ts';
import { addDomain, addTenant, domainsOn, endMessage, holdMessage, OPERATOR } from '../control/harness.ts';
import { until } from '../helpers/child.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { NO_EVENTS } from '../helpers/no-events.ts';
import { createDomain } from '../../src/domains/create.ts';
import { updateDomain } from '../../src/domains/update.ts';
import { deleteDomain } from '../../src/domains/delete.ts';
import { findProofTarget, settleProof } from '../../src/domains/proof.ts';

let database: TestDatabase;
let tenant: Viewer;
beforeAll(async () => {
  database = await createTestDatabase();
  tenant = await addTenant(database);
});
afterAll(() => database.close());

describe('two nodes', () => {
  test("the other node's snapshot follows within a second, both ways", async () => {
    const here = domainsOn(database);
    const otherDatabase = openDatabase(database.target, { poolSize: 2 });
    const there = createDomains({
      sql: otherDatabase.sql,
      ownNames: new Set(),
      findMxHosts: async () => [],
      checkRoute: async () => [],
      events: NO_EVENTS,
    });
    const listener = await listenTo({
      sql: otherDatabase.sql,
      channel: SETTINGS_CHANNEL,
      onPayload: there.onSettingsNotice,
      onReset: there.onReset,
    });
    expect(await there.findRelayDomain('two-nodes.example')).toBeNull();

    await createDomain(here, OPERATOR, { name: 'two-nodes.example' });
    expect(await here.findRelayDomain('two-nodes.example')).not.toBeNull();
    await until(
      'the other node serves it',
      30_000,
      async () => (await there.findRelayDomain('two-nodes.example')) !== null,
    );

    await updateDomain(here, OPERATOR, { name: 'two-nodes.example', deliverTo: [{ host: 'mx.example' }] });
    await until('the other node has its route', 30_000, async () => {
      return (await there.findRelayDomain('two-nodes.example'))?.deliverTo[0]?.host === 'mx.example';
    });

    await deleteDomain(here, OPERATOR, { name: 'two-nodes.example' });
    await until(
      'the other node refuses it',
      30_000,
      async () => (await there.findRelayDomain('two-nodes.example')) === null,
    );
    await listener.close();
    await otherDatabase.close();
  });

  test('a change that was rolled back is told to nobody and changes nothing', async () => {
    const domains = domainsOn(database);
    await createDomain(domains, OPERATOR, { name: 'kept.example' });
    const { sql } = database;
    await sql`alter table events rename to events_away`;
    const failed = await deleteDomain(domains, OPERATOR, { name: 'kept.example' }).then(
      () => null,
      (error: unknown) => error,
    );
    await sql`alter table events_away rename to events`;
    expect(failed).toBeInstanceOf(Error);
    expect(await domains.findRelayDomain('kept.example')).not.toBeNull();
    expect((await deleteDomain(domains, OPERATOR, { name: 'kept.example' })).kind).toBe('DONE');
  });

  test('the same domain added by many at once stands once', async () => {
    const domains = domainsOn(database);
    const changes = await Promise.all(
      Array.from({ length: 8 }, () => createDomain(domains, OPERATOR, { name: 'race.example' })),
    );
    expect(changes.filter(({ kind }) => kind === 'DONE')).toHaveLength(1);
    const [row] = await database.sql`select count(*) as count from domains where name = 'race.example'`;
    expect(row?.['count']).toBe(1);
  });
});

test('a DNS that never answers does not keep anybody from adding a domain', async () => {
  const domains = domainsOn(database, () => new Promise(() => {}));
  const change = await createDomain(domains, OPERATOR, { name: 'host.silent.example' });
  expect(change.kind).toBe('DONE');
});

describe("another tenant's viewer", () => {
  test('sees and changes nothing', async () => {
    const domains = domainsOn(database);
    const destinationId = await addDomain({ domains }, 'private.example');
    const held = await holdMessage(database, { destinationId, addresses: ['a@private.example'] });
    const ended = await holdMessage(database, { destinationId, addresses: ['a@private.example'] });
    await endMessage(database, ended);
    await database.sql`
      insert into outages (id, tenant_id, destination_id, started_at, class, last_reply)
      select ${held}, tenant_id, id, bmx_now(), 'DOWN', 'x' from destinations where id = ${destinationId}`;
    await database.sql`
      insert into attempts (id, tenant_id, destination_id, message_id, recipient_numbers, is_host_level, reply, outcome, latency_ms)
      select ${ended}, tenant_id, id, ${held}, '{0}', true, 'x', 'DEFERRED', 1 from destinations where id = ${destinationId}`;

    async function seen(viewer: Viewer) {
      const [attempts] = await listAttempts(database.sql, viewer, [
        { messageId: held, destinationId, recipientNumber: 0, endedAt: null, limit: 10, beforeId: null },
      ]);
      const walked = { limit: 100, from: null, isBackward: false };
      const newest = { ...walked, order: 'NEWEST' as const };
      const allDomains = { ...walked, order: 'CREATED' as const, filter: {} };
      return {
        domain: (await findDomain(domains.sql, viewer, 'private.example')) !== null,
        listed: (await listDomains(domains.sql, viewer, allDomains)).nodes.length > 0,
        byDestination: (await findDomainsByDestination(domains.sql, viewer, [destinationId])).size,
        held: (await findMessage(database.sql, viewer, held)) !== null,
        ended: (await findMessage(database.sql, viewer, ended)) !== null,
        messages: (await listMessages(database.sql, viewer, { ...newest, filter: { domain: 'private.example' } })).nodes
          .length,
        byRecipient: (
          await listMessages(database.sql, viewer, { ...newest, filter: { recipient: 'a@private.example' } })
        ).nodes.length,
        outages: (await listOutages(database.sql, viewer, { ...newest, filter: { domain: 'private.example' } })).nodes
          .length,
        openOutages: (await findOpenOutages(database.sql, viewer, [destinationId])).size,
        conditions: (await findConditions(database.sql, viewer, [destinationId])).size,
        attempts: attempts?.length,
        queues: (await readQueues(database.sql, viewer, [destinationId])).size,
        operator: (await findTenants(database.sql, viewer, [OPERATOR.tenantId])).size,
      };
    }
    expect(Object.values(await seen(OPERATOR)).every(Boolean)).toBe(true);
    expect(Object.values(await seen(tenant)).some(Boolean)).toBe(false);

    const refused = { kind: 'REFUSED', errors: [{ code: 'NOT_FOUND' }], domain: null };
    expect(await updateDomain(domains, tenant, { name: 'private.example', labels: [] })).toMatchObject(refused);
    expect(await deleteDomain(domains, tenant, { name: 'private.example', held: 'CANCEL' })).toMatchObject(refused);
    expect(await domains.findRelayDomain('private.example')).not.toBeNull();
  });

  test('its claim is pending, is not served, and has no say in the route of the one that is', async () => {
    const domains = domainsOn(database);
    await createDomain(domains, OPERATOR, { name: 'claimed.example', deliverTo: [{ host: 'a.example' }] });
    const claim = await createDomain(domains, tenant, {
      name: 'claimed.example',
      deliverTo: [{ host: 'evil.example' }],
    });
    expect(claim).toMatchObject({ kind: 'DONE', domain: { status: 'PENDING', tenantId: tenant.tenantId } });
    await updateDomain(domains, tenant, { name: 'claimed.example', deliverTo: [{ host: 'worse.example' }] });
    const [row] = await database.sql`select deliver_to, tenant_id from destinations where name = 'claimed.example'`;
    expect(row).toEqual({ deliver_to: [{ host: 'a.example', port: 25 }], tenant_id: OPERATOR.tenantId });
    expect(await domains.findRelayDomain('claimed.example')).toMatchObject({ tenantId: OPERATOR.tenantId });
    expect((await deleteDomain(domains, tenant, { name: 'claimed.example' })).kind).toBe('DONE');
    expect(await domains.findRelayDomain('claimed.example')).toMatchObject({ tenantId: OPERATOR.tenantId });

    await createDomain(domains, tenant, { name: 'only-claimed.example' });
    expect(await domains.findRelayDomain('only-claimed.example')).toBeNull();
  });

  test('a domain served for another tenant is TAKEN for the operator', async () => {
    const domains = domainsOn(database);
    await createDomain(domains, tenant, { name: 'taken.example' });
    const [claim] = await database.sql<{ id: string }[]>`select id from domains where name = 'taken.example'`;
    const target = await findProofTarget(domains.sql, tenant, claim?.id ?? '');
    if (target === null) throw new Error('the claim has no proof to be found');
    expect(await settleProof(domains, { target, finding: 'SEEN', isDue: true })).toBe('ACTIVATED');
    expect(await createDomain(domains, OPERATOR, { name: 'taken.example' })).toMatchObject({
      kind: 'REFUSED',
      errors: [{ code: 'TAKEN' }],
      domain: null,
    });
    const [row] = await database.sql`select tenant_id from destinations where name = 'taken.example'`;
    expect(row?.['tenant_id']).toBe(tenant.tenantId);
  });
});

test('warm look-ups are far below a millisecond', async () => {
  const domains = domainsOn(database);
  await createDomain(domains, OPERATOR, { name: 'warm.example' });
  await domains.findRelayDomain('warm.example');
  const times: number[] = [];
  for (let index = 0; index < 10_000; index += 1) {
    const startedAt = performance.now();
    await domains.findRelayDomain(index % 2 === 0 ? 'warm.example' : 'cold.example');
    times.push(performance.now() - startedAt);
  }
  times.sort((a, b) => a - b);
  expect(times[9_500]).toBeLessThan(0.5);
});
