/** Events that a mutation of domains brings about: each is told to the sink once, after COMMIT. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { findProofTarget, settleProof } from '../../src/domains/proof.ts';
import { createDomain } from '../../src/domains/create.ts';
import { deleteDomain } from '../../src/domains/delete.ts';
import type { Viewer } from '../../src/mail/viewer.ts';
import { recordFailure } from '../../src/outage/clock.ts';
import type { MailEvents } from '../../src/telemetry/events.ts';
import { NO_EVENTS } from '../helpers/no-events.ts';
import { addDomain, addTenant, type Harness, holdMessage, startControl } from './harness.ts';

let control: Harness;
const told: unknown[][] = [];

const EVENTS: MailEvents = {
  ...NO_EVENTS,
  settled: (domain, recipients) => void told.push(...recipients.map(({ state, reply }) => [domain, state, reply])),
  breakerMoved: (domain, { to }) => void told.push([domain, to]),
  outageClosed: (domain, { outageClass, heldCount }) => void told.push([domain, 'OVER', outageClass, heldCount]),
};

beforeAll(async () => {
  control = await startControl({ events: EVENTS });
});
afterAll(() => control.close());
beforeEach(() => {
  told.length = 0;
});

async function change(mutation: string, input: Record<string, unknown>): Promise<void> {
  const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) { userErrors { code } } }`;
  const answer = await control.ask<Record<string, { userErrors: unknown[] }>>(query, { input });
  expect(answer[mutation]).toEqual({ userErrors: [] });
}

async function holdTwo(name: string): Promise<void> {
  const destinationId = await addDomain(control, name);
  await holdMessage(control.database, { destinationId });
  await holdMessage(control.database, { destinationId, addresses: ['a@held.example', 'b@held.example'] });
}

test('domainDelete with CANCEL: each recipient that it ends', async () => {
  await holdTwo('deleted.example');
  await change('domainDelete', { name: 'deleted.example', held: 'CANCEL' });
  const cancelled = ['deleted.example', 'CANCELLED', '[cancelled: domain deleted.example deleted]'];
  expect(told).toEqual([cancelled, cancelled, cancelled]);
});

test('the prune of domainsApply with CANCEL likewise, without CANCEL none', async () => {
  const owner = { key: 'managed-by', value: 'a-file' };
  for (const [name, held] of [
    ['pruned.example', 'CANCEL'],
    ['kept.example', 'DELIVER_FIRST'],
  ] as const) {
    await holdTwo(name);
    await change('domainUpdate', { name, labels: [owner] });
    await change('domainsApply', { domains: [], owner, prune: true, held });
  }
  const cancelled = ['pruned.example', 'CANCELLED', '[cancelled: domain pruned.example deleted]'];
  expect(told).toEqual([cancelled, cancelled, cancelled]);
});

test.each(['OPEN', 'TRIAL', 'CLOSED'])(
  'a breaker that is %s when its domain goes: one step, or none',
  async (state) => {
    for (const [name, mutation] of [
      [`${state.toLowerCase()}.delete.example`, 'domainDelete'],
      [`${state.toLowerCase()}.prune.example`, 'domainsApply'],
    ] as const) {
      told.length = 0;
      const destinationId = await addDomain(control, name);
      const { sql } = control.database;
      await sql`update destinations set breaker = ${state}, breaker_since = bmx_now() where id = ${destinationId}`;
      const owner = { key: 'managed-by', value: name.split('.')[0] };
      await change('domainUpdate', { name, labels: [owner] });
      await change(mutation, mutation === 'domainDelete' ? { name } : { domains: [], owner, prune: true });
      const isClosed = state !== 'CLOSED';
      expect(told).toEqual(isClosed ? [[name, 'CLOSED']] : []);
      const recorded = await sql`
      select facts from events where destination_id = ${destinationId} and kind = 'BREAKER_CLOSED'`;
      expect([...recorded]).toEqual(isClosed ? [{ facts: { reason: 'the domain was deleted', from: state } }] : []);
    }
  },
);

/** The tenant had it, in an outage with mail held, and has deleted it. */
async function leaveFailing(viewer: Viewer, name: string): Promise<void> {
  const { domains, database } = control;
  await prove(viewer, name);
  const [row] = await database.sql<{ id: string; now: string }[]>`
    select id, bmx_now()::text as now from destinations where name = ${name}`;
  const { id: destinationId = '', now: begunAt = '' } = row ?? {};
  await recordFailure(database.sql, { destinationId, begunAt, trouble: 'REFUSED', reply: '421 no' });
  await holdMessage(database, { destinationId });
  await deleteDomain(domains, viewer, { name, held: 'DELIVER_FIRST' });
}

async function prove(viewer: Viewer, name: string): Promise<void> {
  const { domains } = control;
  const created = await createDomain(domains, viewer, { name });
  if (created.kind !== 'DONE') throw new Error(JSON.stringify(created.errors));
  const target = await findProofTarget(domains.sql, viewer, created.domain.id);
  if (target === null) throw new Error('no proof is asked for');
  expect(await settleProof(domains, { target, finding: 'SEEN', isDue: true })).toBe('ACTIVATED');
}

test('an outage that ends because the domain has another owner, however that came about', async () => {
  const [former, next] = [await addTenant(control.database, 'former'), await addTenant(control.database, 'next')];
  const ways: Readonly<Record<string, (name: string) => Promise<void>>> = {
    'proven.example': (name) => prove(next, name),
    'created.example': (name) => change('domainCreate', { name }),
    'applied.example': (name) => change('domainsApply', { domains: [{ name }] }),
    'same.example': (name) => prove(former, name),
  };
  for (const [name, take] of Object.entries(ways)) {
    await leaveFailing(former, name);
    told.length = 0;
    await take(name);
    expect(told).toEqual(name === 'same.example' ? [] : [[name, 'OVER', 'DOWN', 0]]);
  }
});
