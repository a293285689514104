/**
 * Builds the look for proofs of ownership, by a timer of every node that serves the control plane.
 */
import type { Config } from '../config/config.ts';
import { createOwnership, type Ownership } from '../doctor/ownership.ts';
import type { Routing } from '../dns/routing.ts';
import type { Timers } from './timers.ts';
import type { Domains } from '../domains/domains.ts';
import type { Log } from '../telemetry/log.ts';

const DUE_EVERY_MS = 5_000;

export interface OwnershipParts {
  readonly config: Pick<Config, 'roles'>;
  readonly domains: Domains;
  readonly routing: Pick<Routing, 'resolver'>;
  readonly timers: Timers;
  readonly log: Pick<Log, 'domainActivated' | 'proofLost' | 'proofFound'>;
}

export function startOwnership({ config, domains, routing, timers, log }: OwnershipParts): Ownership {
  const ownership = createOwnership({
    domains,
    proofs: domains.proofs,
    resolver: routing.resolver,
    onResult: (domain, result) => {
      const tell = { ACTIVATED: log.domainActivated, LOST: log.proofLost, FOUND_AGAIN: log.proofFound }[result];
      tell({ domain });
    },
  });
  if (config.roles.has('control')) timers.every(DUE_EVERY_MS, 'proofs', () => ownership.checkDue());
  return ownership;
}
