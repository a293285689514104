/** One round at one destination, with fakes: who is tried, what counts as the host's trouble, what is recorded. */
import { describe, expect, test } from 'bun:test';
import { monotonicMs } from '../../src/clock.ts';
import { createByteBudget } from '../../src/delivery/message-source.ts';
import { createConcurrencyLimit } from '../../src/delivery/concurrency/limits.ts';
import { type BatchDeps, type BatchResult, runBatch } from '../../src/delivery/batch.ts';
import type { StoppableResult } from '../../src/delivery/attempt.ts';
import type { Route } from '../../src/delivery/route.ts';
import { createSource } from '../../src/delivery/message-source.ts';
import type { AttemptRecord, HostTrouble, Outcome } from '../../src/mail/outcome.ts';
import type { ClaimedMessage } from '../../src/queue/claim.ts';
import type { MessageResult } from '../../src/queue/outcome.ts';

const HOSTS: Route = {
  kind: 'HOSTS',
  hosts: [{ host: 'mx.test', addresses: [{ address: '192.0.2.1', port: 25 }], tls: 'OPPORTUNISTIC' }],
};

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
    client: null,
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

/** The host's word instead of a session: nothing was said of the message. */
function turnedAway(reply = '421 4.7.0 Too many connections'): StoppableResult {
  return troubled(reply, false);
}

function troubled(reply: string, isGreeted: boolean): StoppableResult {
  const trouble: HostTrouble = isGreeted ? 'DROPPED' : 'GREETING';
  const record: AttemptRecord = {
    host: 'mx.test',
    address: '192.0.2.1:25',
    tls: null,
    reply,
    outcome: 'DEFERRED',
    recipientNumbers: [0],
    isHostLevel: true,
    trouble,
    isGreeted,
    latencyMs: 1,
  };
  return { outcomes: new Map([[0, DEFERRED]]), records: [record], hostTrouble: { trouble, reply }, isStopped: false };
}

interface Played {
  readonly result: BatchResult;
  readonly settled: MessageResult[];
  readonly attempted: string[];
  readonly mostAtOnce: number;
  readonly successes: number;
  readonly faults: string[];
  /** Messages that are in nobody's hands. */
  readonly left: number;
}

