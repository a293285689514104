/** `Domain`: a relay domain with its records, its queue and its outage. */
import { EMPTY_QUEUE } from '../../queue/read/queues.ts';
import type { DomainResolvers } from '../generated.ts';
import { formRecordsOf, recommendMx, zoneFileOf } from '../../doctor/mx-plan.ts';
import { breakerOfDomain } from './breaker.ts';
import { dnsblOfDomain } from './dnsbl.ts';
import { doctorOfDomain } from './doctor.ts';
import { drillsOfDomain } from './drill.ts';
import { pauseOfDomain } from './domain-verbs.ts';
import { alertsOfDomain } from './alert-contact.ts';
import { ownershipOfDomain } from './ownership.ts';
import { primarySetupOfDomain } from './primary-setup.ts';
import { listOfDomain } from './recipient-lists.ts';
import { tenantById } from './tenant.ts';

export const Domain: DomainResolvers = {
  ...breakerOfDomain,
  ...dnsblOfDomain,
  ...doctorOfDomain,
  ...drillsOfDomain,
  ...listOfDomain,
  ...ownershipOfDomain,
  ...alertsOfDomain,
  ...pauseOfDomain,
  ...primarySetupOfDomain,
  labels: ({ labels }) =>
    Object.entries(labels)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => ({ key, value })),
  tenant: ({ tenantId }, _args, context) => tenantById(context, tenantId),
  mx: async (domain, _args, { deps }) => {
    const observation = await deps.observeMx(domain.name);
    const recommended = recommendMx(observation, deps.service.mxNames);
    const observed = observation.hosts.map(({ host, preference }) => ({ host, preference }));
    return {
      recommended,
      zoneFile: zoneFileOf(domain.name, recommended),
      formRecords: formRecordsOf(domain.name, { observed, recommended }),
      observed,
      verdict: observation.verdict,
    };
  },
  queue: async (domain, _args, { load }) => (await load.queue(domain.destinationId)) ?? EMPTY_QUEUE,
  outage: (domain, _args, { load }) => load.openOutage(domain.destinationId),
  lastAttempt: async ({ destinationId }, _args, { load }) =>
    (await load.destinationAttempts(destinationId))?.last ?? null,
  requestedAttempt: async ({ destinationId }, _args, { load }) =>
    (await load.destinationAttempts(destinationId))?.requested ?? null,
  conditions: async (domain, _args, { load }) => (await load.conditions(domain.destinationId)) ?? [],
};
