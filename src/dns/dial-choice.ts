/**
 * Which of many hosts and addresses one attempt dials: at most five hosts and ten addresses, the others in later turns.
 *
 * Promises: the most preferred host has a place in every turn; the other places go round all the others, turn by turn, and
 * the places of a host go round its addresses: over successive turns every host and address is dialled. What fits is never
 * left out. Pure. RFC 5321 §5.1 allows a limit on alternatives; the order of preference within a turn is the caller's.
 */

/** Hosts of one attempt. */
export const MOST_HOSTS = 5;
/** Addresses of one attempt, all hosts together. */
const MOST_ADDRESSES = 10;

export interface TakenTurn<T> {
  /** All of them, those whose turn it is first. */
  readonly order: readonly T[];
  /** Which turn it is for the addresses of one of them. */
  readonly turnOf: (one: T) => number;
}

/**
 * @param ranked the most preferred first, otherwise the same for the same hosts
 * @param turn counts failed attempts
 * @param reach no turn begins after this one of the others, unless to learn of it
 */
export function takeTurn<T>(ranked: readonly T[], turn: number, reach = ranked.length): TakenTurn<T> {
  if (ranked.length <= MOST_HOSTS) return { order: ranked, turnOf: () => turn };
  const [first, ...others] = ranked;
  const step = MOST_HOSTS - 1;
  const wanted = (turn * step) % others.length;
  const within = turn % 2 === 0 ? reach : wanted % (reach + 1);
  const start = wanted <= reach ? wanted : within;
  const turned = [...others.slice(start), ...others.slice(0, start)];
  // How often each has had its turn: those after the end of the list begin another round of it.
  const rounds = new Map(turned.map((one, index) => [one, Math.floor((turn * step + index) / others.length)]));
  return {
    order: [...ranked.slice(0, 1), ...turned],
    turnOf: (one) => (one === first ? turn : (rounds.get(one) ?? turn)),
  };
}

interface Choosable {
  readonly addresses: readonly string[];
}

/** The hosts that are dialled, of those in the order of a turn, each with the addresses that are. */
export function chooseDials<T extends Choosable>(inOrder: readonly T[], turnOf: (one: T) => number): T[] {
  const chosen = inOrder.slice(0, MOST_HOSTS);
  const share = Math.floor(MOST_ADDRESSES / Math.max(1, chosen.length));
  let left = MOST_ADDRESSES - chosen.reduce((sum, { addresses }) => sum + Math.min(share, addresses.length), 0);
  return chosen.map((one) => {
    const { addresses } = one;
    const more = Math.min(left, Math.max(0, addresses.length - share));
    left -= more;
    const count = Math.min(share, addresses.length) + more;
    if (count === addresses.length) return one;
    // The DNS may name them in another order each time.
    const sorted = byFamilyInTurn(addresses.toSorted());
    const start = (turnOf(one) * share) % sorted.length;
    return { ...one, addresses: [...sorted.slice(start), ...sorted.slice(0, start)].slice(0, count) };
  });
}

/** IPv4 and IPv6 in turn, each as it comes, so that the first two tries differ where they can. */
export function byFamilyInTurn(addresses: readonly string[]): string[] {
  const v4 = addresses.filter((address) => !address.includes(':'));
  const v6 = addresses.filter((address) => address.includes(':'));
  const turns = Array.from({ length: Math.max(v4.length, v6.length) }, (_, index) => [v4[index], v6[index]]);
  return turns.flat().filter((address) => address !== undefined);
}
