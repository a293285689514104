/**
 * Mails to alert contacts: news gathered into digests, seldom enough, and never into a trouble.
 *
 * Rules: news of an outage's beginning and end goes five minutes after the last mail at the earliest, four mails an hour at the
 * most; what merely changes waits for an hour. Nothing is sent to a domain whose own mail is held or cannot be delivered, nor
 * to one that is suspended: it waits. So does all while the trouble is our own. Sending (that is, putting it into the queue) and noting what the contact knows is one
 * transaction, so nothing is told twice, with any number of nodes at work.
 */
import type { Sql, SqlExecutor } from '../db/client.ts';
import { newId } from '../mail/id.ts';
import { spoolOwnMail } from '../queue/reports/own-mail.ts';
import { isPausedNow } from '../outage/pause.ts';
import { contactsWithNews, isOurTrouble, recordNotified, readOtherNews, readOutageNews } from './alert-news.ts';
import { ALERTED_KINDS, composeAlert, digestSubject, digestText } from './alert-text.ts';
import type { MailEvents } from '../telemetry/events.ts';
import type { RecordedEvent } from './outbox.ts';
import { isWatched } from './watched-domains.ts';

export interface AlertDeps {
  readonly sql: Sql;
  /** Our MX name, which stands in From, Message-ID and EHLO. */
  readonly mxHostname: string;
  /** PUBLIC_URL, for links to the console. */
  readonly publicUrl: string;
  readonly events: Pick<MailEvents, 'alertSent' | 'alertWithheld'>;
  /** Contacts whose news was withheld in the round before: logged once, not in every round. */
  readonly withheld: Set<string>;
}

const BETWEEN_NEWS = '5 minutes';
const BETWEEN_CHANGES = '1 hour';
const MOST_AN_HOUR = 4;

/** Sends what is due to every contact. */
export async function sendAlerts(deps: AlertDeps): Promise<void> {
  if (await isOurTrouble(deps.sql)) return;
  for (const contactId of await contactsWithNews(deps.sql)) {
    const outcome = await deps.sql.begin((transaction) => sendTo(transaction, contactId, deps));
    if (outcome === 'WITHHELD' && !deps.withheld.has(contactId)) deps.events.alertWithheld({ contactId });
    if (outcome === 'WITHHELD') deps.withheld.add(contactId);
    if (outcome !== 'SENT') continue;
    deps.withheld.delete(contactId);
    deps.events.alertSent({ contactId });
  }
}

interface ContactRow {
  readonly id: string;
  readonly tenantId: string;
  readonly tenantName: string;
  readonly address: string;
  readonly addressDomain: string;
  readonly at: Date;
  /** News of a beginning or an end may be sent. */
  readonly isDue: boolean;
  /** News of a change may be sent. */
  readonly isChangeDue: boolean;
}

type Outcome = 'SENT' | 'WITHHELD' | 'NOTHING';

async function sendTo(
  sql: SqlExecutor,
  contactId: string,
  { mxHostname, publicUrl }: Pick<AlertDeps, 'mxHostname' | 'publicUrl'>,
): Promise<Outcome> {
  const contact = await lockContact(sql, contactId);
  if (contact === null || !contact.isDue) return 'NOTHING';
  const outages = await readOutageNews(sql, contactId);
  const others = await readOtherNews(sql, contactId);
  const isChangeOnly = others.length === 0 && outages.every(({ news }) => news === 'CHANGED');
  if ((outages.length === 0 && others.length === 0) || (isChangeOnly && !contact.isChangeDue)) return 'NOTHING';
  if (!(await isReachable(sql, contact.addressDomain))) return 'WITHHELD';
  const digest = { contactId, tenantName: contact.tenantName, at: contact.at, outages, others, publicUrl };
  await sendMail(sql, contact, { mxHostname, subject: digestSubject(digest), text: digestText(digest) });
  await recordNotified(sql, contact, { outages, eventIds: others.map(({ eventId }) => eventId) });
  await sql`
    update alert_contacts set mailed_at = bmx_now(),
      hour_count = case when hour_began_at > bmx_now() - interval '1 hour' then hour_count + 1 else 1 end,
      hour_began_at = case when hour_began_at > bmx_now() - interval '1 hour' then hour_began_at else bmx_now() end
    where id = ${contactId}`;
  return 'SENT';
}

