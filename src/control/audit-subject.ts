/** What a mutation is about, where there is nothing yet or any more, and how names of things are kept. */
import type { AuditSubject } from '../events/audit.ts';
import { settingsOf } from '../domains/settings.ts';
import type { RelayDomain } from '../domains/relay-domain.ts';

/** To be made, or not there. */
export function absent(kind: AuditSubject['kind'], name: string | null): AuditSubject {
  return { kind, id: null, name, tenantId: null, state: null };
}

export function lower(name: unknown): string | null {
  return typeof name === 'string' ? name.trim().toLowerCase().slice(0, 253) : null;
}

/** What is kept of a domain: what a person sets on it, and how long its User List is. */
export function domainState(domain: RelayDomain): Record<string, unknown> {
  const { status, revision, recipientList } = domain;
  return { status, revision, ...settingsOf(domain), recipientCount: recipientList.count };
}
