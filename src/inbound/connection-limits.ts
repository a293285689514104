/**
 * The limits on connections: the share of each client network, the places of the listener, and the pace of data while they are
 * short.
 *
 * A client network (an IPv4 address, an IPv6 /64) has a number of connections, and of messages and recipients a minute; wider
 * networks have some more. Shares of connections shrink while more than half of the places are held.
 * As places run out clients may be silent for less time, as Postfix's do under stress (STRESS_README: 300 s become 10 s), and
 * a newcomer gets the place of a connection that brings no mail. A trusted client, a data phase and a wait for our reply are
 * never cut for a newcomer. Finding the next to go costs one walk over all connections a tick at most.
 *
 * State is bounded: connections by those open, the counts of a minute by `MAX_NETWORKS` of each width, beyond which the networks
 * seen first in that minute begin anew. Replies are worded by session.ts and connection.ts.
 */
import { clientNetworks, NETWORK_SHARES } from '../mail/ip.ts';

/** One connection's part of its network's share. */
export interface ClientShare {
  /** No limit applies to it. */
  readonly isTrusted: boolean;
  /** The narrowest first. */
  readonly networks: readonly [string, ...string[]];
  /** Counts the connection, once; false when one of its networks has its share already (then it is not counted). */
  readonly takeConnection: () => boolean;
  /** Harmless when repeated, and when nothing was taken. */
  readonly returnConnection: () => void;
  /** Counts a message asked for, refused or not; false when one of its networks had its share of this minute. */
  readonly takeMessage: () => boolean;
  /** Counts a recipient asked for, accepted or not. */
  readonly takeRecipient: () => boolean;
}

export interface ClientLimits {
  readonly shareOf: (address: string) => ClientShare;
}

interface ClientLimitOptions {
  readonly maxConnectionsPerClient: number;
  /** The share of all places that is held and would not be given up, 0 to 1. */
  readonly fill: () => number;
  readonly messagesPerMinute: number;
  /** Clients that no limit applies to. */
  readonly isTrusted: (address: string) => boolean;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
}

/** Recipients a minute: mail to many at once is usual, a dictionary is not. */
const RECIPIENTS_PER_MESSAGE = 10;
const MINUTE_MS = 60_000;
/** However few places are left, a client may hold this part of its share. */
const LEAST_SHARE = 0.2;
const MAX_NETWORKS = 65_536;

export function createClientLimits(options: ClientLimitOptions): ClientLimits {
  const connections = new Map<string, number>();
  const messages = createMinuteCount(options.messagesPerMinute, options.nowMs);
  const recipients = createMinuteCount(options.messagesPerMinute * RECIPIENTS_PER_MESSAGE, options.nowMs);
  return {
    shareOf: (address) => {
      const networks = clientNetworks(address);
      if (options.isTrusted(address)) return trustedShare([networks[0]]);
      let isCounted = false;
      return {
        isTrusted: false,
        networks,
        takeConnection: () => {
          if (isCounted) return true;
          const most = shareAt(options.fill(), options.maxConnectionsPerClient);
          const isFull = (name: string, at: number): boolean =>
            (connections.get(name) ?? 0) >= most * (NETWORK_SHARES[at] ?? 1);
          if (networks.some(isFull)) return false;
          for (const name of networks) connections.set(name, (connections.get(name) ?? 0) + 1);
          isCounted = true;
          return true;
        },
        returnConnection: () => {
          if (!isCounted) return;
          isCounted = false;
          for (const name of networks) {
            const count = connections.get(name) ?? 0;
            if (count > 1) connections.set(name, count - 1);
            else connections.delete(name);
          }
        },
        takeMessage: () => messages.take(networks),
        takeRecipient: () => recipients.take(networks),
      };
    },
  };
}

/**
 * The number of places that one client may hold: all of its share up to half of them, then in proportion to those that are left. So
 * clients that take all they can never get the last places, and how many they get falls with each one that joins in.
 */
export function shareAt(fill: number, share: number): number {
  const least = Math.ceil(share * LEAST_SHARE);
  return Math.max(least, Math.floor(share * Math.min(1, 2 * (1 - fill))));
}

const granted = (): boolean => true;

function trustedShare(networks: ClientShare['networks']): ClientShare {
  const returnConnection = (): void => undefined;
  return {
    isTrusted: true,
    networks,
    takeConnection: granted,
    returnConnection,
    takeMessage: granted,
    takeRecipient: granted,
  };
}

interface MinuteCount {
  /** Counts one more for each network, the narrowest first; false, and nothing counted, when one had its share of this minute. */
  readonly take: (networks: readonly string[]) => boolean;
}

