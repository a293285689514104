/** Who is tried next: fair between destinations and between tenants. */
import { expect, test } from 'bun:test';
import { createDestinationScheduler } from '../../src/delivery/scheduler.ts';

/** DestinationScheduler whose runs end when the test says so. */
function playTurns(most: number, sliceMs?: number) {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const isOver = new Map<string, () => boolean>();
  const turns = createDestinationScheduler({
    most,
    sliceMs,
    run: (id, turn) => {
      started.push(id);
      isOver.set(id, turn.isOver);
      return new Promise<void>((resolve) => ends.set(id, resolve));
    },
  });
  const end = async (id: string) => {
    ends.get(id)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { turns, started, end, isOver };
}

test('free places go round the tenants: one with a thousand destinations does not stand before one with one', async () => {
  const { turns, started, end } = playTurns(2);
  for (let at = 0; at < 1000; at += 1) turns.poke(`big-${at}`, 'big');
  turns.poke('small-0', 'small');
  turns.poke('other-0', 'other');
  expect(started).toEqual(['big-0', 'big-1']);
  for (let count = 0; count < 4; count += 1) await end(started[count] ?? '');
  expect(started.slice(2)).toEqual(['big-2', 'small-0', 'other-0', 'big-3']);
});

test('a destination has one run; poked meanwhile, it comes again behind those that wait', async () => {
  const { turns, started, end } = playTurns(1);
  for (const id of ['a', 'a', 'b', 'c', 'b']) turns.poke(id, 'tenant');
  await end('a');
  await end('b');
  await end('c');
  await end('a');
  expect(started).toEqual(['a', 'b', 'c', 'a']);
  expect(turns.isRunning('a')).toBe(false);
});

test('a turn is over when it was long and others wait', async () => {
  const { turns, end, isOver } = playTurns(1, 0);
  turns.poke('a');
  await new Promise((resolve) => setTimeout(resolve, 2));
  expect(isOver.get('a')?.()).toBe(false);
  turns.poke('b');
  expect(isOver.get('a')?.()).toBe(true);
  await end('a');
  expect(isOver.get('b')?.()).toBe(false);
});

test('whose tenant becomes known while it waits, waits among that tenant’s', async () => {
  const { turns, started, end } = playTurns(1);
  turns.poke('now', 'x');
  turns.poke('one');
  turns.poke('two');
  for (const id of ['one', 'two']) turns.poke(id, 'same');
  turns.poke('three', 'another');
  for (const id of ['now', 'one', 'three', 'two']) await end(id);
  expect(started).toEqual(['now', 'one', 'three', 'two']);
});

test('after the stop nothing starts, and it waits for the last', async () => {
  const { turns, started, end } = playTurns(1);
  turns.poke('a');
  turns.poke('b');
  let isStopped = false;
  const stopped = turns.stop().then(() => {
    isStopped = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isStopped).toBe(false);
  await end('a');
  await stopped;
  turns.poke('c');
  expect(started).toEqual(['a']);
});
