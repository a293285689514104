/** `DnsblZone`, and what a `Domain` wants of DNS lists. */
import type { DnsblZoneResolvers, DomainResolvers } from '../generated.ts';

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

export const dnsblOfDomain = {
  dnsblZones: (domain, _args, { load }) =>
    domain.dnsbl.zones.map((setting) => {
      // Several fields of a zone are one question.
      let asked: ReturnType<typeof load.zoneStanding> | null = null;
      const standing = () => (asked ??= load.zoneStanding({ destinationId: domain.destinationId, zone: setting.zone }));
      return { setting, standing };
    }),
  dnsblThreshold: ({ dnsbl }) => dnsbl.threshold,
  dnswlZones: ({ dnsbl }) => dnsbl.allowZones,
  dnsblAllowedClients: ({ dnsbl }) => dnsbl.allowedClients,
} satisfies DomainResolvers;