function createMinuteCount(perMinute: number, nowMs: () => number): MinuteCount {
  /** By width: many narrow networks push no wide one out. */
  const widths = NETWORK_SHARES.map((share) => ({ most: perMinute * share, counts: new Map<string, number>() }));
  let beganMs = nowMs();
  return {
    take: (networks) => {
      const now = nowMs();
      if (now - beganMs >= MINUTE_MS) {
        beganMs = now;
        for (const { counts } of widths) counts.clear();
      }
      if (widths.some(({ most, counts }, at) => (counts.get(networks[at] ?? '') ?? 0) >= most)) return false;
      for (const [at, network] of networks.entries()) if (widths[at] !== undefined) count(widths[at].counts, network);
      return true;
    },
  };
}

function count(counts: Map<string, number>, network: string): void {
  const before = counts.get(network) ?? 0;
  if (before === 0 && counts.size >= MAX_NETWORKS) counts.delete(counts.keys().next().value ?? '');
  counts.set(network, before + 1);
}

/** A connection, as one that holds a place. */
export interface PlaceHolder {
  /** Neither closed nor closing. */
  readonly isActive: boolean;
  /** False: trusted, in a data phase, waiting for our reply, or on its way out. */
  readonly mayGiveWay: () => boolean;
  /** Since when the client owes us a command; monotonic milliseconds. */
  readonly waitingSinceMs: number;
  /** When it connected, or its last message was accepted. */
  readonly fruitlessSinceMs: number;
  readonly hasBroughtMail: boolean;
  /** Says 421 and leaves at once. */
  readonly giveWay: () => void;
}

export interface Places<Holder extends PlaceHolder> {
  /** How long a client that is not trusted may keep us waiting now, in milliseconds. */
  readonly patienceMs: () => number;
  /** Places or memory are short: clients that send slowly hold too much of them. */
  readonly isStressed: () => boolean;
  /** The share of all places that is held by others than a newcomer, and would not be given up, 0 to 1. */
  readonly heldFill: () => number;
  /** True when the newcomer, which is counted already, has a place; the connection that brings the least goes for it. */
  readonly makeRoom: (newcomer: Holder) => boolean;
  /** Lets a newcomer without a place wait for one, shortly; false when too many wait already. Either function is called once. */
  readonly wait: (newcomer: Holder, enter: () => void, giveUp: () => void) => boolean;
  /** To be called every `tickMs`. */
  readonly tick: () => void;
}

interface PlacesOptions<Holder> {
  readonly maxConnections: number;
  readonly idleMs: number;
  /** The order of those to go is as old as this at most. */
  readonly tickMs: number;
  readonly open: ReadonlySet<Holder>;
  /** Connections that are neither closed nor closing. */
  readonly activeCount: () => number;
  /** The share of the budget for content that is taken, 0 to 1. */
  readonly contentFill: () => number;
  readonly nowMs: () => number;
}

/** Up to this share of all places nothing changes. */
const EASY_FILL = 0.5;
/** From this share on the wait is the shortest. */
const STRESSED_FILL = 0.9;
/** From this share of the places or the memory on data must come at a pace. */
const SLOW_FILL = 0.7;
const LEAST_PATIENCE_MS = 10_000;
/** A client that sent something within this time is not silent. */
const LEAST_SILENCE_MS = 1000;
/** A newcomer waits so long for a place: by then all that are silent count as silent. */
const NEWCOMER_WAIT_MS = 1500;
/** The share of all places for newcomers that may wait. */
const WAITING_SHARE = 0.1;
/** Commands without a message for so long are no better than silence. */
const LEAST_FRUITLESS_MS = 10_000;

