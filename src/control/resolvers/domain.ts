/** `Domain`: a relay domain with its records, its queue and its outage; and `DnsblZone`. */
import { formRecordsOf, recommendMx, zoneFileOf } from '../../doctor/mx-plan.ts';
import { readReports } from '../../doctor/reports.ts';
import { readZoneStandings, type ZoneStanding } from '../../domains/dnsbl-counts.ts';
import { findDomainsByDestination } from '../../domains/domains.ts';
import { readProofs } from '../../domains/proof.ts';
import { writeEntry } from '../../domains/user-list/input.ts';
import { listEntries } from '../../domains/user-list/store.ts';
import { formatDuration, UNIT_MS } from '../../mail/duration.ts';
import { primarySetups } from '../../mail/primary-setup.ts';
import { findIgnored } from '../../notify/contacts.ts';
import {
  CLOSED_BREAKER,
  findConditions,
  findLastOutages,
  findOpenOutages,
  listDestinationOutages,
  type OutageView,
  readBreakers,
} from '../../outage/inspect.ts';
import { readDestinationAttempts } from '../../outage/last-attempt.ts';
import { findPauses } from '../../outage/pause.ts';
import { listDrills, readDrillSchedules } from '../../queue/drills/drills.ts';
import { listDestinationAttempts } from '../../queue/read/attempts.ts';
import { EMPTY_QUEUE, type QueueView, readNextAttempts, readQueues } from '../../queue/read/queues.ts';
import { readSituations } from '../../queue/read/situations.ts';
import { connectionOfRows, countRows, idOfCursor, localPartOfCursor, pageSize } from '../page.ts';
import type { Context } from '../context.ts';
import {
  type DnsblZoneResolvers,
  type DomainQueueResolvers,
  type DomainResolvers,
  type OutageEvidenceResolvers,
  type OutageResolvers,
  type RecipientListResolvers,
  type RejectionResolvers,
  RejectionCode,
  SmtpCommand,
} from '../generated.ts';
import { storedValue } from '../stored-values.ts';
import { domainFlow } from './statistics.ts';
import { tenantById } from './tenant.ts';

export const Domain: DomainResolvers = {
  labels: ({ labels }) =>
    Object.entries(labels)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => ({ key, value })),
  tenant: ({ tenantId }, _args, context) => tenantById(context, tenantId),
  proof: ({ id }, _args, { load }) => load.byId(readProofs, id),
  doctor: ({ id }, _args, { load }) => load.byId(readReports, id),
  ignoredAlertContacts: async ({ id }, _args, { load }) => (await load.byId(findIgnored, id)) ?? [],
  primarySetup: (_domain, _args, { service }) => primarySetups(service.egressAddresses),
  mx: async (domain, _args, { observeMx, service }) => {
    const observation = await observeMx(domain.name);
    const recommended = recommendMx(observation, service.mxNames);
    const observed = observation.hosts.map(({ host, preference }) => ({ host, preference }));
    return {
      recommended,
      zoneFile: zoneFileOf(domain.name, recommended),
      formRecords: formRecordsOf(domain.name, { observed, recommended }).map(({ ttlSeconds, ...record }) => ({
        ...record,
        ttl: formatDuration(ttlSeconds * UNIT_MS.s),
      })),
      observed,
      verdict: observation.verdict,
    };
  },

  dnsblZones: (domain, _args, { load }) =>
    domain.dnsbl.zones.map((setting) => {
      // Several fields of a zone are one question.
      let asked: Promise<ZoneStanding> | null = null;
      const question = { destinationId: domain.destinationId, zone: setting.zone };
      return { setting, standing: () => (asked ??= load.each(readZoneStandings, question)) };
    }),
  dnsblThreshold: ({ dnsbl }) => dnsbl.threshold,
  dnswlZones: ({ dnsbl }) => dnsbl.allowZones,
  dnsblAllowedClients: ({ dnsbl }) => dnsbl.allowedClients,

  recipientList: (domain) => domain,
  unknownWhileDown: ({ unknownWhileDown: { policy, hours } }) => ({
    policy,
    duration: formatDuration(hours * UNIT_MS.h),
  }),

  queue: async ({ destinationId }, _args, { load }) => {
    const { holdExtensionHours, ...queue } = (await load.byId(readQueues, destinationId)) ?? EMPTY_QUEUE;
    return { ...queue, destinationId, holdExtension: formatDuration(holdExtensionHours * UNIT_MS.h) };
  },
  flow: domainFlow,
  outage: ({ destinationId }, _args, { load }) => load.byId(findOpenOutages, destinationId),
  situation: async ({ id }, _args, { load }) => (await load.byId(readSituations, id)) ?? 'FINE',
  lastOutage: ({ destinationId }, _args, { load }) => load.byId(findLastOutages, destinationId),
  outages: async ({ destinationId }, { first, after, since = null }, { load }) => {
    const page = { destinationId, limit: pageSize(first) + 1, beforeId: idOfCursor(after), since };
    const total = countRows((limit) => load.each(listDestinationOutages, { ...page, limit, beforeId: null }));
    return connectionOfRows(await load.each(listDestinationOutages, page), { first, after }, total);
  },
  attempts: async ({ destinationId }, { first, after, since = null }, { load }) => {
    const page = { destinationId, limit: pageSize(first) + 1, beforeId: idOfCursor(after), since };
    const total = countRows((limit) => load.each(listDestinationAttempts, { ...page, limit, beforeId: null }));
    return connectionOfRows(await load.each(listDestinationAttempts, page), { first, after }, total);
  },
  conditions: async ({ destinationId }, _args, { load }) => (await load.byId(findConditions, destinationId)) ?? [],
  breaker: async ({ destinationId }, _args, { load }) =>
    (await load.byId(readBreakers, destinationId)) ?? CLOSED_BREAKER,
  pause: ({ destinationId }, _args, { load }) => load.byId(findPauses, destinationId),
  lastAttempt: async ({ destinationId }, _args, { load }) =>
    (await load.byId(readDestinationAttempts, destinationId))?.last ?? null,
  requestedAttempt: async ({ destinationId }, _args, { load }) =>
    (await load.byId(readDestinationAttempts, destinationId))?.requested ?? null,
  drills: async ({ destinationId }, { first, after }, { load }) => {
    const page = { destinationId, limit: pageSize(first) + 1, beforeId: idOfCursor(after) };
    const total = countRows((limit) => load.each(listDrills, { ...page, limit, beforeId: null }));
    return connectionOfRows(await load.each(listDrills, page), { first, after }, total);
  },
  drillSchedule: async ({ id }, _args, { load }) => {
    const schedule = await load.byId(readDrillSchedules, id);
    return schedule === null
      ? null
      : { interval: formatDuration(schedule.everyDays * UNIT_MS.d), nextAt: schedule.nextAt };
  },
};

