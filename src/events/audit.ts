/**
 * The audit log: who changed what through the API, when, from where, with which token, and what it came to.
 *
 * An entry is written before the change and completed after it, so a node that dies in between leaves an entry that says
 * STARTED, never a change without one. Nothing else alters an entry (the database sees to that), and after 400 days it goes.
 * Inputs are kept as they came; no mutation takes a secret.
 */
import type { SqlExecutor } from '../db/client.ts';
import { newId } from '../mail/id.ts';
import type { Viewer } from '../mail/viewer.ts';

export type AuditOutcome = 'STARTED' | 'DONE' | 'REFUSED' | 'REPLAYED' | 'FAULT';

export interface AuditActor {
  readonly tenantId: string;
  /** Null: the operator token of the service itself. */
  readonly token: { readonly id: string; readonly name: string; readonly prefix: string } | null;
  /** Null when it is not known. */
  readonly clientAddress: string | null;
}

/** What a mutation is about. */
export interface AuditSubject {
  readonly kind: 'DOMAIN' | 'MESSAGE' | 'TENANT' | 'TOKEN';
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
  readonly mutation?: string | null | undefined;
  /** Name of a domain, tenant or token, without regard to case. */
  readonly subject?: string | null | undefined;
  readonly tokenId?: string | null | undefined;
  readonly outcome?: AuditOutcome | null | undefined;
  readonly since?: Date | null | undefined;
  readonly until?: Date | null | undefined;
}

export interface AuditPageRequest {
  readonly limit: number;
  /** Only entries with a smaller id. */
  readonly beforeId: string | null;
  readonly filter: AuditFilter;
}

export interface AuditLog {
  /** Returns the entry's id. */
  begin(start: AuditStart): Promise<string>;
  end(end: AuditEnd): Promise<void>;
  /** Newest first. A tenant sees what was done to its things and by its tokens. */
  listEntries(viewer: Viewer, page: AuditPageRequest): Promise<AuditView[]>;
}

export function createAuditLog(sql: SqlExecutor): AuditLog {
  return {
    begin: (start) => begin(sql, start),
    end: (end) => complete(sql, end),
    listEntries: (viewer, page) => listEntries(sql, viewer, page),
  };
}

async function begin(sql: SqlExecutor, { actor, mutation, input, subject }: AuditStart): Promise<string> {
  const id = newId();
  await sql`
    insert into audit_entries (id, tenant_id, mutation, input, actor_tenant_id, token_id, token_name, token_prefix,
                               client_address, subject_kind, subject_id, subject_name, before)
    values (${id}, ${subject?.tenantId ?? actor.tenantId}, ${mutation}, ${jsonOf(input)}::text::jsonb, ${actor.tenantId},
            ${actor.token?.id ?? null}, ${actor.token?.name ?? null}, ${actor.token?.prefix ?? null}, ${actor.clientAddress},
            ${subject?.kind ?? null}, ${subject?.id ?? null}, ${textOf(subject?.name ?? null)},
            ${subject?.state == null ? null : jsonOf(subject.state)}::text::jsonb)`;
  return id;
}

async function complete(sql: SqlExecutor, { id, outcome, userErrorCodes, subject }: AuditEnd): Promise<void> {
  await sql`
    update audit_entries
    set outcome = ${outcome}, ended_at = bmx_now(), user_error_codes = ${[...userErrorCodes]}::text[],
        subject_id = coalesce(subject_id, ${subject?.id ?? null}),
        after = ${subject?.state == null ? null : jsonOf(subject.state)}::text::jsonb
    where id = ${id}`;
}

async function listEntries(
  sql: SqlExecutor,
  viewer: Viewer,
  { limit, beforeId, filter }: AuditPageRequest,
): Promise<AuditView[]> {
  const { mutation = null, subject = null, tokenId = null, outcome = null, since = null, until = null } = filter;
  const conditions = [
    viewer.isOperator ? sql`true` : sql`tenant_id = ${viewer.tenantId}`,
    ...(beforeId === null ? [] : [sql`id < ${beforeId}`]),
    ...(mutation === null ? [] : [sql`mutation = ${textOf(mutation)}`]),
    ...(subject === null ? [] : [sql`subject_name = lower(${textOf(subject.trim())})`]),
    ...(tokenId === null ? [] : [sql`token_id::text = lower(${textOf(tokenId)})`]),
    ...(outcome === null ? [] : [sql`outcome = ${outcome}`]),
    ...(since === null ? [] : [sql`at >= ${since}`]),
    ...(until === null ? [] : [sql`at < ${until}`]),
  ];
  // What an operator did to a tenant's things is the tenant's to know; who of his people did it is not.
  const own = viewer.isOperator ? sql`true` : sql`actor_tenant_id = ${viewer.tenantId}`;
  return sql<AuditView[]>`
    select id, at, ended_at as "endedAt", outcome, user_error_codes as "userErrorCodes", mutation, input, tenant_id as "tenantId",
           actor_tenant_id as "actorTenantId", case when ${own} then token_id end as "tokenId",
           case when ${own} then token_name end as "tokenName", case when ${own} then token_prefix end as "tokenPrefix",
           case when ${own} then host(client_address) end as "clientAddress",
           subject_kind as "subjectKind", subject_id as "subjectId", subject_name as "subjectName", before, after
    from audit_entries
    where ${conditions.reduce((all, next) => sql`${all} and ${next}`)}
    order by id desc limit ${limit}`;
}

/** Entries past 400 days, up to `limit`. Any number of nodes may call it. */
export async function dropOldAuditEntries(sql: SqlExecutor, limit: number): Promise<void> {
  await sql`
    delete from audit_entries where id in (
      select id from audit_entries where at < bmx_now() - interval '400 days' order by id limit ${limit} for update skip locked)`;
}

/** No text of the database holds a NUL. */
function textOf(text: string | null): string | null {
  return text?.replaceAll('\0', '\uFFFD') ?? null;
}

function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'string' ? cut(inner) : inner));
}

/** A lone surrogate is no text either; a value may be long, and a list of a million entries is told by its first ones. */
function cut(text: string): string {
  return (textOf(text.toWellFormed()) ?? '').slice(0, MOST_TEXT);
}

const MOST_TEXT = 1000;
