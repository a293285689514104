/**
 * Of the mailboxes that a primary was asked about lately, which share it did not know; for each destination.
 *
 * What the harvest guard takes a mailbox for that could not be asked about: while a dictionary is tried nearly all are unknown,
 * with a mailing list nearly none. The last twenty answers or so count. Each node knows its own; bounded.
 */
import { createBoundedMap } from '../../db/bounded-map.ts';

export interface UnknownShares {
  note(destinationId: string, isUnknown: boolean): void;
  /** From 0 to 1; 0 before the first answer. */
  of(destinationId: string): number;
}

/** What one answer moves. */
const WEIGHT = 0.1;
const MOST_DESTINATIONS = 10_000;

export function createUnknownShares(): UnknownShares {
  const shares = createBoundedMap<number>(MOST_DESTINATIONS);
  const of = (destinationId: string): number => shares.get(destinationId) ?? 0;
  return {
    note: (destinationId, isUnknown) => {
      const before = of(destinationId);
      shares.set(destinationId, before + WEIGHT * ((isUnknown ? 1 : 0) - before));
    },
    of,
  };
}
