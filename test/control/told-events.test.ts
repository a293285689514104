/** Events that a mutation of domains brings about: each is told to the sink once, after COMMIT. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import type { MailEvents } from '../../src/telemetry/events.ts';
import { NO_EVENTS } from '../helpers/no-events.ts';
import { addDomain, type Harness, holdMessage, startControl } from './harness.ts';

let control: Harness;
const told: unknown[][] = [];

const EVENTS: MailEvents = {
  ...NO_EVENTS,
  settled: (domain, recipients) => void told.push(...recipients.map(({ state, reply }) => [domain, state, reply])),
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
