/**
 * Harvest guard: a client that guesses addresses is delayed, then deferred, then blocked. Other networks are not affected.
 *
 * A client, which is one IPv4 address or one IPv6 /64, is counted over ten minutes: the different mailboxes that were refused
 * as unknown (BMX-USER, BMX-PRIMARY) against those that were taken. As long as it knows more than it does not, as a mailing
 * list with dead addresses does, nothing happens. Beyond that,
 *
 *  - from 10 unknown on, each is answered a second later than the one before, five at most;
 *  - from 30 on, all its mailboxes are deferred and no primary is asked. The known ones too: which mailboxes are not deferred
 *    is what it wants to find out. An honest sender tries again, and its window has moved on;
 *  - from 60 on, deferred ones included, it gets 421 and cannot connect for ten minutes.
 *
 * Wider networks (IPv4 /24, IPv6 /56 and /48) are counted as one client each, at four and eight times these numbers: who has many
 * addresses has few guesses more. They are delayed and deferred, and not barred, for others may live there.
 *
 * A mailbox that was taken unasked, because the callout budget is spent, is taken for known or unknown as the client's other ones
 * were, and where there are few, as those that its primary was asked about lately. Else a dictionary would only have to be
 * quicker than the budget.
 *
 * Promises bounded memory and a bounded number of sessions held back. Each node counts for itself. Does not see an attack
 * from many networks as one: what protects the primary then is the callout budget.
 */
import { setTimeout as sleepMs } from 'node:timers/promises';
import { clientNetwork, clientNetworks, NETWORK_SHARES } from '../mail/ip.ts';
import {
  type Check,
  type Decision,
  PASS,
  type RejectionCode,
  type ReplyLine,
  type ServedQuestion,
} from './decision.ts';
import { randomInt } from 'node:crypto';

export interface HarvestGuard {
  /** Stands before everything that could tell whether a mailbox exists. */
  readonly check: Check;
  /** Counts a verdict, and holds the answer back where it must be slow. */
  readonly note: (question: ServedQuestion, decision: Decision) => Promise<void> | void;
  /** Whether a client at this address may not connect for now. */
  readonly isBarred: (address: string) => boolean;
}

interface HarvestGuardOptions {
  readonly monotonicMs: () => number;
  /** Clients that are never counted. */
  readonly isTrusted: (address: string) => boolean;
  /** Sessions held back at once. Each takes a place from others: beyond this number clients are answered at once, and deferred sooner. */
  readonly mostHeldBack: number;
  readonly sleep?: (ms: number) => Promise<void>;
}

const SLOW_FROM = 10;
const DEFER_FROM = 30;
const DROP_FROM = 60;

/** So many mailboxes of the client's own count as much as all that others asked its primary for. */
const OTHERS = 2;

const DELAY_STEP_MS = 1000;
const MOST_DELAY_MS = 5000;

const BARRED_MS = 600_000;
/** Networks of each width, about 250 octets each. The ones counted longest ago make room. */
const MOST_CLIENTS = 20_000;

const UNKNOWN: ReadonlySet<RejectionCode | null> = new Set<RejectionCode>(['BMX-USER', 'BMX-PRIMARY']);

const LATER: ReplyLine = {
  code: 450,
  enhancedCode: '4.2.1',
  text: 'too many unknown mailboxes asked for from your address; try again later',
  rejection: 'BMX-LATER',
};
const TURNED_AWAY: ReplyLine = { ...LATER, code: 421, enhancedCode: '4.7.0', rejection: 'BMX-LIMIT' };

