import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { foldDeltas } from '../../src/queue/counts.ts';
import { addDomain, type Harness, holdMessage, startControl } from './harness.ts';
import { deleteDomain } from '../../src/domains/delete.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

async function openOutage(destinationId: string): Promise<string> {
  const id = newId();
  const { sql } = control.database;
  await sql`
    insert into outages (id, tenant_id, destination_id, started_at, class, last_reply)
    values (${id}, ${OPERATOR_TENANT_ID}, ${destinationId}, bmx_now(), 'DOWN', '[connection refused]')`;
  await sql`
    update destinations
    set outage_id = ${id}, first_failure_at = bmx_now(), next_attempt_at = bmx_now() + interval '15 minutes'
    where id = ${destinationId}`;
  return id;
}

test('service and viewer', async () => {
  await control.database.sql`
    insert into nodes (epoch, name, version, runtime, roles, backend_pid, beat_at)
    values (1, 'host 17', '0.1.0', 'bun 1.4.5', '{inbound,delivery,archive}', 1, clock_timestamp()),
           (2, 'dead', '0.1.0', 'bun 1.4.5', '{inbound}', 2, clock_timestamp() - interval '1 hour')`;
  const answer = await control.ask<{ service: { retrySchedule: unknown[] } }>(`{
    service { version runtime mxNames egressAddresses messageSizeLimit retrySchedule { interval attemptCount }
              nodes { name version runtime roles } }
    viewer { isOperator scopes tenant { id name } } }`);
  expect(answer).toMatchObject({
    service: {
      version: '0.1.0',
      runtime: 'bun test',
      mxNames: ['backup.test.example', 'mx2.test.example'],
      egressAddresses: ['192.0.2.250', '2001:db8::250'],
      messageSizeLimit: 10485760,
      retrySchedule: [
        { interval: 'PT15M', attemptCount: 96 },
        { interval: 'PT1H', attemptCount: 96 },
        { interval: 'PT2H', attemptCount: 60 },
      ],
      nodes: [{ name: 'host 17', version: '0.1.0', runtime: 'bun 1.4.5', roles: ['INBOUND', 'DELIVERY', 'OTHER'] }],
    },
    viewer: { isOperator: true, tenant: { id: OPERATOR_TENANT_ID, name: 'operator' } },
  });
});

describe('Domain', () => {
  test('null for an unknown name and for what is no name', async () => {
    expect(
      await control.ask<unknown>(
        '{ a: domain(by: { name: "unknown.example" }) { id } b: domain(by: { name: "no name" }) { id } }',
      ),
    ).toEqual({
      a: null,
      b: null,
    });
  });

  test('queue counts are exact before, while and after folding', async () => {
    const destinationId = await addDomain(control, 'counted.example');
    const query = `{ domain(by: { name: "counted.example" }) { tenant { name } queue { heldCount heldSize oldestAcceptedAt nextAttemptAt } } }`;
    expect(await control.ask<unknown>(query)).toEqual({
      domain: {
        tenant: { name: 'operator' },
        queue: { heldCount: 0, heldSize: 0, oldestAcceptedAt: null, nextAttemptAt: null },
      },
    });
    await holdMessage(control.database, { destinationId, sizeBytes: 700 });
    await holdMessage(control.database, { destinationId, sizeBytes: 34 });
    const counted = { domain: { queue: { heldCount: 2, heldSize: 734 } } };
    expect(await control.ask<object>(query)).toMatchObject(counted);
    await foldDeltas(control.database.sql);
    expect(await control.ask<object>(query)).toMatchObject(counted);
    await holdMessage(control.database, { destinationId, sizeBytes: 1 });
    const { domain } = await control.ask<{ domain: { queue: Record<string, unknown> } }>(query);
    expect(domain.queue).toMatchObject({ heldCount: 3, heldSize: 735 });
    expect(domain.queue['oldestAcceptedAt']).toBeString();
    expect(domain.queue['nextAttemptAt']).toBe(domain.queue['oldestAcceptedAt']);
  });

  test('mx: what is there, what should be, and the verdict', async () => {
    await addDomain(control, 'mx.example');
    const query = `{ domain(by: { name: "mx.example" }) { mx { verdict observed { preference host } recommended { preference host } } } }`;
    expect(await control.ask<unknown>(query)).toEqual({
      domain: {
        mx: {
          verdict: 'UNRESOLVABLE',
          observed: [],
          recommended: [
            { preference: 20, host: 'backup.test.example' },
            { preference: 20, host: 'mx2.test.example' },
          ],
        },
      },
    });
    const primary = { host: 'mail.mx.example', preference: 30, isSelf: false };
    control.dns.mx['mx.example'] = {
      verdict: 'MOST_PREFERRED',
      hosts: [{ host: 'backup.test.example', preference: 5, isSelf: true }, primary],
    };
    expect(await control.ask<unknown>(query)).toEqual({
      domain: {
        mx: {
          verdict: 'MOST_PREFERRED',
          observed: [
            { preference: 5, host: 'backup.test.example' },
            { preference: 30, host: 'mail.mx.example' },
          ],
          recommended: [
            { preference: 30, host: 'mail.mx.example' },
            { preference: 40, host: 'backup.test.example' },
            { preference: 40, host: 'mx2.test.example' },
          ],
        },
      },
    });
    control.dns.mx['mx.example'] = {
      verdict: 'OK',
      hosts: [primary, { host: 'mx2.test.example', preference: 31, isSelf: true }],
    };
    expect(await control.ask<object>(query)).toMatchObject({
      domain: {
        mx: {
          recommended: [
            { preference: 30 },
            { preference: 31, host: 'mx2.test.example' },
            { preference: 31, host: 'backup.test.example' },
          ],
        },
      },
    });
  });
});

