/** Changes of one domain at the same moment: they come one after the other, and none is a fault. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { findProofTarget, type ProofTarget, settleProof } from '../../src/domains/proof.ts';
import type { Sql, SqlExecutor } from '../../src/db/client.ts';
import type { Viewer } from '../../src/mail/viewer.ts';
import { until } from '../helpers/child.ts';
import { addTenant, type Harness, startControl } from './harness.ts';
import { createDomain } from '../../src/domains/create.ts';
import { updateDomain } from '../../src/domains/update.ts';
import { deleteDomain } from '../../src/domains/delete.ts';
import { applyDomains } from '../../src/domains/apply.ts';

let control: Harness;
let sql: Sql;
beforeAll(async () => {
  control = await startControl();
  ({ sql } = control.database);
});
afterAll(() => control.close());

/** Until so many statements wait for a lock. */
const waiting = (count: number) =>
  until(`${count} locks waited for`, 30_000, async () => {
    const [row] = await sql<{ count: number }[]>`
      select count(*)::integer as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    return row?.count === count;
  });

async function serve(viewer: Viewer, name: string, recipientList: readonly string[] = []): Promise<ProofTarget> {
  const created = await createDomain(control.domains, viewer, { name, recipientList });
  if (created.kind !== 'DONE') throw new Error(JSON.stringify(created.errors));
  const target = await findProofTarget(control.domains.sql, viewer, created.domain.id);
  if (target === null) throw new Error('no proof is asked for');
  await settleProof(control.domains, { target, finding: 'SEEN', isDue: true });
  return target;
}

/** The results of two changes, the second begun when the first waits for the lock of `hold`. */
async function both<A, B>(
  hold: (transaction: SqlExecutor) => Promise<unknown>,
  first: () => Promise<A>,
  second: () => Promise<B>,
): Promise<[A, B]> {
  const started: { first?: Promise<A>; second?: Promise<B> } = {};
  await sql.begin(async (transaction) => {
    await hold(transaction);
    started.first = first();
    await waiting(1);
    started.second = second();
    await waiting(2);
  });
  return Promise.all([started.first as Promise<A>, started.second as Promise<B>]);
}

test('a look for a proof and a change of the same domain', async () => {
  const viewer = await addTenant(control.database, 'proves');
  const target = await serve(viewer, 'race.example');
  const [updated, found] = await both(
    (transaction) => transaction`select from domains where name = 'race.example' for update`,
    () => updateDomain(control.domains, viewer, { name: 'race.example', labels: [{ key: 'a', value: 'b' }] }),
    () => settleProof(control.domains, { target, finding: 'SEEN', isDue: true }),
  );
  expect([updated.kind, found]).toEqual(['DONE', 'SEEN']);
});

test('a look for a proof and many domains applied', async () => {
  const viewer = await addTenant(control.database, 'applies');
  const target = await serve(viewer, 'applied.example');
  const domains = [{ name: 'applied.example', deliverTo: [{ host: 'mail.applied.example' }] }, { name: 'new.example' }];
  const [applied, found] = await both(
    (transaction) => transaction`select from domains where name = 'applied.example' for update`,
    () => applyDomains(control.domains, viewer, { domains }),
    () => settleProof(control.domains, { target, finding: 'SEEN', isDue: true }),
  );
  expect([applied.kind, found]).toEqual(['DONE', 'SEEN']);
});

test('a domain removed and added anew', async () => {
  const viewer = await addTenant(control.database, 'removes');
  await serve(viewer, 'again.example', ['alice']);
  const [removed, added] = await both(
    (transaction) => transaction`
      select from recipient_entries where domain_id in (select id from domains where name = 'again.example') for update`,
    () => deleteDomain(control.domains, viewer, { name: 'again.example' }),
    () => createDomain(control.domains, viewer, { name: 'again.example' }),
  );
  expect([removed.kind, added.kind]).toEqual(['DONE', 'DONE']);
});

test('the same domains applied and added, where the tenant has a quota', async () => {
  const viewer = await addTenant(control.database, 'bounded');
  await sql`update tenants set max_domains = 2 where id = ${viewer.tenantId}`;
  const [added, applied] = await both(
    (transaction) => transaction`select from tenants where id = ${viewer.tenantId} for update`,
    () => createDomain(control.domains, viewer, { name: 'quota.example' }),
    () => applyDomains(control.domains, viewer, { domains: [{ name: 'a.example' }, { name: 'quota.example' }] }),
  );
  expect(added.kind).toBe('DONE');
  expect(applied).toMatchObject({ kind: 'REFUSED', errors: [{ path: ['domains', '1', 'name'] }] });
  expect(await createDomain(control.domains, viewer, { name: 'b.example' })).toMatchObject({ kind: 'DONE' });
  expect(await createDomain(control.domains, viewer, { name: 'c.example' })).toMatchObject({
    errors: [{ code: 'QUOTA' }],
  });
  // Nothing is left of what was refused.
  expect(await sql`select name from destinations where name in ('a.example', 'b.example', 'c.example')`).toMatchObject([
    { name: 'b.example' },
  ]);
});

test('a domain added while its tenant is deleted has no owner, and so is not added', async () => {
  const viewer = await addTenant(control.database, 'leaves');
  const started: { adding?: ReturnType<typeof createDomain> } = {};
  await sql.begin(async (transaction) => {
    await transaction`select from tenants where id = ${viewer.tenantId} for update`;
    started.adding = createDomain(control.domains, viewer, { name: 'ownerless.example' });
    await waiting(1);
    await transaction`update tenants set deleted_at = bmx_now() where id = ${viewer.tenantId}`;
  });
  expect(await started.adding).toMatchObject({ kind: 'REFUSED', errors: [{ code: 'FORBIDDEN' }] });
});
