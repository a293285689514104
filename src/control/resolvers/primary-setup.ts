/** `Domain.primarySetup`: what the administrator of its primary sets up, with the service's egress addresses. */
import { primarySetups } from '../../mail/primary-setup.ts';
import type { DomainResolvers } from '../generated.ts';

export const primarySetupOfDomain = {
  primarySetup: (_domain, _args, { deps }) => primarySetups(deps.service.egressAddresses),
} satisfies DomainResolvers;
