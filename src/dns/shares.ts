/**
 * The places of a resolver: how many look-ups are under way at once, and whose.
 *
 * A look-up belongs to a party, whoever causes it, and to a zone, whose servers it asks. Neither may hold more than its share, so one
 * tenant or client whose name servers are slow leaves places to the others. Who waits is served in rotation over the parties, and over
 * the zones of each. When all places are taken, a look-up that has had its for a while gives way to a party that holds fewer: however
 * many parties have slow name servers, a place comes free.
 *
 * Parties whose look-ups took long lately share a part of the places, and with those that are not known yet a larger one. The rest is
 * for those that are known to be quick, so hundreds of networks with slow name servers leave them places at once.
 */
import { createBoundedMap } from '../bounded-map.ts';
import { monotonicMs, within } from '../clock.ts';
import { organizationOf } from '../mail/organization.ts';

export interface ShareBounds {
  readonly total: number;
  readonly party: number;
  readonly zone: number;
  /** Look-ups of one party that wait for their turn. */
  readonly waiting: number;
  /** From then on the one look-up of a party may have to give way; of two in half the time, and so on. Never by default. */
  readonly safeMs?: number;
  /** Look-ups of all slow parties together. Default: the total. */
  readonly slow?: number;
  /** Those of the slow ones and of the ones that are not known. Default: the total. */
  readonly unproven?: number;
}

/**
 * A look-up holds a socket: 256 of these. Of a party an eighth, and a zone is asked for few names at the same time. Most answers come
 * within a fifth of a second.
 */
export const SHARES: ShareBounds = {
  total: 256,
  party: 32,
  zone: 16,
  waiting: 1000,
  safeMs: 1000,
  slow: 128,
  unproven: 192,
};

type Pace = 'QUICK' | 'UNKNOWN' | 'SLOW';

/** A party is slow while its look-ups take longer than this, on the average of its last few. */
const SLOW_MS = 500;
/** The part of the newest look-up in the average. */
const NEWEST = 0.25;
const PACE_KEPT_MS = 600_000;
const MOST_PACES = 20_000;

/** How long the look-ups of parties took lately. */
function createPaces(nowMs: () => number) {
  const paces = createBoundedMap<{ readonly meanMs: number; readonly untilMs: number }>(MOST_PACES);
  const known = (party: string) => {
    const pace = paces.get(party);
    return pace === undefined || pace.untilMs <= nowMs() ? null : pace;
  };
  return {
    of(party: string): Pace {
      const pace = known(party);
      if (pace === null) return 'UNKNOWN';
      return pace.meanMs > SLOW_MS ? 'SLOW' : 'QUICK';
    },
    note(party: string, tookMs: number): void {
      const before = known(party)?.meanMs ?? tookMs;
      paces.set(party, { meanMs: before + (tookMs - before) * NEWEST, untilMs: nowMs() + PACE_KEPT_MS });
    },
  };
}

export interface Asker {
  /** Null: no one in particular; the zone's share is the bound. */
  readonly party: string | null;
  readonly zone: string;
}

export interface Shares {
  /** Null when there was no place within `timeoutMs`, or too many wait already. */
  take(asker: Asker, timeoutMs: number): Promise<Place | null>;
}

export interface Place {
  /** Gives it back. */
  readonly give: () => void;
  /** Fires when another has it: the look-up is to end. */
  readonly lost: AbortSignal;
}

type Start = (place: Place) => void;

interface HeldPlace {
  readonly party: Party;
  readonly pace: Pace;
  readonly takenAtMs: number;
  readonly giveWay: () => void;
}

/** Between two looks for a place that may be taken. */
const LOOK_AGAIN_MS = 20;

interface Party {
  held: number;
  waiting: number;
  readonly share: number;
  /** By zone, in the order of their turns. */
  readonly lines: Map<string, Set<Start>>;
}

