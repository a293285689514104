/** A served domain as the snapshot has it, for tests of what is decided about its recipients. */
import { DEFAULT_SETTINGS, type RelayDomain } from '../../src/domains/relay-domain.ts';

export function relayDomain(name: string, more: Partial<RelayDomain> = {}): RelayDomain {
  return {
    ...DEFAULT_SETTINGS,
    id: 'd',
    name,
    tenantId: 't',
    destinationId: `to ${name}`,
    status: 'ACTIVE',
    recipientList: { count: 0, revision: 0 },
    hasCallAheads: false,
    revision: 1,
    createdAt: new Date(0),
    updatedAt: new Date(0),
    ...more,
  };
}
