/**
 * Alert contacts: addresses that are told by mail when something is wrong with a tenant's domains.
 *
 * Double opt-in: a new contact gets one mail with a code and nothing else until somebody gives that code back. An address inside
 * a domain that it watches is refused, since its alerts could not arrive; one that comes to stand inside a domain added later is
 * told nothing of that domain, and the tenant sees that. Codes are bounded (code-bounds.ts).
 */
import { createHash, randomInt } from 'node:crypto';
import type { Sql, SqlExecutor, TransactionSql } from '../db/client.ts';
import { type EventKind, recordEvent } from '../events/record.ts';
import { parsePath } from '../mail/address.ts';
import { askedId, newId } from '../mail/id.ts';
import { narrowed, type Viewer } from '../mail/viewer.ts';
import { type Change, type Checked, errorsOf, invalid, refused, type UserError } from '../input/checked.ts';
import { tenantCheck, tenantScope } from '../db/fragments.ts';
import { emptySlice, type PageRequest, readWalkOf, SETTINGS_COUNT_LIMIT, type Slice, underViewer } from '../db/walk.ts';
import { lockOwner } from '../domains/owner.ts';
import { checkQuota } from '../domains/quotas.ts';
import { liesIn } from './alert-news.ts';
import { CONFIRMATION_SUBJECT, confirmationText } from './alert-text.ts';
import { isInside, isReachable, sendMail } from './alerts.ts';
import { takeCode } from './code-bounds.ts';
import { checkDomains } from './watched-domains.ts';

export interface AlertContact {
  readonly id: string;
  readonly tenantId: string;
  readonly address: string;
  /** Null: all of the tenant. */
  readonly domains: readonly string[] | null;
  readonly status: 'UNCONFIRMED' | 'CONFIRMED';
  readonly confirmedAt: Date | null;
  /** Until when the code is taken that was mailed last. */
  readonly codeExpiresAt: Date | null;
  readonly lastMailedAt: Date | null;
  /** Domains that it would watch and stands in: of these it is told nothing. */
  readonly ignoredDomains: readonly string[];
  readonly createdAt: Date;
}

export interface AlertContactInput {
  /** Absent or null: the viewer's own. */
  readonly tenantId?: string | null | undefined;
  readonly address: string;
  readonly domains?: readonly string[] | null | undefined;
}

export interface AlertContactUpdateInput {
  readonly id: string;
  /** Absent: unchanged; null: all. */
  readonly domains?: readonly string[] | null | undefined;
}

interface CodeInput {
  readonly id: string;
  readonly code: string;
}

const CODE_HOURS = 24;
const MOST_TRIES = 10;
/** No letters that look alike. */
const CODE_LETTERS = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
const CODE_LENGTH = 10;
/** Shown of a domain or a contact: enough to see that something must be changed. */
const MOST_IGNORED = 100;

/** Mails a code. The same again for an address that has not confirmed it mails another. `mxHostname`: our MX name, for the mail. */
export function createContact(
  sql: Sql,
  viewer: Viewer,
  input: AlertContactInput,
  mxHostname: string,
): Promise<Change<AlertContact>> {
  return sql.begin((transaction) => insertContact(transaction, viewer, { ...input, mxHostname }));
}

/** Changes the domains that it watches; its confirmation stays. */
export function updateContact(sql: Sql, viewer: Viewer, input: AlertContactUpdateInput): Promise<Change<AlertContact>> {
  return sql.begin((transaction) => changeContact(transaction, viewer, input));
}

export function confirmContact(sql: Sql, viewer: Viewer, input: CodeInput): Promise<Change<AlertContact>> {
  return sql.begin((transaction) => acceptCode(transaction, viewer, input));
}

export function deleteContact(
  sql: Sql,
  viewer: Viewer,
  { id }: { readonly id: string },
): Promise<Change<AlertContact>> {
  return sql.begin((transaction) => removeContact(transaction, viewer, id));
}