/** Null while another node has it in hand, and when its tenant is gone. */
async function lockContact(sql: SqlExecutor, contactId: string): Promise<ContactRow | null> {
  const [row] = await sql<ContactRow[]>`
    select c.id, c.tenant_id as "tenantId", t.name as "tenantName", c.address, c.address_domain as "addressDomain", bmx_now() as at,
      coalesce(c.mailed_at <= bmx_now() - ${BETWEEN_NEWS}::text::interval, true)
        and (c.hour_count < ${MOST_AN_HOUR} or coalesce(c.hour_began_at <= bmx_now() - interval '1 hour', true)) as "isDue",
      coalesce(c.mailed_at <= bmx_now() - ${BETWEEN_CHANGES}::text::interval, true) as "isChangeDue"
    from alert_contacts c join tenants t on t.id = c.tenant_id and t.deleted_at is null
    where c.id = ${contactId} and c.confirmed_at is not null
    for update of c skip locked`;
  return row ?? null;
}

/**
 * Whether mail to this domain would arrive as far as we know: none of ours waits for it, no outage, breaker or pause stands, what
 * an outage held is delivered, and it is not suspended.
 */
export async function isReachable(sql: SqlExecutor, domain: string): Promise<boolean> {
  const [row] = await sql<{ is_reachable: boolean }[]>`
    select not exists (
        select from destinations d where d.name = ${domain}
          and (d.outage_id is not null or d.first_failure_at is not null or d.breaker = 'OPEN' or ${isPausedNow(sql)}
               or exists (select from outages o where o.destination_id = d.id and o.ended_at > bmx_now() - interval '1 day'
                            and o.drained_at is null)))
      and not exists (
        select from domains m where m.name = ${domain} and m.status <> 'PENDING'
          and (m.status = 'SUSPENDED' or m.tenant_id in (select id from tenants where suspended_at is not null))) as is_reachable`;
  return row?.is_reachable ?? false;
}

export interface OwnText {
  readonly mxHostname: string;
  readonly subject: string;
  readonly text: string;
}

/** Puts a mail to the contact into the queue, with the null reverse-path that makes no report. */
export async function sendMail(
  sql: SqlExecutor,
  contact: Pick<ContactRow, 'tenantId' | 'address' | 'addressDomain' | 'at'>,
  { mxHostname, subject, text }: OwnText,
): Promise<void> {
  const { tenantId, address, addressDomain, at } = contact;
  const id = newId();
  await spoolOwnMail(sql, {
    id,
    tenantId,
    to: address,
    domain: addressDomain,
    content: composeAlert({ id, mxHostname, to: address, at, subject, text }),
    smtpUtf8: /[^\x00-\x7f]/.test(address),
    body: null,
    ehloName: mxHostname,
  });
}

interface Watcher {
  readonly id: string;
  readonly tenantId: string;
  readonly addressDomain: string;
  readonly domains: readonly string[] | null;
}

/** Notes what contacts are to be told beside outages; in the transaction that takes the events off the outbox. */
export async function noteEvents(sql: SqlExecutor, events: readonly RecordedEvent[]): Promise<void> {
  const alerting = events.filter(({ kind }) => ALERTED_KINDS.includes(kind));
  if (alerting.length === 0) return;
  const tenantIds = [...new Set(alerting.map(({ tenantId }) => tenantId))];
  const watchers = await sql<Watcher[]>`
    select id, tenant_id as "tenantId", address_domain as "addressDomain", domains from alert_contacts
    where tenant_id = any(${tenantIds}::uuid[]) and confirmed_at is not null`;
  const rows = alerting.flatMap((event) =>
    watchers
      .filter((watcher) => watcher.tenantId === event.tenantId && isWatched(watcher.domains, event.domain))
      .filter(({ addressDomain }) => event.domain === null || !isInside(addressDomain, event.domain))
      .map(({ id }) => ({ contact_id: id, event_id: event.id })),
  );
  await sql`
    insert into alert_items (contact_id, event_id, tenant_id)
    select c.id, r.event_id, c.tenant_id
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as r (contact_id uuid, event_id uuid)
      join alert_contacts c on c.id = r.contact_id
    for key share of c
    on conflict do nothing`;
}

/** Is it the domain, or below it? */
export function isInside(contactDomain: string, domain: string): boolean {
  return contactDomain === domain || contactDomain.endsWith(`.${domain}`);
}
