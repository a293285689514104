/**
 * The places of the listener: how long a client may be silent as they run out, and which connection gives one up.
 *
 * Promises that a newcomer gets a place while a connection is open that brings no mail, that a trusted client, a data phase
 * and a wait for our reply are never cut for a newcomer, and that finding the next to go costs one walk over all
 * connections a tick at most. The waits shrink as Postfix's do under stress (STRESS_README: 300 s become 10 s).
 */

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
  /** Places or memory are short: whoever sends slowly holds them for too little. */
  readonly isStressed: () => boolean;
  /** The share of all places that is held by others than a newcomer, and would not be given up, 0 to 1; as of the last tick. */
  readonly heldFill: () => number;
  /** True when the newcomer, which is counted already, has a place; the connection that brings the least goes for it. */
  readonly makeRoom: (newcomer: Holder) => boolean;
  /** Lets a newcomer without a place wait for one, shortly; false when too many wait already. Either function is called once. */
  readonly wait: (newcomer: Holder, enter: () => void, giveUp: () => void) => boolean;
  /** To be called every `tickMs`. */
  readonly tick: () => void;
}

export interface PlacesOptions<Holder> {
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
/** A client that was heard of within this time is not silent. */
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
  let displaceable = 0;

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
    heldFill: () => Math.max(0, fill() - (displaceable + 1) / maxConnections),
    makeRoom: (newcomer) => makeRoom(newcomer, waitingCount()),
    wait: (newcomer, enter, giveUp) => {
      if (waiting.size >= Math.ceil(maxConnections * WAITING_SHARE)) return false;
      waiting.set(newcomer, { sinceMs: nowMs(), enter, giveUp });
      return true;
    },
    tick: () => {
      displaceable = fill() <= EASY_FILL ? 0 : ranked(nowMs()).flat().length;
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
