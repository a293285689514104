/**
 * Refuses nothing: sees at RCPT that a domain has got another route, or is another domain, and has what this node remembers of
 * its primary dropped before anything is judged by it.
 *
 * The domain comes from its snapshot, which every change drops on every node, so nothing else has to be told.
 */
import { isDeepStrictEqual } from 'node:util';
import { createBoundedMap } from '../../db/bounded-map.ts';
import type { RelayDomain } from '../../domains/relay-domain.ts';
import { type Check, PASS } from '../decision.ts';

/** Of one that is forgotten here, what is in memory is a minute old at the most. */
const MOST_REMEMBERED = 10_000;

export function createRouteWatch(onChanged: (destinationId: string) => void): Check {
  const seen = createBoundedMap<Pick<RelayDomain, 'id' | 'deliverTo'>>(MOST_REMEMBERED);
  return ({ domain }) => {
    const { id, deliverTo, destinationId } = domain;
    const before = seen.get(destinationId);
    if (before?.id === id && before.deliverTo === deliverTo) return PASS;
    seen.set(destinationId, { id, deliverTo });
    if (before === undefined || (before.id === id && isDeepStrictEqual(before.deliverTo, deliverTo))) return PASS;
    onChanged(destinationId);
    return PASS;
  };
}
