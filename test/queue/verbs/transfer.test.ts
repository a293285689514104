/** A domain that another tenant gets: all of it moves at once, the former owner sees nothing more, and a bound and quotas hold. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createDomain } from '../../../src/domains/create.ts';
import { findDomain } from '../../../src/domains/domains.ts';
import type { Viewer } from '../../../src/mail/viewer.ts';
import { recordFailure } from '../../../src/outage/clock.ts';
import { listOutages } from '../../../src/outage/list.ts';
import { foldDeltas } from '../../../src/queue/counts.ts';
import { allHeldOf } from '../../../src/queue/verbs/operation-filter.ts';
import { listOperations, startOperation } from '../../../src/queue/verbs/operations.ts';
import { BY_DESTINATION, BY_MESSAGE, BY_TIME, moveStrays, transferDomain } from '../../../src/queue/verbs/transfer.ts';
import { readTenantFlows } from '../../../src/stats/flow.ts';
import { addTenant, endMessage, type Harness, holdMessage, OPERATOR, startControl } from '../../control/harness.ts';

let control: Harness;
let one: Viewer;
let two: Viewer;
beforeAll(async () => {
  control = await startControl();
  [one, two] = [await addTenant(control.database, 'gives'), await addTenant(control.database, 'gets')];
});
afterAll(() => control.close());

async function add(name: string, owner: Viewer, recipientList: readonly string[] = []) {
  const { tenantId } = owner;
  const created = await createDomain(control.domains, OPERATOR, { name, tenantId, recipientList });
  if (created.kind !== 'DONE') throw new Error(JSON.stringify(created.errors));
  return created.domain;
}

const give = (name: string, owner: Viewer, more: object = {}) =>
  transferDomain(control.domains, OPERATOR, { name, tenantId: owner.tenantId, ...more });

/** What a tenant holds and has accepted, by its own sums. */
async function sumsOf(viewer: Viewer): Promise<readonly number[]> {
  const asked = {
    ...viewer,
    subjectId: viewer.tenantId,
    since: new Date(Date.now() - 3_600_000),
    until: null,
    slots: 1,
  };
  const [[slot] = []] = await readTenantFlows(control.database.sql, viewer, [asked]);
  return [slot?.acceptedCount ?? 0, slot?.heldCount ?? 0];
}

test('every table with an owner and a destination is moved, or stays for a reason', async () => {
  const rows = await control.database.sql<{ name: string }[]>`
    select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition
      and 2 = (select count(*) from pg_attribute a
               where a.attrelid = c.oid and a.attname in ('tenant_id', 'destination_id') and not a.attisdropped)
    order by 1`;
  // The domain itself; contacts of the former owner; what its webhooks are still to be sent; the note of the transfer; no longer used.
  const others = ['domains', 'alert_notices', 'event_outbox', 'domain_transfers', 'drain_shares'];
  expect(rows.map(({ name }) => name)).toEqual([...BY_MESSAGE, ...BY_DESTINATION, ...BY_TIME, ...others].sort());
});

