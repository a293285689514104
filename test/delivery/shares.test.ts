/** What an owner grants, and that the sessions of all nodes together stay within what it may have alone. */
import { describe, expect, test } from 'bun:test';
import { planShares, SHARED_ABOVE } from '../../src/delivery/shares.ts';
import type { DrainState, Helper } from '../../src/outage/drain-shares.ts';

function helperOf(epoch: number, share: Partial<NonNullable<Helper['share']>> | null = null): Helper {
  if (share === null) return { node: epoch, epoch, share: null };
  const plain = { sessions: 0, heldSessions: 0, refusalCount: 0, judgedCount: 0, isSpurned: false };
  return { node: epoch, epoch, share: { ...plain, ...share } };
}

const LARGE = SHARED_ABOVE + 1;

function planOf(drain: Partial<DrainState>, owner: Partial<Parameters<typeof planShares>[1]> = {}) {
  const helpers = [helperOf(1), helperOf(2)];
  return planShares(
    { heldCount: LARGE, isOpen: true, helpers, ...drain },
    { total: 40, ownMost: 10, isWorthwhile: true, spurning: new Set(), ...owner },
  );
}

const sessionsOf = (plan: ReturnType<typeof planOf>) => plan.grants.map(({ epoch, sessions }) => [epoch, sessions]);

describe('what is granted', () => {
  test('equal parts', () => {
    const plan = planOf({});
    expect(sessionsOf(plan)).toEqual([
      [1, 13],
      [2, 13],
    ]);
    expect(plan.reserved).toBe(26);
  });

  test.each([
    ['a drain that is not very large', { heldCount: SHARED_ABOVE }, {}],
    ['one that is closed to others', { isOpen: false }, {}],
    ['an owner that could do more itself', {}, { isWorthwhile: false }],
    ['a host that bears few sessions', {}, { total: 7 }],
    ['one node alone', { helpers: [] }, {}],
    ['nodes that declined', {}, { spurning: new Set([1, 2]) }],
  ])('nothing of %s', (_, drain, owner) => {
    expect(planOf(drain, owner)).toEqual({ grants: [], reserved: 0 });
  });

  test('nothing at once while the owner uses them all: it makes room first', () => {
    expect(planOf({}, { ownMost: 40 })).toEqual({ grants: [], reserved: 26 });
    expect(sessionsOf(planOf({}, { ownMost: 24 }))).toEqual([
      [1, 13],
      [2, 3],
    ]);
  });

  test('fewer sessions to fewer nodes, those that help already first', () => {
    const helpers = [helperOf(1), helperOf(2, { sessions: 4, heldSessions: 4 })];
    expect(sessionsOf(planOf({ helpers }, { total: 10, ownMost: 5 }))).toEqual([[2, 5]]);
  });

  test('a drain that is shared is shared on until little is left', () => {
    const helpers = [helperOf(1, { sessions: 20, heldSessions: 20 })];
    const isWorthwhile = false;
    expect(sessionsOf(planOf({ helpers, heldCount: 1001 }, { isWorthwhile }))).toEqual([[1, 20]]);
    expect(sessionsOf(planOf({ helpers, heldCount: 1000 }, { isWorthwhile }))).toEqual([[1, 0]]);
  });

  test('what was held by a helper stays its own until it says so', () => {
    const helpers = [helperOf(1, { sessions: 20, heldSessions: 20 })];
    expect(planOf({ helpers }, { total: 20, ownMost: 1 })).toEqual({
      grants: [{ node: 1, epoch: 1, sessions: 10 }],
      reserved: 20,
    });
    expect(planOf({ helpers, isOpen: false })).toMatchObject({ reserved: 20 });
  });
});

/** The same numbers for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test('never more sessions than the most, whatever is late: 300 random histories', () => {
  const MOST = 40;
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = randomOf(seed);
    const upTo = (most: number) => Math.floor(random() * (most + 1));
    let total = MOST;
    let owner = { open: 0, reserved: 0 };
    const own = () => Math.max(1, total - owner.reserved);
    const rows = new Map<number, { sessions: number; heldSessions: number }>();
    /** What each helper believes it may have, and has. */
    const helpers = new Map([1, 2, 3].map((epoch) => [epoch, { granted: 0, open: 0 }]));
    for (let at = 0; at < 200; at += 1) {
      const epoch = 1 + upTo(2);
      const helper = helpers.get(epoch) ?? { granted: 0, open: 0 };
      const row = rows.get(epoch);
      switch (upTo(5)) {
        case 0: {
          total = 1 + upTo(MOST - 1);
          break;
        }
        case 1: {
          // The owner looks: its lanes that are too many have ended, or not.
          const seen = [...helpers.keys()].map((one) => helperOf(one, rows.get(one) ?? null));
          const drain = { heldCount: random() < 0.9 ? LARGE : 0, isOpen: random() < 0.9, helpers: seen };
          const ownMost = Math.max(own(), owner.open);
          const plan = planShares(drain, { total, ownMost, isWorthwhile: true, spurning: new Set() });
          owner = { ...owner, reserved: plan.reserved };
          for (const { epoch: one, sessions } of plan.grants) {
            rows.set(one, { sessions, heldSessions: Math.max(rows.get(one)?.heldSessions ?? 0, sessions) });
          }
          break;
        }
        case 2: {
          // A helper asks, and tells what it may have open until it has the answer.
          if (row === undefined) break;
          rows.set(epoch, { ...row, heldSessions: Math.max(row.sessions, helper.granted, helper.open) });
          helper.granted = row.sessions;
          break;
        }
        case 3: {
          // It opens sessions, or ends some.
          helper.open = helper.open > helper.granted ? helper.open - upTo(helper.open) : upTo(helper.granted);
          break;
        }
        case 4: {
          owner.open = owner.open > own() ? owner.open - upTo(owner.open - 1) : Math.max(1, upTo(own()));
          break;
        }
        default: {
          if (helper.open === 0 && helper.granted === 0) rows.delete(epoch);
        }
      }
      const open = owner.open + [...helpers.values()].reduce((sum, one) => sum + one.open, 0);
      expect({ seed, at, isWithin: open <= MOST }).toEqual({ seed, at, isWithin: true });
    }
  }
});
