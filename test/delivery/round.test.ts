/** One round at one destination, with fakes: who is tried, what counts as the host's trouble, what is recorded. */
import { describe, expect, test } from 'bun:test';
import { monotonicMs } from '../../src/clock.ts';
import { createByteBudget } from '../../src/delivery/budget.ts';
import { type RoundDeps, type RoundResult, runRound, type StoppableResult } from '../../src/delivery/round.ts';
import type { Route } from '../../src/delivery/route.ts';
import type { HostTrouble, Outcome } from '../../src/mail/outcome.ts';
import type { ClaimedMessage } from '../../src/queue/claim.ts';
import type { Settlement } from '../../src/queue/outcome.ts';

const HOSTS: Route = { kind: 'HOSTS', hosts: [{ host: 'mx.test', addresses: [{ address: '192.0.2.1', port: 25 }] }] };

function messageOf(id: string, sizeBytes = 100): ClaimedMessage {
  return {
    id,
    transactionId: id,
    kind: 'MAIL',
    reversePath: 'a@b.test',
    sizeBytes,
    smtpUtf8: false,
    body: null,
    ret: null,
    envelopeId: null,
    recipients: [{ number: 0, address: 'x@y.test', notify: [], originalRecipient: null }],
  };
}

const DELIVERED: Outcome = { kind: 'DELIVERED', reply: { code: 250, enhancedCode: null, text: 'ok' } };
const DEFERRED: Outcome = { kind: 'DEFERRED', reply: { code: 451, enhancedCode: null, text: 'later' } };

function resultOf(trouble: HostTrouble | null, isStopped = false): StoppableResult {
  return {
    outcomes: new Map([[0, trouble === null && !isStopped ? DELIVERED : DEFERRED]]),
    records: [],
    hostTrouble: trouble === null ? null : { trouble, reply: `[${trouble}]` },
    isStopped,
  };
}

interface Played {
  readonly result: RoundResult;
  readonly settled: Settlement[];
  readonly attempted: string[];
  readonly mostAtOnce: number;
  readonly successes: number;
  readonly faults: string[];
  /** Messages that were never asked for. */
  readonly left: number;
}