test("all of it is the other tenant's, and the former owner sees nothing more", async () => {
  const { sql } = control.database;
  const name = 'given.example';
  const { destinationId } = await add(name, one, ['alice']);
  const held = await holdMessage(control.database, { destinationId, addresses: [`alice@${name}`] });
  const ended = await holdMessage(control.database, { destinationId, addresses: [`bob@${name}`] });
  await endMessage(control.database, ended);
  await sql`update messages set tenant_id = ${one.tenantId}`;
  await sql`update recipients set tenant_id = ${one.tenantId}`;
  await sql`update contents set tenant_id = ${one.tenantId}`;
  await sql`update history set tenant_id = ${one.tenantId}`;
  await sql`update queue_delta set tenant_id = ${one.tenantId}`;
  await foldDeltas(sql);
  const [now] = await sql<{ at: string }[]>`select bmx_now()::text as at`;
  await recordFailure(sql, { destinationId, begunAt: now?.at ?? '', trouble: 'REFUSED', reply: '421 no' });
  const retry = { verb: 'RETRY', filter: allHeldOf(name), reason: 'x', isDryRun: false, expectedCount: null } as const;
  expect(await startOperation(sql, OPERATOR, retry)).toMatchObject({ kind: 'STARTED' });
  expect([await sumsOf(one), await sumsOf(two)]).toEqual([
    [2, 1],
    [0, 0],
  ]);
  const before = await findDomain(sql, one, name);
  expect(await give(name, two, { expectedRevision: (before?.revision ?? 0) + 1 })).toMatchObject({
    errors: [{ path: ['expectedRevision'], code: 'CONFLICT' }],
  });
  const given = await give(name, two, { expectedRevision: before?.revision });
  expect(given).toMatchObject({ kind: 'DONE', domain: { tenantId: two.tenantId, status: 'ACTIVE' } });
  const page = { limit: 10, from: null, isBackward: false };
  for (const [viewer, count] of [
    [one, 0],
    [two, 1],
  ] as const) {
    expect((await findDomain(sql, viewer, name)) === null ? 0 : 1).toBe(count);
    expect((await listOutages(sql, viewer, { ...page, order: 'NEWEST', filter: {} })).nodes).toHaveLength(count);
    expect((await listOperations(sql, viewer, { ...page, filter: {} })).nodes).toHaveLength(count);
    for (const table of ['messages', 'history', 'recipients', 'recipient_entries']) {
      expect(await sql`select from ${sql(table)} where tenant_id = ${viewer.tenantId}`).toHaveLength(count);
    }
  }
  for (const table of [...BY_MESSAGE, ...BY_DESTINATION, ...BY_TIME, 'domains']) {
    const left =
      await sql`select from ${sql(table)} where destination_id = ${destinationId} and tenant_id = ${one.tenantId}`;
    expect([table, left.length]).toEqual([table, 0]);
  }
  expect([await sumsOf(one), await sumsOf(two)]).toEqual([
    [0, 0],
    [2, 1],
  ]);
  expect(await control.domains.findRelayDomain(name)).toMatchObject({ tenantId: two.tenantId });

  // A session that began before the transfer is still the former owner's.
  const late = await holdMessage(control.database, { destinationId, addresses: [`late@${name}`] });
  for (const table of ['messages', 'recipients', 'contents', 'queue_delta'])
    await sql`update ${sql(table)} set tenant_id = ${one.tenantId} where destination_id = ${destinationId}`;
  await moveStrays(sql);
  const owners = await sql`select distinct tenant_id from messages where id in (${held}, ${late})`;
  expect([...owners]).toEqual([{ tenant_id: two.tenantId }]);
  await control.database.moveClock('3 hours');
  await moveStrays(sql);
  expect(await sql`select from domain_transfers`).toHaveLength(0);
});

test('is refused beyond a quota, to an unknown tenant, and for a claim; its own owner keeps it', async () => {
  const { sql } = control.database;
  const { name } = await add('refused.example', one, ['a', 'b']);
  await sql`update tenants set max_recipient_entries = 2 where id = ${two.tenantId}`;
  expect(await give(name, two)).toMatchObject({ errors: [{ path: ['tenantId'], code: 'QUOTA' }] });
  await sql`update tenants set max_recipient_entries = null, max_domains = 1 where id = ${two.tenantId}`;
  expect(await give(name, two)).toMatchObject({ errors: [{ path: ['tenantId'], code: 'QUOTA' }] });
  await sql`update tenants set max_domains = null where id = ${two.tenantId}`;
  const nobody = { tenantId: '00000000-0000-7000-8000-0000000000ff', isOperator: false };
  expect(await give(name, nobody)).toMatchObject({ errors: [{ path: ['tenantId'], code: 'NOT_FOUND' }] });
  expect(await give('unknown.example', two)).toMatchObject({ errors: [{ path: ['name'], code: 'NOT_FOUND' }] });
  const same = await findDomain(sql, one, name);
  expect(await give(name, one)).toMatchObject({ kind: 'DONE', domain: { revision: same?.revision } });
  await createDomain(control.domains, two, { name: 'claimed.example' });
  expect(await give('claimed.example', one)).toMatchObject({ errors: [{ path: ['name'], code: 'NOT_PROVEN' }] });
  // The tenant that gets it has claimed it before.
  await createDomain(control.domains, two, { name });
  expect(await give(name, two)).toMatchObject({ kind: 'DONE' });
  expect(await sql`select from domains where name = ${name}`).toHaveLength(1);
});