export const DomainQueue: DomainQueueResolvers = {
  nextAttempts: ({ destinationId }, { first }, { load }) =>
    load.each(readNextAttempts, { destinationId, count: pageSize(first) }),
};

export const RecipientList: RecipientListResolvers = {
  isEnabled: ({ recipientList }) => recipientList.count > 0,
  entryCount: ({ recipientList }) => recipientList.count,
  revision: ({ recipientList }) => recipientList.revision,
  entries: async ({ id: domainId, recipientList: { count } }, { first, after, prefix: given }, { load }) => {
    const prefix = given?.trim().toLowerCase() ?? '';
    const page = { domainId, limit: pageSize(first) + 1, after: localPartOfCursor(after), prefix };
    const forms = await load.each(listEntries, page);
    const rows = forms.map((form) => ({ id: form, localPart: writeEntry(form) }));
    const total =
      prefix === ''
        ? async () => ({ count, isWhole: true })
        : countRows((limit) => load.each(listEntries, { ...page, limit, after: null }));
    return connectionOfRows(rows, { first, after }, total);
  },
};

export const DnsblZone: DnsblZoneResolvers = {
  zone: ({ setting }) => setting.zone,
  mode: ({ setting }) => setting.mode,
  weight: ({ setting }) => setting.weight,
  codes: ({ setting }) => setting.codes,
  isOn: async ({ standing }) => (await standing()).isOn,
  reason: async ({ standing }) => (await standing()).reason,
  checkedAt: async ({ standing }) => (await standing()).checkedAt,
  checkedCount: async ({ standing }) => (await standing()).checkedCount,
  listedCount: async ({ standing }) => (await standing()).listedCount,
};

/** An outage that is over and has drained has nothing to do with what its destination holds. */
async function queueOf(outage: OutageView, { load }: Context): Promise<QueueView | null> {
  return outage.endedAt === null || outage.drain !== null ? load.byId(readQueues, outage.destinationId) : null;
}

export const Outage: OutageResolvers = {
  domain: (outage, _args, { load }) => load.byId(findDomainsByDestination, outage.destinationId),
  heldCount: async (outage, _args, context) => (await queueOf(outage, context))?.heldCount ?? null,
  heldSize: async (outage, _args, context) => (await queueOf(outage, context))?.heldSize ?? null,
  oldestAcceptedAt: async (outage, _args, context) => (await queueOf(outage, context))?.oldestAcceptedAt ?? null,
};

export const OutageEvidence: OutageEvidenceResolvers = { latency: ({ latencyMs }) => formatDuration(latencyMs) };

export const Rejection: RejectionResolvers = {
  code: ({ code }) => storedValue(RejectionCode, code),
  command: ({ command }) => storedValue(SmtpCommand, command),
  domain: ({ destinationId }, _args, { load }) =>
    destinationId === null ? null : load.byId(findDomainsByDestination, destinationId),
};
