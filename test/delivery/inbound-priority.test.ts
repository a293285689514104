/** How much is begun beside acceptance that always has something to do, now and then, or never. */
import { expect, test } from 'bun:test';
import { createInboundPriority } from '../../src/delivery/concurrency/inbound-priority.ts';

/** A loop whose time the test plays, a millisecond a turn; each slot begins a message as often as it may. */
function playLoop() {
  let work = 0;
  let now = 1000;
  let due: { readonly look: () => void; readonly atMs: number }[] = [];
  const begun: string[] = [];
  const way = createInboundPriority({
    acceptedWork: () => work,
    nowMs: () => now,
    later: (look, delayMs) => due.push({ look, atMs: now + delayMs }),
  });
  const ask = (name: string) => {
    const turn = way.wait();
    if (turn === undefined) begun.push(name);
    else void turn.then(() => begun.push(name));
  };
  const pass = async (milliseconds: number, { isAccepting }: { readonly isAccepting: boolean }) => {
    for (let turn = 0; turn < milliseconds; turn += 1) {
      now += 1;
      if (isAccepting) work += 1;
      const ready = due.filter(({ atMs }) => atMs <= now);
      due = due.filter(({ atMs }) => atMs > now);
      for (const { look } of ready) look();
      await Promise.resolve();
    }
  };
  return { ask, pass, begun, isLooking: () => due.length > 0 };
}

test('where nothing is accepted nobody waits', () => {
  const loop = playLoop();
  loop.ask('a');
  loop.ask('b');
  expect(loop.begun).toEqual(['a', 'b']);
  expect(loop.isLooking()).toBe(false);
});

test('beside acceptance that never ceases a quarter of the time is left, in order', async () => {
  const loop = playLoop();
  await loop.pass(1, { isAccepting: true });
  for (let at = 0; at < 200; at += 1) loop.ask(`${at}`);
  await loop.pass(200, { isAccepting: true });
  // Ten times five turns of four.
  expect(loop.begun.length).toBeGreaterThanOrEqual(190);
  expect(loop.begun).toEqual(Array.from({ length: loop.begun.length }, (_, at) => `${at}`));
});

test('a slot that asks again as soon as it may gets a quarter of the time and no more', async () => {
  const loop = playLoop();
  let turnsWithWay = 0;
  for (let turn = 0; turn < 1000; turn += 1) {
    const before = loop.begun.length;
    loop.ask('now');
    await loop.pass(1, { isAccepting: true });
    if (loop.begun.length - before > 0) turnsWithWay += 1;
  }
  expect(turnsWithWay).toBeGreaterThanOrEqual(230);
  expect(turnsWithWay).toBeLessThanOrEqual(320);
});

test('once acceptance is calm nobody waits, and the last who waited ends the looking', async () => {
  const loop = playLoop();
  await loop.pass(1, { isAccepting: true });
  for (let at = 0; at < 10; at += 1) loop.ask(`${at}`);
  expect(loop.begun).toEqual([]);
  await loop.pass(25, { isAccepting: false });
  expect(loop.begun).toHaveLength(10);
  expect(loop.isLooking()).toBe(false);
  for (let at = 0; at < 100; at += 1) {
    loop.ask('next');
    expect(loop.begun).toHaveLength(11 + at);
    await loop.pass(1, { isAccepting: false });
  }
});