function columns(sql: SqlExecutor) {
  return sql`c.id, c.tenant_id as "tenantId", c.address, c.domains,
    case when c.confirmed_at is null then 'UNCONFIRMED' else 'CONFIRMED' end as status, c.confirmed_at as "confirmedAt",
    case when c.confirmed_at is null then c.code_until end as "codeExpiresAt", c.mailed_at as "lastMailedAt",
    array(select d.name from domains d where d.tenant_id = c.tenant_id and (c.domains is null or d.name = any(c.domains))
          and ${liesIn(sql, sql`c.address_domain`, sql`d.name`)} order by d.name limit ${MOST_IGNORED}) as "ignoredDomains",
    c.created_at as "createdAt"`;
}

export async function findContact(sql: SqlExecutor, viewer: Viewer, id: string): Promise<AlertContact | null> {
  const [row] = await sql<AlertContact[]>`
    select ${columns(sql)} from alert_contacts c where id = ${askedId(id)} and ${tenantScope(sql, viewer)}`;
  return row ?? null;
}

async function findContacts(
  sql: SqlExecutor,
  viewer: Viewer,
  ids: readonly string[],
): Promise<Map<string, AlertContact>> {
  const rows = await sql<AlertContact[]>`
    select ${columns(sql)} from alert_contacts c where id = any(${[...ids]}::uuid[]) and ${tenantCheck(sql, viewer)}`;
  return new Map(rows.map((row) => [row.id, row]));
}

/** All that is given must hold. */
export interface AlertContactFilter {
  readonly tenantId?: string | null | undefined;
  readonly status?: AlertContact['status'] | null | undefined;
}

export interface AlertContactPageRequest extends PageRequest {
  readonly filter: AlertContactFilter;
}

const SCAN_LIMIT = 5_000;

/** In order of creation. */
export function listContacts(
  sql: SqlExecutor,
  viewer: Viewer,
  { filter, ...page }: AlertContactPageRequest,
): Promise<Slice<AlertContact>> {
  const asked = narrowed(viewer, filter.tenantId);
  if (asked === null) return Promise.resolve(emptySlice());
  const { status } = filter;
  const walk = {
    table: sql`alert_contacts`,
    range: { under: underViewer(sql, asked), isDescending: false },
    page,
    matches: status == null ? [] : [status === 'CONFIRMED' ? sql`confirmed_at is not null` : sql`confirmed_at is null`],
    scanLimit: SCAN_LIMIT,
    countLimit: SETTINGS_COUNT_LIMIT,
  };
  return readWalkOf(sql, walk, (ids) => findContacts(sql, viewer, ids));
}

interface CheckedAddress {
  readonly address: string;
  readonly domain: string;
}

async function insertContact(
  sql: TransactionSql,
  viewer: Viewer,
  input: AlertContactInput & { readonly mxHostname: string },
): Promise<Change<AlertContact>> {
  const owner = await lockOwner(sql, viewer, input.tenantId);
  if (owner.kind === 'BAD') return refused(...owner.errors);
  const tenantId = owner.value;
  const address = checkAddress(input.address);
  const domains = await checkDomains(sql, tenantId, input.domains ?? null);
  if (address.kind === 'BAD' || domains.kind === 'BAD') return refused(...errorsOf(address, domains));
  const inside = await findHolding(sql, tenantId, address.value.domain, domains.value);
  if (inside !== null) return refused(standsInside(inside));
  const [present] = await sql<{ id: string; confirmed_at: Date | null }[]>`
    select id, confirmed_at from alert_contacts
    where tenant_id = ${tenantId} and lower(address) = lower(${address.value.address}) for update`;
  if (present !== undefined && present.confirmed_at !== null) return alreadyThere(sql, viewer, present.id);
  if (present === undefined) {
    const tooMany = await checkQuota(sql, { tenantId, quota: 'alertContacts', more: 1, path: ['address'] });
    if (tooMany !== null) return refused(tooMany);
  }
  if (!(await isReachable(sql, address.value.domain))) return refused(notReachable(address.value.domain));
  const tooManyCodes = await takeCode(sql, { ...address.value, tenantId });
  if (tooManyCodes !== null) return refused(tooManyCodes);
  const id = present?.id ?? newId();
  await mailCode(sql, { ...address.value, id, tenantId, domains: domains.value, mxHostname: input.mxHostname });
  const made = await findContact(sql, viewer, id);
  if (made === null) throw new Error('an insert left no row');
  if (present === undefined) await record(sql, made, 'ALERT_CONTACT_CREATED');
  return { kind: 'DONE', object: made };
}

