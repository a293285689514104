/**
 * The audit log for the API: newest first, page by page. A tenant sees what was done to its things and by its tokens.
 *
 * A thing has an index of its own, and so has a tenant; other filters look through at most SCAN_LIMIT entries per page.
 */
import type { SqlExecutor } from '../db/client.ts';
import type { Viewer } from '../mail/viewer.ts';
import { type AuditOutcome, type AuditSubject, textOf } from './audit.ts';
import { type Condition, readWalk, spanOf, walkOwn, walkUnder } from './walk.ts';

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

export interface AuditPage {
  readonly entries: readonly AuditView[];
  /** Id after which the next page begins; null when this was the last. */
  readonly nextId: string | null;
}

/** Some ten milliseconds of work, and pages that are seldom empty. */
const SCAN_LIMIT = 5_000;

export async function listAuditEntries(
  sql: SqlExecutor,
  viewer: Viewer,
  { limit, beforeId, filter }: AuditPageRequest,
): Promise<AuditPage> {
  // What an operator did to a tenant's things is the tenant's to know; who of his people did it is not.
  const own = viewer.isOperator ? sql`true` : sql`actor_tenant_id = ${viewer.tenantId}`;
  const { shown, nextId } = await readWalk<AuditView>(sql, {
    table: sql`audit_entries`,
    walked: walkedBy(sql, viewer, { beforeId, filter }),
    matches: matchesOf(sql, filter),
    columns: sql`
      id, at, ended_at as "endedAt", outcome, user_error_codes as "userErrorCodes", mutation, input, tenant_id as "tenantId",
      actor_tenant_id as "actorTenantId", case when ${own} then token_id end as "tokenId",
      case when ${own} then token_name end as "tokenName", case when ${own} then token_prefix end as "tokenPrefix",
      case when ${own} then host(client_address) end as "clientAddress",
      subject_kind as "subjectKind", subject_id as "subjectId", subject_name as "subjectName", before, after`,
    limit,
    scanLimit: SCAN_LIMIT,
  });
  return { entries: shown, nextId };
}

function walkedBy(
  sql: SqlExecutor,
  viewer: Viewer,
  { beforeId, filter: { subject = null, since = null, until = null } }: Pick<AuditPageRequest, 'beforeId' | 'filter'>,
): Condition {
  const span = spanOf(sql, { beforeId, since, until });
  if (subject === null) return walkOwn(sql, viewer, span);
  const name = sql`lower(${textOf(subject.trim())})`;
  // Not by equality: the tenant's index must not be taken, which holds all its things.
  const andMine = viewer.isOperator ? sql`true` : sql`tenant_id is not distinct from ${viewer.tenantId}::uuid`;
  return sql`
    ${andMine} and subject_name is not null and ${walkUnder(sql, { column: sql`subject_name`, value: name }, span)}`;
}

/** The conditions that are checked row by row. */
function matchesOf(sql: SqlExecutor, filter: AuditFilter): Condition[] {
  const { mutation = null, tokenId = null, outcome = null, since = null, until = null } = filter;
  return [
    ...(mutation === null ? [] : [sql`mutation = ${textOf(mutation)}`]),
    ...(tokenId === null ? [] : [sql`token_id::text = lower(${textOf(tokenId)})`]),
    ...(outcome === null ? [] : [sql`outcome = ${outcome}`]),
    ...(since === null ? [] : [sql`at >= ${since}`]),
    ...(until === null ? [] : [sql`at < ${until}`]),
  ];
}
