/** All pages of the console over one scene, by name: for the tests that look at each, and for the pictures. */
import { newId } from '../../src/mail/id.ts';
import { OPERATOR_TENANT_ID } from '../../src/mail/viewer.ts';
import type { Harness } from '../control/harness.ts';
import { playScene } from './scene.ts';

const DOMAINS = ['away', 'archive', 'hr', 'vale', 'paused', 'pending', 'checked', 'well'];

/** The paths of the pages by their names; what they show is made first. */
export async function scenePages(control: Harness): Promise<ReadonlyMap<string, string>> {
  const { ids } = await playScene(control);
  const [held] = await control.database.sql<{ id: string }[]>`
    select id from messages where destination_id = ${ids.get('away') ?? ''} order by id limit 1`;
  const { contactId, webhookId, tokenId } = await addSettings(control);
  const settings = '/console/settings';
  return new Map([
    ['overview', '/console'],
    ['reject', '/reject/BMX-USER'],
    ['find', '/console/find?q=user1@away.northwind.example'],
    ['refusals', '/console/refusals'],
    ['service', '/console/service'],
    ...DOMAINS.map((name): [string, string] => [`domain-${name}`, `/console/d/${name}.northwind.example`]),
    ['domain-pause', '/console/d/away.northwind.example?do=pause'],
    ['add', '/console/add'],
    ['domain-settings', '/console/d/away.northwind.example/settings?do=mailboxes'],
    ['domain-mx', '/console/d/away.northwind.example/mx?do=set-mx'],
    ['message', `/console/m/${held?.id}`],
    ['contacts', `${settings}/contacts`],
    ['contact', `${settings}/contacts/${contactId}`],
    ['webhooks', `${settings}/webhooks`],
    ['webhook', `${settings}/webhooks/${webhookId}?do=change-webhook`],
    ['tokens', `${settings}/tokens?do=add-token`],
    ['token', `${settings}/tokens/${tokenId}`],
    ['sessions', `${settings}/sessions`],
    ['missing', '/console/nowhere'],
  ]);
}

/** Contacts, a webhook that fails, and tokens. */
async function addSettings({ database: { sql }, ask }: Harness) {
  const contactId = newId();
  await sql`
    insert into alert_contacts (id, tenant_id, address, address_domain, domains, confirmed_at, mailed_at, code_hash, code_until)
    values (${newId()}, ${OPERATOR_TENANT_ID}, 'duty@phone.example', 'phone.example', null, bmx_now() - interval '40 days', bmx_now() - interval '4 hours', null, null),
      (${contactId}, ${OPERATOR_TENANT_ID}, 'mail-team@elsewhere.example', 'elsewhere.example', '{away.northwind.example,well.northwind.example}', null, null,
        ${Buffer.alloc(32)}, bmx_now() + interval '1 day')`;
  const made = await ask<{
    webhookCreate: { webhook: { id: string } };
    tokenCreate: { token: { id: string } };
  }>(`mutation {
    webhookCreate(input: { url: "https://hooks.example.org/backup-mx", description: "Pager of the mail team", events: [OUTAGE_OPENED, OUTAGE_DRAINED, MAIL_DIGEST] }) { webhook { id } }
    tokenCreate(input: { name: "terraform", scopes: [DOMAIN_WRITE, WEBHOOK_WRITE, TOKEN_READ] }) { token { id } }
    monitoring: tokenCreate(input: { name: "monitoring", scopes: [DOMAIN_READ, QUEUE_READ], expiresAt: "${new Date(Date.now() + 100_000_000).toISOString()}" }) { token { id } }
  }`);
  const webhookId = made.webhookCreate.webhook.id;
  await sql`
    update webhooks set failing_since = bmx_now() - interval '50 minutes', created_at = bmx_now() - interval '30 days' where id = ${webhookId}`;
  for (const [state, kind, minutes, status, text] of [
    ['PENDING', 'OUTAGE_OPENED', 50, 503, 'upstream connect error or disconnect/reset before headers'],
    ['DELIVERED', 'MAIL_DIGEST', 400, 204, ''],
    ['DELIVERED', 'OUTAGE_DRAINED', 4_000, 200, '{"ok":true}'],
  ] as const)
    await sql`
      insert into webhook_deliveries (id, webhook_id, tenant_id, kind, body, state, attempt_count, next_attempt_at, last_attempt_at, created_at, response_status, response_text)
      values (${newId()}, ${webhookId}, ${OPERATOR_TENANT_ID}, ${kind}, '{}', ${state}, ${state === 'PENDING' ? 4 : 1},
        ${state === 'PENDING' ? sql`bmx_now() + interval '9 minutes'` : null}, bmx_now() - make_interval(mins => ${minutes}),
        bmx_now() - make_interval(mins => ${minutes}), ${status}, ${text})`;
  return { contactId, webhookId, tokenId: made.tokenCreate.token.id };
}
