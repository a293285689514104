/**
 * Tests the DNS lists in use and keeps in memory which are off, so that the check knows without asking anybody.
 *
 * A list that cannot be one – it refuses us, lists everybody, or has gone – is off once a second look confirms it; one in
 * trouble when the next round finds it so again. When no list at all answers, and the DNS does not answer other questions
 * either, the fault is ours and nothing changes. One node tests, all read what it found.
 */
import type { DnsAnswer } from '../../dns/answer.ts';
import { type DueZone, type TestedZone, type ZoneChange, type ZoneState, SUSPECT } from '../../domains/dnsbl-zones.ts';
import { dnsblName } from '../../mail/ip.ts';
import { readZoneAnswer, type ZoneAnswer } from './lookup.ts';

/** The store of the zones: domains/dnsbl-zones.ts on this node's database. */
interface ZoneStore {
  readonly claimDue: (soon: readonly string[]) => Promise<readonly DueZone[]>;
  readonly releaseDue: (zones: readonly DueZone[]) => Promise<void>;
  readonly storeStates: (states: readonly TestedZone[]) => Promise<readonly ZoneChange[]>;
  readonly readOff: () => Promise<readonly string[]>;
  readonly noteError: (zone: string, answer: string) => Promise<void>;
}

interface ZoneWatchOptions {
  readonly store: ZoneStore;
  /** Asks anew, never from memory. */
  readonly queryAddress: (name: string) => Promise<DnsAnswer<string>>;
  /** Whether the DNS answers a question that has nothing to do with a list: about this name, a top-level domain. */
  readonly queryNameServers: (name: string) => Promise<DnsAnswer<string>>;
  readonly onChange: (change: ZoneChange) => void;
  /** A round that `testSoon` asked for, or noting an error, has failed. */
  readonly onFault: (error: unknown) => void;
  readonly monotonicMs: () => number;
}

export interface ZoneWatch {
  readonly isOff: (zone: string) => boolean;
  readonly offCount: () => number;
  /** A round: tests what is due and reads what is off. Meant to be called every 30 s. */
  readonly round: () => Promise<void>;
  /** Reads what is off, without a test. */
  readonly refresh: () => Promise<void>;
  /** A round in two seconds: zones may be new. Merges with others; does not wait. */
  readonly testSoon: () => void;
  /** A zone answered with what is no listing. Noted once an hour, and tested soon. Does not wait. */
  readonly noteError: (zone: string, answer: string) => void;
  /** Waits for what is under way; closing the resolver meanwhile cuts it short, and nothing of it is stored. */
  readonly stop: () => Promise<void>;
}

const SOON_MS = 2000;
const TESTS_AT_ONCE = 20;
const NOTED_AGAIN_MS = 3_600_000;
const MAX_NOTED = 10_000;

interface Tested {
  readonly due: DueZone;
  readonly test: SelfTest;
}

export function createZoneWatch(options: ZoneWatchOptions): ZoneWatch {
  const { store, queryAddress, queryNameServers, monotonicMs } = options;
  let off: ReadonlySet<string> = new Set();
  const soon = new Set<string>();
  const noted = new Map<string, number>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  /** One round after the other. */
  let last: Promise<void> = Promise.resolve();
  let isStopped = false;

  async function runRound(): Promise<void> {
    if (isStopped) return;
    const asked = [...soon];
    const due = await store.claimDue(asked);
    if (due.length > 0) {
      for (const zone of asked) soon.delete(zone);
      await testAll(due).catch((error: unknown) => {
        testAgain(due);
        throw error;
      });
    }
    await refresh();
  }

  /** They are claimed and no longer due, but nothing was found out about them. */
  function testAgain(due: readonly DueZone[]): void {
    for (const { zone } of due) soon.add(zone);
  }

  async function refresh(): Promise<void> {
    off = new Set(await store.readOff());
  }

  async function testAll(due: readonly DueZone[]): Promise<void> {
    const tested: Tested[] = [];
    for (let start = 0; start < due.length; start += TESTS_AT_ONCE) {
      const some = due.slice(start, start + TESTS_AT_ONCE);
      // A wrong answer is as wrong at a second look, unless it was an accident: two failures in a row.
      const look = async (zone: DueZone): Promise<Tested> => ({ due: zone, test: await lookTwice(zone.zone) });
      tested.push(...(await Promise.all(some.map(look))));
    }
    // Look-ups that were cut short by the stop say nothing.
    if (isStopped || (await isOurFault(tested))) {
      await store.releaseDue(due);
      return testAgain(due);
    }
    const found = tested.map((one) => ({ ...stateAfter(one), reasonBefore: one.due.reason }));
    for (const change of await store.storeStates(found)) options.onChange(change);
  }

  async function lookTwice(zone: string): Promise<SelfTest> {
    const first = await testZone(zone, queryAddress);
    return first.kind === 'FAILED' ? testZone(zone, queryAddress) : first;
  }

  async function isOurFault(tested: readonly Tested[]): Promise<boolean> {
    if (tested.some(({ test }) => test.kind !== 'TROUBLE')) return false;
    const names = new Set(tested.map(({ due: { zone } }) => zone.slice(zone.lastIndexOf('.') + 1)));
    const answers = await Promise.all([...names].slice(0, TESTS_AT_ONCE).map(queryNameServers));
    return answers.every(({ kind }) => kind === 'TROUBLE');
  }

  const round = (): Promise<void> => {
    last = last.catch(() => undefined).then(runRound);
    return last;
  };

  const testSoon = (): void => {
    if (isStopped) return;
    timer ??= setTimeout(() => {
      timer = null;
      round().catch(options.onFault);
    }, SOON_MS);
  };

  return {
    isOff: (zone) => off.has(zone),
    offCount: () => off.size,
    round,
    refresh,
    testSoon,
    noteError(zone, answer) {
      const nowMs = monotonicMs();
      if (isStopped || nowMs - (noted.get(zone) ?? -Infinity) < NOTED_AGAIN_MS) return;
      if (noted.size >= MAX_NOTED) noted.clear();
      noted.set(zone, nowMs);
      store.noteError(zone, answer).catch(options.onFault);
      soon.add(zone);
      testSoon();
    },
    async stop() {
      isStopped = true;
      if (timer !== null) clearTimeout(timer);
      await last.catch(() => undefined);
    },
  };
}

