/** Over the API: the outages that a domain had, the attempts that told something about all its mail, and those to come. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import { recordSuccess } from '../../src/outage/clock.ts';
import { createDomain } from '../../src/domains/create.ts';
import { fail } from '../outage/scene.ts';
import { addDomain, addTenant, type Harness, holdMessage, startControl } from './harness.ts';

let control: Harness;
let destinationId: string;
beforeAll(async () => {
  control = await startControl();
  destinationId = await addDomain(control, 'away.example');
});
afterAll(() => control.close());

const MINUTE_MS = 60_000;

const ask = async (fields: string, name = 'away.example') =>
  (await control.ask<{ domain: Record<string, unknown> }>(`{ domain(by: { name: "${name}" }) { ${fields} } }`)).domain;

async function recordAttempt(minutesAgo: number, reply: string, isHostLevel = true): Promise<void> {
  await control.database.sql`
    insert into attempts (id, tenant_id, destination_id, message_id, recipient_numbers, is_host_level, at, reply, outcome, latency_ms)
    values (${newId()}, ${OPERATOR_TENANT_ID}, ${destinationId}, ${newId()}, '{0}', ${isHostLevel},
      bmx_now() - make_interval(mins => ${minutesAgo}), ${reply}, 'DEFERRED', 1250)`;
}

test('a domain that was never away', async () => {
  expect(
    await ask(`lastOutage { id } outages(first: 10) { nodes { id } } attempts(first: 10) { nodes { at } }
      queue { firstExpiryAt nextAttempts(first: 3) }`),
  ).toEqual({
    lastOutage: null,
    outages: { nodes: [] },
    attempts: { nodes: [] },
    queue: { firstExpiryAt: null, nextAttempts: [] },
  });
});

test('held mail expires when its lifetime ends, an extension included', async () => {
  const { sql } = control.database;
  await holdMessage(control.database, { destinationId });
  const expiry = async () => {
    const { queue } = (await ask('queue { oldestAcceptedAt firstExpiryAt nextAttempts(first: 5) }')) as {
      queue: { oldestAcceptedAt: string; firstExpiryAt: string; nextAttempts: string[] };
    };
    // Without an outage only the next one is known.
    expect(queue.nextAttempts).toHaveLength(1);
    return (Date.parse(queue.firstExpiryAt) - Date.parse(queue.oldestAcceptedAt)) / 3_600_000;
  };
  expect(await expiry()).toBe(240);
  await sql`update destinations set hold_extension = interval '24 hours' where id = ${destinationId}`;
  expect(await expiry()).toBe(264);
});

test('the attempts to come are those of the clock', async () => {
  const { sql } = control.database;
  await fail(control.database, destinationId);
  const next = async () => {
    const fields = 'queue { nextAttemptAt nextAttempts(first: 4) } outage { startedAt }';
    const { queue, outage } = (await ask(fields)) as {
      queue: { nextAttemptAt: string; nextAttempts: string[] };
      outage: { startedAt: string };
    };
    expect(queue.nextAttempts[0]).toBe(queue.nextAttemptAt);
    return queue.nextAttempts.map((at) => (Date.parse(at) - Date.parse(outage.startedAt)) / MINUTE_MS);
  };
  expect(await next()).toEqual([15, 30, 45, 60]);
  await sql`update destinations set breaker = 'OPEN' where id = ${destinationId}`;
  expect(await next()).toEqual([15, 75, 135, 195]);
  await sql`update destinations set breaker = 'CLOSED', is_paused = true where id = ${destinationId}`;
  expect(await ask('queue { nextAttempts(first: 4) }')).toEqual({ queue: { nextAttempts: [] } });
  await sql`update destinations set is_paused = false where id = ${destinationId}`;
  const { errors } = await control.post(
    '{ domain(by: { name: "away.example" }) { queue { nextAttempts(first: 0) } } }',
  );
  expect(errors).toMatchObject([{ message: 'first must lie between 1 and 100.' }]);
});

test('outages, newest first, page by page and since an instant', async () => {
  const { database } = control;
  const ended = await recordSuccess(database.sql, destinationId);
  expect(await ask('outage { id } lastOutage { id heldAtEndCount }')).toEqual({
    outage: null,
    lastOutage: { id: ended?.outageId, heldAtEndCount: 1 },
  });
  await fail(database, destinationId);
  const { outage, lastOutage } = await ask('outage { id } lastOutage { id heldAtEndCount }');
  expect(lastOutage).toEqual({ ...(outage as object), heldAtEndCount: null });
  const openId = (outage as { id: string }).id;
  // One of last week.
  const [old] = await database.sql<{ id: string }[]>`
    insert into outages (id, tenant_id, destination_id, started_at, ended_at, drained_at, class, last_reply)
    select uuid_floor(bmx_now() - interval '7 days'), tenant_id, id, bmx_now() - interval '7 days', bmx_now() - interval '6 days',
      bmx_now(), 'DOWN', ''
    from destinations where id = ${destinationId} returning id`;
  const page = async (args: string) => {
    const { outages } = (await ask(`outages(${args}) { nodes { id } pageInfo { hasNextPage endCursor } }`)) as {
      outages: { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
    };
    return { ids: outages.nodes.map(({ id }) => id), ...outages.pageInfo };
  };
  const first = await page('first: 2');
  expect(first).toMatchObject({ ids: [openId, ended?.outageId], hasNextPage: true });
  expect(await page(`first: 2, after: "${first.endCursor}"`)).toMatchObject({ ids: [old?.id], hasNextPage: false });
  const since = new Date(Date.now() - 86_400_000).toISOString();
  expect((await page(`first: 9, since: "${since}"`)).ids).toEqual([openId, ended?.outageId ?? '']);
});

test('attempts that spoke for all mail, and no other', async () => {
  await recordAttempt(200, 'of last night');
  await recordAttempt(10, 'one recipient', false);
  await recordAttempt(5, 'of now');
  const fields = 'nodes { reply latency outcome } pageInfo { hasNextPage }';
  const of = (reply: string) => ({ reply, latency: 'PT1.25S', outcome: 'DEFERRED' });
  expect(await ask(`attempts(first: 1) { ${fields} }`)).toEqual({
    attempts: { nodes: [of('of now')], pageInfo: { hasNextPage: true } },
  });
  expect(await ask(`attempts(first: 9) { ${fields} }`)).toMatchObject({
    attempts: { nodes: [of('of now'), of('of last night')] },
  });
  const since = new Date(Date.now() - 60 * MINUTE_MS).toISOString();
  expect(await ask(`attempts(first: 9, since: "${since}") { ${fields} }`)).toMatchObject({
    attempts: { nodes: [of('of now')] },
  });
});

test('what the domain was through with another owner is not told', async () => {
  const stranger = await addTenant(control.database, 'new owner');
  const { sql } = control.database;
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    `mutation { tokenCreate(input: { name: "read", scopes: [DOMAIN_READ, QUEUE_READ], tenantId: "${stranger.tenantId}" }) { secret } }`,
  );
  const change = await createDomain(control.domains, stranger, { name: 'own.example' });
  if (change.kind !== 'DONE') throw new Error('no domain');
  await sql`update domains set destination_id = ${destinationId} where id = ${change.domain.id}`;
  const query = `{ domain(by: { name: "own.example" }) {
    lastOutage { id } outages(first: 10) { nodes { id } } attempts(first: 10) { nodes { at } }
    queue { firstExpiryAt nextAttempts(first: 10) } } }`;
  const { data } = await control.postAs<{ domain: unknown }>(tokenCreate.secret, query);
  expect(data.domain).toEqual({
    lastOutage: null,
    outages: { nodes: [] },
    attempts: { nodes: [] },
    queue: { firstExpiryAt: null, nextAttempts: [] },
  });
});

test('attempts need the right to read the queue', async () => {
  const { tokenCreate } = await control.ask<{ tokenCreate: { secret: string } }>(
    'mutation { tokenCreate(input: { name: "read", scopes: [DOMAIN_READ] }) { secret } }',
  );
  const { errors } = await control.postAs<unknown>(
    tokenCreate.secret,
    '{ domain(by: { name: "away.example" }) { attempts(first: 1) { nodes { at } } } }',
  );
  expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
});

test('a failure of the service is told to everybody', async () => {
  const since = async () =>
    (await control.ask<{ service: { troubleSince: string | null } }>('{ service { troubleSince } }')).service
      .troubleSince;
  expect(await since()).toBeNull();
  await control.database.sql`update service_presence set own_trouble_since = '2026-08-01T03:10:00Z'`;
  expect(await since()).toBe('2026-08-01T03:10:00.000Z');
});

test('each of the attempts to come is billed', async () => {
  const query = (count: number): string =>
    `{ ${Array.from({ length: 21 }, (_, index) => `a${index}: domains(first: 100) { nodes { queue { nextAttempts(first: ${count}) } } }`).join(' ')} }`;
  expect((await control.post(query(100))).errors).toMatchObject([
    { extensions: { code: 'LIMIT_EXCEEDED', limit: 'COST' } },
  ]);
  expect((await control.post(query(10))).errors).toBeUndefined();
});
