/**
 * Webhooks and alert contacts in the audit log: what a mutation of them is about, and what of its input is nobody's.
 *
 * The path of a webhook's URL may be a secret between its owner and the receiver, so the log has only where it leads.
 */
import type { AuditSubject } from '../events/audit.ts';
import { absent, lower } from './audit-subject.ts';
import type { Context } from './context.ts';

interface Input {
  readonly id?: unknown;
  readonly address?: unknown;
  readonly [field: string]: unknown;
}

/** The input with a URL in it cut to scheme, host and port, without the code of a contact, and the secrets of a token and of a DNS key. */
export function withoutSecrets(input: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { code: _code, tsig, ...rest } = input;
  const told: Record<string, unknown> = { ...rest };
  if (told['secret'] != null) told['secret'] = '[secret]';
  if (typeof tsig === 'object' && tsig !== null) told['tsig'] = { ...tsig, secret: '[secret]' };
  return typeof told['url'] === 'string' ? { ...told, url: originOf(told['url']) } : told;
}

/** What cannot be read as a URL is not shown at all. */
function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : '[no URL]';
}

export function notifySubject(context: Context, mutation: string, input: Input): Promise<AuditSubject> {
  const id = typeof input.id === 'string' ? input.id : '';
  return mutation.startsWith('webhook') ? webhookSubject(context, mutation, id) : contactSubject(context, input, id);
}

async function webhookSubject({ deps, viewer }: Context, mutation: string, given: string): Promise<AuditSubject> {
  const id =
    mutation === 'webhookRedeliver' ? ((await deps.deliveries.findDelivery(viewer, given))?.webhookId ?? '') : given;
  const webhook = await deps.webhooks.findWebhook(viewer, id);
  if (webhook === null) return absent('WEBHOOK', null);
  const { tenantId, url, events, domains, description, status, disabledReason, revision, rotatedAt } = webhook;
  const host = new URL(url).hostname;
  const state = { url: originOf(url), description, events, domains, status, disabledReason, revision, rotatedAt };
  return { kind: 'WEBHOOK', id: webhook.id, name: lower(host), tenantId, state };
}

async function contactSubject({ deps, viewer }: Context, { address }: Input, given: string): Promise<AuditSubject> {
  const contact = given === '' ? null : await deps.alertContacts.findContact(viewer, given);
  if (contact === null) return absent('ALERT_CONTACT', lower(address));
  const { id, tenantId, domains, status } = contact;
  return { kind: 'ALERT_CONTACT', id, name: lower(contact.address), tenantId, state: { domains, status } };
}