function stateAfter({ due, test }: Tested): ZoneState {
  const { zone, isOn, reason } = due;
  if (test.kind === 'PASSED') {
    // What it answered oddly about a client stands until its next regular test.
    const isStillOdd = isOn && !due.isRegular && reason !== null && !reason.startsWith(SUSPECT);
    return { zone, isOn: true, reason: isStillOdd ? reason : null };
  }
  if (test.kind === 'FAILED') return { zone, isOn: false, reason: test.reason };
  const isConfirmed = !isOn || reason?.startsWith(SUSPECT) === true;
  return isConfirmed ? { zone, isOn: false, reason: test.reason } : { zone, isOn, reason: SUSPECT + test.reason };
}

type SelfTest =
  | { readonly kind: 'PASSED' }
  /** `reason`: a sentence for the operator. */
  | { readonly kind: 'FAILED' | 'TROUBLE'; readonly reason: string };

/** Last octet of the address that every list has, and of the one that none has. */
const LISTED = 2;
const NEVER_LISTED = 1;

/**
 * Tests a DNS list: it must list 127.0.0.2 and must not list 127.0.0.1; a list of IPv6 addresses the same of
 * ::ffff:127.0.0.2 and ::ffff:127.0.0.1 in the form of IPv6 (RFC 5782 §5).
 *
 * A list passes if it does so for one family, and lists neither of the forbidden addresses. TROUBLE: the DNS did not answer.
 * `query` must not answer from memory.
 */
export async function testZone(zone: string, query: (name: string) => Promise<DnsAnswer<string>>): Promise<SelfTest> {
  const ask = async (bytes: Uint8Array): Promise<ZoneAnswer> => readZoneAnswer(await query(dnsblName(bytes, zone)));
  const pair = (of: (last: number) => Uint8Array) => Promise.all([ask(of(LISTED)), ask(of(NEVER_LISTED))]);
  const pairs = await Promise.all([pair(ipv4), pair(mapped)]);
  const verdicts = pairs.map(([listed, never]) => verdictOf(listed, never));
  // What speaks against a list in one family outweighs what speaks for it in the other.
  const wrong = verdicts.find((verdict) => verdict.kind === 'WRONG');
  if (wrong !== undefined) return { kind: 'FAILED', reason: wrong.reason };
  if (verdicts.some((verdict) => verdict.kind === 'PASSED')) return { kind: 'PASSED' };
  const trouble = verdicts.find((verdict) => verdict.kind === 'TROUBLE');
  if (trouble !== undefined) return { kind: 'TROUBLE', reason: trouble.reason };
  return { kind: 'FAILED', reason: 'It does not list 127.0.0.2, as every list must.' };
}

type PairVerdict =
  | { readonly kind: 'PASSED' | 'ABSENT' }
  | { readonly kind: 'WRONG'; readonly reason: string }
  | { readonly kind: 'TROUBLE'; readonly reason: string };

function verdictOf(listed: ZoneAnswer, never: ZoneAnswer): PairVerdict {
  for (const answer of [listed, never]) {
    if (answer.kind === 'ERROR') return { kind: 'WRONG', reason: reasonOfError(answer.answer) };
  }
  if (never.kind === 'LISTED') return { kind: 'WRONG', reason: 'It lists 127.0.0.1, so it may list everybody.' };
  for (const answer of [listed, never]) {
    if (answer.kind === 'TROUBLE') return { kind: 'TROUBLE', reason: `It does not answer (${answer.reason}).` };
  }
  return { kind: listed.kind === 'LISTED' ? 'PASSED' : 'ABSENT' };
}

function reasonOfError(answer: string): string {
  return answer.startsWith('127.255.255.')
    ? `It answers ${answer}: it refuses the queries of our DNS servers.`
    : `It answers ${answer}, which is no listing: it may have gone, or our DNS servers answer in its place.`;
}

function ipv4(last: number): Uint8Array {
  return Uint8Array.from([127, 0, 0, last]);
}

/** Sixteen octets: here the IPv6 form of the address is meant, not the address it stands for. */
function mapped(last: number): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set([0xff, 0xff, 127, 0, 0, last], 10);
  return bytes;
}
