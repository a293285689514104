/** Turns of large content: who goes first, and that nobody keeps all others from getting on. */
import { expect, test } from 'bun:test';
import { createLargeContent } from '../../src/inbound/content.ts';
import { LARGE_MESSAGE_BYTES } from '../../src/mail/envelope.ts';

const PIECE_OCTETS = 65_536;

/** A sender that has its next piece ready as soon as one was read. */
function keepSending(
  content: ReturnType<typeof createLargeContent>,
  sender: { readonly network: string; readonly startedAtMs: number; readonly pieces: number },
): { readonly count: () => number } {
  let count = 0;
  const send = (): void => {
    if (count === sender.pieces) return;
    const { network, startedAtMs } = sender;
    const octets = LARGE_MESSAGE_BYTES + count * PIECE_OCTETS;
    content.next({
      network,
      startedAtMs,
      octets,
      pieceOctets: PIECE_OCTETS,
      readOn: () => {
        count += 1;
        send();
      },
    });
  };
  send();
  return { count: () => count };
}

async function turnsOfTheLoop(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test('who began first ends first', async () => {
  const content = createLargeContent(() => 0);
  const late = keepSending(content, { network: 'b', startedAtMs: 2, pieces: 100 });
  const early = keepSending(content, { network: 'a', startedAtMs: 1, pieces: 100 });
  while (early.count() < 100) await turnsOfTheLoop(1);
  expect(late.count()).toBeLessThan(30);
});

test('many that began early and never end keep nobody from getting on', async () => {
  const content = createLargeContent(() => 0);
  for (let index = 0; index < 40; index += 1) {
    keepSending(content, { network: `endless ${index % 4}`, startedAtMs: index, pieces: Infinity });
  }
  const honest = keepSending(content, { network: 'honest', startedAtMs: 1000, pieces: 50 });
  // One piece in eight goes to five networks by turns.
  await turnsOfTheLoop(5 * 60);
  expect(honest.count()).toBe(50);
});

test('while small mail comes in all together have a bounded rate, and the last has its part of it', async () => {
  let nowMs = 0;
  const content = createLargeContent(() => nowMs);
  content.noteSmall();
  const counts = Array.from({ length: 20 }, (_, index) =>
    keepSending(content, { network: `endless ${index}`, startedAtMs: index, pieces: Infinity }),
  );
  const honest = keepSending(content, { network: 'honest', startedAtMs: 1000, pieces: Infinity });
  for (let turn = 0; turn < 2000; turn += 1) {
    nowMs += 1;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const total = honest.count() + counts.reduce((sum, { count }) => sum + count(), 0);
  expect(total * PIECE_OCTETS).toBeLessThan(2000 * 16_000 + 1_000_000);
  expect(honest.count()).toBeGreaterThanOrEqual(2);
});

test('what was read before small mail came makes no later large message wait', async () => {
  const content = createLargeContent(() => 0);
  const early = keepSending(content, { network: 'early', startedAtMs: 0, pieces: 1000 });
  while (early.count() < 1000) await turnsOfTheLoop(1);
  content.noteSmall();
  const late = keepSending(content, { network: 'late', startedAtMs: 1, pieces: 1 });
  await turnsOfTheLoop(10);
  expect(late.count()).toBe(1);
});
