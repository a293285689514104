/** A served domain as the snapshot has it, for tests of what is decided about its recipients. */
import { DEFAULT_UNKNOWN_WHILE_DOWN, NO_DNSBL, type RelayDomain } from '../../src/domains/relay-domain.ts';

export function relayDomain(name: string, more: Partial<RelayDomain> = {}): RelayDomain {
  return {
    id: 'd',
    name,
    tenantId: 't',
    destinationId: `to ${name}`,
    status: 'ACTIVE',
    deliverTo: [],
    labels: {},
    recipientList: { count: 0, generation: 0, delimiter: null },
    callAheads: false,
    unknownWhileDown: DEFAULT_UNKNOWN_WHILE_DOWN,
    dnsbl: NO_DNSBL,
    tlsPolicy: 'OPPORTUNISTIC',
    drainPerMinute: null,
    etrnClients: [],
    delayReports: false,
    revision: 1,
    ...more,
  };
}
