/**
 * Takes a domain out of service for a while, and back: an operator's verb.
 *
 * Its mail is deferred at the door, never refused for good, and what is held goes on being delivered.
 */
import type { Viewer } from '../mail/viewer.ts';
import { changeDomain, type DomainChange, recordOf, refuse, writeDomain } from './change.ts';
import type { Domains } from './domains.ts';
import { invalid } from '../input/user-error.ts';

export interface DomainSuspendInput {
  readonly name: string;
  /** One line, for the record. */
  readonly reason: string;
}

export function suspendDomain(
  domains: Pick<Domains, 'sql' | 'drop'>,
  viewer: Viewer,
  status: 'SUSPENDED' | 'ACTIVE',
  { name, reason }: DomainSuspendInput,
): Promise<DomainChange> {
  return changeDomain(domains, viewer, { name }, async (sql, domain) => {
    if (domain.status === 'PENDING') {
      const message = `${domain.name} is not in service: it waits for the proof of its ownership.`;
      return refuse(invalid(['name'], message), domain);
    }
    if (domain.status === status) return { kind: 'DONE', domain };
    const written = await writeDomain(sql, domain, { status });
    const kind = status === 'SUSPENDED' ? 'DOMAIN_SUSPENDED' : 'DOMAIN_UNSUSPENDED';
    await recordOf(sql, domain, kind, { by: viewer.tenantId, reason });
    return { kind: 'DONE', domain: written };
  });
}
