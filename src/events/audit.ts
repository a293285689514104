/**
 * The audit log: who changed what through the API, when, from where, with which token, and what it came to.
 *
 * An entry is written before the change and completed after it, so a node that dies in between leaves an entry that says
 * STARTED, never a change without one. Nothing else alters an entry (the database sees to that), and after 400 days it goes.
 * Inputs are kept as they came; no mutation takes a secret.
 */
import type { SqlExecutor } from '../db/client.ts';
import { newId } from '../mail/id.ts';
import { narrowed, type Viewer } from '../mail/viewer.ts';
import { type SqlFragment, tenantCheck, type WordCondition, wordIs } from '../db/fragments.ts';
import { emptySlice, idsBetween, type PageRequest, type Range, readWalk, type Slice, underViewer } from '../db/walk.ts';

export type AuditOutcome = 'STARTED' | 'DONE' | 'REFUSED' | 'REPLAYED' | 'FAULT';

export interface AuditActor {
  readonly tenantId: string;
  /** Null: the operator token of the service itself. */
  readonly token: { readonly id: string; readonly name: string; readonly prefix: string } | null;
  /** Null when it is not known. */
  readonly clientAddress: string | null;
}

/** The object of a mutation. */
export interface AuditSubject {
  readonly kind: 'DOMAIN' | 'MESSAGE' | 'TENANT' | 'TOKEN' | 'WEBHOOK' | 'ALERT_CONTACT';
  /** Null when it is to be made, or is not there. */
  readonly id: string | null;
  readonly name: string | null;
  readonly tenantId: string | null;
  /** As it is, plain JSON; null when it is not there. */
  readonly state: Readonly<Record<string, unknown>> | null;
}

export interface AuditStart {
  readonly actor: AuditActor;
  readonly mutation: string;
  readonly input: unknown;
  readonly subject: AuditSubject | null;
}

export interface AuditEnd {
  readonly id: string;
  readonly outcome: AuditOutcome;
  readonly userErrorCodes: readonly string[];
  readonly subject: AuditSubject | null;
}

/** One of many things that a mutation has changed. */
export interface AuditPart {
  /** The input of the mutation, for this object. */
  readonly input: unknown;
  readonly subject: Omit<AuditSubject, 'state'> & { readonly tenantId: string };
  readonly before: AuditSubject['state'];
  readonly after: AuditSubject['state'];
}

/** Writes an entry for each of the things that a mutation changes, in the transaction that changes them. */
export async function addAuditParts(
  sql: SqlExecutor,
  { actor, mutation }: Pick<AuditStart, 'actor' | 'mutation'>,
  parts: readonly AuditPart[],
): Promise<void> {
  const rows = parts.map(({ input, subject, before, after }) => ({
    tenant_id: subject.tenantId,
    input,
    subject_kind: subject.kind,
    subject_id: subject.id,
    subject_name: subject.name,
    before,
    after,
  }));
  await sql`
    insert into audit_entries (id, tenant_id, ended_at, outcome, mutation, input, actor_tenant_id, token_id, token_name, token_prefix,
                               client_address, subject_kind, subject_id, subject_name, before, after)
    select new_id(), tenant_id, bmx_now(), 'DONE', ${mutation}, input, ${actor.tenantId}::uuid, ${actor.token?.id ?? null}::uuid,
           ${actor.token?.name ?? null}, ${actor.token?.prefix ?? null}, ${addressOf(actor)}::text::inet,
           subject_kind, subject_id, subject_name, before, after
    from jsonb_to_recordset(${textOfJson(rows)}::text::jsonb) as part (
      tenant_id uuid, input jsonb, subject_kind text, subject_id uuid, subject_name text, before jsonb, after jsonb)`;
}

/** Returns the id of the new entry. */
export async function beginAudit(sql: SqlExecutor, { actor, mutation, input, subject }: AuditStart): Promise<string> {
  const id = newId();
  await sql`
    insert into audit_entries (id, tenant_id, mutation, input, actor_tenant_id, token_id, token_name, token_prefix,
                               client_address, subject_kind, subject_id, subject_name, before)
    values (${id}, ${subject?.tenantId ?? actor.tenantId}, ${mutation}, ${jsonOf(input)}::text::jsonb, ${actor.tenantId},
            ${actor.token?.id ?? null}, ${actor.token?.name ?? null}, ${actor.token?.prefix ?? null}, ${addressOf(actor)},
            ${subject?.kind ?? null}, ${subject?.id ?? null}, ${textOf(subject?.name ?? null)},
            ${subject?.state == null ? null : jsonOf(subject.state)}::text::jsonb)`;
  return id;
}

export async function endAudit(sql: SqlExecutor, { id, outcome, userErrorCodes, subject }: AuditEnd): Promise<void> {
  await sql`
    update audit_entries
    set outcome = ${outcome}, ended_at = bmx_now(), user_error_codes = ${[...new Set(userErrorCodes)]}::text[],
        subject_id = coalesce(subject_id, ${subject?.id ?? null}),
        after = ${subject?.state == null ? null : jsonOf(subject.state)}::text::jsonb
    where id = ${id}`;
}

/** Without the zone of an address on the local link, which inet does not hold. */
function addressOf({ clientAddress }: AuditActor): string | null {
  return clientAddress?.replace(/%.*$/, '') ?? null;
}

