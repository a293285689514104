/** A domain that has another owner: neither sees of its primary what was in the other's time. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Viewer } from '../../src/mail/viewer.ts';
import { recordSuccess } from '../../src/outage/clock.ts';
import { listOutages } from '../../src/outage/list.ts';
import { addTenant, failNow, type Harness, holdMessage, startControl } from './harness.ts';
import { createDomain } from '../../src/domains/create.ts';
import { deleteDomain } from '../../src/domains/delete.ts';
import { findProofTarget, settleProof } from '../../src/domains/proof.ts';

let control: Harness;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control.close());

/** Claimed and proven; its destination. */
async function take(viewer: Viewer, name: string): Promise<string> {
  const { domains } = control;
  const created = await createDomain(domains, viewer, { name });
  if (created.kind !== 'DONE') throw new Error(JSON.stringify(created.errors));
  const target = await findProofTarget(domains.sql, viewer, created.domain.id);
  if (target === null) throw new Error('no proof is asked for');
  expect(await settleProof(domains, { target, finding: 'SEEN', isDue: true })).toBe('ACTIVATED');
  return created.domain.destinationId;
}

const fail = (destinationId: string, reply: string) => failNow(control.database, destinationId, reply);

async function outagesOf(viewer: Viewer) {
  const page = { limit: 10, from: null, isBackward: false, order: 'NEWEST' as const, filter: {} };
  const { nodes: outages } = await listOutages(control.database.sql, viewer, page);
  return outages.map(({ lastReply, evidence, endedAt, drain }) => ({
    replies: [lastReply, ...evidence.map(({ reply }) => reply)],
    isOpen: endedAt === null,
    drains: drain !== null,
  }));
}

test('an open outage ends with its owner; the next one has its own, and the clock begins anew', async () => {
  const { sql } = control.database;
  const [one, two] = [await addTenant(control.database, 'had it'), await addTenant(control.database, 'has it')];
  const destinationId = await take(one, 'sold.example');
  await fail(destinationId, '421 of the first');
  await holdMessage(control.database, { destinationId, addresses: ['a@sold.example'] });
  await deleteDomain(control.domains, one, { name: 'sold.example', held: 'DELIVER_FIRST' });
  expect(await outagesOf(one)).toMatchObject([{ isOpen: true }]);
  await take(two, 'sold.example');
  expect(await outagesOf(one)).toMatchObject([{ isOpen: false, drains: false }]);
  const [destination] =
    await sql`select first_failure_at, next_attempt_at from destinations where id = ${destinationId}`;
  expect(destination).toEqual({ first_failure_at: null, next_attempt_at: null });
  const { openedOutageId } = await fail(destinationId, '421 of the second');
  expect(openedOutageId).not.toBeNull();
  expect(await outagesOf(one)).toEqual([
    { replies: ['421 of the first', '421 of the first'], isOpen: false, drains: false },
  ]);
  expect(await outagesOf(two)).toEqual([
    { replies: ['421 of the second', '421 of the second'], isOpen: true, drains: false },
  ]);
  const events = await sql<{ tenant_id: string }[]>`select tenant_id from events where kind = 'OUTAGE_CLOSED'`;
  expect(events.map(({ tenant_id: tenantId }) => tenantId)).toEqual([one.tenantId]);
});

test('what still drains is not told to the former owner; the same owner keeps his outage and its clock', async () => {
  const [one, two] = [await addTenant(control.database, 'drained'), await addTenant(control.database, 'drains')];
  const destinationId = await take(one, 'drains.example');
  await fail(destinationId, '421 no');
  await holdMessage(control.database, { destinationId, addresses: ['a@drains.example'] });
  await deleteDomain(control.domains, one, { name: 'drains.example', held: 'DELIVER_FIRST' });
  await take(one, 'drains.example');
  expect(await outagesOf(one)).toMatchObject([{ isOpen: true }]);
  await recordSuccess(control.database.sql, destinationId);
  expect(await outagesOf(one)).toMatchObject([{ isOpen: false, drains: true }]);
  await deleteDomain(control.domains, one, { name: 'drains.example', held: 'DELIVER_FIRST' });
  await take(two, 'drains.example');
  expect(await outagesOf(one)).toMatchObject([{ isOpen: false, drains: false }]);
});