export function createShares(bounds: ShareBounds = SHARES, nowMs: () => number = monotonicMs): Shares {
  const { safeMs = Infinity, slow = bounds.total, unproven = bounds.total } = bounds;
  const paces = createPaces(nowMs);
  const heldBy: Record<Pace, number> = { QUICK: 0, UNKNOWN: 0, SLOW: 0 };
  /** Narrower ones first: look-ups of these paces together hold so many places at the most. */
  const rooms: readonly { readonly paces: readonly Pace[]; readonly most: number }[] = [
    { paces: ['SLOW'], most: slow },
    { paces: ['SLOW', 'UNKNOWN'], most: unproven },
    { paces: ['SLOW', 'UNKNOWN', 'QUICK'], most: bounds.total },
  ];
  /** Those that hold a place or wait for one, whose turn it is first. */
  const parties = new Map<string, Party>();
  const heldOf = new Map<string, number>();
  /** The oldest first. */
  const places = new Set<HeldPlace>();
  let timer: ReturnType<typeof setTimeout> | null = null;

  function partyOf(name: string, share: number): Party {
    const known = parties.get(name);
    if (known !== undefined) return known;
    const party: Party = { held: 0, waiting: 0, share, lines: new Map() };
    parties.set(name, party);
    return party;
  }

  function add(name: string, party: Party, zone: string, count: 1 | -1): void {
    party.held += count;
    const ofZone = (heldOf.get(zone) ?? 0) + count;
    if (ofZone === 0) heldOf.delete(zone);
    else heldOf.set(zone, ofZone);
    forgetIdle(name, party);
  }

  function forgetIdle(name: string, party: Party): void {
    if (party.held === 0 && party.waiting === 0) parties.delete(name);
  }

  /** Takes one look-up out of its line. */
  function leaveLine(party: Party, zone: string, start: Start): void {
    const line = party.lines.get(zone);
    if (line?.delete(start) !== true) return;
    party.waiting -= 1;
    party.lines.delete(zone);
    // To the end of the rotation.
    if (line.size > 0) party.lines.set(zone, line);
  }

  function placeFor(name: string, party: Party, zone: string): Place {
    const lost = new AbortController();
    const pace = paces.of(name);
    const takenAtMs = nowMs();
    const give = (): void => {
      if (!places.delete(place)) return;
      heldBy[pace] -= 1;
      paces.note(name, nowMs() - takenAtMs);
      add(name, party, zone, -1);
    };
    const giveWay = (): void => {
      give();
      lost.abort();
    };
    const place: HeldPlace = { party, pace, takenAtMs, giveWay };
    places.add(place);
    heldBy[pace] += 1;
    add(name, party, zone, 1);
    return {
      give: () => {
        give();
        serve();
      },
      lost: lost.signal,
    };
  }

  /** The paces whose places are all taken, of those that a look-up of this pace would count among; null: there is a place. */
  function fullFor(pace: Pace): readonly Pace[] | null {
    const isFull = (room: (typeof rooms)[number]): boolean =>
      room.paces.includes(pace) && room.paces.reduce((sum, each) => sum + heldBy[each], 0) >= room.most;
    return rooms.find(isFull)?.paces ?? null;
  }

  /** The oldest look-up, of these paces, of the party that holds most, if that is no longer safe. */
  function findUnsafe(among: readonly Pace[]): HeldPlace | null {
    let found: HeldPlace | null = null;
    for (const place of places)
      if (among.includes(place.pace) && place.party.held > (found?.party.held ?? 0)) found = place;
    if (found === null || nowMs() - found.takenAtMs < safeMs / found.party.held) return null;
    return found;
  }

  /** The look-up that gives way to one of this pace, if any has to; null: there is no place for it. */
  function roomFor(pace: Pace): { readonly unsafe: HeldPlace | null } | null {
    const full = fullFor(pace);
    const unsafe = full === null ? null : findUnsafe(full);
    return full !== null && unsafe === null ? null : { unsafe };
  }

  function startNext(): boolean {
    const [forSlow, forUnknown, forQuick] = [roomFor('SLOW'), roomFor('UNKNOWN'), roomFor('QUICK')];
    for (const [name, party] of parties) {
      if (party.waiting === 0 || party.held >= party.share) continue;
      const pace = paces.of(name);
      const room = pace === 'SLOW' ? forSlow : pace === 'UNKNOWN' ? forUnknown : forQuick;
      if (room === null) continue;
      const { unsafe } = room;
      // Of two that hold nearly the same none gives way to the other: there would be no end of it.
      if (unsafe !== null && unsafe.party.held - party.held < (party.held === 0 ? 1 : 2)) continue;
      for (const [zone, line] of party.lines) {
        if ((heldOf.get(zone) ?? 0) >= bounds.zone) continue;
        const [start] = line;
        if (start === undefined) continue;
        leaveLine(party, zone, start);
        parties.delete(name);
        parties.set(name, party);
        unsafe?.giveWay();
        start(placeFor(name, party, zone));
        return true;
      }
    }
    return false;
  }

  function serve(): void {
    while (startNext());
    if (safeMs === Infinity || timer !== null) return;
    // A look-up that only its party's or its zone's share holds up is served when a place of these comes free.
    const isHeldUp = ([name, { waiting }]: [string, Party]): boolean => waiting > 0 && fullFor(paces.of(name)) !== null;
    if (![...parties].some(isHeldUp)) return;
    timer = setTimeout(() => {
      timer = null;
      serve();
    }, LOOK_AGAIN_MS);
  }

  return {
    async take({ party: given, zone }, timeoutMs) {
      const name = given ?? `zone ${zone}`;
      const party = partyOf(name, given === null ? bounds.zone : bounds.party);
      if (party.waiting >= bounds.waiting) return null;
      const taken: { place?: Place } = {};
      let start: Start = () => undefined;
      const turn = new Promise<void>((resolve) => {
        start = (place) => {
          taken.place = place;
          resolve();
        };
      });
      const line = party.lines.get(zone) ?? new Set();
      party.lines.set(zone, line.add(start));
      party.waiting += 1;
      serve();
      if (taken.place === undefined) await within(timeoutMs, turn, () => undefined);
      // The turn may have come in the moment in which the time was over.
      if (taken.place !== undefined) return taken.place;
      leaveLine(party, zone, start);
      forgetIdle(name, party);
      return null;
    },
  };
}

/** As registries give address space away: an IPv4 /24, an IPv6 /48. */
const REVERSE_ZONES = [
  { end: '.in-addr.arpa', labels: 5 },
  { end: '.ip6.arpa', labels: 14 },
] as const;
const PLAIN_LABEL = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/;

/** The zone whose name servers are asked about a name, a lower-case A-label: its organizational domain, or the network of a reverse name. */
export function zoneOf(name: string): string {
  const labels = name.split('.');
  const reverse = REVERSE_ZONES.find(({ end }) => name.endsWith(end));
  if (reverse !== undefined) return labels.slice(-reverse.labels).join('.');
  // The Public Suffix List knows host names only, and other labels can be asked for as well.
  return organizationOf(labels.map((label) => (PLAIN_LABEL.test(label) ? label : 'x')).join('.'));
}