/** Entries past 400 days, up to `limit`. Any number of nodes may call it. */
export async function dropOldAuditEntries(sql: SqlExecutor, limit: number): Promise<void> {
  await sql`
    delete from audit_entries where id in (
      select id from audit_entries where at < bmx_now() - interval '400 days' order by id limit ${limit} for update skip locked)`;
}

/** No text of the database holds a NUL. */
export function textOf(text: string | null): string | null {
  return text?.replaceAll('\0', '\uFFFD') ?? null;
}

/** A value that is too long for an entry is kept as the beginning of its text. */
function jsonOf(value: unknown): string {
  const json = textOfJson(value);
  return json.length <= MOST_JSON ? json : textOfJson({ beginning: json.slice(0, MOST_TEXT) });
}

function textOfJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'string' ? cut(inner) : inner));
}

/** A lone surrogate is no text either; a value may be long, and a list of a million entries is told by its first ones. */
function cut(text: string): string {
  return (textOf(text.toWellFormed()) ?? '').slice(0, MOST_TEXT);
}

const MOST_TEXT = 1000;
/** A thousand ordinary entries a second fill no disk; the settings of a domain with all its lists have some 30,000 characters. */
const MOST_JSON = 65_536;

export interface AuditView {
  readonly id: string;
  readonly at: Date;
  readonly endedAt: Date | null;
  readonly outcome: AuditOutcome;
  readonly userErrorCodes: readonly string[];
  readonly mutation: string;
  readonly input: unknown;
  readonly tenantId: string;
  readonly actorTenantId: string;
  readonly tokenId: string | null;
  readonly tokenName: string | null;
  readonly tokenPrefix: string | null;
  readonly clientAddress: string | null;
  readonly subjectKind: AuditSubject['kind'] | null;
  readonly subjectId: string | null;
  readonly subjectName: string | null;
  readonly before: unknown;
  readonly after: unknown;
}

/** All that is given must hold. */
export interface AuditFilter {
  /** The owner of what was changed, as the entry names it. */
  readonly tenantId?: string | null | undefined;
  readonly mutation?: WordCondition | null | undefined;
  /** Name of a domain, tenant or token, without regard to case. */
  readonly subject?: string | null | undefined;
  readonly tokenId?: string | null | undefined;
  readonly outcome?: AuditOutcome | null | undefined;
  readonly since?: Date | null | undefined;
  readonly until?: Date | null | undefined;
}

export interface AuditPageRequest extends PageRequest {
  readonly filter: AuditFilter;
}

/** Some ten milliseconds of work, and pages that are seldom empty. */
const SCAN_LIMIT = 5_000;

/**
 * A page of the log, newest first: a tenant sees what was done to its things and by its tokens. A thing has an index of its own,
 * and so has a tenant; other filters look through at most SCAN_LIMIT entries per page.
 */
export function listAuditEntries(sql: SqlExecutor, viewer: Viewer, page: AuditPageRequest): Promise<Slice<AuditView>> {
  const { filter } = page;
  const asked = narrowed(viewer, filter.tenantId);
  if (asked === null) return Promise.resolve(emptySlice());
  // What an operator did to a tenant's things is the tenant's to know; who of his people did it is not.
  const own = viewer.isOperator ? sql`true` : sql`actor_tenant_id = ${viewer.tenantId}`;
  return readWalk<AuditView>(sql, {
    table: sql`audit_entries`,
    range: rangeOf(sql, asked, filter),
    page,
    // Not by equality: the tenant's index must not be taken for one of its things, which holds them all.
    scope: tenantCheck(sql, asked),
    matches: matchesOf(sql, filter),
    columns: sql`
      id, at, ended_at as "endedAt", outcome, user_error_codes as "userErrorCodes", mutation, input, tenant_id as "tenantId",
      actor_tenant_id as "actorTenantId", case when ${own} then token_id end as "tokenId",
      case when ${own} then token_name end as "tokenName", case when ${own} then token_prefix end as "tokenPrefix",
      case when ${own} then host(client_address) end as "clientAddress",
      subject_kind as "subjectKind", subject_id as "subjectId", subject_name as "subjectName", before, after`,
    scanLimit: SCAN_LIMIT,
  });
}

function rangeOf(sql: SqlExecutor, viewer: Viewer, { subject = null, since = null, until = null }: AuditFilter): Range {
  const ids = idsBetween(sql, { since, until });
  if (subject === null) return { under: underViewer(sql, viewer), ids, isDescending: true };
  const value = sql`lower(${textOf(subject.trim())})`;
  return { under: { column: sql`subject_name`, value }, ids, isDescending: true };
}

/** The conditions that are checked row by row. */
function matchesOf(sql: SqlExecutor, filter: AuditFilter): SqlFragment[] {
  const { mutation = null, tokenId = null, outcome = null, since = null, until = null } = filter;
  return [
    ...(mutation === null ? [] : [wordIs(sql, sql`mutation`, mutation)]),
    ...(tokenId === null ? [] : [sql`token_id::text = lower(${textOf(tokenId)})`]),
    ...(outcome === null ? [] : [sql`outcome = ${outcome}`]),
    ...(since === null ? [] : [sql`at >= ${since}`]),
    ...(until === null ? [] : [sql`at < ${until}`]),
  ];
}
