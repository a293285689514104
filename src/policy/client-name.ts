/**
 * The reverse name of a client, for the Received field and the log: asked of the DNS, and done without where that is slow.
 *
 * A client's address has a name server of the client's choice. Promises that its slowness takes few of the look-ups that may be
 * under way at once: delivery and policy need the others.
 */
import type { Resolver } from '../dns/resolver.ts';

/** Under way at once, of the 256 of the resolver; beyond these a client has no name. */
const MOST_UNDER_WAY = 48;

/** The first name of an address, or null: there is none, it could not be found out, or too many are looked up just now. */
export function createClientNames({
  resolvePtr,
}: Pick<Resolver, 'resolvePtr'>): (address: string) => Promise<string | null> {
  let underWay = 0;
  return async (address) => {
    if (underWay >= MOST_UNDER_WAY) return null;
    underWay += 1;
    try {
      const answer = await resolvePtr(address);
      return answer.kind === 'FOUND' ? (answer.records[0] ?? null) : null;
    } finally {
      underWay -= 1;
    }
  };
}
