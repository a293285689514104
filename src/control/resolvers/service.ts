/** `Service`: what it is called, what it connects from, its limits. */
import type { ServiceResolvers } from '../generated.ts';

export const Service: ServiceResolvers = {
  version: (_parent, _args, { deps }) => deps.service.version,
  runtime: (_parent, _args, { deps }) => deps.service.runtime,
  mxNames: (_parent, _args, { deps }) => deps.service.mxNames,
  egressAddresses: (_parent, _args, { deps }) => deps.service.egressAddresses,
  messageSizeLimitBytes: async (_parent, _args, { deps }) => (await deps.readLimits()).messageSizeLimitBytes,
  retrySchedule: async (_parent, _args, { deps }) => (await deps.readLimits()).retrySchedule,
  nodes: (_parent, _args, { deps, viewer }) => (viewer.isOperator ? deps.listNodes() : null),
};
