/** Room for request bodies: what a tenant holds is its own affair, and large ones take turns. */
import { expect, test } from 'bun:test';
import { createRequestRooms, createTurns } from '../../src/control/admission/request-room.ts';

const MIB = 1024 * 1024;

test('a tenant has its share, all of them have the room, and the operator is not among them', () => {
  const { large } = createRequestRooms('operator');
  expect(large.take('a', 65 * MIB)).toBeNull();
  expect(large.take('a', 1)).toBe('SHARE_USED');
  expect(large.take('b', 65 * MIB)).toBeNull();
  expect(large.take('c', 1)).toBe('FULL');
  expect(large.shortageOf('c', 1)).toBe('FULL');
  expect(large.take('operator', 65 * MIB)).toBeNull();
  expect(large.take('operator', 1)).toBe('SHARE_USED');
  large.giveBack('a', 65 * MIB);
  expect(large.take('c', 65 * MIB)).toBeNull();
});

test('turns go round the tenants, not down the queue of one', async () => {
  const turns = createTurns();
  const order: string[] = [];
  const { signal } = new AbortController();
  expect(await turns.enter('a', signal)).toBe(true);
  const waiting = ['a', 'a', 'b', 'a', 'c'].map(async (tenant, index) => {
    expect(await turns.enter(tenant, signal)).toBe(true);
    order.push(`${tenant}${index}`);
    turns.leave();
  });
  turns.leave();
  await Promise.all(waiting);
  expect(order).toEqual(['a0', 'b2', 'c4', 'a1', 'a3']);
});

test('one that gives up waiting is passed over, and its turn is not lost', async () => {
  const turns = createTurns();
  const patience = new AbortController();
  const { signal } = new AbortController();
  await turns.enter('a', signal);
  const impatient = turns.enter('b', patience.signal);
  const patient = turns.enter('c', signal);
  patience.abort();
  expect(await impatient).toBe(false);
  turns.leave();
  expect(await patient).toBe(true);
  turns.leave();
  expect(await turns.enter('d', patience.signal)).toBe(false);
  expect(await turns.enter('d', signal)).toBe(true);
});
