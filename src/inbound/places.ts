/**
 * The places of the listener: how long a client may be silent as they run out, and which connection gives one up.
 *
 * Promises that a newcomer gets a place while a connection is open that brings no mail, that a trusted client, a data phase
 * and a wait for our reply are never cut for a newcomer, and that finding the next to go costs one walk over all
 * connections a tick at most. The waits shrink as Postfix's do under stress (STRESS_README: 300 s become 10 s).
 */

/** A connection, as one that holds a place. */
export interface PlaceHolder {
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
  /** The share of all places that is held, 0 to 1. */
  readonly fill: () => number;
  /** How long a client that is not trusted may keep us waiting now, in milliseconds. */
  readonly patienceMs: () => number;
  /** True when the newcomer, which is counted already, has a place; the connection that brings the least goes for it. */
  readonly makeRoom: (newcomer: Holder) => boolean;
}

export interface PlacesOptions<Holder> {
  readonly maxConnections: number;
  readonly idleMs: number;
  /** The order of those to go is as old as this at most. */
  readonly tickMs: number;
  readonly open: ReadonlySet<Holder>;
  /** Connections that are neither closed nor closing. */
  readonly activeCount: () => number;
  readonly nowMs: () => number;
}

/** Up to this share of all places nothing changes. */
const EASY_FILL = 0.5;
/** From this share on the wait is the shortest. */
const STRESSED_FILL = 0.9;
const LEAST_PATIENCE_MS = 10_000;
/** A client that was heard of within this time is not silent. */
const LEAST_SILENCE_MS = 1000;
/** Commands without a message for so long are no better than silence. */
const LEAST_FRUITLESS_MS = 10_000;

export function createPlaces<Holder extends PlaceHolder>(options: PlacesOptions<Holder>): Places<Holder> {
  const { maxConnections, idleMs, tickMs, open, activeCount, nowMs } = options;
  /** Those to go, the next one last. */
  let leaving: Holder[] = [];
  let listedAtMs = -Infinity;

  const next = (newcomer: Holder): Holder | null => {
    for (;;) {
      const holder = leaving.pop();
      if (holder !== undefined) {
        if (holder !== newcomer && rankOf(holder, nowMs()) !== null) return holder;
        continue;
      }
      if (nowMs() - listedAtMs < tickMs) return null;
      listedAtMs = nowMs();
      leaving = listLeaving(open, listedAtMs);
      if (leaving.length === 0) return null;
    }
  };

  const fill = (): number => Math.min(1, activeCount() / maxConnections);
  return {
    fill,
    patienceMs: () => patienceAt(fill(), idleMs),
    makeRoom: (newcomer) => {
      while (activeCount() > maxConnections) {
        const holder = next(newcomer);
        if (holder === null) return false;
        holder.giveWay();
      }
      return true;
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

function listLeaving<Holder extends PlaceHolder>(open: ReadonlySet<Holder>, nowMs: number): Holder[] {
  const ranks: Holder[][] = [[], [], []];
  for (const holder of open) {
    const rank = rankOf(holder, nowMs);
    if (rank !== null) ranks[rank]?.push(holder);
  }
  const newestFirst = (by: (holder: Holder) => number, rank: number): Holder[] =>
    (ranks[rank] ?? []).sort((a, b) => by(b) - by(a));
  return [
    ...newestFirst(({ waitingSinceMs }) => waitingSinceMs, 2),
    ...newestFirst(({ fruitlessSinceMs }) => fruitlessSinceMs, 1),
    ...newestFirst(({ waitingSinceMs }) => waitingSinceMs, 0),
  ];
}