export function createHarvestGuard(options: HarvestGuardOptions): HarvestGuard {
  const { monotonicMs, isTrusted, mostHeldBack, sleep = holdBack } = options;
  /** By width: many narrow networks push no wide one out. */
  const widths = NETWORK_SHARES.map((share) => ({ share, tallies: createRecentClients<Tally>(MOST_CLIENTS) }));
  const barredUntilMs = createRecentClients<number>(MOST_CLIENTS);
  let heldBackCount = 0;

  const isBarred = (network: string): boolean => {
    const untilMs = barredUntilMs.get(network);
    if (untilMs === undefined) return false;
    if (untilMs > monotonicMs()) return true;
    barredUntilMs.delete(network);
    return false;
  };
  /** Mailboxes that one client of them did not know, in the worst of its networks; 0 where as many were known. */
  const guessesOf = (networks: readonly string[]): number => {
    const counts = networks.map((network, at) => {
      const tally = widths[at]?.tallies.get(network);
      return tally === undefined ? 0 : guessCount(tally, monotonicMs()) / (widths[at]?.share ?? 1);
    });
    return Math.max(...counts);
  };
  return {
    check: ({ client: { address }, isRole }) => {
      if (isRole || isTrusted(address)) return PASS;
      const networks = clientNetworks(address);
      const [own] = networks;
      if (isBarred(own)) return { kind: 'REFUSE', reply: TURNED_AWAY };
      const tally = widths[0]?.tallies.get(own);
      if (tally !== undefined && isToBeBarred(tally, monotonicMs())) {
        barredUntilMs.set(own, monotonicMs() + BARRED_MS);
        return { kind: 'REFUSE', reply: TURNED_AWAY };
      }
      if (guessesOf(networks) < DEFER_FROM) return PASS;
      if (tally !== undefined) tally.deferredCount += 1;
      return { kind: 'REFUSE', reply: LATER };
    },
    note: ({ client: { address }, localPart, domain, isRole }, decision) => {
      if (isRole || isTrusted(address)) return undefined;
      if (decision.kind !== 'ACCEPT' && !UNKNOWN.has(decision.reply.rejection)) return undefined;
      const networks = clientNetworks(address);
      const nowMs = monotonicMs();
      const kind = kindOf(decision);
      for (const [at, network] of networks.entries()) {
        const tallies = widths[at]?.tallies;
        const tally = tallies?.get(network) ?? createTally(nowMs);
        tallies?.set(network, tally);
        if (decision.kind === 'ACCEPT') tally.unknownShare = decision.unknownShare ?? tally.unknownShare;
        countMailbox(tally, kind, `${localPart}@${domain.name}`, nowMs);
      }
      const unknownCount = guessesOf(networks);
      if (kind === 'known' || unknownCount < SLOW_FROM || heldBackCount >= mostHeldBack) return undefined;
      heldBackCount += 1;
      const beyondCount = Math.floor(unknownCount - SLOW_FROM);
      const delayMs = Math.min(MOST_DELAY_MS, (1 + beyondCount) * DELAY_STEP_MS);
      return sleep(delayMs).finally(() => {
        heldBackCount -= 1;
      });
    },
    isBarred: (address) => isBarred(clientNetwork(address)),
  };
}

function kindOf(decision: Decision): TallyKind {
  if (decision.kind !== 'ACCEPT') return 'unknown';
  return decision.unknownShare === undefined ? 'known' : 'unasked';
}

/** Mailboxes it knew and did not know, those unasked shared out between them. */
function suspicionOf(tally: Tally, nowMs: number): { readonly knownCount: number; readonly unknownCount: number } {
  const known = mailboxCount(tally, 'known', nowMs);
  const unknown = mailboxCount(tally, 'unknown', nowMs);
  const unasked = mailboxCount(tally, 'unasked', nowMs);
  const share = (unknown + OTHERS * tally.unknownShare) / (known + unknown + OTHERS);
  return { knownCount: known + unasked * (1 - share), unknownCount: unknown + unasked * share };
}

/** Mailboxes that it did not know; 0 as long as it knew as many. */
function guessCount(tally: Tally, nowMs: number): number {
  const { knownCount, unknownCount } = suspicionOf(tally, nowMs);
  return unknownCount <= knownCount ? 0 : unknownCount;
}

function isToBeBarred(tally: Tally, nowMs: number): boolean {
  const count = guessCount(tally, nowMs);
  return count >= DEFER_FROM && count + tally.deferredCount >= DROP_FROM;
}

/** Does not keep a process that ends alive. */
function holdBack(ms: number): Promise<void> {
  return sleepMs(ms, undefined, { ref: false });
}