/** Plays a round over messages "1", "2", …, or over those given; `attempt` gets the id. */
async function play(
  given: number | readonly ClaimedMessage[],
  attempt: (id: string) => Promise<StoppableResult> | StoppableResult,
  deps: Partial<BatchDeps> = {},
): Promise<Played> {
  const queue =
    typeof given === 'number' ? Array.from({ length: given }, (_, at) => messageOf(String(at + 1))) : [...given];
  const budget = deps.budget ?? createByteBudget(1_000_000_000);
  const source = createSource({
    claim: async (limit) => queue.splice(0, limit),
    readContents: async (ids) => new Map(ids.map((id) => [id, new Uint8Array()])),
    // What is read ahead is not what these tests are about.
    budget: { take: budget.take, tryTake: () => null },
  });
  const settled: MessageResult[] = [];
  const attempted: string[] = [];
  const faults: string[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  let successes = 0;
  const result = await runBatch({
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
    source,
    recording: {
      add: async (messageResult) => {
        settled.push(messageResult);
      },
      idle: async () => undefined,
    },
    readContent: async () => new Uint8Array(),
    budget,
    limit: createConcurrencyLimit(),
    inboundPriority: { wait: () => undefined },
    note: () => undefined,
    onSuccess: async () => {
      successes += 1;
    },
    lastSuccess: { atMs: Number.NEGATIVE_INFINITY },
    nowMs: monotonicMs,
    isStopping: () => false,
    onFault: (id) => faults.push(id),
    ...deps,
  });
  const left = queue.length + (await source.stop()).length;
  return { result, settled, attempted, mostAtOnce, successes, faults, left };
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('a host that takes mail', () => {
  test('gets each message when acceptance leaves time for it, and not before', async () => {
    const waiting: (() => void)[] = [];
    const attempted: string[] = [];
    const playing = play(
      2,
      (id) => {
        attempted.push(id);
        return resultOf(null);
      },
      { inboundPriority: { wait: () => new Promise<void>((resolve) => waiting.push(resolve)) } },
    );
    await pause();
    expect(attempted).toEqual([]);
    waiting.shift()?.();
    await pause();
    expect(attempted).toEqual(['1']);
    const letGo = setInterval(() => waiting.shift()?.(), 1);
    expect((await playing).settled).toHaveLength(2);
    clearInterval(letGo);
  });

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
      { budget: createByteBudget(1_000_000), limit: createConcurrencyLimit({ most: 20 }) },
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
    const failure = { trouble: 'TIMEOUT', reply: '[TIMEOUT]' } as const;
    expect(played.result).toEqual({ hasSucceeded: false, failure, isTurnedAway: false, isUnfinished: true });
    expect(played.settled[0]?.isHostLevel).toBe(true);
  });

  test('beside a session that succeeded within a minute is the message’s own', async () => {
    const played = await play(50, () => resultOf('TIMEOUT'), { lastSuccess: { atMs: monotonicMs() - 30_000 } });
    expect(played.result).toMatchObject({ hasSucceeded: false, failure: null });
    expect(played.settled.map(({ isHostLevel }) => isHostLevel)).toEqual([false]);
    expect(played.left).toBe(49);
  });

  test('after more than a minute is the host’s again', async () => {
    const played = await play(5, () => resultOf('TIMEOUT'), { lastSuccess: { atMs: monotonicMs() - 61_000 } });
    expect(played.result.failure).not.toBeNull();
  });

  test.each(['REFUSED', 'UNREACHABLE', 'TLS', 'DNS'] as const)(
    '%s within a minute of a success opens nothing and costs the message nothing',
    async (trouble) => {
      const lost = resultOf(trouble);
      const record = {
        ...turnedAway().records[0],
        isGreeted: trouble === 'TLS',
        trouble,
      } as StoppableResult['records'][0];
      const played = await play(5, () => ({ ...lost, records: [record] }), {
        lastSuccess: { atMs: monotonicMs() - 59_000 },
      });
      expect(played).toMatchObject({ left: 5, settled: [] });
      expect(played.result).toMatchObject({ hasSucceeded: false, failure: null, isTurnedAway: true });
      const later = await play(5, () => ({ ...lost, records: [record] }), {
        lastSuccess: { atMs: monotonicMs() - 61_000 },
      });
      expect(later.result.failure).toMatchObject({ trouble });
    },
  );

  test('after a success of this round ends the round, not the destination', async () => {
    const played = await play(200, (id) => resultOf(id === '1' ? null : 'REFUSED'));
    expect(played.result).toMatchObject({ hasSucceeded: true, failure: null });
    expect(played.left).toBeGreaterThan(150);
    // No record says that no session came about: each is taken to be about its message.
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

describe('a host that takes few sessions', () => {
  /** Refuses every session beyond so many. */
  const few = (most: number) => {
    let open = 0;
    return async (): Promise<StoppableResult> => {
      if (open >= most) return turnedAway();
      open += 1;
      await pause();
      open -= 1;
      return resultOf(null);
    };
  };

  test.each([1, 3, 7])('%i: all is delivered in one round, no message pays for a refused session', async (most) => {
    const played = await play(150, few(most));
    expect(played).toMatchObject({
      left: 0,
      result: { hasSucceeded: true, failure: null, isTurnedAway: false, isUnfinished: false },
    });
    expect(played.settled).toHaveLength(150);
    expect(new Set(played.settled.map(({ messageId }) => messageId)).size).toBe(150);
    for (const { outcomes } of played.settled) expect(outcomes.get(0)).toEqual(DELIVERED);
    // It is found out once what the host bears, not again and again.
    expect(played.attempted.length - played.settled.length).toBeLessThan(20);
  });

  test('which has taken some goes on taking, after a moment’s refusal of the only session', async () => {
    const played = await play(5, (id) => (id === '2' ? turnedAway() : resultOf(null)), {
      lastSuccess: { atMs: monotonicMs() },
    });
    // The second slot delivers; whether it had begun when the first one was refused decides about the rest of the round.
    expect(played.result).toMatchObject({ hasSucceeded: true, failure: null });
    expect(played.settled.every(({ outcomes }) => outcomes.get(0) === DELIVERED)).toBe(true);
    expect(played.settled.length + played.left).toBe(5);
  });

  test('and none now, a minute after: the message waits for the sweep, not for its own clock', async () => {
    const played = await play(5, () => turnedAway(), { lastSuccess: { atMs: monotonicMs() - 30_000 } });
    expect(played).toMatchObject({ left: 5, settled: [] });
    expect(played.result).toEqual({ hasSucceeded: false, failure: null, isTurnedAway: true, isUnfinished: true });
  });

  test('and took none lately is in trouble', async () => {
    const played = await play(5, () => turnedAway());
    expect(played).toMatchObject({ left: 4, result: { failure: { trouble: 'GREETING' }, isTurnedAway: false } });
    expect(played.settled.map(({ isHostLevel }) => isHostLevel)).toEqual([true]);
  });
});

describe('a session that ends in mid-dialogue', () => {
  test('by 421 costs its message nothing the first time, its own clock the second time', async () => {
    let isFirst = true;
    const played = await play(60, async (id) => {
      await pause();
      if (id === '8' || (id === '9' && isFirst)) {
        if (id === '9') isFirst = false;
        return troubled('421 4.3.2 Shutting down', true);
      }
      return resultOf(null);
    });
    expect(played).toMatchObject({ left: 0, result: { hasSucceeded: true, failure: null } });
    expect(played.attempted.filter((id) => id === '8' || id === '9')).toHaveLength(4);
    const deferred = played.settled.filter(({ outcomes }) => outcomes.get(0)?.kind === 'DEFERRED');
    expect(deferred).toMatchObject([{ messageId: '8', isHostLevel: false }]);
    expect(played.settled).toHaveLength(60);
  });

  test('without a word may have been the message’s doing: only that one waits, the others go on', async () => {
    const played = await play(60, async (id) => {
      await pause();
      return id === '20' ? troubled('[connection lost]', true) : resultOf(null);
    });
    expect(played).toMatchObject({ left: 0, result: { hasSucceeded: true, failure: null } });
    expect(played.attempted).toHaveLength(60);
    const deferred = played.settled.filter(({ outcomes }) => outcomes.get(0)?.kind === 'DEFERRED');
    expect(deferred).toMatchObject([{ messageId: '20', isHostLevel: false }]);
  });
});

test('large messages take half of the slots at most, and small ones behind them do not wait', async () => {
  const large = Array.from({ length: 120 }, (_, at) => messageOf(`large-${at}`, 2_000_000));
  const small = Array.from({ length: 200 }, (_, at) => messageOf(`small-${at}`));
  const open = { large: 0, small: 0 };
  let mostLarge = 0;
  let largeDone = 0;
  let largeDoneAtLastSmall = 0;
  const played = await play([...large, ...small], async (id) => {
    const kind = id.startsWith('large') ? 'large' : 'small';
    open[kind] += 1;
    mostLarge = Math.max(mostLarge, open.large);
    for (let pauses = kind === 'large' ? 8 : 1; pauses > 0; pauses -= 1) await pause();
    open[kind] -= 1;
    if (kind === 'large') largeDone += 1;
    else largeDoneAtLastSmall = largeDone;
    return resultOf(null);
  });
  expect(played).toMatchObject({ left: 0, result: { hasSucceeded: true } });
  expect(played.settled).toHaveLength(320);
  expect(mostLarge).toBeGreaterThan(3);
  expect(mostLarge).toBeLessThanOrEqual(20);
  expect(largeDoneAtLastSmall).toBeLessThan(100);
});

test('a way that leads nowhere for good fails each message and is no trouble', async () => {
  const reply = { code: 556, enhancedCode: '5.1.10', text: 'null MX' };
  const played = await play(3, () => resultOf(null), { route: async () => ({ kind: 'FAILED', reply }) });
  expect(played.result).toMatchObject({ hasSucceeded: true, failure: null });
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

  test('what waited for room while the node was told to stop is not sent', async () => {
    let isStopping = false;
    let heldCount = 0;
    const take = async () => {
      heldCount += 1;
      isStopping = true;
      return () => {
        heldCount -= 1;
      };
    };
    const budget = { take, tryTake: () => null };
    const played = await play(2, () => resultOf(null), { budget, isStopping: () => isStopping });
    expect(played).toMatchObject({ attempted: [], left: 2, result: { isUnfinished: true, isTurnedAway: false } });
    expect(heldCount).toBe(0);
  });

  test('when the success cannot be told, what was delivered is recorded all the same', async () => {
    const settled: MessageResult[] = [];
    let isIdle = false;
    const round = play(3, () => resultOf(null), {
      onSuccess: () => Promise.reject(new Error('database away')),
      recording: {
        add: async (messageResult) => {
          settled.push(messageResult);
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
    expect(release).toBeFunction();
    release();
  });
});

describe('a fire drill', () => {
  const drill: ClaimedMessage = { ...messageOf('drill'), isDrill: true };
  const attemptOf = (met: StoppableResult) => (id: string) => (id === 'drill' ? met : resultOf('REFUSED'));

  test('that a host refuses or that meets trouble ends no round, and is no failure of the destination', async () => {
    for (const met of [resultOf('REFUSED'), turnedAway(), troubled('421 4.3.2 going down', true)]) {
      const limit = createConcurrencyLimit();
      const alone = await play([drill], () => met, { limit });
      expect(alone.result).toMatchObject({ failure: null, hasSucceeded: false, isTurnedAway: false });
      expect(alone.settled).toMatchObject([{ messageId: 'drill', isDrill: true, isHostLevel: false }]);
      // What really waits behind it is tried in the same round, and speaks for itself.
      const before = await play([drill, messageOf('1')], attemptOf(met));
      expect(before.attempted).toEqual(['drill', '1']);
      expect(before.result.failure).toEqual({ trouble: 'REFUSED', reply: '[REFUSED]' });
    }
  });

  test('that is taken proves nothing: no success is told, and trouble behind it counts', async () => {
    const lastSuccess = { atMs: Number.NEGATIVE_INFINITY };
    const played = await play([drill, messageOf('1')], attemptOf(resultOf(null)), { lastSuccess });
    expect(played).toMatchObject({ successes: 0, result: { hasSucceeded: false, failure: { trouble: 'REFUSED' } } });
    expect(lastSuccess.atMs).toBe(Number.NEGATIVE_INFINITY);
  });

  test('does not let the slots of other mail start', async () => {
    const played = await play([drill, messageOf('1'), messageOf('2'), messageOf('3')], async (id) => {
      await pause();
      return id === '1' ? resultOf('REFUSED') : resultOf(null);
    });
    expect(played).toMatchObject({ attempted: ['drill', '1'], mostAtOnce: 1, left: 2 });
  });

  test('that is cut by our own stop is tried again at once', async () => {
    const played = await play([drill, messageOf('1')], attemptOf(resultOf(null, true)));
    expect(played.settled).toMatchObject([{ messageId: 'drill', isHostLevel: true }]);
    expect(played.attempted).toEqual(['drill']);
  });
});

test('an attempt that fails in the DNS took as long as the DNS was asked, and is heard of like any other', async () => {
  const heard: StoppableResult[] = [];
  const TROUBLE: Route = { kind: 'TROUBLE', trouble: 'DNS', reply: '[DNS: timeout]' };
  const { settled } = await play(1, () => Promise.reject(new Error('nothing is dialled')), {
    route: async () => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      return TROUBLE;
    },
    note: (result) => void heard.push(result),
  });
  const [record] = settled[0]?.records ?? [];
  expect(record).toMatchObject({ host: null, trouble: 'DNS', reply: '[DNS: timeout]', isHostLevel: true });
  expect(record?.latencyMs).toBeGreaterThanOrEqual(50);
  expect(heard).toHaveLength(1);
});
