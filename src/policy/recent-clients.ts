/**
 * A bounded memory of clients: the least recently set of them are forgotten, half of all at a time.
 *
 * Two maps instead of one whose oldest entry is taken out for each new one: on Bun finding that entry costs more the more
 * were taken out before it.
 */

export interface RecentClients<V> {
  readonly get: (network: string) => V | undefined;
  readonly set: (network: string, value: V) => void;
  readonly delete: (network: string) => void;
}

/** Keeps at least half of `mostCount`, and never more than it. */
export function createRecentClients<V>(mostCount: number): RecentClients<V> {
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