/**
 * How many different mailboxes one client knew, did not know, and asked for when the primary could not be asked, within the last
 * ten minutes; in about 250 octets.
 *
 * A sliding window of two periods: the one before counts by the share of it that the window still covers. Whether a mailbox
 * was counted before is one bit of 256 per period, so some few are left out and none counts twice. From the 128th on every
 * one counts, for the bits are full then.
 */
interface Tally {
  beganMs: number;
  readonly current: Counts;
  readonly before: Counts;
  /** Mailboxes deferred unasked in this period. They lead to the next stage, but must not keep a client where it is. */
  deferredCount: number;
  /** The share of unknown mailboxes among those that its primary was asked about lately, as last reported. */
  unknownShare: number;
  /** Those of known mailboxes, then of unknown ones, then of those unasked. */
  readonly bits: Uint8Array;
}

interface Counts {
  known: number;
  unknown: number;
  unasked: number;
}

type TallyKind = keyof Counts;

const NONE: Readonly<Counts> = { known: 0, unknown: 0, unasked: 0 };
const WINDOW_MS = 600_000;
const BITS = 256;
const MANY = BITS / 2;
const OFFSETS: Readonly<Counts> = { known: 0, unknown: BITS / 8, unasked: (2 * BITS) / 8 };
/** Keeps names from being chosen to fall together. */
const SEED = randomInt(2 ** 32);

function createTally(nowMs: number): Tally {
  const bits = new Uint8Array((3 * BITS) / 8);
  return { beganMs: nowMs, current: { ...NONE }, before: { ...NONE }, deferredCount: 0, unknownShare: 0, bits };
}

/**
 * Counts a mailbox, unless it was counted in this period. Of known ones upper and lower case are one; of an unknown one each
 * spelling counts, since each may have cost the primary a question.
 */
function countMailbox(tally: Tally, kind: TallyKind, mailbox: string, nowMs: number): void {
  slide(tally, nowMs);
  // The top octet depends on every character.
  const bit = hashOf(kind === 'known' ? mailbox.toLowerCase() : mailbox) >>> 24;
  const at = OFFSETS[kind] + (bit >> 3);
  const octet = tally.bits[at] ?? 0;
  const marked = octet | (1 << (bit & 7));
  tally.bits[at] = marked;
  if (marked !== octet || tally.current[kind] >= MANY) tally.current[kind] += 1;
}

/** Mailboxes within the window; not a whole number. */
function mailboxCount(tally: Tally, kind: TallyKind, nowMs: number): number {
  slide(tally, nowMs);
  return tally.current[kind] + tally.before[kind] * (1 - (nowMs - tally.beganMs) / WINDOW_MS);
}

function slide(tally: Tally, nowMs: number): void {
  const elapsedMs = nowMs - tally.beganMs;
  if (elapsedMs < WINDOW_MS) return;
  const isAdjacent = elapsedMs < 2 * WINDOW_MS;
  Object.assign(tally.before, isAdjacent ? tally.current : NONE);
  Object.assign(tally.current, NONE);
  tally.deferredCount = 0;
  tally.bits.fill(0);
  tally.beganMs = isAdjacent ? tally.beganMs + WINDOW_MS : nowMs;
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = SEED;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash;
}

/**
 * A bounded memory of clients: the least recently set of them are forgotten, half of all at a time.
 *
 * Two maps instead of one whose oldest entry is taken out for each new one: on Bun finding that entry costs more the more
 * were taken out before it.
 */
interface RecentClients<V> {
  readonly get: (network: string) => V | undefined;
  readonly set: (network: string, value: V) => void;
  readonly delete: (network: string) => void;
}

/** Keeps at least half of `mostCount`, and never more than it. */
function createRecentClients<V>(mostCount: number): RecentClients<V> {
  let young = new Map<string, V>();
  let old = new Map<string, V>();
  return {
    get: (network) => young.get(network) ?? old.get(network),
    set: (network, value) => {
      if (young.size >= mostCount / 2 && !young.has(network)) {
        old = young;
        young = new Map();
      }
      young.set(network, value);
    },
    delete: (network) => {
      young.delete(network);
      old.delete(network);
    },
  };
}