function checkAddress(text: string): Checked<CheckedAddress> {
  const parsed = parsePath(`<${text.trim()}>`, { allowNull: false, smtpUtf8: true });
  if (parsed.kind === 'PATH' && /^[^[].*\./.test(parsed.path.domain)) {
    return { kind: 'OK', value: { address: parsed.path.address, domain: parsed.path.domain } };
  }
  return {
    kind: 'BAD',
    errors: [invalid(['address'], 'Enter a mail address, such as admin@example.net.', 'NOT_AN_ADDRESS')],
  };
}

/** The domain among those watched in which the address stands; null: in none. */
async function findHolding(
  sql: SqlExecutor,
  tenantId: string,
  addressDomain: string,
  domains: readonly string[] | null,
): Promise<string | null> {
  if (domains !== null) return domains.find((domain) => isInside(addressDomain, domain)) ?? null;
  const [row] = await sql<{ name: string }[]>`
    select name from domains where tenant_id = ${tenantId} and ${liesIn(sql, sql`${addressDomain}::text`, sql`name`)}
    order by name limit 1`;
  return row?.name ?? null;
}

/** Writes the contact down and mails it a new code; the one before is void. */
async function mailCode(
  sql: SqlExecutor,
  contact: CheckedAddress & {
    readonly id: string;
    readonly tenantId: string;
    readonly domains: readonly string[] | null;
    readonly mxHostname: string;
  },
): Promise<void> {
  const { id, tenantId, address, domain, mxHostname } = contact;
  const code = Array.from({ length: CODE_LENGTH }, () => CODE_LETTERS[randomInt(CODE_LETTERS.length)]).join('');
  const domains = contact.domains === null ? null : [...contact.domains];
  const [row] = await sql<{ at: Date; until: Date; name: string }[]>`
    with written as (
      insert into alert_contacts (id, tenant_id, address, address_domain, domains, code_hash, code_until)
      values (${id}, ${tenantId}, ${address}, ${domain}, ${domains}::text[], ${hashOf(code)},
              bmx_now() + make_interval(hours => ${CODE_HOURS}))
      on conflict (id) do update
      set domains = excluded.domains, code_hash = excluded.code_hash, code_until = excluded.code_until, code_tries = 0
      returning code_until, tenant_id
    )
    select bmx_now() as at, code_until as until, (select name from tenants t where t.id = written.tenant_id) from written`;
  if (row === undefined) throw new Error('an insert returned no row');
  const text = confirmationText({ contactId: id, tenantName: row.name, code, until: row.until });
  const to = { tenantId, address, addressDomain: domain, at: row.at };
  await sendMail(sql, to, { mxHostname, subject: CONFIRMATION_SUBJECT, text });
}

async function acceptCode(sql: SqlExecutor, viewer: Viewer, { id, code }: CodeInput): Promise<Change<AlertContact>> {
  const [row] = await sql<{ id: string; is_right: boolean; is_open: boolean; is_confirmed: boolean }[]>`
    update alert_contacts
    set code_tries = least(code_tries + 1, ${MOST_TRIES + 1}::integer)
    where id = ${askedId(id)} and ${tenantScope(sql, viewer)}
    returning id, coalesce(code_hash = ${hashOf(code.trim().toUpperCase())}, false) as is_right,
      coalesce(code_until > bmx_now(), false) and code_tries <= ${MOST_TRIES} as is_open, confirmed_at is not null as is_confirmed`;
  if (row === undefined) return refused(noSuchContact(id));
  if (!row.is_confirmed && !(row.is_open && row.is_right)) return refused(wrongCode(row.is_open));
  if (!row.is_confirmed) {
    await sql`update alert_contacts set confirmed_at = bmx_now(), code_hash = null, code_until = null where id = ${row.id}`;
  }
  const contact = await findContact(sql, viewer, row.id);
  if (contact === null) throw new Error('a locked contact is gone');
  if (!row.is_confirmed) await record(sql, contact, 'ALERT_CONTACT_CONFIRMED');
  return { kind: 'DONE', object: contact };
}

async function changeContact(
  sql: SqlExecutor,
  viewer: Viewer,
  { id, domains: given }: AlertContactUpdateInput,
): Promise<Change<AlertContact>> {
  const [row] = await sql<{ id: string; tenantId: string; domain: string }[]>`
    select id, tenant_id as "tenantId", address_domain as domain from alert_contacts
    where id = ${askedId(id)} and ${tenantScope(sql, viewer)} for update`;
  if (row === undefined) return refused(noSuchContact(id));
  if (given !== undefined) {
    const domains = await checkDomains(sql, row.tenantId, given);
    if (domains.kind === 'BAD') return refused(...domains.errors);
    const inside = await findHolding(sql, row.tenantId, row.domain, domains.value);
    if (inside !== null) return refused({ ...standsInside(inside), path: ['domains'] });
    const names = domains.value === null ? null : [...domains.value];
    await sql`update alert_contacts set domains = ${names}::text[] where id = ${row.id}`;
  }
  const contact = await findContact(sql, viewer, row.id);
  if (contact === null) throw new Error('a locked contact is gone');
  await record(sql, contact, 'ALERT_CONTACT_UPDATED');
  return { kind: 'DONE', object: contact };
}

async function removeContact(sql: SqlExecutor, viewer: Viewer, id: string): Promise<Change<AlertContact>> {
  const contact = await findContact(sql, viewer, id);
  if (contact === null) return refused(noSuchContact(id));
  await sql`delete from alert_contacts where id = ${contact.id}`;
  await record(sql, contact, 'ALERT_CONTACT_DELETED');
  return { kind: 'DONE', object: contact };
}

/** Addresses that are told nothing of a domain because they stand in it, by domain id. */
export async function findIgnored(
  sql: SqlExecutor,
  viewer: Viewer,
  domainIds: readonly string[],
): Promise<Map<string, readonly string[]>> {
  const mine = viewer.isOperator ? sql`true` : sql`d.tenant_id = ${viewer.tenantId}`;
  const rows = await sql<{ id: string; addresses: string[] }[]>`
    select d.id, (array_agg(c.address order by c.address))[:${MOST_IGNORED}::integer] as addresses
    from domains d
      join alert_contacts c on c.tenant_id = d.tenant_id and (c.domains is null or d.name = any(c.domains))
        and ${liesIn(sql, sql`c.address_domain`, sql`d.name`)}
    where d.id = any(${[...domainIds]}::uuid[]) and ${mine}
    group by d.id`;
  return new Map(rows.map(({ id, addresses }) => [id, addresses]));
}

function hashOf(code: string): Uint8Array {
  return createHash('sha256').update(code).digest();
}

async function alreadyThere(sql: SqlExecutor, viewer: Viewer, id: string): Promise<Change<AlertContact>> {
  const message = 'This address is an alert contact already. Change what it watches with alertContactUpdate.';
  const error: UserError = { path: ['address'], message, code: 'ALREADY_EXISTS' };
  return { kind: 'REFUSED', errors: [error], object: await findContact(sql, viewer, id) };
}

function standsInside(domain: string): UserError {
  return invalid(
    ['address'],
    `This address lies in ${domain}, which it would watch: when ${domain} is down, no alert can reach it. Take an address elsewhere, or name other domains.`,
    'INSIDE_DOMAIN',
  );
}

function notReachable(domain: string): UserError {
  const message = `Mail to ${domain} cannot be delivered at present, so no code can be sent there. Try again when it can.`;
  return { path: ['address'], message, code: 'CONFLICT' };
}

function wrongCode(isOpen: boolean): UserError {
  const message = isOpen
    ? 'This is not the code that was mailed last. Look at the latest mail.'
    : 'The code has expired, or was tried too often. Add the contact again: another code is mailed.';
  return invalid(['code'], message, 'WRONG_CODE');
}

function noSuchContact(id: string): UserError {
  const message = `You have no alert contact "${id.slice(0, 40)}". The query "alertContacts" lists those you have.`;
  return { path: ['id'], message, code: 'NOT_FOUND' };
}

function record(sql: SqlExecutor, { tenantId, id, address }: AlertContact, kind: EventKind): Promise<void> {
  const facts = { contactId: id, address };
  return recordEvent(sql, { tenantId, destinationId: null, messageId: null, kind, facts });
}
