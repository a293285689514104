/** Positions in the record, against a database that is imitated: transactions commit in any order, readers read in pages. */
import { describe, expect, test } from 'bun:test';
import { isReached, isSnapshot, type Position, positionAfter } from '../../src/events/position.ts';

interface Row {
  readonly xid: number;
  readonly id: string;
}

/** What PostgreSQL says is visible in a snapshot (pg_visible_in_snapshot). */
function isVisible(snapshot: string, xid: number): boolean {
  const [xmin = '', xmax = '', list = ''] = snapshot.split(':');
  if (xid < Number(xmin)) return true;
  return xid < Number(xmax) && !list.split(',').includes(String(xid));
}

/** As outage-feed.ts reads: what is visible now and neither seen nor sent, in order. */
function read(rows: readonly Row[], now: string, { snapshot, sent }: Position, limit: number): Row[] {
  return rows
    .filter(({ xid }) => isVisible(now, xid) && !isVisible(snapshot, xid))
    .filter(({ xid, id }) => !sent.some((one) => one.writtenIn === String(xid) && id <= one.id))
    .sort((a, b) => a.xid - b.xid || (a.id < b.id ? -1 : 1))
    .slice(0, limit);
}

/** The same numbers for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

/** Every reader follows, at times goes away, and comes back to the position behind the item it got last. */
function follow(seed: number): { readonly sent: string[]; readonly all: string[] } {
  const random = randomOf(seed);
  const rows: Row[] = [];
  const underWay = new Set<number>();
  let next = 5;
  let position: Position = { snapshot: '5:5:', sent: [] };
  const sent: string[] = [];
  const snapshotNow = () => {
    const list = [...underWay].sort((a, b) => a - b);
    return `${list[0] ?? next}:${next}:${list.join(',')}`;
  };
  const readOnce = () => {
    const now = snapshotNow();
    const found = read(rows, now, position, 3);
    const taken = random() < 0.5 ? found : found.slice(0, Math.floor(random() * (found.length + 1)));
    for (const { xid, id } of taken) {
      sent.push(id);
      position = positionAfter(position, now, { writtenIn: String(xid), id });
      expect(isSnapshot(position.snapshot)).toBe(true);
    }
    if (taken.length === found.length && found.length < 3) position = { snapshot: now, sent: [] };
  };
  for (let step = 0; step < 120; step += 1) {
    if (random() < 0.5) {
      underWay.add(next);
      // Ids say nothing of the order of commits.
      for (let count = Math.floor(random() * 3); count > 0; count -= 1)
        rows.push({ xid: next, id: `${Math.floor(random() * 900_000) + 100_000}-${rows.length}` });
      next += 1;
    } else {
      const [one] = [...underWay].sort(() => random() - 0.5);
      if (one !== undefined) underWay.delete(one);
    }
    if (random() < 0.6) readOnce();
  }
  underWay.clear();
  while (sent.length < rows.length && read(rows, snapshotNow(), position, 1).length > 0) readOnce();
  return { sent: sent.sort(), all: rows.map(({ id }) => id).sort() };
}

test('whatever the order of commits and wherever a reader breaks off, each event is sent once', () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const { sent, all } = follow(seed);
    expect(sent).toEqual(all);
  }
});

describe('a snapshot as text', () => {
  test.each(['5:5:', '5:9:5,7', '1:9223372036854775806:'])('%s is one', (text) => expect(isSnapshot(text)).toBe(true));
  test.each([
    '',
    '5',
    '5:4:',
    '0:4:',
    '5:9:4',
    '5:9:9',
    '5:9:7,6',
    '5:9:7,',
    '5:9:x',
    '5:9:7\n',
    '5:9223372036854775808:',
  ])('%j is none', (text) => expect(isSnapshot(text)).toBe(false));
  test('one that the database has not reached is of another one', () => {
    expect(isReached('5:9:', '5:9:')).toBe(true);
    expect(isReached('5:10:', '5:9:')).toBe(false);
  });
});
