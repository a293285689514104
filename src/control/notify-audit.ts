/**
 * Webhooks in the audit log: what a mutation of them is about.
 *
 * The path of a webhook's URL may be a secret between its owner and the receiver, so the log has only where it leads.
 */
import type { AuditSubject } from '../events/audit.ts';
import { absent, lower } from './audit-subject.ts';
import type { Context } from './context.ts';

interface Input {
  readonly id?: unknown;
  readonly [field: string]: unknown;
}

/** The input with a URL in it cut to scheme, host and port. */
export function withoutPath(input: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { url } = input;
  return typeof url === 'string' ? { ...input, url: originOf(url) } : input;
}

/** What cannot be read as a URL is not shown at all. */
function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : '[no URL]';
}

export async function notifySubject(context: Context, mutation: string, input: Input): Promise<AuditSubject> {
  const { deps, viewer } = context;
  const given = typeof input.id === 'string' ? input.id : '';
  const id =
    mutation === 'webhookRedeliver' ? ((await deps.deliveries.findDelivery(viewer, given))?.webhookId ?? '') : given;
  const webhook = await deps.webhooks.findWebhook(viewer, id);
  if (webhook === null) return absent('WEBHOOK', null);
  const { tenantId, url, events, domains, description, status, disabledReason, revision, rotatedAt } = webhook;
  const host = new URL(url).hostname;
  const state = { url: originOf(url), description, events, domains, status, disabledReason, revision, rotatedAt };
  return { kind: 'WEBHOOK', id: webhook.id, name: lower(host), tenantId, state };
}