/** Plays a round over messages "1", "2", …; `attempt` gets the id. */
async function play(
  count: number,
  attempt: (id: string) => Promise<StoppableResult> | StoppableResult,
  deps: Partial<RoundDeps> = {},
): Promise<Played> {
  const queue = Array.from({ length: count }, (_, index) => messageOf(String(index + 1)));
  const settled: Settlement[] = [];
  const attempted: string[] = [];
  const faults: string[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  let successes = 0;
  const result = await runRound({
    route: async () => HOSTS,
    attempt: async ({ id }) => {
      attempted.push(id);
      atOnce += 1;
      mostAtOnce = Math.max(mostAtOnce, atOnce);
      try {
        return await attempt(id);
      } finally {
        atOnce -= 1;
      }
    },
    source: {
      next: async () => {
        const message = queue.shift();
        return message === undefined ? null : { message, early: null };
      },
      stop: async () => [],
    },
    recorder: {
      add: async (settlement) => {
        settled.push(settlement);
      },
      idle: async () => undefined,
    },
    readContent: async () => new Uint8Array(),
    budget: createByteBudget(1000),
    onSuccess: async () => {
      successes += 1;
    },
    lastSuccess: { atMs: Number.NEGATIVE_INFINITY },
    isStopping: () => false,
    onFault: ({ id }) => faults.push(id),
    ...deps,
  });
  return { result, settled, attempted, mostAtOnce, successes, faults, left: queue.length };
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('a host that takes mail', () => {
  test('gets the first message alone, then up to twenty at once; success is told once', async () => {
    let atFirst = 0;
    let running = 0;
    const played = await play(
      60,
      async (id) => {
        running += 1;
        await pause();
        if (id === '1') atFirst = running;
        running -= 1;
        return resultOf(null);
      },
      { budget: createByteBudget(1_000_000) },
    );
    expect(atFirst).toBe(1);
    expect(played).toMatchObject({
      mostAtOnce: 20,
      successes: 1,
      left: 0,
      result: { hasSucceeded: true, failure: null },
    });
    expect(played.settled).toHaveLength(60);
  });

  test('never gets more bytes at once than the budget has', async () => {
    const played = await play(
      30,
      async () => {
        await pause();
        return resultOf(null);
      },
      { budget: createByteBudget(500) },
    );
    expect(played.mostAtOnce).toBe(5);
    expect(played.settled).toHaveLength(30);
  });

  test('and refuses recipients has still come to a verdict', async () => {
    const played = await play(2, () => ({ ...resultOf(null), outcomes: new Map([[0, DEFERRED]]) }));
    expect(played).toMatchObject({ successes: 1, left: 0, result: { hasSucceeded: true, failure: null } });
    expect(played.settled.map(({ isHostLevel }) => isHostLevel)).toEqual([false, false]);
  });
});

describe('trouble of the host', () => {
  test('at first: nothing more is taken, the message is not to blame', async () => {
    const played = await play(50, () => resultOf('TIMEOUT'));
    expect(played).toMatchObject({ attempted: ['1'], left: 49, successes: 0 });
    expect(played.result).toEqual({ hasSucceeded: false, failure: { trouble: 'TIMEOUT', reply: '[TIMEOUT]' } });
    expect(played.settled[0]?.isHostLevel).toBe(true);
  });

  test('beside a session that succeeded within a minute is the message’s own', async () => {
    const played = await play(50, () => resultOf('TIMEOUT'), { lastSuccess: { atMs: monotonicMs() - 30_000 } });
    expect(played.result).toEqual({ hasSucceeded: false, failure: null });
    expect(played.settled.map(({ isHostLevel }) => isHostLevel)).toEqual([false]);
    expect(played.left).toBe(49);
  });

  test('after more than a minute is the host’s again', async () => {
    const played = await play(5, () => resultOf('TIMEOUT'), { lastSuccess: { atMs: monotonicMs() - 61_000 } });
    expect(played.result.failure).not.toBeNull();
  });

  test('that no message can bring about is the host’s, however recent the success of another round', async () => {
    const played = await play(5, () => resultOf('REFUSED'), { lastSuccess: { atMs: monotonicMs() } });
    expect(played.result.failure).toMatchObject({ trouble: 'REFUSED' });
    expect(played.settled[0]?.isHostLevel).toBe(true);
  });

  test('after a success of this round ends the round, not the destination', async () => {
    const played = await play(200, (id) => resultOf(id === '1' ? null : 'REFUSED'));
    expect(played.result).toEqual({ hasSucceeded: true, failure: null });
    expect(played.left).toBeGreaterThan(150);
    // Each on its own schedule: a host that takes few sessions at once must not be asked again at once.
    expect(played.settled.slice(1).some(({ isHostLevel }) => isHostLevel)).toBe(false);
  });

  test('of the way there needs no dialling', async () => {
    const route = async (): Promise<Route> => ({ kind: 'TROUBLE', trouble: 'DNS', reply: '[DNS: SERVFAIL]' });
    const played = await play(5, () => resultOf(null), { route });
    expect(played).toMatchObject({ attempted: [], left: 4 });
    expect(played.result.failure).toEqual({ trouble: 'DNS', reply: '[DNS: SERVFAIL]' });
    expect(played.settled[0]?.records[0]).toMatchObject({ outcome: 'DEFERRED', isHostLevel: true, host: null });
  });
});

test('a way that leads nowhere for good fails each message and is no trouble', async () => {
  const reply = { code: 556, enhancedCode: '5.1.10', text: 'null MX' };
  const played = await play(3, () => resultOf(null), { route: async () => ({ kind: 'FAILED', reply }) });
  expect(played.result).toEqual({ hasSucceeded: true, failure: null });
  expect(played.settled.map(({ outcomes }) => outcomes.get(0)?.kind)).toEqual(['FAILED', 'FAILED', 'FAILED']);
});

describe('what goes wrong with us', () => {
  test('a fault defers its message, blames nobody and ends the round', async () => {
    const played = await play(5, () => Promise.reject(new Error('bug')));
    expect(played).toMatchObject({ faults: ['1'], left: 4, result: { hasSucceeded: false, failure: null } });
    expect(played.settled).toMatchObject([{ messageId: '1', isHostLevel: false }]);
    expect(played.settled[0]?.outcomes.get(0)?.kind).toBe('DEFERRED');
  });

  test('a route that cannot be looked up because of a bug is such a fault too', async () => {
    const played = await play(2, () => resultOf(null), { route: () => Promise.reject(new Error('bug')) });
    expect(played).toMatchObject({ faults: ['1'], left: 1, result: { hasSucceeded: false, failure: null } });
  });

  test('an attempt that we cut ourselves is nobody’s trouble: tried again at once', async () => {
    const played = await play(5, () => resultOf(null, true));
    expect(played).toMatchObject({ left: 4, successes: 0, result: { hasSucceeded: false, failure: null } });
    expect(played.settled[0]?.isHostLevel).toBe(true);
  });

  test('a node that stops takes nothing', async () => {
    const played = await play(5, () => resultOf(null), { isStopping: () => true });
    expect(played).toMatchObject({ attempted: [], left: 5, result: { hasSucceeded: false, failure: null } });
  });

  test('when the success cannot be told, what was delivered is recorded all the same', async () => {
    const settled: Settlement[] = [];
    let isIdle = false;
    const round = play(3, () => resultOf(null), {
      onSuccess: () => Promise.reject(new Error('database away')),
      recorder: {
        add: async (settlement) => {
          settled.push(settlement);
        },
        idle: async () => {
          isIdle = true;
        },
      },
    });
    expect(await round.catch(String)).toContain('database away');
    expect(settled.map(({ messageId }) => messageId)).toEqual(['1']);
    expect(isIdle).toBe(true);
  });

  test('the bytes of every attempt are given back, also of those that failed', async () => {
    const budget = createByteBudget(100);
    await play(1, () => Promise.reject(new Error('bug')), { budget });
    await play(1, () => resultOf('TIMEOUT'), { budget });
    await play(2, () => resultOf(null), { budget });
    const release = await budget.take(100);
    release();
  });
});