export function createPlaces<Holder extends PlaceHolder>(options: PlacesOptions<Holder>): Places<Holder> {
  const { maxConnections, idleMs, tickMs, open, activeCount, contentFill, nowMs } = options;
  /** Those to go, the next one last. */
  let leaving: Holder[] = [];
  let listedAtMs = -Infinity;
  /** Counted as active, but none of them has a place. */
  const waiting = new Map<
    Holder,
    { readonly sinceMs: number; readonly enter: () => void; readonly giveUp: () => void }
  >();
  /** As of the last tick. Those that have gone since hold no place: who came instead of them may be there to stay. */
  let displaceable: readonly Holder[] = [];

  /** All that may go, by their rank. Who waits for a place has none. */
  const ranked = (now: number): Holder[][] => {
    const ranks: Holder[][] = [[], [], []];
    for (const holder of open) {
      const rank = waiting.has(holder) ? null : rankOf(holder, now);
      if (rank !== null) ranks[rank]?.push(holder);
    }
    return ranks;
  };

  const next = (newcomer: Holder): Holder | null => {
    for (;;) {
      const holder = leaving.pop();
      if (holder !== undefined) {
        if (holder !== newcomer && rankOf(holder, nowMs()) !== null) return holder;
        continue;
      }
      if (nowMs() - listedAtMs < tickMs) return null;
      listedAtMs = nowMs();
      leaving = inOrder(ranked(listedAtMs));
      if (leaving.length === 0) return null;
    }
  };

  const waitingCount = (): number => {
    let count = 0;
    for (const newcomer of waiting.keys()) if (newcomer.isActive) count += 1;
    return count;
  };
  const fill = (): number => Math.min(1, (activeCount() - waitingCount()) / maxConnections);
  /** @param others newcomers that wait, without this one */
  const makeRoom = (newcomer: Holder, others: number): boolean => {
    while (activeCount() - others > maxConnections) {
      const holder = next(newcomer);
      if (holder === null) return false;
      holder.giveWay();
    }
    return true;
  };
  /** In the order in which they came. */
  const admitWaiting = (): void => {
    for (const [newcomer, { sinceMs, enter, giveUp }] of waiting) {
      const isOver = nowMs() - sinceMs >= NEWCOMER_WAIT_MS;
      const hasRoom = newcomer.isActive && makeRoom(newcomer, waitingCount() - 1);
      if (newcomer.isActive && !hasRoom && !isOver) return;
      waiting.delete(newcomer);
      if (hasRoom) enter();
      else if (newcomer.isActive) giveUp();
    }
  };
  return {
    patienceMs: () => patienceAt(fill(), idleMs),
    isStressed: () => Math.max(fill(), contentFill()) >= SLOW_FILL,
    heldFill: () => {
      const count = displaceable.filter(({ isActive }) => isActive).length;
      return Math.max(0, fill() - (count + 1) / maxConnections);
    },
    makeRoom: (newcomer) => makeRoom(newcomer, waitingCount()),
    wait: (newcomer, enter, giveUp) => {
      if (waiting.size >= Math.ceil(maxConnections * WAITING_SHARE)) return false;
      waiting.set(newcomer, { sinceMs: nowMs(), enter, giveUp });
      return true;
    },
    tick: () => {
      displaceable = fill() <= EASY_FILL ? [] : ranked(nowMs()).flat();
      admitWaiting();
    },
  };
}

/** `idleMs` up to half of all places, then falling by the same factor for each further one. */
export function patienceAt(fill: number, idleMs: number): number {
  if (fill <= EASY_FILL || idleMs <= LEAST_PATIENCE_MS) return idleMs;
  const stress = Math.min(1, (fill - EASY_FILL) / (STRESSED_FILL - EASY_FILL));
  return idleMs * (LEAST_PATIENCE_MS / idleMs) ** stress;
}

/** 0: silent and without mail; 1: talks, but brings none; 2: silent after mail. Null: stays. */
function rankOf(holder: PlaceHolder, nowMs: number): number | null {
  if (!holder.mayGiveWay()) return null;
  if (nowMs - holder.waitingSinceMs >= LEAST_SILENCE_MS) return holder.hasBroughtMail ? 2 : 0;
  return nowMs - holder.fruitlessSinceMs >= LEAST_FRUITLESS_MS ? 1 : null;
}

/** The next one last. */
function inOrder<Holder extends PlaceHolder>([silent = [], talking = [], afterMail = []]: Holder[][]): Holder[] {
  const bySilence = (a: Holder, b: Holder): number => b.waitingSinceMs - a.waitingSinceMs;
  const byMail = (a: Holder, b: Holder): number => b.fruitlessSinceMs - a.fruitlessSinceMs;
  return [...afterMail.sort(bySilence), ...talking.sort(byMail), ...silent.sort(bySilence)];
}

/**
 * The pace of one data phase, where places or memory are short: in each period a part of what is held already must come.
 *
 * A client that holds much and sends next to nothing is known after one period. Time in which we did not read counts for no one.
 */
interface Pace {
  /** The present period begins now. */
  readonly restart: (nowMs: number, octets: number) => void;
  /** A period is over, and too little of the `octets` so far came in it. */
  readonly isTooSlow: (nowMs: number, octets: number) => boolean;
  /** So long it was we who did not read. */
  readonly excuse: (heldMs: number) => void;
}

const PERIOD_MS = 10_000;
/** 2 KB a second, whatever is held. */
const LEAST_OCTETS = 20_000;
/** In a period a tenth of the whole: 10 MB take less than two minutes then. */
const LEAST_PART = 0.1;

export function createPace(): Pace {
  let sinceMs = 0;
  let octetsBefore = 0;
  const restart = (nowMs: number, octets: number): void => {
    sinceMs = nowMs;
    octetsBefore = octets;
  };
  return {
    restart,
    isTooSlow: (nowMs, octets) => {
      if (nowMs - sinceMs < PERIOD_MS) return false;
      const came = octets - octetsBefore;
      const due = Math.max(LEAST_OCTETS, LEAST_PART * octetsBefore);
      restart(nowMs, octets);
      return came < due;
    },
    excuse: (heldMs) => {
      sinceMs += heldMs;
    },
  };
}
