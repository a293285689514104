/** The verbs of the command that speak to the service, each loaded when it is needed. */
import type { Verb } from './action.ts';

export const VERBS: Readonly<Record<string, () => Promise<Verb>>> = {
  status: async () => (await import('./status.ts')).statusVerb,
  why: async () => (await import('./why.ts')).whyVerb,
  domain: async () => (await import('./domain.ts')).domainVerb,
  recipients: async () => (await import('./recipients.ts')).recipientsVerb,
  dnsbl: async () => (await import('./dnsbl.ts')).dnsblVerb,
  queue: async () => (await import('./queue.ts')).queueVerb,
  outage: async () => (await import('./outage.ts')).outageVerb,
  watch: async () => (await import('./watch.ts')).watchVerb,
  rejections: async () => (await import('./rejections.ts')).rejectionsVerb,
  console: async () => (await import('./console.ts')).consoleVerb,
  audit: async () => (await import('./audit.ts')).auditVerb,
  service: async () => (await import('./limits.ts')).serviceVerb,
  token: async () => (await import('./token.ts')).tokenVerb,
  tenant: async () => (await import('./tenant.ts')).tenantVerb,
  webhook: async () => (await import('./webhook.ts')).webhookVerb,
  contact: async () => (await import('./contact.ts')).contactVerb,
  doctor: async () => (await import('./doctor.ts')).doctorVerb,
  drill: async () => (await import('./drill.ts')).drillVerb,
  plan: async () => (await import('./apply.ts')).planVerb,
  apply: async () => (await import('./apply.ts')).applyVerb,
};
