/** What waits for one subscriber: bounded, in order, and how it ends. */
import { expect, test } from 'bun:test';
import { callerOf } from '../../../src/control/admission/auth.ts';
import { createOutbox, Ending, type Outbox, slowReader, stopping } from '../../../src/control/subscriptions/outbox.ts';
import { createPlaces } from '../../../src/control/subscriptions/subscriptions.ts';

function outboxOf(bounds: { items: number; bytes: number } | null): { outbox: Outbox<number>; ends: () => number } {
  let ends = 0;
  const outbox = createOutbox<number>({ bounds, onFull: slowReader, onEnd: () => void (ends += 1) });
  return { outbox, ends: () => ends };
}

async function rest(outbox: Outbox<number>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const item of outbox) found.push(item instanceof Ending ? item.error.extensions['code'] : item);
  return found;
}

test('items come in order, those that waited before an orderly end as well', async () => {
  const { outbox, ends } = outboxOf({ items: 3, bytes: 100 });
  const first = outbox.next();
  for (const item of [1, 2, 3, 4]) outbox.push(item, 10);
  expect(await first).toEqual({ done: false, value: 1 });
  outbox.end(null);
  outbox.push(5, 10);
  expect(await rest(outbox)).toEqual([2, 3, 4]);
  expect(ends()).toBe(1);
});

test.each([
  ['items', { items: 2, bytes: 1000 }],
  ['octets', { items: 1000, bytes: 25 }],
])('more %s than it holds: the last thing told is that', async (_what, bounds) => {
  const { outbox, ends } = outboxOf(bounds);
  for (const item of [1, 2, 3, 4]) outbox.push(item, 10);
  expect(await rest(outbox)).toEqual(['SLOW_READER']);
  expect([ends(), outbox.isOver()]).toEqual([1, true]);
});

test('what was taken makes room', async () => {
  const { outbox } = outboxOf({ items: 2, bytes: 25 });
  for (const item of [1, 2, 3, 4, 5]) {
    outbox.push(item, 10);
    outbox.push(-item, 10);
    expect([await outbox.next(), await outbox.next()].map(({ value }) => value)).toEqual([item, -item]);
  }
});

test('of a state only the latest waits', async () => {
  const { outbox } = outboxOf(null);
  for (const item of [1, 2, 3]) outbox.push(item, 10);
  expect(await outbox.next()).toEqual({ done: false, value: 3 });
  outbox.push(4, 10);
  outbox.end(stopping());
  expect(await rest(outbox)).toEqual(['STOPPING']);
});

test('a reader that leaves is let go, also one that waits', async () => {
  const { outbox, ends } = outboxOf({ items: 2, bytes: 100 });
  const waiting = outbox.next();
  await outbox.return?.();
  expect(await waiting).toEqual({ done: true, value: undefined });
  outbox.push(1, 10);
  expect(await outbox.next()).toEqual({ done: true, value: undefined });
  expect(ends()).toBe(1);
});

test('places are bounded for a token, a tenant and the node, and are given back once', () => {
  const caller = (tenantId: string, id: string) =>
    callerOf({ id, tenantId, name: 'x', prefix: 'x', scopes: ['DOMAIN_READ'], isTenantSuspended: false }, null);
  const places = createPlaces({ token: 1, tenant: 2, node: 3 });
  const take = (tenantId: string, id: string) => {
    const place = places.take(caller(tenantId, id));
    return typeof place === 'function' ? place : place.message;
  };
  const first = take('a', 'a1');
  expect(take('a', 'a1')).toContain('Your token');
  expect(take('a', 'a2')).toBeFunction();
  expect(take('a', 'a3')).toContain('Your tenant');
  expect(take('b', 'b1')).toBeFunction();
  expect(take('c', 'c1')).toContain('This node');
  if (typeof first !== 'function') throw new Error(first);
  first();
  first();
  expect(take('a', 'a1')).toBeFunction();
  expect(take('c', 'c1')).toContain('This node');
});
