/**
 * Builds what ETRN starts: the rooms it asks, and the flush (RFC 1985).
 */
import { monotonicMs } from '../clock.ts';
import type { Database } from '../db/client.ts';
import { requestFlush } from '../outage/clock.ts';
import { findPauses } from '../outage/pause.ts';
import { createStartQueue, type StartQueue } from '../policy/queue-start.ts';
import { createQueueInspection } from '../queue/read/queues.ts';
import type { Domains } from '../domains/domains.ts';
import type { RelayDomain } from '../domains/relay-domain.ts';

export interface EtrnParts {
  readonly database: Database;
  readonly domains: Domains;
  /** Looks at a destination on this node at once; the others find it in their sweep. */
  readonly poke: (destinationId: string) => void;
}

export function buildStartQueue({ database, domains, poke }: EtrnParts): StartQueue {
  const { sql } = database;
  const queues = createQueueInspection(sql);
  const ownerOf = ({ tenantId }: RelayDomain) => ({ tenantId, isOperator: false });
  return createStartQueue({
    findRelayDomain: domains.findRelayDomain,
    findSubdomains: domains.findSubdomains,
    readHeld: async (domain) => {
      const { destinationId } = domain;
      const [held, pauses] = await Promise.all([
        queues.readQueues(ownerOf(domain), [destinationId]),
        findPauses(sql, ownerOf(domain), [destinationId]),
      ]);
      const isPaused = pauses.get(destinationId)?.isInForce ?? false;
      return { heldCount: held.get(destinationId)?.heldCount ?? 0, isPaused };
    },
    flush: async (domain) => {
      await requestFlush(sql, ownerOf(domain), domain.destinationId);
      poke(domain.destinationId);
    },
    monotonicMs,
  });
}