test('domains come in pages, in order of creation, with their queues', async () => {
  const fresh = await startControl();
  for (const name of ['c.example', 'a.example', 'b.example']) await addDomain(fresh, name);
  const query = `query ($after: String) { domains(first: 2, after: $after) {
    nodes { name queue { heldCount } outage { id } } edges { cursor node { name } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
  interface Answer {
    domains: {
      nodes: { name: string }[];
      pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string };
    };
  }
  const first = await fresh.ask<Answer>(query, { after: null });
  expect(first.domains.nodes.map(({ name }) => name)).toEqual(['c.example', 'a.example']);
  expect(first.domains.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
  const second = await fresh.ask<Answer>(query, { after: first.domains.pageInfo.endCursor });
  expect(second.domains.nodes).toEqual([{ name: 'b.example', queue: { heldCount: 0 }, outage: null } as never]);
  expect(second.domains.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  await fresh.close();
});

test('outages: open and ended, newest first, by domain, and as a field of their domain', async () => {
  const ended = await addDomain(control, 'ended.example');
  const open = await addDomain(control, 'open.example');
  const endedId = await openOutage(ended);
  await control.database.sql`update outages set ended_at = bmx_now() where id = ${endedId}`;
  await control.database
    .sql`update destinations set outage_id = null, first_failure_at = null, next_attempt_at = null where id = ${ended}`;
  const openId = await openOutage(open);
  await holdMessage(control.database, { destinationId: open, sizeBytes: 50 });
  await holdMessage(control.database, { destinationId: ended, sizeBytes: 50 });
  const query = `query ($filter: OutageFilter) { outages(first: 10, filter: $filter) { nodes {
    id domainName domain { name outage { id } } startedAt endedAt kind heldCount heldSize oldestAcceptedAt lastReply nextAttemptAt } } }`;
  interface Answer {
    outages: { nodes: Record<string, unknown>[] };
  }
  const { outages } = await control.ask<Answer>(query);
  expect(outages.nodes.map(({ id }) => id)).toEqual([openId, endedId]);
  expect(outages.nodes[0]).toMatchObject({
    domainName: 'open.example',
    domain: { name: 'open.example', outage: { id: openId } },
    endedAt: null,
    kind: 'DOWN',
    heldCount: 1,
    heldSize: 50,
    lastReply: '[connection refused]',
  });
  expect(outages.nodes[0]?.['nextAttemptAt']).toBeString();
  expect(outages.nodes[1]).toMatchObject({
    heldCount: null,
    heldSize: null,
    oldestAcceptedAt: null,
    nextAttemptAt: null,
  });
  expect(outages.nodes[1]?.['endedAt']).toBeString();
  const found = async (filter: object) =>
    (await control.ask<Answer>(query, { filter })).outages.nodes.map(({ id }) => id);
  expect(await found({ isOpen: true })).toEqual([openId]);
  expect(await found({ isOpen: false })).toEqual([endedId]);
  expect(await found({ domain: 'Ended.example' })).toEqual([endedId]);
  expect(await found({ domain: 'no name' })).toEqual([]);
  await deleteDomain(
    control.domains,
    { tenantId: OPERATOR_TENANT_ID, isOperator: true },
    { name: 'open.example', held: 'DELIVER_FIRST' },
  );
  const { outages: after } = await control.ask<Answer>(query, { filter: { isOpen: true } });
  expect(after.nodes[0]).toMatchObject({ domain: null, domainName: 'open.example', heldCount: 1 });
});

test('an outage shows its evidence, and once it is over how it drains; a domain its conditions', async () => {
  const name = 'draining.example';
  const destinationId = await addDomain(control, name);
  const id = await openOutage(destinationId);
  const { sql } = control.database;
  const evidence = JSON.stringify([
    {
      at: '2026-11-24T19:00:00.123456+00:00',
      trouble: 'REFUSED',
      host: 'mx.draining.example',
      address: '192.0.2.1:25',
      reply: '[connection refused]',
      latencyMs: 3,
      isGreeted: false,
    },
    {
      at: '2026-11-24T19:15:00+00:00',
      trouble: null,
      host: null,
      address: null,
      reply: '451 4.7.1 Greylisted',
      latencyMs: 0,
      isGreeted: true,
    },
  ]);
  await sql`update outages set evidence = ${evidence}::text::jsonb where id = ${id}`;
  await holdMessage(control.database, { destinationId, sizeBytes: 50 });
  const query = `{ outages(first: 1, filter: { domain: "${name}" }) { nodes {
    attemptCount heldCount drainedAt drain { messagesPerSecond etaAt }
    evidence { at trouble host address reply latency } domain { conditions { kind seenAt } } } } }`;
  const read = async () => {
    const { outages } = await control.ask<{ outages: { nodes: Record<string, unknown>[] } }>(query);
    return outages.nodes[0];
  };
  expect(await read()).toEqual({
    attemptCount: 1,
    heldCount: 1,
    drainedAt: null,
    drain: null,
    evidence: [
      {
        at: '2026-11-24T19:00:00.123Z',
        trouble: 'REFUSED',
        host: 'mx.draining.example',
        address: '192.0.2.1:25',
        reply: '[connection refused]',
        latency: 'PT0.003S',
      },
      {
        at: '2026-11-24T19:15:00.000Z',
        trouble: null,
        host: null,
        address: null,
        reply: '451 4.7.1 Greylisted',
        latency: 'PT0S',
      },
    ],
    domain: { conditions: [] },
  });

  await sql`update outages set ended_at = bmx_now(), held_at_end = 1 where id = ${id}`;
  await sql`
    update destinations set outage_id = null, first_failure_at = null, next_attempt_at = null, greylisting_at = bmx_now(),
      tarpitting_at = bmx_now() - interval '8 days', drain_rate = 0.5, drain_measured_at = bmx_now()
    where id = ${destinationId}`;
  const draining = await read();
  expect(draining).toMatchObject({ heldCount: 1, drain: { messagesPerSecond: 0.5 } });
  expect(draining?.['drain']).toMatchObject({ etaAt: expect.any(String) });
  expect(draining?.['domain']).toMatchObject({ conditions: [{ kind: 'GREYLISTING' }] });

  await sql`update destinations set drain_measured_at = bmx_now() - interval '1 minute' where id = ${destinationId}`;
  expect(await read()).toMatchObject({ drain: { messagesPerSecond: 0, etaAt: null } });
  await sql`update outages set drained_at = bmx_now() where id = ${id}`;
  expect(await read()).toMatchObject({ heldCount: null, drain: null });
});
